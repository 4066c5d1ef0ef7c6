"""What a project says its metadata is: in `[project]`, setup.cfg, setup.py, or Poetry's table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from trueup.freshness.editables.dynamic_fields import resolve_dynamic
from trueup.freshness.editables.project import Project, table
from trueup.freshness.editables.requirement_text import with_extra
from trueup.values import dataclass

__all__ = ["Declared", "read_declared"]


@dataclass(frozen=True, slots=True)
class Declared:
    """The metadata that a build would write now, as far as files tell.

    Attributes:
        fields: name of `[project]` to value; what is not declared is not in it.
        unproven: name of a field to why its value cannot be told.
        source: the file that declares them.
        complete: whether a field that is not declared is known to be empty.
    """

    fields: Mapping[str, Any]
    unproven: Mapping[str, str]
    source: str
    complete: bool = True

    def requirements(self) -> list[str]:
        """Return all that is depended on, that of extras with its condition."""
        found = [str(one) for one in self.fields.get("dependencies", ())]
        for extra, wanted in table(self.fields, "optional-dependencies").items():
            found += [with_extra(str(one), str(extra)) if extra else str(one) for one in wanted]
        return found

    def entry_points(self) -> dict[str, str]:
        """Return "group/name" to what it calls."""
        groups = {
            "console_scripts": table(self.fields, "scripts"),
            "gui_scripts": table(self.fields, "gui-scripts"),
            **table(self.fields, "entry-points"),
        }
        return {
            f"{group}/{name}": "".join(str(target).split())
            for group, members in groups.items()
            for name, target in members.items()
        }


def read_declared(project: Project) -> Declared:
    """Return what a project declares."""
    if project.declared:
        fields = {key: value for key, value in project.declared.items() if key != "dynamic"}
        unproven: dict[str, str] = {}
        for name in project.dynamic:
            value, why = resolve_dynamic(project, name)
            if why:
                unproven[name] = why
            elif value is not None:
                fields[name] = value
        return Declared(fields, unproven, project.path("pyproject.toml"))
    if project.backend == "poetry-core" and project.tool("poetry"):
        return _poetry(project)
    if project.backend == "setuptools":
        return _setuptools(project)
    why = f"nothing is declared for {project.backend} in a [project] table"
    return Declared({}, {"version": why}, project.path("pyproject.toml"), complete=False)


def _setuptools(project: Project) -> Declared:
    """Read setup.cfg and setup.py, as far as they are plain data."""
    fields: dict[str, Any] = {}
    unproven: dict[str, str] = {}
    for name in ("name", "version", "description", "requires-python", "dependencies",
                 "optional-dependencies", "entry-points"):  # fmt: skip
        value, why = resolve_dynamic(project, name)
        if why:
            unproven[name] = why
        elif value is not None:
            fields[name] = value
    named = "setup.cfg" if project.setup_cfg else "setup.py"
    source = project.path(named)
    if project.setup_script and not project.setup_script.plain:
        unproven.setdefault("setup.py", "setup.py runs code of its own")
    return Declared(fields, unproven, source, complete=False)


def _poetry(project: Project) -> Declared:
    """Read the metadata that Poetry had before there was a `[project]` table."""
    settings = project.tool("poetry")
    fields = {key: settings[key] for key in ("name", "version", "description") if key in settings}
    readme = settings.get("readme")
    if isinstance(readme, str):
        fields["readme"] = readme
    fields["scripts"] = {
        name: target for name, target in table(settings, "scripts").items()
        if isinstance(target, str)
    }  # fmt: skip
    fields["entry-points"] = table(settings, "plugins")
    unproven = {}
    wanted: list[str] = []
    optional = {str(one).lower() for each in table(settings, "extras").values() for one in each}
    for name, constraint in table(settings, "dependencies").items():
        if name == "python":
            continue
        if not isinstance(constraint, str) or name.lower() in optional:
            unproven["dependencies"] = f"Poetry's own spelling of {name} is not understood here"
            continue
        wanted.append(f"{name}{_poetry_specifier(constraint)}")
    if optional:
        unproven["optional-dependencies"] = "Poetry's own extras are not understood here"
        unproven["dependencies"] = unproven["optional-dependencies"]
    fields["dependencies"] = wanted
    python = table(settings, "dependencies").get("python")
    if isinstance(python, str):
        fields["requires-python"] = _poetry_specifier(python)
    if any(name in settings for name in ("build", "group")) and "build" in settings:
        unproven["build"] = "a build script is run"
    return Declared(fields, unproven, project.path("pyproject.toml"), complete=False)


def _poetry_specifier(text: str) -> str:
    """Return Poetry's `^1.2`, `~1.2`, `1.2` and `*` as a version specifier."""
    return ",".join(part for one in text.split(",") for part in _poetry_part(one.strip()))


def _poetry_part(text: str) -> Iterable[str]:
    if text in {"", "*"}:
        return ()
    if text[0] not in "^~" or text.startswith("~="):
        return (text if text[0] in "<>=!~" else f"=={text}",)
    numbers = [int(part) for part in text[1:].strip().split(".") if part.isdigit()]
    if text[0] == "~":
        index = min(1, len(numbers) - 1)
    else:
        index = next((at for at, number in enumerate(numbers) if number), len(numbers) - 1)
    upper = [*numbers[:index], numbers[index] + 1] if numbers else []
    width = max(len(numbers), 2)
    upper += [0] * (width - len(upper))
    return (f">={text[1:].strip()}", f"<{'.'.join(map(str, upper))}")
