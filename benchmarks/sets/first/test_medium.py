"""The first test of a web project: it imports what such a project stands on."""

from __future__ import annotations

import importlib

NAMES = (
    "boto3",
    "celery",
    "django",
    "flask",
    "httpx",
    "pydantic",
    "rich.console",
    "sphinx.application",
    "sqlalchemy.orm",
)


def test_first() -> None:
    assert all(map(importlib.import_module, NAMES))
