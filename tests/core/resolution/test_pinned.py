"""Requirements that are pinned and hashed need no resolver, only their files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.resolving import (
    by_name,
    item,
    make_sdist,
    request,
    sha256_of,
    this_python,
    versions,
    with_tags,
)
from support.wheels import make_wheel
from trueup.errors import FetchError
from trueup.resolution.artifact import Resolution, Sdist, Wheel
from trueup.resolution.pinned import resolve_pinned
from trueup.resolution.request import BuildChoices, IndexSettings, LocalProject, Request

INDEX = "https://index.invalid/simple"
Pages = dict[str, tuple[bytes, str]]


def reader(pages: Pages) -> Callable[[str, str], tuple[bytes, str]]:
    """Return a `read` that has these pages and no others."""

    def read(url: str, accept: str) -> tuple[bytes, str]:
        assert accept
        try:
            return pages[url]
        except KeyError:
            raise FetchError(f"{url} is not found") from None

    return read


def page(*files: dict[str, Any]) -> tuple[bytes, str]:
    content = {"meta": {"api-version": "1.0"}, "files": [{"hashes": {}, **each} for each in files]}
    return json.dumps(content).encode(), "application/vnd.pypi.simple.v1+json"


def nobody(url: str, accept: str) -> tuple[bytes, str]:
    """Fail the test: a folder is enough."""
    raise AssertionError(f"{url} was asked for")


def resolve(asked: Request, read: Callable[[str, str], tuple[bytes, str]] = nobody) -> Resolution:
    answer = resolve_pinned(asked, this_python(), read)
    assert answer is not None
    return answer


@pytest.fixture
def house(tmp_path: Path) -> Path:
    for version in ("1.0", "2.0"):
        make_wheel(tmp_path / "a house", "beam", version)
    return tmp_path / "a house"


def test_files_in_a_folder_are_found_by_hash(house: Path) -> None:
    wheel, archive = house / "beam-1.0-py3-none-any.whl", make_sdist(house, "beam")
    digests = sha256_of(wheel), sha256_of(archive)
    answer = resolve(request(item("Beam[x]==1.0", *digests), house=house))
    (artifact,) = answer.artifacts
    assert artifact.source == Wheel(wheel.as_uri(), wheel.name, (("sha256", digests[0]),))
    assert (artifact.name, artifact.version, artifact.direct) == ("beam", "1.0", False)
    assert answer.requested == {"beam"}
    only = resolve(request(item("beam==1.0", digests[1]), house=house)).artifacts[0].source
    assert only == Sdist(archive.as_uri(), archive.name, (("sha256", digests[1]),))
    built = BuildChoices(no_binary=frozenset({"beam"}))
    asked = request(item("beam==1.0", *digests), house=house, build=built)
    assert resolve(asked).artifacts[0].source == only


def test_pages_of_every_index_are_read_and_the_hash_decides() -> None:
    good, bad = "ab" * 32, "cd" * 32
    name = "beam-1.0-py3-none-any.whl"
    pages = {
        "https://one.invalid/beam/": page(
            {"filename": name, "url": "one", "hashes": {"sha256": bad}}
        ),
        "https://two.invalid/s/beam/": page(
            {"filename": name, "url": "two", "hashes": {"sha256": good}, "size": 9}
        ),
        "https://one.invalid/arch/": page(
            {"filename": "arch-1.0.tar.gz", "url": "arch.gz", "hashes": {"sha256": bad}}
        ),
    }
    index = IndexSettings("https://one.invalid", extra_index_urls=("https://two.invalid/s/",))
    asked = request(item("beam==1.0", good), item("arch===1.0", bad), index=index)
    found = by_name(resolve(asked, reader(pages)))
    hashes = (("sha256", good),)
    assert found["beam"].source == Wheel("https://two.invalid/s/beam/two", name, hashes, 9)
    url = "https://one.invalid/arch/arch.gz"
    assert found["arch"].source == Sdist(url, "arch-1.0.tar.gz", (("sha256", bad),))


def test_the_default_index_is_used_where_none_is_named() -> None:
    digest = "ab" * 32
    name = "beam-1.0-py3-none-any.whl"
    pages = {f"{INDEX}/beam/": page({"filename": name, "url": "b"})}
    asked = request(item("beam==1.0", digest), index=IndexSettings())
    answer = resolve_pinned(asked, this_python(), reader(pages), default_index=INDEX)
    assert answer is not None
    # The page tells no hash: the one that was promised goes along, for whoever gets the file.
    wheel = Wheel(f"{INDEX}/beam/b", name, (("sha256", digest),))
    assert answer.artifacts[0].source == wheel
    assert resolve_pinned(asked, this_python(), reader(pages)) is None


def test_an_index_in_a_folder_is_read_from_there(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "files", "beam")
    (tmp_path / "simple/beam").mkdir(parents=True)
    link = f'<a href="../../files/{wheel.name}#sha256={sha256_of(wheel)}">beam</a>'
    (tmp_path / "simple/beam/index.html").write_text(link)
    index = IndexSettings((tmp_path / "simple").as_uri())
    source = resolve(request(item("beam==1.0", sha256_of(wheel)), index=index)).artifacts[0].source
    assert source == Wheel(wheel.as_uri(), wheel.name, (("sha256", sha256_of(wheel)),))


def test_a_withdrawn_file_is_taken_because_it_is_pinned_and_said() -> None:
    digest = "ab" * 32
    file = {"filename": "beam-1.0.tar.gz", "url": "b", "hashes": {"sha256": digest}}
    pages = {f"{INDEX}/beam/": page({**file, "yanked": "it burns"})}
    asked = request(item("beam==1.0", digest), index=IndexSettings(INDEX))
    answer = resolve(asked, reader(pages))
    assert answer.warnings == ("beam 1.0 was withdrawn by its authors: it burns",)


def test_addresses_with_hashes_are_taken_as_they_are(tmp_path: Path, house: Path) -> None:
    wheel = make_wheel(tmp_path, "door", "4.0")
    fragment = f"door @ {wheel.as_uri()}#sha256={sha256_of(wheel)}"
    beam = item("beam==1.0", sha256_of(house / "beam-1.0-py3-none-any.whl"))
    answer = resolve(request(fragment, beam, house=house))
    assert versions(answer) == {"beam": "1.0", "door": "4.0"}
    door = by_name(answer)["door"]
    assert door.source == Wheel(wheel.as_uri(), wheel.name, (("sha256", sha256_of(wheel)),))
    assert door.direct


def test_a_marker_that_fails_leaves_its_line_out(house: Path) -> None:
    beam = item("beam==1.0", sha256_of(house / "beam-1.0-py3-none-any.whl"))
    winter = item('winter==1.0 ; sys_platform == "nowhere"', "0" * 64)
    assert versions(resolve(request(beam, winter, house=house))) == {"beam": "1.0"}


def test_everything_that_leaves_a_choice_needs_a_resolver(house: Path) -> None:
    digest = sha256_of(house / "beam-1.0-py3-none-any.whl")
    beam = item("beam==1.0", digest)

    def answer(*items: Any, **more: Any) -> Resolution | None:
        return resolve_pinned(request(*items, house=house, **more), this_python(), nobody)

    assert answer(beam) is not None
    for text in ("beam", "beam>=1.0", "beam==1.*", "beam==1.0,<2", "beam~=1.0", "beam===x"):
        assert answer(item(text, digest)) is None
    assert answer("beam==1.0") is None
    assert answer(beam, "arch==1.0") is None
    assert answer(beam, item("beam==2.0", digest)) is None
    assert answer(item("beam==1.0", "0" * 64)) is None
    assert answer(beam, "https://x.invalid/door-1.0-py3-none-any.whl") is None
    assert answer(beam, item("door @ https://x.invalid/door-1.0-py3-none-any.whl")) is None
    assert answer(beam, item("door @ git+https://x.invalid/door", digest)) is None
    assert answer(beam, constraints=(item("beam>1"),)) is None
    assert answer(beam, constraints=(item("beam<9"),)) is not None
    assert answer(beam, projects=(LocalProject("/x"),)) is None
    assert answer(beam, exclude_newer="2024-01-01T00:00:00Z") is None


def test_a_file_for_another_python_or_platform_is_not_taken(tmp_path: Path) -> None:
    digest = "ab" * 32
    file = {"filename": "beam-1.0-py3-none-any.whl", "url": "b", "hashes": {"sha256": digest}}
    asked = request(item("beam==1.0", digest), index=IndexSettings(INDEX))
    pages = {f"{INDEX}/beam/": page({**file, "requires-python": "<3"})}
    assert resolve_pinned(asked, this_python(), reader(pages)) is None
    pages = {f"{INDEX}/beam/": page({**file, "requires-python": "nonsense"})}
    assert resolve_pinned(asked, this_python(), reader(pages)) is not None
    narrow = with_tags(this_python(), "cp1-cp1-none")
    assert resolve_pinned(asked, narrow, reader(pages)) is None
