"""What a build backend takes out of a file without running it, as a digest.

A backend that reads a module for its version or its docstring does not depend on the rest of it,
and a backend that reads pyproject.toml does not depend on the settings of a linter.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
from typing import TYPE_CHECKING

from trueup.freshness.build_requirements import without_lower_bounds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from io import FileIO

__all__ = [
    "content_digest",
    "executable_digest",
    "facet_digest",
    "file_digest",
    "script_digest",
    "settings_digest",
    "without_remarks",
]

_BLOCK = 1 << 20
_VERSION_LINE = re.compile(rb"(?i)version")
# Tables that belong to programs which no build starts. What is not named here counts.
_FOREIGN_TOOLS_WORDS = """
    autoflake autopep8 bandit basedpyright black bumpversion bumpver check-manifest cibuildwheel
    codespell commitizen coverage deptry djlint docformatter flake8 flakeheaven importlinter
    interrogate isort liccheck mypy nox pdoc pip-tools pixi pre-commit pycln pydocstyle pylint
    pyright pyrefly pytest refurb repo-review rope ruff semantic_release towncrier tox ty
    typos vulture yapf
    """
_FOREIGN_TOOLS = frozenset(_FOREIGN_TOOLS_WORDS.split())
# What can go on over the end of a line, or begin a remark that does: brackets of cmake, long texts
# of meson, a line that is continued, ends of lines that not everybody takes for such.
_OVER_LINES = re.compile(rb"\[=*\[|\'\'\'|\\[ \t]*(?:#[^\n]*)?\r?(?:\n|\Z)|\r(?!\n)|[\0\f\v]")
_ESCAPED = re.compile(rb"\\.")


def content_digest(content: bytes) -> bytes:
    """Return 16 bytes that stand for all of `content`."""
    return hashlib.sha256(content).digest()[:16]


def executable_digest(content: bytes) -> bytes:
    """Return 16 bytes for a file that can be executed, which counts; from those of its content."""
    return content_digest(b"executable " + content)


def file_digest(file: FileIO) -> bytes:
    """Return 16 bytes for all of a file; `hashlib.file_digest` makes a large buffer for each."""
    digest = hashlib.sha256()
    while block := file.read(_BLOCK):
        digest.update(block)
    return digest.digest()[:16]


def facet_digest(content: bytes) -> bytes:
    """Return 16 bytes for what can be taken out of a module without running it.

    That is its docstring, what it assigns at its top level, and each line that speaks of a
    version, as regular expressions look for those. A module that does not parse counts as a whole.
    """
    try:
        module = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return content_digest(content)
    parts = [ast.get_docstring(module, clean=False) or ""]
    parts += [
        ast.dump(node)
        for node in module.body
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign)
    ]
    lines = [line.strip() for line in content.splitlines() if _VERSION_LINE.search(line)]
    return content_digest("\0".join(parts).encode("utf-8", "surrogatepass") + b"\n".join(lines))


def settings_digest(content: bytes, requires: Sequence[str] | None = None) -> bytes:
    """Return 16 bytes for those tables of a pyproject.toml that a build can depend on.

    Lower bounds of build requirements are not in it, unless a tool is told to heed those itself;
    `build_requirements.unmet` looks at them.

    Args:
        content: of the file.
        requires: build requirements in place of its own, where no tool heeds them.
    """
    import tomllib

    try:
        document = tomllib.loads(content.decode())
        tools = document.get("tool")
        if isinstance(tools, dict):
            document["tool"] = {
                name: table for name, table in tools.items() if name not in _FOREIGN_TOOLS
            }
        document.pop("dependency-groups", None)  # PEP 735: never part of what is built
        system = document.get("build-system")
        if (
            isinstance(system, dict)
            and isinstance(system.get("requires"), list)
            and not _is_heeded(document.get("tool"))
        ):
            asked = system["requires"] if requires is None else requires
            system["requires"] = without_lower_bounds(asked)
        return content_digest(json.dumps(document, sort_keys=True, default=repr).encode())
    except (ValueError, RecursionError):
        return content_digest(content)


def _is_heeded(tools: object) -> bool:
    """Whether a tool's table speaks of the build requirements.

    As `minimum-version = "build-system.requires"` of scikit-build-core does, by which their bounds
    decide how it behaves.
    """
    return "build-system" in json.dumps(tools, default=repr)


def without_remarks(content: bytes) -> bytes:
    """Return a script of cmake or meson without empty lines, and lines that only hold a remark.

    Such a line may lie inside of a text in quotes. So that none does, all quotes have to be closed
    in the line in which they are opened, in which case none is open where the next one begins;
    otherwise nothing is left out.
    """
    if _OVER_LINES.search(content) is not None:
        return content
    lines = [line for line in content.split(b"\n") if line.strip(b" \t\r")[:1] not in {b"", b"#"}]
    for line in lines:
        text = _ESCAPED.sub(b"", line)
        if text.count(b'"') % 2 or text.count(b"'") % 2:
            return content
    return b"\n".join(lines)


def script_digest(content: bytes) -> bytes:
    """Return 16 bytes for a script of cmake or meson without its remarks (`without_remarks`)."""
    return content_digest(b"script\0" + without_remarks(content))
