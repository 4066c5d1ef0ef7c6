"""Who looks at a file of the tree: a backend by its known rules, or the project's own code.

Copied beside the build and imported there under another name, by Pythons from 3.8 on.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["is_own_look", "is_own_question", "reads_by_itself"]

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
# By these `os.environ` and `os.getenv` ask for others.
_ASKERS = frozenset(("_collections_abc", "collections.abc", "os"))
# Machine code of which it is known that it opens no file of a project but by way of Python.
_KNOWN_MODULES = """Cython PIL _brotli _cffi_backend _ruamel_yaml _yaml black blib2to3 cffi
    charset_normalizer coverage cryptography cupy gevent google greenlet jiter libcst markupsafe
    ml_dtypes msgpack mypy mypyc numpy orjson pandas psutil pydantic_core pythran regex rpds ruamel
    scipy simplejson sip sipbuild tomli torch ujson wrapt yaml zope zstandard"""
_HARMLESS = frozenset(_KNOWN_MODULES.split())
_OUR_SCRIPTS = ("_in_process.py", "launcher.py")


# What code in a module of some name is to a look that it has made.
_ON_THE_WAY, _IMPORT, _MAIN, _BACKEND, _OWN = "on the way", "import", "main", "backend", "own"
_sorts: dict[str, str] = {}


def is_own_look(kind: str, depth: int = 2) -> bool:
    """Whether the nearest code that is not Python's own library is the project's, or a plugin's.

    A module that is imported is run, so that all of its content matters.

    Args:
        kind: of the look.
        depth: how many calls there are from the code that may be somebody's to here.
    """
    try:
        frame: Any = sys._getframe(depth)  # noqa: SLF001 - as documented
    except ValueError:
        return False  # called by the interpreter itself
    while frame is not None:
        name = frame.f_globals.get("__name__")
        sort = _sorts.get(name)  # asked for each of a hundred thousand looks
        if sort is None:
            sort = _sorts[name] = _sort_of(name or "")
        if sort is _ON_THE_WAY:
            frame = frame.f_back
            continue
        if sort is _MAIN:
            return not str(frame.f_globals.get("__file__") or "").endswith(_OUR_SCRIPTS)
        return sort is _OWN or (sort is _IMPORT and kind == "R")
    return False


def is_own_question() -> bool:
    """Whether the project's own code, or a plugin's, asks for a variable itself.

    And not by way of the standard library, which has questions of its own.
    """
    frame: Any = sys._getframe(1)  # noqa: SLF001 - as documented
    while frame is not None:
        names = frame.f_globals
        name = names.get("__name__") or ""
        if name not in _ASKERS and not name.startswith("_trueup"):
            if name == "__main__":
                return not str(names.get("__file__") or "").endswith(_OUR_SCRIPTS)
            return _sort_of(name) is _OWN
        frame = frame.f_back
    return False


def reads_by_itself(name: str, path: str, trees: tuple[str, ...]) -> bool:
    """Whether machine code that is loaded may open files of the project, and nobody sees it.

    As protoc does in grpcio-tools, and libsass: what Python code opens raises an audit event, what
    they open raises none.

    Args:
        name: of the module; "" for a library.
        path: of its file.
        trees: the tree: what lies in there is the project's own.
    """
    top = name.partition(".")[0]
    library = os.path.join(os.path.dirname(os.path.abspath(os.__file__)), "")
    in_library = path.startswith(library) and "-packages" not in path[len(library) :]
    if in_library or top in _HARMLESS or top.endswith("__mypyc") or path.startswith(trees):
        return False
    return bool(name) or path.startswith(os.path.join(sys.prefix, ""))


def _sort_of(name: str) -> str:
    top = name.partition(".")[0]
    if name.startswith(("_frozen_importlib", "importlib._bootstrap")):
        return _IMPORT
    if name == "__main__":
        return _MAIN
    if top in _BACKENDS:
        return _BACKEND
    return _ON_THE_WAY if top in _LIBRARY or top.startswith("_trueup") else _OWN
