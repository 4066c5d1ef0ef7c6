from __future__ import annotations

import gzip
import hashlib
import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.direct_url import DirectUrl
from support.site import Page, Site, open_site
from trueup.acquisition.connection import Network
from trueup.acquisition.credentials import Credentials
from trueup.acquisition.direct_url import direct_url
from trueup.acquisition.fetch import NetworkFetcher
from trueup.acquisition.repository import Mirrors
from trueup.acquisition.source import SourceTree, Workspace, open_source
from trueup.errors import FetchError, HashMismatch, SourceError
from trueup.resolution.artifact import Archive, Directory, Repository, Sdist, Source, Wheel

QUIET = {"PIP_KEYRING_PROVIDER": "disabled", "NETRC": os.devnull}


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture(name="site")
def _site() -> Iterator[Site]:
    with open_site() as site:
        yield site


def tar_of(*names: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name in names:
            tar.addfile(tarfile.TarInfo(name))
    return gzip.compress(buffer.getvalue(), mtime=0)


BODY = tar_of("demo-1.0/pyproject.toml", "demo-1.0/sub/pyproject.toml")
DIGEST = hashlib.sha256(BODY).hexdigest()
HASHES = (("sha256", DIGEST),)


def open_it(source: Source, tmp_path: Path, *, offline: bool = False) -> SourceTree:
    mirrors = Mirrors(str(tmp_path / "mirrors"), offline=offline)
    workspace = Workspace(str(tmp_path / "work"), str(tmp_path / "downloads"), mirrors)
    network = Network(retries=0, offline=offline)
    with NetworkFetcher(network, Credentials(environment=QUIET)) as fetcher:
        return open_source(source, fetcher=fetcher, workspace=workspace)


def left(tmp_path: Path) -> list[str]:
    """Return what is in the workspace and the downloads, without locks."""
    found = [path for name in ("work", "downloads") for path in (tmp_path / name).rglob("*")]
    return sorted(path.name for path in found if path.suffix != ".lock" and path.name != ".locks")


def test_an_sdist_becomes_a_tree_without_a_direct_url(site: Site, tmp_path: Path) -> None:
    url = site.add("/demo-1.0.tar.gz", Page(BODY))
    tree = open_it(Sdist(url, "demo-1.0.tar.gz", HASHES, len(BODY)), tmp_path)
    assert sorted(os.listdir(tree.path)) == ["pyproject.toml", "sub"]
    assert tree.digest == f"sha256:{DIGEST}"
    assert tree.direct_url is None
    assert list((tmp_path / "downloads").glob("[!.]*")) == []
    shutil.rmtree(tree.root)
    assert left(tmp_path) == []


def test_an_archive_carries_where_it_came_from(site: Site, tmp_path: Path) -> None:
    url = site.add("/demo%20one.tar.gz", Page(BODY, login="user:s3cr3t"))
    source = Archive(url.replace("://", "://user:s3cr3t@"), subdirectory="sub")
    tree = open_it(source, tmp_path)
    assert os.listdir(tree.path) == ["pyproject.toml"]
    assert tree.direct_url == {
        "url": url,
        "archive_info": {"hash": f"sha256={DIGEST}", "hashes": {"sha256": DIGEST}},
        "subdirectory": "sub",
    }


def test_an_archive_may_be_a_path_and_have_no_top_folder(tmp_path: Path) -> None:
    body = tar_of("pyproject.toml", "src/demo.py")
    (tmp_path / "demo.tar.gz").write_bytes(body)
    tree = open_it(Archive(str(tmp_path / "demo.tar.gz")), tmp_path, offline=True)
    assert sorted(os.listdir(tree.path)) == ["pyproject.toml", "src"]
    assert tree.direct_url is not None
    assert tree.direct_url["url"] == (tmp_path / "demo.tar.gz").as_uri()
    assert (tmp_path / "demo.tar.gz").read_bytes() == body


def test_a_wrong_hash_leaves_nothing(site: Site, tmp_path: Path) -> None:
    url = site.add("/demo-1.0.tar.gz", Page(BODY))
    with pytest.raises(HashMismatch):
        open_it(Sdist(url, "demo-1.0.tar.gz", (("sha256", "0" * 64),)), tmp_path)
    assert left(tmp_path) == []


def test_an_archive_that_is_refused_leaves_nothing(site: Site, tmp_path: Path) -> None:
    url = site.add("/demo-1.0.tar.gz", Page(tar_of("demo-1.0/x", "../evil")))
    with pytest.raises(SourceError, match="leads upwards"):
        open_it(Sdist(url, "demo-1.0.tar.gz"), tmp_path)
    assert left(tmp_path) == []


def test_offline_the_sdist_is_named(site: Site, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"demo-1\.0\.tar\.gz is not here"):
        open_it(Sdist(site.url + "/a", "demo-1.0.tar.gz"), tmp_path, offline=True)
    assert left(tmp_path) == []


@pytest.mark.parametrize("subdirectory", ["..", "../..", "sub/../../.."])
def test_a_subdirectory_that_leads_out_is_refused(tmp_path: Path, subdirectory: str) -> None:
    (tmp_path / "demo.tar.gz").write_bytes(BODY)
    source = Archive(str(tmp_path / "demo.tar.gz"), subdirectory=subdirectory)
    with pytest.raises(SourceError, match="leads out of it"):
        open_it(source, tmp_path)


def test_a_subdirectory_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "demo.tar.gz").write_bytes(BODY)
    with pytest.raises(SourceError, match="no directory 'gone'"):
        open_it(Archive(str(tmp_path / "demo.tar.gz"), subdirectory="gone"), tmp_path)


