"""Where a remark in CMakeLists.txt or meson.build says nothing to anybody.

Remarks in their own lines do not count if only cmake or meson read the file, and if nothing that
they are told to do can make the file's own bytes, or the number of a line, part of what is built.
That is known of a few commands; where another one is called, all that a file holds counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from trueup.freshness.facet import without_remarks
from trueup.values import dataclass

__all__ = ["SCRIPTS", "Scripts", "speak_to_their_tool_alone"]

_CMAKE, _MESON = "CMakeLists.txt", "meson.build"
SCRIPTS = (_CMAKE, ".cmake", _MESON)
"""How the names end of what these tools are told."""
_TOOLS = {"scikit_build_core.build": _CMAKE, "mesonpy": _MESON}
# None of these reads a file by a name or a pattern that it is given, starts a program other than
# compilers, or tells lines (cmake-commands(7), reference manual of meson).
_CMAKE_COMMANDS_WORDS = """
    add_compile_definitions add_compile_options add_library add_link_options add_subdirectory
    cmake_minimum_required cmake_policy else elseif endforeach endif find_package foreach if
    include_directories install message option project pybind11_add_module python3_add_library
    python_add_library return set set_target_properties target_compile_definitions
    target_compile_features target_compile_options target_include_directories
    target_link_directories target_link_libraries target_link_options target_sources
    """
_CMAKE_COMMANDS = frozenset(_CMAKE_COMMANDS_WORDS.split())
_CMAKE_VARIABLES = re.compile(
    r"CMAKE_(?:(?:CURRENT_)?(?:SOURCE|BINARY)_DIR|BUILD_TYPE|POSITION_INDEPENDENT_CODE|SYSTEM_NAME"
    r"|(?:C|CXX)_(?:STANDARD|STANDARD_REQUIRED|EXTENSIONS|COMPILER_ID|COMPILER_VERSION))"
)
_MESON_CALLS_WORDS = """
    add_global_arguments add_project_arguments and assert contains cpu_family declare_dependency
    dependency elif error extension_module find_installation found get_argument_syntax
    get_compiler get_id get_option get_supported_arguments has_argument has_function has_header
    has_type host_machine if import in include_directories install_sources language_version
    library message not or project shared_library sizeof static_library strip subdir system
    version version_compare warning
    """
_MESON_CALLS = frozenset(_MESON_CALLS_WORDS.split())
_CALL = re.compile(r"([\w.-]*[\w-])[ \t]*\(")
# In quotes a call is none, but what is called may stand in them: they are looked at as well.
_INSTALLS = re.compile(r"(?i)\binstall\s*\((?!\s*TARGETS\b)")
_SETS_ASSEMBLED = re.compile(r"(?i)\b(?:set|foreach|option)\s*\(\s*[^\s)]*\$")
# Programs that cmake has to start beside compilers.
_STARTS = re.compile(r"(?i)launch|tidy|cppcheck|cpplint|what_you_use|iwyu|symbol_check")
_TABLES = {
    _CMAKE: ("scikit-build", frozenset(("cmake", "editable", "minimum-version", "sdist", "wheel"))),
    _MESON: ("meson-python", frozenset(("limited-api",))),
}
_SETTINGS = frozenset(("build-type", "minimum-version", "targets", "verbose", "version"))
_VARIABLES = ("CMAKE_", "SKBUILD", "MESON")


@dataclass(frozen=True, slots=True)
class Scripts:
    """What a build by cmake or meson was told.

    Attributes:
        texts: what each file of the tree holds that these tools read as theirs, by its path.
        others: the text of all else that programs read there.
        project: pyproject.toml.
        settings: the config settings.
        variables: names of the environment variables that were set.
    """

    texts: Mapping[str, bytes]
    others: bytes
    project: bytes
    settings: tuple[tuple[str, str], ...]
    variables: Iterable[str]


def speak_to_their_tool_alone(scripts: Scripts) -> str:
    """Return the name of the files in which remarks do not count; "" for none."""
    name = _tool_of(scripts.project)
    told_more = scripts.settings or any(one.startswith(_VARIABLES) for one in scripts.variables)
    if not name or told_more:
        return ""
    known = _is_known_to_cmake if name == _CMAKE else _is_known_to_meson
    stem = name.partition(".")[0].encode() if name == _CMAKE else name.encode()
    # Whoever names the file may read it.
    around = (*map(without_remarks, scripts.texts.values()), scripts.others, scripts.project)
    if any(stem.lower() in text.lower() for text in around):
        return ""
    texts = (without_remarks(text).decode("latin-1") for text in scripts.texts.values())
    return name if all(map(known, texts)) else ""


def _tool_of(content: bytes) -> str:
    """Return the name of the files that the backend's tool reads; "" where more may be at work."""
    import tomllib

    try:
        project: Any = tomllib.loads(content.decode())
        system, tool = project["build-system"], project.get("tool", {})
        name = "" if "backend-path" in system else _TOOLS[system["build-backend"]]
        table, keys = _TABLES[name]
        own = tool.get(table, {})
        return name if keys.issuperset(own) and _SETTINGS.issuperset(own.get("cmake", {})) else ""
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return ""


def _is_known_to_cmake(text: str) -> bool:
    variables = re.findall(r"CMAKE_\w*", text)
    calls = {call.lower() for call in _CALL.findall(text)}
    return (
        calls <= _CMAKE_COMMANDS
        and all(map(_CMAKE_VARIABLES.fullmatch, variables))
        and _INSTALLS.search(text) is None
        and _SETS_ASSEMBLED.search(text) is None
        and _STARTS.search(text) is None
    )


def _is_known_to_meson(text: str) -> bool:
    return {call.rpartition(".")[2] for call in _CALL.findall(text)} <= _MESON_CALLS
