"""Looking at indexes and flat folders for the files of some distributions."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from trueup.errors import FetchError
from trueup.resolution.address import address_of, file_url, local_path
from trueup.resolution.simple_api import ACCEPT, IndexFile, parse_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from trueup.resolution.request import IndexSettings

__all__ = ["files_of"]

Read = Callable[[str, str], tuple[bytes, str]]
WORKERS = 8  # pages at once: enough to hide the network, few enough to be polite


def files_of(
    names: Iterable[str], index: IndexSettings, read: Read, default_index: str
) -> Mapping[str, tuple[IndexFile, ...]]:
    """Return every file that the places of `index` list for each name, flat folders first.

    A flat folder's files stand under every name: it is not sorted. A page that cannot be got is
    taken for empty, because an index says "not found" for every name it does not have.

    Args:
        names: normalized.
        index: where to look.
        read: gets a page: (URL, Accept header) to (body, content type); raises `FetchError`.
        default_index: the Simple API to use where `index` names none, or "".
    """
    wanted = list(names)
    flat = tuple(file for link in index.find_links for file in _flat(address_of(link), read))
    roots = [] if index.no_index else [index.index_url or default_index, *index.extra_index_urls]
    pages = [
        (name, f"{address_of(root).rstrip('/')}/{name}/")
        for name in wanted
        for root in dict.fromkeys(roots)
        if root
    ]
    found: dict[str, tuple[IndexFile, ...]] = dict.fromkeys(wanted, flat)
    for (name, _), files in zip(pages, _read_all([url for _, url in pages], read), strict=True):
        found[name] += files
    return found


def _read_all(urls: list[str], read: Read) -> Iterable[tuple[IndexFile, ...]]:
    if not urls:
        return ()
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(WORKERS, len(urls))) as pool:
        return list(pool.map(lambda url: _page(url, read), urls))


def _page(url: str, read: Read) -> tuple[IndexFile, ...]:
    path = local_path(url)
    try:
        if path is None:
            body, kind = read(url, ACCEPT)
        else:
            body, kind = _read_local(os.path.join(path, "index.html")), "text/html"
        return parse_page(body, kind, url)
    except FetchError:
        return ()


def _read_local(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise FetchError(f"{path} cannot be read: {error.strerror or error}.") from error


def _flat(url: str, read: Read) -> tuple[IndexFile, ...]:
    """Return what a `--find-links` location lists: a folder, or a page of links."""
    path = local_path(url)
    if path is None or not os.path.isdir(path):
        return _flat_page(url, path, read)
    return tuple(
        IndexFile(name, file_url(os.path.join(path, name))) for name in sorted(os.listdir(path))
    )


def _flat_page(url: str, path: str | None, read: Read) -> tuple[IndexFile, ...]:
    try:
        body, kind = read(url, "text/html") if path is None else (_read_local(path), "text/html")
        return parse_page(body, kind, url)
    except FetchError:
        return ()
