"""What goes when a distribution goes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.housing import look_at, make_pack, put
from trueup.destination.environment import Environment
from trueup.destination.installed import InstalledDistribution, read_installed
from trueup.errors import TransactionError
from trueup.installation.departure import departing_files
from trueup.installation.receipt import drop_receipt
from trueup.reporting import Event


def departing(environment: Environment, *names: str) -> set[str]:
    installed = read_installed(environment)
    paths = departing_files(environment, [installed[name] for name in names])
    return {
        os.path.relpath(path, environment.scheme.purelib).replace(os.sep, "/") for path in paths
    }


def library(environment: Environment) -> Path:
    return Path(environment.scheme.purelib)


def test_all_that_was_recorded_goes_metadata_first(
    tmp_path: Path, environment: Environment
) -> None:
    put(environment, [make_pack(tmp_path), make_pack(tmp_path, "other")])
    info = "demo-1.0.dist-info"
    names = ("METADATA", "WHEEL", "INSTALLER", "REQUESTED", "RECORD")
    assert departing(environment, "demo") == {"demo/__init__.py", *(f"{info}/{n}" for n in names)}
    paths = departing_files(environment, list(read_installed(environment).values()))
    assert [os.path.basename(path) == "METADATA" for path in paths[:3]] == [True, True, False]


def test_bytecode_of_any_interpreter_goes_and_that_of_others_stays(
    tmp_path: Path, environment: Environment
) -> None:
    put(environment, [make_pack(tmp_path, files={"one.py": "", "pkg/two.py": ""})])
    caches = [library(environment) / "__pycache__", library(environment) / "pkg" / "__pycache__"]
    for cache in caches:
        cache.mkdir()
        names = ("one.cpython-38.pyc", "two.cpython-312.opt-1.pyc", "two.cpython-312-pytest-8.pyc")
        for name in (*names, "two_more.cpython-312.pyc", "other.pyc"):
            (cache / name).touch()
    found = {path for path in departing(environment, "demo") if "__pycache__" in path}
    assert found == {
        "__pycache__/one.cpython-38.pyc",
        "pkg/__pycache__/two.cpython-312.opt-1.pyc",
        "pkg/__pycache__/two.cpython-312-pytest-8.pyc",
    }


def test_files_beside_the_metadata_go_and_files_beside_the_modules_stay(
    tmp_path: Path, environment: Environment
) -> None:
    put(environment, [make_pack(tmp_path)])
    (library(environment) / "demo-1.0.dist-info" / "unrecorded").touch()
    (library(environment) / "demo" / "my notes").touch()
    found = departing(environment, "demo")
    assert "demo-1.0.dist-info/unrecorded" in found
    assert "demo/my notes" not in found


def test_what_another_distribution_brought_as_well_stays(
    tmp_path: Path, environment: Environment
) -> None:
    packs = [
        make_pack(
            tmp_path, name, files={"shared/__init__.py": "", f"{name}-1.0.data/data/etc/a": ""}
        )
        for name in ("demo", "other")
    ]
    put(environment, packs)
    outside = os.path.relpath(environment.scheme.data, environment.scheme.purelib)
    shared = {"shared/__init__.py", os.path.join(outside, "etc", "a").replace(os.sep, "/")}
    assert not shared & departing(environment, "demo")
    assert shared <= departing(environment, "demo", "other")


def test_what_a_distribution_that_is_gone_brought_goes(
    tmp_path: Path, environment: Environment
) -> None:
    packs = [make_pack(tmp_path, name, files={"shared.py": ""}) for name in ("demo", "other")]
    put(environment, packs)
    for path in (library(environment) / "other-1.0.dist-info").iterdir():
        path.unlink()
    (library(environment) / "other-1.0.dist-info").rmdir()
    assert "shared.py" in departing(environment, "demo")


def test_rows_that_lead_elsewhere_are_left_alone_and_said(
    tmp_path: Path, environment: Environment
) -> None:
    put(environment, [make_pack(tmp_path)])
    outside = tmp_path / "precious"
    outside.touch()
    record = library(environment) / "demo-1.0.dist-info" / "RECORD"
    rows = f"{outside},,\n../../../bin/python,,\n../../../pyvenv.cfg,,\n"
    record.write_text(record.read_text() + rows)
    told: list[Event] = []
    present = read_installed(environment)["demo"]
    found = departing_files(environment, [present], reporter=told.append)
    assert not {str(outside), os.path.join(environment.scheme.scripts, "python")} & set(found)
    assert [event.kind for event in told] == ["warning"] * 3


def test_directories_and_missing_files_are_not_among_them(
    tmp_path: Path, environment: Environment
) -> None:
    put(environment, [make_pack(tmp_path, files={"demo/a.py": "", "demo/b.py": "", "c.py": ""})])
    (library(environment) / "demo" / "a.py").unlink()
    (library(environment) / "c.py").unlink()
    (library(environment) / "c.py").mkdir()
    found = departing(environment, "demo")
    assert "demo/b.py" in found
    assert not {"demo/a.py", "c.py"} & found


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_goes_and_what_it_leads_to_stays(tmp_path: Path, environment: Environment) -> None:
    put(environment, [make_pack(tmp_path)])
    module = library(environment) / "demo" / "__init__.py"
    module.unlink()
    module.symlink_to(tmp_path)
    assert "demo/__init__.py" in departing(environment, "demo")


def test_one_that_nobody_recorded_is_refused(tmp_path: Path, environment: Environment) -> None:
    put(environment, [make_pack(tmp_path)])
    (library(environment) / "demo-1.0.dist-info" / "RECORD").unlink()
    drop_receipt(environment, "demo-1.0.dist-info")
    before = look_at(environment.root)
    with pytest.raises(TransactionError, match=r"demo 1\.0 cannot be removed") as caught:
        departing(environment, "demo")
    assert str(library(environment)) in caught.value.hint
    assert look_at(environment.root) == before


@pytest.mark.parametrize("record", [None, b"", bytes(40)])
def test_without_a_record_that_can_be_read_the_receipt_tells(
    tmp_path: Path, environment: Environment, record: bytes | None
) -> None:
    put(environment, [make_pack(tmp_path)])
    everything = departing(environment, "demo")
    path = library(environment) / "demo-1.0.dist-info" / "RECORD"
    path.unlink()
    if record is None:
        everything.remove("demo-1.0.dist-info/RECORD")
    else:
        path.write_bytes(record)
    assert departing(environment, "demo") == everything


def test_old_metadata_with_its_list_of_files_goes(environment: Environment) -> None:
    info = library(environment) / "old-1.0-py3.11.egg-info"
    info.mkdir(parents=True)
    (info / "PKG-INFO").write_text("Name: old\nVersion: 1.0\n")
    (info / "installed-files.txt").write_text("../old.py\nPKG-INFO\n")
    (library(environment) / "old.py").touch()
    assert departing(environment, "old") == {
        "old.py",
        "old-1.0-py3.11.egg-info/PKG-INFO",
        "old-1.0-py3.11.egg-info/installed-files.txt",
    }


def test_a_metadata_directory_that_is_a_link_is_one_file(
    tmp_path: Path, environment: Environment
) -> None:
    real = tmp_path / "real"
    real.mkdir()
    (real / "METADATA").write_text("Name: demo\nVersion: 1.0\n")
    (real / "RECORD").write_text("demo-1.0.dist-info/METADATA,,\n")
    link = library(environment) / "demo-1.0.dist-info"
    try:
        link.symlink_to(real)
    except OSError:
        pytest.skip("links need rights here")
    present = InstalledDistribution("demo", "1.0", str(link), "dist-info", str(link / "METADATA"))
    found = departing_files(environment, [present])
    assert str(link) in found
    assert (real / "METADATA").exists()


def test_what_pip_installed_goes_with_its_bytecode(
    tmp_path: Path, environment: Environment
) -> None:
    wheel = str(tmp_path / "made" / make_pack(tmp_path).wheel)
    target = ["--python", environment.interpreter.executable]
    options = ["--quiet", "--no-index", "--disable-pip-version-check"]
    subprocess.run([sys.executable, "-m", "pip", *target, "install", *options, wheel], check=True)
    found = departing(environment, "demo")
    assert any(path.startswith("demo/__pycache__/__init__.") for path in found)
