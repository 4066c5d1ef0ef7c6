"""The facts of interpreters are those that the interpreters and pip would tell."""

from __future__ import annotations

import json
import marshal
import os
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import packaging
import pytest
from packaging.markers import default_environment
from packaging.tags import sys_tags
from support.interpreters import TARGETS, need_python
from trueup.destination.environment import Interpreter
from trueup.destination.facts import interpreter_facts
from trueup.errors import EnvironmentProblem

StdlibVenv = Callable[..., Path]


def started(folder: Path) -> Path:
    """Return a program that stands for the running Python and writes down each start of it."""
    program = folder / "python"
    program.write_text(
        f'#!/bin/sh\necho started >> "{folder}/starts"\nexec "{sys.executable}" "$@"\n'
    )
    program.chmod(0o755)
    return program


def ask(python: str, code: str) -> Any:
    """Let a Python tell something, as JSON."""
    command = [python, "-I", "-c", f"import json, sys; {code}"]
    return json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def test_the_running_interpreter_tells_what_packaging_tells_of_it() -> None:
    facts = interpreter_facts()
    assert facts.tags == tuple(map(str, sys_tags()))
    assert facts.markers == default_environment()
    assert facts.executable == sys.executable
    assert facts.prefix == sys.prefix
    assert facts.version == sys.version_info[:3]


def test_the_running_interpreter_asked_as_a_stranger_tells_the_same() -> None:
    assert interpreter_facts(sys.executable) == interpreter_facts()


@pytest.mark.parametrize("version", TARGETS[1:])  # packaging 26 cannot be imported by 3.8
def test_a_target_gets_the_tags_and_markers_that_packaging_gives_inside_it(
    version: str, memory: str
) -> None:
    python = need_python(version)
    home = os.path.dirname(os.path.dirname(packaging.__file__))
    tags, markers = ask(
        python,
        f"sys.path.insert(0, {home!r}); from packaging import tags, markers; "
        "print(json.dumps([[str(t) for t in tags.sys_tags()], markers.default_environment()]))",
    )
    facts = interpreter_facts(python, memory=memory)
    assert facts.tags == tuple(tags)
    assert facts.markers == markers


def pip_tags(python: str) -> list[str]:
    done = subprocess.run(
        [python, "-I", "-m", "pip", "debug", "--verbose"],
        capture_output=True,
        check=False,
        text=True,
    )
    if done.returncode:
        pytest.skip(f"{python} has no pip")
    lines = done.stdout.split("Compatible tags:")[1].splitlines()[1:]
    return [line.strip() for line in lines if line.strip()]


@pytest.mark.parametrize("version", ["3.8", "3.13"])
def test_a_target_gets_the_tags_that_its_own_pip_knows_in_the_same_order(
    version: str, memory: str
) -> None:
    facts = interpreter_facts(need_python(version), memory=memory)
    theirs = pip_tags(need_python(version))
    assert set(facts.tags) == set(theirs)

    # packaging 26.3 moved the native "linux_..." tags before the manylinux ones; pip had not.
    def portable(tags: list[str]) -> list[str]:
        return [tag for tag in tags if "-linux_" not in tag]

    assert portable(list(facts.tags)) == portable(theirs)


@pytest.mark.parametrize("version", TARGETS)
def test_a_target_tells_its_directories_and_its_bytecode(version: str, memory: str) -> None:
    python = need_python(version)
    told = ask(
        python,
        "import sysconfig, importlib.util as u, importlib.machinery as m; print(json.dumps(["
        "sysconfig.get_paths(), sys.prefix, u.MAGIC_NUMBER.hex(), m.EXTENSION_SUFFIXES,"
        " sys.implementation.cache_tag]))",
    )
    paths, prefix, magic, suffixes, cache_tag = told
    facts = interpreter_facts(python, memory=memory)
    scheme = facts.scheme
    assert [scheme.purelib, scheme.platlib, scheme.scripts, scheme.data] == [
        paths[key] for key in ("purelib", "platlib", "scripts", "data")
    ]
    assert (facts.prefix, facts.magic, facts.cache_tag) == (prefix, magic, cache_tag)
    assert list(facts.extension_suffixes) == suffixes
    assert not facts.virtual
    assert os.path.samefile(facts.base_executable, python)


@pytest.mark.parametrize("version", TARGETS)
def test_an_environment_is_derived_from_its_base_as_if_it_had_been_asked(
    version: str, tmp_path: Path, stdlib_venv: StdlibVenv
) -> None:
    python = need_python(version)
    folder = stdlib_venv(python)
    (tmp_path / "link").symlink_to(folder)
    memory = str(tmp_path / "memory")
    interpreter_facts(python, memory=memory)
    # Nothing can be started from here on that is not there any more.
    asked: list[Interpreter] = []
    derived: list[Interpreter] = []
    before = set(os.listdir(memory))
    for name in ("venv", "link"):
        for program in ("python", "python3"):
            path = str(tmp_path / name / "bin" / program)
            asked.append(interpreter_facts(path))
            derived.append(interpreter_facts(path, memory=memory))
    assert derived == asked
    assert set(os.listdir(memory)) == before  # what is asked is remembered: nothing was


