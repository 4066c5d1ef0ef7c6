"""Metadata that is declared elsewhere than in `[project]`, where a file still shows what it is."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any

from trueup.freshness.editables.project import Project, table

__all__ = ["FROM_REPOSITORY", "is_from_repository", "resolve_dynamic"]

FROM_REPOSITORY = "it is made from the repository's tags"
_Answer = tuple[Any, str]

# Patterns are texts: most checks need none of them, and compiling one takes as long as a file.
# hatchling's default pattern, in its meaning
_ASSIGNMENT = r"""(?im)^(?:__version__|VERSION)(?:\s?:\s?str)?\s*=\s*(['"])v?(?P<version>.+?)\1"""
_MESON_PROJECT = r"(?s)\bproject\s*\((?P<arguments>.*?)\)"
_MESON_VERSION = r"\bversion\s*:\s*'(?P<version>[^']+)'"
_SETUPTOOLS = {
    "name": ("metadata", "name", "name"),
    "version": ("metadata", "version", "version"),
    "description": ("metadata", "description", "description"),
    "requires-python": ("options", "python_requires", "python_requires"),
    "dependencies": ("options", "install_requires", "install_requires"),
    "optional-dependencies": ("options.extras_require", "", "extras_require"),
    "entry-points": ("options.entry_points", "", "entry_points"),
    "scripts": ("options.entry_points", "", "entry_points"),
}


def resolve_dynamic(project: Project, field: str) -> _Answer:
    """Return the value of a field, and "", or why it cannot be told.

    None as a value means that the field stays empty.
    """
    if field == "version" and is_from_repository(project):
        return None, FROM_REPOSITORY
    reader = _READERS.get(project.backend)
    answer = reader(project, field) if reader else None
    return answer or (None, f"{field} is worked out by {project.backend} as it builds")


def is_from_repository(project: Project) -> bool:
    """Whether the version is made from tags of the version control."""
    requires = [
        str(one).lower() for one in table(project.pyproject, "build-system").get("requires", ())
    ]
    hatch, pdm = project.tool("hatch", "version"), project.tool("pdm", "version")
    scikit = project.tool("scikit-build", "metadata", "version")
    provider = str(scikit.get("provider", ""))
    script = project.setup_script
    return (
        hatch.get("source") == "vcs"
        or pdm.get("source") == "scm"
        or provider.endswith("setuptools_scm")
        or bool(script and {"use_scm_version"} & ({*script.keywords} | script.computed))
        or (
            project.backend == "setuptools"
            and "version" in project.dynamic
            and "version" not in project.tool("setuptools", "dynamic")
            and any(re.match(r"setuptools[-_.]scm", one) for one in requires)
        )
    )


def _setuptools(project: Project, field: str) -> _Answer | None:
    setting = project.tool("setuptools", "dynamic").get(field)
    if setting is not None:
        return _directive(project, field, setting)
    return _old_setuptools(project, field)


def _old_setuptools(project: Project, field: str) -> _Answer | None:
    """Read setup.py, whose word counts first, or setup.cfg."""
    section, key, keyword = _SETUPTOOLS.get(field, ("", "", ""))
    script = project.setup_script
    if script and ({keyword, "**"} & script.computed or "everything" in script.computed):
        return None, f"setup.py works out {field}"
    if script and keyword in script.keywords:
        return _keyword(field, script.keywords[keyword]), ""
    stated = project.setup_cfg.get(section, {})
    if key:
        return _stated(project, field, stated.get(key, "").strip())
    return (_section(field, stated), "") if section else None


def _stated(project: Project, field: str, text: str) -> _Answer:
    if text.startswith(("attr:", "file:")):
        kind, _, value = text.partition(":")
        return _directive(project, field, {kind: value.strip()})
    if field == "dependencies":
        return [line.strip() for line in text.splitlines() if _is_said(line)], ""
    return text or None, ""


def _is_said(line: str) -> bool:
    return bool(line.strip()) and not line.strip().startswith("#")


def _keyword(field: str, value: Any) -> Any:
    """Return an argument of `setup()` as `[project]` would have it."""
    if field == "dependencies":
        lines = value.splitlines() if isinstance(value, str) else value
        return [str(one).strip() for one in lines if str(one).strip()]
    if field == "optional-dependencies" and isinstance(value, Mapping):
        return {key: [value[key]] if isinstance(value[key], str) else value[key] for key in value}
    if field in {"entry-points", "scripts"} and isinstance(value, Mapping):
        return {
            group: _pairs(
                members if isinstance(members, list | tuple) else str(members).splitlines()
            )
            for group, members in value.items()
        }
    return value


def _section(field: str, stated: Mapping[str, str]) -> Any:
    if field == "optional-dependencies":
        return {
            extra: [
                line.strip() for line in text.replace(";\n", "\n").splitlines() if _is_said(line)
            ]
            for extra, text in stated.items()
        }
    return {group: _pairs(text.splitlines()) for group, text in stated.items()}


def _pairs(lines: Any) -> dict[str, str]:
    pairs = (str(line).partition("=") for line in lines if _is_said(str(line)))
    return {name.strip(): target.strip() for name, _, target in pairs}


def _directive(project: Project, field: str, setting: Any) -> _Answer:
    """Read `{attr = "package.name"}` or `{file = ...}` of `[tool.setuptools.dynamic]`."""
    if isinstance(setting, Mapping) and field == "optional-dependencies":
        found = {
            extra: _directive(project, "dependencies", each) for extra, each in setting.items()
        }
        why = next((reason for _, reason in found.values() if reason), "")
        return {extra: value for extra, (value, _) in found.items()}, why
    if not isinstance(setting, Mapping):
        return None, f"the setting for {field} is not understood here"
    if "attr" in setting:
        return _attribute(project, str(setting["attr"]))
    named = setting.get("file", ())
    files = [each.strip() for each in named.split(",")] if isinstance(named, str) else list(named)
    texts = [_read(project, file) for file in files]
    if None in texts or not texts:
        return None, f"{', '.join(map(str, files)) or field} cannot be read"
    text = "\n".join(each or "" for each in texts)
    return _from_texts(field, text)


def _from_texts(field: str, text: str) -> _Answer:
    if field == "dependencies":
        lines = [line.partition(" #")[0].strip() for line in text.splitlines() if _is_said(line)]
        return lines, ""
    if field in {"version", "description"}:
        return text.strip(), ""
    return ({"text": text}, "") if field == "readme" else (None, f"{field} is read from a file")


def _attribute(project: Project, dotted: str) -> _Answer:
    """Return the plain value that a module of the project gives to a name."""
    module, _, name = dotted.strip().rpartition(".")
    relative = module.replace(".", "/")
    where = project.tool("setuptools").get("package-dir", {})
    roots = dict.fromkeys(["", "src", *(str(each) for each in where.values())])
    for root in roots:
        for ending in ("/__init__.py", ".py"):
            text = _read(project, os.path.join(root, relative.lstrip("/") + ending))
            if text is not None:
                value = _assigned(text, name)
                return (value, "") if value else (None, f"{dotted} is no plain text")
    return None, f"{dotted} was not found"


def _assigned(text: str, name: str) -> str | None:
    import ast

    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return None
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(getattr(target, "id", "") == name for target in targets):
            value = getattr(node, "value", None)
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                return value.value
    return None


def _read(project: Project, *parts: str) -> str | None:
    try:
        with open(project.path(*parts), encoding="utf-8") as file:
            return file.read()
    except (OSError, ValueError):  # a missing or strange file decides nothing here
        return None


def _from_file(project: Project, path: Any, pattern: str = "") -> _Answer:
    text = _read(project, str(path)) if path else None
    try:
        match = re.search(pattern or _ASSIGNMENT, text or "", re.MULTILINE)
        return (match["version"], "") if match else (None, f"no version was found in {path}")
    except (re.error, IndexError) as error:
        return None, f"the pattern for the version is not understood: {error}"


def _hatchling(project: Project, field: str) -> _Answer | None:
    settings = project.tool("hatch", "version")
    if field != "version" or settings.get("source", "regex") != "regex":
        return None
    return _from_file(project, settings.get("path"), str(settings.get("pattern") or ""))


def _pdm(project: Project, field: str) -> _Answer | None:
    settings = project.tool("pdm", "version")
    if field != "version" or settings.get("source") != "file":
        return None
    return _from_file(project, settings.get("path"))


def _flit(project: Project, field: str) -> _Answer | None:
    if field not in {"version", "description"}:
        return None
    name = str(project.tool("flit", "module").get("name") or project.declared.get("name", ""))
    relative = name.replace("-", "_").replace(".", "/")
    for root in ("", "src"):
        for ending in ("/__init__.py", ".py"):
            text = _read(project, root, relative + ending)
            if text is not None:
                return _flit_field(text, field)
    return None, f"the module {name} was not found"


def _flit_field(text: str, field: str) -> _Answer:
    import ast

    if field == "version":
        version = _assigned(text, "__version__")
        return (version, "") if version else (None, "__version__ is no plain text")
    try:
        told = ast.get_docstring(ast.parse(text)) or ""
    except (SyntaxError, ValueError):
        return None, "the module cannot be read"
    return told.strip().splitlines()[0] if told.strip() else None, ""


def _scikit(project: Project, field: str) -> _Answer | None:
    settings = project.tool("scikit-build", "metadata", field)
    if settings.get("provider") != "scikit_build_core.metadata.regex" or field != "version":
        return None
    if settings.get("result"):
        return None
    pattern = str(settings.get("regex") or "").replace("(?P<value>", "(?P<version>")
    return _from_file(project, settings.get("input"), pattern)


def _maturin(project: Project, field: str) -> _Answer | None:
    import tomllib

    manifest = project.path(str(project.tool("maturin").get("manifest-path") or "Cargo.toml"))
    try:
        with open(manifest, "rb") as file:
            package = table(tomllib.load(file), "package")
    except (OSError, ValueError):
        return None, f"{manifest} cannot be read"
    value = package.get(field)
    if not isinstance(value, str):
        return None
    # Cargo writes pre-releases as semantic versions do: 1.0.0-rc.1
    return (value, "") if field == "version" else None


def _meson(project: Project, field: str) -> _Answer | None:
    text = _read(project, "meson.build") or ""
    call = re.search(_MESON_PROJECT, text)
    version = re.search(_MESON_VERSION, call["arguments"]) if call else None
    return (version["version"], "") if version and field == "version" else None


_READERS: Mapping[str, Callable[[Project, str], _Answer | None]] = {
    "setuptools": _setuptools,
    "hatchling": _hatchling,
    "pdm": _pdm,
    "flit": _flit,
    "scikit-build-core": _scikit,
    "maturin": _maturin,
    "meson-python": _meson,
}
