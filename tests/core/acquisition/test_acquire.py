"""Acquiring: from the store, by a download or by a build, and only what was asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from support.projects import commit_all, lay_project, pack_sdist, project_files
from support.resolving import sha256_of, this_python
from support.site import Page, Site, open_site
from support.wheels import make_wheel
from trueup.acquisition.acquire import acquire, unpinned
from trueup.acquisition.connection import network_from
from trueup.acquisition.credentials import Credentials
from trueup.acquisition.fetch import NetworkFetcher
from trueup.acquisition.store import open_store
from trueup.acquisition.supply import Supply
from trueup.destination.environment import Interpreter
from trueup.errors import BuildError, FetchError, HashMismatch, WheelRefused
from trueup.resolution.artifact import Archive, Artifact, Directory, Repository, Sdist, Wheel
from trueup.resolution.request import BuildChoices


def _provision(requirements: Sequence[str], interpreter: Interpreter, /) -> Interpreter:
    assert not requirements
    return interpreter


@pytest.fixture
def supply(store_root: Path) -> Iterator[Supply]:
    with NetworkFetcher(network_from({}), Credentials(environment={})) as fetcher:
        yield Supply(open_store(str(store_root)), fetcher, this_python(), _provision)


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site() as site:
        yield site


def _wheel(path: Path, name: str = "demo", version: str = "1.0", **more: bool) -> Artifact:
    hashes = (("sha256", sha256_of(path)),)
    return Artifact(name, version, Wheel(path.as_uri(), path.name, hashes), **more)


def test_a_wheel_is_downloaded_once(supply: Supply, site: Site, tmp_path: Path) -> None:
    body = make_wheel(tmp_path).read_bytes()
    url = site.add("/demo-1.0-py3-none-any.whl", Page(body))
    hashes = (("sha256", Page(body).sha256),)
    artifact = Artifact("demo", "1.0", Wheel(url, "demo-1.0-py3-none-any.whl", hashes))
    first = acquire([artifact], supply)["demo"]
    second = acquire([artifact], supply)["demo"]
    assert (first.how, second.how) == ("download", "store")
    assert first.pack == second.pack
    assert len(site.asked) == 1
    assert first.direct_url is None


def _large_wheels(folder: Path, spoilt: str = "") -> list[Artifact]:
    """Return artifacts whose wheels are enough work for another process."""
    found = []
    for name in ("one", "two", "three"):
        files: dict[str, str | bytes] = {f"{name}/__init__.py": ""}
        files[f"{name}/data.bin"] = os.urandom(9 << 20)
        path = make_wheel(folder, name, files=files)
        if name == spoilt:
            content = bytearray(path.read_bytes())
            content[content.index(b"data.bin") + 1000] ^= 1
            path.write_bytes(content)
        found.append(_wheel(path, name))
    return found


def test_wheels_that_other_processes_pack_are_packed_like_any_other(
    supply: Supply, tmp_path: Path
) -> None:
    artifacts = _large_wheels(tmp_path)
    got = acquire(artifacts, supply)
    assert {name: one.how for name, one in got.items()} == dict.fromkeys(got, "download")
    alone = open_store(str(tmp_path / "alone"))
    for artifact in artifacts:
        assert isinstance(artifact.source, Wheel)
        path = tmp_path / artifact.source.filename
        expected = alone.add_wheel(str(path))
        found = got[artifact.name].pack
        assert Path(found.path).read_bytes() == Path(expected.path).read_bytes()
        assert supply.store.check_pack(found.digest)


def test_a_wheel_that_another_process_refuses_is_refused_by_its_rule(
    supply: Supply, tmp_path: Path
) -> None:
    with pytest.raises(WheelRefused) as caught:
        acquire(_large_wheels(tmp_path, spoilt="two"), supply)
    assert caught.value.rule == "zip-data"
    assert caught.value.wheel == "two-1.0-py3-none-any.whl"
    assert os.listdir(supply.store.folder("temporary")) == []


def test_what_was_asked_for_by_address_knows_its_origin(supply: Supply, tmp_path: Path) -> None:
    path = make_wheel(tmp_path)
    acquired = acquire([_wheel(path, direct=True)], supply)["demo"]
    digest = sha256_of(path)
    assert acquired.direct_url == {
        "url": path.as_uri(),
        "archive_info": {"hash": f"sha256={digest}", "hashes": {"sha256": digest}},
    }


@pytest.mark.parametrize(("name", "version"), [("other", "1.0"), ("demo", "2.0")])
def test_an_index_that_leads_to_another_distribution_is_refused(
    supply: Supply, tmp_path: Path, name: str, version: str
) -> None:
    lie = _wheel(make_wheel(tmp_path), name, version)
    for _ in range(2):  # when it is got, and when it lies in the store already
        with pytest.raises(WheelRefused, match=f"{name} {version} was asked for") as caught:
            acquire([lie], supply)
        assert caught.value.rule == "identity"
        assert "demo 1.0" in caught.value.problem


def test_the_same_version_may_be_written_in_two_ways(supply: Supply, tmp_path: Path) -> None:
    path = make_wheel(tmp_path, version="1.0.0")
    assert acquire([_wheel(path, version="1.0")], supply)["demo"].pack.version == "1.0.0"


def test_two_distributions_from_one_file_are_one_too_many(supply: Supply, tmp_path: Path) -> None:
    path = make_wheel(tmp_path)
    with pytest.raises(WheelRefused, match="other"):
        acquire([_wheel(path), _wheel(path, "other")], supply)


def test_a_file_that_is_not_what_was_promised_is_refused(supply: Supply, tmp_path: Path) -> None:
    path = make_wheel(tmp_path)
    wheel = Wheel(path.as_uri(), path.name, (("sha256", "0" * 64),))
    with pytest.raises(HashMismatch):
        acquire([Artifact("demo", "1.0", wheel)], supply)


def test_a_wheel_that_changed_at_its_path_is_read_again(supply: Supply, tmp_path: Path) -> None:
    path = make_wheel(tmp_path)
    artifact = Artifact("demo", "1.0", Wheel(path.as_uri(), path.name))
    first = acquire([artifact], supply)["demo"].pack
    make_wheel(tmp_path, files={"demo/__init__.py": "changed = True\n"})
    assert acquire([artifact], supply)["demo"].pack.digest != first.digest
    path.unlink()
    with pytest.raises(FetchError, match=r"demo-1\.0"):
        acquire([artifact], supply)


def test_a_wheel_by_address_has_to_want_this_python(supply: Supply, tmp_path: Path) -> None:
    path = make_wheel(tmp_path, requires_python=">=9")
    with pytest.raises(WheelRefused, match="it wants Python >=9") as caught:
        acquire([_wheel(path, direct=True)], supply)
    assert caught.value.rule == "requires-python"
    odd = make_wheel(tmp_path / "odd", requires_python="whenever")
    assert acquire([_wheel(odd, direct=True)], supply)["demo"].pack.name == "demo"


def test_a_source_is_built_once_and_remembered_by_its_hash(supply: Supply, tmp_path: Path) -> None:
    path = pack_sdist(tmp_path, project_files())
    by_name = Artifact("local", "1.0", Sdist(path.as_uri(), path.name))
    by_address = Artifact("local", "", Archive(path.as_uri()), direct=True)
    first = acquire([by_name], supply)["local"]
    assert (first.how, first.direct_url) == ("build", None)
    pinned = replace(by_name, source=Sdist("file:///gone", "g", (("sha256", sha256_of(path)),)))
    assert acquire([pinned], supply)["local"].how == "store"
    second = acquire([by_address], supply)["local"]
    assert second.direct_url is not None
    assert second.direct_url["url"] == path.as_uri()
    elsewhere = Archive("https://example.invalid/local.tar.gz", (("sha256", sha256_of(path)),))
    third = acquire([Artifact("local", "", elsewhere, direct=True)], supply)["local"]
    assert third.how == "store"
    assert third.direct_url is not None
    assert third.direct_url["url"] == elsewhere.url


def test_other_settings_are_another_build(supply: Supply, tmp_path: Path) -> None:
    path = pack_sdist(tmp_path, project_files())
    hashes = (("sha256", sha256_of(path)),)
    artifact = Artifact("local", "1.0", Sdist(path.as_uri(), path.name, hashes))
    plain = acquire([artifact], supply)["local"]
    other = replace(supply, build=BuildChoices(config_settings=(("key", "value"),)))
    configured = acquire([artifact], other)["local"]
    assert configured.how == "build"
    assert configured.pack.digest != plain.pack.digest
    assert acquire([artifact], other)["local"].how == "store"


@pytest.mark.parametrize(("name", "version"), [("other", "1.0"), ("local", "2.0")])
def test_a_source_that_builds_something_else_is_refused_and_not_remembered(
    supply: Supply, tmp_path: Path, name: str, version: str
) -> None:
    path = pack_sdist(tmp_path, project_files())
    hashes = (("sha256", sha256_of(path)),)
    lie = Artifact(name, version, Sdist(path.as_uri(), path.name, hashes))
    with pytest.raises(BuildError, match=r"built a wheel of local 1\.0"):
        acquire([lie], supply)
    truth = replace(lie, name="local", version="1.0")
    assert acquire([truth], supply)["local"].how == "build"


def test_what_must_not_be_built_is_not(supply: Supply, tmp_path: Path) -> None:
    path = pack_sdist(tmp_path, project_files())
    artifact = Artifact("local", "1.0", Sdist(path.as_uri(), path.name))
    for names in ({":all:"}, {"local"}):
        choices = BuildChoices(only_binary=frozenset(names))
        with pytest.raises(BuildError, match=r"local 1\.0 has no wheel that fits"):
            acquire([artifact], replace(supply, build=choices))
    other = replace(supply, build=BuildChoices(only_binary=frozenset({"other"})))
    assert acquire([artifact], other)["local"].how == "build"


def test_one_commit_under_two_names_keeps_both_apart(supply: Supply, tmp_path: Path) -> None:
    tree = lay_project(tmp_path / "tree", project_files())
    commit = commit_all(tree)
    for revision in ("main", commit[:10]):
        source = Repository("git", tree.as_uri(), revision, commit)
        acquired = acquire([Artifact("local", "", source, direct=True)], supply)["local"]
        assert acquired.direct_url == {
            "url": tree.as_uri(),
            "vcs_info": {"vcs": "git", "commit_id": commit, "requested_revision": revision},
        }


def test_the_version_of_a_repository_may_tell_more_than_was_resolved(
    supply: Supply, tmp_path: Path
) -> None:
    tree = lay_project(tmp_path / "tree", project_files(version="1.0.dev2+gabc.d20300101"))
    source = Repository("git", tree.as_uri(), "", commit_all(tree))
    artifact = Artifact("local", "1.0.dev2+gabc", source, direct=True)
    assert acquire([artifact], supply)["local"].pack.version == "1.0.dev2+gabc.d20300101"
    with pytest.raises(BuildError, match=r"local 2\.0"):
        acquire([replace(artifact, version="2.0")], supply)


def test_a_directory_of_a_lock_is_built_each_time(supply: Supply, tmp_path: Path) -> None:
    tree = lay_project(tmp_path / "tree", project_files())
    artifact = Artifact("local", "", Directory(str(tree), editable=True), direct=True)
    for _ in range(2):
        acquired = acquire([artifact], supply)["local"]
        assert acquired.how == "build"
        assert acquired.direct_url == {"url": tree.as_uri(), "dir_info": {"editable": True}}


def test_what_no_strong_hash_pins_is_named() -> None:
    strong = Artifact("strong", "1", Wheel("u", "f", (("sha256", "0"),)))
    weak = Artifact("weak", "1", Sdist("u", "f", (("md5", "0"),)))
    tree = Artifact("tree", "1", Directory("/tree"))
    assert unpinned([strong, weak, tree]) == ["weak", "tree"]
