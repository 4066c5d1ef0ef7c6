"""A source tree as it is now: looked at once for each thing that is asked."""

from __future__ import annotations

import functools
import operator
import os
import re
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from trueup.freshness.facet import (
    content_digest,
    executable_digest,
    facet_digest,
    file_digest,
    script_digest,
    settings_digest,
)
from trueup.freshness.fingerprint import FileKind, FileMark, ListingRule, Survey
from trueup.freshness.listing import counts, kind_of
from trueup.freshness.names import (
    IDLE_NAMES,
    NATIVE_SUFFIXES,
    is_by_product,
    is_idle,
    is_noise,
    is_passing,
)
from trueup.freshness.project_files import ProjectFiles, list_project_files
from trueup.freshness.vcs import ask

__all__ = ["Sight", "Signature", "is_definition", "is_older"]

# Times within this span before the fingerprint's own prove nothing: clocks of file systems tick.
_TICK = 20_000_000
_COARSE_TICK = 2_500_000_000  # of those that count in (two) seconds

_INODE = 0x7FFFFFFFFFFFFFFF
_INCLUDED = re.compile(rb'(?:#\s*(?:include|embed|import)\s*["<]|\.inc(?:bin|lude)\s+")([^">\n]+)')
_MODULES = (".py", ".pyi")
_DEFINITIONS = ("CMakeLists.txt", ".toml", ".options", "meson_options.txt", "Makefile", ".mk")
_LINKS = frozenset(("output", "link", "target"))  # not followed
_TAKEN_WHOLE = frozenset(("all", "matching"))
# What `isabs` comes to, without its three calls: it is asked for each of ten thousand files.
_is_absolute = os.path.isabs if os.name == "nt" else operator.methodcaller("startswith", "/")
_WHOLE = frozenset(("content", "output", "taken", "left"))


