"""Which files of a project programs may look for by name, going by what they read.

What programs opened and listed was seen (`acquisition.witness`). What they only looked for, or
found by its times to need no reading, was not: a name for that stands in a text that they read, is
put together there out of parts, or is one that a tool always looks for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from trueup.freshness.names import NATIVE_SUFFIXES, is_licence
from trueup.values import dataclass

__all__ = ["Mention", "listed_names"]

# What could be the name of a file, with the folders before it. After the end of a variable or a
# wildcard the folders are not known.
_PATH = re.compile(rb"[\w.-]+(?:/[\w.-]+)*")
# Names of files that are put together: the last part after a variable, a placeholder or a wildcard,
# or a part in quotes that begins like an ending.
_ENDING = re.compile(rb"""(?:[*?%}>)\]@]|["'`](?=[._-]))([\w-]*\.[\w.-]*\w)""")
_SHORT = 3
_PLAIN = re.compile(r"[\w.-]+", re.ASCII)
# Looked for in every folder where files are included from, or by every run of a tool: gcc finds
# headers and what it compiled of them (include_next and `.gch` in its manual), Fortran and Cython
# modules likewise; cmake-presets(7), cmake-packages(7), meson's reference, cargo's guide to the
# layout of a package, GNU make's "Makefile names".
_SOUGHT = """
    .am .build .cmake .cuh .def .gch .h .h++ .hh .hpp .hxx .i .ii .in .inc .inl .ipp .ixx .m4 .mk
    .mod .modulemap .ninja .options .pch .pxd .pxi .swg .tcc .tpp .txx .ver .wrap
    """
_SOUGHT_SUFFIXES = frozenset(_SOUGHT.split())
# Of Python's own tools, whose reading is known.
_OTHERS = frozenset(("MANIFEST.in", "pyproject.toml", "setup.cfg", "setup.py"))
_SOUGHT_NAMES = frozenset(
    ("CMakeLists.txt", "meson_options.txt", "build.rs", "lib.rs", "main.rs", "mod.rs")
)
_SOUGHT_FOLDERS = frozenset((".cargo", "bin", "packagefiles", "subprojects"))
# Programs look for their settings beside what they read, and in the folders above.
_SETTINGS = frozenset(
    (".cfg", ".conf", ".config", ".ini", ".json", ".lock", ".toml", ".xml", ".yaml", ".yml")
)
# Nobody looks for these by their stem: modules are imported by who lists the folder, or is audited.
_BY_FULL_NAME = """
    .css .csv .gif .html .ico .ipynb .jpeg .jpg .log .md .mo .pdf .png .po .pot .py .pyi .rst .svg
    .tsv .txt .typed
    """
_FULL_NAME_SUFFIXES = frozenset(_BY_FULL_NAME.split())


@dataclass(frozen=True, slots=True)
class Mention:
    """What the texts of a build speak of.

    Attributes:
        text: all of them, as bytes.
        words: what could be a name in it: alone where no folder is named with it, after the last
            folder and "/" where one is, and after "/" in any case.
        endings: what names that are put together end with.
        near: folders with files that were opened, and those above them.
        licences: whether a program looks for licences by their usual names.
    """

    text: bytes
    words: frozenset[str]
    endings: tuple[str, ...]
    near: frozenset[str]
    licences: bool = False

    @classmethod
    def of(
        cls, text: bytes, opened: Iterable[str], *, licences: bool = False, linked: bool = False
    ) -> Mention:
        """Return what a text speaks of.

        Args:
            text: all that programs read.
            opened: the files that they opened.
            licences: a program looks for licences by their usual names.
            linked: folders of the project may go by other names than their own, as links do.
        """
        words: set[bytes] = set()
        for path in set(_PATH.findall(text)):
            folder = b""
            for part in path.split(b"/"):
                # A full stop ends a sentence, and "-I" and its kin stand before a name.
                names = {part, part.rstrip(b"."), part[2:] if part[:1] == b"-" else part}
                known = folder if not linked and folder.strip(b".") else b""
                words.update(known + b"/" + name if known else name for name in names)
                words.update(b"/" + name for name in names)
                folder = part[2:] if part[:1] == b"-" else part
        endings = sorted({found.decode() for found in _ENDING.findall(text)})
        near = {folder for path in opened for folder in _folders_above(path)} | {""}
        known_names = frozenset(word.decode() for word in words)
        return cls(text, known_names, tuple(endings), frozenset(near), licences)

    def covers(self, path: str) -> bool:
        """Whether a program may look for this file without that it shows."""
        if path in _OTHERS:
            return False
        *folders, name = path.split("/")
        suffix = os.path.splitext(name)[1].lower()
        return (
            suffix in _SOUGHT_SUFFIXES
            or name in _SOUGHT_NAMES
            or not _SOUGHT_FOLDERS.isdisjoint(folders)
            or (self.licences and is_licence(name))
            or (not suffix and not name.startswith(".") and not is_licence(name))
            or (self._is_setting(name, suffix) and "/".join(folders) in self.near)
            or name.endswith(self.endings)
            or any(self._speaks_of(one, folders) for one in _names_for(name, suffix))
        )

    def folders(self, paths: Iterable[str]) -> Iterator[str]:
        """Yield the folders of these files that are spoken of, each with "/" at its end."""
        seen: set[str] = set()
        for path in paths:
            for folder in _folders_above(path):
                if folder and folder not in seen:
                    seen.add(folder)
                    *above, name = folder.split("/")
                    if self._speaks_of(name, above):
                        yield folder + "/"

    def _is_setting(self, name: str, suffix: str) -> bool:
        return name.startswith(".") or suffix in _SETTINGS

    def _speaks_of(self, name: str, folders: Sequence[str]) -> bool:
        """Whether a text speaks of a name, in the folder in which it lies or in one not named."""
        if not _PLAIN.fullmatch(name):  # it may stand there with characters escaped
            part = max(_PLAIN.findall(name), key=len, default="")
            return len(part) < _SHORT or part.encode() in self.text
        if name in self.words:
            return True
        # The name of the project's own folder, and what is above it, is nobody's to know.
        return (f"{folders[-1]}/{name}" if folders else f"/{name}") in self.words


def _names_for(name: str, suffix: str) -> Iterator[str]:
    """Yield by what a file may be called in a text."""
    yield name
    if suffix not in _FULL_NAME_SUFFIXES or suffix in NATIVE_SUFFIXES:
        yield os.path.splitext(name)[0]
        yield name.partition(".")[0]


def _folders_above(path: str) -> Iterator[str]:
    while path:
        path = path.rpartition("/")[0]
        yield path


def listed_names(paths: Iterable[str], listed: Collection[str]) -> Iterator[str]:
    """Yield of these files, and of the folders that they lie in, those that lie in `listed`."""
    for path in paths:
        below, inside = path, path
        while below:
            below, _, _ = inside.rpartition("/")
            if (below or ".") in listed:
                yield inside if inside == path else inside + "/"
            inside = below
