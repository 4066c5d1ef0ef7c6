"""Which environment variables a build backend is given: those on a list, and no others.

A build runs foreign code. What is not known to be needed by builds is not given to it: a list of
what must not be seen would have to know every secret's name, and pip and uv, which have none, hand
over tokens of indexes, clouds and CI services (measured). What a user lets in is let in by name:
`--build-env NAME`, or TRUEUP_BUILD_ENV.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Final

__all__ = ["LET_IN", "given_variables", "let_in", "with_let_in"]

LET_IN: Final = "TRUEUP_BUILD_ENV"
"""Names of further variables, between spaces or commas; `*` stands for any characters."""

# What every program needs to run here, on POSIX and on Windows.
_SYSTEM = """
    PATH HOME USER USERNAME LOGNAME SHELL TERM COLUMNS LINES PWD TMPDIR TEMP TMP TZ
    LANG LANGUAGE LC_* COLORTERM NO_COLOR FORCE_COLOR CLICOLOR* XDG_*
    LD_LIBRARY_PATH LD_RUN_PATH DYLD_* LIBPATH SHLIB_PATH NIX_*
    SYSTEMROOT SYSTEMDRIVE WINDIR COMSPEC PATHEXT OS APPDATA LOCALAPPDATA PROGRAMDATA
    ALLUSERSPROFILE PROGRAMFILES* COMMONPROGRAMFILES* USERPROFILE HOMEDRIVE HOMEPATH PUBLIC
    PROCESSOR_* NUMBER_OF_PROCESSORS MSYSTEM* MINGW_* MSYS* CYGWIN ORIGINAL_PATH
    COVERAGE_* COV_CORE_*
"""
# What reaches the network, for cargo, cmake and the like; without a password, see `_SECRETS`.
_NETWORK = """
    HTTP_PROXY HTTPS_PROXY ALL_PROXY FTP_PROXY NO_PROXY
    SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE NODE_EXTRA_CA_CERTS
"""
# What compilers, linkers and build programs read.
_COMPILERS = """
    CC CXX CPP LD AR AS NM RANLIB STRIP OBJCOPY FC F77 F90 LDSHARED LDCXXSHARED ARFLAGS BLDSHARED
    CFLAGS CXXFLAGS CPPFLAGS LDFLAGS FFLAGS FCFLAGS LIBS ARCHFLAGS OPT BASECFLAGS CCSHARED
    CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH OBJC_INCLUDE_PATH LIBRARY_PATH INCLUDE LIB CL _CL_ LINK
    GCC_* CLANG_* MAKE MAKEFLAGS GNUMAKEFLAGS MFLAGS DEBUG VERBOSE V
    PKG_CONFIG PKG_CONFIG_* CMAKE CMAKE_* NINJA* MESON* CTEST_* VCPKG_* CONAN_USER_HOME
    CCACHE* SCCACHE_DIR SCCACHE_CACHE_SIZE DISTCC_*
    CARGO CARGO_* RUSTC RUSTC_* RUSTFLAGS RUSTDOCFLAGS RUSTUP_* RUST_*
    GOROOT GOPATH GOFLAGS GOCACHE GOMODCACHE GOOS GOARCH GOPROXY CGO_* JAVA_HOME LLVM_* CUDA* ROCM_*
    MACOSX_* SDKROOT DEVELOPER_DIR IPHONEOS_* _PYTHON_HOST_PLATFORM PYTHON_HOST_* SETUPTOOLS_*
    VSINSTALLDIR VCINSTALLDIR VCTOOLS* VSCMD_* VS[0-9]* VISUALSTUDIOVERSION WINDOWSSDK* UCRTVERSION
    UNIVERSALCRTSDKDIR DEVENVDIR EXTENSIONSDKDIR FRAMEWORK* DISTUTILS_* MSSDK
    BLAS* LAPACK* OPENBLAS* MKLROOT HDF5_* NETCDF* GDAL_* PROJ_* GEOS_* OPENSSL_*
