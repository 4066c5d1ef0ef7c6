"""The nox backend: nox keeps its words and its environments, trueup does the installing.

`import trueup_nox` in a noxfile registers the backend `trueup`.
"""

from __future__ import annotations

from trueup_nox.registration import BACKEND, register
from trueup_nox.seams import SeamMoved

__all__ = ["BACKEND", "SeamMoved", "register"]

register()
