"""Import hooks of editable installs, read as text: what leads where. None of them is ever run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from trueup.errors import EnvironmentProblem
from trueup.values import dataclass, field

__all__ = ["Redirection", "RedirectionKind", "read_redirection"]

RedirectionKind = Literal[
    "setuptools finder", "editables", "scikit-build-core redirect", "meson-python loader"
]
_CALLS = {
    "install": "scikit-build-core redirect",
    "map_module": "editables",
    "add_to_path": "editables",
    "map_package": "editables",
    "MesonpyMetaFinder": "meson-python loader",
}
_TAIL = 1 << 16  # bytes; what a hook is called with stands at its end, behind a long, fixed program


@dataclass(frozen=True, slots=True)
class Redirection:
    """What an import hook was made with.

    Attributes:
        kind: whose hook it is.
        mapping: import name to source path.
        installed: import name to a file in the environment, relative to it (scikit-build-core).
        build_folder: where it builds at import; "" if it does not.
        build_command: the program that it builds with; ().
        rebuilds: whether an import builds what changed.
        namespaces: packages without an initial module, as setuptools' hook has them.
    """

    kind: RedirectionKind
    mapping: Mapping[str, str]
    installed: Mapping[str, str] = field(default_factory=dict)
    build_folder: str = ""
    build_command: tuple[str, ...] = ()
    rebuilds: bool = False
    namespaces: frozenset[str] = frozenset()


def read_redirection(path: str) -> Redirection | None:
    """Return what an import hook was made with; None if it is none that is known.

    Raises:
        EnvironmentProblem: the file cannot be read.
    """
    import ast

    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            text = file.read()
        if "MesonpyMetaFinder" in text or "scikit-build" in text.lower() or len(text) > _TAIL:
            text = _end(text)
        tree = ast.parse(text)
    except OSError as error:
        problem = f"{path} cannot be read: {error.strerror}"
        raise EnvironmentProblem(problem, hint="Make it readable, or reinstall.") from error
    except (SyntaxError, ValueError):  # damaged: it leads nowhere
        return None
    mapping = _assigned(tree, "MAPPING")
    if mapping is not None:
        namespaces = frozenset(_texts(_assigned(tree, "NAMESPACES")))
        return Redirection("setuptools finder", _texts(mapping), namespaces=namespaces)
    calls = list(_calls(tree))
    if not calls:
        return None
    name, arguments = calls[-1]
    if _CALLS[name] == "editables":
        pairs = [found for _, found in calls if len(found) == 2]
        return Redirection("editables", {str(key): str(place) for key, place in pairs})
    return _meson(arguments) if name == "MesonpyMetaFinder" else _scikit(arguments)


def _end(text: str) -> str:
    """Return the last statements: a hook of 30 KB is a fixed program, and one call of it.

    Parsing all of it takes ten times as long as the rest of the check.
    """
    for mark in ("\ninstall(", "\ndef init("):
        position = text.rfind(mark)
        if position >= 0:
            return text[position + 1 :]
    return text


def _assigned(tree: Any, name: str) -> Any:
    """Return the plain value that a module gives to a name; None if it gives none."""
    import ast

    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(getattr(target, "id", "") == name for target in targets) and node.value is not None:
            return ast.literal_eval(node.value)
    return None


def _calls(tree: Any) -> Iterator[tuple[str, list[Any]]]:
    import ast

    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = str(getattr(node.func, "id", getattr(node.func, "attr", "")))
            if name not in _CALLS or not (node.args or name == "MesonpyMetaFinder"):
                continue
            try:
                arguments = [ast.literal_eval(each) for each in node.args]
            except ValueError:
                continue
            yield name, arguments


def _texts(mapping: Any) -> dict[str, str]:
    items = mapping.items() if isinstance(mapping, dict) else ()
    return {str(key): str(value) for key, value in items}


def _scikit(arguments: list[Any]) -> Redirection:
    """Read `install(known sources, known wheel files, ..., build folder, rebuild, ...)`."""
    sources = _texts(arguments[0]) if arguments else {}
    installed = _texts(arguments[1]) if len(arguments) > 1 else {}
    later = arguments[2:]
    folder = next((each for each in later if isinstance(each, str) and each), "")
    flags = [each for each in later if isinstance(each, bool)]
    rebuilds = bool(folder) and bool(flags) and flags[0]
    kind: RedirectionKind = "scikit-build-core redirect"
    return Redirection(kind, sources, installed, build_folder=folder, rebuilds=rebuilds)


def _meson(arguments: list[Any]) -> Redirection:
    """Read `MesonpyMetaFinder(name, modules, build folder, command, verbose)`."""
    strings = [each for each in arguments if isinstance(each, str)]
    folder = strings[1] if len(strings) > 1 else ""
    command = next((each for each in arguments if isinstance(each, list)), [])
    program = tuple(str(part) for part in command)
    return Redirection(
        "meson-python loader", {}, build_folder=folder, build_command=program, rebuilds=True
    )
