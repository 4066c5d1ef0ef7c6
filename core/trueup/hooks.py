"""What plugins may add: a distribution with an entry point in the group `trueup` is asked.

A backend that trueup cannot look into (a program of its own, that reads files unseen) is covered by
the digest of the whole project. A plugin that knows the backend can say more.

    # my_plugin.py
    import trueup.hooks

    @trueup.hooks.implementation
    def build_inputs(tree, editable):
        return ["schema/**/*.xml"]

    # pyproject.toml
    [project.entry-points.trueup]
    my-plugin = "my_plugin"
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from pluggy import PluginManager

__all__ = ["BuildInputs", "implementation", "inputs_of_plugins", "plugins"]

_PROJECT = "trueup"
_specification = pluggy.HookspecMarker(_PROJECT)
implementation = pluggy.HookimplMarker(_PROJECT)
"""Marks a function of a plugin as its implementation of a hook."""


class BuildInputs:
    """The hooks that there are."""

    @_specification
    def build_inputs(self, tree: str, editable: bool) -> Iterable[str]:  # type: ignore[empty-body]
        """Return globs of further files that a build of the project depends on.

        Args:
            tree: the project's folder, absolute.
            editable: an editable wheel is built (PEP 660).

        Returns:
            Patterns relative to `tree`, written with "/", where "**" stands for any folders. A
            file that comes, goes or changes its content makes the build stale.
        """


@cache
def plugins() -> PluginManager:
    """Return the plugins of this process, those of installed distributions loaded."""
    manager = pluggy.PluginManager(_PROJECT)
    manager.add_hookspecs(BuildInputs)
    manager.load_setuptools_entrypoints(_PROJECT)
    return manager


def inputs_of_plugins(tree: str, *, editable: bool) -> tuple[str, ...]:
    """Return all patterns that plugins add for the project at `tree`, sorted."""
    answers = plugins().hook.build_inputs(tree=tree, editable=editable)
    return tuple(sorted({str(pattern) for answer in answers for pattern in answer}))
