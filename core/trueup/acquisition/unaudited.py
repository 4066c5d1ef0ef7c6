"""What raises no audit event, wrapped so that it is told: looks, questions, the end of a process.

Copied beside the build and imported there under another name, by Pythons from 3.8 on.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from trueup.acquisition.onlooker import is_own_question
else:
    try:  # beside the build, where it goes by this name
        from _trueup_onlooker import is_own_question
    except ImportError:
        from trueup.acquisition.onlooker import is_own_question

__all__ = ["watch_end", "watch_environment", "watch_stat"]


def watch_stat(note: Callable[[str, Any], None]) -> None:
    """Have `note` told of each path that is looked for: "S" for found, "A" for absent.

    "T" is for a link of which somebody asked where it leads.
    """
    for name in ("stat", "lstat"):
        os.__dict__[name] = _Looked(getattr(os, name), note)
    if hasattr(os, "readlink"):
        os.__dict__["readlink"] = _Looked(os.readlink, note, found="T", absent="")


class _Looked:
    """In place of `os.stat` and its kin: notes what was looked for, found or not.

    No function, because `pathlib` until 3.9 keeps it as an attribute of a class; and as good as
    the original in sets, because `os.supports_dir_fd` and its kin are asked for it.
    """

    def __init__(
        self,
        original: Callable[..., Any],
        note: Callable[[str, Any], None],
        found: str = "S",
        absent: str = "A",
    ) -> None:
        self.__name__ = original.__name__
        self.__doc__ = original.__doc__
        self.__wrapped__ = original
        self._note = note
        self._found, self._absent = found, absent

    def __call__(self, path: Any, *rest: Any, **named: Any) -> Any:
        try:
            found = self.__wrapped__(path, *rest, **named)
        except OSError:  # not there, or a link that leads to itself: looked for in vain
            if self._absent and (not named or named.get("dir_fd") is None):
                self._note(self._absent, path)
            raise
        if not named or named.get("dir_fd") is None:
            self._note(self._found, path)
        return found

    def __eq__(self, other: object) -> bool:
        return other is self or other == self.__wrapped__

    def __hash__(self) -> int:
        return hash(self.__wrapped__)


def watch_environment(note: Callable[..., None]) -> None:
    """Have `note` told of each variable that is asked for: "E" and its name, "*" for all.

    "N" and its name tell that it was the project's own code, or a plugin, that asked.
    """
    original: Any = type(os.environ)

    def ask(key: str) -> None:
        note("E", key)
        if is_own_question():
            note("N", key)

    class Watched(original):  # type: ignore[misc]  # a class that only the running Python knows
        """`os.environ` that tells which variables were asked for by name."""

        def __getitem__(self, key: Any) -> Any:
            if isinstance(key, str) and not self.__dict__["_trueup_round"].takes(key):
                ask(key)
            return original.__getitem__(self, key)

        def __iter__(self) -> Iterator[Any]:
            ask("*")
            keys = list(original.__iter__(self))
            self.__dict__["_trueup_round"].begin(keys)
            return iter(keys)

        def copy(self) -> Any:
            """Copy, which every start of a program does: no variable was asked for."""
            return {key: original.__getitem__(self, key) for key in original.__iter__(self)}

    Watched.__name__ = Watched.__qualname__ = original.__name__
    Watched.__module__ = original.__module__
    os.environ.__dict__["_trueup_round"] = _Round(ask)
    os.environ.__class__ = Watched


class _Round:
    """Going through all variables, one after the other, as `dict(os.environ)` does.

    None of them is asked for by its name, unless it does not come to all of them.
    """

    def __init__(self, ask: Callable[[str], None]) -> None:
        self._ask = ask
        self._keys: list[Any] = []
        self._at = 0

    def begin(self, keys: list[Any]) -> None:
        """Begin with these, in this order."""
        self._give_up()
        self._keys = keys

    def takes(self, key: str) -> bool:
        """Whether `key` is the next one."""
        if self._at < len(self._keys) and self._keys[self._at] == key:
            self._at += 1
            if self._at == len(self._keys):
                self._keys, self._at = [], 0
            return True
        self._give_up()
        return False

    def _give_up(self) -> None:
        asked, self._keys, self._at = self._keys[: self._at], [], 0
        for key in asked:
            self._ask(key)


def watch_end(end: Callable[[], None], before_fork: Callable[[], None]) -> None:
    """Have `end` called when the process ends, in whatever way, and `before_fork` before a fork."""
    import atexit

    atexit.register(end)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=before_fork)
    leave = os._exit

    def _exit(status: int) -> None:
        end()
        leave(status)

    os.__dict__["_exit"] = _exit
