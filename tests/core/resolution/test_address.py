"""Addresses: no credentials get out, and two spellings of one place are one place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some
from trueup.resolution.address import (
    file_url,
    fragment_hashes,
    key_of_address,
    key_of_source,
    local_path,
    recorded,
    redact,
    without_credentials,
    without_hashes,
)
from trueup.resolution.artifact import Archive, Directory, Repository, Wheel

NAMES = some.text(
    some.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=12
).filter(lambda name: name.strip(".") != "")
SECRETS = some.text("abcXYZ0189-_.~%!$&'()*+,;=", min_size=1, max_size=12)


@given(some.lists(NAMES, min_size=1, max_size=3))
def test_every_path_has_an_address_that_leads_back_to_it(names: list[str]) -> None:
    path = "/" + "/".join(names)
    assert local_path(file_url(path)) == path
    assert recorded(file_url(path)) == file_url(path)


@given(SECRETS, SECRETS)
def test_no_secret_survives(user: str, password: str) -> None:
    url = f"https://{user}-x:{password}-y@host.invalid/p?q#f"
    assert without_credentials(url) == "https://host.invalid/p?q#f"
    assert recorded(url) == "https://host.invalid/p?q"
    told = redact(f"error: cannot get {url}, nor git+ssh://{user}:{password}@b.invalid/x")
    assert told == (
        "error: cannot get https://****@host.invalid/p?q#f, nor git+ssh://****@b.invalid/x"
    )


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://host.invalid/a@b", "https://host.invalid/a@b"),
        ("https://${USER}:${TOKEN}@host.invalid/", "https://${USER}:${TOKEN}@host.invalid/"),
        ("https://${USER}:token@host.invalid/", "https://host.invalid/"),
        ("ssh://git@host.invalid/r", "ssh://git@host.invalid/r"),
        ("git+ssh://git:word@host.invalid:22/r", "git+ssh://git@host.invalid:22/r"),
        ("https://a:b@c@host.invalid/", "https://host.invalid/"),
        ("file:///a@b", "file:///a@b"),
    ],
)
def test_what_is_no_secret_stays(url: str, expected: str) -> None:
    assert without_credentials(url) == expected


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("https://a:b@Host.invalid/x%20y.whl#sha256=ab", Wheel("https://host.invalid/x y.whl", "")),
        ("file:///a%2Cb.whl", Wheel("file:///a,b.whl", "")),
        ("/a b.whl", Wheel("file:///a%20b.whl", "")),
        (
            "https://h.invalid/x.zip#subdirectory=s&egg=x",
            Archive("https://h.invalid/x.zip", (), "s"),
        ),
        ("file:///folder/", Directory("/folder")),
        (
            "git+https://a:b@h.invalid/r.git@v1#subdirectory=s",
            Repository("git", "https://h.invalid/r.git", "v1", "c0ffee", "s"),
        ),
        ("git+ssh://git@h.invalid/r", Repository("git", "ssh://git@h.invalid/r", "", "c0ffee")),
        ("git+file:///r@a%2Fb", Repository("git", "file:///r", "a/b", "c0ffee")),
    ],
)
def test_what_was_asked_for_is_recognized_in_the_answer(
    text: str, source: Wheel | Archive | Directory | Repository
) -> None:
    assert key_of_address(text) == key_of_source(source)


def test_different_things_are_not_taken_for_each_other() -> None:
    texts = [
        "https://h.invalid/r",
        "https://h.invalid/r#subdirectory=s",
        "https://h.invalid/r?a",
        "git+https://h.invalid/r",
        "git+https://h.invalid/r@v1",
        "hg+https://h.invalid/r@v1",
        "file:///h.invalid/r",
    ]
    assert len({key_of_address(text) for text in texts}) == len(texts)


def test_an_address_that_is_none_does_no_harm() -> None:
    url = "https://alice:hunter2@[nowhere/x"
    assert local_path(url) is None
    assert local_path("file://[nowhere/x") is None
    assert without_credentials(url) == "https://****@[nowhere/x"
    assert key_of_address(url) == (url,)


def test_hashes_are_read_from_a_fragment_and_taken_out_of_it() -> None:
    url = "https://h.invalid/x.whl#egg=x&sha256=ABCD&size=7&md5=xyz"
    assert fragment_hashes(url) == (("sha256", "abcd"),)
    assert without_hashes(url) == "https://h.invalid/x.whl#egg=x&size=7&md5=xyz"
    assert without_hashes("https://h.invalid/x.whl#sha256=ab") == "https://h.invalid/x.whl"
