"""Report 11390 in other clothes: what a build left in the tree comes back, whoever took it.

The quick run plays some, through one door. All of them, through both:
`pytest -m slow tests/core/test_report_10946.py tests/core/test_report_11390.py`.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from support.builds import lay_tree
from support.home import Door, Home, Wish
from support.mechanisms import MECHANISMS, Mechanism
from support.replays import Replay, Step, chosen, play
from support.truth import git

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="needs a C compiler that is just there"
)

_NATIVE = {("demo._native.value()", "demo._native"): "1"}
_GENERATED = {("demo._generated.X", "demo._generated"): "1"}
_VERSION = {("demo._version.version", "demo._version"): "1.0"}


def _files(mechanism: Mechanism) -> dict[str, str]:
    return {f"demo/{name}": content for name, content in mechanism.files.items()}


def _of(name: str) -> dict[str, str]:
    return _files(MECHANISMS[name])


def _found(home: Home, pattern: str) -> Path:
    return next(path for path in sorted((home.root / "demo").rglob(pattern)) if path.is_file())


def _delete(*patterns: str) -> Callable[[Home], object]:
    def happens(home: Home) -> None:
        for pattern in patterns:
            _found(home, pattern).unlink()

    return happens


def _truncate(pattern: str) -> Callable[[Home], object]:
    return lambda home: os.truncate(_found(home, pattern), 0)


def _alter(pattern: str) -> Callable[[Home], object]:
    """Change one byte, and set the time back: size and mtime tell nothing."""

    def happens(home: Home) -> None:
        path = _found(home, pattern)
        times = path.stat()
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 0xFF
        # Not in place: a process may have it mapped.
        path.unlink()
        path.write_bytes(content)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    return happens


def _folder_in_its_place(pattern: str) -> Callable[[Home], object]:
    def happens(home: Home) -> None:
        path = _found(home, pattern)
        path.unlink()
        path.mkdir()
        path.rmdir()
        path.symlink_to("nowhere")

    return happens


def _clean(home: Home) -> None:
    tree = home.root / "demo"
    if not (tree / ".git").exists():
        git(tree, "init", "-q", ".")
        git(tree, "add", "-A")
    git(tree, "clean", "-q", "-fdx")


def _new_environment(home: Home) -> None:
    home.run("venv", "-q", "--clear", str(home.environment))


def _clean_all(home: Home) -> None:
    """As in the report: the environment goes, and with it what was built."""
    _clean(home)
    _new_environment(home)


def _new_environment_without_extensions(home: Home) -> None:
    for path in (home.root / "demo/python").rglob("*.so"):
        path.unlink()
    _new_environment(home)


def _again(happens: Callable[[Home], object], see: Mapping[tuple[str, str], str]) -> Step:
    return Step(happens, see)


_TWO_SETUP = """from setuptools import Extension, setup
setup(ext_modules=[
    Extension("demo._native", ["src/native/native.c"]),
    Extension("demo._other", ["src/native/other.c"]),
])
"""
_JSON_SETUP = """import pathlib
from setuptools import setup
target = pathlib.Path(__file__).parent / "src" / "demo" / "table.json"
target.write_text("[1, 2]")
setup(package_data={"demo": ["*.json"]})
"""
_TABLE = "(importlib.resources.files('demo') / 'table.json').read_text()"
_SECOND = {
    name.replace("demo/", "second/", 1): content.replace("demo", "second")
    for name, content in _of("setuptools-c").items()
}
_SECOND = {name.replace("src/demo", "src/second"): content for name, content in _SECOND.items()}

REPLAYS = {
    "as reported: the environment and what was built": Replay(
        _of("setuptools-c"), (_again(_clean_all, _NATIVE),), _NATIVE, needs=("gcc",), slow=False
    ),
    "maturin, as reported": Replay(
        _of("maturin"),
        (
            Step(
                _new_environment_without_extensions,
                {("demo.main()", "demo"): "1"},
            ),
        ),
        {("demo.main()", "demo"): "1"},
        needs=("cargo",),
    ),
    "an extension module cut to nothing": Replay(
        _of("setuptools-c"), (_again(_truncate("*.so"), _NATIVE),), _NATIVE, needs=("gcc",)
    ),
    "an extension module with other bytes": Replay(
        _of("setuptools-c"), (_again(_alter("*.so"), _NATIVE),), _NATIVE, needs=("gcc",)
    ),
    "a dangling link in place of an extension module": Replay(
        _of("setuptools-c"),
        (_again(_folder_in_its_place("*.so"), _NATIVE),),
        _NATIVE,
        needs=("gcc",),
    ),
    "one of two extension modules": Replay(
        {
            **_of("setuptools-c"),
            "demo/setup.py": _TWO_SETUP,
            "demo/src/native/other.c": MECHANISMS["setuptools-c"]
            .files["src/native/native.c"]
            .replace("_native", "_other"),
        },
        (_again(_delete("_other*.so"), {**_NATIVE, ("demo._other.value()", "demo._other"): "1"}),),
        _NATIVE,
        needs=("gcc",),
    ),
    "a module that setup.py writes": Replay(
        _of("setuptools-generates"),
        (
            _again(_delete("_generated.py"), _GENERATED),
            _again(_truncate("_generated.py"), _GENERATED),
        ),
        _GENERATED,
        slow=False,
    ),
    "a data file that setup.py writes": Replay(
        {**_of("setuptools-src"), "demo/setup.py": _JSON_SETUP},
        (_again(_delete("table.json"), {(_TABLE, "importlib.resources"): "[1, 2]"}),),
        {(_TABLE, "importlib.resources"): "[1, 2]"},
    ),
    "setuptools-scm's version file": Replay(
        _of("setuptools-scm"), (_again(_delete("_version.py"), _VERSION),), _VERSION
    ),
    "hatch-vcs' version file, after git clean": Replay(
        _of("hatch-vcs"), (_again(_clean, _VERSION),), _VERSION
    ),
    "a module of hatchling's build hook": Replay(
        _of("hatchling-hook"),
        (_again(_delete("_generated.py"), _GENERATED), _again(_alter("_generated.py"), _GENERATED)),
        _GENERATED,
        slow=False,
    ),
    "a module of pdm's build script": Replay(
        _of("pdm-script"), (_again(_delete("_generated.py"), _GENERATED),), _GENERATED
    ),
    "a module of poetry's build script": Replay(
        _of("poetry-script"), (_again(_delete("_generated.py"), _GENERATED),), _GENERATED
    ),
    "meson-python's build folder": Replay(
        _of("meson-python"),
        (_again(lambda home: shutil.rmtree(home.root / "demo/build"), _NATIVE),),
        _NATIVE,
        needs=("gcc", "ninja"),
    ),
    "scikit-build-core in place": Replay(
        {
            **_of("scikit-build"),
            "demo/pyproject.toml": MECHANISMS["scikit-build"].files["pyproject.toml"]
            + '[tool.scikit-build]\neditable.mode = "inplace"\n'
            "[tool.scikit-build.wheel]\n"
            'packages = ["src/demo"]\n',
            "demo/CMakeLists.txt": MECHANISMS["scikit-build"].files["CMakeLists.txt"]
            + "set_target_properties(_native PROPERTIES LIBRARY_OUTPUT_DIRECTORY "
            "${CMAKE_CURRENT_SOURCE_DIR}/src/demo)\n",
        },
        (_again(_delete("_native*.so"), _NATIVE),),
        _NATIVE,
        needs=("cmake", "gcc"),
    ),
    "two projects, one of them damaged": Replay(
        {**_of("setuptools-c"), **_SECOND},
        (_again(_delete("*.so"), _NATIVE),),
        {**_NATIVE, ("second._native.value()", "second._native"): "1"},
        Wish(editable=("demo", "second")),
        needs=("gcc",),
    ),
    "by a requirement file": Replay(
        {**_of("setuptools-c"), "all.txt": "-e ./demo\n"},
        (_again(_delete("*.so"), _NATIVE), _again(_clean_all, _NATIVE)),
        _NATIVE,
        Wish(files=("all.txt",)),
        needs=("gcc",),
    ),
}


def _prepare(home: Home, replay: Replay) -> None:
    """Make a repository where the project's version comes out of one."""
    if "demo._version" in str(replay.see) or "mesonpy" in str(replay.files):
        tree = home.root / "demo"
        lay_tree(home.root, replay.files)
        git(tree, "init", "-q", ".")
        git(tree, "add", "-A")
        git(tree, "commit", "-q", "-m", "first")
        git(tree, "tag", "v1.0")


