"""The rules that a wheel must keep before one byte of it reaches a pack, each with its source.

The checks live where the thing they look at is read (`wheel_archive`, `wheel_record`,
`wheel_metadata`, `wheel_placement`); what they refuse is listed here, once. The verdict is the same
on every platform: a name that only Windows would misread is refused everywhere.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from trueup.errors import WheelRefused
from trueup.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["RULES", "Limits", "Rule", "broken_name_rule", "collision_key", "refusal"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that no wheel may do.

    Attributes:
        reason: what is wrong, as the middle of a sentence: "foo.whl is refused: <reason>".
        source: the specification that asks for it, or the advisory that taught it.
    """

    reason: str
    source: str


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a wheel may unpack to.

    Attributes:
        ratio: unpacked bytes for each byte of the wheel, once `ratio_from` is passed.
        ratio_from: unpacked bytes from which `ratio` counts; both are PyPI's own bounds.
        total: unpacked bytes in all.
        members: files and directories in the archive.
        metadata: bytes of each file that must be held in memory to be understood (RECORD,
            METADATA, WHEEL, entry_points.txt), and of the archive's own directory.
    """

    ratio: int = 50
    ratio_from: int = 64 << 20
    total: int = 32 << 30
    members: int = 500_000
    metadata: int = 64 << 20


_ZIP = "PKWARE APPNOTE 6.3.10"
_DIFFERENTIAL = "CVE-2025-54368, GHSA-pqhf-p39g-3x64: two readers, one file"
_WHEEL = "binary distribution format (PEP 427)"
_RECORD = "recording installed distributions (PEP 376, PEP 627)"
_WINDOWS = "Windows file naming"
_TRAVERSAL = "CWE-22, CVE-2019-20916, CVE-2026-1703, pypa/installer #317"

RULES: Mapping[str, Rule] = {
    # names
    "name-encoding": Rule("a member's name is not UTF-8", _WHEEL),
    "name-nul": Rule("a name holds a NUL, which cuts it short", _DIFFERENTIAL),
    "name-control": Rule("a name holds a control character", "CWE-150"),
    "name-backslash": Rule("a name holds a backslash", _ZIP + " 4.4.17"),
    "name-absolute": Rule("a name is absolute", _TRAVERSAL),
    "name-colon": Rule("a name holds a colon: a drive, or a stream", _WINDOWS + ", CWE-69"),
    "name-traversal": Rule("a name climbs out of its directory", _TRAVERSAL),
    "name-component": Rule("a name has an empty part or a single dot in it", _ZIP + " 4.4.17"),
    "name-reserved": Rule("a name is a device on Windows", _WINDOWS + ", CWE-67"),
    "name-trailing": Rule("a name ends in a dot or a space, which Windows drops", _WINDOWS),
    "name-length": Rule("a name is longer than file systems can hold", "POSIX NAME_MAX, PATH_MAX"),
    "name-duplicate": Rule("two members have one name", _DIFFERENTIAL),
    "name-collision": Rule("two files are one where case or Unicode form is ignored", "CWE-178"),
    "name-file-and-directory": Rule("a file is also a directory", "CWE-706"),
    # members
    "member-link": Rule("a member is a symbolic link", "CVE-2007-4559, PEP 706, PEP 778"),
    "member-special": Rule("a member is neither a file nor a directory", "PEP 706"),
    "member-directory": Rule("a directory holds data", _ZIP + " 4.3.8"),
    "member-encrypted": Rule("a member is encrypted", _ZIP + " 4.4.4"),
    "member-method": Rule("a member is compressed by something unusual", "PyPI's upload checks"),
    # the archive
    "zip-structure": Rule("it is not a whole zip archive", _ZIP + " 4.3"),
    "zip-prepended": Rule("there are bytes before the first member", "CVE-2026-3219, CWE-436"),
    "zip-appended": Rule("there are bytes behind the end of the archive", _DIFFERENTIAL),
    "zip-gap": Rule("there are bytes that belong to no member", _DIFFERENTIAL),
    "zip-overlap": Rule("members overlap", "CVE-2024-0450"),
    "zip-count": Rule("the archive's counts are not those of its directory", _DIFFERENTIAL),
    "zip-zip64": Rule("the two ends of the archive contradict each other", "GHSA-pqhf-p39g-3x64"),
    "zip-comment": Rule("the archive's comment holds another archive", _DIFFERENTIAL),
    "zip-disks": Rule("the archive is spread over several disks", _ZIP + " 4.4.19"),
    "zip-extra": Rule("a member's extra field lies", "GHSA-pqhf-p39g-3x64"),
    "zip-header": Rule("the two headers of a member contradict each other", _DIFFERENTIAL),
    "zip-descriptor": Rule("a member's data descriptor contradicts its header", _DIFFERENTIAL),
    "zip-data": Rule("a member's data is not what its header tells", _ZIP + " 4.4.7"),
    "zip-changed": Rule("the file changed while it was read", "CWE-367"),
    # bombs
    "bomb-ratio": Rule("it unpacks to far more than its size", "CWE-409, PyPI's upload checks"),
    "bomb-size": Rule("it unpacks to more than the limit", "CWE-409"),
    "bomb-count": Rule("it has more members than the limit", "CWE-409"),
    "bomb-metadata": Rule("a file of its metadata is larger than the limit", "CWE-400"),
    # RECORD
    "record-missing": Rule("it has no RECORD", _WHEEL),
    "record-syntax": Rule("its RECORD cannot be read", _RECORD),
    "record-omission": Rule("a file is not listed in RECORD", _WHEEL),
    "record-unhashed": Rule("a file has no hash in RECORD", _WHEEL),
    "record-stranger": Rule("RECORD lists a file that is not there", "GHSA-pjjw-68hj-v9mw"),
    "record-contradiction": Rule("RECORD lists a file twice, and differently", _RECORD),
    "record-weak": Rule("RECORD uses a hash weaker than sha256", _WHEEL),
    "record-hash": Rule("a file's hash is not the one in RECORD", _WHEEL),
    "record-size": Rule("a file's size is not the one in RECORD", _RECORD),
    # what it says of itself
    "file-name": Rule("its file name is not a wheel's", _WHEEL),
    "dist-info-missing": Rule("it has no dist-info directory", _WHEEL),
    "dist-info-many": Rule("it holds the metadata of more than one distribution", _WHEEL),
    "dist-info-name": Rule("its dist-info directory belongs to another name or version", _WHEEL),
    "metadata-missing": Rule("it has no METADATA", _WHEEL),
    "metadata-syntax": Rule("its METADATA cannot be read", "core metadata"),
    "metadata-name": Rule("METADATA has another name than the file name", "PEP 427, PEP 503"),
    "metadata-version": Rule("METADATA has another version than the file name", "PEP 427, PEP 440"),
    "wheel-missing": Rule("it has no WHEEL file", _WHEEL),
    "wheel-syntax": Rule("its WHEEL file cannot be read", _WHEEL),
    "wheel-version": Rule("its Wheel-Version is not 1", _WHEEL),
    # where its files go
    "data-foreign": Rule("it has the .data directory of another distribution", _WHEEL),
    "data-scheme": Rule("its .data directory names a scheme that there is not", _WHEEL),
    "environment-file": Rule("a file would replace a part of the environment itself", "PEP 405"),
    "state-directory": Rule("a file would go into trueup's own directory", "trueup"),
    # commands
    "entry-point-syntax": Rule("its entry_points.txt cannot be read", "entry points specification"),
    "script-name": Rule("a command's name is no file name", "GHSA-4gg8-gxpx-9rph, pip #14000"),
    "script-reserved": Rule("a command would replace python, pip or activate", "PEP 405"),
    "script-collision": Rule("two commands are one file", "CWE-706"),
}  # fmt: skip


def refusal(wheel: str, rule: str, member: str = "", *, detail: str = "") -> WheelRefused:
    """Return the error that says `wheel` breaks `rule`, at `member` where one is to blame."""
    reason = RULES[rule].reason + (f": {detail}" if detail else "")
    if rule in _CONFIGURABLE:
        hint = f"Rule {rule}. If you trust it, allow more with {_CONFIGURABLE[rule]}."
        return WheelRefused(wheel, rule=rule, member=member, reason=reason, hint=hint)
    hint = (
        f"Rule {rule} ({RULES[rule].source}). Get the wheel from its publisher again, or tell them."
    )
    return WheelRefused(wheel, rule=rule, member=member, reason=reason, hint=hint)


_CONFIGURABLE = {"bomb-ratio": "TRUEUP_WHEEL_RATIO", "bomb-size": "TRUEUP_WHEEL_SIZE"}
_COMPONENT_RULES = tuple(
    (rule, re.compile(pattern, re.IGNORECASE))
    for rule, pattern in (
        ("name-traversal", r"\A\.\.\Z"),
        ("name-component", r"\A\.?\Z"),
        ("name-backslash", r"\\"),
        ("name-nul", r"\x00"),
        ("name-control", r"[\x00-\x1f\x7f-\x9f]"),
        ("name-colon", r":"),
        ("name-trailing", r"[. ]\Z"),
        ("name-reserved", r"\A(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\.|\Z)"),
    )
)
_COMPONENT_BYTES = 255
_PATH_BYTES = 1024


def broken_name_rule(path: str, known: set[str] | None = None) -> str:
    """Return the rule that the relative, slash-separated `path` breaks, or "".

    Args:
        path: the name of a member, without the slash that marks a directory.
        known: components that were found right before; new ones are added.
    """
    if path.startswith("/"):
        return "name-absolute"
    if len(path) > _PATH_BYTES // 4 and len(path.encode()) > _PATH_BYTES:
        return "name-length"
    for component in path.split("/"):
        if known is not None and component in known:
            continue
        if rule := _broken_component_rule(component):
            return rule
        if known is not None:
            known.add(component)
    return ""


def _broken_component_rule(component: str) -> str:
    for rule, pattern in _COMPONENT_RULES:
        if pattern.search(component):
            return rule
    return "name-length" if len(component.encode()) > _COMPONENT_BYTES else ""


def collision_key(path: str) -> str:
    """Return what `path` is to a file system that ignores case and Unicode form."""
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
