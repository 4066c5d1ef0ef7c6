from __future__ import annotations

import pytest
from trueup.freshness.remarks import Scripts, speak_to_their_tool_alone

_CMAKE = b"""cmake_minimum_required(VERSION 3.15)
project(demo C)  # a remark
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
Python_add_library(_native MODULE native.c WITH_SOABI)
install(TARGETS _native DESTINATION demo)
"""
_MESON = b"""project('demo', 'c', version: '1.0')
py = import('python').find_installation(pure: false)
py.extension_module('_native', 'native.c', subdir: 'demo', install: true)
"""
_SKBUILD = b'[build-system]\nbuild-backend = "scikit_build_core.build"\n'
_MESONPY = b'[build-system]\nbuild-backend = "mesonpy"\n'


def _judged(
    more: bytes = b"", project: bytes = _SKBUILD, others: bytes = b"", *, script: bytes = b""
) -> str:
    texts = {"CMakeLists.txt" if b"scikit" in project else "meson.build": (script or _CMAKE) + more}
    return speak_to_their_tool_alone(Scripts(texts, others, project, (), ("PATH",)))


def test_remarks_say_nothing_where_only_the_tool_reads_them() -> None:
    assert _judged() == "CMakeLists.txt"
    assert _judged(project=_SKBUILD + b'[tool.scikit-build]\nwheel.py-api = "cp312"\n')
    assert _judged(script=_MESON, project=_MESONPY) == "meson.build"


@pytest.mark.parametrize(
    "more",
    [
        b"file(READ x y)\n",
        b"FILE (GLOB x *.txt)\n",
        b"execute_process(COMMAND x)\n",
        b"add_custom_command(OUTPUT x)\n",
        b"cmake_language(EVAL CODE x)\n",
        b"include(other.txt)\n",
        b"install(SCRIPT x)\n",
        b"install( DIRECTORY . DESTINATION x)\n",
        b"target_compile_definitions(_native PRIVATE LINE=${CMAKE_CURRENT_LIST_LINE})\n",
        b"target_compile_definitions(_native PRIVATE A=${CMAKE_CURRENT_LIST_FILE})\n",
        b"set(CMAKE_PROJECT_INCLUDE x.txt)\n",
        b"set(C${a} x.txt)\n",
        b"set_target_properties(_native PROPERTIES C_COMPILER_LAUNCHER x)\n",
        b"target_sources(_native PRIVATE CMakeLists.txt)\n",
    ],
)
def test_remarks_count_where_cmake_may_be_told_to_look_at_them(more: bytes) -> None:
    assert _judged(more) == ""


@pytest.mark.parametrize(
    "more",
    [
        b"import('fs').read(x)\n",
        b"run_command('x', check: true)\n",
        b"configure_file(input: x, output: y, copy: true)\n",
        b"custom_target('x')\n",
        b"py.install_sources('meson.build')\n",
        b"vcs_tag(input: x, output: y)\n",
    ],
)
def test_remarks_count_where_meson_may_be_told_to_look_at_them(more: bytes) -> None:
    assert _judged(more, _MESONPY, script=_MESON) == ""


@pytest.mark.parametrize(
    "project",
    [
        b'[build-system]\nbuild-backend = "setuptools.build_meta"\n',
        _SKBUILD + b'backend-path = ["."]\n',
        _SKBUILD + b'[tool.scikit-build.cmake]\nargs = ["-Cx.txt"]\n',
        _SKBUILD + b'[tool.scikit-build]\ncmake.define.A = "x"\n',
        _SKBUILD + b'[[tool.scikit-build.generate]]\npath = "x"\n',
        _SKBUILD + b'[tool.scikit-build.metadata.version]\ninput = "cmakelists.txt"\n',
        _SKBUILD + b'[project]\nreadme = "CMakeLists.txt"\n',
        b"= =",
        b"",
    ],
)
def test_remarks_count_where_settings_may_say_so(project: bytes) -> None:
    assert _judged(project=project) == ""


def test_remarks_count_where_another_file_names_theirs() -> None:
    assert _judged(others=b'#include "../CMakeLists.txt"\n') == ""


@pytest.mark.parametrize(
    ("settings", "variables"), [((("cmake.args", "-DA=1"),), ()), ((), ("CMAKE_TOOLCHAIN_FILE",))]
)
def test_remarks_count_where_the_tool_is_told_more(
    settings: tuple[tuple[str, str], ...], variables: tuple[str, ...]
) -> None:
    scripts = Scripts({"CMakeLists.txt": _CMAKE}, b"", _SKBUILD, settings, variables)
    assert speak_to_their_tool_alone(scripts) == ""
