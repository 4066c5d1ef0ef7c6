"""What surroundings say where the command line says nothing."""

from __future__ import annotations

from collections.abc import Mapping

from trueup.resolution.pip_configuration import PipConfiguration, truth_of
from trueup.resolution.request_input import RequestInput
from trueup.values import replace

__all__ = ["with_defaults"]


def with_defaults(
    raw: RequestInput, pip: PipConfiguration, uv_variables: Mapping[str, str]
) -> RequestInput:
    """Return what was said, and what `UV_*`, `PIP_*` and pip's configuration say besides.

    Args:
        raw: what was said; it has the last word, and lists of surroundings come before its own.
        pip: pip's settings.
        uv_variables: the variables, or none where uv does not resolve.

    Raises:
        RequestError: a switch is neither on nor off.
    """
    formats = tuple(
        (f"--{name}", pip.text(name)) for name in ("no-binary", "only-binary") if pip.text(name)
    )
    settings = pip.text("config-settings")
    return replace(
        raw,
        constraint_files=(
            *pip.words("constraint"),
            *uv_variables.get("UV_CONSTRAINT", "").split(),
            *raw.constraint_files,
        ),
        formats=(*formats, *raw.formats),
        build_isolation=_first(raw.build_isolation, *_isolations(pip, uv_variables)),
        config_settings=(*([settings] if settings else []), *raw.config_settings),
        resolution=raw.resolution or uv_variables.get("UV_RESOLUTION", ""),
        prerelease=_first(raw.prerelease, _uv_prerelease(uv_variables), pip.switch("pre")),
        dependencies=_first(raw.dependencies, _opposite(pip.switch("no-deps"))),
        upgrade=raw.upgrade or pip.switch("upgrade") is True,
        upgrade_strategy=raw.upgrade_strategy or pip.text("upgrade-strategy"),
        require_hashes=_first(
            raw.require_hashes,
            _uv_switch(uv_variables, "UV_REQUIRE_HASHES"),
            pip.switch("require-hashes"),
        ),
        exclude_newer=raw.exclude_newer
        or uv_variables.get("UV_EXCLUDE_NEWER", "")
        or pip.text("uploaded-prior-to"),
    )


def _isolations(
    pip: PipConfiguration, uv_variables: Mapping[str, str]
) -> tuple[bool | None, bool | None]:
    # pip documents that its variable says the opposite of its name: PIP_NO_BUILD_ISOLATION=0
    # turns isolation off. uv's says what it is called.
    return (
        _opposite(_uv_switch(uv_variables, "UV_NO_BUILD_ISOLATION")),
        pip.switch("no-build-isolation"),
    )


def _uv_prerelease(uv_variables: Mapping[str, str]) -> bool | None:
    return True if uv_variables.get("UV_PRERELEASE", "").lower() == "allow" else None


def _uv_switch(uv_variables: Mapping[str, str], name: str) -> bool | None:
    value = uv_variables.get(name, "")
    return truth_of(name, value) if value else None


def _opposite(value: bool | None) -> bool | None:
    return None if value is None else not value


def _first(*values: bool | None) -> bool | None:
    return next((value for value in values if value is not None), None)
