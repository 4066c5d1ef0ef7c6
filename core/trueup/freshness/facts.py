"""What follows at once from what was seen of one build."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache

from trueup.freshness.contribution import Contribution
from trueup.freshness.discovery import takes_modules_alone
from trueup.freshness.evidence import Evidence
from trueup.freshness.fingerprint import Survey
from trueup.freshness.leftovers import leftovers_in
from trueup.freshness.names import (
    EXTENSION_SUFFIXES,
    is_by_product,
    is_compiler,
    is_noise,
    is_python,
)
from trueup.freshness.reach import Reach, reach_of
from trueup.freshness.reliance import why_not_relied_on
from trueup.freshness.remarks import SCRIPTS, Scripts, speak_to_their_tool_alone
from trueup.freshness.sight import Sight
from trueup.freshness.sighted import Sighted
from trueup.freshness.vcs import is_transparent

__all__ = ["ALWAYS", "BuildFacts"]

_COMPILED = (".o", ".obj", ".a", ".lib")
ALWAYS = ("pyproject.toml", "setup.py", "setup.cfg", "MANIFEST.in")
"""What counts whether the backend looked at it or not."""


class BuildFacts:
    """What follows from the evidence of one build.

    Attributes:
        seen: the evidence.
        trace: what the build's hooks looked at.
        editable: an editable wheel was built.
        sight: the tree after the build.
        reach: where an editable leads to.
        changed: paths of the tree that are new or other than before.
        own: paths that the project's own code looked at.
        made: what the build made, now or before.
        stamped: of these, files of the project's own that it only wrote to, such as for a version.
        unseen: file names of the programs whose reading nobody saw.
        survey: what of the whole project counts for that.
        sighted: what they were seen to open and to list, and may look for; only for that survey.
        idle: what lies at its top and does not.
        script: the name of the files in which remarks do not count; "" for none.
        searched: where setuptools looks for packages, if it takes nothing but modules out of them.
        contribution: where the files of what was built come from.
        copied: the same; of an editable, where files come from that are no links to it or paths.
    """

    def __init__(self, evidence: Evidence) -> None:
        self.seen = evidence
        self.trace = evidence.trace
        self.editable = evidence.circumstances.editable
        self.sight = Sight(evidence.circumstances.tree, evidence.variables)
        self.reach = reach_of(evidence.pack, self.sight.tree) if self.editable else Reach()
        self.changed = frozenset(evidence.after.changed_since(evidence.before))
        self.own = frozenset(self.trace.own)
        self._is_noisy_folder = cache(lambda path: any(map(is_noise, path.split("/"))))
        self._contents: dict[str, bytes | None] = {}
        self._written = frozenset(self.trace.writes) | evidence.accepted | evidence.back
        self.made = self._find_made()
        self.stamped = self._find_stamped()
        self.unseen = self._unseen()
        self.survey: Survey = self._survey()
        self.idle = self.sight.idle(self._surveyed()) if self.survey not in {"", "native"} else ()
        self.sighted = self._sighted()
        self.script = self._script()
        self.searched = self._searched()
        self.contribution = self._contribution()
        self.copied = self._copied() if self.editable else self.contribution

    @property
    def live(self) -> bool:
        """Whether what lies in the packages is imported from where it is."""
        return self.editable and not self.contribution.folders

    def is_idle_manifest(self, path: str) -> bool:
        """Whether this is MANIFEST.in, where it decides nothing.

        It tells which files of a package are copied, and nothing else of what is built.
        """
        return path == "MANIFEST.in" and self.live and path not in self.own

    def is_input(self, path: str) -> bool:
        """Whether a file is the project's own, be it one that the build has written to."""
        return path not in self.made or path in self.stamped

    def content(self, path: str) -> bytes | None:
        """Return the digest of a file's content, looked at once."""
        if path not in self._contents:
            self._contents[path] = self.sight.digest(path, "content")
        return self._contents[path]

    def _find_made(self) -> frozenset[str]:
        """Return all that the build made: now, or before and as it was then."""
        made = set(self.changed)
        if self.seen.previous is not None:
            entries = self.seen.after.entries
            earlier = (path for path in self.seen.previous.made if path in entries)
            made.update(path for path in earlier if not self._was_taken_over(path))
        return frozenset(made)

    def _was_taken_over(self, path: str) -> bool:
        """Whether somebody has written since to what a build made, and this one left it alone.

        Then it is theirs from now on, and in no build's way: a script that writes settings only
        where there are none, say.
        """
        before = (self.seen.begun or self.seen.before).entries.get(path)
        if before is None or path in self.changed or path in self.seen.others:
            return False
        since = self.seen.previous.time_ns if self.seen.previous else 0
        return before.mtime_ns > since and self.may_be_written(path)

    def altered(self) -> frozenset[str]:
        """Return what of `made` may be somebody's work.

        That was there before this build and is the work of none before it; or it is new, and no
        Python was seen to write it: somebody may have saved it while a program built.
        """
        previous = self.seen.previous
        earlier, old = (previous.made, previous.altered) if previous else (frozenset(), frozenset())
        earlier |= self.seen.others
        there = (self.seen.begun or self.seen.before).entries
        found = {path for path in self.changed if path in there and path not in earlier}
        new = (path for path in self.changed if path not in there and path not in earlier)
        doubtful = {path for path in new if self.may_be_written(path) and not self._is_seen(path)}
        found |= doubtful.intersection(self.sight.files.listed if doubtful else ())
        return frozenset((found | old) & self.made)

    def _find_stamped(self) -> frozenset[str]:
        """Return what of `altered` is somebody's work: no link, nothing compiled or ignored.

        A build gives something else once they are edited, whatever it puts into them itself.
        """
        found = {
            path
            for path in self.altered()
            if self.may_be_written(path)
            # To what an editable leads, that is an output: an edit of it is seen anyway.
            and not (self.editable and self.reach.leads_to(path) is not None)
        }
        return frozenset(found.intersection(self.sight.files.listed)) if found else frozenset()

    def may_be_written(self, path: str) -> bool:
        """Whether a file can be the work of people: no link, and nothing that is only compiled."""
        entry = self.seen.after.entries[path]
        if entry.is_directory or entry.is_link or path.endswith((*EXTENSION_SUFFIXES, *_COMPILED)):
            return False
        return not is_by_product(path) and not any(map(is_noise, path.split("/")))

    def _is_seen(self, path: str) -> bool:
        """Whether a Python was seen to write a file, or a folder around it."""
        while path and path not in self._written:
            path = path.rpartition("/")[0]
        return bool(path)

    def _unseen(self) -> list[str]:
        """Return the file names of the programs whose reading nobody saw."""
        if not self.trace.opaque:
            return []
        names = {one.name for one in self.trace.programs if not is_transparent(one.arguments)}
        seen = set() if self.trace.blind else {name for name in names if is_python(name)}
        return sorted(names - seen) or ["python"]

    def _survey(self) -> Survey:
        if not self.trace.opaque or self.is_uv_build():
            return ""
        if not why_not_relied_on(self.seen, self.unseen, self.sight):
            return "sighted"
        if self.unseen and all(map(is_compiler, self.unseen)):
            return "native"
        if self.editable:
            return "other" if self.reach.plain else "named"
        return "all"

    def _surveyed(self) -> Survey:
        """Return of which files the texts tell what else at the top counts."""
        return "all" if self.survey == "sighted" else self.survey

    def _sighted(self) -> Sighted:
        if self.survey != "sighted":
            return Sighted(self.sight)
        found, previous, made = self.seen.sighting, self.seen.previous, self.made
        links = {path for path, one in self.seen.after.entries.items() if one.is_link}
        opened = {*found.opened, *links, *(previous.opened if previous else ())} - made
        listed = {*found.listed, *(previous.listed if previous else ())} - made
        return Sighted(
            self.sight,
            tuple(sorted(path for path in opened if self.sight.exists(path))),
            tuple(sorted(listed)),
            self.idle,
            made,
            licences="maturin" in self.unseen,
        )

    def _script(self) -> str:
        if self.survey != "sighted":
            return ""
        scripts = [path for path in self.sighted.opened if path.endswith(SCRIPTS)]
        others = (path for path in self.sighted.spoken if not path.endswith(SCRIPTS))
        return speak_to_their_tool_alone(
            Scripts(
                {path: self.sight.texts((path,)) for path in scripts},
                self.sight.texts((*others, *self._own_inside)),
                self.sight.texts(("pyproject.toml",)),
                self.seen.circumstances.config_settings,
                self.seen.variables,
            )
        )

    def _searched(self) -> frozenset[str] | None:
        told = any(self.sight.exists(path) for path in ALWAYS[1:])
        if self.editable or told or self._own_inside or self.seen.circumstances.site:
            return None
        return takes_modules_alone(self.sight.texts(("pyproject.toml",)), self.seen.environment)

    @property
    def _own_inside(self) -> list[str]:
        return [path for path in self.own if not os.path.isabs(path)]

    def leftovers(self) -> str:
        """Return a digest of what this build and those before it left; "" where nobody asks."""
        if self.survey != "sighted":
            return ""
        return leftovers_in(self.seen.after, self.sight.files.ignored, self.made)

    def is_uv_build(self) -> bool:
        """Whether the build was one of uv_build, which is a program of its own."""
        names = {os.path.splitext(name)[0] for name in self.unseen}
        return bool(names) and names <= {"uv-build", "uv_build", "uv"}

    def _contribution(self) -> Contribution:
        """Find out which folders what was built has its files from."""
        if self.editable:
            links = {
                os.path.relpath(target, self.sight.tree).replace(os.sep, "/")
                for path, entry in self.seen.after.entries.items()
                if entry.target is not None
                and path in self.made
                and os.path.isabs(target := entry.target)
            }
            return Contribution.of_links(links)
        return self._copied()

    def _copied(self) -> Contribution:
        reads: Iterable[str] = self.trace.reads
        if self.is_uv_build():
            reads = self.sight.every_file()
        live = (".py", ".pyi") if self.editable else ()
        reads = (one for one in reads if self.is_input(one) and not one.endswith(live))
        digests = {path: digest for path in reads if (digest := self.content(path))}
        return Contribution.of_copies(digests, self.seen.pack)

    def unusable(self, since: str = "") -> str:
        """Say what somebody else changed while the build ran, or `since` its end; or "".

        What Python code wrote is in the trace; where a program wrote unseen, a new file is taken
        for its work, and so is one that the build before had made. Another that changed is not.
        """
        if since:
            return _changed(since)
        old = self.seen.before.entries
        earlier = self.seen.previous.made if self.seen.previous else frozenset()
        for path in sorted(self.changed):
            entry = self.seen.after.entries[path]
            known = self._is_seen(path) or (path in earlier and bool(self.unseen))
            if known or entry.is_directory or is_by_product(path):
                continue
            if path in old or not self.unseen or self._came_too_late(path):
                return _changed(path)
        return ""

    def _came_too_late(self, path: str) -> bool:
        """Whether a new module is in no wheel: somebody may have saved it when that was made."""
        if self.editable or not path.endswith((".py", ".pyi")):
            return False
        found = path.rpartition("/")[2], self.content(path)
        return found not in {(one.name, one.digest[:16]) for one in self.seen.pack.files()}

    def is_noisy(self, path: str) -> bool:
        """Whether a path is what tools keep for themselves, and the project does not look at."""
        if path in self.own or os.path.isabs(path):
            return False
        folder, _, name = path.rpartition("/")
        return is_noise(name) or self._is_noisy_folder(folder)


def _changed(path: str) -> str:
    return f"{path} changed while the project was being built"
