"""Remembering resolutions: the same question within ten minutes gets the same answer at once."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement

from trueup.resolution.address import local_path
from trueup.resolution.artifact import (
    Archive,
    Artifact,
    Directory,
    Repository,
    Resolution,
    Sdist,
    Wheel,
)
from trueup.resolution.surroundings import content_digest, local_places, surroundings
from trueup.values import asdict, items

if TYPE_CHECKING:
    from trueup.resolution.artifact import Source
    from trueup.resolution.resolver import Question, Resolver

__all__ = ["MAX_AGE", "from_json", "key_of", "memoised", "to_json"]

FORMAT = 1
MAX_AGE = 600.0  # seconds: what package indexes themselves tell caches
_KINDS: Mapping[str, type[Source]] = {
    kind.__name__: kind for kind in (Wheel, Sdist, Archive, Repository, Directory)
}


def memoised(  # noqa: PLR0913 - the question, whom to ask, and settings with defaults
    resolver: Resolver,
    question: Question,
    folder: str,
    *,
    max_age: float = MAX_AGE,
    refresh: bool = False,
    environment: Mapping[str, str] | None = None,
    now: Callable[[], float] = time.time,
    told: Callable[[float], object] = float,
) -> Resolution:
    """Return the answer to a question, remembered or asked for.

    Args:
        resolver: whom to ask.
        question: what to ask.
        folder: where answers are kept, each in a file for its owner alone.
        max_age: seconds that an answer stands; offline it stands for ever.
        refresh: ask, whatever is remembered; an upgrade always asks.
        environment: the variables that the resolver runs with; the process's own by default.
        now: the time, in seconds since the epoch.
        told: is called with the time at which the resolver gave the answer.

    Raises:
        ResolutionError: there is no answer.
        RequestError: the question is incomplete.
    """
    variables = os.environ if environment is None else environment
    key = key_of(question, resolver.identity, surroundings(variables, os.getcwd()))
    path = os.path.join(folder, f"{key}.json")
    moving = question.request.upgrade or question.request.upgrade_packages
    if not (refresh or moving):
        known = _recall(path, None if question.offline else max_age, now())
        if known is not None:
            told(known[1])
            return known[0]
    resolution = resolver.resolve(question)
    answered = now()
    told(answered)
    with contextlib.suppress(OSError):  # an answer that cannot be kept costs only time
        _write(path, {"format": FORMAT, "time": answered, "resolution": to_json(resolution)})
    return resolution


def key_of(question: Question, resolver: str, around: Mapping[str, str]) -> str:
    """Return the digest of everything that decides the answer, in hexadecimal.

    Being offline is left out: an answer got with the network is what stands without it.

    Args:
        question: the question; index addresses and their passwords go into the digest only.
        resolver: the resolver's identity.
        around: what decides beside the question, as `surroundings` tells it.
    """
    request, interpreter = question.request, question.interpreter
    target = [interpreter.markers, interpreter.tags, interpreter.implementation]
    looked_into = question.preferences and not question.complete  # by pip; see `PipResolver`
    if looked_into or not request.build.build_isolation:
        target.append(interpreter.executable)  # what is installed there takes part
    metadata = {
        path: [os.path.basename(wheel), content_digest(wheel)]
        for path, wheel in question.projects.items()
    }
    parts = [
        FORMAT,
        resolver,
        request,
        target,
        interpreter.version,
        interpreter.free_threaded,
        question.preferences,
        question.complete,
        metadata,
        {path: content_digest(path) for path in request.files},
        local_places(request),
        around,
    ]
    text = json.dumps(_plain(parts), separators=(",", ":"))
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(value: Any) -> Any:
    """Return `value` as JSON can hold it, the same for equal values and different for others."""
    contents = items(value)
    if contents is not None:
        return {name: _plain(each) for name, each in contents}
    if isinstance(value, Mapping):
        return [[key, _plain(each)] for key, each in sorted(value.items())]
    if isinstance(value, frozenset | set):
        return sorted(map(_plain, value))
    if isinstance(value, tuple | list):
        return list(map(_plain, value))
    return str(value) if isinstance(value, Requirement) else value


def _recall(path: str, max_age: float | None, now: float) -> tuple[Resolution, float] | None:
    """Return a remembered answer that still stands, and its time; a damaged one never was."""
    try:
        with open(path, "rb") as file:
            known = json.loads(file.read())
        if known["format"] != FORMAT:
            return None
        age = now - known["time"]
        # A time to come is a clock that was set back: nobody knows how old the answer is.
        if max_age is not None and not 0 <= age <= max_age:
            return None
        resolution = from_json(known["resolution"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    if not all(map(_is_there, resolution.artifacts)):
        return None
    return resolution, now - age


def _is_there(artifact: Artifact) -> bool:
    source = artifact.source
    path = source.path if isinstance(source, Directory) else local_path(source.url)
    return path is None or os.path.exists(path)


def _write(path: str, value: Any) -> None:
    """Write a file that is there whole or not at all, for its owner alone."""
    import tempfile

    folder = os.path.dirname(path)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=".", suffix=".tmp")
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(value, file, separators=(",", ":"))
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def to_json(resolution: Resolution) -> dict[str, Any]:
    """Return a resolution as JSON can hold it."""
    return {
        "artifacts": [
            {
                "name": each.name,
                "version": each.version,
                "direct": each.direct,
                "kind": type(each.source).__name__,
                "source": asdict(each.source),
            }
            for each in resolution.artifacts
        ],
        "requested": sorted(resolution.requested),
        "warnings": list(resolution.warnings),
    }


def from_json(value: Any) -> Resolution:
    """Return the resolution that `to_json` was given.

    Raises:
        KeyError, TypeError, ValueError: it is nothing that `to_json` returns.
    """
    artifacts = tuple(
        Artifact(
            _text(each["name"]),
            _text(each["version"]),
            _source(_KINDS[each["kind"]], each["source"]),
            each["direct"] is True,
        )
        for each in value["artifacts"]
    )
    requested = frozenset(map(_text, value["requested"]))
    return Resolution(artifacts, requested, tuple(map(_text, value["warnings"])))


def _source(kind: type[Source], value: Mapping[str, Any]) -> Source:
    told = dict(value)
    if "hashes" in told:
        told["hashes"] = tuple((_text(name), _text(digest)) for name, digest in told["hashes"])
    for name, each in told.items():
        if name not in {"hashes", "size", "editable"}:
            _text(each)
    return kind(**told)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
