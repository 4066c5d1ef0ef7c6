"""What can go wrong, in one family: every error says what the problem is and what the way out is.

Adapters (HTTP, subprocesses, zip readers, other libraries) translate their own exceptions into one
of these once, at their edge; nothing above an edge catches anything else.
"""

from __future__ import annotations

__all__ = [
    "BrokenEnvironment",
    "BuildError",
    "BusyError",
    "EnvironmentProblem",
    "FetchError",
    "HashMismatch",
    "InterpreterNotFound",
    "RequestError",
    "ResolutionError",
    "SourceError",
    "StoreError",
    "TransactionError",
    "TrueupError",
    "WheelRefused",
]


class TrueupError(Exception):
    """The root of everything trueup raises on purpose.

    Attributes:
        problem: one sentence that names the thing and what is wrong with it.
        hint: one sentence that names the way out, or "".
        detail: the full output of a tool or a longer explanation, or "".
    """

    def __init__(self, problem: str, *, hint: str = "", detail: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint
        self.detail = detail

    def __str__(self) -> str:
        return "\n".join(part for part in (self.problem, self.detail, self.hint) if part)


class RequestError(TrueupError):
    """What the user asked for cannot be understood; carries every bad line, not only the first."""

    def __init__(self, problem: str, *, hint: str = "", lines: tuple[str, ...] = ()) -> None:
        super().__init__(problem, hint=hint, detail="\n".join(lines))
        self.lines = lines


class InterpreterNotFound(TrueupError):
    """No Python interpreter answers to the name, version or path that was given."""


class EnvironmentProblem(TrueupError):
    """The environment is missing, not writable, externally managed, or not an environment."""


class BrokenEnvironment(EnvironmentProblem):
    """A virtual environment cannot be opened as it is; `root` is its directory."""

    def __init__(self, problem: str, *, hint: str = "", detail: str = "", root: str) -> None:
        super().__init__(problem, hint=hint, detail=detail)
        self.root = root


class BusyError(TrueupError):
    """Another process holds the lock that is needed, and the waiting time is over."""


class ResolutionError(TrueupError):
    """No set of versions answers the request; `detail` is the resolver's own explanation."""


class FetchError(TrueupError):
    """A file could not be got from where it lies; the address never holds credentials."""


class HashMismatch(FetchError):
    """A file was got, but it is not the file that was promised."""

    def __init__(self, subject: str, *, expected: str, actual: str, hint: str = "") -> None:
        told = f"expected {expected}, got {actual}"
        super().__init__(f"{subject} is not what was promised: {told}", hint=hint)
        self.subject = subject
        self.expected = expected
        self.actual = actual


class SourceError(TrueupError):
    """A source distribution, repository or directory cannot be unpacked, checked out or read."""


class BuildError(TrueupError):
    """A build backend failed; `detail` is its whole output, `hook` the hook it failed in."""

    def __init__(self, problem: str, *, hook: str, hint: str = "", output: str = "") -> None:
        super().__init__(problem, hint=hint, detail=output)
        self.hook = hook
        self.output = output


class WheelRefused(TrueupError):
    """A wheel breaks a rule that keeps environments safe: `rule` names it, `member` the file."""

    def __init__(
        self, wheel: str, *, rule: str, member: str = "", reason: str, hint: str = ""
    ) -> None:
        where = f" ({member!r})" if member else ""
        super().__init__(f"{wheel} is refused: {reason}{where}", hint=hint)
        self.wheel = wheel
        self.rule = rule
        self.member = member
        self.reason = reason


class StoreError(TrueupError):
    """The store cannot be used: not writable, not ours, or a file in it is damaged."""


class TransactionError(TrueupError):
    """A change to an environment could not be carried out; the environment is as it was."""
