"""A glance: nothing to do is known from a few stats, before anything else is imported.

The same command line, in the same place and under the same variables, gets the same answer as long
as everything that decided the answer looks the same. This module remembers an answer of "nothing to
do" with the signatures of what decided it, and looks at them again. What a glance cannot see is
what lies deeper than a package's own folder: that is left to the commands that look at every file.

It must not import the rest of trueup: `json` alone would cost more than the whole glance.
"""

from __future__ import annotations

import marshal
import os
import sys
from time import time_ns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    Signature = tuple[int, int, int, int]
    Look = tuple[str, Signature | None]
    # A folder with its separator, the names in it, and the four numbers of each.
    Row = tuple[str, str, bytes]

__all__ = ["forget", "look", "looks", "recall", "remember", "store_root"]

_FORMAT = 6
_SEVERAL = 4  # names in a folder: to open it takes less than to walk there for each of them
_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0)
_BY_FOLDER = os.stat in os.supports_dir_fd
_RACY = 50_000_000  # nanoseconds; what changed so lately may change again within one clock tick
_COARSE = 2_500_000_000  # the same where a file system counts in seconds, or in two of them
_ON_LINUX = bool(sys.platform == "linux")
_DECIDING = (
    *("CONDA_PREFIX", "HOME", "PATH", "TOX_UV_PATH", "VIRTUAL_ENV"),
    *("APPDATA", "PROGRAMDATA", "USERPROFILE"),  # where settings of pip and uv are on Windows
    *("PRE_COMMIT_HOME", "PREK_HOME"),  # a project that lies there is a runner's own
)
_DECIDING_PREFIXES = ("PIP_", "TRUEUP_", "UV_", "XDG_")


def look(
    arguments: Sequence[str],
    *,
    variables: Mapping[str, str] | None = None,
    is_as_pictured: Callable[[str, str, str], bool] | None = None,
) -> str | None:
    """Return what was printed when there was nothing to do, if that still holds; else None.

    Arguments as for `recall`.
    """
    message = recall(arguments, variables=variables, is_as_pictured=is_as_pictured)
    return None if message is None else str(message)


def recall(
    arguments: Sequence[str],
    *,
    variables: Mapping[str, str] | None = None,
    is_as_pictured: Callable[[str, str, str], bool] | None = None,
) -> Any:
    """Return what `remember` was given, if all that it stood on still looks the same; else None.

    Args:
        arguments: the whole command line behind the program's name.
        variables: environment variables that a build would start from; None for the process's own.
            Those that tell where things are, are the process's own in any case.
        is_as_pictured: looks at every file of what was to be made anew; without it there is no
            answer that stands on a picture.
    """
    try:
        key = _key(arguments)
        with open(_path(key), "rb") as source:
            if hasattr(os, "getuid") and os.fstat(source.fileno()).st_uid != os.getuid():
                return None
            known = marshal.loads(source.read())  # noqa: S302 - our own file, owner checked
        form, found_key, stands, message, rows, links, absent, unset, families, picture = known
    except (OSError, ValueError, EOFError, TypeError):
        return None
    # A time to come is a clock that was set back: nobody knows how old the answer is.
    if form != _FORMAT or found_key != key or (stands and not stands[0] <= time_ns() <= stands[1]):
        return None
    if not _unchanged(rows):
        return None
    around = os.environ if variables is None else variables
    changed = (
        any(_signature(place, os.lstat) != signature for place, signature in links)
        or any(os.path.lexists(place) for place in absent)
        or any(name in around for name in unset)
        or (families[0] and _family(around, families[0]) != families[1])
    )
    if picture and not changed:
        changed = is_as_pictured is None or not is_as_pictured(*picture)
    return None if changed else message


def _unchanged(rows: Iterable[Row]) -> bool:
    """Whether all looks the same; a loop without calls, as a project has thousands of files."""
    stat = os.stat
    try:
        for folder, names, packed in rows:
            found = names.split("\0")
            numbers = iter(memoryview(packed).cast("q").tolist())
            near = _BY_FOLDER and len(found) >= _SEVERAL
            top, start = (os.open(folder, _FOLDER), "") if near else (None, folder)
            try:
                for name, written, changed, inode, size in zip(found, *[numbers] * 4, strict=True):
                    now = stat(start + name, dir_fd=top)
                    if now.st_ctime_ns != changed or now.st_mtime_ns != written:
                        return False
                    if now.st_ino != inode or now.st_size != size:
                        return False
            finally:
                if top is not None:
                    os.close(top)
    except (OSError, ValueError, TypeError):
        return False
    return True


