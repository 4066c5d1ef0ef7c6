"""Whether a local project is as it was, told by its fingerprint; light, next to all of the core."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from trueup_tox.looks import TICK, Signed, contents

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trueup.freshness.fingerprint import Fingerprint
    from trueup.freshness.sight import Sight

__all__ = ["judged"]


def judged(
    fingerprint: bytes, variables: Mapping[str, str], *, patient: bool = False
) -> Signed | None:
    """Return what it stands on that a project is as its fingerprint has it; None where it is not.

    Variables and circumstances are not compared: they are a part of the key of what is remembered.

    Args:
        fingerprint: of its build.
        variables: the environment variables, for version control systems.
        patient: wait for one tick of the clock where something has just been written.
    """
    from trueup.freshness.sight import Sight
    from trueup.freshness.storage import decode
    from trueup.freshness.verdict import Fresh, judge
    from trueup.values import replace

    known = decode(fingerprint)
    if known is None:
        return None
    bare, circumstances = replace(known, variables={}), known.circumstances
    sight = Sight(circumstances.tree, variables)
    signed = _signed(fingerprint, bare, sight)
    more = known.questions or known.patterns or known.unusable
    if signed is None and patient and not more:
        time.sleep(TICK)
        sight = Sight(circumstances.tree, variables)
        signed = _signed(fingerprint, bare, sight)
    if not isinstance(judge(bare, circumstances, sight), Fresh):
        return None
    return signed or ([], [], {}, (), (), fingerprint, False)


def _signed(fingerprint: bytes, known: Fingerprint, sight: Sight) -> Signed | None:
    """Return what a verdict will stand on; None where that is more than looks, or too young."""
    from trueup.freshness.footing import footing_of

    found = footing_of(known, sight, {})
    if found is None:
        return None
    marks, links = list(found.marks), list(found.links)
    try:
        folders = {path: contents(path) for path, _ in marks if os.path.isdir(path)}
    except OSError:  # gone meanwhile: the verdict will say so
        return None
    return (marks, links, folders, found.absent, (sight.tree,), fingerprint, True)
