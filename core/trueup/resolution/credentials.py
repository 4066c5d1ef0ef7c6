"""What a person reads: text that others wrote, without the credentials that may be in it."""

from __future__ import annotations

import re

from trueup.resolution.address import redact

__all__ = ["presentable"]

# An address whose scheme is mistyped or missing still has to hide its password.
_PAIR = re.compile(r"(?<![\w*])[^\s/@:'\"\[\]]+:[^\s/@'\"]+@(?=[\w.-])")


def presentable(text: str) -> str:
    """Return `text` with the user information of everything that looks like an address hidden."""
    return _PAIR.sub("****@", redact(text))