def test_of_environments_with_one_base_none_is_started(
    tmp_path: Path, stdlib_venv: StdlibVenv
) -> None:
    python = need_python("3.9")
    memory = str(tmp_path / "memory")
    found = []
    for name in ("one", "other"):
        program = str(stdlib_venv(python, name) / "bin" / "python")
        found.append((interpreter_facts(program, memory=memory), interpreter_facts(program)))
    records = [_content(path) for path in Path(memory).glob("interpreter-*")]
    told = {record["answer"]["prefix"] for record in records}
    assert told == {os.path.dirname(os.path.dirname(os.path.realpath(python)))}
    assert all(with_memory == asked for with_memory, asked in found)


def test_an_environment_whose_base_cannot_be_started_is_named_itself(
    tmp_path: Path, stdlib_venv: StdlibVenv
) -> None:
    folder = stdlib_venv(need_python("3.9"), "venv", "--copies")
    program, moved = folder / "bin" / "python", tmp_path / "moved" / "python3"
    moved.parent.mkdir()
    program.rename(moved)
    program.symlink_to(moved)
    config = folder / "pyvenv.cfg"
    lines = [f"home = {moved.parent}", *config.read_text().splitlines()[1:]]
    config.write_text("\n".join(lines))
    moved.chmod(0o644)
    with pytest.raises(EnvironmentProblem, match=str(program)):
        interpreter_facts(str(program), memory=str(tmp_path / "memory"))


def test_an_interpreter_is_started_once(tmp_path: Path) -> None:
    program = started(tmp_path)
    memory = str(tmp_path / "memory")
    base = interpreter_facts(str(program), memory=memory)
    assert (
        base.executable == sys.executable
    )  # a script that stands for another program is no interpreter
    first = interpreter_facts(base.executable, memory=memory)
    again = interpreter_facts(base.executable, memory=memory)
    assert first == again == base
    starts = (tmp_path / "starts").read_text().count("started")
    interpreter_facts(str(program), memory=memory)
    assert (tmp_path / "starts").read_text().count(
        "started"
    ) == starts + 1  # a shim is never remembered


def _content(record: Path) -> dict[str, Any]:
    content: dict[str, Any] = marshal.loads(record.read_bytes()[4:])
    return content


def _write(record: Path, content: dict[str, Any]) -> None:
    told = marshal.dumps(content, 4)
    record.write_bytes(zlib.crc32(told).to_bytes(4, "big") + told)


def remembered_once(tmp_path: Path, stdlib_venv: StdlibVenv) -> tuple[str, str, Path]:
    """Return memory, program and record of an environment that was asked and remembered.

    It has a program of its own: one that is a link would not be asked, but its base.
    """
    memory = str(tmp_path / "memory")
    program = str(stdlib_venv(sys.executable, "venv", "--copies") / "bin" / "python")
    interpreter_facts(program, memory=memory)
    (record,) = Path(memory).glob("interpreter-*")
    return memory, program, record


def test_what_is_remembered_is_believed_while_the_interpreter_is_the_same(
    tmp_path: Path, stdlib_venv: StdlibVenv
) -> None:
    memory, program, record = remembered_once(tmp_path, stdlib_venv)
    content = _content(record)
    content["answer"]["cache_tag"] = "from memory"
    _write(record, content)
    assert interpreter_facts(program, memory=memory).cache_tag == "from memory"


def test_what_is_remembered_is_forgotten_when_the_environment_is_made_anew(
    tmp_path: Path, stdlib_venv: StdlibVenv
) -> None:
    memory, program, record = remembered_once(tmp_path, stdlib_venv)
    content = _content(record)
    content["answer"]["cache_tag"] = "from memory"
    _write(record, content)
    config = tmp_path / "venv" / "pyvenv.cfg"
    config.write_text(config.read_text())
    assert interpreter_facts(program, memory=memory).cache_tag == sys.implementation.cache_tag


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"expected": 1}', "\x00" * 64])
def test_damaged_memory_is_as_good_as_none(
    damage: str, tmp_path: Path, stdlib_venv: StdlibVenv
) -> None:
    memory, program, record = remembered_once(tmp_path, stdlib_venv)
    expected = interpreter_facts(program)
    for file in Path(memory).iterdir():
        file.write_text(damage)
    assert interpreter_facts(program, memory=memory) == expected
    assert _content(record)["answer"]["prefix"] == expected.prefix


def test_memory_with_an_answer_of_another_shape_is_as_good_as_none(
    tmp_path: Path, stdlib_venv: StdlibVenv
) -> None:
    memory, program, record = remembered_once(tmp_path, stdlib_venv)
    content = _content(record)
    del content["answer"]["scheme"]
    _write(record, content)
    assert interpreter_facts(program, memory=memory) == interpreter_facts(program)


