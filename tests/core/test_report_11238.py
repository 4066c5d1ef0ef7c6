"""Report 11238 in other clothes: links in circles, whoever builds, and however it is laid out.

The quick run plays some, through one door. All of them, through both:
`pytest -m slow tests/core/test_report_11238.py`. A build that follows a circle does not end: it is
ended after minutes, and fails.
"""

from __future__ import annotations

import sys

import pytest
from support.builds import lay_tree
from support.home import Door, Home, Wish
from support.mechanisms import MECHANISMS
from support.replays import chosen_cases, project

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="symbolic links need a privilege there"
)

_FIND = '[tool.setuptools.packages.find]\nwhere = ["src"]\n'
_DATA = '[tool.setuptools.package-data]\n"*" = ["**/*.txt"]\n'
_REPORTED = {"src/demo/sub1/demo": "-> ../..", "src/demo/sub2/demo": "-> ../.."}
_LINKS = {
    "as reported": _REPORTED,
    "one": {"src/demo/sub1/demo": "-> ../.."},
    "to the root": {"src/demo/sub1/root": "-> ../../..", "src/demo/sub2/root": "-> ../../.."},
    "to itself": {"src/demo/sub1/here": "-> .", "src/demo/sub2/here": "-> ."},
    "through another folder": {"src/demo/sub1/x": "-> ../../../docs", "docs/back": "-> ../src"},
    "to each other": {"src/demo/sub1/x": "-> ../sub2", "src/demo/sub2/y": "-> ../sub1"},
}
_SETUPTOOLS: dict[str, dict[str, str]] = {
    "find": {"pyproject.toml": project(more=f"{_FIND}namespaces = false\n")},
    "find_namespace": {"pyproject.toml": project(more=_FIND)},
    "package-data": {"pyproject.toml": project(more=_FIND + _DATA)},
    "manifest": {
        "pyproject.toml": project(more=f"[tool.setuptools]\ninclude-package-data = true\n{_FIND}"),
        "MANIFEST.in": "graft src\nrecursive-include docs *\n",
    },
    "setup.py": {
        "setup.py": "from setuptools import find_packages, setup\n"
        "setup(name='demo', version='1.0', packages=find_packages('src'),\n"
        "      package_dir={'': 'src'})\n"
    },
    "strict": {"pyproject.toml": project(), "setup.cfg": "[editable_wheel]\nmode = strict\n"},
}
_OTHERS = ("hatchling", "flit", "pdm", "poetry", "scikit-build", "meson-python", "maturin")
_FILES = dict.fromkeys(
    (
        "src/demo/__init__.py",
        "src/demo/sub1/__init__.py",
        "src/demo/sub1/one.txt",
        "src/demo/sub2/__init__.py",
        "docs/index.txt",
    ),
    "",
)


def _cases() -> dict[str, tuple[dict[str, str], dict[str, str]]]:
    """Return files and links by name: each layout with the links as reported, one with the rest."""
    cases = {
        f"setuptools {name}": ({**_FILES, **files}, _REPORTED)
        for name, files in _SETUPTOOLS.items()
    }
    for name, links in _LINKS.items():
        if links is not _REPORTED:
            cases[f"links {name}"] = ({**_FILES, **_SETUPTOOLS["package-data"]}, links)
    for name in _OTHERS:
        mechanism = MECHANISMS[name]
        below = mechanism.package
        up = "../" * (below.count("/") + 2)
        links = {f"{below}/sub/demo": "-> ..", f"{below}/sub/root": f"-> {up}"}
        cases[name] = (mechanism.files, links)
    return cases


CASES = _cases()
QUICK = ("setuptools find", "flit")


@pytest.mark.parametrize(("name", "door"), chosen_cases(CASES, QUICK))
@pytest.mark.parametrize("editable", [True, False], ids=["editable", "wheel"])
def test_a_build_ends_and_names_each_link_once(
    name: str, door: Door, editable: bool, home: Home
) -> None:
    files, links = CASES[name]
    lay_tree(home.root / "demo", {**files, **links})
    wish = Wish(editable=("demo",)) if editable else Wish(plain=("demo",))
    outcome = home.fulfil(wish, door)
    assert outcome.added == ("demo",)
    tree = (home.root / "demo").resolve()
    # Who installs from two indexes is told of that, too.
    about_links = [one for one in outcome.warnings if "index" not in one]
    told = [one.split(" was not followed")[0] for one in about_links]
    assert sorted(told) == sorted(f"the link {tree / link}" for link in links)
    assert home.evaluate("demo.__name__", "demo.sub1" if "src/demo/sub1" in str(files) else "demo")
    assert not [path for path in home.environment.rglob("demo") if "demo/sub" in str(path)]
    assert home.check() == 0, home.told
    assert home.fulfil(wish, door).added == ()


def test_a_link_to_nothing_is_named_where_a_backend_fails_on_it(home: Home) -> None:
    # A program of its own, that lists folders out of our sight, and names no file.
    below = "demo/src/demo"
    files = {"demo/pyproject.toml": project("uv_build"), f"{below}/__init__.py": ""}
    lay_tree(home.root, {**files, f"{below}/gone.py": "-> nowhere.py"})
    said = home.run("install", "-p", str(home.environment), "./demo", code=1)
    link = (home.root / below).resolve() / "gone.py"
    hint = f"it may be for a link that leads to nothing, as {link} does: mend or delete it"
    assert hint in said
    (home.root / below / "gone.py").unlink()
    home.install("./demo")


def test_a_link_to_nothing_that_the_project_itself_opens_is_named(home: Home) -> None:
    script = "import setuptools\nopen('demo/gone.py')\nsetuptools.setup(name='demo', version='1')\n"
    files = {"demo/setup.py": script, "demo/demo/__init__.py": ""}
    lay_tree(home.root, {**files, "demo/demo/gone.py": "-> nowhere.py"})
    said = home.run("install", "-p", str(home.environment), "./demo", code=1)
    link = (home.root / "demo").resolve() / "demo/gone.py"
    assert f"the link {link} leads to nothing: mend or delete it" in said
