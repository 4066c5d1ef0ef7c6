"""Opening the environment that the options of an install mean; a broken one is mended on demand."""

from __future__ import annotations

import os

from trueup.api.workshop import Workshop
from trueup.destination.environment import Environment
from trueup.destination.locate import open_environment
from trueup.errors import BrokenEnvironment, EnvironmentProblem
from trueup.resolution.install_options import InstallOptions

__all__ = ["need_virtual", "opened"]


def opened(
    options: InstallOptions, given: Environment | None, workshop: Workshop
) -> tuple[Environment, tuple[str, ...]]:
    """Return the environment that is meant, and what of it had to be put back to open it.

    Args:
        options: what was said of it.
        given: one that was opened before.
        workshop: for its memory of interpreters, and its reporter.

    Raises:
        EnvironmentProblem: there is none, or it is broken.
        InterpreterNotFound: no interpreter has that version or name.
    """
    if given is not None:
        return given, ()
    try:
        return _environment(options, workshop), ()
    except BrokenEnvironment as error:
        if not options.repair or options.dry_run:
            raise
        from trueup.api.repairing import mend_broken

        mended = mend_broken(error, workshop.reporter)
    return _environment(options, workshop), mended


def need_virtual(options: InstallOptions, environment: Environment) -> None:
    """Refuse what is no virtual environment, where one is required.

    Raises:
        EnvironmentProblem: it is none.
    """
    if options.require_virtualenv and not environment.interpreter.virtual:
        raise EnvironmentProblem(
            f"{environment.root} is no virtual environment, and one is required",
            hint="make one with `trueup venv .venv`, or drop --require-virtualenv",
        )


def _environment(options: InstallOptions, workshop: Workshop) -> Environment:
    """Return the environment that the options mean."""
    python = options.python or ("python3" if options.system else None)
    if python and os.path.exists(os.path.join(workshop.base, python)):
        python = os.path.join(workshop.base, python)
    return open_environment(
        python=python,
        target_directory=os.path.join(workshop.base, options.target) if options.target else None,
        prefix=os.path.join(workshop.base, options.prefix) if options.prefix else None,
        memory=workshop.interpreters,
    )
