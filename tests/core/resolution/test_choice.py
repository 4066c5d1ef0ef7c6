"""Choosing the resolver, and finding the programs behind it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from support.resolving import this_python
from trueup.errors import RequestError, ResolutionError
from trueup.resolution.choice import choose_resolver
from trueup.resolution.pip import PipResolver
from trueup.resolution.program import version_number
from trueup.resolution.uv import UvResolver
from trueup.resolution.uv_program import find_uv


def fake_uv(folder: Path, version: str = "1.2.3") -> tuple[Path, Path]:
    """Return a program that says it is uv, and the file it writes a line to each time it runs."""
    folder.mkdir(exist_ok=True)
    program, runs = folder / "uv", folder / "runs"
    program.write_text(f'#!/bin/sh\necho >> "{runs}"\necho "uv {version} (host)"\n')
    program.chmod(0o755)
    runs.touch()
    return program, runs


def test_uv_is_asked_where_there_is_one_and_pip_where_it_is_named(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    program, _ = fake_uv(tmp_path / "bin")
    named = environment | {"TRUEUP_UV": str(program)}
    for wanted in ({}, {"TRUEUP_RESOLVER": "auto"}, {"TRUEUP_RESOLVER": "uv"}):
        found = choose_resolver(named | wanted, this_python())
        assert isinstance(found, UvResolver)
        assert (found.executable, found.identity) == (str(program), "uv 1.2.3")
    wanted = named | {"TRUEUP_RESOLVER": "pip", "TRUEUP_PIP": sys.executable}
    found = choose_resolver(wanted, this_python())
    assert isinstance(found, PipResolver)
    assert found.identity.startswith("pip ")


def test_a_resolver_that_does_not_exist_is_refused(environment: dict[str, str]) -> None:
    with pytest.raises(RequestError, match="TRUEUP_RESOLVER is 'poetry'"):
        choose_resolver(environment | {"TRUEUP_RESOLVER": "Poetry"}, this_python())


def test_a_uv_that_is_named_must_be_one_and_young_enough(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    old, _ = fake_uv(tmp_path / "old", "0.6.14")
    young, _ = fake_uv(tmp_path / "young", "0.10.0")
    for name in (str(tmp_path / "missing"), "/bin/true"):
        with pytest.raises(ResolutionError, match="which is no uv"):
            find_uv(environment | {"TRUEUP_UV": name})
    with pytest.raises(ResolutionError, match=r"0\.6\.15 or newer"):
        find_uv(environment | {"TRUEUP_UV": str(old)})
    assert find_uv(environment | {"TRUEUP_UV": str(young)}) == (str(young), "0.10.0")


def test_a_tools_own_uv_goes_before_others_unless_it_is_too_old(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    mine, _ = fake_uv(tmp_path / "mine", "7.0.0")
    old, _ = fake_uv(tmp_path / "old", "0.1.0")
    assert find_uv(environment | {"TOX_UV_PATH": str(mine)}) == (str(mine), "7.0.0")
    found = find_uv(environment | {"TOX_UV_PATH": str(old), "PATH": str(mine.parent)})
    assert found is None or found[0] != str(old)


def test_the_version_is_asked_once_for_each_state_of_the_file(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    program, runs = fake_uv(tmp_path / "bin")
    named = environment | {"TRUEUP_UV": str(program)}
    memory = str(tmp_path / "memory")
    for _ in range(3):
        assert find_uv(named, memory) == (str(program), "1.2.3")
    assert runs.read_text() == "\n"
    other, _ = fake_uv(tmp_path / "other", "1.2.40")
    other.replace(program)
    assert find_uv(named, memory) == (str(program), "1.2.40")


def test_where_there_is_neither_the_way_out_is_told(tmp_path: Path) -> None:
    python = this_python()
    nowhere = str(tmp_path / "nowhere")
    bare = replace(
        python,
        executable=nowhere,
        version=(3, 6, 0),
        stdlib=nowhere,
        scheme=replace(python.scheme, purelib=nowhere),
    )
    with pytest.raises(ResolutionError, match="No pip was found") as caught:
        choose_resolver({"PATH": nowhere, "TRUEUP_RESOLVER": "pip"}, bare)
    assert "trueup[uv]" in caught.value.hint


def test_versions_compare_as_numbers() -> None:
    assert version_number("0.10.0") > version_number("0.9.30")
    assert version_number("26.0rc1") == (26, 0)
    assert version_number("nonsense") == ()