def remember(  # noqa: PLR0913 - all that an answer can stand on
    arguments: Sequence[str],
    message: object,
    *,
    places: Iterable[str],
    absent: Iterable[str] = (),
    marks: Iterable[Look] = (),
    links: Iterable[Look] = (),
    unset: Iterable[str] = (),
    variables: Mapping[str, str] | None = None,
    since: int = 0,
    seconds: float = 0.0,
    until: float = 0.0,
    picture: tuple[str, str, str] | None = None,
) -> bool:
    """Remember that `arguments` found nothing to do; return whether it can be trusted to.

    Args:
        arguments: the whole command line behind the program's name.
        message: what was printed, or anything else that `marshal` takes.
        places: files and directories that decided; of a directory, what lies directly in it
            decides too.
        absent: paths that have to be missing.
        marks: paths and their signatures, which were taken before the answer was found.
        links: the same for links, which are not followed.
        unset: environment variables that have to be unset; with "*" at its end a name stands for
            all that begin so, of which the same have to be set.
        variables: as for `look`.
        since: when somebody began to look for the answer, in nanoseconds since the epoch, if not
            just now: what changed later may have changed behind their back.
        seconds: how long the answer stands; 0 for as long as everything looks the same.
        until: when it ends, in seconds since the epoch; 0.0 for never.
        picture: an environment that was made anew, its state directory, and the identity of its
            picture: the answer is what it took to make it anew, and stands where it looks so.
    """
    now = time_ns()
    signatures, aside = [*looks(places), *marks], list(links)
    if any(one is None or _is_young(*one[:2], since or now) for _, one in (*signatures, *aside)):
        return False
    rows = _rows(signatures)
    if rows is None:
        return False
    around = os.environ if variables is None else variables
    names = [name for name in unset if name[-1:] != "*"]
    if any(name in around for name in names):
        return False
    starts = tuple(name[:-1] for name in unset if name[-1:] == "*")
    ends = [int(until * 1e9)] if until else []
    ends += [now + int(seconds * 1e9)] if seconds else []
    stands = (now, min(ends)) if ends else None
    try:
        path = _path(key := _key(arguments))
        known: Any = (_FORMAT, key, stands, message, rows, aside, list(absent), names)
        content = marshal.dumps((*known, (starts, _family(around, starts)), picture))
        temporary = f"{path}.{os.getpid()}.{now}"
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(content)
        os.replace(temporary, path)
    except OSError:  # a store that cannot be written to costs time, and nothing else
        return False
    return True


def forget(arguments: Sequence[str]) -> None:
    """Forget what was remembered of `arguments`: it came to something else."""
    try:
        os.unlink(_path(_key(arguments)))
    except OSError:  # there is nothing, or it cannot be written to
        return


def _is_young(written: int, changed: int, began: int) -> bool:
    """Whether it may have changed after somebody had begun to look, and show the same times."""
    coarse = written % 1_000_000_000 == changed % 1_000_000_000 == 0
    return max(written, changed) > began - (_COARSE if coarse else _RACY)


def _family(variables: Mapping[str, str], starts: tuple[str, ...]) -> list[str]:
    """Return the names that begin so."""
    return sorted(name for name in variables if name.startswith(starts))


def looks(places: Iterable[str], *, entries: bool = True) -> list[Look]:
    """Return how files and directories look.

    Args:
        places: which.
        entries: of a directory, also what lies directly in it.
    """
    found: dict[str, None] = {}
    for place in places:
        found[place] = None
        if entries and os.path.isdir(place):
            found.update((os.path.join(place, name), None) for name in os.listdir(place))
    return [(place, _signature(place)) for place in found]


def _rows(signatures: Iterable[Look]) -> list[Row] | None:
    """Return the same by folder; None where one thing was seen to look in two ways."""
    from array import array

    folders: dict[str, dict[str, Signature | None]] = {}
    for place, signature in signatures:
        folder, separator, name = place.rpartition(os.sep)
        inside = folders.setdefault(folder + separator if name else "", {})
        if inside.setdefault(name or place, signature) != signature:
            return None
    try:
        return [
            (
                folder,
                "\0".join(inside),
                array("q", (one for each in inside.values() for one in each or ())).tobytes(),
            )
            for folder, inside in folders.items()
        ]
    except OverflowError:  # numbers that no file system of ours has
        return None


def _signature(path: str, look_at: Callable[[str], os.stat_result] = os.stat) -> Signature | None:
    try:
        status = look_at(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_size


def _key(arguments: Sequence[str]) -> str:
    """Return a digest of all that tells one question from another; passwords may be among that."""
    try:  # `hashlib` loads OpenSSL, and takes longer than a glance
        from _blake2 import blake2b
    except ImportError:
        from hashlib import blake2b
    variables = sorted(
        (name, value)
        for name, value in os.environ.items()
        if name in _DECIDING or name.startswith(_DECIDING_PREFIXES)
    )
    interpreter = (sys.executable, sys.hexversion, __file__)
    version = _signature(__file__)  # another trueup in its place may know of more that decides
    told = (*arguments, os.getcwd(), *interpreter, version, *_machine(), tuple(variables))
    return blake2b(repr(told).encode(), digest_size=32).hexdigest()


def _machine() -> tuple[bytes, str]:
    """Return which run of the machine this is, and its C library, which wheels may ask for.

    What was seen before a power cut may be lost.
    """
    if not _ON_LINUX:
        return b"", ""  # asking costs more than a glance, and no file system loses so much
    try:
        with open("/proc/sys/kernel/random/boot_id", "rb") as source:
            boot = source.read()
        return boot, os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (OSError, ValueError):  # not the GNU library, or nobody may look
        return b"", ""


def _path(key: str) -> str:
    return os.path.join(store_root(), "v1", "glances", key[:16])


def store_root() -> str:
    """Return where the store is: TRUEUP_CACHE_DIR, or else in the user's own cache directory."""
    given = os.environ.get("TRUEUP_CACHE_DIR")
    if given:
        return os.path.abspath(os.path.expanduser(given))
    if _ON_LINUX:  # platformdirs' own rule there, without its 18 ms
        base = os.environ.get("XDG_CACHE_HOME", "").strip()
        return os.path.join(base or os.path.expanduser("~/.cache"), "trueup")
    from platformdirs import user_cache_dir

    return user_cache_dir("trueup", appauthor=False)
