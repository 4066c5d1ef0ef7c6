"""What was seen of one build."""

from __future__ import annotations

from collections.abc import Mapping

from trueup.acquisition.pack import Pack
from trueup.acquisition.snapshot import Snapshot
from trueup.acquisition.trace import BuildTrace
from trueup.acquisition.witness import Sighting
from trueup.freshness.fingerprint import Circumstances, Fingerprint
from trueup.values import dataclass, field

__all__ = ["Evidence"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was seen of one build.

    Attributes:
        circumstances: of the build.
        before: the tree before it.
        after: the tree after it.
        trace: what its hooks looked at.
        pack: what it gave.
        variables: environment variables as the backend found them.
        requirements: build requirements, as asked for.
        environment: "name version" of what the build environment held.
        patterns: globs that a plugin added to the inputs.
        previous: the fingerprint of the build before, if there is one.
        accepted: paths that changed in each of two builds, and to the same content: made by them.
        foreign: folders of the build's Pythons: their version tells what compilers read there.
        workplace: the prefix of the build environment; "" where the build was not isolated.
        sighting: what programs opened whose reading is not in the trace.
        begun: the tree before the first build that `sighting` tells of; None for `before`.
        others: what builds in other ways made (editable or not, for another Python).
        back: of that, what was out of the way, and came back as nothing took its place.
    """

    circumstances: Circumstances
    before: Snapshot
    after: Snapshot
    trace: BuildTrace
    pack: Pack
    variables: Mapping[str, str]
    requirements: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    previous: Fingerprint | None = None
    accepted: frozenset[str] = field(default_factory=frozenset)
    foreign: tuple[str, ...] = ()
    workplace: str = ""
    sighting: Sighting = field(default_factory=Sighting)
    begun: Snapshot | None = None
    others: frozenset[str] = field(default_factory=frozenset)
    back: frozenset[str] = field(default_factory=frozenset)
