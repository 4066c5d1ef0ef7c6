"""What was found out about one local install; a value that imports nothing of what finds it out."""

from __future__ import annotations

import functools

from trueup.destination.installed import InstalledDistribution
from trueup.freshness.outcome import Fresh, Stale, Unknown, Verdict
from trueup.values import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from trueup.freshness.fingerprint import Fingerprint

__all__ = ["Judgement", "decoded"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found out about one local install.

    Attributes:
        distribution: what is installed.
        path: the project that it was installed from.
        editable: installed so that edits show at once.
        verdict: fresh, stale with reasons, or unknown.
        record: the bytes of the fingerprint that the verdict rests on; b"" where there is none.
        command: what mends it, in the words of who installed it; "" means `trueup refresh`.
        environment: the root of the environment that it is installed in.
        mechanism: how the environment leads to the project, in words; "" with a fingerprint.
    """

    distribution: InstalledDistribution
    path: str
    editable: bool
    verdict: Verdict
    record: bytes = field(default=b"", repr=False)
    command: str = ""
    environment: str = ""
    mechanism: str = ""

    @property
    def fingerprint(self) -> Fingerprint | None:
        """What the verdict rests on; None where there is none."""
        return decoded(self.record) if self.record else None

    @property
    def fresh(self) -> bool:
        """Whether a build now would give what is installed."""
        return isinstance(self.verdict, Fresh)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is not fresh, in sentences without a full stop, the weightiest first."""
        if isinstance(self.verdict, Stale):
            return tuple(one.message for one in self.verdict.reasons)
        return (self.verdict.reason,) if isinstance(self.verdict, Unknown) else ()


@functools.lru_cache(maxsize=2)  # one takes milliseconds, and up to megabytes
def decoded(record: bytes) -> Fingerprint | None:
    """Return the fingerprint of these bytes; None where they are none."""
    from trueup.freshness.storage import decode

    return decode(record)
