"""From what was seen of a build to its fingerprint: what of it can matter, and how."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterable

from trueup.acquisition.depfiles import compiler_inputs, is_depfile
from trueup.acquisition.snapshot import Entry
from trueup.freshness.contribution import Contribution
from trueup.freshness.discovery import is_module_by_name
from trueup.freshness.evidence import Evidence
from trueup.freshness.existence import Names
from trueup.freshness.facet import executable_digest
from trueup.freshness.facts import ALWAYS, BuildFacts
from trueup.freshness.fingerprint import (
    FileKind,
    FileMark,
    Fingerprint,
    Question,
)
from trueup.freshness.names import is_compiler
from trueup.freshness.outputs import outputs_of
from trueup.freshness.project_files import survey_digest
from trueup.freshness.reach import ties_of
from trueup.freshness.required import files_of_required, names_in_required
from trueup.freshness.taken import taken_without_manifest
from trueup.freshness.unseen import read_by_uv_build
from trueup.freshness.variables import digest_variables, names_spoken_of, names_that_matter
from trueup.freshness.vcs import (
    ATTRIBUTES_QUESTION,
    STATE_QUESTIONS,
    is_about_attributes,
    is_question,
    is_transparent,
)

__all__ = ["gather"]

# File times come from a clock that ticks every 10 ms at worst: after two ticks, whoever writes
# gives a file another time than it has.
_TICKS = 0.025
_MODULES = (".py", ".pyi")


def gather(evidence: Evidence) -> Fingerprint:
    """Return the fingerprint of a build; one that is unusable where the tree changed meanwhile.

    Raises:
        StoreError: the pack is gone or damaged.
    """
    time.sleep(max(0.0, evidence.after.taken + _TICKS - time.monotonic()))
    return _Gathering(BuildFacts(evidence)).fingerprint()


class _Gathering:
    """One fingerprint in the making."""

    def __init__(self, facts: BuildFacts) -> None:
        self.facts = facts
        self.members = facts.seen.pack.heads()
        self.changed, self.begun = "", time.time_ns()

    def fingerprint(self) -> Fingerprint:
        circumstances = self.facts.seen.circumstances
        names = Names(self.facts)
        salt = secrets.token_hex(8)
        files = self._inputs() + self._outputs()
        compiled = bool(self.facts.unseen) and not self.facts.is_uv_build()  # that starts itself
        asked = {*self.facts.trace.environment, *self._spoken_of()}
        variables = names_that_matter(asked, self.facts.trace.own_variables, compiled=compiled)
        return Fingerprint(
            circumstances=circumstances,
            wheel=self.facts.seen.pack.digest,
            time_ns=self.begun,  # what is written from now on may be read before or after it
            files=tuple(files),
            listings=(
                *names.listings(),
                *names_in_required(self.facts.seen.requirements, self.facts.seen.variables),
            ),
            made=self.facts.made,
            altered=self.facts.altered(),
            absences=tuple(dict.fromkeys((*names.absences(), *names.astray()))),
            taken=taken_without_manifest(self.facts),
            presences=(*names.presences(), *self._ties()),
            questions=tuple(self._questions()),
            variables=digest_variables(variables, self.facts.seen.variables, salt),
            salt=salt,
            survey=self.facts.survey,
            survey_digest=self._survey_digest(),
            opened=self.facts.sighted.opened,
            listed=self.facts.sighted.listed,
            leftovers=self.facts.leftovers(),
            idle=self.facts.idle,
            programs=() if self.facts.is_uv_build() else tuple(self.facts.unseen),
            patterns=self.facts.seen.patterns,
            requirements=self.facts.seen.requirements,
            environment=self.facts.seen.environment,
            unusable=self.facts.unusable(self.changed),
        )

    # Inputs

    def _inputs(self) -> list[FileMark]:
        kinds: dict[str, FileKind] = {}
        for path in self._read_paths():
            noisy = self.facts.is_noisy(path) and self.facts.content(path) not in self.members
            if self.facts.is_input(path) and not (noisy or self.facts.is_idle_manifest(path)):
                kinds[path] = self._kind(path)
        for path in self._surveyed():
            if path not in self.facts.made and kinds.get(path, "facet") == "facet":
                kinds[path] = self._kind_of_unseen(path)
        marks = [self._mark(path, kind) for path, kind in sorted(kinds.items())]
        links = (path for path in self.facts.trace.links if path not in self.facts.made)
        marks += (self._mark(path, "target") for path in links)
        return [mark for mark in marks if mark is not None]

    def _surveyed(self) -> Iterable[str]:
        """Yield the files of which a program may have read, unseen by audit hooks, what they hold.

        The modules of an editable are only looked for, unless one was seen to be opened.
        """
        facts = self.facts
        if facts.survey == "sighted":
            live, files = facts.editable, facts.sighted.contents
        else:
            live = facts.survey == "named"
            files = facts.sight.survey(facts.survey, facts.idle) if facts.survey else []
        opened = frozenset(facts.sighted.opened)
        return (path for path in files if path in opened or not (live and path.endswith(_MODULES)))

    def _survey_digest(self) -> str:
        facts = self.facts
        if not facts.survey:
            return ""
        if facts.survey == "sighted":
            both = facts.sighted.names(), facts.sighted.everything()
            return " ".join(survey_digest(one, facts.made) for one in both)
        return survey_digest(facts.sight.survey(facts.survey, facts.idle), facts.made)

    def _read_paths(self) -> Iterable[str]:
        yield from self.facts.trace.reads
        yield from self._told_by_compilers()
        yield from (path for path in ALWAYS if self.facts.sight.exists(path))
        yield from filter(self._is_material, self.facts.own)
        yield from self.facts.sight.matching(self.facts.seen.patterns)
        yield from self.facts.stamped
        yield from self._named_on_command_lines()
        yield from files_of_required(self.facts.seen.requirements, self.facts.seen.variables)
        if self.facts.is_uv_build():
            yield from read_by_uv_build(self.facts.sight.tree)
            yield from self._copied_by_uv_build()

    def _told_by_compilers(self) -> Iterable[str]:
        """Yield the files outside of the tree that dependency files in it name."""
        known = tuple(
            os.path.join(folder, "") for folder in (self.facts.sight.tree, *self.facts.seen.foreign)
        )
        for path in self.facts.seen.after.entries:
            if self.facts.unseen and is_depfile(path):
                place = self.facts.sight.place(path)
                for name in compiler_inputs(place, os.path.dirname(place)):
                    if not name.startswith(known) and os.path.isfile(name):
                        yield name

    def _is_material(self, path: str) -> bool:
        """Whether it is a file at which a project's own code looked; no program of the system's."""
        place = self.facts.sight.place(path)
        runs = os.path.isabs(path) and os.access(place, os.X_OK)
        return os.path.isfile(place) and not runs

    def _named_on_command_lines(self) -> Iterable[str]:
        top = os.path.join(self.facts.sight.tree, "")
        for program in self.facts.trace.programs:
            for word in program.arguments[1:]:
                path = os.path.normpath(os.path.join(program.directory, word))
                if path.startswith(top) and os.path.isfile(path):
                    yield path[len(top) :].replace(os.sep, "/")

    def _kind(self, path: str) -> FileKind:
        if path == "pyproject.toml" and path not in self.facts.own:
            return "settings"
        # What was copied into a wheel is in there as it was, and executable if it was; into an
        # editable wheel, it is not live.
        if self.facts.content(path) in self.members:
            return "content" if self._drops_mode(path) else "taken"
        if path in self.facts.own:
            return "content"
        if path.rpartition("/")[2] == self.facts.script:
            return "script"
        if not self.facts.editable:
            return "content"
        return "facet" if path.endswith(".py") and path != "setup.py" else "content"

    def _drops_mode(self, path: str) -> bool:
        """Whether it is all the same to what was built if this file can be executed."""
        if self.facts.searched is None or not is_module_by_name(path):
            return False
        return (os.path.dirname(path), "*.py") in self.facts.trace.globs  # a package's modules

    def _kind_of_unseen(self, path: str) -> FileKind:
        kind = self._kind(path)
        return "content" if kind == "facet" else kind

    def _copied_by_uv_build(self) -> Iterable[str]:
        if not self.facts.editable:
            return self.facts.contribution.files
        files = (path for path in self.facts.sight.every_file() if path not in self.facts.made)
        digests = {path: self.facts.content(path) or b"" for path in files}
        return Contribution.of_copies(digests, self.facts.seen.pack).files

    def _mark(self, path: str, kind: FileKind) -> FileMark | None:
        entry = self.facts.seen.after.entries.get(path)
        follow = kind not in {"output", "link", "target"}
        if entry is None or entry.is_directory or (entry.is_link and follow):
            signature = self.facts.sight.signature(path, follow=follow)
            digest = self.facts.sight.digest(path, kind) if signature is not None else None
        else:
            digest = self._digest(path, kind, entry)
            signature = self.facts.sight.signature(path, follow=follow)
            if digest is None or signature != entry.signature:
                self.changed = path  # since the build: what it was made of is not what is there
        return FileMark(path, kind, *signature, digest) if signature and digest else None

    def _digest(self, path: str, kind: FileKind, entry: Entry) -> bytes | None:
        """Return what counts of a file; what was read of it before is not read again."""
        if kind not in {"content", "taken"}:
            return self.facts.sight.digest(path, kind)
        digest, runs = self.facts.content(path), kind == "taken" and entry.mode & 0o111
        return executable_digest(digest) if digest is not None and runs else digest

    def _spoken_of(self) -> Iterable[str]:
        """Return the variables for which programs may ask that nobody saw asking."""
        if self.facts.survey in {"", "native"}:
            return ()
        scripts = self.facts.sight.texts(self._named_on_command_lines())
        if self.facts.survey == "sighted":
            compiled = all(map(is_compiler, self.facts.unseen))
            return () if compiled else names_spoken_of(self.facts.sighted.mention.text + scripts)
        return names_spoken_of(self.facts.sight.definitions(self.facts.survey) + scripts)

    def _ties(self) -> tuple[str, ...]:
        """Return what the installed editable still needs of the build environment."""
        seen = self.facts.seen
        if not (self.facts.editable and seen.workplace):
            return ()
        roots = self.facts.reach.roots
        return ties_of(seen.pack, self.facts.sight.tree, roots, seen.workplace)

    # Outputs

    def _outputs(self) -> list[FileMark]:
        found = outputs_of(self.facts, self.members)
        marks = (self._mark(path, kind) for path, kind in found)
        return [mark for mark in marks if mark is not None]

    def _questions(self) -> Iterable[Question]:
        asked: dict[tuple[tuple[str, ...], str], None] = {}
        for program in self.facts.trace.programs:
            if is_question(program.arguments):
                asked[program.arguments, program.directory] = None
            elif is_about_attributes(program.arguments):
                asked[ATTRIBUTES_QUESTION, program.directory] = None
            elif is_transparent(program.arguments):  # it did more than to ask
                asked.update({(one, program.directory): None for one in STATE_QUESTIONS})
        for arguments, directory in asked:
            yield Question(arguments, directory, self.facts.sight.answer(arguments, directory))
