"""What earlier builds left in a tree must not reach a wheel: it holds what a first build gives.

setuptools copies modules to `build/lib` and packs that folder, with modules that were deleted
since; and it takes files into a package because SOURCES.txt of an old egg-info still names them.
Both folders can be moved out of the tree by a configuration file that setuptools reads last of all
(DIST_EXTRA_CONFIG), so each wheel starts from empty ones. Other backends read no such file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

__all__ = ["variables_without_leftovers"]

_VARIABLE = "DIST_EXTRA_CONFIG"


def variables_without_leftovers(variables: Mapping[str, str], workspace: str) -> dict[str, str]:
    """Return environment variables for the build of a wheel in which leftovers play no part.

    Args:
        variables: to start from; a configuration file of the user's own stays in force.
        workspace: the build's own folder; made where it is missing.
    """
    from configparser import Error, RawConfigParser

    settings = RawConfigParser()
    own = variables.get(_VARIABLE)
    if own:
        try:
            settings.read(own, encoding="utf-8")
        except (Error, UnicodeDecodeError):
            return dict(variables)  # setuptools itself tells what is wrong with it
    folders = {
        ("build", "build_lib"): "lib",
        ("bdist", "bdist_base"): "bdist",
        ("egg_info", "egg_base"): "egg",
    }
    for (section, option), name in folders.items():
        folder = os.path.join(workspace, "setuptools", name)
        os.makedirs(folder, exist_ok=True)
        if not settings.has_section(section):
            settings.add_section(section)
        settings.set(section, option, folder.replace("%", "%%"))
    path = os.path.join(workspace, "setuptools", "extra.cfg")
    with open(path, "w", encoding="utf-8") as file:
        settings.write(file)
    return {**variables, _VARIABLE: path}
