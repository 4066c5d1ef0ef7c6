"""What an interpreter tells of itself: imported for the running one, run as a script by another.

As a script it is started by the interpreter that is asked, which may be any CPython from 3.8 on or
a PyPy: nothing newer than Python 3.8 may be used here, nothing outside the standard library, and
nothing of trueup. It is on the way of every start, so it also imports as little as it can.
"""

from __future__ import annotations

import os
import sys
import sysconfig

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["collect", "platform_facts"]

_PLACEHOLDER = os.path.join(os.sep, "@base@")


def collect() -> dict[str, Any]:
    """Return everything that can only be known inside the interpreter, as values for JSON."""
    from importlib.machinery import EXTENSION_SUFFIXES
    from importlib.util import MAGIC_NUMBER

    virtual = sys.prefix != sys.base_prefix
    default = _default_scheme(virtual)
    venv = "venv" if "venv" in sysconfig.get_scheme_names() else os.name + "_prefix"
    if venv not in sysconfig.get_scheme_names():
        venv = default  # PyPy before 3.10, and Windows before 3.11
    return {
        "executable": sys.executable,
        "base_executable": _base_executable(virtual),
        "version": list(sys.version_info[:3]),
        "implementation": sys.implementation.name,
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "stdlib": sysconfig.get_path("stdlib"),
        "scheme": _scheme(default, virtual),
        "prefix_scheme": _scheme(default, virtual, _PLACEHOLDER),
        "venv_scheme": _scheme(venv, True, _PLACEHOLDER),
        "cache_tag": sys.implementation.cache_tag or "",
        "magic": MAGIC_NUMBER.hex(),
        "extension_suffixes": EXTENSION_SUFFIXES,
        "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        "debug": bool(sysconfig.get_config_var("Py_DEBUG") or hasattr(sys, "gettotalrefcount")),
        "markers": _markers(),
        "platform": platform_facts(),
    }


def _base_executable(virtual: bool) -> str:
    """Return the program that a virtual environment was made from, links resolved."""
    resolved = os.path.realpath(sys.executable)
    if not virtual:
        return resolved
    told = os.path.realpath(getattr(sys, "_base_executable", "") or sys.executable)
    # Before 3.11, `_base_executable` in a virtual environment is the environment's own program,
    # and a program that was copied and not linked tells nothing: then the prefix has to.
    exe = "python.exe" if os.name == "nt" else os.path.join("bin", "python" + _short_version())
    for candidate in (resolved, told, os.path.join(sys.base_prefix, exe)):
        if not candidate.startswith(os.path.join(os.path.realpath(sys.prefix), "")):
            return os.path.realpath(candidate)
    return resolved


def _default_scheme(virtual: bool) -> str:
    """Return the name of the scheme that pip installs into."""
    # The Python that comes with macOS keeps its site-packages outside of the framework.
    framework = getattr(sys, "_framework", "") and not virtual
    if framework and "osx_framework_library" in sysconfig.get_scheme_names():
        return "osx_framework_library"
    public = hasattr(sysconfig, "get_default_scheme")  # since 3.10
    return str(getattr(sysconfig, "get_default_scheme" if public else "_get_default_scheme")())


def _scheme(name: str, virtual: bool, base: str = "") -> dict[str, str]:
    """Return the directories of a scheme: absolute, or relative to the given base."""
    keys = ("installed_base", "base", "installed_platbase", "platbase", "prefix", "exec_prefix")
    paths = sysconfig.get_paths(name, dict.fromkeys(keys, base) if base else None)
    if virtual:
        # There is no scheme for the headers of a virtual environment; this is where pip puts them.
        site = os.path.join("include", "site", "python" + _short_version())
        paths["include"] = os.path.join(base or sys.prefix, site)
    elif not base and sys.version_info < (3, 10) and paths["purelib"] not in sys.path:
        paths["purelib"] = paths["platlib"] = _importable_directory(paths["purelib"])
    answer = {key: paths[key] for key in ("purelib", "platlib", "scripts", "data")}
    answer["headers"] = paths["include"]
    if base:
        start = os.path.join(base, "")
        answer = {key: _below(start, path) for key, path in answer.items()}
    return answer


