"""The process that runs a build hook, and its end; one that is left over runs the next hook."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import IO, TYPE_CHECKING

from trueup.acquisition.process_tree import await_end, end_tree
from trueup.values import dataclass

if TYPE_CHECKING:
    from subprocess import Popen

__all__ = ["HookProcess", "Setting"]

# Forking is sound where the C library's own services run no threads behind the scenes, which
# macOS's do; Windows has no such thing. What else it takes, `offspring` looks at.
_FORKS = sys.platform == "linux"
# No descriptors are handed to a process there, nor could one that has ended be told of so.
_HAS_LIFELINES = sys.platform != "win32"


@dataclass(frozen=True, slots=True)
class Setting:
    """What a hook's process is started in; it serves another hook only in the same.

    Attributes:
        command: the interpreter, and what it runs.
        folder: the current directory.
        variables: the environment variables, but for those that are a single hook's own.
    """

    command: tuple[str, ...]
    folder: str | None
    variables: Mapping[str, str]


class HookProcess:
    """A process, started to run one hook."""

    def __init__(
        self,
        setting: Setting,
        words: Sequence[str],
        own: Mapping[str, str],
        output: IO[bytes],
        *,
        backend: str = "",
    ) -> None:
        """Start it.

        Args:
            setting: what it runs in.
            words: the hook, and the folder of its input and output.
            own: environment variables of this hook alone.
            output: where its output goes.
            backend: what this hook and the next import, where one process may do so for both.

        Raises:
            OSError: it cannot be started.
        """
        self._setting = setting
        self._pipes = _Pipes() if backend and _FORKS else None
        self._lifeline = _Lifeline() if _HAS_LIFELINES else None
        variables = {**setting.variables, **own}
        handed: tuple[int, ...] = ()
        if self._lifeline is not None:
            variables["_TRUEUP_BUILD_LIFELINE"] = str(self._lifeline.theirs)
            handed = (self._lifeline.theirs,)
        if self._pipes is not None:
            variables["_TRUEUP_BUILD_RELAY"] = f"{self._pipes.theirs} {backend}"
            handed += self._pipes.ends
        try:
            self._process = _start(setting, words, variables, output, handed)
        except BaseException:
            self._close()
            raise
        finally:
            for descriptor in handed:
                os.close(descriptor)
        self.number = self._process.pid
        self._code: int | None = None

    @property
    def is_left(self) -> bool:
        """Whether a child has run the hook, and the process is there for another."""
        return self._code is not None

    def take_on(self, setting: Setting, words: Sequence[str], own: Mapping[str, str]) -> bool:
        """Have it run another hook; return False where that takes a new process."""
        if self._pipes is None or setting != self._setting:
            return False
        told = json.dumps({"words": list(words), "variables": dict(own)}).encode() + b"\n"
        try:
            os.write(self._pipes.writing, told)
        except BrokenPipeError:
            return False
        if self._pipes.answers.readline() != b"yes\n":
            return False
        self._part()
        self._code = None
        self.number = self._process.pid
        return True

    def await_end(self, ended: threading.Event) -> None:
        """Wait until the hook has ended, and tell; in a thread of its own."""
        if self._pipes is not None:
            child = self._pipes.answers.readline()
            if child:
                self.number = int(child)
                code = self._pipes.answers.readline()
                if code:
                    self._code = int(code)
                    ended.set()
                    return
        await_end(self._process, ended)

    def end(self, mark: bytes, ended: threading.Event) -> None:
        """End all that the hook has started, and the hook itself unless it has ended."""
        spared = self._process.pid if ended.is_set() and self.is_left else 0
        end_tree(self.number, mark, ended, spared=spared)
        if not spared and self.number != self._process.pid:
            end_tree(self._process.pid, mark, ended)

    def code(self) -> int:
        """Return the hook's exit code, after its end; negative for a signal."""
        if self._code is not None:
            return self._code
        self._close()
        return self._process.wait()

    def dismiss(self, mark: bytes) -> None:
        """End the process that was left over; no hook needs it."""
        ended = threading.Event()
        ended.set()  # it holds nothing: no need to ask it kindly
        end_tree(self._process.pid, mark, ended)
        self._close()
        self._process.wait()

    def _part(self) -> None:
        """Close what is for a second hook alone."""
        if self._pipes is not None:
            self._pipes.close()
            self._pipes = None

    def _close(self) -> None:
        self._part()
        if self._lifeline is not None:
            self._lifeline.close()
            self._lifeline = None


class _Pipes:
    """A pipe to the process and one from it."""

    def __init__(self) -> None:
        reading, self.writing = os.pipe()
        answers, writing = os.pipe()
        self.answers = os.fdopen(answers, "rb")
        self.ends = (reading, writing)

    @property
    def theirs(self) -> str:
        """The numbers of their ends, which they find at the same numbers."""
        return " ".join(map(str, self.ends))

    def close(self) -> None:
        """Close what is ours."""
        os.close(self.writing)
        self.answers.close()


class _Lifeline:
    """A pipe that nobody writes to: it is at its end when this process is (`lifeline`)."""

    def __init__(self) -> None:
        self.theirs, self._ours = os.pipe()

    def close(self) -> None:
        """Close what is ours, after the end of the other process."""
        os.close(self._ours)


def _start(
    setting: Setting,
    words: Sequence[str],
    variables: Mapping[str, str],
    output: IO[bytes],
    handed: tuple[int, ...],
) -> Popen[bytes]:
    import subprocess

    return subprocess.Popen(
        [*setting.command, *words],
        cwd=setting.folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=sys.platform != "win32",
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        pass_fds=handed,
    )
