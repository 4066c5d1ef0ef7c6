"""A report replayed in other clothes: a project, what is done to it, and what must be seen then."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

import pytest

from support.builds import lay_tree
from support.home import Door, Home, Outcome, Wish

__all__ = ["Replay", "Step", "chosen", "chosen_cases", "play", "project"]

_REQUIRES = {
    "setuptools.build_meta": "setuptools",
    "hatchling.build": "hatchling",
    "flit_core.buildapi": "flit_core",
    "pdm.backend": "pdm-backend",
    "poetry.core.masonry.api": "poetry-core",
    "scikit_build_core.build": "scikit-build-core",
    "mesonpy": "meson-python",
    "maturin": "maturin",
    "uv_build": "uv_build",
}


@dataclass(frozen=True)
class Step:
    """Something happens, and the same install is asked for once more.

    Attributes:
        happens: what is done to the folder.
        see: (expression, module that it needs) to what it must come to afterwards.
        built: what must have been put in place again, and nothing else.
    """

    happens: Callable[[Home], object]
    see: Mapping[tuple[str, str], str]
    built: tuple[str, ...] = ("demo",)


@dataclass(frozen=True)
class Replay:
    """One variant of a report.

    Attributes:
        files: what lies in the root folder; a content that begins with "->" is a link.
        steps: what happens after the first install.
        see: what the first install must lead to.
        wish: what is installed, each time.
        needs: programs without which it cannot be played.
        slow: left out of the quick run.
    """

    files: Mapping[str, str]
    steps: tuple[Step, ...]
    see: Mapping[tuple[str, str], str] = field(default_factory=dict)
    wish: Wish = field(default_factory=lambda: Wish(editable=("demo",)))
    needs: tuple[str, ...] = ()
    slow: bool = True


def project(
    backend: str = "setuptools.build_meta",
    more: str = "",
    *,
    name: str = "demo",
    requires: str = "",
    version: str = 'version = "1.0"',
) -> str:
    """Return a pyproject.toml."""
    needed = ", ".join(f'"{one}"' for one in (_REQUIRES[backend], *requires.split()))
    return (
        f'[build-system]\nrequires = [{needed}]\nbuild-backend = "{backend}"\n'
        f'[project]\nname = "{name}"\n{version}\ndescription = "A demo"\n{more}'
    )


def chosen(replays: Mapping[str, Replay]) -> list[object]:
    """Return the parameters of a test: each replay through each door, most of them slow."""
    quick = [name for name, replay in replays.items() if not replay.slow]
    return chosen_cases(replays, quick)


def chosen_cases(names: Iterable[str], quick: Collection[str]) -> list[object]:
    """Return each name with each door as a parameter; of those in `quick` one door is quick."""
    found: list[object] = []
    for name in names:
        for door in ("command", "process"):
            marks = [] if name in quick and door == "process" else [pytest.mark.slow]
            found.append(pytest.param(name, door, marks=marks, id=f"{name}-{door}"))
    return found


def play(replay: Replay, home: Home, door: Door) -> list[Outcome]:
    """Play it; every install but one after nothing happened has its outcome in the answer."""
    for program in replay.needs:
        if shutil.which(program) is None:
            pytest.skip(f"needs {program}")
    lay_tree(home.root, replay.files)
    outcomes = [home.fulfil(replay.wish, door)]
    _look(home, replay.see, door, replay.wish)
    for step in replay.steps:
        step.happens(home)
        outcome = home.fulfil(replay.wish, door)
        assert set(outcome.added) == set(step.built), outcome.said
        outcomes.append(outcome)
        _look(home, step.see, door, replay.wish)
    return outcomes


def _look(home: Home, see: Mapping[tuple[str, str], str], door: Door, wish: Wish) -> None:
    for (expression, module), expected in see.items():
        assert home.evaluate(expression, module) == expected
    assert home.check() == 0, home.told
    again = home.fulfil(wish, door)
    assert again.added == (), again.said
