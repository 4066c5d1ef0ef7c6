"""Whether a local project is as it was, told by its fingerprint; light, next to all of the core."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["still_fresh"]


def still_fresh(fingerprint: bytes, variables: Mapping[str, str]) -> bool:
    """Whether a project is as its fingerprint has it; variables and circumstances are not compared.

    Those are a part of the key of what is remembered.
    """
    from trueup.freshness.sight import Sight
    from trueup.freshness.storage import decode
    from trueup.freshness.verdict import Fresh, judge
    from trueup.values import replace

    known = decode(fingerprint)
    if known is None:
        return False
    circumstances = known.circumstances
    sight = Sight(circumstances.tree, variables)
    return isinstance(judge(replace(known, variables={}), circumstances, sight), Fresh)
