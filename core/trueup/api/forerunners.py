"""The builds of a tree before one, in whichever way: what they left there can mislead it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from trueup.acquisition.supply import Supply
from trueup.api.abandoned import left_by_attempts
from trueup.api.judging import judge_now
from trueup.freshness.evidence import Evidence
from trueup.freshness.fingerprint import Circumstances, Fingerprint
from trueup.freshness.outcome import Reason, Stale, Verdict
from trueup.freshness.sight import Sight
from trueup.freshness.storage import decode
from trueup.freshness.workings import misleading, relied_on, untracked, workings
from trueup.values import dataclass

__all__ = ["Forerunners", "record_build"]

# A tree is built for some Pythons, editable and not; who gives other settings each time has more,
# and the oldest are forgotten.
_MOST = 32
# A build under these would be another one; what the last one left in the tree is as good as it was.
_OF_SURROUNDINGS = frozenset(("circumstances", "variable"))


@dataclass(frozen=True, slots=True)
class Forerunners:
    """The builds of a tree, as far as the store remembers them.

    Attributes:
        circumstances: of the build to come.
        supply: what it is made with.
        previous: of the last build under the same circumstances, if there is one.
        others: of the last builds under each of the others.
    """

    circumstances: Circumstances
    supply: Supply
    previous: Fingerprint | None
    others: tuple[Fingerprint, ...]

    @classmethod
    def of(
        cls, circumstances: Circumstances, supply: Supply, previous: Fingerprint | None
    ) -> Forerunners:
        """Return those of the build that would be made under these circumstances."""
        keys = _recorded_keys(circumstances.tree, supply)
        found = (_recorded(key, supply) for key in keys if key != circumstances.key)
        return cls(circumstances, supply, previous, tuple(one for one in found if one))

    def misleading(self) -> tuple[str, ...]:
        """Return what has to be out of the way of the build; also what one left that failed.

        Of what others made only what the build before has made as well: more might be missed by
        who runs what is installed while this build runs.
        """
        previous, tree = self.previous, self.circumstances.tree
        left = untracked(left_by_attempts(tree, self.supply.store), self._sight)
        if previous is None:
            return left
        verdict = self._verdict(previous, self.circumstances)
        last = max((previous, *self.others), key=lambda one: one.time_ns)
        judged = None if last is previous else (last, self._verdict(last, last.circumstances))
        members = self._members(previous)
        found = misleading(previous, verdict, self._sight, members, judged)
        if not found:
            return left
        again = untracked(self._made_by_others() & previous.made, self._sight)
        return tuple(sorted({*found, *again, *left}))

    def doubt(self, paths: Collection[str]) -> str:
        """Say why nobody can tell what a build depends on that found these; "" if it can be told.

        Args:
            paths: what a build that was killed wrote, and somebody may have changed since.
        """
        found = untracked(paths, self._sight)
        if not found:
            return ""
        told = f"{found[0]} was written by a build that was killed, and has changed since"
        return f"{told}: touch it once more if it is yours, or delete it"

    def relied_on(self, evidence: Evidence) -> frozenset[str]:
        """Return what of others the build took as it was, where it would have made its own."""
        made = self._made_by_others()
        if not made:
            return frozenset()
        suffixes = self.supply.interpreter.extension_suffixes
        found = relied_on(evidence, made, self.needed(made), self._sight, suffixes)
        return frozenset(untracked(found, self._sight))

    def needed(self, paths: Iterable[str]) -> frozenset[str]:
        """Return what of `paths` editables that were built in other ways lead to, as they should.

        If this build makes nothing in their place, they are to be back there.
        """
        wanted = frozenset(paths)
        needed: set[str] = set()
        for one in self.others:
            outputs = {mark.path for mark in one.files if mark.kind in {"output", "link"}}
            if not wanted.isdisjoint(outputs) and self._is_true(one):
                needed.update(wanted & outputs)
        return frozenset(needed)

    def made(self) -> frozenset[str]:
        """Return all that was made by others, and was not there before."""
        return frozenset().union(*(one.made - one.altered for one in self.others))

    def _is_true(self, one: Fingerprint) -> bool:
        verdict = self._verdict(one, one.circumstances)
        reasons: tuple[Reason, ...] = verdict.reasons if isinstance(verdict, Stale) else ()
        return all(reason.kind in _OF_SURROUNDINGS for reason in reasons)

    def _verdict(self, one: Fingerprint, now: Circumstances) -> Verdict:
        return judge_now(one, now, self.supply.interpreter, self.supply.variables)

    def _made_by_others(self) -> frozenset[str]:
        found = (workings(one, self._sight, self._members(one)) for one in self.others)
        return frozenset().union(*found)

    @property
    def _sight(self) -> Sight:
        return Sight(self.circumstances.tree, self.supply.variables)

    def _members(self, one: Fingerprint) -> frozenset[bytes]:
        pack = self.supply.store.find_pack(one.wheel)
        return frozenset(pack.heads()) if pack else frozenset()


def record_build(circumstances: Circumstances, supply: Supply, record: Mapping[str, str]) -> None:
    """Remember a build by its circumstances, and these by their tree.

    Args:
        circumstances: of the build.
        supply: whose store remembers it.
        record: the build: its "pack", and its "fingerprint".

    Raises:
        StoreError: it cannot be written.
    """
    key = circumstances.key
    supply.store.record_build(key, dict(record))
    keys = [one for one in _recorded_keys(circumstances.tree, supply) if one != key]
    ways = [*keys[1 - _MOST :], key]
    supply.store.record_build(_key(circumstances.tree), {"pack": record["pack"], "ways": ways})


def _key(tree: str) -> str:
    return f"ways {tree}"


def _recorded_keys(tree: str, supply: Supply) -> list[str]:
    record = supply.store.find_build(_key(tree)) or {}
    ways = record.get("ways")
    return [str(one) for one in ways] if isinstance(ways, list) else []


def _recorded(key: str, supply: Supply) -> Fingerprint | None:
    record = supply.store.find_build(key)
    if record is None:
        return None
    return decode(str(record.get("fingerprint", "")).encode("utf-8", "surrogateescape"))
