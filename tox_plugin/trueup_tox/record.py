"""What tox wrote down of an environment: the requirements that it was installed from.

tox keeps them in `.tox-info.json` to compare with on the next run. Removing a line there means
"start anew" to tox; here it means that one distribution may have become needless.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tox.tox_env.info import Info

__all__ = ["Record"]

_OURS = "trueup"
# tox's keys of the lists of requirements: `requirements` for deps, `req` for everything else.
_LISTS = ("requirements", "req")


class Record:
    """tox's notes on one environment, and trueup's own section of them."""

    def __init__(self, info: Info) -> None:
        """Read the notes; what is written through this object is on disk at once."""
        self._info = info

    @property
    def _content(self) -> dict[str, Any]:
        return self._info._content  # noqa: SLF001 - `Info` can compare but not tell; same name since 4.0

    def requirements(self, section: str, key: str) -> list[str]:
        """Return the requirements of one install as they were when it last succeeded."""
        noted = self._content.get(section)
        return _strings(noted.get(key)) if isinstance(noted, dict) else []

    def all_requirements(self) -> Iterator[str]:
        """Yield the requirements of every install."""
        for noted in self._installs().values():
            for value in noted.values():
                yield from _strings(value)

    def forget(self, section: str, key: str, gone: set[str]) -> None:
        """Note that some requirements of one install are asked for no longer."""
        noted = self._content[section][key]
        if isinstance(noted, dict):
            kept = {
                name: [each for each in value if each not in gone] if name in _LISTS else value
                for name, value in noted.items()
            }
            self._write(section, key, kept)
        else:
            self._write(section, key, [each for each in noted if each not in gone])

    def forget_everything(self) -> None:
        """Let every install happen again."""
        for section, noted in self._installs().items():
            for key in noted:
                self._write(section, key, None)

    def own(self, key: str) -> Any:
        """Return what trueup noted under `key`, or None."""
        noted = self._content.get(_OURS)
        return noted.get(key) if isinstance(noted, dict) else None

    def note(self, key: str, value: object) -> None:
        """Note `value` under `key`, in trueup's own section."""
        self._write(_OURS, key, value)

    def _installs(self) -> dict[str, Mapping[str, Any]]:
        return {
            section: dict(noted)
            for section, noted in self._content.items()
            if isinstance(noted, dict) and section not in {"ToxEnv", "Python", _OURS}
        }

    def _write(self, section: str, key: str, value: object) -> None:
        with self._info.compare(value, section, key):
            pass  # leaving the block is what writes


def _strings(value: object) -> list[str]:
    """Return the requirements in a note: a list in tox 4.23, inside of a table since."""
    if isinstance(value, dict):
        value = next((value[name] for name in _LISTS if name in value), [])
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
