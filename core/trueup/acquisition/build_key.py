"""What a build of a pinned source depends on, as the name that its result is remembered by."""

from __future__ import annotations

import hashlib
import json

from trueup.acquisition.source import SourceTree
from trueup.destination.environment import Interpreter
from trueup.resolution.artifact import Archive, Repository, Sdist
from trueup.resolution.request import BuildChoices
from trueup.values import replace

__all__ = ["build_key", "pinned_source"]


def build_key(
    source: Sdist | Archive | Repository, build: BuildChoices, interpreter: Interpreter
) -> str:
    """Return what a build depends on, as a digest; "" while the source is not pinned."""
    if isinstance(source, Repository):
        identity = [source.vcs, source.url, source.commit] if source.commit else []
    else:
        digest = dict(source.hashes).get("sha256")
        identity = ["sha256", digest] if digest else []
    if not identity:
        return ""
    parts = [
        *identity,
        getattr(source, "subdirectory", ""),
        build.config_settings,
        build.build_isolation or interpreter.executable,
        hashlib.sha256("\0".join(interpreter.tags).encode()).hexdigest(),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def pinned_source(
    source: Sdist | Archive | Repository, tree: SourceTree
) -> Sdist | Archive | Repository:
    """Return `source` with the digest or commit that opening it has told."""
    digest = tree.digest.partition(":")[2]
    if isinstance(source, Repository):
        return replace(source, commit=digest)
    return replace(source, hashes=(("sha256", digest),))
