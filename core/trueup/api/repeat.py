"""What an install came to, as it is remembered for the next empty environment."""

from __future__ import annotations

import time

from trueup.api.grounds import Grounds
from trueup.destination.environment import Interpreter
from trueup.values import asdict, dataclass
from trueup.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["MAX_AGE", "Repeat", "interpreter_key", "repeat_from"]

MAX_AGE = 600.0  # seconds; as `trueup.resolution.memo` believes an answer


@dataclass(frozen=True, slots=True)
class Repeat:
    """What an install came to.

    Attributes:
        packs: of each distribution its wheel's sha256, its name and version as the pack has them,
            and whether it was asked for by name; in order of name.
        interpreter: what decided of the interpreter.
        compiled: as in `trueup.api.applying.Work`.
        told: when the resolver gave the answer, in seconds since the epoch.
        lasting: the answer stands for ever: it is asked for without a network.
        verbosity: how much is shown.
        progress: whether lines may move.
        color: "auto", "always" or "never".
        recreate: the environment is made anew first, whatever is in it.
        identity: of the environment that was made anew; "" for none.
        warnings: what the resolver had to say: a part of its answer, which it is as old as.
        grounds: what else decided.
    """

    packs: tuple[tuple[str, str, str, bool], ...]
    interpreter: tuple[Any, ...]
    compiled: bool | None
    told: float
    lasting: bool
    verbosity: int
    progress: bool
    color: str
    recreate: bool = False
    identity: str = ""
    warnings: tuple[str, ...] = ()
    grounds: Grounds = Grounds()

    def as_plain(self) -> dict[str, Any]:
        """Return all but the grounds, as `marshal` takes it."""
        told = {name: each for name, each in asdict(self).items() if name != "grounds"}
        return {**told, "writer": __version__}


def repeat_from(told: Any) -> Repeat | None:
    """Return what `as_plain` told; None for what another version wrote, or what is too old."""
    if not isinstance(told, dict) or told.pop("writer", "") != __version__:
        return None
    known = Repeat(**told)
    # A time to come is a clock that was set back: nobody knows how old the answer is.
    return known if known.lasting or 0 <= time.time() - known.told <= MAX_AGE else None


def interpreter_key(interpreter: Interpreter) -> tuple[Any, ...]:
    """Return what of an interpreter decides what is installed."""
    markers = tuple(sorted(interpreter.markers.items()))
    build = (interpreter.version, interpreter.implementation, interpreter.free_threaded)
    return (*build, interpreter.magic, interpreter.cache_tag, markers, interpreter.tags)
