"""What an install tells: values, for people and machines to read."""

from __future__ import annotations

from collections.abc import Mapping

from trueup.api.grounds import Grounds
from trueup.values import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from trueup.api.repeat import Repeat
    from trueup.importability import StaleModule

__all__ = ["Added", "InstallReport", "Kept", "Removed"]


@dataclass(frozen=True, slots=True)
class Added:
    """A distribution that was put in place, or would be.

    Attributes:
        name: normalized.
        version: what is there now.
        previous: the version that it replaced, or "".
        how: "store", "download" or "build"; "" in a dry run.
        reason: why it was put in place.
        editable: installed so that edits show at once.
    """

    name: str
    version: str
    previous: str = ""
    how: str = ""
    reason: str = ""
    editable: bool = False


@dataclass(frozen=True, slots=True)
class Removed:
    """A distribution that was taken out, or would be."""

    name: str
    version: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A distribution that was looked at and is right as it is."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class InstallReport:
    """What changed in an environment.

    Attributes:
        environment: its prefix or target directory.
        added: in order of name.
        removed: in order of name.
        kept: in order of name.
        recovered: what an interrupted earlier change was about, if one was finished first.
        mended: files and links of the environment itself that were put back, as far as trueup made
            them: pyvenv.cfg, the Python, the activation scripts.
        displaced: files of others that had to give way.
        stale_modules: modules of replaced distributions that this process still holds.
        warnings: sentences.
        seconds: stage ("look", "projects", "resolve", "acquire", "write") to seconds; "projects" is
            judging and building local projects.
        dry_run: nothing was changed; the report tells what would be.
        decided_by: where there was nothing to do, the files and directories that told so; () where
            more than files decided.
        decided_without: paths that had to be missing for that.
        grounds: the same with what verdicts on local projects stand on, which is in none of these
            two; without places where more than looks decided, or where a glance has told that the
            same call still comes to nothing.
        repeat: how the same is done again in another empty environment; None where that takes more.
        conflicts: requirements of installed distributions that are not met now; of all of them
            where that was asked for, else of those that were not looked at by the resolver.
    """

    environment: str
    added: tuple[Added, ...] = ()
    removed: tuple[Removed, ...] = ()
    kept: tuple[Kept, ...] = ()
    recovered: tuple[str, ...] = ()
    mended: tuple[str, ...] = ()
    displaced: tuple[str, ...] = ()
    stale_modules: tuple[StaleModule, ...] = ()
    warnings: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    dry_run: bool = False
    decided_by: tuple[str, ...] = ()
    decided_without: tuple[str, ...] = ()
    grounds: Grounds = field(default_factory=Grounds)
    conflicts: tuple[str, ...] = ()
    repeat: Repeat | None = None

    @property
    def changed(self) -> bool:
        """Whether anything was, or in a dry run would be, put in place or taken out."""
        return bool(self.added or self.removed or self.mended)

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain values for `--json`; the form is versioned."""
        from trueup.values import asdict

        told = asdict(self)
        for name in ("decided_by", "decided_without", "grounds", "repeat"):
            del told[name]  # nobody's business but the next run's
        return {"version": 1, **told}
