"""Environments with editables of every kind, made once, and put back after each test's edit."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.editable_projects import (
    ALL,
    PURE,
    VERSIONED,
    Template,
    install_editable,
    make_environment,
)
from trueup.acquisition.snapshot import take_snapshot
from trueup.freshness.editables.judging import Judgement, judge_installed
from trueup.freshness.editables.outside import environment_from_outside


@dataclass(frozen=True)
class Laboratory:
    """Projects and the environment that they are installed in."""

    root: Path
    environment: Path

    @property
    def copy(self) -> Path:
        return self.root / "copy"

    def judge(self, name: str) -> Judgement:
        (judged,) = judge_installed(environment_from_outside(str(self.environment)), [name])
        return judged

    def project(self, name: str) -> Path:
        return self.root / name

    @property
    def library(self) -> Path:
        (found,) = self.environment.glob("lib/python*/site-packages")
        return found


def _build(root: Path, templates: list[Template]) -> Laboratory:
    environment = make_environment(root / "environment", sys.executable)
    alike: dict[tuple[str, ...], list[Path]] = {}
    for each in templates:
        alike.setdefault(each.options, []).append(each.write(root / each.name))
    for options, projects in alike.items():
        install_editable(environment, projects, options)
    found = Laboratory(root, environment)
    for each in templates:
        shutil.copytree(found.project(each.name), found.copy / each.name, symlinks=True)
    shutil.copytree(found.library, found.copy / "library", symlinks=True)
    return found


@pytest.fixture(scope="session")
def _quick(tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    quick = [*PURE.values(), *VERSIONED.values(), ALL["extended"]]
    return _build(tmp_path_factory.mktemp("quick"), quick)


@pytest.fixture(scope="session")
def _native(tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    native = [ALL[name] for name in ("redirected", "skin", "mesonic", "rusty")]
    return _build(tmp_path_factory.mktemp("native"), native)


@pytest.fixture
def laboratory(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Laboratory]]:
    """Give a function that returns the laboratory with a project; it is as it was afterwards."""
    opened: list[tuple[Laboratory, str]] = []

    def enter(name: str) -> Laboratory:
        quick = name in PURE or name in VERSIONED or name == "extended"
        found: Laboratory = request.getfixturevalue("_quick" if quick else "_native")
        opened.append((found, name))
        return found

    yield enter
    for found, name in opened:
        shutil.rmtree(found.root / f"{name}-moved", ignore_errors=True)
        _put_back(found.copy / name, found.project(name))
        _put_back(found.copy / "library", found.library)


def _put_back(copy: Path, place: Path) -> None:
    """Make a folder what its copy is, unless it is; times are kept."""
    if place.exists() and _state(copy) == _state(place):
        return
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(copy, place, symlinks=True)


def _state(folder: Path) -> dict[str, tuple[int, int]]:
    entries = take_snapshot(str(folder), ignore=()).entries
    return {path: (one.size, one.mtime_ns) for path, one in entries.items() if not one.is_directory}
