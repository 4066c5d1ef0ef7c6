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


# What code in a module of some name is to a look that it has made.
_ON_THE_WAY, _IMPORT, _MAIN, _BACKEND, _OWN = "on the way", "import", "main", "backend", "own"
_sorts: dict[str, str] = {}


def is_own_look(kind: str) -> bool:
    """Whether the nearest code that is not Python's own library is the project's, or a plugin's.

    A module that is imported is run, so that all of its content matters.
    """
    frame: Any = sys._getframe(2)  # noqa: SLF001 - as documented
    while frame is not None:
        names = frame.f_globals
        name = names.get("__name__") or ""
        sort = _sorts.get(name)  # asked for each of a hundred thousand looks
        if sort is None:
            sort = _sorts[name] = _sort_of(name)
        if sort is _ON_THE_WAY:
            frame = frame.f_back
            continue
        if sort is _MAIN:
            return not str(names.get("__file__") or "").endswith(_OUR_SCRIPTS)
        return sort is _OWN or (sort is _IMPORT and kind == "R")
    return False


def _sort_of(name: str) -> str:
    top = name.partition(".")[0]
    if name.startswith(("_frozen_importlib", "importlib._bootstrap")):
        return _IMPORT
    if name == "__main__":
        return _MAIN
    if top in _BACKENDS:
        return _BACKEND
    return _ON_THE_WAY if top in _LIBRARY or top.startswith("_trueup") else _OWN
