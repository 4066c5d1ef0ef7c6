"""What programs call: `trueup.check(...)` and `trueup.refresh(...)`."""

from __future__ import annotations

import os

from trueup.api.judgement import Judgement
from trueup.api.recollection import recalled_check, remember_check, words_of_check
from trueup.reporting import SILENT, Reporter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from trueup.api.report import InstallReport
    from trueup.api.whereabouts import Where
    from trueup.installation.verification import AlteredFile

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
    words = words_of_check(environment, names)
    known = recalled_check(words)
    if known is not None:
        return known
    from trueup.api.basis import Basis
    from trueup.api.judging import judge_installed
    from trueup.api.public import open_target

    basis = Basis(os.environ)
    target = open_target(environment)
    if isinstance(environment, str | os.PathLike):
        basis.is_named(os.fspath(environment))
    judged = judge_installed(target, None, names, basis)
    remember_check(words, judged, basis)
    return judged


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
    from trueup.api.public import open_target
    from trueup.api.repairing import altered_files
    from trueup.api.settling import settle

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
    from trueup.api.front import Surroundings
    from trueup.api.public import open_target
    from trueup.api.refreshing import refresh_environment

    return refresh_environment(open_target(environment), names, Surroundings(reporter=reporter))
