"""Writes down what a build looks at; runs inside the processes of a build.

An audit hook (PEP 578) sees files opened, folders listed and programs started; what raises no
audit event, looking a file up by `stat` and reading the environment, `unaudited` wraps. Each new
thing is one line of a log of the process; `trace` reads the logs. Paths of the project are kept
relative to it, others absolute, and what belongs to Python, to the build environment or to the
system is left out where it happens.

Copied beside the build and imported there under another name, by Pythons from 3.8 on: standard
library only, and nothing imported that a starting Python has not loaded anyway.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from trueup.acquisition.circles import is_busy
    from trueup.acquisition.depfiles import NINJA_LOG, compiler_inputs
    from trueup.acquisition.gates import open_gate
    from trueup.acquisition.onlooker import is_own_look, reads_by_itself
    from trueup.acquisition.paths import Places, append, is_absolute, line_of, text_of
    from trueup.acquisition.purpose import purpose_of_listing
    from trueup.acquisition.unaudited import watch_end, watch_environment, watch_stat
else:
    try:  # beside the build, where it goes by this name
        from _trueup_circles import is_busy
        from _trueup_depfiles import NINJA_LOG, compiler_inputs
        from _trueup_gates import open_gate
        from _trueup_onlooker import is_own_look, reads_by_itself
        from _trueup_paths import Places, append, is_absolute, line_of, text_of
        from _trueup_purpose import purpose_of_listing
        from _trueup_unaudited import watch_end, watch_environment, watch_stat
    except ImportError:
        from trueup.acquisition.circles import is_busy
        from trueup.acquisition.depfiles import NINJA_LOG, compiler_inputs
        from trueup.acquisition.gates import open_gate
        from trueup.acquisition.onlooker import is_own_look, reads_by_itself
        from trueup.acquisition.paths import Places, append, is_absolute, line_of, text_of
        from trueup.acquisition.purpose import purpose_of_listing
        from trueup.acquisition.unaudited import watch_end, watch_environment, watch_stat

__all__ = ["recorder", "start"]

_FLUSH_AT = 64
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class _Recorder:
    """The log of this process, and what may go into it."""

    def __init__(self, workspace: str, tree: str) -> None:
        self._workspace = workspace
        self.tree = tree
        self._folder = os.path.join(workspace, "trace")
        self.told = os.path.join(workspace, "compilers.d")
        self._places = Places(tree, workspace)
        self._current = self._places.current
        self._seen: set[tuple[str, ...]] = set()
        self._looked_at: dict[str, set[str]] = {"A": set(), "S": set(), "T": set()}
        # By kind and folder; for each path, whether all is said of it.
        self._looks: dict[tuple[str, str], dict[str, bool]] = {}
        self._pending: list[str] = []
        self._looking = False

    def note(self, kind: str, *fields: str) -> None:
        """Write one thing down, the first time it happens."""
        record = (kind, *fields)
        if record in self._seen:
            return
        self._seen.add(record)
        self._append(line_of(record))
        if kind == "W" and not is_absolute(fields[0]):
            self.flush()  # it has to be known of a process that is killed, too

    def _append(self, line: str) -> None:
        self._pending.append(line)
        if len(self._pending) >= _FLUSH_AT:
            self.flush()

    def records(self) -> list[tuple[str, ...]]:
        """Return all that was noted in this process so far."""
        looks = [(kind, place) for kind, places in self._looked_at.items() for place in places]
        return [*self._seen, *looks]

    def note_path(self, kind: str, path: Any, *more: str) -> None:
        """Write down what happened to `path`, if it is one that can matter."""
        if self._looking or is_busy():
            return
        text = path if type(path) is str else text_of(path)
        if text is None:
            return
        folder = "" if is_absolute(text) else self._current.known or self._current.find()
        place = self._places.of(text, folder)
        if place is not None:
            self._note_place(kind, place, text, folder, more)

    def look(self, kind: str, path: Any) -> None:
        """Write down that a path was looked for, as `note_path` does: by far the most frequent."""
        if self._looking or is_busy():
            return
        if type(path) is not str:
            self.note_path(kind, path)
            return
        folder = "" if is_absolute(path) else self._current.known or self._current.find()
        looks = self._looks.get((kind, folder))
        if looks is None:
            looks = self._looks[kind, folder] = {}
        known = looks.get(path)
        # All is said of it; or all but whether the project's own code looks at it, too.
        # Between the look and `is_own_look` are what stands for `os.stat`, and this.
        if known or (known is False and not is_own_look(kind, 3)):
            return
        if (place := self._places.found(path, folder)) is None:
            looks[path] = True
            return
        looks[path] = self._places.is_for_all(kind, place, path, folder)
        if not looks[path] and is_own_look(kind, 3):
            self.note("X", place, kind)
            looks[path] = True
        looked_at = self._looked_at[kind]
        if place not in looked_at:
            looked_at.add(place)
            self._append(line_of((kind, place)))

    def _note_place(
        self, kind: str, place: str, path: str, folder: str, more: tuple[str, ...] = ()
    ) -> None:
        """Write down what happened to a path in `folder`."""
        if not self._places.is_for_all(kind, place, path, folder):
            record = ("X", place, kind, *more)
            # Whose look it is takes a walk up the stack: not again for what is known to be own.
            if record not in self._seen and is_own_look(kind):
                self.note(*record)
        self.note(kind, place, *more)

    def note_compiled(self, path: str, folder: str) -> None:
        """Write down what a dependency file names outside of the tree; inside all counts anyway."""
        self._looking = True  # what we look at ourselves is nothing that the build depends on
        try:
            for name in compiler_inputs(path, folder):
                place = self._places.of(name, folder)
                if place is not None and os.path.isabs(place):
                    self.note("D", place)
        finally:
            self._looking = False

    def end(self) -> None:
        """Write down what compilers told, and bring all that was noted to the log."""
        self.note_compiled(self.told, self._places.trees[0])
        self.flush()

    def flush(self) -> None:
        """Bring all that was noted to the log; opened anew, as a daemon may close all files."""
        lines = self._pending[:]
        del self._pending[: len(lines)]
        if not lines:
            return
        try:
            path = os.path.join(self._folder, f"{os.getpid()}.log")
            append(path, "".join(lines))
        except OSError:
            return  # a build is not to fail because it cannot be recorded

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take note of one audit event; must not raise, or what was to happen would not."""
        handle = _EVENTS.get(event)
        if handle is None:
            return
        try:
            handle(self, arguments)
        except Exception:  # noqa: BLE001 - any error here would become one of the build
            return

    def opened(self, arguments: tuple[Any, ...]) -> None:
        """Note `open`: (path, mode, flags)."""
        path, _, flags = arguments
        if isinstance(flags, int) and flags & _WRITING:
            self.note_path("W", path)
            # Who makes a file only where there is none (O_EXCL) has looked for it.
            if not flags & (os.O_RDWR | os.O_EXCL) or flags & os.O_TRUNC:
                return
        self.note_path("R", path)

    def moved(self, _: tuple[Any, ...]) -> None:
        """Note `os.chdir`: (path,)."""
        self._current.is_left()

    def listed(self, arguments: tuple[Any, ...]) -> None:
        """Note `os.listdir` and `os.scandir`: (path,)."""
        path = "." if not arguments or arguments[0] is None else arguments[0]
        if isinstance(path, int):
            path = os.readlink(f"/proc/self/fd/{path}")
        kind, *more = purpose_of_listing(2)
        self.note_path(kind, path, *more)

    def started(self, arguments: tuple[Any, ...]) -> None:
        """Note `subprocess.Popen`: (executable, arguments, folder, environment)."""
        executable, command, folder = arguments[:3]
        if isinstance(command, (str, bytes)) or not hasattr(command, "__iter__"):
            command = [command]
        words = [text_of(word) or "" for word in command]
        if executable is not None and words:
            words[0] = text_of(executable) or words[0]
        here = os.getcwd() if folder is None else os.path.abspath(text_of(folder) or ".")
        self.note("P", here, *words)
        self.flush()
        open_gate(self._workspace, os.path.basename(words[0]) if words else "")

    def executed(self, arguments: tuple[Any, ...]) -> None:
        """Note `os.exec` and `os.posix_spawn`: (path, arguments, environment)."""
        self.started((arguments[0], arguments[1], None))

    def loaded(self, arguments: tuple[Any, ...]) -> None:
        """Note `import`: (name, path, ...), a path of machine code, which is one more program."""
        name, path = arguments[:2]
        self.note_path("R", path)
        if path is not None and reads_by_itself(name, path, self._places.trees):
            self.started((None, [path], None))

    def bound(self, arguments: tuple[Any, ...]) -> None:
        """Note `ctypes.dlopen` and `sqlite3.connect`: (name,); no `open` is raised for these."""
        self.loaded(("", text_of(arguments[0])))

    def placed(self, arguments: tuple[Any, ...]) -> None:
        """Note `os.rename`, `os.link` and `os.symlink`: (source, target, ...)."""
        self.note_path("W", arguments[1])

    def removed(self, arguments: tuple[Any, ...]) -> None:
        """Note `shutil.rmtree`, (path, ...): ninja's log is gone with the folder that it built in.

        Some backends build in a temporary folder, or in a folder of one.
        """
        top = os.path.abspath(text_of(arguments[0]) or ".")
        self._looking = True
        try:
            names = os.listdir(top)
        finally:
            self._looking = False
        for folder in (top, *(os.path.join(top, name) for name in names)):
            self.note_compiled(os.path.join(folder, NINJA_LOG), folder)

    def ran(self, arguments: tuple[Any, ...]) -> None:
        """Note `os.system`: (command,)."""
        self.started((None, ["sh", "-c", arguments[0]], None))


