"""Report 10946 in other clothes: what an editable shows of its files follows them, however made.

The quick run plays some, through one door. All of them, through both:
`pytest -m slow tests/core/test_report_10946.py tests/core/test_report_11390.py`.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.home import Door, Home, Wish
from support.mechanisms import MECHANISMS
from support.replays import Replay, Step, chosen, play, project
from support.truth import git

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="symbolic links need a privilege there"
)

_STRICT = Wish(editable=("demo",), settings=("editable_mode=strict",))
_SRC = {
    "demo/pyproject.toml": project(),
    "demo/src/demo/__init__.py": "",
    "demo/src/demo/lib.py": "N = 1\n",
}
_FIRST = {("demo.lib.N", "demo.lib"): "1"}
_NEW = {("demo.new.N", "demo.new"): "2"}


def _gone(module: str) -> dict[tuple[str, str], str]:
    return {("1", module): f"ModuleNotFoundError: No module named '{module}'"}


def _write(name: str, content: str = "N = 2\n") -> Callable[[Home], object]:
    def happens(home: Home) -> None:
        path = home.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)

    return happens


def _rename(old: str, new: str) -> Callable[[Home], object]:
    return lambda home: (home.root / old).rename(home.root / new)


def _delete(name: str) -> Callable[[Home], object]:
    return lambda home: (home.root / name).unlink()


def _link(home: Home, name: str) -> Path:
    found = (home.root / "demo/build").rglob(name)
    return next(path for path in found if path.is_symlink())


def _copy_in_place_of_a_link(home: Home) -> None:
    link = _link(home, "lib.py")
    link.unlink()
    link.write_text("N = 'a copy that follows nobody'\n")


def _clean(home: Home) -> None:
    git(home.root / "demo", "init", "-q", ".")
    git(home.root / "demo", "add", "pyproject.toml", "src")
    git(home.root / "demo", "clean", "-q", "-fdx")


def _module_becomes_package(home: Home) -> None:
    _delete("demo/src/demo/lib.py")(home)
    _write("demo/src/demo/lib/__init__.py")(home)


def _rename_package(home: Home) -> None:
    _rename("demo/src/demo", "demo/src/other")(home)


_C_FILES = {
    name.replace("src/native", "demo/src/native"): content
    for name, content in MECHANISMS["setuptools-c"].files.items()
    if name.startswith("src/native")
}
_SETUP_C = (
    "from setuptools import Extension, setup\n"
    'setup(ext_modules=[Extension("demo._native", ["src/native/native.c"])])\n'
)
_DATA = '[tool.setuptools.package-data]\n"*" = ["*.txt"]\n'
_READ = "sorted(p.name for p in importlib.resources.files('demo').iterdir() if p.suffix == '.txt')"
_WHERE = (_READ, "importlib.resources")

REPLAYS = {
    "as reported, one project": Replay(
        _SRC,
        (
            Step(_write("demo/src/demo/new.py"), _NEW),
            Step(_rename("demo/src/demo/new.py", "demo/src/demo/old.py"), _gone("demo.new")),
            Step(_delete("demo/src/demo/old.py"), _gone("demo.old")),
        ),
        _FIRST,
        _STRICT,
        slow=False,
    ),
    "mode in the project's own settings": Replay(
        {**_SRC, "demo/setup.cfg": "[editable_wheel]\nmode = strict\n"},
        (Step(_write("demo/src/demo/new.py"), _NEW),),
        _FIRST,
    ),
    "flat layout, packages in packages": Replay(
        {
            "demo/pyproject.toml": project(),
            "demo/demo/__init__.py": "",
            "demo/demo/lib.py": "N = 1\n",
            "demo/demo/sub/__init__.py": "",
        },
        (
            Step(_write("demo/demo/sub/new.py"), {("demo.sub.new.N", "demo.sub.new"): "2"}),
            Step(
                lambda home: shutil.move(
                    home.root / "demo/demo/sub", home.root / "demo/demo/moved"
                ),
                {("demo.moved.new.N", "demo.moved.new"): "2", **_gone("demo.sub")},
            ),
        ),
        _FIRST,
        _STRICT,
    ),
    "namespace packages": Replay(
        {
            "demo/pyproject.toml": project(
                more='[tool.setuptools.packages.find]\nwhere = ["src"]\n'
            ),
            "demo/src/space/one/lib.py": "N = 1\n",
        },
        (
            Step(
                _write("demo/src/space/two/new.py"),
                {("space.two.new.N", "space.two.new"): "2"},
            ),
        ),
        {("space.one.lib.N", "space.one.lib"): "1"},
        _STRICT,
    ),
    "data files": Replay(
        {**_SRC, "demo/pyproject.toml": project(more=_DATA), "demo/src/demo/a.txt": "a"},
        (
            Step(
                _write("demo/src/demo/b.txt"),
                {_WHERE: "['a.txt', 'b.txt']"},
            ),
            Step(
                _rename("demo/src/demo/b.txt", "demo/src/demo/c.txt"),
                {_WHERE: "['a.txt', 'c.txt']"},
            ),
        ),
        {_WHERE: "['a.txt']"},
        _STRICT,
    ),
    "two packages in one project": Replay(
        {**_SRC, "demo/src/second/__init__.py": "", "demo/src/second/lib.py": "N = 1\n"},
        (
            Step(_write("demo/src/second/new.py"), {("second.new.N", "second.new"): "2"}),
            Step(_write("demo/src/third/__init__.py"), {("third.N", "third"): "2"}),
        ),
        _FIRST,
        _STRICT,
    ),
    "modules without a package": Replay(
        {
            "demo/pyproject.toml": project(more='[tool.setuptools]\npy-modules = ["alone"]\n'),
            "demo/alone.py": "N = 1\n",
        },
        (
            Step(
                lambda home: (
                    _write("demo/other.py")(home),
                    _write(
                        "demo/pyproject.toml",
                        project(more='[tool.setuptools]\npy-modules = ["alone", "other"]\n'),
                    )(home),
                ),
                {("other.N", "other"): "2"},
            ),
        ),
        {("alone.N", "alone"): "1"},
        _STRICT,
    ),
    "a link deleted": Replay(
        _SRC, (Step(lambda home: _link(home, "lib.py").unlink(), _FIRST),), _FIRST, _STRICT
    ),
    "a copy in place of a link": Replay(
        _SRC, (Step(_copy_in_place_of_a_link, _FIRST),), _FIRST, _STRICT
    ),
    "the whole tree of links deleted": Replay(
        _SRC,
        (Step(lambda home: shutil.rmtree(home.root / "demo/build"), _FIRST),),
        _FIRST,
        _STRICT,
        slow=False,
    ),
    "git clean": Replay(_SRC, (Step(_clean, _FIRST),), _FIRST, _STRICT),
    "a module becomes a package": Replay(
        _SRC,
        (Step(_module_becomes_package, {("demo.lib.N", "demo.lib"): "2"}),),
        _FIRST,
        _STRICT,
    ),
    "the package is renamed": Replay(
        _SRC,
        (Step(_rename_package, {("other.lib.N", "other.lib"): "1", **_gone("demo")}),),
        _FIRST,
        _STRICT,
    ),
    "an extension module among the links": Replay(
        {**_SRC, **_C_FILES, "demo/setup.py": _SETUP_C},
        (
            Step(
                _write("demo/src/native/value.h", "#define VALUE 7\n"),
                {("demo._native.value()", "demo._native"): "7"},
            ),
        ),
        {("demo._native.value()", "demo._native"): "1"},
        _STRICT,
        needs=("gcc",),
    ),
    "setuptools' finder, a new package": Replay(
        {
            "demo/pyproject.toml": project(
                more='[tool.setuptools.packages.find]\ninclude = ["demo*", "more*"]\n'
            ),
            "demo/demo/__init__.py": "",
            "demo/demo/lib.py": "N = 1\n",
        },
        (
            Step(_write("demo/demo/new.py"), _NEW, built=()),
            Step(_write("demo/more/__init__.py"), {("more.N", "more"): "2"}),
        ),
        _FIRST,
    ),
    "hatchling, dev-mode-exact": Replay(
        {
            **_SRC,
            "demo/pyproject.toml": project(
                "hatchling.build",
                "[tool.hatch.build]\ndev-mode-exact = true\n"
                '[tool.hatch.build.targets.wheel]\npackages = ["src/demo", "src/more"]\n',
            ),
            "demo/src/more/__init__.py": "N = 1\n",
        },
        (Step(_write("demo/src/demo/new.py"), _NEW, built=()),),
        {**_FIRST, ("more.N", "more"): "1"},
    ),
    "meson-python, sources by name": Replay(
        {
            **_SRC,
            "demo/pyproject.toml": project("mesonpy"),
            "demo/meson.build": "project('demo', version: '1.0')\n"
            "py = import('python').find_installation(pure: true)\n"
            "py.install_sources('src/demo/__init__.py', 'src/demo/lib.py', subdir: 'demo')\n",
        },
        (
            Step(
                lambda home: (
                    _write("demo/src/demo/new.py")(home),
                    _write(
                        "demo/meson.build",
                        "project('demo', version: '1.0')\n"
                        "py = import('python').find_installation(pure: true)\n"
                        "py.install_sources('src/demo/__init__.py', 'src/demo/lib.py', "
                        "'src/demo/new.py', subdir: 'demo')\n",
                    )(home),
                ),
                _NEW,
            ),
        ),
        _FIRST,
        needs=("ninja",),
    ),
}


@pytest.mark.parametrize(("name", "door"), chosen(REPLAYS))
def test_an_editable_follows_its_files(name: str, door: Door, home: Home) -> None:
    play(REPLAYS[name], home, door)


def test_the_report_with_a_second_environment_of_the_same_project(home: Home) -> None:
    """Both environments lead to one tree of links: what renews it serves both."""
    play(Replay(_SRC, (), _FIRST, _STRICT), home, "process")
    other = Home(home.root, "other")
    assert other.fulfil(_STRICT, "process").added == ("demo",)
    _write("demo/src/demo/new.py")(home)
    home.fulfil(_STRICT, "process")
    other.fulfil(_STRICT, "process")
    for one in (home, other):
        assert one.evaluate("demo.new.N", "demo.new") == "2"
        assert one.check() == 0, one.told
