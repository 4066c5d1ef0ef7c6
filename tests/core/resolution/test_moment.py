from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trueup.errors import RequestError
from trueup.resolution.moment import read_moment


def test_a_moment_with_an_offset_is_told_in_utc() -> None:
    assert read_moment("2030-01-31T12:00:00+02:00") == "2030-01-31T10:00:00Z"
    assert read_moment("2030-01-31T12:00:00Z") == "2030-01-31T12:00:00Z"
    assert read_moment("") == ""


def test_a_date_means_its_whole_day() -> None:
    midnight = datetime(2030, 2, 1).astimezone().astimezone(UTC)
    assert read_moment("2030-01-31") == midnight.strftime("%Y-%m-%dT%H:%M:%SZ")


@given(st.integers(0, 4000), st.sampled_from(["P{}D", "{} days", "{} day ago", "{} weeks"]))
def test_a_duration_is_never_younger_than_asked_for_and_hardly_older(
    count: int, spelling: str
) -> None:
    days = count * (7 if "week" in spelling else 1)
    before = datetime.now(UTC) - timedelta(days=days)
    found = datetime.fromisoformat(read_moment(spelling.format(count)))
    after = datetime.now(UTC) - timedelta(days=days)
    assert found <= after
    assert before - found < timedelta(days=1)


@pytest.mark.parametrize("text", ["soon", "P3M", "2030-13-01", "P999999D", "999999 weeks", "1"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(RequestError, match="is no moment"):
        read_moment(text)


@given(st.text(max_size=20))
def test_no_text_raises_anything_but_our_own_error(text: str) -> None:
    try:
        moment = read_moment(text)
    except RequestError:
        return
    assert moment == "" or moment.endswith("Z")
