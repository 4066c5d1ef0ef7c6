"""The first test of a project whose only tools are pytest and two plugins."""

from __future__ import annotations

import importlib

NAMES = ("pytest",)


def test_first() -> None:
    assert all(map(importlib.import_module, NAMES))
