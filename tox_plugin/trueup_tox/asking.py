"""Who asks for trueup: a project that requires it, unless somebody named another runner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from tox.config.sets import ConfigSet

__all__ = ["Unasked", "asks_for_trueup"]


class Unasked(str):
    """The name of a runner that nobody chose.

    tox keeps only the value of `--runner`. A name that came from the command line, from
    TOX_DEFAULT_RUNNER or from the user's own configuration is a plain string; the default that the
    register holds is one of these, and argparse hands it through untouched.
    """

    __slots__ = ()


def asks_for_trueup(core_conf: ConfigSet) -> bool:
    """Whether `requires` of the project's tox configuration names trueup."""
    return any(canonicalize_name(one.name) == "trueup" for one in core_conf["requires"])
