"""Placeholder until the guard lands."""


def start() -> None:
    """Do nothing."""
