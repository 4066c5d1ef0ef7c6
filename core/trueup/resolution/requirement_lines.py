"""The lines of a requirement file: decoding, continuations, comments, variables, options.

The format is pip's own and has no specification but its documentation; where that is silent, what
pip does counts.
"""

from __future__ import annotations

import codecs
import re
import shlex
from collections.abc import Iterator, Mapping

from trueup.errors import RequestError
from trueup.values import dataclass

__all__ = ["Line", "decode", "logical_lines", "read_line"]

# UTF-32's mark begins with UTF-16's, so the longer ones come first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_COOKIE = re.compile(rb"coding[:=]\s*([-\w.]+)")
_COMMENT = re.compile(r"(^|\s+)#.*$")
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")

# Whether an option takes a value; its first spelling names it. pip takes any beginning of a long
# option that only one option has, and so do we.
_OPTIONS: Mapping[str, tuple[str, bool]] = {
    spelling: (spellings[0], takes_value)
    for spellings, takes_value in (
        (("--index-url", "-i", "--pypi-url"), True),
        (("--extra-index-url",), True),
        (("--no-index",), False),
        (("--find-links", "-f"), True),
        (("--requirement", "-r"), True),
        (("--constraint", "-c"), True),
        (("--editable", "-e"), True),
        (("--no-binary",), True),
        (("--only-binary",), True),
        (("--prefer-binary",), False),
        (("--require-hashes",), False),
        (("--no-require-hashes",), False),
        (("--pre",), False),
        (("--all-releases",), True),
        (("--only-final",), True),
        (("--trusted-host",), True),
        (("--use-feature",), True),
        (("--hash",), True),
        (("--config-settings", "--config-setting", "-C"), True),
        (("--global-option",), True),
        (("--install-option",), True),
        (("--build-option",), True),
    )
    for spelling in spellings
}


@dataclass(frozen=True, slots=True)
class Line:
    """One logical line.

    Attributes:
        requirement: what stands before the first option.
        options: (name, value) pairs in order; the name is the option's long spelling.
    """

    requirement: str
    options: tuple[tuple[str, str], ...] = ()


def decode(content: bytes, location: str) -> str:
    """Return a requirement file's text.

    The encoding is that of a byte order mark, else of a cookie (PEP 263) in the first two lines,
    else UTF-8, else the locale's.

    Raises:
        RequestError: none of these can read it.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _decoded(content[len(mark) :], encoding, location)
    for line in content.split(b"\n")[:2]:
        cookie = _COOKIE.search(line) if line.startswith(b"#") else None
        if cookie is not None:
            return _decoded(content, cookie.group(1).decode("ascii", "replace"), location)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        import locale

        return _decoded(content, locale.getpreferredencoding(do_setlocale=False), location)


def _decoded(content: bytes, encoding: str, location: str) -> str:
    try:
        return content.decode(encoding)
    except (LookupError, ValueError) as error:
        raise RequestError(
            f"{location} cannot be read as {encoding}: {error}",
            hint="Save it as UTF-8, or name its encoding in line 1: # -*- coding: NAME -*-",
        ) from error


def logical_lines(text: str, environment: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """Yield (number of its first physical line, text) of each line that says something.

    Lines that end in a backslash go on in the next one, comments are left out, and `${NAME}` is
    replaced where `environment` has a value for it.
    """
    for number, line in _joined(text):
        said = _COMMENT.sub("", line).strip()
        if said:
            yield number, _VARIABLE.sub(lambda found: _value(found, environment), said)


def _value(found: re.Match[str], environment: Mapping[str, str]) -> str:
    return environment.get(found.group(1)) or found.group()


def _joined(text: str) -> Iterator[tuple[int, str]]:
    first, pieces = 0, list[str]()
    for number, line in enumerate(text.splitlines(), start=1):
        comment = _COMMENT.match(line)
        first = first if pieces else number
        if line.endswith("\\") and not comment:
            pieces.append(line.strip("\\"))
            continue
        # A comment ends a continuation, and has to stay recognisable behind what it ends.
        yield first, "".join([*pieces, " " + line if comment else line])
        pieces = []
    if pieces:
        yield first, "".join(pieces)


def read_line(text: str) -> Line:
    """Part a logical line into a requirement and its options.

    Only the options are split as a shell would: markers hold quotes of their own.

    Raises:
        RequestError: an option is unknown, ambiguous or lacks its value, or quotes are not closed.
    """
    words = text.split(" ")
    count = next((at for at, word in enumerate(words) if word.startswith("-")), len(words))
    try:
        arguments = shlex.split(" ".join(words[count:]))
    except ValueError as error:
        raise RequestError(f"quotes are not closed ({error})") from error
    return Line(" ".join(words[:count]).strip(), tuple(_options(arguments)))


def _options(arguments: list[str]) -> Iterator[tuple[str, str]]:
    waiting = iter(arguments)
    for word in waiting:
        if not word.startswith("-") or word in {"-", "--"}:
            raise RequestError(
                f"{word!r} stands behind an option that does not take it",
                hint="Write each requirement in a line of its own, before its options",
            )
        spelling, attached = _parted(word)
        name, takes_value = _OPTIONS[spelling]
        if not takes_value and attached is not None:
            raise RequestError(f"{spelling} takes no value")
        value = attached
        if takes_value and value is None:
            value = next(waiting, None)
            if value is None:
                raise RequestError(f"{spelling} lacks its value")
        yield name, value or ""


def _parted(word: str) -> tuple[str, str | None]:
    if not word.startswith("--"):
        if word[:2] not in _OPTIONS:
            raise _unknown(word[:2])
        return word[:2], word[2:] or None
    written, equals, value = word.partition("=")
    fitting = {option for option in _OPTIONS if option.startswith(written)}
    if written in fitting:
        fitting = {written}
    if not fitting:
        raise _unknown(written)
    if len({_OPTIONS[option] for option in fitting}) > 1:
        raise RequestError(f"{written} is ambiguous: {', '.join(sorted(fitting))}")
    return min(fitting), value if equals else None


def _unknown(option: str) -> RequestError:
    return RequestError(
        f"{option} is not an option of a requirement file",
        hint="Give it on the command line instead",
    )
