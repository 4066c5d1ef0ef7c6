"""What compilers tell of the files that they read: the dependency files of make and of ninja.

Copied beside the build and imported there under another name, by Pythons from 3.8 on: standard
library only, and nothing imported before it is needed that a starting Python has not loaded anyway.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["NINJA_LOG", "compiler_inputs", "is_depfile"]

NINJA_LOG = ".ninja_deps"
_NINJA_MAGIC = b"# ninjadeps\n"
_RULE = r"(?:\\.|[^\\])*?:(?=\s|$)"
_NAME = r"(?:\\[ #\\]|\S)+"


def is_depfile(path: str) -> bool:
    """Whether `path`, written with "/", may be one; not what cargo tells of single crates.

    What it builds has a file of its own, with the sources of all crates that are no one else's.
    """
    folder, _, name = path.rpartition("/")
    return name == NINJA_LOG or (name.endswith(".d") and not folder.endswith("/deps"))


def compiler_inputs(path: str, folder: str) -> Iterator[str]:
    """Yield the files that a dependency file names, absolute; whether they exist or not.

    Args:
        path: the file; nothing comes of one that is gone, or that is something else.
        folder: where relative paths start.
    """
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError:
        return
    if content.startswith(_NINJA_MAGIC):
        names = _of_ninja(content)
    else:
        names = _of_make(content.decode("utf-8", "surrogateescape"))
    for name in names:
        if name and "\0" not in name:
            yield os.path.normpath(os.path.join(folder, name))


def _of_make(text: str) -> Iterator[str]:
    """Yield the prerequisites of each rule; a backslash escapes a space, and joins lines."""
    import re

    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        rule = re.match(_RULE, line)
        if rule:
            for name in re.findall(_NAME, line[rule.end() :]):
                yield re.sub(r"\\([ #\\])", r"\1", name).replace("$$", "$")


def _of_ninja(content: bytes) -> Iterator[str]:
    """Yield the paths in ninja's log of dependencies.

    After its version come records: their size, with the highest bit set for what depends on what,
    which does not matter here; else a path padded with NUL, and a checksum.
    """
    import struct

    at = len(_NINJA_MAGIC) + 4
    while at + 4 <= len(content):
        size = struct.unpack_from("<I", content, at)[0]
        at += 4
        if not size & 0x80000000:
            yield os.fsdecode(content[at : at + size - 4].rstrip(b"\0"))
        at += size & 0x7FFFFFFF
