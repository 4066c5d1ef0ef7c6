"""Moments as people write them behind `--exclude-newer`: dates, times, and days ago."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from trueup.errors import RequestError

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["read_moment"]

_DURATION = re.compile(
    r"P(?P<iso>\d{1,6})D|(?P<count>\d{1,6}) ?(?P<unit>hour|day|week)s?(?: ago)?", re.IGNORECASE
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def read_moment(text: str, name: str = "--exclude-newer") -> str:
    """Return the moment before which everything has to be published (RFC 3339, in UTC).

    A date means its whole day, and a time without an offset the local one, as with uv. A duration
    counts back from now, and is rounded down to midnight (below a day: to the hour), so that the
    same words give the same answer all day, and never a younger one than asked for.

    Args:
        text: a date, a time (RFC 3339), `P3D`, `3 days`, `2 weeks`, or "" for no limit.
        name: what messages call it.

    Raises:
        RequestError: `text` is none of these.
    """
    text = text.strip()
    if not text:
        return ""
    from datetime import UTC

    try:
        moment = _ago(text) or _at(text)
    except (ValueError, OverflowError) as error:
        raise RequestError(
            f"{name} {text!r} is no moment",
            hint="Write 2030-01-31, 2030-01-31T12:00:00Z, or a duration such as P3D",
        ) from error
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _ago(text: str) -> datetime | None:
    found = _DURATION.fullmatch(text)
    if found is None:
        return None
    from datetime import UTC, datetime, timedelta

    count = int(found["iso"] or found["count"])
    unit = (found["unit"] or "day").lower()
    hours = count * {"hour": 1, "day": 24, "week": 168}[unit]
    moment = datetime.now(UTC) - timedelta(hours=hours)
    hour = 0 if hours >= 24 else moment.hour
    return moment.replace(hour=hour, minute=0, second=0, microsecond=0)


def _at(text: str) -> datetime:
    from datetime import datetime, time, timedelta

    if _DATE.fullmatch(text):
        day = datetime.fromisoformat(text) + timedelta(days=1)
        return datetime.combine(day, time()).astimezone()
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.astimezone()
