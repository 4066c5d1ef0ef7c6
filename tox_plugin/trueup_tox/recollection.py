"""What an environment was seen to hold at the end of a run, for the next run to believe."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from trueup_tox.looks import Signature, signature
from trueup_tox.memory import key_of, lasting, recall, remember

if TYPE_CHECKING:
    from tox.tox_env.python.api import Python
    from trueup.destination.environment import Environment

__all__ = ["Recollection"]

_FILE = ".trueup-seen"


class Recollection:
    """The installs of one environment that have nothing to do, as long as all looks the same."""

    def __init__(self, tox_env: Python, opened: Callable[[], Environment]) -> None:
        """Look at nothing yet.

        Args:
            tox_env: whose environment.
            opened: gives the environment to the core.
        """
        self._env = tox_env
        self._opened = opened
        self._done: dict[str, str] = {}
        self._files: dict[str, Signature | None] = {}
        self._renewed = False
        self._busy = 0
        self._verified: dict[str, str] = {}

    @property
    def holds(self) -> bool:
        """Whether the environment looks as it did at the end of a run that left it right."""
        return self._known is not None

    def skips(self, of_type: str, words: Sequence[str], mark: str) -> bool:
        """Whether an install has nothing to do; asked before each, and then it counts as done.

        Args:
            of_type: tox's word for it.
            words: arguments.
            mark: what else decides; another mark is another install.
        """
        name = self.note(of_type, words, mark)
        # Whoever wants a report wants to read of every install in it.
        return bool(self._known and self._known.get(name) == mark and not self._env.journal)

    def note(self, of_type: str, words: Sequence[str], mark: str) -> str:
        """Note that an install is done; return its name."""
        name = repr([of_type, *words])
        self._done[name] = mark
        return name

    def stands_on(self, files: Iterable[str]) -> None:
        """Note files that decide what the installs give, when they are read or before.

        What is edited from now on, while the tests run, say, is not what was installed.
        """
        for path in map(os.path.abspath, files):
            self._files.setdefault(path, _look(path))

    def begin(self) -> None:
        """Note that an install begins: one that fails leaves nothing to be remembered."""
        self._busy += 1

    def end(self) -> None:
        """Note that an install has come to its end."""
        self._busy -= 1

    def distrust(self) -> None:
        """Note that something was changed: what follows is not what was seen any more."""
        self.__dict__["_known"] = None

    def renew(self) -> None:
        """Forget everything: the environment is made anew."""
        self._renewed = True
        self._done.clear()
        self._verified.clear()
        self._busy = 0
        self.__dict__.pop("_known", None)

    def remember(self) -> None:
        """Remember what was done, if the environment is right now; at the end of a run."""
        if self._busy or not self._done or not os.path.isdir(self._env.env_dir):
            return
        if self._known is not None and self._known.items() >= self._done.items():
            return
        if self._verified == self._done:  # tox ends with each environment twice
            return
        self._verified = dict(self._done)
        from trueup.errors import TrueupError

        from trueup_tox.sightings import verified

        variables = self._env.environment_variables
        try:
            signed = verified(self._opened(), self._files, variables)
        except TrueupError:  # the next run tells of it, when it is about to install
            return
        if signed is not None and all(_look(path) == seen for path, seen in self._files.items()):
            remember(self._path, self._key, self._done, signed)

    @cached_property
    def _known(self) -> dict[str, str] | None:
        key = self._key  # now: see there
        if self._renewed:
            return None
        found = recall(self._path, key, self._env.environment_variables)
        return found if isinstance(found, dict) else None

    @property
    def _path(self) -> str:
        return os.path.join(self._env.env_dir, _FILE)

    @cached_property
    def _key(self) -> str:
        """What else decides, as it is when the first install begins: tox adds variables later."""
        conf = self._env.conf
        variables = lasting(self._env.environment_variables)
        settings = [conf["resolution"], conf["pip_pre"]]
        return key_of(str(self._env.env_python()), settings, variables)


def _look(path: str) -> Signature | None:
    try:
        return signature(os.stat(path))
    except OSError:
        return None
