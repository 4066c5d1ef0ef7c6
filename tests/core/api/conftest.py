"""Programs that install into their own environment."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.host import Host, lay_dependencies, make_host
from support.interpreters import HOSTS, need_python
from support.resolving import quiet_environment


@pytest.fixture(scope="session")
def dependencies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What trueup depends on."""
    return lay_dependencies(tmp_path_factory.mktemp("host") / "dependencies")


@pytest.fixture(params=HOSTS)
def host(request: pytest.FixtureRequest, tmp_path: Path, dependencies: Path) -> Host:
    """An environment of each Python that trueup runs on, with trueup and nothing else."""
    version = str(request.param)
    home = tmp_path / "home"
    home.mkdir()
    variables = quiet_environment(home)
    return make_host(tmp_path, need_python(version), version, dependencies, variables)
