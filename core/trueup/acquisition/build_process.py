"""One build hook in a process of its own: its output kept, its time watched, its end certain."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from trueup.acquisition.build_log import OUTPUT_LIMIT, Tail, without_credentials
from trueup.acquisition.hook_process import HookProcess, Setting
from trueup.acquisition.process_tree import send_signal
from trueup.reporting import SILENT, Event, Reporter

__all__ = ["MARK", "HookFailed", "HookRunner"]

# Set to the build's workspace in the environment of all its processes: how those of them know
# that they are part of a build, and how we know them.
MARK = "_TRUEUP_BUILD"
# A daemon may outlive its build and keep the output open (reliability facts, h_daemon_pipe): the
# output goes to a file that is read along, never to a pipe whose end somebody would wait for.
_LOOK_EVERY = 0.05
_DUMP_WAIT = 2.0


class HookFailed(Exception):
    """A hook's process ended otherwise than it should; `reason` says how, without the output."""

    def __init__(self, hook: str, reason: str) -> None:
        super().__init__(reason)
        self.hook = hook
        self.reason = reason


class HookRunner:
    """Runs the processes of one build, one after the other; `pyproject_hooks` calls it.

    Attributes:
        environment: the environment variables of the processes to come.
        backend: what the hooks import, where one process may do that for two; or "".
        meanwhile: done once, while the first hook is running.
        seconds: hook to the seconds that it took.
        runs: how many processes were started; two hooks may have shared one.
    """

    def __init__(
        self,
        *,
        launcher: Sequence[str],
        log: str,
        subject: str,
        timeout: float | None = None,
        reporter: Reporter = SILENT,
        patience: float = 60.0,
    ) -> None:
        """Make one.

        Args:
            launcher: what the interpreter runs the hooks' script with.
            log: path of the file that the output goes to.
            subject: what is built, for people.
            timeout: seconds that the hooks may take together; None for no limit.
            reporter: told of each line of output, and of a hook that says nothing.
            patience: seconds without output after which that is told, again and again.
        """
        self._launcher = tuple(launcher)
        self.environment: Mapping[str, str] = {}
        self._log = log
        self._subject = subject
        self._left = timeout
        self._timeout = timeout
        self._reporter = reporter
        self._patience = patience
        self.backend = ""
        self.meanwhile: Callable[[], None] | None = None
        self._left_over: HookProcess | None = None
        self.seconds: dict[str, float] = {}
        self.runs = 0

    def __call__(
        self,
        cmd: Sequence[str],
        cwd: str | None = None,
        extra_environ: Mapping[str, str] | None = None,
    ) -> None:
        """Run `cmd`, which is: interpreter, script, hook, folder of its input and output.

        Raises:
            HookFailed: it ended with an error, or not in time, or left no answer.
        """
        python, script, hook, folder = cmd
        setting = Setting(
            command=(python, *self._launcher, script),
            folder=cwd,
            variables={**self.environment, **(extra_environ or {})},
        )
        started = time.monotonic()
        try:
            watch = _Watch(hook, os.path.join(folder, "stack.txt"), started)
            code = self._run(setting, (hook, folder), watch)
        finally:
            taken = time.monotonic() - started
            self.seconds[hook] = self.seconds.get(hook, 0.0) + taken
            if self._left is not None:
                self._left = max(0.0, self._left - taken)
        if code:
            raise HookFailed(hook, _how_it_ended(code))
        self._take_answer(hook, os.path.join(folder, "output.json"))

    def close(self) -> None:
        """End what is left for a hook that nobody calls."""
        if self._left_over is not None:
            self._left_over.dismiss(self._mark)
            self._left_over = None

    @property
    def _mark(self) -> bytes:
        return f"{MARK}={self.environment.get(MARK, '')}\0".encode()

    def _run(self, setting: Setting, words: tuple[str, str], watch: _Watch) -> int:
        own = {"_TRUEUP_BUILD_STACK": watch.stack}
        if self._left is not None:
            own["_TRUEUP_BUILD_SECONDS"] = str(self._left)
        with open(self._log, "ab") as output, open(self._log, "rb") as reading:
            reading.seek(0, os.SEEK_END)
            process = self._left_over
            if process is None or not process.take_on(setting, words, own):
                self.close()
                self.runs += 1
                # After any other hook, there is none that could share its import.
                shared = self.backend if watch.hook.startswith("get_requires") else ""
                process = HookProcess(setting, words, own, output, backend=shared)
            self._left_over = None
            tail = Tail(reading, self._show)
            try:
                return self._follow(process, tail, watch)
            finally:
                if process.is_left:
                    self._left_over = process
                tail.finish()

    def _follow(self, process: HookProcess, tail: Tail, watch: _Watch) -> int:
        ended = threading.Event()
        waiter = threading.Thread(target=process.await_end, args=(ended,), daemon=True)
        waiter.start()
        try:
            if self.meanwhile is not None:
                first, self.meanwhile = self.meanwhile, None
                first()
            quiet_since = time.monotonic()
            while not ended.wait(_LOOK_EVERY):
                now = time.monotonic()
                os.utime(self._log)  # by which it is known when this process was killed
                if tail.read():
                    quiet_since = now
                if tail.size > OUTPUT_LIMIT:
                    megabytes = OUTPUT_LIMIT >> 20
                    raise HookFailed(watch.hook, f"wrote more than {megabytes} MiB of output")
                if self._left is not None and now - watch.started > self._left:
                    raise self._out_of_time(process, watch)
                if now - quiet_since >= self._patience:
                    quiet_since = now
                    since = f"{now - watch.started:.0f} s"
                    told = f"{self._subject}: {watch.hook} is running since {since}, silently now"
                    self._reporter(Event("waiting", self._subject, told))
        finally:
            # Also on Ctrl-C and after a good end: what a build started ends with it, so that
            # nothing writes into the tree while its state is being recorded.
            process.end(self._mark, ended)
            waiter.join()
            code = process.code()
        return code

    def _out_of_time(self, process: HookProcess, watch: _Watch) -> HookFailed:
        stack = _dump_stack(process.number, watch.stack)
        with open(self._log, "ab") as log:
            log.write(f"\n{watch.hook}: no end after {self._timeout:g} s\n{stack}".encode())
        return HookFailed(watch.hook, f"did not end within {self._timeout:g} s")

    def _show(self, line: str) -> None:
        self._reporter(Event("output", self._subject, line))

    def _take_answer(self, hook: str, path: str) -> None:
        """Move the backend's warnings from the answer to the log.

        `pyproject_hooks` would hand them to `warnings.warn`, and nothing here may print.
        """
        try:
            with open(path, encoding="utf-8") as stream:
                answer: Any = json.load(stream)
        except FileNotFoundError:
            raise HookFailed(hook, "ended without an answer and without an error") from None
        except ValueError as error:
            raise HookFailed(hook, f"left an answer that is no JSON: {error}") from error
        warned = [str(each.get("message", "")) for each in answer.pop("warnings", None) or ()]
        with open(self._log, "a", encoding="utf-8", errors="replace") as log:
            for line in "\n".join(warned).splitlines():
                log.write(f"warning: {line}\n")
                self._show(f"warning: {without_credentials(line)}")
        with open(path, "w", encoding="utf-8") as stream:
            json.dump(answer, stream)


class _Watch:
    """What is known of the hook that runs: its name, where its stack goes, when it began."""

    __slots__ = ("hook", "stack", "started")

    def __init__(self, hook: str, stack: str, started: float) -> None:
        self.hook = hook
        self.stack = stack
        self.started = started


def _dump_stack(number: int, path: str) -> str:
    """Ask the hook's process for its Python stack, and return it; "" where none comes."""
    wanted = getattr(signal, "SIGUSR2", None)
    if wanted is not None:
        if not os.path.exists(path):
            return ""  # the launcher did not come so far as to listen: the signal would end it
        send_signal(number, wanted)
    until = time.monotonic() + _DUMP_WAIT
    size = -1
    while time.monotonic() < until:
        time.sleep(_LOOK_EVERY)
        before, size = size, os.path.getsize(path) if os.path.exists(path) else 0
        if size and size == before:
            break
    with suppress(OSError), open(path, encoding="utf-8", errors="replace") as stream:
        return stream.read()
    return ""


def _how_it_ended(code: int) -> str:
    if code < 0:
        try:
            return f"was ended by {signal.Signals(-code).name}"
        except ValueError:
            return f"was ended by signal {-code}"
    return f"ended with exit code {code}"
