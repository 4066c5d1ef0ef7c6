"""Environments to install into from within, one for each Python that trueup runs on."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.interpreters import HOSTS, need_python
from support.laboratory import Laboratory, fetch_wheelhouse, make_laboratory


@pytest.fixture(scope="session")
def wheelhouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real wheels: the project of report 2530, and the last setuptools with pkg_resources."""
    return fetch_wheelhouse(tmp_path_factory.mktemp("wheelhouse"), "editables", "setuptools<81")


@pytest.fixture(params=HOSTS)
def laboratory(request: pytest.FixtureRequest, tmp_path: Path, wheelhouse: Path) -> Laboratory:
    """An empty environment of each Python that trueup runs on."""
    version = str(request.param)
    return make_laboratory(tmp_path, need_python(version), version, wheelhouse)
