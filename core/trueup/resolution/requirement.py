"""One requirement as people write it: a name, an address, a path, an editable."""

from __future__ import annotations

import os
import re
from urllib.parse import unquote, urlsplit

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from trueup.errors import RequestError
from trueup.resolution.address import file_url
from trueup.resolution.location import (
    absolute_path,
    is_address,
    is_archive,
    is_repository,
    looks_like_path,
    path_of_address,
)
from trueup.resolution.request import LocalProject, RequestedItem
from trueup.resolution.wish import (
    Wish,
    named_by_egg,
    named_by_sdist,
    named_by_wheel,
    read_fragment,
    read_marker,
    split_extras,
    split_marker,
    standard,
)
from trueup.values import replace

__all__ = ["parse_constraint", "parse_requirement"]

_HASHES = ("sha256", "sha384", "sha512")
_REQUIREMENT_FILE = re.compile(
    r".*(\.txt|\.in|pylock(\.[^.]+)?\.toml|pyproject\.toml)", re.IGNORECASE
)
_FOREIGN_REPOSITORY = re.compile(
    r"(git|hg|svn|bzr|ssh)://|(git\+)?[\w.-]+@[\w-]+(\.[\w-]+)+:(?!//)", re.IGNORECASE
)
# No requirement is as long; what reads markers takes a time that grows with the square of it.
_LONGEST = 8192


def parse_requirement(
    text: str, *, origin: str, base: str, editable: bool = False
) -> RequestedItem | LocalProject:
    """Read one requirement in any form that pip takes.

    Names (PEP 508), `name @ address`, bare addresses, version control addresses, wheels, source
    archives and source trees by path, each with extras and a marker where it can have them.

    Args:
        text: what was written, without `-e`, `--hash` and the like.
        origin: where it was written, for messages.
        base: the absolute directory that relative paths start from.
        editable: it was written behind `-e`.

    Returns:
        A `LocalProject` for a directory of this machine, else a `RequestedItem`.

    Raises:
        RequestError: it cannot be understood, or names a file or directory that is not there.
    """
    wish = Wish(text.strip(), origin, base, editable)
    if not wish.written:
        raise wish.error("asks for nothing", "Write a name, an address or a path")
    if re.search(r"[\0\r\n\ud800-\udfff]", wish.written):
        raise wish.error("holds a line break, or a character that no file can hold")
    if len(wish.written) > _LONGEST:
        raise Wish(wish.written[:40], origin, base).error(f"… is longer than {_LONGEST} characters")
    if _FOREIGN_REPOSITORY.match(wish.written):
        raise wish.error(
            "is a repository's address without its scheme",
            "Write git+https://host/path or git+ssh://git@host/path",
        )
    if is_address(wish.written):
        return _from_address(wish)
    parsed = standard(wish.written)
    if isinstance(parsed, Requirement):
        if parsed.url is not None:
            return _from_named_address(wish, parsed)
        if not editable and not is_archive(wish.written):
            return _from_name(wish, parsed)
    if isinstance(parsed, Requirement) or looks_like_path(wish.written.split(";")[0]):
        return _from_path(wish)
    raise _not_standard(wish, parsed)


def parse_constraint(text: str, origin: str, base: str) -> RequestedItem:
    """Read one constraint: a requirement that limits versions and asks for nothing itself.

    Extras mean nothing in a constraint and are left out: uv's own lock files have them.

    Args:
        text: what was written.
        origin: where it was written, for messages.
        base: the absolute directory that relative paths start from.

    Raises:
        RequestError: it cannot be understood, or has no name.
    """
    limit = parse_requirement(text, origin=origin, base=base)
    if isinstance(limit, LocalProject) and limit.name:
        marker = f" ; {limit.marker}" if limit.marker else ""
        parsed = Requirement(f"{limit.name} @ {file_url(limit.path)}{marker}")
        return RequestedItem(text=str(parsed), requirement=parsed, origin=origin)
    if isinstance(limit, LocalProject) or limit.requirement is None:
        raise Wish(text, origin, base).error(
            "cannot be a constraint: it has no name", "Write name @ address"
        )
    if not limit.requirement.extras:
        return limit
    parsed = Requirement(limit.text)
    parsed.extras = set()
    return replace(limit, text=str(parsed), requirement=parsed)


def _not_standard(wish: Wish, reason: str) -> RequestError:
    hint = ""
    if variable := re.search(r"\$\{([A-Z0-9_]+)\}", wish.written):
        hint = f"Set the variable {variable.group(1)}, or give it a value"
    elif re.match(r"[A-Za-z0-9._\[\], -]+=[^=]", wish.written):
        hint = "Write == to ask for one version"
    elif os.path.isdir(os.path.join(wish.folder, wish.written)):
        hint = f"Write ./{wish.written} to install the directory of that name"
    return wish.error(f"is not a requirement: {reason}", hint)


def _from_name(wish: Wish, parsed: Requirement) -> RequestedItem:
    if _REQUIREMENT_FILE.fullmatch(wish.written) and os.path.isfile(
        os.path.join(wish.folder, wish.written)
    ):
        raise wish.error("is a file, and not a distribution's name", f"Write -r {wish.written}")
    return RequestedItem(text=str(parsed), requirement=parsed, origin=wish.origin)


