"""What `--no-binary` and `--only-binary` come to: each one takes names away from the other."""

from __future__ import annotations

from collections.abc import Iterable

from packaging.utils import canonicalize_name

__all__ = ["fold_formats"]


def fold_formats(pairs: Iterable[tuple[str, str]]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of (`--no-binary`, `--only-binary`) after all were said in order.

    Args:
        pairs: (option, value); a value holds names with commas between them, `:all:` for every
            distribution, or `:none:` to forget what was said before. The later word counts.
    """
    said: dict[str, set[str]] = {"--no-binary": set(), "--only-binary": set()}
    for option, value in pairs:
        other = said["--only-binary" if option == "--no-binary" else "--no-binary"]
        for name in _that_count([piece.strip() for piece in value.split(",")]):
            if name == ":all:":
                other.clear()
                said[option] = {name}
            elif name == ":none:":
                said[option] = set()
            elif name:
                other.discard(canonicalize_name(name))
                said[option].add(canonicalize_name(name))
    return frozenset(said["--no-binary"]), frozenset(said["--only-binary"])


def _that_count(names: list[str]) -> list[str]:
    """Leave out what `:all:` covers: whatever stands before the last one, or behind it for good."""
    if ":all:" not in names:
        return names
    last = len(names) - names[::-1].index(":all:") - 1
    behind = names[last + 1 :]
    return [":all:", *behind] if ":none:" in behind else [":all:"]
