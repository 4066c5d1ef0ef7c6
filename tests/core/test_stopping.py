"""A command that is told to end leaves a source tree as it was, and nothing that goes on in it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.builds import lay_tree
from support.projects import BACKEND

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no such signals")

# It makes a module where there is none; then it says that it has, and waits, if it is told to.
_SLOW = """
def _generate():
    module = pathlib.Path("src/demo/made.py")
    if not module.exists():
        module.write_text(pathlib.Path("template.txt").read_text())
    if pathlib.Path("slow").exists():
        import os, time
        pathlib.Path("begun.tmp").write_text(str(os.getpid()))
        os.rename("begun.tmp", "begun")
        time.sleep(600)

plain_wheel = build_wheel

def build_wheel(*arguments):
    _generate()
    return plain_wheel(*arguments)
"""
_FILES = {
    "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\n'
    'backend-path = ["."]\n[project]\nname = "demo"\nversion = "1.0"\n',
    "backend.py": BACKEND + _SLOW,
    "template.txt": "A = 1\n",
    "src/demo/__init__.py": "",
}


def _begun(path: Path, process: subprocess.Popen[bytes]) -> int:
    """Return the number of the process that builds, once it does."""
    while not path.exists():
        assert process.poll() is None, "it ended before it was told to"
        time.sleep(0.02)
    return int(path.read_text())


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_what_a_build_was_in_the_way_of_is_back_and_the_build_is_over(
    name: str, tmp_path: Path
) -> None:
    tree = lay_tree(tmp_path / "demo", _FILES)
    variables = {**os.environ, "TRUEUP_CACHE_DIR": str(tmp_path / "cache")}
    target = str(tmp_path / "target")
    command = [
        sys.executable,
        "-m",
        "trueup",
        "install",
        "--target",
        target,
        "--no-deps",
        str(tree),
    ]
    subprocess.run(command, env=variables, check=True, capture_output=True)
    (tree / "template.txt").write_text("A = 2\n")
    (tree / "slow").touch()
    number = getattr(signal, name)
    with subprocess.Popen(
        command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        builder = _begun(tree / "begun", process)
        process.send_signal(number)
        assert process.wait() == 128 + number
    with pytest.raises(ProcessLookupError):
        os.kill(builder, 0)
    assert (tree / "src/demo/made.py").read_text() == "A = 1\n"
    (tree / "slow").unlink()
    subprocess.run(command, env=variables, check=True, capture_output=True)
    assert (Path(target) / "demo/made.py").read_text() == "A = 2\n"
