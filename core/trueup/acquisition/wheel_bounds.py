"""How much a wheel may unpack to, as this machine's user allows it."""

from __future__ import annotations

import os

from trueup.acquisition.wheel_rules import Limits
from trueup.errors import RequestError

__all__ = ["user_limits"]


def user_limits() -> Limits:
    """Return the bounds on bombs: TRUEUP_WHEEL_RATIO and TRUEUP_WHEEL_SIZE, or what PyPI allows.

    Raises:
        RequestError: one of them is no number.
    """
    usual = Limits()
    return Limits(
        ratio=_number("TRUEUP_WHEEL_RATIO", usual.ratio),
        total=_number("TRUEUP_WHEEL_SIZE", usual.total),
    )


def _number(name: str, usual: int) -> int:
    text = os.environ.get(name, "")
    if not text:
        return usual
    if not (text.isascii() and text.isdecimal() and int(text)):
        raise RequestError(f"{name} is {text!r}, which is no number", hint=f"Usual is {usual}.")
    return int(text)
