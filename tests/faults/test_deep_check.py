"""`trueup check --deep` names every file that is not as installed; `install --repair` mends it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import trueup
from support.command import NOBODY, Shell
from support.projects import lay_project, project_files

OFFLINE = {**NOBODY, "TRUEUP_OFFLINE": "1"}
INFO = "beta-2.0.dist-info"


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    """Do what a power cut does: the bytes go, the times stay."""
    status = path.stat()
    os.truncate(path, 0)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def flip(path: Path) -> None:
    """Change one bit and put the times back, as a disk that fails, or somebody who hides, does."""
    status = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def swap_for_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def swap_for_link(path: Path) -> None:
    """Let a link lead to the very same bytes: somebody else can change those."""
    other = path.parent.parent / f"elsewhere-{path.name}"
    path.rename(other)
    path.symlink_to(other)


Harm = Callable[[Path], None]
HARMS: list[Harm] = [truncate, empty, flip, Path.unlink, swap_for_link]
FILES = (
    f"{INFO}/INSTALLER",
    f"{INFO}/RECORD",
    "../../../bin/beta-run",
    f"{INFO}/METADATA",
    "beta/__init__.py",
)


@pytest.mark.parametrize(
    ("harm", "name"),
    list(zip(HARMS, FILES, strict=True)),
    ids=[f"{harm.__name__}-{Path(name).name}" for harm, name in zip(HARMS, FILES, strict=True)],
)
def test_each_harmed_file_is_named_and_put_back_offline(
    shell: Shell, harm: Harm, name: str
) -> None:
    shell.works("alpha")
    pristine = shell.tree
    path = Path(os.path.normpath(shell.site / name))
    harm(path)
    told = shell("check", "--deep", "--json")
    assert told.code == 1
    assert [(one["name"], one["path"]) for one in told.json["files"]] == [("beta", str(path))]
    done = shell("install", "--repair", **OFFLINE)
    assert done.code == 0, done.err
    Path(path.parent.parent, f"elsewhere-{path.name}").unlink(missing_ok=True)
    assert shell.tree == pristine
    assert shell("check", "--deep").code == 0


def test_what_is_whole_is_told_to_be(shell: Shell) -> None:
    shell.works("alpha")
    done = shell("check", "--deep")
    assert (done.code, done.out) == (0, "Every file is as it was installed\n")
    assert shell("check", "--deep", "--json").json == {"version": 1, "projects": [], "files": []}
    assert shell("install", "--repair").out.startswith("Nothing to do")


def test_lines_name_file_and_distribution_and_the_way_out(shell: Shell) -> None:
    shell.works("alpha")
    flip(shell.site / "beta/__init__.py")
    (shell.site / "alpha/__init__.py").unlink()
    done = shell("check", "--deep")
    assert done.out.splitlines() == [
        f"missing {shell.site}/alpha/__init__.py (alpha 1.0)",
        f"altered {shell.site}/beta/__init__.py (beta 2.0)",
    ]
    assert done.err == "hint: trueup install --repair\n"
    assert shell("check", "--deep", "beta").out.count("\n") == 1
    assert shell("check", "--deep", "nothing").code == 2
    assert shell("check").code == 0


def test_a_dry_run_tells_what_would_be_put_back_and_changes_nothing(shell: Shell) -> None:
    shell.works("alpha")
    flip(shell.site / "beta/__init__.py")
    before = shell.tree
    assert "ould install 1 distribution" in shell("install", "--repair", "--dry-run").out
    assert shell("install", "--repair", "--check").code == 1
    assert shell.tree == before
    report = shell("install", "--repair", "--json").json
    assert [(one["name"], one["version"], one["how"]) for one in report["added"]] == [
        ("beta", "2.0", "store")
    ]
    assert report["added"][0]["reason"].startswith(f"{shell.site}/beta/__init__.py")


def test_a_repair_leaves_who_asked_for_what_as_it_was(shell: Shell) -> None:
    shell.works("alpha")
    for name in ("alpha", "beta"):
        flip(shell.site / name / "__init__.py")
    assert shell("install", "--repair", **OFFLINE).code == 0
    assert (shell.site / "alpha-1.0.dist-info/REQUESTED").exists()
    assert not (shell.site / f"{INFO}/REQUESTED").exists()


def test_a_folder_in_the_place_of_a_file_is_named_and_refused(shell: Shell) -> None:
    shell.works("beta")
    swap_for_folder(shell.site / "beta/__init__.py")
    assert "beta/__init__.py" in shell("check", "--deep").out
    done = shell("install", "--repair", **OFFLINE)
    assert done.code == 1
    assert f"{shell.site}/beta/__init__.py" in done.err
    (shell.site / "beta/__init__.py").rmdir()
    assert shell("install", "--repair", **OFFLINE).code == 0
    assert shell("check", "--deep").code == 0


def test_without_the_store_the_same_wheel_is_got_again_or_the_file_is_named(shell: Shell) -> None:
    shell.works("alpha")
    pristine = shell.tree
    shutil.rmtree(shell.variables["TRUEUP_CACHE_DIR"])
    flip(shell.site / "beta/__init__.py")
    done = shell("install", "--repair", "--no-index", "--offline")
    assert done.code == 1
    assert f"{shell.site}/beta/__init__.py" in done.err
    assert shell.install("--repair", **OFFLINE).code == 0  # its hash is known: no resolver is asked
    assert shell.tree == pristine


def test_what_was_installed_by_address_is_put_back_from_there(shell: Shell) -> None:
    shell.works(shell.house / "delta-1.0-py3-none-any.whl")
    pristine = shell.tree
    shutil.rmtree(shell.variables["TRUEUP_CACHE_DIR"])
    flip(shell.site / "delta/__init__.py")
    assert shell("install", "--repair", **OFFLINE).code == 0
    assert shell.tree == pristine
    flip(shell.site / "delta-1.0.dist-info/direct_url.json")
    done = shell("install", "--repair", **OFFLINE)
    assert done.code == 1
    assert "direct_url.json" in done.err


@pytest.mark.parametrize("how", ["-e", ""])
def test_a_local_project_is_put_back_with_its_record_and_without_it(shell: Shell, how: str) -> None:
    lay_project(shell.root / "tree", project_files())
    shell.works(*filter(None, [how]), shell.root / "tree")
    info = next(shell.site.glob("local-*.dist-info"))
    pristine = shell.tree
    (info / "METADATA").unlink()
    assert shell("install", "--repair", **OFFLINE).code == 0
    assert shell.tree == pristine
    flip(info / "trueup.json")
    assert shell("check", "--deep").code == 1
    assert shell.install("--repair").code == 0
    assert shell("check", "--deep").out.startswith("fresh")


def test_repair_comes_before_what_is_asked_for(shell: Shell) -> None:
    shell.works("beta")
    flip(shell.site / "beta/__init__.py")
    report = shell.install("--repair", "gamma", "--json").json
    assert [one["name"] for one in report["added"]] == ["beta", "gamma"]
    assert shell("check", "--deep").code == 0


def test_what_pip_installed_is_judged_by_its_record(shell: Shell) -> None:
    program = shell.environment.interpreter.executable
    command = [sys.executable, "-m", "pip", "--python", program, "install", "--no-index", "-q"]
    subprocess.run([*command, "-f", str(shell.house), "alpha"], check=True, env=shell.variables)
    assert shell("check", "--deep").code == 0
    flip(shell.site / "beta/__init__.py")
    assert f"altered {shell.site}/beta/__init__.py" in shell("check", "--deep").out
    assert shell.install("--repair").code == 0
    assert shell("check", "--deep").code == 0
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", program, "uninstall", "-qy", "beta"],
        check=True,
        env=shell.variables,
    )
    assert shell("check", "--deep").code == 0  # the receipt of what pip removed accuses nobody


def test_the_seeds_of_virtualenv_are_whole(shell: Shell) -> None:
    """It tells in RECORD of folders, and of bytecode where no Python looks for it."""
    command = [sys.executable, "-m", "virtualenv", "--no-download", "--quiet", "seeded"]
    subprocess.run(command, check=True, env=shell.variables, cwd=shell.root)
    assert shell("check", "--deep", "-p", "seeded").code == 0
    module = next((shell.root / "seeded").glob("lib/python*/site-packages/pip/__init__.py"))
    flip(module)
    assert f"altered {module}" in shell("check", "--deep", "-p", "seeded").out


def test_a_program_asks_for_the_same(shell: Shell) -> None:
    shell.works("beta")
    flip(shell.site / "beta/__init__.py")
    assert [(one.name, one.path, one.kind) for one in trueup.verify(shell.environment)] == [
        ("beta", str(shell.site / "beta/__init__.py"), "altered")
    ]
