"""`python -m trueup_nox` and `trueup-nox`: nox, with the backend registered before its options."""

from __future__ import annotations

import functools
from importlib.util import find_spec
from typing import Any

import trueup_nox
from trueup_nox.seams import SeamMoved

__all__ = ["main"]


def main() -> None:
    """Run nox; it ends the process with its own exit code."""
    trueup_nox.register()
    if find_spec("nox._parallel") is not None:
        _start_workers_with_the_backend()
    from nox.__main__ import main as run_nox

    run_nox()


def _start_workers_with_the_backend() -> None:
    """Let `nox -j` start its workers as it was started itself: they parse the same options."""
    from nox import _parallel

    original: Any = getattr(_parallel, "_child_argv", None)
    if original is None:
        raise SeamMoved(
            "this nox starts its parallel workers in another way: run plain `nox`, "
            "with `import trueup_nox` in the noxfile",
            name="nox",
        )

    @functools.wraps(original)
    def _child_argv(*arguments: Any, **keywords: Any) -> list[str]:
        command: list[str] = original(*arguments, **keywords)
        if command[1:3] != ["-m", "nox"]:
            raise SeamMoved(f"a parallel worker is started as {command[:3]}", name="nox")
        return [command[0], "-m", "trueup_nox", *command[3:]]

    _parallel._child_argv = _child_argv  # noqa: SLF001 - the one place where workers are started


if __name__ == "__main__":
    main()
