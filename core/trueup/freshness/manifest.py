"""Whether a MANIFEST.in that comes to a project changes what setuptools builds of it.

It makes the list of files longer out of which setuptools takes the data of packages. What is in
what was built, from where it lies in a package, is in that list anyway: a MANIFEST.in that names
nothing else adds nothing (`manifest_maker` of setuptools: the list is sorted, and holds each once).
"""

from __future__ import annotations

import re
from collections.abc import Container

__all__ = ["MANIFEST", "names_nothing_but"]

MANIFEST = "MANIFEST.in"

# Blanks end a word; a remark begins a line; nothing is escaped, and nothing is a pattern.
_LINE = re.compile(rb"[ \t]*(?:#[^\\\r\n]*|include((?:[ \t]+[A-Za-z0-9_./-]+)+)[ \t]*|)")


def names_nothing_but(content: bytes, known: Container[str]) -> bool:
    """Whether a MANIFEST.in does nothing but to include these files, by their full names.

    A line that is not understood, a pattern, or a line that takes files out, says no.
    """
    for line in content.replace(b"\r\n", b"\n").split(b"\n"):
        found = _LINE.fullmatch(line)
        if found is None:
            return False
        if any(word.decode() not in known for word in (found[1] or b"").split()):
            return False
    return True