def test_a_memory_that_cannot_be_written_only_costs_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    memory = str(tmp_path / "file" / "memory")
    assert interpreter_facts(sys.executable, memory=memory) == interpreter_facts()


def test_what_a_pth_file_prints_does_not_spoil_the_answer(stdlib_venv: StdlibVenv) -> None:
    folder = stdlib_venv(sys.executable)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "noise.pth").write_text("import sys; sys.stdout.write('{\"noise\": 1}')\n")
    assert interpreter_facts(str(folder / "bin" / "python")).prefix == str(folder)


def test_a_program_that_is_no_python_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        EnvironmentProblem, match="/bin/cat does not answer as a Python interpreter"
    ):
        interpreter_facts("/bin/cat")
    with pytest.raises(EnvironmentProblem, match="absent cannot be started: No such file"):
        interpreter_facts(str(tmp_path / "absent"))


def pretender(folder: Path, **changes: object) -> str:
    """Return a program that tells of itself what the running Python does, but for some changes."""
    told = subprocess.run(
        [sys.executable, "-I", "-m", "trueup.destination.probe", "@@"],
        capture_output=True,
        check=True,
        text=True,
    )
    script = folder / "python"
    facts = {**json.loads(told.stdout.split("@@")[1]), "executable": str(script), **changes}
    (folder / "facts.json").write_text(json.dumps(facts))
    script.write_text(f'#!/bin/sh\nprintf %s "$3"; cat "{folder}/facts.json"; printf %s "$3"\n')
    script.chmod(0o755)
    return str(script)


def test_a_python_that_is_too_old_is_named(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentProblem, match=r"is Python 3\.7, which is too old"):
        interpreter_facts(pretender(tmp_path, version=[3, 7, 1]))


def test_the_mark_of_an_externally_managed_python_is_read_each_time_and_never_remembered(
    tmp_path: Path,
) -> None:
    python = pretender(tmp_path, stdlib=str(tmp_path), prefix="/opt", base_prefix="/opt")
    memory = str(tmp_path / "memory")
    assert interpreter_facts(python, memory=memory).externally_managed is None
    mark = tmp_path / "EXTERNALLY-MANAGED"
    mark.write_text("[externally-managed]\nError=Use 50% of apt\n  instead\n")
    assert interpreter_facts(python, memory=memory).externally_managed == "Use 50% of apt\ninstead"
    mark.write_text("no section")
    assert "managed by another tool" in (
        interpreter_facts(python, memory=memory).externally_managed or ""
    )
    mark.unlink()
    assert interpreter_facts(python, memory=memory).externally_managed is None


def test_a_virtual_environment_is_never_externally_managed(tmp_path: Path) -> None:
    (tmp_path / "EXTERNALLY-MANAGED").write_text("[externally-managed]\n")
    python = pretender(tmp_path, stdlib=str(tmp_path), prefix="/env", base_prefix="/opt")
    assert interpreter_facts(python).externally_managed is None


def test_copied_programs_of_an_environment_know_their_base(
    stdlib_venv: StdlibVenv, memory: str
) -> None:
    python = need_python("3.9")
    folder = stdlib_venv(python, "copies", "--copies")
    facts = interpreter_facts(str(folder / "bin" / "python"), memory=memory)
    assert facts.base_executable == os.path.realpath(python)
    assert facts.prefix == str(folder)


def _told_by_a_new_process(memory: str, **variables: str) -> tuple[str, str, set[str]]:
    """Return the facts of a running interpreter from memory and without, and what it imported."""
    code = (
        "import sys; from trueup.destination.facts import interpreter_facts as ask;"
        f"print(ask(memory={memory!r})); print(*sys.modules); print(ask())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        text=True,
        env={**os.environ, **variables},
    )
    remembered, modules, asked = done.stdout.splitlines()
    return remembered, asked, set(modules.split())


@pytest.mark.skipif(os.name != "posix", reason="elsewhere it is asked each time")
def test_what_the_running_interpreter_told_is_remembered(tmp_path: Path) -> None:
    memory = str(tmp_path / "memory")
    imported = []
    for _ in range(2):
        remembered, asked, modules = _told_by_a_new_process(memory)
        assert remembered == asked
        imported.append("trueup.destination.probe" in modules)
    assert imported == [True, False]


@pytest.mark.skipif(os.name != "posix", reason="elsewhere it is asked each time")
def test_what_decides_for_the_running_interpreter_is_looked_at_each_time(tmp_path: Path) -> None:
    memory = str(tmp_path / "memory")
    before, *_ = _told_by_a_new_process(memory)
    remembered, asked, _ = _told_by_a_new_process(memory, _PYTHON_HOST_PLATFORM="linux-riscv64")
    assert remembered == asked != before
    (tmp_path / "_manylinux.py").write_text("def manylinux_compatible(*_):\n    return False\n")
    remembered, asked, _ = _told_by_a_new_process(memory, PYTHONPATH=str(tmp_path))
    assert remembered == asked
