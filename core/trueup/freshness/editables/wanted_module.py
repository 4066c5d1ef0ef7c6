"""The module that a backend must find, or a build fails: it is named after the project.

A path leads on to whatever lies in the folder, so that nothing else shows that it is gone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from trueup.freshness.editables.evidence import Evidence
from trueup.freshness.editables.project import Project
from trueup.freshness.outcome import Reason

__all__ = ["weigh_wanted_module"]

_SELECTING = ("packages", "include", "only-include", "force-include", "bypass-selection")


def weigh_wanted_module(project: Project) -> Evidence:
    """Tell whether the module is gone without which the backend does not build."""
    for name, folders in _wanted(project):
        if not any(_has(project, folder, name) for folder in folders):
            path = project.path(folders[0], name)
            message = f"the module {name} is gone, without which {project.backend} builds nothing"
            yield Reason("disappeared", path, message, "there", "missing")


def _wanted(project: Project) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each module with the folders of the project of which one has it."""
    name = str(project.declared.get("name") or project.tool("poetry").get("name") or "")
    plain = name.replace("-", "_").replace(".", "_")
    if project.backend == "hatchling":
        build = project.tool("hatch", "build")
        wheel = project.tool("hatch", "build", "targets", "wheel")
        if plain and not any(key in each for key in _SELECTING for each in (build, wheel)):
            yield plain, ("src", "")
        for path in (wheel.get("packages") or build.get("packages") or ()) if plain else ():
            yield str(path).rstrip("/"), ("",)
    elif project.backend == "flit":
        module = str(project.tool("flit", "module").get("name") or name.replace("-", "_"))
        yield module.replace(".", "/"), ("src", "")
    elif project.backend == "poetry-core":
        yield from _poetry(project, plain)
    elif project.backend == "uv_build":
        settings = project.tool("uv", "build-backend")
        listed = settings.get("module-name", plain)
        root = str(settings.get("module-root", "src"))
        for module in listed if isinstance(listed, list) else [listed]:
            yield str(module).replace(".", "/"), (root,)


def _poetry(project: Project, plain: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    listed = project.tool("poetry").get("packages")
    if project.tool("poetry").get("package-mode") is False:
        return
    if not isinstance(listed, list):
        yield plain, ("src", "")
        return
    for one in listed:
        included = str(one.get("include", "")) if isinstance(one, dict) else ""
        if included and "*" not in included:
            yield included.removesuffix(".py"), (str(one.get("from", "")),)


def _has(project: Project, folder: str, name: str) -> bool:
    """Whether there is a package or module of that name; hatchling takes any case of it."""
    if any(os.path.exists(project.path(folder, name + end)) for end in ("", ".py", ".pyi")):
        return True
    if project.backend != "hatchling":
        return False
    try:
        names = os.listdir(project.path(folder))
    except OSError:  # there is no such folder
        return False
    # one level deeper lies the package of a namespace, which hatchling finds too
    deeper = any(os.path.isdir(project.path(folder, each, name)) for each in names)
    return deeper or name.lower() in {each.removesuffix(".py").lower() for each in names}
