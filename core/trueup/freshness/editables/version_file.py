"""The file that a plugin writes the version into as it builds, against the installed version.

Such a file is not tracked, so nobody sees that it was edited; what the known plugins write by
default is known, and anything else in it cannot be told from a template's doing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

from trueup.destination.installed import InstalledDistribution
from trueup.freshness.editables.evidence import Doubt, Evidence
from trueup.freshness.editables.metadata import same_version
from trueup.freshness.editables.project import Project, table
from trueup.freshness.outcome import Reason

__all__ = ["weigh_version_file"]

_TEXTS = frozenset(("version", "__version__", "VERSION"))
_TUPLES = frozenset(("version_tuple", "__version_tuple__"))
_COMMITS = frozenset(("commit_id", "__commit_id__"))
_OTHERS = frozenset(("__all__", "TYPE_CHECKING", "VERSION_TUPLE", "COMMIT_ID"))


def weigh_version_file(project: Project, distribution: InstalledDistribution) -> Evidence:
    """Tell whether the file of the version is missing, or is not what a build writes."""
    name, template = _setting(project)
    if not name:
        return
    inside_src = project.backend == "pdm" and os.path.isdir(project.path("src"))
    path = project.path("src", name) if inside_src else project.path(name)
    relative = os.path.relpath(path, project.directory)
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
    except FileNotFoundError:
        if project.backend != "pdm":  # it lies in the build folder of a PDM editable
            message = f"{relative} is missing, which a build makes"
            yield Reason("output missing", path, message, "there", "missing")
        return
    version = distribution.version
    told = _agrees(text, version, path) if not template else _fills(template, text, version)
    if told is False or version not in text:
        message = f"{relative}, which a build makes, does not say {version}"
        yield Reason("output changed", path, message, version, "")
    elif told is None:
        yield Doubt(f"whether {relative} is as a build makes it")


def _setting(project: Project) -> tuple[str, str]:
    """Return the path of the file, and the template that the project names; "" for none."""
    scm, hooks = project.tool("setuptools_scm"), project.tool("hatch", "build", "hooks")
    vcs, plain, pdm = table(hooks, "vcs"), table(hooks, "version"), project.tool("pdm", "version")
    known = (
        (scm.get("version_file"), scm.get("version_file_template")),
        (scm.get("write_to"), scm.get("write_to_template")),
        (vcs.get("version-file"), vcs.get("template")),
        (plain.get("path"), plain.get("template") or plain.get("pattern")),
        (pdm.get("write_to"), pdm.get("write_template")),
    )
    return next(((str(name), str(how or "")) for name, how in known if name), ("", ""))


def _fills(template: str, text: str, version: str) -> bool | None:
    """Whether a template gives a text; None if it needs more than the version."""
    try:
        return True if template.format(version=version).strip() == text.strip() else None
    except (KeyError, IndexError, ValueError, AttributeError):
        return None


def _agrees(text: str, version: str, path: str) -> bool | None:
    """Whether a file says a version, and nothing else; None if there is more in it."""
    if not path.endswith((".py", ".pyi")):
        return same_version(text, version)
    import ast

    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return None
    found = list(_statements(tree.body))
    if any(names is None for names, _ in found):
        return None
    pairs = [(name, value) for names, value in found for name in names or ()]
    if all(_says(name, value, version) for name, value in pairs):
        return True if any(name in _TEXTS for name, _ in pairs) else None
    return False


def _statements(body: list[Any]) -> Iterator[tuple[list[str] | None, Any]]:
    """Yield the names that each statement gives a value; None for what no plugin writes."""
    import ast

    for node in body:
        if isinstance(node, ast.Assign):
            names = [str(getattr(target, "id", "")) for target in node.targets]
            known = all(name in {*_TEXTS, *_TUPLES, *_COMMITS, *_OTHERS} for name in names)
            try:
                value = ast.literal_eval(node.value)
            except ValueError:  # `VERSION_TUPLE = object`
                known = known and set(names) <= _OTHERS
                value = None
            yield (names if known else None), value
        elif isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            yield from _statements([*node.body, *node.orelse])
        elif not isinstance(node, ast.ImportFrom | ast.AnnAssign) and not (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        ):
            yield None, None


def _says(name: str, value: Any, version: str) -> bool:
    if name in _TEXTS:
        return isinstance(value, str) and same_version(value, version)
    if name in _TUPLES and isinstance(value, tuple) and "!" not in version:
        # (1, 0, 'rc1') or (1, 1, 'dev0', 'g1a2b3c.d20260101'): how it is cut differs
        first, joined = version.partition(".")[0], "".join(str(part) for part in value)
        same = joined.replace(".", "") == re.sub(r"[.+]", "", version)
        return same and str(value[0] if value else "") == first
    node = re.search(r"\+(?:.*\.)?g([0-9a-f]+)", version)
    if name in _COMMITS and isinstance(value, str) and node:
        given = value.removeprefix("g")
        return given.startswith(node[1]) or node[1].startswith(given)
    return True