@pytest.mark.parametrize("editable", [True, False])
def test_a_directory_is_used_where_it_lies(tmp_path: Path, editable: bool) -> None:
    project = tmp_path / "my project"
    project.mkdir()
    tree = open_it(Directory(str(project), editable), tmp_path)
    info = {"editable": True} if editable else {}
    assert tree == SourceTree(str(project), "", {"url": project.as_uri(), "dir_info": info})


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="gone is no directory"):
        open_it(Directory(str(tmp_path / "gone")), tmp_path)


def test_a_wheel_is_no_source(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"a\.whl is a wheel"):
        open_it(Wheel("https://host.test/a.whl", "a.whl"), tmp_path)
    assert left(tmp_path) == []


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git program")
def test_a_repository_carries_its_commit(tmp_path: Path) -> None:
    origin = tmp_path / "origin"
    (origin / "sub").mkdir(parents=True)
    (origin / "sub" / "pyproject.toml").touch()

    def git(*arguments: str) -> str:
        who = ("-c", "user.name=t", "-c", "user.email=t@example.test")
        done = subprocess.run(
            ["git", *who, *arguments], cwd=origin, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    commit = git("rev-parse", "HEAD")
    source = Repository("git", origin.as_uri(), "main", subdirectory="sub")
    tree = open_it(source, tmp_path)
    assert os.listdir(tree.path) == ["pyproject.toml"]
    assert tree.digest == f"git:{commit}"
    assert tree.direct_url == {
        "url": origin.as_uri(),
        "vcs_info": {"vcs": "git", "requested_revision": "main", "commit_id": commit},
        "subdirectory": "sub",
    }
    shutil.rmtree(tree.root)
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    "source",
    [
        Wheel("https://user:s3cr3t@host.test/a-1-py3-none-any.whl", "a-1-py3-none-any.whl", HASHES),
        Archive("https://user:s3cr3t@host.test/a.zip#subdirectory=x", HASHES, "x"),
        Repository("git", "https://user:s3cr3t@host.test/a.git", "v1", "0" * 40),
        Repository("git", "ssh://git@host.test/a.git", "", "0" * 40),
        Directory(os.path.abspath("a b"), editable=True),
    ],
)
def test_every_record_is_a_valid_direct_url_without_a_secret(source: Source) -> None:
    record = direct_url(source)
    DirectUrl.from_dict(record).validate()
    assert "s3cr3t" not in repr(record)
