"""What follows a build: it is loaded while the backend is at work, on another processor."""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from trueup.freshness.evidence import Evidence
    from trueup.freshness.fingerprint import Fingerprint

__all__ = ["gathered", "load_what_follows"]

_FOLLOWS = (
    "installer.utils",
    "trueup.acquisition.packing",
    "trueup.acquisition.wheel",
    "trueup.api.applying",
    "trueup.freshness.gathering",
)


def load_what_follows() -> None:
    """Import what makes a pack and a fingerprint of what was built, and puts it in place."""
    for module in _FOLLOWS:
        import_module(module)


def gathered(evidence: Evidence) -> Fingerprint:
    """Return the fingerprint of a build, as `gather` does."""
    from trueup.freshness.gathering import gather

    return gather(evidence)