"""
# What build backends and the tools around them read.
_BACKENDS = """
    SOURCE_DATE_EPOCH DIST_EXTRA_CONFIG PYTHON* PY_* ENSUREPIP_OPTIONS CI CIBUILDWHEEL
    GITHUB_ACTIONS AUDITWHEEL_* CROSS_COMPILE* CYTHON* MYPYC* PYO3_* MATURIN_* SKBUILD_* NPY_*
    SCIKIT_BUILD* HATCH_BUILD_* HATCH_METADATA_* HATCH_VCS_* PDM_BUILD_* POETRY_DYNAMIC_* PBR_*
    VERSIONEER_* VERSIONINGIT_* DUNAMAI_* FLIT_* *_NO_EXTENSIONS *_USE_CYTHON TOKENIZERS_PARALLELISM
    HGRCPATH HGPLAIN GIT_DIR GIT_WORK_TREE GIT_CONFIG_GLOBAL GIT_CONFIG_SYSTEM GIT_CONFIG_NOSYSTEM
    GIT_CEILING_DIRECTORIES GIT_DISCOVERY_ACROSS_FILESYSTEM GIT_OPTIONAL_LOCKS
"""
# Settings of installers say nothing to a backend, but a setup.py may run one of them.
_INSTALLERS = """
    PIP_NO_CACHE_DIR PIP_DISABLE_PIP_VERSION_CHECK PIP_NO_INPUT PIP_BUILD_TRACKER
    UV_CACHE_DIR UV_OFFLINE UV_NO_CONFIG
"""
_ALLOWED: Final = frozenset(f"{_SYSTEM} {_NETWORK} {_COMPILERS} {_BACKENDS} {_INSTALLERS}".split())
_EXACT: Final = frozenset(name for name in _ALLOWED if not set(name) & set("*["))
_PATTERNS: Final = tuple(sorted(_ALLOWED - _EXACT))

# Of the families above, too, what is called a secret is none of a build's business.
_SECRETS: Final = re.compile(
    r"(^|_)(TOKENS?|PASSWORD|PASSWD|PASSPHRASE|SECRETS?|CREDENTIALS?|COOKIES?|AUTH(ORIZATION)?"
    r"|NETRC|APIKEY|(API|ACCESS|PRIVATE|SIGNING|ENCRYPTION)_KEYS?|ASKPASS|SOCK)(_|$)"
)
# user:password@host, in whatever kind of address
_LOGIN: Final = re.compile(r"://[^/\s@]*:?[^/\s@]*@")


def given_variables(variables: Mapping[str, str], more: Collection[str] = ()) -> dict[str, str]:
    """Return those of `variables` that a build backend is given.

    Args:
        variables: to choose from; what TRUEUP_BUILD_ENV names in them is let in as well.
        more: names and patterns of further ones to let in.
    """
    named = (*let_in(variables), *more)
    return {
        name: value
        for name, value in variables.items()
        if _is_named(name, named) or (_is_known(name.upper()) and _is_harmless(name, value))
    }


def _is_named(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


@lru_cache(maxsize=1024)
def _is_known(upper: str) -> bool:
    # Lower-case names of proxies are as old as the upper-case ones; on Windows case says nothing.
    return upper in _EXACT or any(fnmatchcase(upper, pattern) for pattern in _PATTERNS)


def _is_harmless(name: str, value: str) -> bool:
    return not _SECRETS.search(name.upper()) and not _LOGIN.search(value)


def let_in(variables: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names and patterns that TRUEUP_BUILD_ENV lets in."""
    return tuple(variables.get(LET_IN, "").replace(",", " ").split())


def with_let_in(variables: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """Return `variables` with `names` among those that are let in."""
    both = dict.fromkeys((*let_in(variables), *names))
    return {**variables, **({LET_IN: " ".join(both)} if both else {})}
