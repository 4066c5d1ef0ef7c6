"""Reading an index page: the Simple API in HTML (PEP 503) and JSON (PEP 691)."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin, urlsplit

from trueup.errors import FetchError
from trueup.resolution.address import fragment_hashes, recorded, without_credentials
from trueup.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["ACCEPT", "IndexFile", "parse_page"]

ACCEPT = (
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, "
    "text/html;q=0.01"
)


@dataclass(frozen=True, slots=True)
class IndexFile:
    """One file that an index has.

    Attributes:
        filename: of a wheel or source distribution.
        url: absolute, without credentials and without fragment.
        hashes: (algorithm, hexadecimal digest) pairs that the index tells.
        size: bytes (PEP 700), where told.
        requires_python: a version specifier, or "".
        yanked: why it should not be used (PEP 592), "" where no reason is given; None if it may.
        upload_time: when it was published, RFC 3339 (PEP 700), or "".
    """

    filename: str
    url: str
    hashes: tuple[tuple[str, str], ...] = ()
    size: int | None = None
    requires_python: str = ""
    yanked: str | None = None
    upload_time: str = ""


def parse_page(body: bytes, content_type: str, url: str) -> tuple[IndexFile, ...]:
    """Return the files that a project's page lists, in its order.

    Args:
        body: the page.
        content_type: the header of that name; JSON where it says so, otherwise HTML.
        url: where the page was got from, after redirects: its links are relative to it.

    Raises:
        FetchError: it is no page of the Simple API, or of a version to come.
    """
    kind, _, parameters = content_type.partition(";")
    if kind.strip().lower().endswith("json"):
        return tuple(_read_json(body, url))
    charset = parameters.rpartition("charset=")[2].strip(" \"'") or "utf-8"
    try:
        text = body.decode(charset, "replace")
    except LookupError:  # a character set that nobody knows: names and hashes are ASCII anyway
        text = body.decode("utf-8", "replace")
    page = _Page(url)
    page.feed(text)
    page.close()
    return tuple(page.files)


def _bad(url: str, fault: str) -> FetchError:
    problem = f"{without_credentials(url)} is no page of a package index: {fault}."
    return FetchError(problem, hint="Check --index-url: most end in /simple.")


def _read_json(body: bytes, url: str) -> Iterator[IndexFile]:
    try:
        page = json.loads(body)
        _check_version(page["meta"]["api-version"], url)
        for entry in page["files"]:
            yield _from_json(entry, url)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _bad(url, repr(error)) from error


def _check_version(version: str, url: str) -> None:
    if version.partition(".")[0] != "1":  # PEP 629: a new major number may mean anything
        raise _bad(url, f"it is of version {version}, and trueup reads version 1")


def _from_json(entry: Mapping[str, Any], url: str) -> IndexFile:
    yanked = entry.get("yanked", False)
    size = entry.get("size")
    return IndexFile(
        filename=str(entry["filename"]),
        url=_absolute(entry["url"], url),
        hashes=tuple((str(name), str(each).lower()) for name, each in entry["hashes"].items()),
        size=size if isinstance(size, int) else None,
        requires_python=entry.get("requires-python") or "",
        yanked=(yanked if isinstance(yanked, str) else "") if yanked is not False else None,
        upload_time=entry.get("upload-time") or "",
    )


def _absolute(link: str, page: str) -> str:
    return recorded(urljoin(page, link))


class _Page(HTMLParser):
    """Collects the anchors of a page."""

    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.url = url
        self.base = url
        self.files: list[IndexFile] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of a link, of the base of links, and of the page's version."""
        told = {name: value or "" for name, value in attrs}
        if tag == "base" and told.get("href"):
            self.base = urljoin(self.url, told["href"])
        elif tag == "meta" and told.get("name") == "pypi:repository-version":
            _check_version(told.get("content", ""), self.url)
        elif tag == "a" and told.get("href"):
            self._take(told)

    def _take(self, told: Mapping[str, str]) -> None:
        try:
            url = _absolute(told["href"], self.base)
            filename = unquote(urlsplit(url).path).rpartition("/")[2]
            hashes = fragment_hashes(urljoin(self.base, told["href"]))
        except ValueError:  # no address at all: an index may link to whatever it likes
            return
        if filename:
            requires = told.get("data-requires-python", "")
            yanked = told.get("data-yanked")
            self.files.append(
                IndexFile(filename, url, hashes, requires_python=requires, yanked=yanked)
            )