@pytest.mark.parametrize(("name", "door"), chosen(REPLAYS))
def test_what_a_build_left_in_the_tree_comes_back(name: str, door: Door, home: Home) -> None:
    _prepare(home, REPLAYS[name])
    play(REPLAYS[name], home, door)


def test_a_second_environment_takes_over_a_build_only_with_what_it_left(home: Home) -> None:
    play(Replay(_of("hatchling-hook"), (), _GENERATED), home, "process")
    reused = Home(home.root, "reused")
    told = reused.fulfil(Wish(editable=("demo",)), "process")
    assert "building" not in told.said
    assert reused.evaluate("demo._generated.X", "demo._generated") == "1"
    _delete("_generated.py")(home)
    rebuilt = Home(home.root, "rebuilt")
    told = rebuilt.fulfil(Wish(editable=("demo",)), "process")
    assert "building" in told.said
    for one in (home, reused, rebuilt):
        assert one.evaluate("demo._generated.X", "demo._generated") == "1"
        assert one.check() == 0, one.told


def test_a_project_that_was_copied_is_built_where_it_is_now(home: Home) -> None:
    play(Replay(_of("setuptools-generates"), (), _GENERATED), home, "process")
    shutil.copytree(home.root / "demo", home.root / "moved")
    shutil.rmtree(home.root / "demo")
    assert home.check() == 1
    assert "is not there any more" in home.told
    assert home.fulfil(Wish(editable=("moved",)), "process").added == ("demo",)
    assert home.evaluate("demo._generated.__file__", "demo._generated") == str(
        home.root / "moved/src/demo/_generated.py"
    )
