"""What trueup made of an environment itself is named by `check --deep` and mended by `--repair`."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.command import NOBODY, Shell
from support.damages import DAMAGES, Damage

pytestmark = pytest.mark.skipif(
    os.name == "nt", reason="Python's own `venv` makes those of Windows"
)

OFFLINE = {**NOBODY, "TRUEUP_OFFLINE": "1"}


def root(shell: Shell) -> Path:
    return Path(shell.environment.root)


def empty(path: Path) -> None:
    """Do what a power cut does."""
    os.truncate(path, 0)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def lead_elsewhere(path: Path) -> None:
    path.unlink()
    path.symlink_to("/nowhere/at/all")


def write_over(path: Path) -> None:
    path.unlink()
    path.write_text("#!/bin/sh\necho evil\n")
    path.chmod(0o755)


HARMS: list[tuple[str, Callable[[Path], None]]] = [
    ("pyvenv.cfg", Path.unlink),
    ("pyvenv.cfg", empty),
    ("pyvenv.cfg", flip),
    ("bin/activate", Path.unlink),
    ("bin/activate.fish", flip),
    ("bin/python3", Path.unlink),
    ("bin/python", Path.unlink),
    ("bin/python", lead_elsewhere),
    ("bin/python", write_over),
]


@pytest.mark.parametrize(
    ("name", "harm"), HARMS, ids=[f"{harm.__name__}-{name}" for name, harm in HARMS]
)
def test_each_harmed_part_is_named_and_put_back_offline(
    shell: Shell, name: str, harm: Callable[[Path], None]
) -> None:
    shell.works("beta")
    pristine = shell.tree
    path = root(shell) / name
    harm(path)
    told = shell("check", "--deep", "--json")
    assert told.code == 1
    assert [(one["name"], one["path"]) for one in told.json["files"]] == [("", str(path))]
    kind = "altered" if os.path.lexists(path) else "missing"
    assert f"{kind:7} {path} (the environment itself)" in shell("check", "--deep").out
    done = shell("install", "--repair", **OFFLINE)
    assert done.code == 0, done.err
    assert done.out.splitlines() == [
        f" ~ {path}",
        f"Put back 1 file of the environment itself in {root(shell)}",
    ]
    assert shell.tree == pristine
    assert shell("check", "--deep").code == 0
    assert shell.runs("import beta, sys; print(sys.prefix)") == str(root(shell))


def test_without_its_pyvenv_cfg_nothing_lands_in_the_python_it_was_made_from(
    shell: Shell,
) -> None:
    (root(shell) / "pyvenv.cfg").unlink()
    for named in (root(shell), shell.environment.interpreter.executable):
        done = shell.install("-p", str(named), "--dry-run", "beta")
        assert done.code == 1
        assert f"{root(shell)} is broken" in done.err
        assert f"trueup install --repair -p {root(shell)}" in done.err
    done = shell.install("--repair", "-p", str(root(shell)), "beta")
    assert done.code == 0, done.err
    assert (shell.site / "beta").is_dir()


def test_a_dry_run_tells_what_would_be_put_back(shell: Shell) -> None:
    shell.works("beta")
    path = root(shell) / "bin/activate"
    path.unlink()
    done = shell("install", "--repair", "--dry-run")
    assert f" ~ {path}" in done.out
    assert "Would put back 1 file of the environment itself" in done.out
    assert shell("install", "--repair", "--check").code == 1
    assert not path.exists()
    assert shell("install", "--repair", "--json").json["mended"] == [str(path)]


@pytest.mark.parametrize("maker", ["venv", "uv", "virtualenv"])
def test_who_makes_the_environment_anew_is_not_accused(shell: Shell, maker: str) -> None:
    options = {"venv": ["--clear"], "uv": ["venv", "--clear", "--offline"], "virtualenv": []}[maker]
    command = [sys.executable, "-m", maker, *options, str(root(shell))]
    note = root(shell) / ".trueup/skeleton"
    kept = note.read_bytes()
    subprocess.run(command, check=True, capture_output=True, env=shell.variables)
    note.parent.mkdir(exist_ok=True)
    note.write_bytes(kept)  # some of them leave it where it is
    assert shell("check", "--deep").code == 0
    (root(shell) / "bin/activate").write_text("# somebody's own\n")
    assert shell("check", "--deep").code == 0
    shell("install", "--repair")
    assert (root(shell) / "bin/activate").read_text() == "# somebody's own\n"


def test_an_environment_made_anew_is_what_is_noted(shell: Shell) -> None:
    shell.works("beta")
    assert shell.install("--recreate", "beta").code == 0
    assert shell("check", "--deep").code == 0
    assert shell("venv", "--clear", "--prompt", "other", root(shell)).code == 0
    assert shell("check", "--deep").code == 0


@pytest.mark.parametrize("damage", DAMAGES[::2], ids=lambda damage: damage.__name__)
def test_a_damaged_note_accuses_nobody_and_breaks_nothing(shell: Shell, damage: Damage) -> None:
    note = root(shell) / ".trueup/skeleton"
    before = shell.tree
    damage(note, random.Random(3))
    assert shell("check", "--deep").code == 0
    shell("install", "--repair")
    assert shell.tree == before
