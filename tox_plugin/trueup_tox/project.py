"""The project under test as a wheel: built by trueup's core, handed to tox as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from email.message import Message
from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import Requirement
from tox.tox_env.python.package import EditablePackage, WheelPackage
from tox.tox_env.python.virtual_env.package import util

from trueup_tox.errand import errand
from trueup_tox.variables import variables_of

if TYPE_CHECKING:
    from tox.tox_env.python.virtual_env.package.pyproject import Pep517VirtualEnvPackager
    from trueup.api.build_wish import BuildWish, ProjectWheel

__all__ = ["EditableProject", "Metadata", "Project", "WheelProject", "build", "settings_for"]

_KEPT = 4  # wheels of earlier states of a project, for another tox that still reads one


class Project(NamedTuple):
    """Where a package of tox came from: with this, it can be installed as a local project."""

    wish: BuildWish
    variables: Mapping[str, str]


class WheelProject(WheelPackage):
    """A wheel of a local project."""

    project: Project


class EditableProject(EditablePackage):
    """An editable wheel of a local project."""

    project: Project


class Metadata(NamedTuple):
    """What METADATA of a wheel says of dependencies."""

    name: str
    requirements: tuple[Requirement, ...]
    extras: frozenset[str]

    @classmethod
    def read(cls, content: bytes) -> Metadata:
        """Understand the content of METADATA."""
        from email.parser import BytesHeaderParser

        headers: Message = BytesHeaderParser().parsebytes(content)
        return cls(
            str(headers["Name"]),
            tuple(map(Requirement, headers.get_all("Requires-Dist", []))),
            frozenset(headers.get_all("Provides-Extra", [])),
        )

    def with_extras(self, extras: set[str]) -> list[Requirement]:
        """Return what the distribution needs with `extras`, by tox's own rules.

        Raises:
            Fail: there is no such extra (tox >= 4.50).
        """
        from inspect import signature

        known = "available_extras" in signature(util.dependencies_with_extras).parameters
        more = {"available_extras": set(self.extras)} if known else {}
        return util.dependencies_with_extras(list(self.requirements), extras, self.name, **more)


def settings_for(configured: Mapping[str, dict[str, str] | None]) -> dict[str, str] | None:
    """Return the settings that all hooks of a build are to have, or None where they differ.

    tox has a key for each hook; the core gives all of them the same, as pip and uv do.

    Args:
        configured: hook to the settings in tox's configuration, None where there are none.
    """
    given = [each for each in configured.values() if each is not None]
    if any(each != given[0] for each in given):
        return None
    return given[0] if given else {}


def build(tox_env: Pep517VirtualEnvPackager, wish: BuildWish) -> ProjectWheel | None:
    """Build the project; None where its backend cannot make an editable wheel (PEP 660).

    Raises:
        Fail: with the problem, the backend's output and the way out.
        SystemExit: the user has asked tox to stop.
    """
    from pyproject_hooks import HookMissing
    from trueup.api.building import build_project
    from trueup.api.front import Surroundings
    from trueup.errors import BuildError

    kind = "editable" if wish.editable else "wheel"
    words: Sequence[str] = ["build_project", *(["--editable"] if wish.editable else []), wish.path]
    with errand(tox_env, words, f"build_{kind}") as narrator:
        around = Surroundings(base=wish.path, variables=variables_of(tox_env), reporter=narrator)
        try:
            wheel = build_project(wish, around)
        except BuildError as error:
            if wish.editable and isinstance(error.__cause__, HookMissing):
                return None
            raise
    _forget_old(wish.folder)
    return wheel


def _forget_old(folder: str) -> None:
    """Remove all but the newest wheels."""
    import os
    import shutil

    with os.scandir(folder) as entries:
        places = sorted(
            (each for each in entries if each.is_dir()), key=lambda one: one.stat().st_mtime
        )
    for each in places[:-_KEPT]:
        shutil.rmtree(each.path, ignore_errors=True)
