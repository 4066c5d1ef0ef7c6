"""The skeleton of a virtual environment: what trueup makes before anything is installed.

pyvenv.cfg, the links to the Python and the activation scripts belong to no distribution, so no
RECORD tells of them. What they were is noted, whole, when they are made; they are small. Where
somebody else has made the environment anew since, the note tells nothing any more.
"""

from __future__ import annotations

import os
import zlib

from trueup.destination.environment import STATE
from trueup.destination.private import private
from trueup.destination.venv_config import NAME, read_config
from trueup.errors import BrokenEnvironment, EnvironmentProblem
from trueup.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Literal, NoReturn

__all__ = [
    "Part",
    "add_to_config",
    "altered_parts",
    "has_note",
    "intact_parts",
    "mend_skeleton",
    "note_of",
    "note_skeleton",
    "refuse_hollow",
    "replace_file",
    "way_out",
]

_NOTE = "skeleton"
_FORMAT = "trueup skeleton 2 "
# What other makers of environments write, and trueup does not: `venv` from 3.11 on, uv, virtualenv.
_SIGNS_OF_OTHERS = frozenset(["command", "uv", "virtualenv"])


@dataclass(frozen=True, slots=True)
class Part:
    """One file or link.

    Attributes:
        path: relative to the environment's directory.
        kind: "file" or "link".
        content: its text, or where it leads.
    """

    path: str
    kind: Literal["file", "link"]
    content: str


def note_skeleton(root: str, parts: Sequence[Part]) -> None:
    """Note what an environment was made of.

    Args:
        root: its directory.
        parts: in the order in which they are put back: the Python comes last.

    Raises:
        OSError: it cannot be written.
    """
    state = os.path.join(root, STATE)
    if os.path.islink(state):
        return  # whoever wants the lock says what is wrong with it
    os.makedirs(state, mode=0o700, exist_ok=True)
    # By hand and not by `json`, which takes as long to import as all of this to do.
    content = "".join(
        f"{part.kind} {len(part.path)} {len(part.content)}\n{part.path}{part.content}\n"
        for part in parts
    )
    replace_file(_note(root), f"{_FORMAT}{_digest(content)}\n{content}", owner_only=True)


def has_note(root: str) -> bool:
    """Whether trueup noted what the environment in `root` was made of."""
    return os.path.isfile(_note(root))


def add_to_config(root: str, text: str) -> None:
    """Add lines to the pyvenv.cfg of an environment that trueup has just made.

    Raises:
        OSError: it cannot be written.
    """
    path = os.path.join(root, NAME)
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
        config = file.read() + text
    replace_file(path, config)
    parts = _read(root)
    if parts:
        config_at = [part.path for part in parts].index(NAME)
        parts[config_at] = Part(NAME, "file", config)
        note_skeleton(root, parts)


def altered_parts(root: str) -> list[tuple[str, Literal["missing", "altered"]]]:
    """Return each file or link, absolute, that is not as trueup made it; in order of path.

    Raises:
        EnvironmentProblem: a file cannot be read.
    """
    return [(path, kind) for path, kind, _ in sorted(_find(root))]


def note_of(root: str) -> bytes:
    """Return the note itself, which is the same where an environment was made of the same.

    Raises:
        OSError: there is none.
    """
    with open(_note(root), "rb") as file:
        return file.read()


def intact_parts(root: str) -> frozenset[str]:
    """Return the paths, relative to `root`, of what it was made of; none unless all is so still.

    Raises:
        OSError: a file cannot be read.
    """
    parts = _read(root)
    intact = all(_compare(os.path.join(root, part.path), part) is None for part in parts)
    return frozenset(part.path for part in parts) if intact else frozenset()


def mend_skeleton(root: str) -> list[str]:
    """Put back what is not as trueup made it; return the paths. The caller holds the lock.

    Raises:
        EnvironmentProblem: something cannot be put back: a folder is in its place, say.
    """
    mended = []
    for path, _, part in list(_find(root)):
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if part.kind == "file":
                replace_file(path, part.content)
            else:
                temporary = f"{path}.{os.urandom(16).hex()}"
                os.symlink(part.content, temporary)
                _replace(temporary, path)
        except OSError as error:
            problem = f"{path} cannot be put back: {error.strerror or error}"
            raise EnvironmentProblem(problem, hint="Remove what is in its place.") from error
        mended.append(path)
    return mended