class Signature(NamedTuple):
    """How a file shows that it was changed without being read."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


class Sight:
    """What is in a tree now. Paths are relative to it and written with "/", or absolute."""

    def __init__(self, tree: str, variables: Mapping[str, str]) -> None:
        self.tree = tree
        self.variables = variables
        self._start = os.path.join(tree, "")
        self._surveyed: dict[Survey, list[str]] = {}

    def place(self, path: str) -> str:
        """Return the absolute path of `path`."""
        return os.path.join(self.tree, path)

    def signature(self, path: str, *, follow: bool = True) -> Signature | None:
        """Return the signature of a file, or of a link where it is not followed; None for none."""
        try:
            found = os.stat(os.path.join(self.tree, path), follow_symlinks=follow)
        except (OSError, ValueError):
            return None
        if stat.S_ISDIR(found.st_mode) and not follow:
            return None
        return Signature(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino & _INODE)

    def other_than(self, marks: Iterable[FileMark], time_ns: int) -> Iterator[FileMark]:
        """Yield those marks that times alone do not prove to be as they were.

        They do if all of them are the same and clearly older than the fingerprint: a change in the
        tick in which a file was looked at would not show. One loop without calls, as a project has
        ten thousand files and a check a few milliseconds.

        Args:
            marks: of files.
            time_ns: when they were looked at.
        """
        start, look, aside, isabs = self._start, os.stat, os.lstat, _is_absolute
        for mark in marks:
            path, kind, size, mtime_ns, ctime_ns, inode, _ = mark
            place = path if isabs(path) else start + path
            try:
                found = aside(place) if kind in _LINKS else look(place)
            except (OSError, ValueError):
                yield mark
                continue
            if (
                found.st_mtime_ns != mtime_ns
                or found.st_ctime_ns != ctime_ns
                or found.st_size != size
                or found.st_ino & _INODE != inode
                or not is_older(mtime_ns, ctime_ns, time_ns)
            ):
                yield mark

    def exists(self, path: str) -> bool:
        """Whether anything of that name is there, a dangling link included."""
        return os.path.lexists(path if _is_absolute(path) else self._start + path)

    def leads_nowhere(self, path: str) -> bool:
        """Whether it is a link to something that is not there."""
        return self.exists(path) and not os.path.exists(os.path.join(self.tree, path))

    def is_folder(self, path: str) -> bool:
        """Whether it is a folder, or a link to one."""
        return os.path.isdir(os.path.join(self.tree, path))

    def digest(self, path: str, kind: FileKind) -> bytes | None:
        """Return what counts of a file as 16 bytes; None where it cannot be read."""
        place = os.path.join(self.tree, path)
        try:
            if kind in {"link", "target"} or (kind == "output" and os.path.islink(place)):
                return content_digest(os.fsencode(os.readlink(place)))
            with open(place, "rb", buffering=0) as file:
                if kind in _WHOLE:
                    digest = file_digest(file)
                    runs = kind == "taken" and os.fstat(file.fileno()).st_mode & 0o111
                    return executable_digest(digest) if runs else digest
                content = file.readall()
        except OSError:
            return None
        if kind == "script":
            return script_digest(content)
        return facet_digest(content) if kind == "facet" else settings_digest(content)

    def names(
        self, path: str, rule: ListingRule, without: Collection[str], patterns: str = ""
    ) -> bytes | None:
        """Return the names in a folder that count by `rule`, as 16 bytes; None for no folder.

        Args:
            path: the folder.
            rule: which names count.
            without: paths that do not count, as the build made them.
            patterns: which names count by the rule "matching", with "/" between them.
        """
        found: list[str] = []
        is_nothing = is_passing if rule in _TAKEN_WHOLE and path != "." else is_noise
        try:
            with os.scandir(os.path.join(self.tree, path)) as listing:
                for item in listing:
                    name = item.name
                    inside = name if path == "." else f"{path}/{name}"
                    if (
                        not is_nothing(name)
                        and inside not in without
                        and counts(item, rule, patterns, top=path == ".")
                    ):
                        found.append(name + kind_of(item))
        except OSError:
            # Names that are gone with their folder are told by the one around it; and one that a
            # build made may as well be missing as be empty.
            if rule != "namespaces" and path not in without:
                return None
        return content_digest("\0".join(sorted(found)).encode("utf-8", "surrogateescape"))

    def survey(self, survey: Survey, idle: Collection[str] = ()) -> list[str]:
        """Return the files of the whole project that count, sorted; not those in `idle`.

        Those that git tracks or would track, and of the ignored ones those that a source or a
        build definition may mean; without git all files without noise.
        """
        known = self._surveyed.get(survey)
        if known is None:
            known = self._surveyed[survey] = sorted(self._select(survey))
        return [path for path in known if not is_idle(path, idle)] if idle else known

    def idle(self, survey: Survey) -> tuple[str, ...]:
        """Return what at the top of the project no source and no build definition speaks of."""
        everything = self.definitions(survey)
        return tuple(name for name in IDLE_NAMES if not _speaks_of(everything, name))

    def definitions(self, survey: Survey) -> bytes:
        """Return the text of all native sources, and of the build definitions that count."""
        return self._definitions(self.survey(survey))

    def texts(self, paths: Iterable[str]) -> bytes:
        """Return the text of files, one after the other."""
        return b"\n".join(map(self._text, paths))

    def every_file(self) -> list[str]:
        """Return all files of the project without noise, whether git ignores them or not."""
        return sorted(self.files.listed + self.files.ignored)

    @functools.cached_property
    def files(self) -> ProjectFiles:
        """The files of the project, those that git ignores by themselves."""
        return list_project_files(self.tree, self.variables)

    def _select(self, survey: Survey) -> Iterable[str]:
        native = list(self._native())
        if survey == "native":
            return native
        chosen = dict.fromkeys(self.files.listed)
        chosen.update(dict.fromkeys(native))
        chosen.update(dict.fromkeys(self._meant(native)))
        return [path for path in chosen if survey != "other" or not path.endswith(_MODULES)]

    def _native(self) -> Iterator[str]:
        """Yield what compilers read: by suffix, and what those files include by any name.

        Ignored files on the way to a result, such as those in build/, only if they are included.
        """
        listed, ignored = self.files
        files = listed + [path for path in ignored if not is_by_product(path)]
        chosen = [path for path in files if os.path.splitext(path)[1].lower() in NATIVE_SUFFIXES]
        by_name: dict[str, list[str]] = {}
        for path in (*listed, *ignored):
            by_name.setdefault(path.rpartition("/")[2], []).append(path)
        seen = set(chosen)
        while chosen:
            path = chosen.pop()
            yield path
            for match in _INCLUDED.finditer(self._text(path)):
                name = os.fsdecode(match[1]).replace("\\", "/").rpartition("/")[2]
                more = [one for one in by_name.get(name, ()) if one not in seen]
                seen.update(more)
                chosen += more

    def _meant(self, native: Iterable[str]) -> Iterator[str]:
        """Yield the ignored files that programs may read: modules, and those that are spoken of.

        By their name, by that of a folder that is ignored whole, or by `*` and their suffix. So the
        report of a test run does not count.
        """
        ignored = [path for path in self.files.ignored if not is_by_product(path)]
        if not ignored:
            return
        texts = self._definitions([*self.files.listed, *native])
        folders = {name for path in self.files.listed for name in path.split("/")[:-1]}
        spoken = dict.fromkeys(folders, False)
        for path in ignored:
            suffix = os.path.splitext(path)[1]
            words = path.split("/") + [f"*{suffix}"] * bool(suffix)
            for word in words:
                if word not in spoken:
                    spoken[word] = _speaks_of(texts, word)
            if path.endswith(_MODULES) or any(spoken[word] for word in words):
                yield path

    def _definitions(self, paths: Iterable[str]) -> bytes:
        definitions = set(filter(is_definition, paths))
        native = self.survey("native")
        return self.texts((*native, *definitions.difference(native)))

    def _text(self, path: str) -> bytes:
        try:
            with open(os.path.join(self.tree, path), "rb") as file:
                return file.read()
        except OSError:
            return b""

    def matching(self, patterns: Sequence[str]) -> list[str]:
        """Return the files of the tree that match one of the globs, sorted."""
        import glob

        found: set[str] = set()
        for pattern in patterns:
            for path in glob.glob(pattern, root_dir=self.tree, recursive=True, include_hidden=True):
                if os.path.isfile(os.path.join(self.tree, path)):
                    found.add(path.replace(os.sep, "/"))
        return sorted(found)

    def answer(self, arguments: Sequence[str], directory: str) -> str:
        """Ask a version control system once more; return a digest of what it says."""
        return ask(arguments, directory, self.variables)


def is_definition(path: str) -> bool:
    """Whether a file tells a program how to build, whatever else it is."""
    return path.endswith(_DEFINITIONS)


def _speaks_of(text: bytes, name: str) -> bool:
    return re.search(rb"(?<![\w.-])" + re.escape(name.encode()) + rb"(?![\w-])", text) is not None


def is_older(mtime_ns: int, ctime_ns: int, time_ns: int) -> bool:
    """Whether these times are so much older than `time_ns` that they prove something."""
    coarse = mtime_ns % 1_000_000_000 == 0 and ctime_ns % 1_000_000_000 == 0
    latest = max(ctime_ns, mtime_ns)
    return latest < time_ns - (_COARSE_TICK if coarse else _TICK)
