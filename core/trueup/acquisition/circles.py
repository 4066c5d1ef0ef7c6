"""Whether a link leads back to where it lies; asked inside the processes of a build.

The question behind `guard`, with which it is copied beside the build: CPython 3.8 and later,
standard library only, and nothing imported that a starting Python has not loaded anyway.
"""

from __future__ import annotations

import os
import stat
from time import time_ns as _now

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

__all__ = ["is_busy", "leads_back", "report_to", "without_circles"]

# A cycle that runs through other folders is looked for in so many of them at most: beyond that a
# walk still ends, because no folder is entered below itself, but may see a part of it twice.
_FOLDER_LIMIT = 4096
_REMEMBER = 5.0  # seconds
_YOUNG = 2_500_000_000  # nanoseconds: some file systems count by two seconds

_log = ""
_reported: set[str] = set()
_below: dict[str, tuple[str, ...]] = {}
_below_since = 0.0
_without_links: dict[tuple[int, int], tuple[int, int]] = {}
_busy = 0


def is_busy() -> bool:
    """Whether the guard itself is looking around: whoever records a build leaves that out."""
    return _busy > 0


def without_circles(
    folder: Any, names: Iterable[Any], entries: Iterable[os.DirEntry[Any]] | None = None
) -> list[Any]:
    """Return `names`, which lie in `folder`, without the links among them that lead back.

    With `entries`, where the caller has them, nothing needs to be looked up to know the links.
    """
    global _busy  # noqa: PLW0603 - one flag of this process
    names = list(names)
    folder = os.fspath(folder) or (b"." if isinstance(folder, bytes) else ".")
    place = os.fsdecode(folder)
    _busy += 1
    try:
        if entries is None:
            links = _links_among(place, names)
        else:
            links = [os.fsdecode(entry.name) for entry in entries if _is_link_entry(entry)]
        back = {name for name in links if leads_back(place, name)}
    finally:
        _busy -= 1
    return [name for name in names if os.fsdecode(name) not in back] if back else names


def _links_among(folder: str, names: list[Any]) -> list[str]:
    if len(names) < 16:  # asking for each costs less than listing the folder again
        decoded = [os.fsdecode(name) for name in names]
        return [name for name in decoded if _is_link(os.path.join(folder, name))]
    try:
        now = os.stat(folder)
        key, times = (now.st_dev, now.st_ino), (now.st_mtime_ns, now.st_ctime_ns)
        if _without_links.get(key) == times:
            return []
        with os.scandir(folder) as entries:
            links = [entry.name for entry in entries if _is_link_entry(entry)]
    except OSError:
        return []
    # A backend lists each folder a dozen times. One that just changed may change again, and not
    # look so.
    if not links and _now() - max(times) > _YOUNG:
        _without_links[key] = times
    return links


def leads_back(folder: str, name: str) -> bool:
    """Whether entering the link `name` in `folder`, itself reached through links or not, circles.

    It does when the folder that it names is one of those on the way to it, by device and inode:
    real paths alone miss links between neighbours. And it does when links below it lead to one.
    """
    path = os.path.join(folder, name)
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return False  # dangling, or a link to itself: nothing to enter
    if not stat.S_ISDIR(found.st_mode):
        return False
    if (found.st_dev, found.st_ino) in _on_the_way_to(folder) or _reaches(
        os.path.realpath(path), os.path.realpath(folder)
    ):
        _report(path)
        return True
    return False


def _on_the_way_to(folder: str) -> set[tuple[int, int]]:
    """Return device and inode of `folder` and of all above it, as walked and as they really lie.

    With what really lies above each link on the way in it, only links need ever be asked about: a
    folder that is above none of these holds none of them.
    """
    identities: set[tuple[int, int]] = set()
    path, below = os.path.abspath(folder), ""
    _add_with_all_above(path, identities)
    while path != below:
        if _is_link(path):
            _add_with_all_above(os.path.realpath(path), identities)
        path, below = os.path.dirname(path), path
    return identities


def _add_with_all_above(path: str, identities: set[tuple[int, int]]) -> None:
    below = ""
    while path != below:
        try:
            found = os.stat(path)
        except OSError:
            return
        identities.add((found.st_dev, found.st_ino))
        path, below = os.path.dirname(path), path


def _reaches(start_at: str, folder: str) -> bool:
    """Whether a walk that follows links comes from `start_at` to `folder`; both are real paths."""
    waiting = [start_at]
    seen = {start_at}
    while waiting:
        path = waiting.pop()
        if folder == path or folder.startswith(os.path.join(path, "")):
            return True
        for target in _links_below(path):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return False


def _links_below(path: str) -> tuple[str, ...]:
    """Return where the links to folders below `path` lead, without following one."""
    global _below_since  # noqa: PLW0603 - what is remembered belongs to this process
    from time import monotonic

    if monotonic() - _below_since > _REMEMBER:
        _below.clear()
        _below_since = monotonic()
    if path not in _below:
        _below[path] = tuple(_find_links(path))
    return _below[path]


def _find_links(path: str) -> Iterator[str]:
    waiting = [path]
    looked_at = 0
    while waiting and looked_at < _FOLDER_LIMIT:
        looked_at += 1
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if _is_link_entry(entry):
                        if entry.is_dir():
                            yield os.path.realpath(entry.path)
                    elif entry.is_dir():
                        waiting.append(entry.path)
        except OSError:
            continue  # not ours to read, or gone meanwhile: no walk gets through it either


def _is_link(path: str) -> bool:
    is_junction = getattr(os.path, "isjunction", None)  # 3.12 and later; True on Windows only
    return os.path.islink(path) or (is_junction is not None and is_junction(path))


def _is_link_entry(entry: os.DirEntry[Any]) -> bool:
    is_junction = getattr(entry, "is_junction", None)
    return entry.is_symlink() or (is_junction is not None and is_junction())


def _report(path: str) -> None:
    link = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
    if not _log or link in _reported:
        return
    _reported.add(link)
    import json

    line = json.dumps({"link": link, "target": os.path.realpath(path)}) + "\n"
    try:
        with open(_log, "a", encoding="utf-8") as stream:
            stream.write(line)
    except OSError:
        pass  # a build is not to fail because it cannot be told of


def report_to(workspace: str) -> None:
    """From now on write a line of JSON about each link that is left out into `workspace`."""
    global _log  # noqa: PLW0603 - one log for this process
    _log = os.path.join(workspace, "links.jsonl")
