"""What is to be built, and what came of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from trueup.acquisition.trace import BuildTrace
from trueup.destination.environment import Interpreter
from trueup.values import dataclass, field

__all__ = ["BuildOrder", "BuiltWheel", "Provision"]


@dataclass(frozen=True, slots=True)
class BuildOrder:
    """What is to be built, for whom, and how.

    Attributes:
        tree: the source tree, absolute.
        interpreter: who the wheel is for.
        workspace: an empty folder for the wheel, the log and the trace; the caller removes it.
        editable: build an editable wheel (PEP 660).
        config_settings: (key, value) pairs for the backend; a key given twice becomes a list.
        isolation: build in an environment of its own; False: with `interpreter` as it is.
        timeout: seconds that the hooks may take together; None for no limit.
        environment: the environment variables to start from; what an isolated backend must not
            see is left out of them.
        constraints: PEP 508 strings that limit the versions of build requirements they name.
        traced: record what the backend looks at.
        subject: what is built, in words for people, where the tree's path says nothing to them.
        meanwhile: done once, while the first hook is running.
    """

    tree: str
    interpreter: Interpreter
    workspace: str
    editable: bool = False
    config_settings: tuple[tuple[str, str], ...] = ()
    isolation: bool = True
    timeout: float | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    constraints: tuple[str, ...] = ()
    traced: bool = True
    subject: str = ""
    meanwhile: Callable[[], None] | None = None

    @property
    def title(self) -> str:
        """What people are told is being built."""
        return self.subject or self.tree


class Provision(Protocol):
    """Makes build environments: a build is an install, and installing is above this module."""

    def __call__(self, requirements: Sequence[str], interpreter: Interpreter, /) -> Interpreter:
        """Return the interpreter of an environment, made with `interpreter`, that holds these."""
        ...


@dataclass(frozen=True, slots=True)
class BuiltWheel:
    """What a build gave.

    Attributes:
        path: the wheel, in the order's workspace.
        requirements: all build requirements, those of pyproject.toml first, each once.
        build_interpreter: the interpreter that ran the hooks.
        log: path of the whole output of all hooks.
        trace: what the hooks looked at and started; None where the order did not ask for it.
        warnings: sentences: each link that was not followed because it leads back to itself.
        seconds: hook to the seconds that it took.
    """

    path: str
    requirements: tuple[str, ...]
    build_interpreter: Interpreter
    log: str
    trace: BuildTrace | None = None
    warnings: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
