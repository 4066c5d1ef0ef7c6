"""What resolvers are asked with."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.resolving import quiet_environment


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Give environment variables in which nobody has settings of their own."""
    return quiet_environment(tmp_path / "home")
