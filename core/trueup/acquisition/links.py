"""The links that a build did not follow: they lead back to where they lie (report 11238)."""

from __future__ import annotations

import json
import os
from contextlib import suppress

__all__ = ["read_links_not_followed"]


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
    return tuple(
        f"the link {link} was not followed: it leads to {target}, and from there back to itself"
        for link, target in sorted(links.items())
    )
