"""Whom to ask: uv where there is one, else pip, or whichever the user names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.errors import RequestError, ResolutionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from trueup.destination.environment import Interpreter
    from trueup.resolution.resolver import Resolver

__all__ = ["choose_resolver"]


def choose_resolver(
    environment: Mapping[str, str],
    interpreter: Interpreter,
    *,
    memory: str | None = None,
    meanwhile: Callable[[], None] | None = None,
) -> Resolver:
    """Return the resolver that `TRUEUP_RESOLVER` names: uv, pip, or auto, which is the default.

    Args:
        environment: environment variables; the resolver runs with them.
        interpreter: for whom it will be asked: not every pip can work for every Python.
        memory: a folder in which versions of programs are remembered.
        meanwhile: what to do while the resolver's program works.

    Raises:
        RequestError: the variable has another value.
        ResolutionError: the resolver that is named is not there, or none is.
    """
    wanted = environment.get("TRUEUP_RESOLVER", "").strip().lower() or "auto"
    if wanted not in {"uv", "pip", "auto"}:
        raise RequestError(
            f"TRUEUP_RESOLVER is {wanted!r}, which is no resolver.",
            hint="Set it to uv, pip or auto.",
        )
    found = None
    if wanted in {"uv", "auto"}:
        found = _uv(environment, memory, meanwhile)
    if found is None and wanted in {"pip", "auto"}:
        found = _pip(environment, interpreter, memory, meanwhile)
    if found is None:
        raise _absent(wanted, interpreter)
    return found


def _uv(
    environment: Mapping[str, str], memory: str | None, meanwhile: Callable[[], None] | None
) -> Resolver | None:
    from trueup.resolution.uv_program import find_uv

    found = find_uv(environment, memory)
    if found is None:
        return None
    from trueup.resolution.uv import UvResolver

    return UvResolver(*found, inherited=environment, meanwhile=meanwhile)


def _pip(
    environment: Mapping[str, str],
    interpreter: Interpreter,
    memory: str | None,
    meanwhile: Callable[[], None] | None,
) -> Resolver | None:
    from trueup.resolution.pip_program import find_pip

    found = find_pip(interpreter, environment, memory)
    if found is None:
        return None
    from trueup.resolution.pip import PipResolver

    return PipResolver(found, inherited=environment, meanwhile=meanwhile)


def _absent(wanted: str, interpreter: Interpreter) -> ResolutionError:
    names = "uv nor pip" if wanted == "auto" else wanted
    neither = "Neither" if wanted == "auto" else "No"
    return ResolutionError(
        f"{neither} {names} was found that can resolve for {interpreter.executable}.",
        hint="Install uv beside trueup (the extra trueup[uv]), or name one with TRUEUP_UV.",
    )
