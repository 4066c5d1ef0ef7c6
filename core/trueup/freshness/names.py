"""Which names in a source tree can matter to a build."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Collection

from trueup.acquisition.snapshot import NOISE

__all__ = [
    "EXTENSION_SUFFIXES",
    "IDLE_NAMES",
    "NATIVE_SUFFIXES",
    "is_by_product",
    "is_clutter",
    "is_compiler",
    "is_idle",
    "is_licence",
    "is_noise",
    "is_passing",
    "is_python",
]

_NOISE = re.compile(
    r"\.#.*|#.*#|.*~|.*\.(?:py[co]|sw[op]|orig|rej|egg-info|dist-info|egg-link)|\.DS_Store|Thumbs\.db"
    r"|\.coverage\..*|\.eggs|_trueup.*|__editable__.*"
)
# What patches, merges and editors leave in a package lies there until somebody takes it away, and
# goes into a wheel as all else does; what comes and goes with their runs does not count.
_LASTING = re.compile(r".*~|.*\.(?:orig|rej)|[^.].*\.sw[op]|\.idea|\.vscode|node_modules")
# Where builds keep what is only on its way to a result; nothing is imported from there.
_BY_PRODUCT = re.compile(
    r"build|dist|target|_skbuild|CMakeFiles|cmake-build.*|\.pdm-build|\.eggs|.*\.(?:egg-info|dist-info|dSYM)"
    # what cmake and ninja lay where they build, which is the tree itself in place
    r"|CMakeCache\.txt|CMakeInit\.txt|cmake_install\.cmake|\.ninja_(?:deps|lock|log)|\.skbuild-info\.json"
)
_LICENCE = re.compile(r"(?i)(?:un)?licen[cs]e.*|copying.*|notice.*|authors.*|readme.*")
_COMPILER = re.compile(
    r"(?:.*-)?(?:gcc|g\+\+|cc|c\+\+|c\+\+filt|clang|clang\+\+|ld|lld|ld64|gold|mold|ar|ranlib|as|nm"
    r"|strip|cl|link|lib|rc|mt|nvcc|icc|icx|icpx|dpcpp|gfortran|flang|f77|f90|f95|install_name_tool"
    r"|codesign|lipo|otool|xcrun|xcode-select|sw_vers|pkg-config|pkgconf|uname|which|ldconfig"
    r"|objdump|ccache|sccache|distcc)(?:-?\d[\d.]*)?(?:\.exe)?",
    re.IGNORECASE,
)
_PYTHON = re.compile(r"(?i)(?:python|pypy)[0-9.]*[a-z]?(?:\.exe)?")
EXTENSION_SUFFIXES = (".so", ".pyd", ".dylib", ".dll")
_NATIVE_SUFFIXES = """
    .asm .c .c++ .cc .cpp .cu .cuh .cxx .def .f .f03 .f08 .f77 .f90 .f95 .for .h .h++ .hh .hpp .hxx
    .build .cmake .i .ii .inc .inl .ipp .ixx .m .map .mm .o .obj .a .lib .pxd .pxi .pyx .rc .rs .s
    .swg .sx .tcc .tpp .txx .ver
    """
NATIVE_SUFFIXES = frozenset(_NATIVE_SUFFIXES.split())

_IDLE = """.editorconfig .flake8 .github .gitlab .pre-commit-config.yaml .readthedocs.yaml
    benchmarks CHANGELOG.md CHANGES.rst changelog.d codecov.yml CONTRIBUTING.md conftest.py doc docs
    examples justfile mkdocs.yml mypy.ini news noxfile.py pytest.ini ruff.toml SECURITY.md test
    tests tox.ini tox.toml"""
IDLE_NAMES = tuple(_IDLE.split())
"""What lies at the top of a project and is no part of what it builds, unless the build says so."""


def is_idle(path: str, idle: Collection[str]) -> bool:
    """Whether a file is no part of what is built: it lies in one of `idle`, and is no source."""
    top = path.partition("/")[0]
    return top in idle and os.path.splitext(path)[1].lower() not in NATIVE_SUFFIXES


@functools.lru_cache(maxsize=1 << 14)  # asked for each part of each path, and most are alike
def is_noise(name: str) -> bool:
    """Whether `name` is what tools and editors keep for themselves, or metadata on its way."""
    return name in NOISE or _NOISE.fullmatch(name) is not None


def is_passing(name: str) -> bool:
    """Whether a file of that name comes and goes while tools and editors are at work."""
    return is_noise(name) and _LASTING.fullmatch(name) is None


def is_clutter(path: str) -> bool:
    """Whether a path is in a folder that is noise, or of a file that comes and goes.

    One of a folder has "/" at its end.
    """
    *folders, name = path.split("/")
    return is_passing(name) or any(map(is_noise, folders))


def is_by_product(path: str) -> bool:
    """Whether `path`, relative to where modules are imported from, is on its way to a result."""
    return any(_BY_PRODUCT.fullmatch(part) or part in NOISE for part in path.split("/"))


def is_licence(name: str) -> bool:
    """Whether backends copy a file of this name into the metadata without being told."""
    return _LICENCE.fullmatch(name) is not None


def is_compiler(program: str) -> bool:
    """Whether `program` (a file name) compiles, links, or answers questions about doing so."""
    return _COMPILER.fullmatch(program) is not None


def is_python(program: str) -> bool:
    """Whether `program` (a file name) is a Python interpreter."""
    return _PYTHON.fullmatch(program) is not None
