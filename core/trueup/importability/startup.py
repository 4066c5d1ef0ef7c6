"""`.pth` lines: read and carried out by the rules of `site`, each new one once.

`site.addsitedir` would run every line of every file again; only the new ones are run here, and the
effects of those that went are taken back.
"""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = [
    "PthFailure",
    "PthLine",
    "add_site_directories",
    "carry_out",
    "lines_in",
    "processed_lines",
    "search_path",
    "site_directories",
]

_UTF8 = sys.version_info >= (3, 13)  # gh-77102; the locale's encoding before that


@dataclass(frozen=True, slots=True)
class PthLine:
    """One line of a `.pth` file that does something.

    Attributes:
        file: absolute path of the `.pth` file.
        text: the line, without its end.
    """

    file: str
    text: str

    @property
    def is_import(self) -> bool:
        """Whether the line is code; else it is a path."""
        return self.text.startswith(("import ", "import\t"))

    @property
    def path(self) -> str:
        """The absolute path that a path line stands for; "" for code."""
        if self.is_import:
            return ""
        return os.path.abspath(os.path.join(os.path.dirname(self.file), self.text))

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules that the first statement of an import line names; () for a path."""
        if not self.is_import:
            return ()
        named = self.text[len("import ") :].partition(";")[0].split(",")
        return tuple(words[0] for words in map(str.split, named) if words)


@dataclass(frozen=True, slots=True)
class PthFailure:
    """A line that raised; as in `site`, the rest of its file was left out.

    Attributes:
        line: the line; its text is "" where the file could not be decoded.
        error: what it raised.
    """

    line: PthLine
    error: Exception


def search_path() -> tuple[str, ...]:
    """Return `sys.path` without what is no string, which finders pass over as well."""
    entries: list[object] = [*sys.path]
    return tuple(entry for entry in entries if isinstance(entry, str))


def site_directories() -> tuple[str, ...]:
    """Return the directories whose `.pth` files a new interpreter would read, in its order.

    Whether they exist is not asked. None under `python -S`.
    """
    if sys.flags.no_site:
        return ()
    import site

    own = site.getsitepackages([sys.prefix]) if sys.prefix != sys.base_prefix else []
    # ENABLE_USER_SITE tells whether it is allowed, not whether it was there.
    user = [site.getusersitepackages()] if site.ENABLE_USER_SITE else []
    return tuple(dict.fromkeys(map(os.path.abspath, [*own, *user, *site.getsitepackages()])))


def lines_in(directories: Iterable[str]) -> tuple[tuple[PthLine, ...], tuple[PthFailure, ...]]:
    """Return the lines of the `.pth` files of `directories`, in `site`'s order, and bad files."""
    lines: list[PthLine] = []
    failures = []
    for directory in directories:
        for name in _pth_names(directory):
            file = os.path.join(directory, name)
            try:
                texts = _read(file)
            except UnicodeDecodeError as error:
                failures.append(PthFailure(PthLine(file, ""), error))
                continue
            lines += [PthLine(file, text) for text in texts]
    return tuple(lines), tuple(failures)


def processed_lines(directories: Iterable[str]) -> tuple[PthLine, ...]:
    """Return the lines that `site` has carried out: paths that do not exist were passed over."""
    lines, _ = lines_in(directories)
    return tuple(line for line in lines if line.is_import or os.path.exists(line.path))


def _pth_names(directory: str) -> list[str]:
    try:
        names = os.listdir(directory)
    except OSError:
        return []
    # Dot files are passed over since gh-113659 (a security fix, in every branch that got one).
    return sorted(name for name in names if name.endswith(".pth") and not name.startswith("."))


def _read(file: str) -> list[str]:
    try:
        status = os.lstat(file)
        hidden = getattr(status, "st_flags", 0) & stat.UF_HIDDEN
        if hidden or getattr(status, "st_file_attributes", 0) & stat.FILE_ATTRIBUTE_HIDDEN:
            return []  # gh-113659 again
        # open_code, as site does: audit hooks may watch what is run.
        with io.open_code(file) as stream:
            content = stream.read()
    except OSError:
        return []
    texts = (text.rstrip("\r\n") for text in _decode(content))
    return [
        text if text.startswith(("import ", "import\t")) else text.rstrip()
        for text in texts
        if text.strip() and not text.startswith("#")
    ]


def _decode(content: bytes) -> list[str]:
    if not _UTF8:
        return list(io.TextIOWrapper(io.BytesIO(content), encoding="locale"))
    try:
        return content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        import locale

        return content.decode(locale.getencoding()).splitlines()


def add_site_directories(directories: Iterable[str]) -> tuple[str, ...]:
    """Put missing site directories on `sys.path`, each where a new interpreter has it."""
    order = list(site_directories())
    added = []
    for directory in directories:
        if _case(directory) in _known_paths():
            continue
        followers = {_case(path) for path in order[order.index(directory) + 1 :]}
        places = (at for at, path in enumerate(sys.path) if _case(str(path)) in followers)
        at = next(places, len(sys.path))
        sys.path.insert(at, directory)
        added.append(directory)
    return tuple(added)


def carry_out(
    lines: Iterable[PthLine],
) -> tuple[tuple[PthLine, ...], tuple[str, ...], tuple[PthFailure, ...]]:
    """Do what `lines` say: append paths that exist to `sys.path`, run code.

    Returns:
        The lines that were carried out, what they brought onto `sys.path`, and the lines that
        raised.
    """
    done: list[PthLine] = []
    added: list[str] = []
    failures: dict[str, PthFailure] = {}
    for line in lines:
        if line.file in failures:
            continue
        before = list(sys.path)
        try:
            if line.is_import:
                _run(os.path.dirname(line.file), os.path.basename(line.file), line.text)
            elif _case(line.path) not in _known_paths() and os.path.exists(line.path):
                sys.path.append(line.path)
            else:
                continue
        except Exception as error:  # noqa: BLE001 - site's rule: whatever a line raises ends its file
            failures[line.file] = PthFailure(line, error)
            continue
        done.append(line)
        added += [path for path in sys.path if path not in before]
    return tuple(done), tuple(added), tuple(failures.values())


def _run(sitedir: str, name: str, text: str) -> None:
    """Run one line with the names around it that lines rely on.

    The `-nspkg.pth` lines of setuptools read `sitedir` from the locals of the calling frame, others
    may use what `site` has imported.
    """
    import site

    fullname = os.path.join(sitedir, name)
    around = {"sitedir": sitedir, "name": name, "fullname": fullname, "line": text}
    exec(text, site.__dict__, around)  # noqa: S102 - running these lines is what PEP 660 builds on


def _known_paths() -> set[str]:
    return {_case(path) for path in search_path() if os.path.exists(path)}


def _case(path: str) -> str:
    # "" is the current directory, which may be gone, and is no directory of site's in any case.
    return os.path.normcase(os.path.abspath(path)) if path else ""