def _below(start: str, path: str) -> str:
    if os.path.join(path, "") == start:
        return ""
    return path[len(start) :] if path.startswith(start) else path  # noqa: FURB188 - new in 3.9


def _importable_directory(directory: str) -> str:
    """Return a directory that is imported from: before 3.10, sysconfig knew nothing of Debian's."""
    import site

    return next((path for path in site.getsitepackages() if path in sys.path), directory)


def _short_version() -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def _markers() -> dict[str, str]:
    """Return the variables of PEP 508 markers, as the `packaging` library would."""
    version = sys.version.split()[0]
    system, release, kernel, machine = _machine()
    return {
        "implementation_name": sys.implementation.name,
        "implementation_version": _full_version(sys.implementation.version),
        "os_name": os.name,
        "platform_machine": machine,
        "platform_python_implementation": _implementation(),
        "platform_release": release,
        "platform_system": system,
        "platform_version": kernel,
        # A Python built from a checkout calls itself "3.13.0+", which is no version (PEP 440).
        "python_full_version": version + "local" if version.endswith("+") else version,
        "python_version": _short_version(),
        "sys_platform": sys.platform,
    }


def _full_version(info: Any) -> str:
    version = f"{info.major}.{info.minor}.{info.micro}"
    return (
        version
        if info.releaselevel == "final"
        else version + info.releaselevel[0] + str(info.serial)
    )


def _implementation() -> str:
    if sys.implementation.name == "cpython":
        return "CPython"
    import platform

    return platform.python_implementation()


def _machine() -> tuple[str, str, str, str]:
    """Return system, release, version, machine, as `platform` would without its import's cost."""
    if os.name == "posix" and sys.platform not in ("ios", "android"):
        system, _node, release, version, machine = os.uname()
        return system, release, version, machine
    import platform

    return platform.system(), platform.release(), platform.version(), platform.machine()


def platform_facts() -> dict[str, Any]:
    """Return what the platform part of wheel tags depends on."""
    facts: dict[str, Any] = {
        "platform": sysconfig.get_platform(),
        "bits": 64 if sys.maxsize > 2**32 else 32,
        "multiarch": getattr(sys.implementation, "_multiarch", ""),
        "libc": "",
        "macos": None,
        "manylinux": _manylinux_override(),
    }
    if sys.platform == "linux":
        facts["libc"] = _libc()
    if sys.platform == "darwin":
        import platform

        version, _, machine = platform.mac_ver()
        facts["macos"] = [version, machine]
    return facts


def _libc() -> str:
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (AttributeError, OSError, ValueError):  # not the GNU library
        return ""


def _manylinux_override() -> list[list[int]] | None:
    """Return the glibc versions that a `_manylinux` module allows (PEP 600); None without one."""
    if sys.platform != "linux":
        return None
    try:
        module = __import__("_manylinux")
    except ImportError:
        return None
    ask = getattr(module, "manylinux_compatible", None)
    legacy = {5: "manylinux1", 12: "manylinux2010", 17: "manylinux2014"}
    allowed = []
    for minor in range(60):
        answer = ask(2, minor, sysconfig.get_platform().split("-")[-1]) if ask else None
        if answer is None and ask is None and minor in legacy:
            answer = getattr(module, legacy[minor] + "_compatible", None)
        if answer is None or answer:
            allowed.append([2, minor])
    return allowed


if __name__ == "__main__":
    import json

    # What a .pth file prints must not spoil the answer: it stands between two marks.
    sys.stdout.write(sys.argv[1] + json.dumps(collect()) + sys.argv[1] + "\n")
