"""The picture of an environment: how everything in it looked when it had just been made anew.

Whoever makes an environment anew promises one as if made from nothing. Where each file, directory
and link looks as in the picture, by inode and ctime, which no program can set, what is there is
just that, once what else lies there is gone. One stat for each tells, and nothing is written.

Like a glance, this imports next to nothing.
"""

from __future__ import annotations

import marshal
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array
    from collections.abc import Collection, Iterator, Sequence
    from typing import Any

    Rows = Sequence[Any]  # the paths, then the four columns of numbers

__all__ = ["NAME", "VOLATILE", "Columns", "is_as_pictured", "write_picture"]

_FORMAT = "trueup picture 1"
_CACHE = "__pycache__"
_MANY = 4000  # files and directories, from which on a second process is worth its start
NAME = "picture"
_IMPORTED = "imported"
VOLATILE = frozenset([NAME, "lock", "holder.json", _IMPORTED])
"""What comes and goes in a state directory by itself."""


class Columns:
    """Files, or directories, in the order in which they are looked at.

    Attributes:
        paths: relative to the environment's directory.
        numbers: of each ctime, inode, mtime; the size of a file, or the mode of a directory.
    """

    def __init__(self) -> None:
        """Begin with none."""
        from array import array

        self.paths: list[str] = []
        self.numbers: tuple[array[int], ...] = tuple(array("q") for _ in range(4))

    def add(self, path: str, signature: Sequence[int]) -> None:
        """Add one.

        Raises:
            OverflowError: a number is greater than those of file systems are.
        """
        self.paths.append(path)
        for column, number in zip(self.numbers, signature, strict=True):
            column.append(number)

    def packed(self) -> tuple[str, list[bytes]]:
        """Return the same for `marshal`."""
        return "\0".join(self.paths), [column.tobytes() for column in self.numbers]


def write_picture(
    state: str, identity: str, device: int, files: Columns, directories: Columns
) -> None:
    """Write the picture of an environment.

    Args:
        state: the state directory, which lies directly in the environment's directory.
        identity: what tells of what it was made.
        device: which all of it lies on.
        files: everything but directories; what lies in the state directory too.
        directories: all of them, the environment's own as "."; not the state directory.

    Raises:
        OSError: it cannot be written.
    """
    start = os.path.basename(state) + "/"
    paths = (*files.paths, *directories.paths)
    noted = tuple({path.split("/")[1] for path in paths if path.startswith(start)})
    made = (identity, _mask(), device, noted)
    known: Any = (_FORMAT, *made, files.packed(), directories.packed())
    path = os.path.join(state, NAME)
    temporary = f"{path}.{os.urandom(16).hex()}"
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(marshal.dumps(known))
    os.replace(temporary, path)


