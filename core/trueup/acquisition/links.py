"""Links that a build does not follow: back to where they lie (report 11238), or to nothing.

Most backends walk the tree, and the guard in their processes tells what it left out. Of those that
do not, the tree itself is asked, so that a link in a circle is told of whoever builds.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress

from trueup.acquisition.circles import leads_back
from trueup.acquisition.snapshot import Snapshot

__all__ = ["circles_in", "dangling_in", "not_followed_to_nothing", "read_links_not_followed"]


def read_links_not_followed(workspace: str) -> tuple[str, ...]:
    """Return a sentence for each link that the guard in a build's processes left out.

    Args:
        workspace: the build's folder, where the guard wrote one line of JSON for each.
    """
    links: dict[str, str] = {}
    with (
        suppress(FileNotFoundError),
        open(os.path.join(workspace, "links.jsonl"), encoding="utf-8") as stream,
    ):
        for line in stream:
            # A process that was killed may have left half a line.
            with suppress(ValueError, TypeError, KeyError):
                record = json.loads(line)
                links[record["link"]] = record["target"]
    return tuple(_sentence(link, target) for link, target in sorted(links.items()))


def circles_in(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the same sentence for each link of a tree that leads back to where it lies."""
    return tuple(
        _sentence(path, os.path.realpath(path))
        for path in _links(snapshot)
        if os.path.isdir(path) and leads_back(*os.path.split(path))
    )


def dangling_in(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the paths of the links of a tree that lead to nothing."""
    return tuple(path for path in _links(snapshot) if not os.path.exists(path))


def not_followed_to_nothing(links: Iterable[str]) -> tuple[str, ...]:
    """Return a sentence for each of these links that leads to nothing even after the build."""
    dead = (link for link in links if not os.path.exists(link))
    return tuple(f"the link {link} was not followed: it leads to nothing" for link in dead)


def _links(snapshot: Snapshot) -> Iterator[str]:
    """Yield where the links of a tree lie, in order: links in the folders above are resolved."""
    top = os.path.realpath(snapshot.tree)
    links = (path for path, entry in snapshot.entries.items() if entry.is_link)
    return (os.path.join(top, *path.split("/")) for path in sorted(links))


def _sentence(link: str, target: str) -> str:
    return f"the link {link} was not followed: it leads to {target}, and from there back to itself"
