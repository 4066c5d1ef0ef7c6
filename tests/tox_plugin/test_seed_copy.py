"""What is copied quickly into a new environment is what virtualenv copies."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path

import pytest
from trueup_tox.seed_copy import quick_to_copy
from virtualenv import session_via_cli

pytestmark = pytest.mark.skipif(os.name == "nt", reason="virtualenv copies by itself there")

Tree = dict[str, tuple[int, str | bytes]]


def _made(tmp_path: Path, *options: str, quick: bool) -> tuple[Tree, float]:
    """Make an environment, and return everything in it, and how old its oldest file is."""
    folder = tmp_path / "environment"
    shutil.rmtree(folder, ignore_errors=True)
    variables = {
        **os.environ,
        "VIRTUALENV_OVERRIDE_APP_DATA": str(tmp_path / "app-data"),
        "VIRTUALENV_NO_PERIODIC_UPDATE": "1",
    }
    words = [str(folder), "--python", sys.executable, *options]
    session = session_via_cli(words, setup_logging=False, env=variables)
    if quick:
        quick_to_copy(session.seeder)
    session.run()
    found: Tree = {}
    for path in folder.rglob("*"):
        mode = path.lstat().st_mode
        content = os.readlink(path) if path.is_symlink() else path.is_file() and path.read_bytes()
        found[str(path.relative_to(folder))] = mode, content or b""
    (site,) = folder.glob("lib/python3*/site-packages")
    times = (path.stat().st_mtime for path in site.rglob("*.py"))
    return found, min(times, default=0.0)


@pytest.mark.parametrize("options", [(), ("--symlink-app-data",)], ids=["copies", "links"])
def test_the_environment_is_the_same(tmp_path: Path, options: tuple[str, ...]) -> None:
    before, begun = os.umask(0o027), time.time() - 2
    try:
        usual, _ = _made(tmp_path, *options, quick=False)
        quick, oldest = _made(tmp_path, *options, quick=True)
    finally:
        os.umask(before)
    assert any(path.endswith("pip/__init__.py") for path in quick) or options
    assert quick == usual
    assert options or oldest > begun


def test_a_link_among_what_virtualenv_keeps_is_left_to_it(tmp_path: Path) -> None:
    _made(tmp_path, quick=False)
    (image,) = (tmp_path / "app-data").rglob("CopyPipInstall/pip-*/pip")
    (tmp_path / "elsewhere.py").write_text("VALUE = 1\n")
    (image / "linked.py").symlink_to(tmp_path / "elsewhere.py")
    usual, _ = _made(tmp_path, quick=False)
    assert _made(tmp_path, quick=True)[0] == usual
    (path,) = (path for path in usual if path.endswith("pip/linked.py"))
    assert usual[path][1] == b"VALUE = 1\n"
