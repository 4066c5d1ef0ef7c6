"""What a build left behind: extension modules, generated files, build folders."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from trueup.acquisition.snapshot import NOISE
from trueup.destination.environment import Environment
from trueup.destination.installed import InstalledDistribution
from trueup.freshness.editables.evidence import Doubt, Evidence
from trueup.freshness.editables.extensions import (
    NATIVE,
    ExpectedExtension,
    expected_extensions,
)
from trueup.freshness.editables.mechanism import Mechanism
from trueup.freshness.editables.project import Project
from trueup.freshness.editables.version_file import weigh_version_file
from trueup.freshness.outcome import Reason

__all__ = ["fits", "weigh_outputs"]

_TAG = r"\.(?:(?:cpython|pypy)-?(\d)(\d+)(t?)[-\w]*|cp(\d)(\d+)(t?)-[\w-]+)\.(?:so|pyd)$"
_SOURCES = frozenset(
    (
        *(
            ".c",
            ".cc",
            ".cpp",
            ".cxx",
            ".h",
            ".hh",
            ".hpp",
            ".hxx",
            ".inc",
            ".m",
            ".mm",
            ".s",
            ".S",
        ),
        *(".pyx", ".pxd", ".pxi", ".rs", ".f", ".f90", ".f95", ".for", ".cu", ".cuh", ".asm"),
    )
)
_BINARY = (".so", ".pyd", ".dylib")


def fits(name: str, environment: Environment) -> bool:
    """Whether an extension module's file name suits an environment's interpreter."""
    match = re.search(_TAG, name)
    if match is None:  # no tag, or the stable ABI
        return True
    major, minor, threaded = match[1] or match[4], match[2] or match[5], match[3] or match[6]
    version = environment.interpreter.version
    same = (int(major), int(minor)) == version[:2]
    return same and bool(threaded) == environment.interpreter.free_threaded


def weigh_outputs(
    project: Project,
    mechanism: Mechanism,
    distribution: InstalledDistribution,
    environment: Environment,
) -> Evidence:
    """Tell which products of a build are missing, too old, or of another interpreter."""
    yield from weigh_version_file(project, distribution)
    yield from _weigh_recorded(mechanism, environment)
    redirection = mechanism.redirection
    if redirection is not None and redirection.rebuilds:
        yield from _weigh_build_folder(project, mechanism)
        return
    extensions = expected_extensions(project)
    recorded = [path for path in mechanism.files if path.endswith(_BINARY)]
    for extension in extensions:
        yield from _weigh_extension(project, mechanism, environment, extension, recorded)
    if project.tool("scikit-build", "editable").get("mode") == "inplace":
        yield from _weigh_in_place(project)
    if extensions or recorded or project.backend in NATIVE:
        yield from _weigh_age(project, environment, recorded)


def _weigh_recorded(mechanism: Mechanism, environment: Environment) -> Evidence:
    for path in mechanism.files:
        if path.endswith(_BINARY) and os.path.exists(path) and not fits(path, environment):
            yield _foreign(path, environment)


def _foreign(path: str, environment: Environment) -> Reason:
    version = ".".join(map(str, environment.interpreter.version[:2]))
    message = f"{os.path.basename(path)} was built for another Python than {version}"
    return Reason("circumstances", path, message, os.path.basename(path), version)


def _weigh_extension(
    project: Project,
    mechanism: Mechanism,
    environment: Environment,
    extension: ExpectedExtension,
    recorded: list[str],
) -> Evidence:
    found = [
        path
        for folder, stem in _places(project, mechanism, extension)
        for path in _binaries(folder, stem)
    ]
    found += [
        path for path in recorded if os.path.basename(path).partition(".")[0] == extension.stem
    ]
    if any(fits(path, environment) for path in found):
        return
    if found:
        yield _foreign(found[0], environment)
        return
    message = f"the extension module {extension.name} is missing, which a build makes"
    yield Reason("output missing", extension.name, message, "there", "missing")


def _places(
    project: Project, mechanism: Mechanism, extension: ExpectedExtension
) -> Iterator[tuple[str, str]]:
    """Return the folders that an extension may lie in, and the beginning of its file name."""
    *packages, stem = extension.name.split(".")
    for base in dict.fromkeys(
        (*mechanism.folders, *(project.path(one) for one in ("", "src", "python")))
    ):
        yield os.path.join(base, *packages), stem
        yield os.path.join(base, *packages, stem), ""  # maturin's own folder for cffi
    top = ".".join(packages)
    if top in mechanism.mapping:
        yield mechanism.mapping[top], stem


def _binaries(folder: str, stem: str) -> list[str]:
    try:
        names = sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [
        os.path.join(folder, name)
        for name in names
        if name.endswith(_BINARY) and (not stem or name.partition(".")[0] == stem)
    ]


def _weigh_age(project: Project, environment: Environment, recorded: list[str]) -> Evidence:
    """Compare times as `make` does: a source younger than the oldest product is not in it."""
    sources, products = _native_files(project)
    products = [path for path in products if fits(path, environment)]
    times = [os.stat(path).st_mtime_ns for path in (*products, *recorded) if os.path.exists(path)]
    if not times:
        return
    oldest = min(times)
    for path in sources:
        if os.stat(path).st_mtime_ns > oldest:
            relative = os.path.relpath(path, project.directory)
            message = f"{relative} is younger than the extension module that is built from it"
            yield Reason("input changed", path, message)
    if project.backend not in NATIVE:
        yield Doubt(
            "extension modules are built with flags and libraries that leave no trace on disk"
        )


def _native_files(project: Project) -> tuple[list[str], list[str]]:
    """Return the sources that are compiled, and the extension modules, of a tree."""
    sources, products = [], []
    named = {"Cargo.toml", "build.rs", "CMakeLists.txt", "meson.build"}
    for folder, below, names in os.walk(project.directory):
        below[:] = [
            name
            for name in below
            if name not in NOISE
            and name not in {"target", "build", "dist", "CMakeFiles", "tests", "test", ".cmake"}
            and not os.path.exists(os.path.join(folder, name, "pyvenv.cfg"))
        ]
        for name in names:
            path = os.path.join(folder, name)
            if name.endswith(_BINARY):
                products.append(path)
            elif name in named or os.path.splitext(name)[1] in _SOURCES:
                sources.append(path)
    return sources, products


def _weigh_build_folder(project: Project, mechanism: Mechanism) -> Evidence:
    """Judge a hook that builds when it is imported: what it needs for that has to be there."""
    redirection = mechanism.redirection
    if redirection is None:
        return
    folder, command = redirection.build_folder, redirection.build_command
    if not os.path.isdir(folder):
        message = f"{folder}, which an import builds in, is missing"
        yield Reason("output missing", folder, message, "there", "missing")
        return
    if command and os.path.isabs(command[0]) and not os.path.exists(command[0]):
        message = f"{command[0]}, which an import builds with, is missing"
        yield Reason("disappeared", command[0], message, "there", "missing")
    plan = os.path.join(folder, "meson-info", "intro-install_plan.json")
    for path in _planned(plan):
        if not os.path.exists(path) and not path.startswith(folder + os.sep):
            relative = os.path.relpath(path, project.directory)
            message = f"{relative}, which meson.build names, is gone"
            yield Reason("input missing", path, message, "there", "missing")
    for path in _compiled(os.path.join(folder, "compile_commands.json")):
        if not os.path.exists(path):
            message = f"{path}, which is compiled, is gone"
            yield Reason("input missing", path, message, "there", "missing")


def _weigh_in_place(project: Project) -> Evidence:
    """Judge a build in the source tree by what CMake says of its targets."""
    import glob

    replies = glob.glob(glob.escape(project.path(".cmake/api/v1/reply")) + "/target-*.json")
    if not replies or not os.path.exists(project.path("CMakeCache.txt")):
        message = "the files of the build are missing, which lie in the project"
        yield Reason("output missing", project.path("CMakeCache.txt"), message, "there", "missing")
    for reply in replies:
        content = _json(reply)
        for one in content.get("artifacts", ()) if isinstance(content, dict) else ():
            path = project.path(str(one.get("path", "")))
            if not os.path.exists(path):
                message = (
                    f"{os.path.relpath(path, project.directory)} is missing, which a build makes"
                )
                yield Reason("output missing", path, message, "there", "missing")


def _planned(plan: str) -> Iterator[str]:
    content = _json(plan)
    for kind in content.values() if isinstance(content, dict) else ():
        yield from kind


def _compiled(commands: str) -> Iterator[str]:
    content = _json(commands)
    for one in content if isinstance(content, list) else ():
        if isinstance(one, dict) and "file" in one:
            yield os.path.normpath(os.path.join(str(one.get("directory", "")), str(one["file"])))


def _json(path: str) -> object:
    import json

    try:
        with open(path, encoding="utf-8") as file:
            found: object = json.load(file)
            return found
    except (OSError, ValueError):  # meson writes it anew at the next import
        return None
