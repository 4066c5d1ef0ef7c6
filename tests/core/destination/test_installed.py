"""What is installed is told as pip and importlib.metadata would tell it."""

from __future__ import annotations

import json
import os
from importlib.metadata import distribution, distributions
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name
from trueup.destination.environment import Environment
from trueup.destination.installed import (
    find_duplicates,
    find_leftovers,
    normalized_name,
    read_installed,
)
from trueup.destination.locate import open_environment


def dist_info(
    environment: Environment, folder: str, metadata: str | None = "", **files: str
) -> Path:
    """Write a dist-info directory, with METADATA unless it is None."""
    path = Path(environment.scheme.purelib, folder)
    path.mkdir()
    if metadata is not None:
        (path / "METADATA").write_text(metadata)
    for name, content in files.items():
        (path / name.replace("_json", ".json")).write_text(content)
    return path


def test_an_empty_environment_holds_nothing(environment: Environment) -> None:
    assert read_installed(environment) == {}
    os.rmdir(environment.scheme.purelib)
    assert read_installed(environment) == {}


def test_the_running_environment_is_told_as_importlib_tells_it() -> None:
    environment = open_environment(running=True)
    found = read_installed(environment)
    theirs = {
        canonicalize_name(each.metadata["Name"]): each.version
        for each in distributions(path=list(environment.library_directories))
    }
    assert {name: each.version for name, each in found.items()} == theirs
    told = json.loads(distribution("trueup").read_text("direct_url.json") or "{}")
    editable = told.get("dir_info", {}).get("editable", False)
    assert bool(found["trueup"].editable_location) is editable
    assert found["trueup"].display_name == "trueup"


@pytest.mark.parametrize(
    ("folder", "name", "version"),
    [
        ("demo-1.0.dist-info", "demo", "1.0"),
        ("Zope.Interface_x-5.0.post1.dist-info", "zope-interface-x", "5.0.post1"),
        ("torch-2.1.0+cpu.dist-info", "torch", "2.1.0+cpu"),
        ("epoch-1!2.0rc1.dev3.dist-info", "epoch", "1!2.0rc1.dev3"),
    ],
)
def test_a_canonical_directory_tells_name_and_version_without_its_metadata(
    folder: str, name: str, version: str, environment: Environment
) -> None:
    dist_info(environment, folder, "Name: wrong\nVersion: 9\n")
    (found,) = read_installed(environment).values()
    assert (found.name, found.version, found.kind) == (name, version, "dist-info")


@pytest.mark.parametrize(
    "folder",
    ["my-package-1.0.dist-info", "demo-1.0-beta.dist-info", "demo.dist-info", "demo-v1.dist-info"],
)
def test_metadata_decides_where_a_directory_leaves_doubt(
    folder: str, environment: Environment
) -> None:
    dist_info(
        environment,
        folder,
        "Metadata-Version: 2.1\nVersion: 1.0b0\nName: My.Package\n\nName: body\n",
    )
    (found,) = read_installed(environment).values()
    assert (found.name, found.version) == ("my-package", "1.0b0")
    assert found.display_name == "My.Package"


def test_what_a_broken_install_left_is_not_installed(environment: Environment) -> None:
    half = dist_info(environment, "half-1.0.dist-info", None)
    renamed = dist_info(environment, "~emo-1.0.dist-info", "Name: demo\nVersion: 1.0\n")
    assert read_installed(environment) == {}
    assert sorted(find_leftovers(environment)) == sorted([str(half), str(renamed)])


def test_duplicates_are_listed_apart_and_dist_info_is_found_first(environment: Environment) -> None:
    dist_info(environment, "demo-1.0.dist-info")
    egg = Path(environment.scheme.purelib, "demo-0.9-py3.11.egg-info")
    egg.write_text("Name: demo\nVersion: 0.9\n")
    dist_info(environment, "other-1.0.dist-info")
    assert read_installed(environment)["demo"].version == "1.0"
    duplicates = find_duplicates(environment)
    assert [each.version for each in duplicates.pop("demo")] == ["1.0", "0.9"]
    assert duplicates == {}