def refuse_hollow(root: str) -> None:
    """Refuse a directory whose Python takes itself for another installation.

    A virtual environment whose pyvenv.cfg is gone or empty is one: what is installed into it would
    land in the Python that it was made from.

    Raises:
        BrokenEnvironment: it was an environment.
    """
    path = os.path.join(root, NAME)
    if os.path.isfile(path):
        _refuse(root, f"its {NAME} makes no environment of it")
    if has_note(root):
        _refuse(root, f"its {NAME} is missing")


def _refuse(root: str, reason: str) -> NoReturn:
    problem = f"the virtual environment {root} is broken: {reason}"
    raise BrokenEnvironment(problem, hint=way_out(root), root=root)


def way_out(root: str) -> str:
    """Return what to do about a broken environment: mend it, where that is known to help."""
    if altered_parts(root):
        return f"Mend it with `trueup install --repair -p {root}`."
    return f"Make it anew with `trueup venv --clear {root}`."


def replace_file(path: str, text: str, *, owner_only: bool = False) -> None:
    """Write a file, all or nothing.

    Args:
        path: absolute.
        text: what it holds afterwards.
        owner_only: nobody else may read it, whatever the umask.

    Raises:
        OSError: it cannot be written.
    """
    temporary = f"{path}.{os.urandom(16).hex()}"
    opener = private if owner_only else None
    with open(
        temporary, "w", encoding="utf-8", errors="surrogateescape", newline="", opener=opener
    ) as file:
        file.write(text)
    _replace(temporary, path)


def _replace(temporary: str, path: str) -> None:
    try:
        os.replace(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise


def _note(root: str) -> str:
    return os.path.join(root, STATE, _NOTE)


def _read(root: str) -> list[Part]:
    """Return what was noted; nothing where the note is gone, damaged, or of another format."""
    try:
        with open(_note(root), encoding="utf-8", errors="surrogateescape", newline="") as file:
            seal, _, content = file.read().partition("\n")
    except (OSError, ValueError):
        return []
    if seal != f"{_FORMAT}{_digest(content)}":
        return []
    parts = []
    while content:
        head, _, content = content.partition("\n")
        kind, *lengths = head.split(" ")
        name, size = map(int, lengths)
        path, text = content[:name], content[name : name + size]
        parts.append(Part(path, "link" if kind == "link" else "file", text))
        content = content[name + size + 1 :]
    return parts


def _digest(content: str) -> str:
    """Return what tells a note that was damaged; whoever writes one can write the digest, too."""
    data = content.encode("utf-8", "surrogateescape")
    return f"{zlib.crc32(data):08x}{zlib.adler32(data):08x}"


def _find(root: str) -> Iterator[tuple[str, Literal["missing", "altered"], Part]]:
    parts = _read(root)
    if not parts or _is_others(root, parts):
        return
    for part in parts:
        path = os.path.join(root, part.path)
        try:
            kind = _compare(path, part)
        except OSError as error:
            raise EnvironmentProblem(f"{path} cannot be read: {error.strerror}") from error
        if kind is not None:
            yield path, kind, part


def _compare(path: str, part: Part) -> Literal["missing", "altered"] | None:
    if not os.path.lexists(path):
        return "missing"
    if part.kind == "link":
        same = os.path.islink(path) and os.readlink(path) == part.content
    elif os.path.islink(path) or not os.path.isfile(path):
        same = False
    else:
        with open(path, "rb") as file:
            same = file.read() == part.content.encode("utf-8", "surrogateescape")
    return None if same else "altered"


def _is_others(root: str, parts: Sequence[Part]) -> bool:
    """Whether somebody else has made the environment anew: their pyvenv.cfg tells."""
    path = os.path.join(root, NAME)
    noted = _settings(next(part.content for part in parts if part.path == NAME))
    try:
        now = read_config(path)
    except OSError:
        return False
    if (now.keys() - noted.keys()) & _SIGNS_OF_OTHERS:
        return True
    home = now.get("home", "")
    moved = home != noted.get("home")
    return moved and any(os.path.isfile(os.path.join(home, name)) for name in _PROGRAMS)


_PROGRAMS = ("python", "python3", "python.exe", "pypy3")


def _settings(text: str) -> Mapping[str, str]:
    pairs = (line.partition("=") for line in text.splitlines())
    return {key.strip().lower(): value.strip() for key, sign, value in pairs if sign}