def _from_named_address(wish: Wish, parsed: Requirement) -> RequestedItem | LocalProject:
    address = parsed.url or ""
    named = replace(
        wish,
        name=parsed.name,
        extras=frozenset(parsed.extras),
        marker=str(parsed.marker or ""),
    )
    if is_address(address):
        return _at_address(named, address)
    if _FOREIGN_REPOSITORY.match(address):
        raise wish.error(
            "has a repository's address without its scheme",
            "Write name @ git+https://host/path or name @ git+ssh://git@host/path",
        )
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", address):
        raise wish.error(
            "has an address that nothing can be got from", "Use https:, file: or git+https:"
        )
    path, _, fragment = address.partition("#")
    return _at_path(
        replace(named, fragment=read_fragment(fragment)), absolute_path(path, wish.folder)
    )


def _from_address(wish: Wish) -> RequestedItem | LocalProject:
    address, marker = split_marker(wish)
    address, extras = split_extras(wish, address)
    return _at_address(replace(wish, extras=extras, marker=marker), address)


def _from_path(wish: Wish) -> RequestedItem | LocalProject:
    text, marker = wish.written, ""
    # A semicolon may be a part of a file's name, but hardly ever is.
    if ";" in text and not os.path.exists(absolute_path(text, wish.folder)):
        text, _, marker = text.partition(";")
        marker = read_marker(wish, marker)
    path = absolute_path(text.strip(), wish.folder)
    extras: frozenset[str] = frozenset()
    if not os.path.exists(path):
        text, extras = split_extras(wish, text.strip())
        path = absolute_path(text, wish.folder)
    return _at_path(replace(wish, extras=extras, marker=marker), path)


def _at_address(wish: Wish, address: str) -> RequestedItem | LocalProject:
    address, _, fragment = address.partition("#")
    pairs = read_fragment(fragment)
    wish = named_by_egg(replace(wish, fragment=pairs))
    if re.search(r"\s", address) or not _can_be_split(address):
        raise wish.error("is not an address", "Write %20 for a space")
    if address.lower().startswith("file:"):
        try:
            path = path_of_address(address, wish.folder)
        except RequestError as error:
            raise wish.error(f"cannot be used: {error.problem}", error.hint) from error
        return _at_path(wish, path)
    if wish.editable:
        raise _not_editable(wish, address)
    if not is_repository(address) and address.lower().endswith(".whl"):
        wish = named_by_wheel(wish, unquote(address.rpartition("/")[2]))
    return _item(wish, address)


def _can_be_split(address: str) -> bool:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:  # brackets that are no IPv6 address, a port that is no number
        # `git+ssh://git@host:path` is what SSH itself writes; git takes it, so it may pass.
        return is_repository(address) and "[" not in address
    return bool(parts.netloc or parts.path.strip("/"))


def _not_editable(wish: Wish, address: str) -> RequestError:
    if is_repository(address):
        plain = address.partition("+")[2]
        return wish.error(
            "is a repository elsewhere, which cannot be edited",
            f"Clone {plain} and install the clone with -e PATH, or leave out -e",
        )
    return wish.error("is not a source tree on this machine", "Leave out -e")


def _item(wish: Wish, address: str) -> RequestedItem:
    """Return the item for an address whose fragment is `wish.fragment`."""
    kept = [f"{key}={value}" for key, value in wish.fragment if key != "egg"]
    whole = address + ("#" + "&".join(kept) if kept else "")
    hashes = tuple((key, value.lower()) for key, value in wish.fragment if key in _HASHES)
    marker = f" ; {wish.marker}" if wish.marker else ""
    if not wish.name:
        if wish.extras:
            raise wish.error("has extras but no name", "Write name[extra] @ address")
        return RequestedItem(text=whole + marker, hashes=hashes, origin=wish.origin)
    extras = f"[{','.join(sorted(wish.extras))}]" if wish.extras else ""
    text = f"{wish.name}{extras} @ {whole}{marker}"
    parsed = standard(text)
    if isinstance(parsed, str):
        raise wish.error(f"is not a requirement: {parsed}")
    return RequestedItem(text=str(parsed), requirement=parsed, hashes=hashes, origin=wish.origin)


def _at_path(wish: Wish, path: str) -> RequestedItem | LocalProject:
    if os.path.isdir(path):
        return _project(wish, path)
    if not os.path.lexists(path):
        hint = (
            ""
            if looks_like_path(wish.written)
            else "Check the spelling, and the directory it is in"
        )
        raise wish.error(f"is not there: no file or directory {path}", hint)
    if not is_archive(path):
        raise wish.error(
            "is neither a wheel nor a source archive nor a directory",
            f"Write -r {wish.written} to read requirements from a file",
        )
    if wish.editable:
        raise wish.error("is a file, and only a directory can be edited", "Leave out -e")
    name = os.path.basename(path)
    wish = (
        named_by_wheel(wish, name) if name.lower().endswith(".whl") else named_by_sdist(wish, name)
    )
    return _item(wish, file_url(path))


def _project(wish: Wish, path: str) -> LocalProject:
    wish = named_by_egg(wish)
    subdirectory = unquote(dict(wish.fragment).get("subdirectory", ""))
    named = os.path.join(path, subdirectory) if subdirectory else path
    real = os.path.realpath(named)
    if not os.path.isdir(real):
        raise wish.error(f"has no subdirectory {subdirectory!r}")
    if not any(os.path.isfile(os.path.join(real, name)) for name in ("pyproject.toml", "setup.py")):
        raise wish.error(
            f"cannot be built: {real} has neither pyproject.toml nor setup.py",
            "Name the directory that holds one of them",
        )
    return LocalProject(
        path=real,
        editable=wish.editable,
        extras=frozenset(canonicalize_name(extra) for extra in wish.extras),
        marker=wish.marker,
        origin=wish.origin,
        name=canonicalize_name(wish.name) if wish.name else "",
        straight=os.path.normpath(named) == real,
    )
