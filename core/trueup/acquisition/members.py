"""What comes out of an archive: each member judged, then made, and the links last of all."""

from __future__ import annotations

import os
import re
import shutil
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Literal

from trueup.errors import SourceError
from trueup.values import dataclass, replace

__all__ = ["Limits", "Member", "Tree", "folded", "leads_outside", "parts_of"]

Kind = Literal["file", "directory", "link"]
_HOPS = 40  # as many links as Linux follows before it gives up
_LONGEST_NAME = 255
_LONGEST_PATH = 4096
_RESERVED = re.compile(
    r"^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)$", re.IGNORECASE
)
_WINDOWS_UNFIT = re.compile(r'[\x00-\x1f<>:"|?*\\]|[. ]$')


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may come out of one archive.

    Attributes:
        size: bytes in all.
        members: files, directories and links.
        ratio: bytes out for each byte in; asked once more than `ratio_from` bytes came out.
        ratio_from: bytes. The index of the community refuses wheels by 50 above 64 MiB; sources,
            which are packed tighter, get twice that.
    """

    size: int = 8 << 30
    members: int = 300_000
    ratio: int = 100
    ratio_from: int = 64 << 20


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of an archive.

    Attributes:
        name: as the archive writes it.
        kind: what it is made into.
        executable: its owner may run it.
        mtime: seconds since the epoch, or None. Kept, because `make` and `configure` go by it.
    """

    name: str
    kind: Kind
    executable: bool = False
    mtime: float | None = None


def parts_of(name: str, *, windows: bool = os.name == "nt") -> tuple[str, ...]:
    """Return the path of a member, part by part.

    Raises:
        ValueError: the name could lead out of the tree, or is no name; the message says why.
    """
    if name.startswith(("/", "\\")) or re.match(r"^[A-Za-z]:", name):
        raise ValueError("is an absolute path")
    if "\0" in name:
        raise ValueError("has a NUL in it")
    parts = tuple(part for part in name.split("/") if part not in {"", "."})
    if ".." in parts or "..\\" in name or "\\.." in name:
        raise ValueError("leads upwards")
    if len(name) > _LONGEST_PATH or any(len(os.fsencode(part)) > _LONGEST_NAME for part in parts):
        raise ValueError("is too long")
    if windows:
        for part in parts:
            if _WINDOWS_UNFIT.search(part) or _RESERVED.match(part.split(".")[0].rstrip()):
                raise ValueError("is no name that Windows can have")
    return parts


def folded(path: Iterable[str]) -> tuple[str, ...]:
    """Return `path` as file systems see it that fold case and Unicode forms (Windows, macOS)."""
    return tuple(unicodedata.normalize("NFC", part).casefold() for part in path)


def leads_outside(path: tuple[str, ...], links: Mapping[tuple[str, ...], str]) -> str:
    """Return why following `path` through `links` would leave the tree, or "" if it stays inside.

    This walks as the operating system would, over the links as they will be, and asks it nothing:
    a `..` after a link leaves from where the link leads, not from where it stands. `links` is keyed
    by `folded` paths.
    """
    todo = list(reversed(path))
    here: list[str] = []
    hops = 0
    while todo:
        part = todo.pop()
        if part in {"", "."}:
            continue
        if part == "..":
            if not here:
                return "it leads out of the archive"
            here.pop()
            continue
        here.append(part)
        target = links.get(folded(here))
        if target is None:
            continue
        hops += 1
        if hops > _HOPS:
            return "it leads in a circle"
        if target.startswith("/") or re.match(r"^[A-Za-z]:", target):
            return "it is absolute"
        if "\\" in target:
            return "it has a backslash, which parts names on Windows"
        here.pop()
        todo.extend(reversed(target.split("/")))
    return ""


