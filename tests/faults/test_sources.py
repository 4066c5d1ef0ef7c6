"""Hostile source distributions and backends: each is refused by its rule, or does no harm."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from support.bad_sources import BAD_SOURCES, HARMLESS, OddSource, daemon, packed, project
from support.housing import new_environment
from support.waiting import runs, wait_for
from trueup.acquisition.acquire import acquire
from trueup.acquisition.pack import Pack
from trueup.api.provision import supply_for
from trueup.api.workshop import Workshop, open_workshop
from trueup.destination.facts import interpreter_facts
from trueup.errors import BuildError
from trueup.resolution.artifact import Archive, Artifact, Sdist
from trueup.resolution.request import Request


@dataclass(frozen=True)
class Bench:
    """A store, and a place that nothing may be written to."""

    folder: Path
    workshop: Workshop

    def build(self, odd: OddSource, folder: Path) -> Pack:
        path = odd.write(folder)
        artifact = Artifact("demo", "1.0", Sdist(path.as_uri(), odd.filename))
        return self.get(artifact, odd.seconds)

    def get(self, artifact: Artifact, seconds: float | None = 60.0) -> Pack:
        supply = supply_for(Request(), interpreter_facts(), self.workshop)
        return acquire([artifact], replace(supply, timeout=seconds))[artifact.name].pack

    def left_over(self) -> list[str]:
        """What lies in the store and belongs to no finished work."""
        layout = Path(self.workshop.store.layout)
        places = ("temporary", "downloads")
        return [
            str(path) for place in places for path in (layout / place).rglob("*") if path.is_file()
        ]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A store for all of them: each build has to leave it as it should be."""
    folder = tmp_path_factory.mktemp("bench")
    variables = dict(os.environ) | {"TRUEUP_CACHE_DIR": str(folder / "store")}
    with open_workshop(variables=variables) as workshop:
        yield Bench(folder, workshop)


def make_folder(path: Path) -> Path:
    path.mkdir()
    return path


@pytest.mark.parametrize("odd", BAD_SOURCES, ids=lambda odd: odd.label)
def test_a_bad_source_is_refused_by_its_rule(odd: OddSource, bench: Bench, tmp_path: Path) -> None:
    assert odd.kind is not None
    with pytest.raises(odd.kind) as refused:
        bench.build(odd, make_folder(tmp_path / "house"))
    assert type(refused.value) is odd.kind
    assert odd.words in refused.value.problem
    assert bench.left_over() == []
    assert os.listdir(tmp_path) == ["house"]
    assert not os.path.lexists("/tmp/evil")


@pytest.mark.parametrize("odd", HARMLESS, ids=lambda odd: odd.label)
def test_an_odd_source_does_no_harm(odd: OddSource, bench: Bench, tmp_path: Path) -> None:
    odd.write(tmp_path)
    pack = bench.build(odd, tmp_path)
    assert (pack.name, pack.version) == ("demo", "1.0")
    assert pack.read("purelib/demo.py") == b"VALUE = 1\n"
    assert bench.left_over() == []
    for name in ("direct_url.json", "INSTALLER"):
        assert pack.find(f"purelib/demo-1.0.dist-info/{name}") is None


@pytest.mark.parametrize(
    ("filename", "drop", "fine"),
    [
        ("demo-1.0.tar.gz", "", False),
        ("demo-6.6.tar.gz", "", True),
        ("demo-main.tar.gz", "", True),
        ("repository-1.0.tar.gz", "", True),
        ("demo-1.0.tar.gz", "PKG-INFO", True),  # a repository's archive promises nothing
    ],
)
def test_an_sdist_by_its_path_is_the_version_of_its_file_name(
    filename: str, drop: str, fine: bool, bench: Bench, tmp_path: Path
) -> None:
    source = "name = 'demo-6.6-py3-none-any.whl'; write(at(name), info='demo-6.6.dist-info', "
    files = project(f"{source}metadata=METADATA.replace('1.0', '6.6')); return name")
    files = {name: text.replace('"1.0"', '"6.6"') for name, text in files.items() if name != drop}
    path = tmp_path / filename
    path.write_bytes(packed(files, top=filename.removesuffix(".tar.gz")))
    artifact = Artifact("demo", "", Archive(path.as_uri()), direct=True)
    if fine:
        assert bench.get(artifact).version == "6.6"
        return
    with pytest.raises(BuildError, match=r"demo-1\.0\.tar\.gz built a wheel of demo 6\.6"):
        bench.get(artifact)


def test_there_are_more_than_forty_bad_ones_and_each_has_a_label() -> None:
    labels = [odd.label for odd in (*BAD_SOURCES, *HARMLESS)]
    assert len(labels) == len(set(labels))
    assert len(BAD_SOURCES) >= 60


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="processes are looked for in /proc")
@pytest.mark.parametrize("session", [False, True])
def test_what_a_build_leaves_running_ends_with_it(
    session: bool, bench: Bench, tmp_path: Path
) -> None:
    mark = tmp_path / "number"
    bench.build(daemon(mark, session=session), tmp_path)
    number = int(mark.read_text())
    assert wait_for(lambda: not runs(number), 30)


def test_what_a_build_wrote_into_its_environment_is_gone_for_the_next(
    bench: Bench, tmp_path: Path
) -> None:
    target = new_environment(tmp_path / "target")
    before = sorted(os.listdir(target.root))
    odd = next(one for one in HARMLESS if one.label.startswith("a write to"))
    bench.build(odd, tmp_path)
    assert sorted(os.listdir(target.root)) == before
