"""A further portion of a namespace package whose first portion is imported."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.laboratory import Laboratory
from support.wheels import make_wheel

EXTENDING = {
    "pkgutil": "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n",
    "pkg_resources": (
        "try:\n    __import__('pkg_resources').declare_namespace(__name__)\n"
        "except ImportError:\n"
        "    __path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"
    ),
}
TARGET = 'options=("--target", str(PORTIONS))'


def make_portions(laboratory: Laboratory, init: str | None) -> None:
    """Make `space-one` and `space-two`, each a portion of `space` and of `space.inner`."""
    for name in ("one", "two"):
        files = {f"space/{name}.py": "", f"space/inner/{name}.py": ""}
        if init is not None:
            files |= {"space/__init__.py": init, "space/inner/__init__.py": init}
        make_wheel(laboratory.wheels, f"space-{name}", files=files)


def test_a_portion_in_the_same_directory(laboratory: Laboratory) -> None:
    make_portions(laboratory, None)
    told = laboratory.run("""
install("space-one")
import space.one, space.inner.one
with trueup.importable():
    with times_put_back(SITE, SITE / "space", SITE / "space" / "inner"):
        assert unseen("space.two") and unseen("space.inner.two")
        install("space-two")
    without = unseen("space.two") and unseen("space.inner.two")
import space.two, space.inner.two
tell(without=without)
""")
    assert told == {"without": True}


def test_a_portion_in_another_directory(laboratory: Laboratory) -> None:
    make_portions(laboratory, None)
    told = laboratory.run(
        f"""
install("space-one")
PORTIONS.mkdir()
import space.one, space.inner.one
with trueup.importable():
    install("space-two", {TARGET})
    without = unseen("space.two")
import space.two, space.inner.two
tell(without=without)
""",
        PYTHONPATH=str(laboratory.root / "portions"),
    )
    assert told == {"without": True}


@pytest.mark.parametrize("style", sorted(EXTENDING))
def test_a_portion_of_a_package_that_extends_its_path(laboratory: Laboratory, style: str) -> None:
    make_portions(laboratory, EXTENDING[style])
    told = laboratory.run(
        f"""
install("space-one")
PORTIONS.mkdir()
(PORTIONS / "demo").mkdir()
make = "import sys"
(SITE / "demo").mkdir()
(SITE / "demo" / "__init__.py").write_text(make)
sys.path.remove(str(SITE)), sys.path.insert(1, str(SITE))
import space.one, space.inner.one, demo
with trueup.importable() as outcome:
    install("space-two", {TARGET})
    without = remains_unseen("space.two") and remains_unseen("space.inner.two")
import space.two, space.inner.two
again = trueup.make_importable(trueup.look())
tell(without=without, grown=outcome.change.packages_grown, again=again.packages_grown,
     alone=len(demo.__path__), both=len(space.__path__))
""",
        PYTHONPATH=str(laboratory.root / "portions"),
    )
    assert told == {
        "without": True,
        "grown": ["space", "space.inner"],
        "again": [],
        "alone": 1,
        "both": 2,
    }


def test_a_portion_of_a_package_that_pkg_resources_keeps(laboratory: Laboratory) -> None:
    make_portions(laboratory, EXTENDING["pkg_resources"])
    told = laboratory.run(
        f"""
import warnings
warnings.simplefilter("ignore")
install("setuptools", "space-one")
PORTIONS.mkdir()
import space.one, space.inner.one
assert "pkg_resources" in sys.modules
with trueup.importable() as outcome:
    install("space-two", {TARGET})
    without = remains_unseen("space.two")
import space.two, space.inner.two
tell(without=without)
""",
        PYTHONPATH=str(laboratory.root / "portions"),
    )
    assert told == {"without": True}


def make_nspkg_project(folder: Path, portion: str) -> Path:
    """Write a project whose wheel makes the namespace by an `-nspkg.pth` file."""
    package = folder / f"space_{portion}" / "space"
    (package / portion).mkdir(parents=True)
    (package / portion / "__init__.py").touch()
    (package / "__init__.py").write_text("__import__('pkg_resources').declare_namespace(__name__)")
    (package.parent / "setup.py").write_text(
        "from setuptools import setup\n"
        f"setup(name='space-{portion}', version='1.0', namespace_packages=['space'],\n"
        f"      packages=['space', 'space.{portion}'])\n"
    )
    return package.parent


def test_a_portion_of_a_package_made_by_an_nspkg_line(laboratory: Laboratory) -> None:
    first, second = (make_nspkg_project(laboratory.root, name) for name in ("one", "two"))
    told = laboratory.run(
        f"""
PORTIONS.mkdir()
first, later = {str(first)!r}, {str(second)!r}
with trueup.importable() as outcome:
    install(first)
    assert not (SITE / "space" / "__init__.py").exists()
import space.one
ran = [Path(line.file).name for line in outcome.change.pth_lines_run]
with trueup.importable():
    install(later, {TARGET})
    without = unseen("space.two")
import space.two
tell(ran=ran, without=without)
""",
        PYTHONPATH=str(laboratory.root / "portions"),
    )
    assert told["without"] is True
    assert len(told["ran"]) == 1
    assert told["ran"][0].endswith("-nspkg.pth")
