"""What was remembered of interpreters and of answers: where it lies, if it is ours alone."""

from __future__ import annotations

from trueup.acquisition.store_folder import own_folder
from trueup.errors import StoreError

__all__ = ["interpreter_memory"]


def interpreter_memory() -> str | None:
    """Return the folder of remembered interpreters: to start one takes longer than all the rest.

    None where the store is not safe to use; what a glance remembers lies in it, too.
    """
    try:
        own_folder("glances")
        return own_folder("interpreters")
    except StoreError:  # whoever needs the store itself tells of that
        return None
