"""A case: one thing done by one tool.

In a command, braces stand for:

- `{python}` the interpreter, `{tools}` this folder, each peer's program (`{uv}`, `{pip}`, ...) and
  interpreter (`{uv-python}`), `{floor}` being the one that writes like C, out of `{floor_pack}`;
- `{target}` a path of this round, made a virtual environment by whoever wants one there,
  `{target_python}` its interpreter and `{site}` its site-packages below it; `{project}` and `{own}`
  two folders beside it: a project, and caches of this round alone;
- `{lock}` the pinned requirements of the first set, `{wheelhouse}` a directory of its wheels,
  `{wheelhouses}` those of all sets, `{build_lock}` the pins of the set "build";
- `{caches}` where caches lie that all rounds share.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FIRST_RUN", "Case", "Command"]

Command = tuple[str, ...]

# The first test of a project; the file that imports what a set is for comes behind.
FIRST_RUN: Command = ("{target_python}", "-m", "pytest", "-q", "-p", "no:cacheprovider")


@dataclass(frozen=True, slots=True)
class Case:
    """One thing done by one tool; cases with the same `name` and `scale` are compared.

    Attributes:
        family: what can be run by itself: "tox".
        name: what is done.
        scale: with how much: a set, a number of files, a kind of project.
        peer: the tool, a key of `PEERS`.
        label: the tool and the options that make this case: "uv, copy".
        command: what is timed; several commands run one after the other.
        prepare: what comes before the clock is started, each time there is a new target.
        before: what comes before the clock is started in every round, after `prepare`.
        sets: requirements that have to be pinned, and in the tool's cache; `{lock}` is the first.
        reuse: prepare once and keep the target for all rounds, instead of a new one for each.
        environment: variables for this case alone.
        folder: where commands run; "" for wherever we are.
        inner: the program itself tells what it measured, as JSON in its last line.
        slow: so slow that it runs only when asked for.
        most: no more rounds than this, however many are asked for; 0 for no limit.
    """

    family: str
    name: str
    scale: str
    peer: str
    label: str
    command: tuple[Command, ...]
    prepare: tuple[Command, ...] = ()
    before: tuple[Command, ...] = ()
    sets: tuple[str, ...] = ()
    reuse: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: str = ""
    inner: bool = False
    slow: bool = False
    most: int = 0

    @property
    def group(self) -> str:
        """What it is compared within."""
        return f"{self.name}, {self.scale}"

    @property
    def words(self) -> tuple[str, ...]:
        """All templates in it."""
        commands = (*self.command, *self.prepare, *self.before)
        return (*(word for command in commands for word in command), *self.environment.values())