class Tree:
    """A directory that an archive is unpacked into.

    Args:
        name: the archive's name, for messages.
        root: the directory; everything is made below it.
        limits: how much may come out.
    """

    def __init__(self, name: str, root: str, limits: Limits) -> None:
        self.name = name
        self.root = root
        self.limits = limits
        self.written = 0
        self._members: dict[tuple[str, ...], Kind] = {}
        self._folded: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._links: dict[tuple[str, ...], str] = {}
        self._count = 0

    def tops(self) -> list[str]:
        """Return the names at the top, sorted."""
        return sorted({path[0] for path in self._members})

    def is_directory(self, top: str) -> bool:
        """Whether `top` is a directory, and not a file or a link."""
        return self._members.get((top,)) == "directory"

    def bound_bytes(self, size: int, packed: int | None) -> None:
        """Make sure that `size` bytes may come out of `packed` ones.

        Raises:
            SourceError: that is too much.
        """
        limits = self.limits
        if size > limits.size + limits.members * 1024:  # the headers between the files
            raise self._too_much(f"more than {limits.size} bytes")
        if packed is not None and size > limits.ratio_from and size > limits.ratio * packed:
            raise self._too_much(f"more than {limits.ratio} times its size, as a bomb does")

    def _too_much(self, what: str) -> SourceError:
        return SourceError(f"{self.name} unpacks to {what}", hint="If it is honest, allow it more.")

    def check_name(self, name: str) -> None:
        """Make sure that a member's name stays inside.

        Raises:
            SourceError: it does not.
        """
        self._parts(name)

    def add_directory(self, member: Member) -> None:
        """Make a directory; one that is there already is the same one."""
        self._claim(replace(member, kind="directory"))

    def add_file(self, member: Member, pieces: Iterable[bytes]) -> None:
        """Write a file anew."""
        path = self._claim(member)
        if path is None:
            raise self._refused(member.name, "is no name for a file")
        # O_EXCL: nothing that is there, link or file, is ever written through.
        flags = (
            os.O_WRONLY
            | os.O_CREAT
            | os.O_EXCL
            | getattr(os, "O_BINARY", 0)
            | getattr(os, "O_NOFOLLOW", 0)
        )
        mode = 0o755 if member.executable else 0o644
        with open(os.open(path, flags, mode), "wb") as file:
            for piece in pieces:
                self._count_bytes(len(piece))
                file.write(piece)
        self._stamp(path, member)

    def add_copy(self, member: Member, target: str) -> None:
        """Make a hard link of the archive: a copy of a file that came before it."""
        source = self._parts(target)
        if self._members.get(source) != "file":
            raise self._refused(
                member.name, f"is a hard link to {target!r}, which is no file of the archive"
            )
        path = self._claim(member)
        if path is None:
            raise self._refused(member.name, "is no name for a file")
        original = os.path.join(self.root, *source)
        self._count_bytes(os.path.getsize(original))
        shutil.copy2(original, path)

    def add_link(self, member: Member, target: str) -> None:
        """Take note of a symbolic link; `make_links` makes it, when all else is written."""
        path = self._claim(replace(member, kind="link"))
        if path is None or not target or "\0" in target or len(target) > _LONGEST_PATH:
            raise self._refused(member.name, "is a link to nowhere")
        self._links[self._parts(member.name)] = target

    def make_links(self) -> None:
        """Make the symbolic links, if every one of them stays inside whatever the others do."""
        links = {folded(path): target for path, target in self._links.items()}
        for path, target in self._links.items():
            reason = leads_outside(path, links)
            if reason:
                raise self._refused("/".join(path), f"is a link to {target!r}: {reason}")
        for path, target in self._links.items():
            place = os.path.join(self.root, *path)
            real = os.path.join(os.path.dirname(place), *target.split("/"))
            try:
                os.symlink(target, place, target_is_directory=os.path.isdir(real))
            except OSError as error:
                # Windows lets only some users make links: what is linked to is copied instead.
                if os.name != "nt":
                    raise
                self._copy_instead(real, place, error)

    def _copy_instead(self, real: str, place: str, error: OSError) -> None:
        if not os.path.isfile(real):
            problem = f"{self.name} holds a link to a directory, and links cannot be made here"
            raise SourceError(problem, hint="Turn on the developer mode of Windows.") from error
        self._count_bytes(os.path.getsize(real))
        shutil.copy2(real, place)

    def _count_bytes(self, size: int) -> None:
        self.written += size
        if self.written > self.limits.size:
            raise self._too_much(f"more than {self.limits.size} bytes")

    def _parts(self, name: str) -> tuple[str, ...]:
        try:
            return parts_of(name)
        except ValueError as error:
            raise self._refused(name, str(error)) from None

    def _claim(self, member: Member) -> str | None:
        """Take a name for a member, and make the directories above it; None for the root itself."""
        self._count += 1
        if self._count > self.limits.members:
            raise SourceError(f"{self.name} holds more than {self.limits.members} members")
        parts = self._parts(member.name)
        if not parts:
            return None
        for depth in range(1, len(parts)):
            self._take(parts[:depth], "directory", member.name)
        self._take(parts, member.kind, member.name)
        return os.path.join(self.root, *parts)

    def _take(self, path: tuple[str, ...], kind: Kind, name: str) -> None:
        known = self._members.get(path)
        if known is not None:
            if known == kind == "directory":
                return
            what = "lies below a link or a file" if kind == "directory" else "is there twice"
            raise self._refused(name, what)
        # Where file systems fold names (Windows, macOS), two such members would be one file.
        other = self._folded.setdefault(folded(path), path)
        if other != path and not (kind == "directory" and self._members[other] == "directory"):
            raise self._refused(name, f"differs from {'/'.join(other)!r} only by case")
        self._members[path] = kind
        if kind == "directory":
            os.makedirs(os.path.join(self.root, *path), mode=0o755, exist_ok=True)

    def _stamp(self, path: str, member: Member) -> None:
        if member.mtime is not None and 0 <= member.mtime < 1 << 33:
            os.utime(path, (member.mtime, member.mtime))

    def _refused(self, name: str, why: str) -> SourceError:
        return SourceError(f"{self.name} is refused: its member {name!r} {why}")
