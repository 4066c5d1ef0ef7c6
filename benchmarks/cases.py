"""What is measured: each case is a value, and adding one is adding a line to one of the lists."""

from __future__ import annotations

from benchmarks.editables import editable_cases
from benchmarks.growth import growth_cases
from benchmarks.hosts import host_cases
from benchmarks.installs import install_cases

__all__ = ["CASES", "FAMILIES"]

CASES = (*install_cases(), *editable_cases(), *host_cases(), *growth_cases())
FAMILIES = tuple(dict.fromkeys(case.family for case in CASES))
