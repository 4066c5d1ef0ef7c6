"""Whether a pack is what was asked for: this distribution, this version, for this Python.

Whoever names a file may be wrong about it: an index, a lock, a build record, or the name that a
user wrote before an address.
"""

from __future__ import annotations

import os
import re
from posixpath import basename
from urllib.parse import unquote, urlsplit

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidSdistFilename, parse_sdist_filename
from packaging.version import InvalidVersion, Version

from trueup.acquisition.pack import Pack
from trueup.destination.environment import Interpreter
from trueup.errors import BuildError, WheelRefused
from trueup.resolution.artifact import Archive, Artifact, Sdist, Wheel

__all__ = ["check_file_name", "check_identity", "check_python", "unmet_python"]

_HEADERS_END = re.compile(rb"\r?\n\r?\n")
_REQUIRES_PYTHON = re.compile(rb"^Requires-Python:[ \t]*(.+?)\r?$", re.IGNORECASE | re.MULTILINE)


def check_identity(artifact: Artifact, pack: Pack) -> None:
    """Refuse a pack that is another distribution or version than was asked for.

    Raises:
        WheelRefused: a wheel that was got is another.
        BuildError: a source built another.
    """
    if pack.name == artifact.name and _is_version(artifact, pack.version):
        return
    asked = f"{artifact.name} {artifact.version}".strip()
    found = f"{pack.name} {pack.version}"
    hint = "whoever named it there is wrong: an index, a lock, or the name before an address"
    if isinstance(artifact.source, Wheel):
        reason = f"{asked} was asked for, and it is {found}"
        raise WheelRefused(pack.wheel, rule="identity", reason=reason, hint=hint)
    problem = f"the source of {asked} built a wheel of {found}"
    raise BuildError(problem, hook="build_wheel", hint=hint)


def _is_version(artifact: Artifact, version: str) -> bool:
    """Whether `version` is the one that was promised; of a source by address, its release is."""
    if not artifact.version or artifact.version == version:
        return True
    try:
        promised, found = Version(artifact.version), Version(version)
    except InvalidVersion:
        return False
    if isinstance(artifact.source, Wheel | Sdist):
        return promised == found
    # What tells a version from a repository's state may add the day, or how the tree was got.
    return promised.base_version == found.base_version


def check_file_name(source: Archive, tree: str, pack: Pack) -> None:
    """Refuse what a source distribution built that is another version than its file name tells.

    Who names a file by its path asks for what the name says. The archive of a repository has a name
    that others gave it, and no PKG-INFO in it: that one promises nothing.

    Args:
        source: where it was got.
        tree: the project's directory in it.
        pack: what it built.

    Raises:
        BuildError: it built another version.
    """
    name = unquote(basename(urlsplit(source.url).path))
    if not os.path.isfile(os.path.join(tree, "PKG-INFO")):
        return
    try:
        project, promised = parse_sdist_filename(name)
    except (InvalidSdistFilename, InvalidVersion):
        return
    if project == pack.name and Version(pack.version).base_version != promised.base_version:
        problem = f"{name} built a wheel of {pack.name} {pack.version}"
        hint = "its file name tells another version than it is: ask whoever made it"
        raise BuildError(problem, hook="build_wheel", hint=hint)


def check_python(artifact: Artifact, pack: Pack, interpreter: Interpreter) -> None:
    """Refuse what was asked for by address and does not want this Python.

    What comes from an index has been sorted out by whoever resolved; with `--no-deps` nobody has
    looked into a wheel that was named by its path.

    Raises:
        WheelRefused: its Requires-Python leaves the interpreter out.
        StoreError: the pack is gone or damaged.
    """
    if not artifact.direct:
        return
    wanted = unmet_python(pack.read(f"{pack.root}/{pack.dist_info}/METADATA"), interpreter)
    if not wanted:
        return
    version = ".".join(map(str, interpreter.version))
    raise WheelRefused(
        pack.wheel,
        rule="requires-python",
        reason=f"it wants Python {wanted}, and {interpreter.executable} is {version}",
        hint="install another version of it, or for another Python",
    )


def unmet_python(metadata: bytes, interpreter: Interpreter) -> str:
    """Return the Requires-Python of METADATA that leaves `interpreter` out; "" where none does."""
    found = _REQUIRES_PYTHON.search(_HEADERS_END.split(metadata, maxsplit=1)[0])
    wanted = found[1].decode("utf-8", "replace").strip() if found else ""
    version = ".".join(map(str, interpreter.version))
    try:
        if not wanted or SpecifierSet(wanted).contains(version, prereleases=True):
            return ""
    except InvalidSpecifier:  # old distributions have such: pip and uv take them as having none
        return ""
    return wanted
