"""What raises no audit event, wrapped so that it is told: files looked for, variables asked for.

Copied beside the build and imported there under another name, by Pythons from 3.8 on.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

__all__ = ["watch_environment", "watch_stat"]


def watch_stat(note: Callable[[str, Any], None]) -> None:
    """Have `note` told of each path that is looked for: "S" for found, "A" for absent."""
    for name in ("stat", "lstat"):
        os.__dict__[name] = _Looked(getattr(os, name), note)


class _Looked:
    """In place of `os.stat` and `os.lstat`: notes what was looked for, found or not.

    No function, because `pathlib` until 3.9 keeps it as an attribute of a class; and as good as
    the original in sets, because `os.supports_dir_fd` and its kin are asked for it.
    """

    def __init__(self, original: Callable[..., Any], note: Callable[[str, Any], None]) -> None:
        self.__name__ = original.__name__
        self.__doc__ = original.__doc__
        self.__wrapped__ = original
        self._note = note

    def __call__(self, path: Any, *rest: Any, **named: Any) -> Any:
        try:
            found = self.__wrapped__(path, *rest, **named)
        except OSError:  # not there, or a link that leads to itself: looked for in vain
            if not named or named.get("dir_fd") is None:
                self._note("A", path)
            raise
        if not named or named.get("dir_fd") is None:
            self._note("S", path)
        return found

    def __eq__(self, other: object) -> bool:
        return other is self or other == self.__wrapped__

    def __hash__(self) -> int:
        return hash(self.__wrapped__)


def watch_environment(note: Callable[..., None]) -> None:
    """Have `note` told of each variable that is asked for: "E" and its name, "*" for all."""
    original: Any = type(os.environ)

    class Watched(original):  # type: ignore[misc]  # a class that only the running Python knows
        """`os.environ` that tells which variables were asked for by name."""

        def __getitem__(self, key: Any) -> Any:
            passed = self.__dict__.setdefault("_trueup_passed", set())
            if key in passed:  # part of going through all of them, as `dict(os.environ)` does
                passed.discard(key)
            elif isinstance(key, str):
                note("E", key)
            return original.__getitem__(self, key)

        def __iter__(self) -> Iterator[Any]:
            note("E", "*")
            keys = list(original.__iter__(self))
            self.__dict__["_trueup_passed"] = set(keys)
            return iter(keys)

        def copy(self) -> Any:
            """Copy, which every start of a program does: no variable was asked for."""
            return {key: original.__getitem__(self, key) for key in original.__iter__(self)}

    Watched.__name__ = Watched.__qualname__ = original.__name__
    Watched.__module__ = original.__module__
    os.environ.__class__ = Watched
