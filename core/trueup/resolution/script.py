"""Script metadata (PEP 723): what a single file asks for in a comment block."""

from __future__ import annotations

import os
import re

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from trueup.errors import RequestError
from trueup.resolution.location import read_from
from trueup.resolution.problems import Problems
from trueup.resolution.request import LocalProject, RequestedItem
from trueup.resolution.requirement import parse_requirement
from trueup.resolution.requirement_lines import decode
from trueup.resolution.toml_file import toml_of
from trueup.values import dataclass

__all__ = ["ScriptDependencies", "read_script_dependencies"]

# The expression is the reference one of the specification.
_BLOCK = re.compile(r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$")


@dataclass(frozen=True, slots=True)
class ScriptDependencies:
    """What a script asks for.

    Attributes:
        wanted: requirements and local projects, in the order of the block.
        requires_python: a version specifier, or "".
    """

    wanted: tuple[RequestedItem | LocalProject, ...] = ()
    requires_python: str = ""


def read_script_dependencies(path: str) -> ScriptDependencies:
    """Return what the block `# /// script` of a file asks for.

    Args:
        path: the script's absolute path; relative paths in its block start from its directory.

    Raises:
        RequestError: the file cannot be read or has no such block or several, or the block cannot
            be understood; with every problem.
    """
    text = decode(read_from(path), path).replace("\r\n", "\n")
    blocks = [found for found in _BLOCK.finditer(text) if found.group("type") == "script"]
    if len(blocks) != 1:
        raise RequestError(
            f"{path} has {'several blocks' if blocks else 'no block'} '# /// script'",
            hint="Write one, with dependencies = [...] in it (PEP 723)",
        )
    lines = blocks[0].group("content").splitlines(keepends=True)
    content = toml_of(
        "".join(line[2:] if line.startswith("# ") else line[1:] for line in lines),
        f"the block '# /// script' of {path}",
    )
    return _understood(content.get("dependencies", []), content.get("requires-python", ""), path)


def _understood(dependencies: object, requires_python: object, path: str) -> ScriptDependencies:
    problems = Problems()
    wanted = []
    listed = dependencies if isinstance(dependencies, list) else []
    if listed is not dependencies:
        problems.add(f"{path}: dependencies is not a list")
    for written in listed:
        if not isinstance(written, str):
            problems.add(f"{path}: {written!r} among the dependencies is not a string")
            continue
        with problems.collecting():
            folder = os.path.dirname(path)
            wanted.append(parse_requirement(written, origin=f"script {path}", base=folder))
    try:
        specifier = str(SpecifierSet(requires_python)) if isinstance(requires_python, str) else None
    except (InvalidSpecifier, ValueError):
        specifier = None
    if specifier is None:
        problems.add(f"{path}: requires-python = {requires_python!r} is no version specifier")
    problems.raise_if_any(f"{path} has script metadata that cannot be understood")
    return ScriptDependencies(tuple(wanted), specifier or "")
