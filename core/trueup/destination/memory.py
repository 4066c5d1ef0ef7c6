"""What was learned of interpreters, remembered on disk so that they need not be started again.

One file for each path that was asked. It counts only while the file at that path, and the
machine, are the same as when it was written; anything else, and anything unreadable, means to ask
again. A store that cannot be written to remembers nothing, and that is no error.

It is written by `marshal`, behind a checksum, as `json` and `hashlib` take longer to import than
all that is done with what they read; who reads it has seen that the folder is the user's alone.
"""

from __future__ import annotations

import marshal
import os
import zlib

from trueup.destination.venv_config import find_config

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["identity", "recall", "remember"]

_FORMAT = 2
_MARSHAL = 4  # the version that every Python which may run trueup reads


def identity(executable: str) -> list[Any]:
    """Return what tells whether the interpreter at a path is still the same one.

    Args:
        executable: an absolute path.

    Raises:
        OSError: there is no such file.
    """
    resolved = os.path.realpath(executable)
    config = find_config(executable)
    return [
        _FORMAT,
        executable,
        resolved,
        _signature(resolved),
        [config, _signature(config)] if config else None,
        _machine(),
    ]


def _signature(path: str) -> list[int]:
    status = os.stat(path)
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def _machine() -> list[str]:
    """Return what markers and tags depend on beside the interpreter: kernel and C library."""
    if os.name != "posix":
        import platform

        return [platform.platform()]
    system, _node, release, version, machine = os.uname()
    try:
        libc = os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (AttributeError, OSError, ValueError):  # not the GNU library
        libc = ""
    return [system, release, version, machine, libc]


def recall(memory: str, kind: str, subject: str, expected: Any) -> Any:
    """Return what `remember` was given for the same subject, if what was expected is the same.

    Args:
        memory: the folder.
        kind: "interpreter" or "tags".
        subject: whom it is about.
        expected: what must be as it was; lists, strings, numbers and None.

    Returns:
        None if nothing is remembered.
    """
    try:
        with open(_path(memory, kind, subject), "rb") as file:
            seal, content = file.read(4), file.read()
        if seal != _seal(content):
            return None
        content = marshal.loads(content)  # noqa: S302 - our own file, in a folder that is ours alone
        return content["answer"] if content["expected"] == expected else None
    except (OSError, ValueError, EOFError, KeyError, TypeError):  # absent or damaged: ask again
        return None


def remember(memory: str, kind: str, subject: str, expected: Any, answer: Any) -> None:
    """Write down an answer, all or nothing."""
    path = _path(memory, kind, subject)
    content = marshal.dumps({"expected": expected, "answer": answer}, _MARSHAL)
    temporary = f"{path}.{os.getpid()}-{os.urandom(6).hex()}"
    try:
        os.makedirs(memory, mode=0o700, exist_ok=True)
        with open(temporary, "wb") as file:
            file.write(_seal(content) + content)
        os.replace(temporary, path)
    except OSError:  # nothing depends on being remembered
        return


def _seal(content: bytes) -> bytes:
    return zlib.crc32(content).to_bytes(4, "big")


def _path(memory: str, kind: str, subject: str) -> str:
    # Two subjects with one name take each other's place, and are told apart by what is expected.
    name = os.fsencode(subject)
    return os.path.join(memory, f"{kind}-{zlib.crc32(name):08x}{zlib.adler32(name):08x}")
