"""What a check stands on: collected while it is made, and looked at again before the next one.

Every look is taken before the verdict that it is for, so that what changes in between looks
otherwise next time.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from time import time_ns

from trueup import glance
from trueup.api.grounding import grounds_of_name
from trueup.destination.environment import Environment
from trueup.destination.installed import InstalledDistribution
from trueup.destination.venv_config import NAME
from trueup.freshness.fingerprint import Fingerprint
from trueup.freshness.footing import Footing, footing_of
from trueup.freshness.sight import Sight

TYPE_CHECKING = False
if TYPE_CHECKING:
    from trueup.glance import Look

__all__ = ["Basis"]


class Basis:
    """What decides the answer of one check, as far as looks can tell."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        """Begin.

        Args:
            variables: environment variables that a build would start from.
        """
        self._since = time_ns()
        self._variables = variables
        self._looks: list[Look] = []
        self._links: list[Look] = []
        self._absent: list[str] = []
        self._unset: list[str] = []
        self._is_more = False

    def is_named(self, place: str | None) -> None:
        """Look at what tells which environment is meant.

        Args:
            place: what was said of it; None for nothing.
        """
        found = grounds_of_name(place or "", self._variables)
        if found is None:  # a program was searched for
            self._is_more = True
            return
        self._look_at(found.places)
        self._absent += found.absent

    def is_opened(self, environment: Environment) -> None:
        """Look at an environment, before it is told what is installed in it."""
        interpreter = environment.interpreter
        self._look_at([interpreter.executable])
        if interpreter.virtual:
            self._look_at([os.path.join(interpreter.prefix, NAME)])
        for library in environment.library_directories:
            if os.path.isdir(library):
                self._looks += glance.looks([library])
                self._look_at([os.path.dirname(os.path.dirname(library))])
            else:
                self._absent.append(library)
        self._absent.append(os.path.join(environment.state, "journal"))

    def is_read(self, distribution: InstalledDistribution, *names: str) -> None:
        """Look at what tells where a distribution came from, before it is read.

        Args:
            distribution: which.
            names: of files beside its metadata.
        """
        beside = os.path.dirname(distribution.metadata_path)
        paths = [os.path.join(beside, name) for name in names]
        self._look_at([path for path in paths if os.path.lexists(path)])

    def is_laid_down(self, paths: Sequence[str]) -> None:
        """Look at the files of an editable, before it is told whether each is there.

        Args:
            paths: absolute.
        """
        self._look_at([path for path in paths if os.path.exists(path)])

    def is_judged(self, fingerprint: Fingerprint | None, sight: Sight | None) -> None:
        """Look at all that a verdict will stand on, before it is found.

        Args:
            fingerprint: of the build; None where there is no verdict by looks.
            sight: the tree as the verdict will see it.
        """
        footing: Footing | None = None
        if fingerprint and sight and os.path.realpath(sight.tree) == sight.tree:
            footing = footing_of(fingerprint, sight, self._variables)
        if footing is None:
            self._is_more = True
            return
        self._looks += footing.marks
        self._links += footing.links
        self._absent += footing.absent
        self._unset += footing.unset

    def remember(self, words: Sequence[str], answer: object) -> None:
        """Let the next check with these words give the same answer as long as all looks the same.

        Args:
            words: what was asked.
            answer: for `glance.remember`; it has to say that everything is fresh.
        """
        if self._is_more:
            return
        glance.remember(
            words,
            answer,
            places=(),
            marks=self._looks,
            links=self._links,
            absent=tuple(dict.fromkeys(self._absent)),
            unset=tuple(dict.fromkeys(self._unset)),
            since=self._since,
        )

    def _look_at(self, paths: Sequence[str]) -> None:
        self._looks += glance.looks(paths, entries=False)
