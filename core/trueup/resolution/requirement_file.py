"""Requirement files: everything that one file, and the files it names, ask for."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar
from urllib.parse import urljoin

from trueup.errors import RequestError
from trueup.resolution.credentials import presentable
from trueup.resolution.location import is_lock, is_remote
from trueup.resolution.problems import Problems, located
from trueup.resolution.reading import Surroundings, locate, read_text_of, shown_place
from trueup.resolution.request import LocalProject, RequestedItem
from trueup.resolution.requirement import parse_constraint, parse_requirement
from trueup.resolution.requirement_lines import Line, logical_lines, read_line
from trueup.resolution.requirement_options import (
    FileOptions,
    read_hash,
    read_setting,
    refuse_setup_option,
    with_option,
)
from trueup.values import dataclass, field, replace

__all__ = ["RequirementFile", "read_requirement_file"]

_T = TypeVar("_T")
_OF_REQUIREMENT = {"--hash", "--config-settings", "--editable"}


@dataclass(frozen=True, slots=True)
class RequirementFile:
    """What a requirement or constraint file says, with all the files that it names.

    Attributes:
        items: requirements.
        constraints: limits on versions.
        projects: local projects.
        options: what holds for all of them.
        hashed: some requirement has a `--hash`.
        files: absolute paths and addresses of what was read, in order.
    """

    items: tuple[RequestedItem, ...] = ()
    constraints: tuple[RequestedItem, ...] = ()
    projects: tuple[LocalProject, ...] = ()
    options: FileOptions = field(default_factory=FileOptions)
    hashed: bool = False
    files: tuple[str, ...] = ()


def read_requirement_file(
    location: str, surroundings: Surroundings, *, constraint: bool = False
) -> RequirementFile:
    """Read a requirement file in pip's format, and every file that it names.

    Files named by `-r`, `-c` and `-f` are looked for beside the file that names them. Paths of
    source trees and archives start from `surroundings.base`, as with pip, and where nothing is
    there, beside the file.

    Args:
        location: a path, a `file:` or `https:` address, or "-".
        surroundings: where paths start, the variables, and how to read what is not on this machine.
        constraint: the file was named by `-c`: it limits versions, and asks for nothing.

    Raises:
        RequestError: every line that cannot be understood, each with its file and number.
    """
    reader = _Reader(surroundings)
    with reader.problems.collecting():
        place = locate(location, surroundings.base)
        reader.read(place, constraint=constraint, chain=(place,))
    reader.problems.raise_if_any(f"{presentable(location)} cannot be understood")
    return reader.result()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a line stands: its file, how messages name it, and the files that led there."""

    file: str
    origin: str
    constraint: bool
    chain: tuple[str, ...]
    folders: tuple[str, ...]


class _Reader:
    """Reads files into lists; every bad line is taken down and the next one read."""

    def __init__(self, surroundings: Surroundings) -> None:
        self.surroundings = surroundings
        self.problems = Problems()
        self.items: list[RequestedItem] = []
        self.constraints: list[RequestedItem] = []
        self.projects: list[LocalProject] = []
        self.options = FileOptions()
        self.hashed = False
        self.files: list[str] = []

    def result(self) -> RequirementFile:
        return RequirementFile(
            items=tuple(self.items),
            constraints=tuple(self.constraints),
            projects=tuple(self.projects),
            options=self.options,
            hashed=self.hashed,
            files=tuple(self.files),
        )

    def read(self, file: str, *, constraint: bool, chain: tuple[str, ...]) -> None:
        text = read_text_of(file, self.surroundings)
        if file not in self.files:
            self.files.append(file)
        base = self.surroundings.base
        here = base if is_remote(file) or file == "-" else os.path.dirname(file)
        shown = shown_place(file, base)
        for number, said in logical_lines(text, self.surroundings.environment):
            place = _Place(file, f"{shown}, line {number}", constraint, chain, (here, base))
            with self.problems.collecting(), located(place.origin):
                self._take(read_line(said), place)

    def _take(self, line: Line, place: _Place) -> None:
        editables = [value for name, value in line.options if name == "--editable"]
        if line.requirement or editables:
            _check_options(line, place)
            for written in editables or [line.requirement]:
                self._requirement(written, line, place)
            return
        for name, value in line.options:
            if name in {"--requirement", "--constraint"}:
                self._nested(value, place, constraint=name == "--constraint")
            else:
                self.options = with_option(self.options, name, value, place.folders)

    def _nested(self, written: str, place: _Place, *, constraint: bool) -> None:
        file = (
            urljoin(place.file, written)
            if is_remote(place.file)
            else locate(written, place.folders[0])
        )
        if file in place.chain:
            base = self.surroundings.base
            circle = (*place.chain[place.chain.index(file) :], file)
            raise RequestError(
                f"the file names itself: {' > '.join(shown_place(each, base) for each in circle)}",
                hint="Take out this line",
            )
        if is_lock(file):
            raise RequestError(
                f"{written} is a lock file, and not a requirement file",
                hint=f"Name it on the command line: -r {written}",
            )
        self.read(file, constraint=constraint, chain=(*place.chain, file))

    def _requirement(self, written: str, line: Line, place: _Place) -> None:
        hashes = tuple(read_hash(value) for name, value in line.options if name == "--hash")
        self.hashed = self.hashed or bool(hashes)
        if place.constraint:
            limit = _somewhere(place, lambda base: parse_constraint(written, place.origin, base))
            self.constraints.append(replace(limit, hashes=hashes or limit.hashes))
            return
        editable = not line.requirement
        wanted = _somewhere(
            place,
            lambda base: parse_requirement(
                written, origin=place.origin, base=base, editable=editable
            ),
        )
        settings = tuple(
            read_setting(value) for name, value in line.options if name == "--config-settings"
        )
        if isinstance(wanted, RequestedItem):
            wanted = replace(wanted, hashes=hashes or wanted.hashes, config_settings=settings)
            self.items.append(wanted)
        elif hashes:
            raise RequestError(f"{presentable(written)} is a directory, which has no hash")
        else:
            self.projects.append(replace(wanted, config_settings=settings))


def _check_options(line: Line, place: _Place) -> None:
    names = {name for name, _ in line.options}
    for name in sorted(names - _OF_REQUIREMENT):
        refuse_setup_option(name)
        raise RequestError(
            f"{name} stands behind a requirement",
            hint="Write it in a line of its own, for it holds for all of them",
        )
    if "--editable" in names and line.requirement:
        raise RequestError("-e stands behind a requirement", hint="Write it in a line of its own")
    if "--editable" in names and place.constraint:
        raise RequestError("-e cannot be a constraint", hint="Write name==version")


def _somewhere(place: _Place, parse: Callable[[str], _T]) -> _T:
    """Parse as seen from the base directory, else from the file's own; the first error counts."""
    here, base = place.folders
    try:
        return parse(base)
    except RequestError:
        if here != base:
            with suppress(RequestError):
                return parse(here)
        raise
