"""Pythons that uv manages, for projects that prefer them: `uv_python_preference`."""

from __future__ import annotations

import logging
import os
import subprocess
from collections.abc import Mapping, Sequence

from trueup_tox.uv_program import need_uv

__all__ = ["PREFERRING", "managed_python"]

_LOGGER = logging.getLogger(__name__)

PREFERRING = ("managed", "only-managed")
"""The preferences with which uv is asked before tox looks for a Python by itself."""


def managed_python(specs: Sequence[str], variables: Mapping[str, str]) -> str | None:
    """Return the path of a Python that uv manages; let uv install one where there is none.

    Args:
        specs: what `base_python` says, the first that can be had wins.
        variables: the environment variables for uv.

    Raises:
        Fail: there is no uv.
    """
    uv = need_uv(variables, "uv_python_preference")
    for spec in specs:
        if os.path.isabs(spec):
            return None  # somebody knows which one
        wanted = _version_in(spec)
        found = _found(uv, wanted, variables)
        if found is None and _ask(uv, ["install", "--quiet", wanted], variables) is not None:
            found = _found(uv, wanted, variables)
        if found is not None:
            return found
    return None


def _found(uv: str, wanted: str, variables: Mapping[str, str]) -> str | None:
    options = ["--no-project", "--python-preference", "only-managed", "--no-python-downloads"]
    return _ask(uv, ["find", *options, wanted], variables)


def _version_in(spec: str) -> str:
    """Return a spec of tox in the words of uv: `py312` is 3.12."""
    from virtualenv.discovery.py_spec import PythonSpec

    parsed = PythonSpec.from_string_spec(spec)
    parts = [parsed.major, parsed.minor, parsed.micro]
    version = ".".join(str(each) for each in parts if each is not None)
    threaded = "t" if getattr(parsed, "free_threaded", None) else ""
    return f"{parsed.implementation or 'cpython'}{version and '@'}{version}{threaded}"


def _ask(uv: str, words: list[str], variables: Mapping[str, str]) -> str | None:
    clean = {name: value for name, value in variables.items() if name != "UV_PYTHON"}
    done = subprocess.run(
        [uv, "python", *words], env=clean, capture_output=True, text=True, check=False
    )
    if done.returncode:
        _LOGGER.info("uv python %s: %s", " ".join(words), done.stderr.strip())
        return None
    return done.stdout.strip()
