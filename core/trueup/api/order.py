"""An order: a request, for one environment, and how far to go in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from trueup.api.grounds import Grounds
from trueup.destination.environment import Environment
from trueup.resolution.request import Request
from trueup.values import dataclass, field

if TYPE_CHECKING:
    from trueup.acquisition.supply import Acquired
    from trueup.api.answering import Answer
    from trueup.api.repeat import Repeat

Repeatable = Callable[["Answer", Mapping[str, "Acquired"]], "Repeat | None"]

__all__ = ["Order"]


@dataclass(frozen=True, slots=True)
class Order:
    """What a use case is asked to do.

    Attributes:
        request: what should be there.
        environment: where.
        exact: and nothing else (`trueup sync`).
        spared: normalized names that stay although nobody asked for them.
        reinstall_all: put everything in place again.
        reinstall: normalized names to put in place again.
        rebuild: build local projects anew, fresh or not.
        dry_run: tell, and change nothing.
        break_system_packages: go on although PEP 668 says not to.
        reload: import modules of replaced distributions anew in this process.
        compile_bytecode: have bytecode ready before the first import; None for where an earlier
            install has made it already.
        strict: look for conflicts in the whole environment afterwards.
        more_to_come: another install will complete what this one begins: what waits on the
            environment's shelf is left for it.
        remake: makes the environment anew, under its lock, once all that is to come is at hand;
            None where it stays. What was installed then counts for nothing.
        remade: tells what an environment that was made anew stands on; None where nobody asks.
        grounds: tells what an answer of "nothing to do" stands on.
        repeatable: tells what is to be done when the same is asked for another empty environment.
        wait: seconds to wait for another process; None for the default.
    """

    request: Request
    environment: Environment
    exact: bool = False
    spared: frozenset[str] = field(default_factory=frozenset)
    reinstall_all: bool = False
    reinstall: frozenset[str] = field(default_factory=frozenset)
    rebuild: bool = False
    dry_run: bool = False
    break_system_packages: bool = False
    reload: bool = False
    compile_bytecode: bool | None = None
    strict: bool = False
    more_to_come: bool = False
    remake: Callable[[], Environment] | None = None
    remade: Callable[[Repeat], Grounds] | None = None
    grounds: Callable[[], Grounds] = Grounds
    repeatable: Repeatable = lambda _answered, _acquired: None
    wait: float | None = None
