"""The first test of somebody who works with data: it imports what such work stands on."""

from __future__ import annotations

import importlib

NAMES = (
    "matplotlib.figure",
    "numpy",
    "pandas",
    "scipy.stats",
    "seaborn",
    "sklearn.linear_model",
    "statsmodels.api",
    "sympy",
)


def test_first() -> None:
    assert all(map(importlib.import_module, NAMES))
