"""What a build hook may answer: the plain name of a wheel of this project, and nothing else."""

from __future__ import annotations

import os
import stat

from trueup.acquisition.build_system import BuildSystem

__all__ = ["what_is_wrong_with"]


def what_is_wrong_with(name: object, folder: str, system: BuildSystem) -> str:
    """Return why the answer of a build hook is no wheel of this project; "" where it is one."""
    from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
    from packaging.version import InvalidVersion

    if not isinstance(name, str) or name in ("", ".", "..") or set(name) & set("/\\\0"):
        return f"answered {name!r}, which is no plain file name"
    try:
        project = parse_wheel_filename(name)[0]
    except (InvalidWheelFilename, InvalidVersion) as error:
        return f"answered {name!r}, which is no wheel's file name: {error}"
    path = os.path.join(folder, name)
    if not os.path.lexists(path):
        return f"answered {name!r}, but left no such file"
    if not stat.S_ISREG(os.lstat(path).st_mode):
        return f"answered {name!r}, but that is no regular file"
    # The version is not compared: setuptools may tag it (`egg_info --tag-build`).
    if system.name and canonicalize_name(system.name) != project:
        return f"built {name!r}, but pyproject.toml names the project {system.name!r}"
    return ""
