"""What backends read that are programs of their own, where that is known and can be said."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

__all__ = ["read_by_uv_build"]


def read_by_uv_build(tree: str) -> Iterator[str]:
    """Yield the files that uv_build takes into metadata, as pyproject.toml names them (PEP 639)."""
    import glob
    import tomllib

    try:
        with open(os.path.join(tree, "pyproject.toml"), "rb") as file:
            project: Any = tomllib.load(file).get("project", {})
    except (OSError, ValueError):
        return
    readme = project.get("readme")
    named = [readme if isinstance(readme, str) else (readme or {}).get("file")]
    licence = project.get("license")
    if isinstance(licence, dict):
        named.append(licence.get("file"))
    yield from (name for name in named if isinstance(name, str))
    for pattern in project.get("license-files", ()):
        for path in glob.glob(str(pattern), root_dir=tree, recursive=True):
            if os.path.isfile(os.path.join(tree, path)):
                yield path.replace(os.sep, "/")