def _mask() -> int:
    """Return the umask, which there is no way to ask for but to set it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def is_as_pictured(root: str, state: str, identity: str) -> bool:
    """Whether an environment is as its picture shows it, but for bytecode; that is deleted then.

    Args:
        root: its directory, absolute.
        state: its state directory.
        identity: what it has to be made of.
    """
    try:
        with open(os.path.join(state, NAME), "rb") as source:
            if os.fstat(source.fileno()).st_uid != os.getuid():
                return False
            known = marshal.loads(source.read())  # noqa: S302 - our own file, owner checked
        form, found, mask, device, noted, files, directories = known
        if (form, found, mask) != (_FORMAT, identity, _mask()) or not _is_quiet(state, noted):
            return False
        return _is_right(root, state, device, _unpacked(*files), _unpacked(*directories))
    except (OSError, ValueError, EOFError, TypeError):
        return False


def _unpacked(paths: str, columns: Sequence[bytes]) -> Rows:
    return [paths.split("\0"), *(memoryview(each).cast("q") for each in columns)]


def _is_quiet(state: str, noted: Sequence[str]) -> bool:
    """Whether nobody is at work, and nobody was interrupted."""
    present = os.listdir(state)
    return "holder.json" not in present and VOLATILE.union(noted).issuperset(present)


def _is_right(root: str, state: str, device: int, files: Rows, directories: Rows) -> bool:
    """Look at everything; where it is right, see to it that there is nothing else.

    Raises:
        OSError: something is missing, or cannot be deleted.
    """
    top = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if os.fstat(top).st_dev != device:
            return False
        touched = _seen(top, files, directories)
    finally:
        os.close(top)
    if not touched:
        return touched is not None
    known = {*files[0], *directories[0], os.path.basename(state)}
    strangers = [path for path in _entries(root, touched) if path not in known]
    # What Python compiled by itself is missed by nobody, not even half of it. All else is for those
    # who can be interrupted.
    if not all(_CACHE in path.split("/") for path in strangers):
        return False
    if _tell_more(root, state, strangers, files[0]):
        return False
    return not strangers or _removed(root, state, strangers)


def _tell_more(root: str, state: str, strangers: Sequence[str], sources: Collection[str]) -> bool:
    """Whether modules were imported of which nobody knew that they are; once for each of them.

    Whoever makes the environment anew without a picture learns of it, and has their bytecode come
    along from then on; see `acquisition.anticipation`.
    """
    if not strangers:
        return False
    known = frozenset(sources)
    found = {path for path in map(_source, _bytecode(root, strangers)) if path in known}
    note = os.path.join(state, _IMPORTED)
    try:
        with open(note, encoding="utf-8", errors="surrogateescape") as source:
            before = source.read().split("\0")
    except FileNotFoundError:
        before = []
    if found.issubset(before):
        return False
    text = "\0".join(sorted(found.union(before)))
    temporary = f"{note}.{os.urandom(16).hex()}"
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(text.encode("utf-8", "surrogateescape"))
    os.replace(temporary, note)
    return True


def _bytecode(root: str, strangers: Sequence[str]) -> Iterator[str]:
    """Yield what joined a folder of bytecode that was there, and what is in those that came."""
    for path in strangers:
        if os.path.basename(path) != _CACHE:
            yield path
        else:
            for name in os.listdir(os.path.join(root, path)):
                yield f"{path}/{name}"


def _source(path: str) -> str:
    """Return what Python compiled: no optimised bytecode and none of pytest has two dots."""
    folder, _, name = path.rpartition("/")
    plain = name.endswith(".pyc") and name.count(".") == 2
    return f"{folder.removesuffix(_CACHE)}{name.partition('.')[0]}.py" if plain else ""


def _seen(top: int, files: Rows, directories: Rows) -> list[str] | None:
    """Look at all files and directories; in a large environment, with a second process.

    Returns:
        The directories whose entries have changed; None where anything is not as it was.
    """
    number = len(files[0]) + len(directories[0])
    if number < _MANY or _processors() < 2:
        return _touched(top, directories) if _are_unchanged(top, files) else None
    half = number // 2  # nine tenths of looking are the kernel's, and done where it is asked
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if _are_unchanged(top, [each[:half] for each in files]) else 1
        finally:
            os._exit(code)
    try:
        found = _touched(top, directories)
        mine = found is not None and _are_unchanged(top, [each[half:] for each in files])
    finally:
        _, status = os.waitpid(child, 0)
    return found if mine and status == 0 else None


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return 1  # elsewhere nobody has measured it


def _are_unchanged(top: int, columns: Rows) -> bool:
    """Whether files look as they did."""
    stat = os.stat
    paths, *numbers = columns
    for path, changed, inode, written, size in zip(paths, *map(list, numbers), strict=True):
        now = stat(path, dir_fd=top, follow_symlinks=False)
        if now.st_ctime_ns != changed or now.st_ino != inode:
            return False
        if now.st_mtime_ns != written or now.st_size != size:
            return False
    return True


def _touched(top: int, columns: Rows) -> list[str] | None:
    """Return the directories whose entries have changed; None where one is another."""
    stat = os.stat
    found: list[str] = []
    paths, *numbers = columns
    for path, changed, inode, written, mode in zip(paths, *map(list, numbers), strict=True):
        now = stat(path, dir_fd=top, follow_symlinks=False)
        if now.st_ino != inode or now.st_mode != mode:
            return None
        if now.st_ctime_ns != changed or now.st_mtime_ns != written:
            found.append(path)
    return found


def _entries(root: str, directories: Sequence[str]) -> Iterator[str]:
    for directory in directories:
        start = "" if directory == "." else f"{directory}/"
        for name in os.listdir(os.path.join(root, directory)):
            yield start + name


def _removed(root: str, state: str, strangers: Collection[str]) -> bool:
    """Delete what does not belong there; return False where somebody else is at work.

    Raises:
        OSError: something cannot be deleted.
    """
    from trueup.destination.posix_lock import PosixLock

    lock = PosixLock(os.path.join(state, "lock"))
    if not lock.take():
        return False
    try:
        if os.path.lexists(os.path.join(state, "journal")):
            return False
        for path in strangers:
            _remove(os.path.join(root, path))
    finally:
        lock.release()
    return True


def _remove(path: str) -> None:
    if os.path.islink(path) or not os.path.isdir(path):
        os.unlink(path)
        return
    for name in os.listdir(path):
        _remove(os.path.join(path, name))
    os.rmdir(path)
