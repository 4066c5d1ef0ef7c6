"""Resolving through uv: `uv pip compile`, whose answer is a pylock.toml (PEP 751)."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from trueup.errors import ResolutionError
from trueup.resolution import uv_command
from trueup.resolution.answer import answer
from trueup.resolution.program import run
from trueup.resolution.promises import named_promises
from trueup.resolution.scratch import hint_of_room, scratch
from trueup.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from trueup.resolution.artifact import Artifact, Resolution
    from trueup.resolution.program import Outcome
    from trueup.resolution.resolver import Question

__all__ = ["UvResolver"]


@dataclass(frozen=True, slots=True)
class UvResolver:
    """A `Resolver` that asks uv.

    Attributes:
        executable: path of the uv program.
        version: its version, such as "0.9.2".
        inherited: the environment variables it runs with; None for the process's own.
        meanwhile: done while it works.
    """

    executable: str
    version: str
    inherited: Mapping[str, str] | None = None
    meanwhile: Callable[[], None] | None = None

    @property
    def identity(self) -> str:
        """Name and version."""
        return f"uv {self.version}"

    def resolve(self, question: Question) -> Resolution:
        """Answer through `uv pip compile`.

        Raises:
            ResolutionError: uv found no answer, or its answer breaks a promised hash.
            RequestError: the question misses the metadata of a local project.
        """
        if not (question.request.items or question.request.projects):
            return answer((), question, ())
        inherited = os.environ if self.inherited is None else self.inherited
        with scratch(_contents(question)) as folder:
            told = uv_command.arguments(question, folder)
            variables = uv_command.environment(question, inherited)
            outcome = run((self.executable, *told), variables, self.meanwhile)
            if outcome.status:
                raise _failure(outcome, folder)
            artifacts = _read(os.path.join(folder, "pylock.toml"), question)
        warnings = [*uv_command.index_warnings(question, inherited), *_warnings(outcome.errors)]
        return answer(artifacts, question, warnings)


def _contents(question: Question) -> dict[str, str]:
    contents = {
        "requirements.txt": uv_command.requirement_file(question),
        "constraints.txt": uv_command.constraint_file(question),
    }
    if question.preferences and not question.request.upgrade:
        contents["pylock.toml"] = uv_command.preference_file(question)
    return contents


def _read(path: str, question: Question) -> list[Artifact]:
    import tomllib

    from packaging.pylock import Pylock, PylockValidationError

    from trueup.resolution.pylock import Terms, select

    request = question.request
    terms = Terms(question.interpreter, path, build=request.build, promises=named_promises(request))
    try:
        with open(path, "rb") as file:
            lock = Pylock.from_dict(tomllib.load(file))
    except (OSError, ValueError, PylockValidationError) as error:
        raise ResolutionError(
            f"uv's answer cannot be read: {error}.",
            hint="Report it, or resolve with TRUEUP_RESOLVER=pip.",
        ) from error
    return [artifact for _, artifact in select(lock, terms)]


def _warnings(errors: str) -> list[str]:
    """Return uv's own warnings, without what it says of its progress."""
    starts = re.split(r"^(?=\S)", errors, flags=re.MULTILINE)
    return [
        each.removeprefix("warning: ").strip() for each in starts if each.startswith("warning: ")
    ]


def _failure(outcome: Outcome, folder: str) -> ResolutionError:
    """Return the error for a run of uv that failed, with uv's own explanation."""
    told = outcome.errors.replace(folder + os.sep, "").strip()
    if "No solution found" in told:
        return ResolutionError("No set of versions answers the request.", detail=told)
    found = re.search(r"^\s*(?:error:|\u00d7) (.+)$", told, flags=re.MULTILINE)
    reason = found[1].rstrip(".") if found else f"it ended with status {outcome.status}"
    problem = f"uv could not resolve the request: {reason}."
    return ResolutionError(problem, hint=hint_of_room(told, folder), detail=told)
