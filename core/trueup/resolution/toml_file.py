"""A TOML file of the user's, read."""

from __future__ import annotations

from typing import Any

from trueup.errors import RequestError
from trueup.resolution.location import read_from

__all__ = ["read_toml", "toml_of"]


def read_toml(path: str) -> dict[str, Any]:
    """Return the content of a TOML file.

    Raises:
        RequestError: it cannot be read, or is not TOML.
    """
    try:
        text = read_from(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestError(f"{path} is not TOML: it is not UTF-8") from error
    return toml_of(text, path)


def toml_of(text: str, title: str) -> dict[str, Any]:
    """Return what TOML says.

    Args:
        text: the TOML.
        title: what messages call it.

    Raises:
        RequestError: it is not TOML.
    """
    import tomllib

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise RequestError(f"{title} is not TOML: {error}") from error
