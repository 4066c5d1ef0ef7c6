"""Building: a source tree becomes a wheel through its build backend's hooks (PEP 517, PEP 660)."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Self, TypeVar

from trueup.acquisition.build_answer import what_is_wrong_with
from trueup.acquisition.build_environment import (
    backend_environment,
    plant_watchers_in,
    plant_watchers_into,
    told_of_withheld,
)
from trueup.acquisition.build_log import read_log, without_credentials
from trueup.acquisition.build_order import BuildOrder, BuiltWheel, Provision
from trueup.acquisition.build_process import HookFailed, HookRunner
from trueup.acquisition.build_system import read_build_system, settings_of
from trueup.acquisition.links import read_links_not_followed
from trueup.acquisition.trace import TRACED, BuildTrace, read_trace
from trueup.errors import BuildError
from trueup.reporting import SILENT, Event, Reporter

if TYPE_CHECKING:
    from types import TracebackType

    from pyproject_hooks import BuildBackendHookCaller

    from trueup.destination.environment import Interpreter

__all__ = ["BuildOrder", "BuiltWheel", "Provision", "build_metadata", "build_wheel"]

_Answer = TypeVar("_Answer")


def build_wheel(
    order: BuildOrder, *, provision: Provision, reporter: Reporter = SILENT
) -> BuiltWheel:
    """Build a wheel from a source tree, or an editable wheel.

    Args:
        order: what to build.
        provision: makes the build environment, when the build is isolated.
        reporter: told of each line of the backend's output.

    Raises:
        SourceError: the tree holds no project, or its pyproject.toml is wrong.
        BuildError: a hook failed, ran out of time, or gave something that is no wheel.
    """
    kind = "editable" if order.editable else "wheel"
    with _Build(order, reporter) as build:
        reporter(Event("building", order.title, f"building {kind}"))
        build.prepare(kind, provision)
        name = build.make(kind)
    warnings = read_links_not_followed(order.workspace)
    for warning in warnings:
        reporter(Event("warning", order.title, warning))
    trace = build.trace()
    if withheld := build.withheld(trace):
        reporter(Event("note", order.title, withheld))
    reporter(Event("built", order.title, os.path.basename(name)))
    return BuiltWheel(
        path=name,
        requirements=build.requirements,
        build_interpreter=build.interpreter,
        log=build.log,
        trace=trace,
        warnings=warnings,
        seconds=dict(build.runner.seconds),
    )


def build_metadata(
    order: BuildOrder, *, provision: Provision, reporter: Reporter = SILENT
) -> str | None:
    """Return the path of the dist-info directory that a wheel would have, without building it.

    None where the backend cannot tell without a build. Arguments and errors as in `build_wheel`.
    """
    kind = "editable" if order.editable else "wheel"
    with _Build(order, reporter) as build:
        build.prepare(kind, provision)
        return build.metadata(kind)


class _Build:
    """One build under way: its environment, its log, and the way to call a hook."""

    def __init__(self, order: BuildOrder, reporter: Reporter) -> None:
        self.order = order
        self.system = read_build_system(order.tree)
        self.interpreter = order.interpreter
        self.requirements = self.system.requires
        self.settings = settings_of(order.config_settings)
        self.log = os.path.join(order.workspace, "build.log")
        os.makedirs(order.workspace, exist_ok=True)
        self.runner = HookRunner(
            launcher=[plant_watchers_in(order.workspace)],
            log=self.log,
            subject=order.title,
            timeout=order.timeout,
            reporter=reporter,
        )
        self.runner.backend = self._shared()
        self.runner.meanwhile = order.meanwhile

    def __enter__(self) -> Self:
        """Begin the build."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave no process behind."""
        self.runner.close()

    def _shared(self) -> str:
        """Return the backend where one process may import it for two hooks; else "".

        What its import looks at has to be seen, and be nothing that a hook makes: a backend in the
        tree, or in an environment that is not the build's own, may be another for the next hook.
        """
        seen = self.order.traced and self.order.isolation
        return self.system.backend if seen and not self.system.backend_path else ""

    def prepare(self, kind: str, provision: Provision) -> None:
        """Make the build environment: what pyproject.toml asks for, then what the backend does."""
        if not self.order.isolation:
            self._enter(self.order.interpreter)
            return
        self._enter(provision(self._limited(self.requirements), self.order.interpreter))
        hook = f"get_requires_for_build_{kind}"
        asked = self.call(hook, lambda hooks: getattr(hooks, hook)(config_settings=self.settings))
        if not isinstance(asked, list) or not all(isinstance(each, str) for each in asked):
            raise self.failed(hook, f"answered {asked!r}, which is no list of requirements")
        everything = tuple(dict.fromkeys((*self.requirements, *asked)))
        if everything != self.requirements:
            self.requirements = everything
            self._enter(provision(self._limited(everything), self.order.interpreter))

    def make(self, kind: str) -> str:
        """Have the wheel built; return its path."""
        hook = f"build_{kind}"
        folder = self._folder("wheel")
        name = self.call(
            hook, lambda hooks: getattr(hooks, hook)(folder, config_settings=self.settings)
        )
        if wrong := what_is_wrong_with(name, folder, self.system):
            raise self.failed(hook, wrong)
        return os.path.join(folder, name)

    def metadata(self, kind: str) -> str | None:
        """Have the metadata prepared; return the path of their folder, if the backend can do so."""
        hook = f"prepare_metadata_for_build_{kind}"
        folder = self._folder("metadata")

        def ask(hooks: BuildBackendHookCaller) -> str | None:
            from pyproject_hooks import HookMissing

            prepare = getattr(hooks, hook)
            try:
                return str(prepare(folder, config_settings=self.settings, _allow_fallback=False))
            except HookMissing:
                return None

        name = self.call(hook, ask)
        if name is None:
            return None
        path = os.path.join(folder, name)
        plain = os.path.basename(name) == name and name.endswith(".dist-info")
        if not plain or not os.path.isfile(os.path.join(path, "METADATA")):
            wrong = f"answered {name!r}, which is no dist-info directory with METADATA"
            raise self.failed(hook, wrong)
        return path

    def _folder(self, name: str) -> str:
        folder = os.path.join(self.order.workspace, name)
        os.makedirs(folder, exist_ok=True)
        return folder

    def trace(self) -> BuildTrace | None:
        """Return what the hooks so far looked at, where that was asked for."""
        if not self.order.traced:
            return None
        return read_trace(self.order.workspace, self.order.tree, hooks=self.runner.runs)

    def withheld(self, trace: BuildTrace | None) -> str:
        """Return a sentence on variables that the backend asked for and was not given; or ""."""
        asked = () if trace is None else trace.environment
        return told_of_withheld(asked, self.order.environment, self.runner.environment)

    def _enter(self, interpreter: Interpreter) -> None:
        self.interpreter = interpreter
        if self.order.isolation:
            plant_watchers_into(interpreter)
        variables = backend_environment(
            self.order.environment,
            interpreter,
            self.order.workspace,
            isolation=self.order.isolation,
        )
        if self.order.traced:
            variables[TRACED] = self.order.tree
        self.runner.environment = variables

    def _limited(self, requirements: Sequence[str]) -> tuple[str, ...]:
        """Add the constraints that name one of `requirements`: together they limit its version."""
        if not self.order.constraints:
            return tuple(requirements)
        from packaging.requirements import Requirement
        from packaging.utils import canonicalize_name

        names = {canonicalize_name(Requirement(each).name) for each in requirements}
        limits = [
            each
            for each in self.order.constraints
            if canonicalize_name(Requirement(each).name) in names
        ]
        return (*requirements, *limits)

    def call(self, hook: str, ask: Callable[[BuildBackendHookCaller], _Answer]) -> _Answer:
        """Call one hook; all that can go wrong with it becomes a BuildError."""
        import pyproject_hooks

        caller = pyproject_hooks.BuildBackendHookCaller(
            self.order.tree,
            self.system.backend,
            backend_path=self.system.backend_path or None,
            runner=self.runner,
            python_executable=self.interpreter.executable,
        )
        try:
            return ask(caller)
        except HookFailed as error:
            raise self.failed(error.hook, error.reason) from error
        except pyproject_hooks.HookMissing as error:
            hint = "install it without -e" if self.order.editable else ""
            reason = f"is missing: {self.system.backend} does not offer it"
            raise self.failed(error.hook_name, reason, hint=hint) from error
        except pyproject_hooks.BackendUnavailable as error:
            raise self.failed(
                hook,
                f"cannot start: the backend {self.system.backend} cannot be imported",
                hint="name what it needs in `requires` of [build-system] in pyproject.toml",
                trace=error.traceback,
            ) from error
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise self.failed(hook, f"could not be called: {error}") from error

    def failed(self, hook: str, reason: str, *, hint: str = "", trace: str = "") -> BuildError:
        """Return the error for `hook`, with the whole output of the build so far."""
        trace = read_log(self.log) + trace
        hint = hint or self.withheld(self.trace())
        return BuildError(
            f"the build of {self.order.title} failed: {hook} {reason}",
            hook=hook,
            hint=hint or "the output above is the backend's own",
            output=without_credentials(trace),
        )
