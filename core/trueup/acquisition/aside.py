"""Files that are out of a build's way while it runs, and back in their places if it fails."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress

__all__ = ["set_aside"]


@contextmanager
def set_aside(
    tree: str, paths: Iterable[str], folder: str, *, needed: Collection[str] = ()
) -> Iterator[Callable[[], frozenset[str]]]:
    """Take files out of a tree; put all of them back as they were if what follows fails.

    Yields a function that puts back what is `needed` and has nothing in its place by then, and
    returns which of the paths that were.

    What a process holds open (Windows) stays: nobody could write it anew, either, and the build
    says so.

    Args:
        tree: the top folder.
        paths: of files, of links, and of folders that go where nothing else is in them; relative
            to the top and written with "/".
        folder: where they are kept meanwhile; it is made, and belongs to the caller.
        needed: which of the paths are not to stay away.
    """
    moved: dict[str, str] = {}

    def put_back() -> frozenset[str]:
        missing = [path for path in needed if not os.path.lexists(os.path.join(tree, path))]
        back: set[str] = set()
        for path in missing:
            place = os.path.join(tree, path)
            if place in moved:
                os.makedirs(os.path.dirname(place), exist_ok=True)
                _move(moved.pop(place), place)
                back.add(path)
        return frozenset(back)

    try:
        # What lies in a folder comes before it.
        for number, path in enumerate(sorted(paths, reverse=True)):
            place, kept = os.path.join(tree, path), os.path.join(folder, str(number))
            if os.path.isdir(place) and not os.path.islink(place):
                with suppress(OSError):  # it is not empty
                    os.rmdir(place)
                continue
            os.makedirs(folder, exist_ok=True)
            moved[place] = kept  # before it is: Ctrl-C may come in between
            try:
                _move(place, kept)
            except (PermissionError, FileNotFoundError):
                del moved[place]
        yield put_back
    except BaseException as error:
        for place, kept in moved.items():
            _return(kept, place, error)
        raise


def _return(kept: str, place: str, error: BaseException) -> None:
    """Put one file back; what stands in its way keeps none of the others out of theirs."""
    if os.path.lexists(kept):
        try:
            os.makedirs(os.path.dirname(place), exist_ok=True)
            _move(kept, place)
        except OSError as problem:
            error.add_note(f"{place} could not be put back: {problem}")


def _move(source: str, target: str) -> None:
    """Move a file over another, also to another file system; links are not followed."""
    try:
        os.replace(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        shutil.move(source, target)