def test_installer_and_requested_are_read_when_they_are_asked_for(environment: Environment) -> None:
    path = dist_info(environment, "demo-1.0.dist-info", INSTALLER="pip\n", REQUESTED="")
    dist_info(environment, "other-1.0.dist-info")
    found = read_installed(environment)
    assert (found["demo"].installer, found["demo"].requested) == ("pip", True)
    assert (found["other"].installer, found["other"].requested) == ("", False)
    (path / "INSTALLER").write_text("uv")
    assert found["demo"].installer == "uv"


@pytest.mark.parametrize(
    ("content", "location"),
    [
        ({"url": "file:///a%20b/c", "dir_info": {"editable": True}}, "/a b/c"),
        ({"url": "file:///a", "dir_info": {"editable": False}}, None),
        ({"url": "file:///a", "dir_info": {}}, None),
        ({"url": "https://host/a.whl", "archive_info": {}}, None),
    ],
)
def test_direct_url_tells_where_an_editable_lies(
    content: dict[str, object], location: str | None, environment: Environment
) -> None:
    dist_info(environment, "demo-1.0.dist-info", direct_url_json=json.dumps(content))
    (found,) = read_installed(environment).values()
    assert found.direct_url == content
    assert found.editable_location == location


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"url": 1}'])
def test_a_spoilt_direct_url_is_as_good_as_none(content: str, environment: Environment) -> None:
    dist_info(environment, "demo-1.0.dist-info", direct_url_json=content)
    (found,) = read_installed(environment).values()
    assert found.direct_url is None
    assert found.editable_location is None


@pytest.mark.parametrize(
    "name",
    [
        "demo-1.0-py3.8.egg-info",
        "demo-1.0.egg-info",
        "demo-1.0-py3.8-linux-x86_64.egg-info",
        "demo.egg-info",
    ],
)
@pytest.mark.parametrize("as_file", [True, False])
def test_an_egg_info_is_told_as_file_and_as_directory(
    name: str, as_file: bool, environment: Environment
) -> None:
    path = Path(environment.scheme.purelib, name)
    if not as_file:
        path.mkdir()
    (path if as_file else path / "PKG-INFO").write_text("Name: demo\nVersion: 1.0\n")
    (found,) = read_installed(environment).values()
    assert (found.name, found.version, found.kind, found.path) == (
        "demo",
        "1.0",
        "egg-info",
        str(path),
    )
    assert found.installer == ""
    assert found.editable_location is None


def test_an_egg_link_tells_the_tree_that_it_leads_to(
    environment: Environment, tmp_path: Path
) -> None:
    info = tmp_path / "source" / "My_Demo.egg-info"
    info.mkdir(parents=True)
    (info / "PKG-INFO").write_text("Name: My-Demo\nVersion: 3.0\n")
    link = Path(environment.scheme.purelib, "My-Demo.egg-link")
    link.write_text(f"{tmp_path}/source\n../")
    (found,) = read_installed(environment).values()
    assert (found.name, found.version, found.kind, found.path) == (
        "my-demo",
        "3.0",
        "egg-link",
        str(link),
    )
    assert found.editable_location == str(tmp_path / "source")


def test_an_egg_link_to_a_tree_that_is_gone_is_still_installed(
    environment: Environment, tmp_path: Path
) -> None:
    Path(environment.scheme.purelib, "Demo.egg-link").write_text(f"{tmp_path}/gone\n.")
    (found,) = read_installed(environment).values()
    assert (found.name, found.version, found.kind) == ("demo", "", "egg-link")
    assert found.editable_location == str(tmp_path / "gone")


@given(st.text(alphabet="aB1-_.", min_size=1))
def test_names_are_normalized_as_packaging_does(name: str) -> None:
    assert normalized_name(name) == canonicalize_name(name)
