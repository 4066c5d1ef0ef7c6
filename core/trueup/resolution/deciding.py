"""The variables that decide what a resolver answers."""

from __future__ import annotations

import os
from collections.abc import Mapping

from trueup.resolution.location import absolute_path
from trueup.resolution.request_input import RequestInput

__all__ = ["FILE_VARIABLES", "deciding_variables", "resolver_environment"]

FILE_VARIABLES = ("UV_OVERRIDE", "UV_EXCLUDE", "UV_BUILD_CONSTRAINT", "UV_CONFIG_FILE")

# These change how an answer is got or shown, and not the answer.
_INDIFFERENT = frozenset(
    f"{tool}_{name}"
    for tool, names in {
        "PIP": """CACHE_DIR CERT CLIENT_CERT COMPILE DEBUG DEFAULT_TIMEOUT DISABLE_PIP_VERSION_CHECK
            EXISTS_ACTION FORCE_REINSTALL KEYRING_PROVIDER LOG NO_CACHE_DIR NO_CLEAN NO_COLOR
            NO_COMPILE NO_INPUT NO_PROXY_ENV NO_PYTHON_VERSION_WARNING NO_WARN_CONFLICTS
            NO_WARN_SCRIPT_LOCATION PREFIX PROGRESS_BAR PROXY QUIET REPORT REQUIRE_VIRTUALENV
            RESUME_RETRIES RETRIES ROOT_USER_ACTION TARGET TIMEOUT VERBOSE""",
        "UV": """BREAK_SYSTEM_PACKAGES CACHE_DIR COMPILE_BYTECODE COMPILE_BYTECODE_TIMEOUT
            CONCURRENT_BUILDS CONCURRENT_DOWNLOADS CONCURRENT_INSTALLS HTTP_RETRIES HTTP_TIMEOUT
            KEYRING_PROVIDER LINK_MODE LOCK_TIMEOUT LOG_CONTEXT NO_CACHE NO_PROGRESS NO_WRAP OFFLINE
            PROJECT_ENVIRONMENT REQUEST_TIMEOUT SHOW_RESOLUTION STACK_SIZE SYSTEM_CERTS TOOL_BIN_DIR
            TOOL_DIR VENV_CLEAR VENV_SEED""",
    }.items()
    for name in names.split()
)


def deciding_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of pip and uv that can change what they answer, in order of name."""
    return {
        name: environment[name]
        for name in sorted(environment)
        if name.startswith(("PIP_", "UV_")) and name not in _INDIFFERENT
    }


def resolver_environment(
    raw: RequestInput, environment: Mapping[str, str], base: str
) -> dict[str, str]:
    """Return all variables that a resolver has to run with.

    Args:
        raw: what was said; `isolated` takes away what the user has told pip and uv.
        environment: the caller's variables.
        base: the absolute directory that relative paths of `raw` start from.
    """
    variables = dict(environment)
    if raw.isolated:
        variables = {
            name: value for name, value in variables.items() if not name.startswith(("PIP_", "UV_"))
        }
        variables |= {"PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1"}
    for name, value in raw.resolver_environment:
        paths = (absolute_path(path, base) for path in value.split())
        variables[name] = " ".join(paths) if name in FILE_VARIABLES else value
    return variables
