"""What should not be there: two distributions of one name, and editable installs of old."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.command import Shell

OTHER = "beta-1.0.dist-info"


@pytest.fixture
def doubled(shell: Shell) -> Shell:
    """An environment in which beta is there twice, as two runs of pip at once leave it."""
    shell.works("beta==1.0")
    kept = shell.root / "kept"
    shutil.copytree(shell.site / OTHER, kept)
    shutil.copy(shell.site / "beta/only_1.py", shell.root / "only_1.py")
    shell.works("beta==2.0")
    shutil.copytree(kept, shell.site / OTHER)
    shutil.copy(shell.root / "only_1.py", shell.site / "beta/only_1.py")
    return shell


def infos(shell: Shell) -> list[str]:
    return sorted(path.name for path in shell.site.glob("*.dist-info"))


@pytest.mark.parametrize("wanted", ["beta==2.0", "beta==1.0", "beta"])
def test_of_two_that_have_one_name_the_wanted_one_is_left(doubled: Shell, wanted: str) -> None:
    assert infos(doubled) == [OTHER, "beta-2.0.dist-info"]
    doubled.works(wanted)
    version = wanted.partition("==")[2] or doubled.installed["beta"]
    assert infos(doubled) == [f"beta-{version}.dist-info"]
    left = sorted(path.name for path in (doubled.site / "beta").glob("only_*.py"))
    assert left == [f"only_{version[0]}.py"]
    assert doubled("check", "--deep").code == 0


def test_of_two_that_have_one_name_uninstall_leaves_none(doubled: Shell) -> None:
    assert doubled("uninstall", "beta").code == 0
    assert infos(doubled) == []
    assert not (doubled.site / "beta").exists()


@pytest.fixture
def legacy(shell: Shell) -> tuple[Shell, Path]:
    """An editable install as `setup.py develop` made it, with a command."""
    tree = shell.root / "tree"
    (tree / "beta.egg-info").mkdir(parents=True)
    (tree / "beta.py").write_text("VERSION = 'tree'\n")
    (tree / "beta.egg-info/PKG-INFO").write_text("Name: beta\nVersion: 0.1\n")
    (tree / "beta.egg-info/entry_points.txt").write_text(
        "[console_scripts]\nbeta-run = beta:main\n"
    )
    (shell.site / "beta.egg-link").write_text(f"{tree}\n.")
    (shell.site / "easy-install.pth").write_text(f"{tree}\n{shell.root}\n")
    Path(shell.environment.scheme.scripts, "beta-run").write_text("#!/bin/sh\n")
    assert shell.installed == {"beta": "0.1"}
    return shell, tree


def test_an_egg_link_gives_way_to_what_is_asked_for(legacy: tuple[Shell, Path]) -> None:
    shell, tree = legacy
    shell.works("beta==2.0")
    assert shell.installed == {"beta": "2.0"}
    assert not (shell.site / "beta.egg-link").exists()
    assert (shell.site / "easy-install.pth").read_text() == f"{shell.root}\n"
    assert shell.runs("import beta; print(beta.VERSION)") == "2.0"
    assert (tree / "beta.py").exists()


def test_an_egg_link_is_uninstalled(legacy: tuple[Shell, Path]) -> None:
    shell, tree = legacy
    (shell.site / "easy-install.pth").write_text(f"{tree}\n")
    assert shell("uninstall", "beta").code == 0
    assert shell.installed == {}
    assert not (shell.site / "easy-install.pth").exists()
    assert not Path(shell.environment.scheme.scripts, "beta-run").exists()
    assert (tree / "beta.py").exists()
