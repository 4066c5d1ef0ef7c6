"""Making an environment anew, with the traits that it has; what it held waits on a shelf."""

from __future__ import annotations

import os
from collections.abc import Callable

from trueup.destination.clearing import ensure_clearable
from trueup.destination.creation import create_environment
from trueup.destination.environment import Environment
from trueup.destination.shelf import shelve
from trueup.destination.venv_config import NAME, prompt_in, read_config
from trueup.errors import EnvironmentProblem

__all__ = ["remaking"]


def remaking(environment: Environment, memory: str) -> Callable[[], Environment]:
    """Return what makes a virtual environment anew, with the traits that it has, under its lock.

    Args:
        environment: which.
        memory: the folder of remembered interpreter facts.

    Raises:
        EnvironmentProblem: it is no virtual environment, or must not be cleared.
    """
    interpreter = environment.interpreter
    if not interpreter.virtual or environment.scheme != interpreter.scheme:
        raise EnvironmentProblem(
            f"{environment.root} is no virtual environment, so it cannot be made anew",
            hint="drop --recreate; use --exact to remove what was not asked for",
        )
    ensure_clearable(environment.root)
    config = read_config(os.path.join(environment.root, NAME))

    def remake() -> Environment:
        try:
            shelve(environment.root)
        except OSError as error:
            problem = f"{environment.root} cannot be made anew: {error.strerror or error}"
            raise EnvironmentProblem(
                problem, hint="get the permission to rename what is in it, then run this again"
            ) from error
        return create_environment(
            environment.root,
            interpreter,
            prompt=prompt_in(config),
            system_site_packages=config.get("include-system-site-packages") == "true",
            allow_existing=True,
            memory=memory,
        )

    return remake
