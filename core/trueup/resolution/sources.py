"""All that a request is made of, read: command line, files, groups, scripts and lock.

Readers of the rarer sources are imported where they are needed: most requests pay for none.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from packaging.utils import canonicalize_name

from trueup.errors import RequestError
from trueup.resolution.credentials import presentable
from trueup.resolution.location import absolute_path, is_lock, is_remote
from trueup.resolution.problems import Problems
from trueup.resolution.reading import Surroundings, locate
from trueup.resolution.request import LocalProject, RequestedItem
from trueup.resolution.request_input import RequestInput
from trueup.resolution.requirement import parse_requirement
from trueup.resolution.requirement_file import RequirementFile, read_requirement_file
from trueup.resolution.requirement_options import FileOptions
from trueup.resolution.wish import split_trailing_extras

__all__ = ["Sources"]


class Sources:
    """Reads sources one after the other; what is wrong with any is taken down in `problems`.

    Attributes:
        items: requirements.
        constraints: limits on versions.
        projects: local projects.
        files: absolute paths of what was read on this machine, in order.
        options: what each requirement file sets for everything, in order of reading.
        hashed: some requirement has a `--hash`.
        lock: absolute path of a lock, or "".
        lock_extras: extras to take from it.
        lock_groups: groups to take from it.
    """

    def __init__(self, raw: RequestInput, surroundings: Surroundings, problems: Problems) -> None:
        self.raw = raw
        self.surroundings = surroundings
        self.problems = problems
        self.items: list[RequestedItem] = []
        self.constraints: list[RequestedItem] = []
        self.projects: list[LocalProject] = []
        self.files: list[str] = []
        self.options: list[FileOptions] = []
        self.hashed = False
        self.lock = ""
        self.lock_extras: set[str] = set()
        self.lock_groups: set[str] = set()
        self._extras_have_owner = False

    def read(self) -> None:
        """Read everything that `raw` names."""
        raw = self.raw
        for written in raw.requirements:
            self._parse(written, editable=False)
        for written in raw.editables:
            self._parse(written, editable=not raw.no_editable)
        if raw.pylock:
            with self.problems.collecting():
                self._take_lock(raw.pylock)
        for location in raw.requirement_files:
            with self.problems.collecting():
                self._read_file(location)
        for location in raw.constraint_files:
            with self.problems.collecting():
                self._take(read_requirement_file(location, self.surroundings, constraint=True))
        for script in raw.scripts:
            with self.problems.collecting():
                self._read_script(absolute_path(script, self.surroundings.base))
        for group in raw.groups:
            with self.problems.collecting():
                self._read_group(group)
        if self.lock:
            self._alone()
        elif (raw.extras or raw.all_extras) and not self._extras_have_owner:
            self.problems.add("--extra names extras of no project", "add -r pyproject.toml")

    def _alone(self) -> None:
        """See to it that a lock is all that is asked for: nobody would make the rest fit to it."""
        self.lock_extras |= {canonicalize_name(extra) for extra in self.raw.extras}
        if self.items or self.projects:
            problem = f"{self.lock}: there are requirements beside a lock"
            self.problems.add(problem, "install one after the other")

    def _parse(self, written: str, *, editable: bool) -> None:
        with self.problems.collecting():
            base = self.surroundings.base
            origin = "the command line"
            self._add([parse_requirement(written, origin=origin, base=base, editable=editable)])

    def _add(self, wanted: Iterable[RequestedItem | LocalProject]) -> None:
        for each in wanted:
            if isinstance(each, LocalProject):
                self.projects.append(each)
            else:
                self.items.append(each)

    def _read_file(self, location: str) -> None:
        bare, extras = split_trailing_extras(location)
        if is_lock(bare):
            self._take_lock(bare)
            self.lock_groups |= _default_groups(self.lock)
            self.lock_extras |= {canonicalize_name(extra) for extra in extras}
            return
        name = os.path.basename(location)
        place = locate(location, self.surroundings.base)
        if name == "pyproject.toml":
            from trueup.resolution.project_table import read_project_dependencies

            self._extras_have_owner = True
            self._note(place)
            raw = self.raw
            wanted = read_project_dependencies(place, extras=raw.extras, all_extras=raw.all_extras)
            self._add(wanted)
        elif name in {"setup.py", "setup.cfg"}:
            folder = os.path.dirname(location) or "."
            raise RequestError(
                f"{presentable(location)} is not a requirement file",
                hint=f"Install the project itself: {folder}",
            )
        elif name.endswith(".py"):
            self._read_script(place)
        else:
            self._take(read_requirement_file(location, self.surroundings))

    def _take(self, file: RequirementFile) -> None:
        self._add([*file.items, *file.projects])
        self.constraints += file.constraints
        self.options.append(file.options)
        self.hashed = self.hashed or file.hashed
        for path in file.files:
            self._note(path)

    def _note(self, path: str) -> None:
        if not is_remote(path) and path != "-" and path not in self.files:
            self.files.append(path)

    def _read_script(self, path: str) -> None:
        from trueup.resolution.script import read_script_dependencies

        self._note(path)
        self._add(read_script_dependencies(path).wanted)

    def _read_group(self, written: str) -> None:
        from trueup.resolution.groups import read_groups, split_group

        path, name = split_group(written)
        file = os.path.basename(path)
        if path and is_lock(split_trailing_extras(path)[0]):
            bare, extras = split_trailing_extras(path)
            self._take_lock(bare)
            self.lock_groups.add(canonicalize_name(name))
            self.lock_extras |= {canonicalize_name(extra) for extra in extras}
            return
        if path and file != "pyproject.toml":
            raise RequestError(
                f"--group {written} does not lead to a pyproject.toml",
                hint="Write --group PATH/pyproject.toml:NAME",
            )
        place = absolute_path(path or "pyproject.toml", self.surroundings.base)
        self._note(place)
        self._add(read_groups(place, [name]))

    def _take_lock(self, written: str) -> None:
        if is_remote(written):
            raise RequestError(
                f"{presentable(written)} is a lock elsewhere", hint="Save it as a file first"
            )
        place = locate(written, self.surroundings.base)
        if not os.path.isfile(place):
            raise RequestError(f"{written} is not there: no lock file {place}")
        if self.lock and self.lock != place:
            raise RequestError(
                f"{written} is a second lock beside {self.lock}", hint="Install one after the other"
            )
        self.lock = place
        self._note(place)


def _default_groups(lock: str) -> set[str]:
    """Return the groups that a lock wants when none are named (PEP 751, `default-groups`)."""
    from trueup.resolution.toml_file import read_toml

    named = read_toml(lock).get("default-groups", [])
    return {canonicalize_name(str(each)) for each in named} if isinstance(named, list) else set()
