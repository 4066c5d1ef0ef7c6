"""setup.py, read and never run: what of it is plain data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from trueup.values import dataclass

__all__ = ["ExtensionModule", "SetupScript", "read_setup_script"]


@dataclass(frozen=True, slots=True)
class ExtensionModule:
    """An extension module that a project asks for.

    Attributes:
        name: its dotted name.
        sources: its source files, relative to the project.
    """

    name: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetupScript:
    """What a setup.py says.

    Attributes:
        keywords: the arguments of `setup()` that are plain data.
        computed: the names of the arguments that are not.
        extensions: the extension modules that are named in it.
        plain: whether it does nothing but call `setup()`.
    """

    keywords: Mapping[str, Any]
    computed: frozenset[str]
    extensions: tuple[ExtensionModule, ...]
    plain: bool


_SAFE_CALLS = frozenset(("find_packages", "find_namespace_packages", "Extension"))


def read_setup_script(path: str) -> SetupScript | None:
    """Return what a setup.py says; None where there is none."""
    import ast

    try:
        with open(path, "rb") as file:
            tree = ast.parse(file.read())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, SyntaxError):  # whoever builds will say so better
        return SetupScript({}, frozenset(("everything",)), (), plain=False)
    keywords: dict[str, Any] = {}
    computed: set[str] = set()
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in calls:
        if _called(call) != "setup":
            continue
        for keyword in call.keywords:
            try:
                keywords[keyword.arg or "**"] = ast.literal_eval(keyword.value)
            except ValueError:
                computed.add(keyword.arg or "**")
    extensions = tuple(_extensions(calls))
    plain = all(_is_plain(node) for node in tree.body) and all(
        _called(call) in {"setup", *_SAFE_CALLS} for call in calls
    )
    return SetupScript(keywords, frozenset(computed), extensions, plain)


def _called(call: Any) -> str:
    function = call.func
    return str(getattr(function, "id", getattr(function, "attr", "")))


def _is_plain(node: Any) -> bool:
    """Whether a statement of the module is an import, a text, a value or the call of `setup()`."""
    import ast

    if isinstance(node, ast.ImportFrom | ast.Import):
        return True
    if isinstance(node, ast.If):  # `if __name__ == "__main__":`
        return all(_is_plain(each) for each in node.body) and "__name__" in ast.dump(node.test)
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant | ast.Call)


def _extensions(calls: list[Any]) -> Iterator[ExtensionModule]:
    import ast

    for call in calls:
        if _called(call) != "Extension":
            continue
        named = {keyword.arg: keyword.value for keyword in call.keywords}
        parts = [*call.args, None, None]
        name, sources = parts[0] or named.get("name"), parts[1] or named.get("sources")
        try:
            files = ast.literal_eval(sources) if sources is not None else []
            title = ast.literal_eval(name) if name is not None else ""
        except ValueError:  # worked out when it runs
            continue
        if isinstance(title, str) and title and isinstance(files, list | tuple):
            yield ExtensionModule(title, tuple(str(file) for file in files))
