"""pip and the like, which virtualenv puts into new environments, where one is made anew.

Over a thousand files: to delete and to write them is most of what that costs. What is proven to be
what virtualenv wrote there, by the times, size and number of every file and directory, is taken off
the shelf again.
"""

from __future__ import annotations

import marshal
import os
import shutil
from stat import S_ISDIR
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from trueup_tox.looks import Signature, signature
from trueup_tox.memory import key_of
from trueup_tox.seed_copy import quick_to_copy

if TYPE_CHECKING:
    from trueup.destination.shelf import Shelf
    from virtualenv.create.creator import Creator

__all__ = ["keep_seeds"]

_FILE = ".trueup-seeds"
_SECOND = 1_000_000_000


class _Seeder(Protocol):
    """virtualenv's, as far as it is used here."""

    enabled: bool

    def run(self, creator: Creator) -> None:
        """Put pip and the like into an environment."""


class _Note(NamedTuple):
    """What virtualenv put into an environment, as it was right then.

    Attributes:
        key: what decided.
        entries: paths below the environment that came.
        looks: the same and everything below them, each with its signature.
    """

    key: str
    entries: list[str]
    looks: list[tuple[str, Signature]]


def keep_seeds(session: Any, folder: str) -> None:
    """Have what `session` puts into the environment in `folder` noted, and taken back.

    Args:
        session: of virtualenv; one that runs elsewhere is left as it is.
        folder: of the environment, absolute.
    """
    real = getattr(session, "_seeder", None)  # the same name in each virtualenv since 20.0
    if real is not None and not isinstance(real, _KeepingSeeder):
        quick_to_copy(real)
        session._seeder = _KeepingSeeder(real, folder)  # noqa: SLF001 - virtualenv has no way to hand one in


class _KeepingSeeder:
    """A seeder that takes back what another one wrote, or has it written."""

    def __init__(self, real: _Seeder, folder: str) -> None:
        self._real = real
        self._folder = folder

    def __repr__(self) -> str:
        return repr(self._real)

    @property
    def enabled(self) -> bool:
        """Whether there is anything to put into an environment."""
        return self._real.enabled

    def run(self, creator: Creator) -> None:
        """Put pip and the like into an environment that has just got its Python."""
        key = _key(self._real, creator)
        site, programs = str(creator.purelib), str(creator.script_dir)
        if key is None or _names(site):
            self._real.run(creator)
            return
        note = _taken_back(self._folder, key)
        if note is None:
            before = _names(programs)
            self._real.run(creator)
            came = [os.path.join(site, name) for name in _names(site)]
            came += [os.path.join(programs, name) for name in _names(programs) - before]
            note = _looked_at(
                self._folder, key, [os.path.relpath(each, self._folder) for each in came]
            )
        _write(self._folder, note)


def _key(real: Any, creator: Creator) -> str | None:
    """Return what decides what virtualenv would write; None where that cannot be told."""
    import virtualenv

    try:
        if real.download or real.extra_search_dir:
            return None
        interpreter = creator.interpreter
        version = interpreter.version_release_str
        # virtualenv takes a newer pip than its own where it once got one.
        newer = [
            real.app_data.embed_update_log(name, version).read()
            for name in sorted(real.distribution_to_versions())
        ]
    except AttributeError:  # another kind of seeder, or a virtualenv that is built otherwise
        return None
    python = (interpreter.system_executable, list(interpreter.version_info))
    return key_of(virtualenv.__version__, repr(real), python, str(creator.dest), newer)


def _taken_back(folder: str, key: str) -> _Note | None:
    """Take back what an earlier run of virtualenv wrote; None where that is not to be had.

    Raises:
        BusyError: another process is changing the environment.
    """
    from trueup.destination.environment import STATE
    from trueup.destination.lock import state_lock
    from trueup.destination.shelf import shelves

    state = os.path.join(folder, STATE)
    if not os.path.isdir(state):
        return None
    with state_lock(state, folder):
        for shelf in shelves(folder):
            note = _read(os.path.join(shelf.tree, _FILE))
            if note is None or note.key != key:
                continue
            touched = _touched(shelf, note)
            if touched is None:
                continue
            for entry in note.entries:
                os.rename(os.path.join(shelf.tree, entry), os.path.join(folder, entry))
            touched.update(note.entries)
            looks = [
                (path, _signature(folder, path) if path in touched else look)
                for path, look in note.looks
            ]
            return note._replace(looks=looks)
    return None


def _touched(shelf: Shelf, note: _Note) -> set[str] | None:
    """Take away the bytecode that came since, and return where; None if more is different."""
    if any(os.path.lexists(os.path.join(shelf.root, entry)) for entry in note.entries):
        return None
    touched: set[str] = set()
    known = {path for path, _ in note.looks}
    came: list[str] = []
    try:
        for path, look in note.looks:
            found = os.lstat(os.path.join(shelf.tree, path))
            if signature(found) != look:
                if not S_ISDIR(found.st_mode) or found.st_ino != look[2]:
                    return None
                touched.add(path)
                inside = (os.path.join(path, name) for name in os.listdir(f"{shelf.tree}/{path}"))
                came += [each for each in inside if each not in known]
        if not all(map(_is_bytecode, came)):
            return None
        for each in came:
            _remove(os.path.join(shelf.tree, each))
    except OSError:
        return None
    return touched


def _is_bytecode(path: str) -> bool:
    """Whether Python writes it beside a module that it imports."""
    folder, name = os.path.split(path)
    return name == "__pycache__" or os.path.basename(folder) == "__pycache__"


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)


def _looked_at(folder: str, key: str, entries: list[str]) -> _Note:
    looks = [(entry, os.lstat(os.path.join(folder, entry))) for entry in entries]
    for path, found in looks:  # which grows meanwhile
        if S_ISDIR(found.st_mode):
            inside = (os.path.join(path, name) for name in os.listdir(os.path.join(folder, path)))
            looks += [(each, os.lstat(os.path.join(folder, each))) for each in inside]
    return _Note(key, entries, [(path, signature(found)) for path, found in looks])


def _signature(folder: str, path: str) -> Signature:
    return signature(os.lstat(os.path.join(folder, path)))


def _write(folder: str, note: _Note) -> None:
    if all(look[1] % _SECOND == 0 for _, look in note.looks):
        return  # the clock of this file system proves too little
    with open(os.path.join(folder, _FILE), "wb") as out:
        out.write(marshal.dumps(tuple(note)))


def _read(path: str) -> _Note | None:
    try:
        with open(path, "rb") as source:
            found = marshal.loads(source.read())  # noqa: S302 - in an environment that tox owns
        return _Note(*found)
    except (OSError, ValueError, EOFError, TypeError):
        return None


def _names(folder: str) -> set[str]:
    try:
        return set(os.listdir(folder))
    except FileNotFoundError:
        return set()
