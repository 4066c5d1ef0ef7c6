"""What programs call: `trueup.check(...)` and `trueup.refresh(...)`."""

from __future__ import annotations

from trueup.api.front import Surroundings
from trueup.api.judging import Judgement, judge_installed
from trueup.api.public import Where, open_target
from trueup.api.refreshing import refresh_environment
from trueup.api.report import InstallReport
from trueup.api.settling import settle
from trueup.installation.verification import AlteredFile
from trueup.reporting import SILENT, Reporter

__all__ = ["check", "refresh", "verify"]


def check(environment: Where = None, *names: str) -> list[Judgement]:
    """Judge what is installed from local projects: would a build now give it?

    Args:
        environment: where; None for the running process's own environment.
        names: only these; none for all.

    Returns:
        One judgement for each local install, in order of name.

    Raises:
        EnvironmentProblem: the environment cannot be read.
    """
    return judge_installed(open_target(environment), None, names)


def verify(environment: Where = None) -> list[AlteredFile]:
    """Hash every file of an environment, and return those that are not as they were installed.

    `install(options=InstallOptions(repair=True))` puts them back.

    Args:
        environment: where; None for the running process's own environment.

    Returns:
        In order of distribution and path; those of pip and uv are told by their RECORD.

    Raises:
        EnvironmentProblem: the environment cannot be read.
    """
    from trueup.api.repairing import altered_files

    target = open_target(environment)
    settle(target)
    return altered_files(target)


def refresh(*names: str, environment: Where = None, reporter: Reporter = SILENT) -> InstallReport:
    """Build what is stale again, and install it with the options it had; leave the rest alone.

    Args:
        names: only these; none for all.
        environment: where; None for the running process's own environment.
        reporter: told of progress.

    Raises:
        TrueupError: any of its kinds, with `problem` and `hint`; nothing was changed.
    """
    return refresh_environment(open_target(environment), names, Surroundings(reporter=reporter))
