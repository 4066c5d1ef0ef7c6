"""Makes distutils heed a configuration file that only later ones look for by themselves.

Copied beside the build and imported there under another name, by Pythons from 3.8 on.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

__all__ = ["DISTUTILS", "heed_extra_settings"]

DISTUTILS = ("distutils.dist", "setuptools._distutils.dist")
"""The modules that find configuration files."""


def heed_extra_settings(module: ModuleType) -> None:
    """Add the build's own file (DIST_EXTRA_CONFIG) to those that `module` finds.

    setuptools reads it by itself since 66; before it, `build/lib` would stay where it is. A file
    of the user's own is not added: who ignores it shall go on to.
    """
    path = os.environ.get("DIST_EXTRA_CONFIG", "")
    workspace = os.environ.get("_TRUEUP_BUILD", "")
    if not workspace or not path.startswith(os.path.join(workspace, "")):
        return
    find = module.Distribution.find_config_files

    def find_config_files(self: Any) -> Any:
        found = list(find(self))
        return found if path in map(os.fspath, found) else [*found, path]

    module.Distribution.find_config_files = find_config_files
