"""Projects that build requirements name by path: their modules run in the build environment.

There they are not seen to be read in their own folders, so all files of these count.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping

from packaging.requirements import Requirement

from trueup.freshness.fingerprint import ListingMark
from trueup.freshness.sight import Sight
from trueup.resolution.address import local_path

__all__ = ["files_of_required", "names_in_required"]


def files_of_required(requirements: Iterable[str], variables: Mapping[str, str]) -> Iterator[str]:
    """Yield the files of such projects, absolute.

    Args:
        requirements: what the build asked for.
        variables: environment variables for git.
    """
    for folder in _folders(requirements):
        yield from (f"{folder}/{path}" for path in _files(folder, variables))


def names_in_required(
    requirements: Iterable[str], variables: Mapping[str, str]
) -> Iterator[ListingMark]:
    """Yield the folders of such projects, of which all names count; arguments as above."""
    for folder in _folders(requirements):
        sight = Sight(folder, variables)
        for inside in sorted({os.path.dirname(path) for path in _files(folder, variables)} | {""}):
            path = os.path.join(folder, inside) if inside else folder
            signature, digest = sight.signature(path), sight.names(path, "all", ())
            if signature is not None and digest is not None:
                yield ListingMark(path, "all", *signature[1:], digest)


def _folders(requirements: Iterable[str]) -> Iterator[str]:
    for text in requirements:
        path = local_path(Requirement(text).url or "") if "file:" in text else None
        if path is not None and os.path.isdir(path):
            yield os.path.realpath(path)


def _files(folder: str, variables: Mapping[str, str]) -> list[str]:
    return Sight(folder, variables).survey("all")
