"""What belongs to a distribution, and what never does whatever its RECORD says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from support.wheels import make_wheel
from trueup.destination.contents import record_paths, requires, top_level
from trueup.destination.environment import Environment
from trueup.destination.installed import InstalledDistribution, read_installed
from trueup.errors import EnvironmentProblem
from trueup.reporting import Event


def installed(
    environment: Environment, record: str | None, metadata: str = "", **files: str
) -> InstalledDistribution:
    """Write a dist-info directory and return its distribution."""
    path = Path(environment.scheme.purelib, "demo-1.0.dist-info")
    path.mkdir()
    (path / "METADATA").write_text(metadata)
    if record is not None:
        (path / "RECORD").write_text(record)
    for name, content in files.items():
        (path / f"{name}.txt").write_text(content)
    return read_installed(environment)["demo"]


def test_requirements_come_with_their_markers_and_the_description_is_not_read(
    environment: Environment,
) -> None:
    metadata = (
        "Metadata-Version: 2.1\r\nName: demo\r\nVersion: 1.0\r\nRequires-Dist: a (>=1)\r\n"
        'Requires-Dist: b[x]>=2; extra == "y"\r\n\r\nRequires-Dist: not-this\r\n'
    )
    distribution = installed(environment, None, metadata)
    assert requires(distribution) == [Requirement("a>=1"), Requirement('b[x]>=2; extra == "y"')]


def test_a_requirement_that_is_none_is_named(environment: Environment) -> None:
    distribution = installed(
        environment, None, "Name: demo\nVersion: 1.0\nRequires-Dist: a >== 1\n\n"
    )
    with pytest.raises(EnvironmentProblem, match=r"demo 1\.0 asks for 'a >== 1'"):
        requires(distribution)


def test_requirements_of_an_egg_info_come_from_requires_txt(environment: Environment) -> None:
    path = Path(environment.scheme.purelib, "demo-1.0.egg-info")
    path.mkdir()
    (path / "PKG-INFO").write_text("Name: demo\nVersion: 1.0\n")
    (path / "requires.txt").write_text('a>=1\n\n[y]\nb\n\n[:python_version < "3"]\nc\n')
    found = {str(each) for each in requires(read_installed(environment)["demo"])}
    assert found == {"a>=1", 'b; extra == "y"', 'c; python_version < "3"'}


def test_files_are_what_pip_installed(environment: Environment, tmp_path: Path) -> None:
    wheel = make_wheel(
        tmp_path,
        files={
            "demo/__init__.py": "",
            "demo-1.0.data/scripts/run": "#!python\n",
            "demo-1.0.data/data/share/demo/data.txt": "x",
        },
        entry_points="[console_scripts]\ndemo = demo:main\n",
    )
    python = environment.interpreter.executable
    command = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "install",
        "-q",
        "--offline",
        "--python",
        python,
        str(wheel),
    ]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    if "No module named uv" in done.stderr:
        pytest.skip("no uv beside the tests")
    assert done.returncode == 0, done.stderr
    paths = record_paths(read_installed(environment)["demo"], environment)
    assert paths is not None
    assert all(os.path.isfile(path) for path in paths)
    root = environment.root
    assert {f"{root}/bin/demo", f"{root}/bin/run", f"{root}/share/demo/data.txt"} <= set(paths)
    assert f"{environment.scheme.purelib}/demo/__init__.py" in paths


def test_without_a_record_nothing_is_known(environment: Environment) -> None:
    assert record_paths(installed(environment, None), environment) is None


def test_files_of_an_egg_info_come_from_its_own_list(environment: Environment) -> None:
    path = Path(environment.scheme.purelib, "demo-1.0.egg-info")
    path.mkdir()
    (path / "PKG-INFO").write_text("Name: demo\nVersion: 1.0\n")
    (path / "installed-files.txt").write_text(
        "../demo/__init__.py\nPKG-INFO\n../../../../../../etc/passwd\n"
    )
    site = environment.scheme.purelib
    found = record_paths(read_installed(environment)["demo"], environment)
    assert found == [f"{site}/demo/__init__.py", f"{path}/PKG-INFO"]


@pytest.mark.parametrize(
    "row",
    [
        "../../../../../etc/passwd",
        "/etc/passwd",
        "../../../../sibling",
        "../../../pyvenv.cfg",
        "../../../bin/python",
        "../../../bin/python3.11",
        "../../../bin/../bin/python3",
        "demo/../../../../bin/python",
        "../../../lib64/../bin/python",
        "../../../.trueup/lock",
        "link/file.py",
    ],
)
def test_what_is_not_its_own_is_never_returned_but_reported(
    row: str, environment: Environment, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file.py").write_text("somebody's work")
    Path(environment.scheme.purelib, "link").symlink_to(outside)
    distribution = installed(environment, f"demo/__init__.py,,\n{row},,\n")
    events: list[Event] = []
    found = record_paths(distribution, environment, reporter=events.append)
    assert found == [f"{environment.scheme.purelib}/demo/__init__.py"]
    assert [event.kind for event in events] == ["warning"]


def test_the_standard_library_of_a_system_belongs_to_nobody(
    environment: Environment, tmp_path: Path
) -> None:
    from dataclasses import replace

    stdlib = tmp_path / "lib" / "python3"
    site = stdlib / "site-packages"
    site.mkdir(parents=True)
    scheme = replace(environment.scheme, purelib=str(site), platlib=str(site), data=str(tmp_path))
    interpreter = replace(
        environment.interpreter, stdlib=str(stdlib), prefix=str(tmp_path), base_prefix=str(tmp_path)
    )
    system = replace(environment, scheme=scheme, interpreter=interpreter, root=str(tmp_path))
    distribution = installed(
        system, "../os.py,,\n../json/__init__.py,,\ndemo.py,,\n../../../share/x,,\n"
    )
    found = record_paths(distribution, system)
    assert found == [f"{site}/demo.py", f"{tmp_path}/share/x"]


def test_a_record_with_quotes_and_odd_names_is_read_as_the_csv_it_is(
    environment: Environment,
) -> None:
    distribution = installed(environment, '"a,b.py",sha256=x,1\r\n"q""uote.py",,\r\n\r\nü.py,,\r\n')
    names = [os.path.basename(path) for path in record_paths(distribution, environment) or []]
    assert names == ["a,b.py", 'q"uote.py', "ü.py"]


def test_modules_come_from_top_level_or_from_the_record(environment: Environment) -> None:
    record = (
        "pkg/__init__.py,,\nns/part/x.py,,\nsingle.py,,\nfast.cpython-312-x86_64-linux-gnu.so,,\nwin.pyd,,\n"
        "__pycache__/single.cpython-312.pyc,,\ndemo-1.0.dist-info/RECORD,,\n../../../bin/run,,\nx.pth,,\n"
        "not-a-module/data.txt,,\nREADME.txt,,\n"
    )
    distribution = installed(environment, record)
    assert top_level(distribution) == ["fast", "ns", "pkg", "single", "win"]
    Path(distribution.path, "top_level.txt").write_text("pkg\nother\n")
    assert top_level(distribution) == ["other", "pkg"]
