"""What an environment held before it was made anew is deleted, but for what was taken from it."""

from __future__ import annotations

from trueup.destination.environment import Environment
from trueup.destination.shelf import drop_shelves
from trueup.reporting import Event, Reporter

__all__ = ["clear_shelves"]


def clear_shelves(environment: Environment, reporter: Reporter) -> None:
    """Delete what nothing was taken from; where that fails, all else is done nevertheless."""
    try:
        drop_shelves(environment.root)
    except OSError as error:
        place = error.filename or environment.state
        told = f"what the environment held before cannot be deleted: {error.strerror} ({place})"
        reporter(Event("warning", environment.root, told))
