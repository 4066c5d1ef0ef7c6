"""The user's keyring, by import or by its program; each is asked only after a host said 401."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from trueup.errors import RequestError
from trueup.reporting import SILENT, Event, Reporter

__all__ = ["Keyring", "choose_keyring"]

Keyring = Callable[[str, str], tuple[str, str] | None]
"""From a service (an address or a host) and a user name, or "", to (user name, password)."""

_CHOICES = ("auto", "import", "subprocess", "disabled")
# A locked keyring waits for its user; one that never answers must not hold an install for ever.
_PATIENCE = 120.0


def choose_keyring(
    choice: str, environment: Mapping[str, str], reporter: Reporter = SILENT
) -> Keyring:
    """Return the keyring that was chosen; "auto" is the import, and where that fails the program.

    A keyring that fails knows nothing, and `reporter` is told.

    Raises:
        RequestError: there is no such choice.
    """
    names = ("TRUEUP_KEYRING_PROVIDER", "PIP_KEYRING_PROVIDER", "UV_KEYRING_PROVIDER")
    chosen = choice or next((environment[name] for name in names if environment.get(name)), "auto")
    if chosen not in _CHOICES:
        raise RequestError(
            f"there is no keyring provider {chosen!r}", hint=f"Choose one of {', '.join(_CHOICES)}."
        )

    def ask(service: str, username: str) -> tuple[str, str] | None:
        found = None
        if chosen in {"auto", "import"}:
            found = _ask_import(service, username, reporter)
        if found is None and chosen in {"auto", "subprocess"}:
            found = _ask_program(service, username, reporter)
        return found

    return ask


def _ask_import(service: str, username: str, reporter: Reporter) -> tuple[str, str] | None:
    try:
        keyring = import_module("keyring")
    except ImportError:
        return None
    try:
        found = keyring.get_credential(service, username or None)
    except Exception as error:  # noqa: BLE001 - keyring backends raise whatever they like
        reporter(Event("warning", "keyring", f"it failed ({type(error).__name__}) and is left out"))
        return None
    return (found.username or username, found.password or "") if found else None


def _ask_program(service: str, username: str, reporter: Reporter) -> tuple[str, str] | None:
    import shutil
    import subprocess

    program = shutil.which("keyring")
    if program is None or service.startswith("-"):
        return None
    command = (
        [program, "get", service, username]
        if username
        else [program, "--mode", "creds", "get", service]
    )
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError) as error:
        reporter(Event("warning", program, f"it failed ({type(error).__name__}) and is left out"))
        return None
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        return None
    if username:
        return username, lines[0]
    return (lines[0], lines[1]) if len(lines) > 1 else None
