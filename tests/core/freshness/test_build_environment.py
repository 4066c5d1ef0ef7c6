"""What a kept build environment, and what is asked of it, mean for a verdict."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from support.home import Home, Wish
from support.mechanisms import MECHANISMS
from support.projects import lay_project, project_files
from support.replays import Replay, Step, play, project

_DEMO = {("demo.module.VALUE", "demo.module"): "1"}


def _environments(store: Path) -> Path:
    return next(store.rglob("build-environments"))


@pytest.fixture
def home(tmp_path: Path, store_root: Path) -> Home:
    assert store_root.is_dir()  # its own: what is deleted here, other tests need
    return Home(tmp_path)


def _laid(name: str) -> dict[str, str]:
    return {f"demo/{path}": text for path, text in MECHANISMS[name].files.items()}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs a C compiler that is just there")
def test_an_editable_that_builds_at_import_needs_the_environment_it_was_built_in(
    home: Home, store_root: Path
) -> None:
    if shutil.which("ninja") is None or shutil.which("gcc") is None:
        pytest.skip("needs ninja and gcc")
    source = "demo/src/native/native.c"
    play(Replay(_laid("meson-python"), (), _DEMO), home, "process")
    shutil.rmtree(_environments(store_root))
    assert home.check() == 1
    assert "build-environments" in home.told
    assert home.fulfil(Wish(editable=("demo",)), "process").added == ("demo",)
    meson = home.root / "demo/meson.build"
    meson.write_text(meson.read_text() + "# the next import configures anew\n")
    (home.root / source).touch()
    assert home.evaluate("demo.module.VALUE", "demo.module") == "1"


def test_an_editable_that_needs_no_build_environment_outlives_it(
    home: Home, store_root: Path
) -> None:
    play(Replay(_laid("flit"), (), _DEMO), home, "process")
    shutil.rmtree(_environments(store_root))
    assert home.check() == 0, home.told
    assert home.fulfil(Wish(editable=("demo",)), "process").added == ()


def test_a_build_requirement_that_is_declared_otherwise_makes_a_build_stale(home: Home) -> None:
    files = {"demo/pyproject.toml": project("flit_core.buildapi"), "demo/demo.py": "N = 1\n"}

    def declare(home: Home) -> None:
        text = project("flit_core.buildapi").replace('"flit_core"', '"flit_core<99"')
        (home.root / "demo/pyproject.toml").write_text(text)
        assert home.check() == 0  # what was there keeps that, too
        (home.root / "demo/pyproject.toml").write_text(text.replace("99", "3.10"))
        assert home.check() == 1
        assert "the build requirement flit_core<3.10 is not what it was built with" in home.told

    play(Replay(files, (Step(declare, {("demo.N", "demo"): "1"}),)), home, "process")


def test_what_a_damaged_build_environment_held_is_put_right_before_it_builds(
    home: Home, store_root: Path
) -> None:
    files = {"demo/pyproject.toml": project("flit_core.buildapi"), "demo/demo.py": "N = 1\n"}
    play(Replay(files, ()), home, "process")
    backend = next(_environments(store_root).rglob("flit_core/buildapi.py"))
    backend.write_text("raise SystemExit('somebody was here')\n")

    def edit(home: Home) -> None:
        (home.root / "demo/pyproject.toml").write_text(
            project("flit_core.buildapi").replace("A demo", "Another")
        )

    play(Replay(files, (Step(edit, {("demo.N", "demo"): "1"}),)), home, "process")


def test_a_build_requirement_by_path_is_an_input(home: Home, tmp_path: Path) -> None:
    lay_project(tmp_path / "helper", project_files("helper"))
    files = project_files("demo")
    needs = f'requires = ["helper @ {(tmp_path / "helper").as_uri()}"]'
    files["pyproject.toml"] = files["pyproject.toml"].replace("requires = []", needs)
    files["own_backend.py"] = files["own_backend.py"].replace(
        'told = f"', 'import helper; told = f"WORD = {helper.VERSION!r}\\n'
    )
    lay_project(tmp_path / "demo", files)
    wish = Wish(plain=("demo",))
    module = tmp_path / "helper/src/helper/__init__.py"
    home.fulfil(wish, "process")
    assert home.evaluate("demo_built.WORD", "demo_built") == "1.0"
    assert home.check() == 0, home.told
    assert home.fulfil(wish, "process").added == ()
    module.write_text("VERSION = 'edited'\n")
    assert home.check() == 1
    assert home.fulfil(wish, "process").added == ("demo",)
    assert home.evaluate("demo_built.WORD", "demo_built") == "edited"
    assert home.check() == 0, home.told
    (module.parent / "new.py").touch()
    assert home.check() == 1
