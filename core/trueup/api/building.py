"""Building a local project into a wheel file, for a host that wants the file itself."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

from trueup.acquisition.source_build import build_directory
from trueup.acquisition.wheel_export import export_wheel
from trueup.api.front import Surroundings, prepared
from trueup.api.provision import supply_for
from trueup.destination.locate import open_environment
from trueup.resolution.install_grammar import parse_install_arguments

__all__ = ["BuildWish", "ProjectWheel", "build_project"]


@dataclass(frozen=True, slots=True)
class BuildWish:
    """Which project is to become a wheel, for whom, and where the file is to lie.

    Attributes:
        path: the project's directory.
        python: path of the Python that the wheel is for.
        folder: where wheels of this project are kept; made where it is missing.
        editable: an editable wheel (PEP 660).
        config_settings: (key, value) pairs for the backend.
    """

    path: str
    python: str
    folder: str
    editable: bool = False
    config_settings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ProjectWheel:
    """A local project as a wheel file.

    Attributes:
        path: the wheel.
        sha256: of the file, in hexadecimal.
        name: normalized name of the distribution.
        version: as the wheel's file name has it.
        metadata: the content of METADATA.
    """

    path: str
    sha256: str
    name: str
    version: str
    metadata: bytes


def build_project(wish: BuildWish, around: Surroundings | None = None) -> ProjectWheel:
    """Build a local project in an environment of its own, as every install of it does.

    The project is built each time: where its freshness can be judged, this is the place to ask
    whether the pack that was made last still is what a build would give.

    Args:
        wish: what to build.
        around: variables, reporter and base directory; its environment is not looked at.

    Raises:
        SourceError, BuildError: there is no project, or its backend fails.
        TrueupError: what the build needs cannot be had.
    """
    around = around or Surroundings()
    variables = os.environ if around.variables is None else around.variables
    # What the surroundings say of indexes and builds counts; that "." is asked for does not.
    raw, options = parse_install_arguments(["."], environment=variables)
    with prepared(replace(raw, requirements=()), options, around) as (request, workshop):
        interpreter = open_environment(python=wish.python, memory=workshop.interpreters).interpreter
        pack = build_directory(
            wish.path,
            supply_for(request, interpreter, workshop),
            editable=wish.editable,
            config_settings=wish.config_settings,
        )
        path, digest = export_wheel(pack, wish.folder)
        metadata = pack.read(f"{pack.root}/{pack.dist_info}/METADATA")
    return ProjectWheel(path, digest, pack.name, pack.version, metadata)
