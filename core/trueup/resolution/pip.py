"""Resolving through pip: `pip install --dry-run --report`, which installs nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from trueup.errors import ResolutionError
from trueup.resolution import pip_command
from trueup.resolution.answer import answer
from trueup.resolution.pip_report import artifacts_of
from trueup.resolution.program import run
from trueup.resolution.scratch import hint_of_room, scratch
from trueup.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from trueup.resolution.artifact import Resolution
    from trueup.resolution.pip_program import PipProgram
    from trueup.resolution.program import Outcome
    from trueup.resolution.resolver import Question

__all__ = ["PipResolver"]


@dataclass(frozen=True, slots=True)
class PipResolver:
    """A `Resolver` that asks pip.

    Attributes:
        program: the pip, as `find_pip` found it for the interpreter that will be asked about.
        inherited: the environment variables it runs with; None for the process's own.
        meanwhile: done while it works.
    """

    program: PipProgram
    inherited: Mapping[str, str] | None = None
    meanwhile: Callable[[], None] | None = None

    @property
    def identity(self) -> str:
        """Name and version."""
        return f"pip {self.program.version}"

    def resolve(self, question: Question) -> Resolution:
        """Answer through `pip install --dry-run`.

        What is installed stays if it may: first its versions are tried as constraints. Where they
        cannot all stay, pip is asked again. With `question.complete` everything may then move;
        without it pip looks at the environment itself and tells only what it would add.

        Raises:
            ResolutionError: pip found no answer, or cannot do what the request asks.
            RequestError: the question misses the metadata of a local project.
        """
        pip_command.refuse_impossible(question.request, self.program.version)
        if not (question.request.items or question.request.projects):
            return answer((), question, ())
        pins = pip_command.pins(question)
        try:
            return self._ask(question, pins, everything=True)
        except ResolutionError:
            if not pins:
                raise
        return self._ask(question, (), everything=question.complete)

    def _ask(self, question: Question, pins: Iterable[str], *, everything: bool) -> Resolution:
        import json

        inherited = os.environ if self.inherited is None else self.inherited
        variables = pip_command.environment(question, inherited, self.program.path)
        with scratch(_contents(question, pins)) as folder:
            told = pip_command.arguments(question, folder)
            told += ["--ignore-installed"] * everything
            outcome = run((*self.program.command, *told), variables, self.meanwhile)
            if outcome.status:
                raise _failure(outcome, folder)
            try:
                with open(os.path.join(folder, "report.json"), "rb") as file:
                    report: Mapping[str, Any] = json.load(file)
                artifacts = artifacts_of(report)
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise ResolutionError(
                    f"pip's report cannot be read: {error!r}.",
                    hint="Report it, or resolve with TRUEUP_RESOLVER=uv.",
                ) from error
        warnings = [*pip_command.index_warnings(question, inherited), *_warnings(outcome.errors)]
        return answer(artifacts, question, warnings)


def _contents(question: Question, pins: Iterable[str]) -> dict[str, str]:
    return {
        "requirements.txt": pip_command.requirement_file(question),
        "constraints.txt": pip_command.constraint_file(question, pins),
    }


def _warnings(errors: str) -> list[str]:
    lines = (line.strip() for line in errors.splitlines())
    return [line.removeprefix("WARNING: ") for line in lines if line.startswith("WARNING: ")]


def _failure(outcome: Outcome, folder: str) -> ResolutionError:
    """Return the error for a run of pip that failed: what it logged as errors, and the conflict."""
    _, marker, conflict = outcome.output.partition("The conflict is caused by:")
    errors = outcome.errors.strip()
    told = f"{errors}\n\n{marker}{conflict}".strip().replace(folder + os.sep, "")
    if conflict or "No matching distribution found" in errors:
        return ResolutionError("No set of versions answers the request.", detail=told)
    lines = [line for line in errors.splitlines() if line.startswith("ERROR: ")]
    reason = lines[-1].removeprefix("ERROR: ").rstrip(".") if lines else f"status {outcome.status}"
    reason = reason.replace(folder + os.sep, "")
    problem = f"pip could not resolve the request: {reason}."
    return ResolutionError(problem, hint=hint_of_room(told, folder), detail=told)
