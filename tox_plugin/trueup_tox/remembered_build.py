"""The wheel of the project as it was last built, as long as the project looks the same."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from trueup_tox.memory import key_of, lasting, recall, remember

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trueup.api.build_wish import BuildWish, ProjectWheel

__all__ = ["RememberedBuild"]


class RememberedBuild:
    """One build of the project, in a file beside its wheels.

    Attributes:
        wish: what was to be built.
        wheel: what it gave; None where that is not known, or may be another one now.
    """

    def __init__(self, wish: BuildWish, variables: Mapping[str, str]) -> None:
        """Look at what was remembered.

        Args:
            wish: what is to be built.
            variables: the environment variables of the build.
        """
        self.wish = wish
        self._variables = variables
        self._path = os.path.join(wish.folder, ".trueup-seen")
        self.wheel: ProjectWheel | None = self._recalled()

    def remember(self) -> None:
        """Remember the wheel, if a build now would still give it; at the end of a run."""
        from trueup_tox.sightings import verified_build

        wheel = self.wheel
        if wheel is None:
            return
        paths = (wheel.path, self.wish.python)
        signed = verified_build(wheel.fingerprint, paths, self._variables)
        if signed is not None:
            value = (wheel.path, wheel.name, wheel.version, wheel.metadata)
            remember(self._path, self._key, value, signed)

    def _recalled(self) -> ProjectWheel | None:
        found = recall(self._path, self._key, self._variables)
        if not isinstance(found, tuple):
            return None
        from trueup.api.build_wish import ProjectWheel

        return ProjectWheel(*found)

    @property
    def _key(self) -> str:
        return key_of(repr(self.wish), lasting(self._variables))
