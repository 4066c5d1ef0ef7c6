"""Who looks at a file of the tree: a backend by its known rules, or the project's own code.

Copied beside the build and imported there under another name, by Pythons from 3.8 on.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["is_own_look"]

# Whose looking is for packages and metadata, by rules that are known: what they list and read is
# not necessarily what the result depends on. Everybody else's looking is taken at its word.
_BACKENDS = frozenset(
    (
        "_distutils_hack",
        "distutils",
        "editables",
        "flit_core",
        "hatch_vcs",
        "hatchling",
        "maturin",
        "mesonbuild",
        "mesonpy",
        "packaging",
        "pathspec",
        "pdm",
        "pkg_resources",
        "poetry",
        "pyproject_metadata",
        "pyproject_hooks",
        "scikit_build_core",
        "setuptools",
        "setuptools_scm",
        "tomli",
        "uv_build",
        "vcs_versioning",
        "wheel",
    )
)
_OLDER = """_collections_abc abc ast codecs configparser contextlib csv email fnmatch functools
    genericpath glob inspect io json linecache ntpath os pathlib pkgutil posixpath re runpy shutil
    subprocess tarfile tempfile tokenize typing warnings zipfile"""
_LIBRARY = frozenset(getattr(sys, "stdlib_module_names", ()) or _OLDER.split())  # since 3.10
_OUR_SCRIPTS = ("_in_process.py", "launcher.py")


def is_own_look(kind: str) -> bool:
    """Whether the nearest code that is not Python's own library is the project's, or a plugin's.

    A module that is imported is run, so that all of its content matters.
    """
    frame: Any = sys._getframe(2)  # noqa: SLF001 - as documented
    while frame is not None:
        names = frame.f_globals
        name = names.get("__name__") or ""
        top = name.partition(".")[0]
        if name.startswith(("_frozen_importlib", "importlib._bootstrap")):
            return kind == "R"
        if name == "__main__":
            return not str(names.get("__file__") or "").endswith(_OUR_SCRIPTS)
        if top in _BACKENDS:
            return False
        if top not in _LIBRARY and not top.startswith("_trueup"):
            return True
        frame = frame.f_back
    return False
