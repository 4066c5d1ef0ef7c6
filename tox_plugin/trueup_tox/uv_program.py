"""Where uv is, for commands and for locks; no program is started to find out."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping

__all__ = ["find_uv_program", "need_uv"]


def find_uv_program(variables: Mapping[str, str]) -> str | None:
    """Return the path of uv: what `TOX_UV_PATH` names, the one beside tox, or the one on PATH."""
    named = os.environ.get("TOX_UV_PATH") or variables.get("TOX_UV_PATH", "")
    beside = os.path.dirname(sys.executable)
    for name, path in ((named, None), ("uv", beside), ("uv", variables.get("PATH"))):
        found = shutil.which(name, path=path) if name else None
        if found is not None:
            return os.path.abspath(found)
    return None


def need_uv(variables: Mapping[str, str], purpose: str) -> str:
    """Return the path of uv.

    Raises:
        Fail: there is none.
    """
    from tox.tox_env.errors import Fail

    found = find_uv_program(variables)
    if found is None:
        raise Fail(f"{purpose} needs uv; add trueup[tox,uv] to `requires`, or put uv on PATH")
    return found
