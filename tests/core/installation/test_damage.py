"""Damage: what has to be put in place again, and what is somebody's work."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from support.housing import make_pack, put
from trueup.destination.environment import Environment
from trueup.destination.installed import read_installed
from trueup.installation.damage import find_damage
from trueup.installation.receipt import read_receipt, write_receipt

INFO = "demo-1.0.dist-info"
FILES = {"demo/__init__.py": "VALUE = 1\n", "demo/other.py": "x = 1\n", "demo/empty.py": ""}


@pytest.fixture
def library(tmp_path: Path, environment: Environment) -> Path:
    """Give the library of an environment with one distribution in it."""
    put(environment, [make_pack(tmp_path, files=FILES)])
    return Path(environment.scheme.purelib)


def damage(environment: Environment, *, edited_too: bool = False) -> dict[str, str]:
    return find_damage(environment, read_installed(environment), edited_too=edited_too)


def start_the_machine_anew(environment: Environment) -> None:
    """Let the receipt be one of an earlier run of the machine."""
    receipt = read_receipt(environment, INFO)
    assert receipt is not None
    write_receipt(environment, replace(receipt, boot="an earlier one"), environment.state)


def lose_bytes(path: Path) -> None:
    """Do what a power cut does: the times stay, the bytes are gone."""
    status = path.stat()
    os.truncate(path, 0)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.usefixtures("library")
def test_what_was_just_installed_is_whole(environment: Environment) -> None:
    assert damage(environment) == {}
    assert damage(environment, edited_too=True) == {}


@pytest.mark.parametrize("name", ["demo/__init__.py", f"{INFO}/RECORD", f"{INFO}/INSTALLER"])
def test_a_missing_file_is_damage(environment: Environment, library: Path, name: str) -> None:
    (library / name).unlink()
    assert damage(environment) == {"demo": f"{library / name} is missing"}


def test_an_edit_is_somebodys_work_unless_all_is_to_be_exact(
    environment: Environment, library: Path
) -> None:
    (library / "demo" / "__init__.py").write_text("VALUE = 2\n")
    assert damage(environment) == {}
    expected = f"{library / 'demo' / '__init__.py'} is not as it was installed"
    assert damage(environment, edited_too=True) == {"demo": expected}


def test_an_edit_outlives_a_restart(environment: Environment, library: Path) -> None:
    start_the_machine_anew(environment)
    (library / "demo" / "__init__.py").write_text("VALUE = 2 + 2\n")
    assert damage(environment) == {}


def test_lost_bytes_after_a_restart_are_damage(environment: Environment, library: Path) -> None:
    start_the_machine_anew(environment)
    assert damage(environment) == {}
    lose_bytes(library / "demo" / "other.py")
    assert damage(environment) == {"demo": f"{library / 'demo' / 'other.py'} has lost its content"}


def test_an_emptied_file_in_the_same_run_of_the_machine_is_an_edit(
    environment: Environment, library: Path
) -> None:
    (library / "demo" / "other.py").write_text("")
    assert damage(environment) == {}
    assert set(damage(environment, edited_too=True)) == {"demo"}


@pytest.mark.parametrize("told", ["pip\n", "uv", "\0\0\0\0\0\0\0", "trueuq\n"])
def test_an_altered_installer_hides_no_damage(
    environment: Environment, library: Path, told: str
) -> None:
    (library / INFO / "INSTALLER").write_text(told)
    assert damage(environment) == {}
    (library / "demo" / "other.py").unlink()
    assert set(damage(environment)) == {"demo"}


def test_without_its_receipt_an_installer_that_is_no_name_hides_no_damage(
    environment: Environment, library: Path
) -> None:
    lose_receipt(environment, "missing")
    (library / INFO / "INSTALLER").write_text("\0" * 7)
    (library / "demo" / "other.py").unlink()
    assert set(damage(environment)) == {"demo"}


def lose_receipt(environment: Environment, how: str) -> None:
    path = Path(environment.state, "receipts", INFO)
    if how == "missing":
        path.unlink()
    elif how == "empty":
        path.write_bytes(b"")
    else:
        shutil.rmtree(environment.state)


@pytest.mark.parametrize("how", ["missing", "empty", "with all of the state"])
def test_without_its_receipt_a_distribution_is_judged_by_its_record(
    environment: Environment, library: Path, how: str
) -> None:
    lose_receipt(environment, how)
    assert damage(environment) == {}
    assert damage(environment, edited_too=True) == {}
    (library / "demo" / "__init__.py").write_text("VALUE = 1, and more\n")
    assert damage(environment) == {}
    assert set(damage(environment, edited_too=True)) == {"demo"}
    (library / "demo" / "other.py").unlink()
    assert set(damage(environment)) == {"demo"}


@pytest.mark.parametrize(
    "names",
    [
        ["demo/__init__.py"],
        [f"{INFO}/RECORD"],
        [f"{INFO}/INSTALLER", "demo/other.py"],
        [f"{INFO}/INSTALLER", f"{INFO}/RECORD", f"{INFO}/METADATA", "demo/other.py"],
    ],
)
def test_what_a_power_cut_emptied_is_found_when_the_receipt_is_lost_too(
    environment: Environment, library: Path, names: list[str]
) -> None:
    lose_receipt(environment, "empty")
    for name in names:
        lose_bytes(library / name)
    assert set(damage(environment)) == {"demo"}


def test_a_record_of_nonsense_is_damage(environment: Environment, library: Path) -> None:
    lose_receipt(environment, "missing")
    (library / INFO / "RECORD").write_bytes(b'\x00\x01,"\n,,,many\n')
    assert set(damage(environment)) == {"demo"}


def test_what_another_installer_put_in_place_since_is_not_judged(
    environment: Environment, library: Path
) -> None:
    (library / INFO / "INSTALLER").write_text("pip\n")
    (library / INFO / "REQUESTED").unlink()
    record = library / INFO / "RECORD"  # which everybody who installs writes anew
    rows = record.read_text().splitlines(keepends=True)
    record.write_text("".join(row for row in rows if "REQUESTED" not in row))
    assert damage(environment, edited_too=True) == {}
    lose_receipt(environment, "missing")
    (library / "demo" / "__init__.py").unlink()
    assert damage(environment, edited_too=True) == {}


def test_a_file_of_two_distributions_is_damage_of_neither(
    tmp_path: Path, environment: Environment
) -> None:
    for name in ("demo", "other"):
        files = {"shared/__init__.py": f"NAME = {name!r}\n", f"{name}.py": ""}
        put(environment, [make_pack(tmp_path, name, files=files)])
    assert damage(environment, edited_too=True) == {}
    shared = Path(environment.scheme.purelib, "shared", "__init__.py")
    shared.write_text("NAME = 'edited'\n")
    assert set(damage(environment, edited_too=True)) == {"demo", "other"}
    shared.unlink()
    assert set(damage(environment)) == {"demo", "other"}


def test_a_copied_environment_is_not_damaged_but_not_exact(
    tmp_path: Path, environment: Environment, library: Path
) -> None:
    start_the_machine_anew(environment)
    shutil.copytree(environment.root, tmp_path / "copy", symlinks=True)
    shutil.rmtree(environment.root)
    os.rename(tmp_path / "copy", environment.root)
    assert damage(environment) == {}
    assert set(damage(environment, edited_too=True)) == {"demo"}
    assert library.is_dir()
