from __future__ import annotations

import hashlib
import sys
from dataclasses import fields
from types import FrameType
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trueup.freshness.fingerprint import (
    Circumstances,
    FileKind,
    FileMark,
    Fingerprint,
    ListingMark,
    ListingRule,
    Question,
)
from trueup.freshness.storage import FORMAT, decode, encode

names = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), min_size=1)
times = st.integers(-(2**62), 2**62)
digests = st.binary(min_size=16, max_size=16)
files = st.builds(
    FileMark,
    names,
    st.sampled_from(["content", "facet", "settings", "output", "link", "taken"]),
    st.integers(0, 2**62),
    times,
    times,
    st.integers(0, 2**63 - 1),
    digests,
)
listings = st.builds(
    ListingMark,
    names,
    st.sampled_from(
        ["all", "packages", "licences", "matching", "folders", "namespaces", "found", "sought"]
    ),
    times,
    times,
    st.integers(0, 2**63 - 1),
    digests,
    names,
)
fingerprints = st.builds(
    Fingerprint,
    circumstances=st.builds(
        Circumstances,
        names,
        st.booleans(),
        st.lists(st.tuples(names, names)).map(tuple),
        interpreter=names,
    ),
    wheel=names,
    time_ns=times,
    files=st.lists(files).map(tuple),
    listings=st.lists(listings).map(tuple),
    made=st.frozensets(names),
    absences=st.lists(names).map(tuple),
    taken=st.lists(names).map(tuple),
    presences=st.lists(names).map(tuple),
    questions=st.lists(
        st.builds(Question, st.lists(names).map(tuple), names, names), max_size=3
    ).map(tuple),
    variables=st.dictionaries(names, names, max_size=3),
    survey=st.sampled_from(["", "native", "other", "named", "all", "sighted"]),
    opened=st.lists(names).map(tuple),
    listed=st.lists(names).map(tuple),
    leftovers=names,
    programs=st.lists(names).map(tuple),
    unusable=st.sampled_from(["", "because"]),
)


@given(fingerprints)
def test_what_is_stored_is_read_again(fingerprint: Fingerprint) -> None:
    content = encode(fingerprint)
    assert decode(content) == fingerprint
    assert encode(fingerprint) == content


@given(fingerprints, st.data())
def test_a_changed_byte_is_never_taken_for_a_fingerprint(
    fingerprint: Fingerprint, data: st.DataObject
) -> None:
    content = bytearray(encode(fingerprint))
    at = data.draw(st.integers(0, len(content) - 2))
    content[at] ^= data.draw(st.integers(1, 255))
    assert decode(bytes(content)) in (None, fingerprint)


@given(fingerprints, st.data())
def test_half_a_fingerprint_is_none(fingerprint: Fingerprint, data: st.DataObject) -> None:
    content = encode(fingerprint)
    assert decode(content[: data.draw(st.integers(0, len(content) - 2))]) is None


# What each format holds. A field that comes, goes, or changes its meaning is another format: count
# FORMAT up, add a line here, and keep the lines of before.
SHAPES = {
    1: "3514d8c4cc40c190",
    2: "cc05f69adcaa0b20",
    3: "1fc4ea8ab8842561",
    4: "446048cb2a6d738d",
    5: "009d81f9ebd3a0bd",
    6: "cd5c9ce1a2ca4223",
    7: "6eac1335ac795168",
    8: "f667f06ac4606abd",
    9: "31e02479430416c7",
    10: "31e02479430416c7",  # licence files are marked
    11: "31e02479430416c7",  # a project's own files are, to which builds write
    12: "828c82578e350f44",
    13: "d24fcf2d03a94261",  # what a build made may be taken as it is
}


def _shape() -> str:
    parts = [
        f"{one.name}: {one.type}" for each in (Fingerprint, Circumstances) for one in fields(each)
    ]
    parts += [*FileMark._fields, *ListingMark._fields, *Question._fields]
    parts += [*get_args(FileKind), *get_args(ListingRule)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def test_a_fingerprint_of_other_fields_has_another_format() -> None:
    assert SHAPES[FORMAT] == _shape(), "count FORMAT up, and add its line to SHAPES"


@pytest.mark.parametrize("other", [b"0", b"-1", b"99", b"null", b'"1"', b"1.5", b"[1]"])
def test_no_other_format_is_read(other: bytes) -> None:
    content = encode(Fingerprint(Circumstances("/tree", editable=True), "0" * 64, 1))
    assert decode(content.replace(b'"format":%d,' % FORMAT, b'"format":%s,' % other, 1)) is None


def test_ten_thousand_files_are_small_and_read_at_once() -> None:
    marks = tuple(
        FileMark(
            f"src/package{number // 100}/module_number_{number}.py",
            "content",
            1000 + number,
            1_700_000_000_000_000_000 + number * 1_234_567,
            1_700_000_001_000_000_000 + number * 1_234_567,
            5_000_000 + number,
            hashlib.sha256(str(number).encode()).digest()[:16],
        )
        for number in range(10_000)
    )
    content = encode(Fingerprint(Circumstances("/tree", editable=True), "0" * 64, 1, files=marks))
    assert len(content) < 1_000_000
    # A file costs a mark to be made of it, and little more: the rest is done for all at once.
    assert _calls(content) < 4 * len(marks)


def _calls(content: bytes) -> int:
    """Count the functions that are called to read `content`, those written in C among them."""
    calls = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        found = decode(content)
    finally:
        sys.setprofile(None)
    assert found is not None
    return calls