_EVENTS: dict[str, Callable[[_Recorder, tuple[Any, ...]], None]] = {
    "open": _Recorder.opened,
    "import": _Recorder.loaded,
    "ctypes.dlopen": _Recorder.bound,
    "os.chdir": _Recorder.moved,
    "sqlite3.connect": _Recorder.bound,
    "os.listdir": _Recorder.listed,
    "os.scandir": _Recorder.listed,
    "subprocess.Popen": _Recorder.started,
    "os.posix_spawn": _Recorder.executed,
    "os.exec": _Recorder.executed,
    "os.link": _Recorder.placed,
    "os.rename": _Recorder.placed,
    "os.symlink": _Recorder.placed,
    "os.system": _Recorder.ran,
    "shutil.rmtree": _Recorder.removed,
}


_recorder: _Recorder | None = None


def recorder() -> _Recorder | None:
    """Return what records this process; None where nothing does."""
    return _recorder


def start() -> None:
    """Record this process, once; only where it is part of a build that is to be traced."""
    global _recorder  # noqa: PLW0603 - one for this process
    workspace = os.environ.get("_TRUEUP_BUILD")
    tree = os.environ.get("_TRUEUP_BUILD_TREE")
    if not workspace or not tree or _recorder is not None or not hasattr(sys, "addaudithook"):
        return
    _recorder = recorder = _Recorder(workspace, tree)
    recorder.note("V", "1", sys.executable)
    watch_stat(recorder.look)
    watch_environment(recorder.note)
    if " " not in recorder.told:  # what follows a space would be taken for a target
        # gcc writes there what it reads, where it is told of no other file.
        os.environ.setdefault("SUNPRO_DEPENDENCIES", recorder.told)
    watch_end(recorder.end, recorder.flush)
    recorder.flush()
    sys.addaudithook(recorder.audit)
