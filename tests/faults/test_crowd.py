"""Many processes at once: one download for each wheel, one build for each source, exact results.

`pytest -m slow tests/faults/test_crowd.py` plays 50 rounds of each of four shapes.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.bad_sources import packed, project
from support.driving import run_driver
from support.housing import make_set
from support.resolving import sha256_of
from support.site import Page, Site, open_site

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the driver forks")

ROUNDS = [2, pytest.param(50, marks=pytest.mark.slow)]
Job = dict[str, Any]


@dataclass(frozen=True)
class Index:
    """An index on this machine that counts what is asked of it, for each round by itself."""

    folder: Path
    site: Site

    def add(self, number: str, files: list[Path]) -> None:
        """Put `files` into the index of a round."""
        pages: dict[str, list[str]] = {}
        for path in files:
            body = path.read_bytes()
            self.site.add(f"/{number}/files/{path.name}", Page(body))
            link = f'<a href="../../files/{path.name}#sha256={sha256_of(path)}">{path.name}</a>'
            pages.setdefault(path.name.split("-")[0], []).append(link)
        for name, links in pages.items():
            text = f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>"
            page = Page(text.encode(), headers={"Content-Type": "text/html"})
            self.site.add(f"/{number}/simple/{name}/", page)

    def job(self, number: str, files: list[Path], label: str) -> Job:
        """Return the wish for `files` of a round's index, each by its hash."""
        lines = (
            f"{path.name.split('-')[0]}=={version} --hash=sha256:{sha256_of(path)}"
            for path in files
            for version in [path.name.split("-")[1].removesuffix(".tar.gz")]
        )
        wanted = self.folder / f"{label}.txt"
        wanted.write_text("\n".join(lines))
        index = f"{self.site.url}/{number}/simple/"
        return {"arguments": ["--index-url", index, "-r", str(wanted)]}

    def downloads(self, number: str) -> Counter[str]:
        """Return how many times each file of a round was asked for."""
        start = f"/{number}/files/"
        paths = (one.path for one in self.site.asked if one.path.startswith(start))
        return Counter(path.removeprefix(start) for path in paths)

    def play(self, environments: dict[str, dict[str, Job]], rounds: list[Any]) -> None:
        """Let the driver play `rounds`; none may end in anything but what was asked for."""
        spec = {
            "memory": str(self.folder / "memory"),
            "own_store": str(self.folder / "own"),
            "environments": environments,
            "rounds": rounds,
        }
        answer = run_driver("crowd_driver", spec, self.folder, variables={"NO_PROXY": "127.0.0.1"})
        assert answer["broken"] == []
        assert answer["rounds"] == len(rounds)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    """An index with nothing in it."""
    with open_site() as site:
        yield Index(tmp_path, site)


@pytest.mark.parametrize("rounds", ROUNDS)
def test_many_environments_share_each_download(index: Index, rounds: int) -> None:
    wheels = make_set(index.folder / "house", 1, range(26))
    sets = [wheels[at % 6 : at % 6 + 20] for at in range(8)]
    roots = [str(index.folder / f"env{at}") for at in range(8)]
    index.add("own", wheels)
    alone = {
        root: {"only": index.job("own", files, f"own{at}")}
        for at, (root, files) in enumerate(zip(roots, sets, strict=True))
    }
    played = []
    for number in map(str, range(rounds)):
        index.add(number, wheels)
        jobs = [
            (root, index.job(number, files, f"{number}-{at}"))
            for at, (root, files) in enumerate(zip(roots, sets, strict=True))
        ]
        played.append({"store": str(index.folder / f"store{number}"), "jobs": jobs})
    index.play(alone, played)
    wanted = {path.name for files in sets for path in files}
    for number in map(str, range(rounds)):
        assert index.downloads(number) == dict.fromkeys(wanted, 1)


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.parametrize("generations", [1, 2])
def test_many_writers_of_one_environment_leave_one_of_the_sets(
    index: Index, rounds: int, generations: int
) -> None:
    sets = [make_set(index.folder / "house", 1 + at, range(12)) for at in range(generations)]
    root = str(index.folder / "env")
    index.add("own", [path for files in sets for path in files])
    alone = {root: {str(at): index.job("own", files, f"own{at}") for at, files in enumerate(sets)}}
    played = []
    for number in map(str, range(rounds)):
        index.add(number, [path for files in sets for path in files])
        jobs = [
            (root, index.job(number, sets[at % generations], f"{number}-{at}")) for at in range(4)
        ]
        played.append({"store": str(index.folder / f"store{number}"), "jobs": jobs})
    index.play(alone, played)
    for number in map(str, range(rounds)):
        assert set(index.downloads(number).values()) == {1}


def counting_source(folder: Path, name: str) -> Path:
    """Write a source whose backend notes each build in the file that COUNT names."""
    note = "open(os.environ['COUNT'], 'a').write(f'{os.getpid()}\\n')"
    files = project(f"{note}\nimport time; time.sleep(0.05)\nwrite(at(GOOD))")
    files = {path: text.replace("demo", name) for path, text in files.items()}
    path = folder / f"{name}-1.0.tar.gz"
    path.write_bytes(packed(files, top=f"{name}-1.0"))
    return path


@pytest.mark.parametrize("rounds", ROUNDS)
def test_many_environments_share_each_build(index: Index, rounds: int) -> None:
    house = index.folder / "house"
    house.mkdir()
    names = ["alef", "bet", "gimel", "dalet"]
    sources = [counting_source(house, name) for name in names]
    roots = [str(index.folder / f"env{at}") for at in range(8)]
    index.add("own", sources)

    def job(number: str, label: str) -> Job:
        note = {"COUNT": str(index.folder / f"count{number}"), "TRUEUP_BUILD_ENV": "COUNT"}
        return {**index.job(number, sources, label), "variables": note}

    alone = {root: {"only": job("own", "own")} for root in roots}
    played = []
    for number in map(str, range(rounds)):
        index.add(number, sources)
        jobs = [(root, job(number, f"{number}-{at}")) for at, root in enumerate(roots)]
        played.append({"store": str(index.folder / f"store{number}"), "jobs": jobs})
    index.play(alone, played)
    for number in map(str, range(rounds)):
        built = (index.folder / f"count{number}").read_text().split()
        assert len(built) == len(names), "each source is built once"
        assert set(index.downloads(number).values()) == {1}
