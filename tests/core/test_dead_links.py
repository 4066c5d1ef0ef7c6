"""Links to nothing in a source tree, whoever builds: as if they were not there (report 11238).

The quick run asks three backends. All of them: `pytest -m slow tests/core/test_dead_links.py`.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from support.builds import lay_tree
from support.home import Home, Wish
from support.mechanisms import MECHANISMS
from support.replays import project
from support.truth import git

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="symbolic links need a privilege there"
)

QUICK = ("setuptools-src", "hatchling", "flit")
# Programs of their own, which list folders out of our sight.
UNSEEN = ("maturin", "uv-build")


def cases(*, without: tuple[str, ...] = ()) -> list[object]:
    return [
        pytest.param(name, marks=[] if name in QUICK else [pytest.mark.slow])
        for name, mechanism in MECHANISMS.items()
        if name not in without and not mechanism.git
    ]


def links_of(name: str) -> dict[str, str]:
    below = MECHANISMS[name].package
    return {
        f"{below}/gone.py": "-> nowhere.py",
        f"{below}/gone.txt": "-> ../nowhere.txt",
        f"{below}/sub/gone": "-> ../nowhere",
        f"{below}/sub/loop.py": "-> loop.py",
    }


def wish_of(name: str, *, editable: bool) -> Wish:
    settings = tuple(f"{key}={value}" for key, value in MECHANISMS[name].settings)
    if editable:
        return Wish(editable=("demo",), settings=settings)
    return Wish(plain=("demo",), settings=settings)


def lay(home: Home, name: str, links: dict[str, str]) -> Path:
    for program in MECHANISMS[name].needs:
        if shutil.which(program) is None:
            pytest.skip(f"needs {program}")
    return lay_tree(home.root / "demo", {**MECHANISMS[name].files, **links}).resolve()


def installed(home: Home) -> dict[str, bytes]:
    """Return what was installed, by path; of what tells where it came from only the path."""
    place = next(home.environment.glob("lib/python*/site-packages"))
    files = (path for path in place.rglob("*") if path.is_file() and "__pycache__" not in str(path))
    told = {str(path.relative_to(place)): path for path in files if "_virtualenv" not in path.name}
    return {
        name: path.read_bytes() if name.startswith("demo/") and path.suffix != ".so" else b""
        for name, path in told.items()
    }


@pytest.mark.parametrize("name", cases(without=UNSEEN))
@pytest.mark.parametrize("editable", [True, False], ids=["editable", "wheel"])
def test_a_build_gives_what_it_gives_without_links_to_nothing_and_names_each(
    name: str, editable: bool, home: Home, tmp_path: Path
) -> None:
    links = links_of(name)
    tree = lay(home, name, links)
    wish = wish_of(name, editable=editable)
    outcome = home.fulfil(wish, "process")
    assert "demo" in outcome.added, outcome.said  # some editables need a distribution more
    about_links = sorted(one for one in outcome.warnings if "index" not in one)
    assert about_links == [
        f"the link {tree / link} was not followed: it leads to nothing" for link in sorted(links)
    ]
    (tmp_path / "other").mkdir()
    other = Home(tmp_path / "other")
    lay(other, name, {})
    assert "demo" in other.fulfil(wish, "process").added
    assert installed(home) == installed(other)
    assert home.check() == 0, home.told
    assert home.fulfil(wish, "process").added == ()


@pytest.mark.parametrize("name", cases(without=UNSEEN))
def test_what_a_link_to_nothing_leads_to_later_makes_a_wheel_stale(name: str, home: Home) -> None:
    below = MECHANISMS[name].package
    tree = lay(home, name, {f"{below}/gone.py": "-> nowhere.py"})
    wish = wish_of(name, editable=False)
    home.fulfil(wish, "process")
    assert home.check() == 0, home.told
    link = tree / below / "gone.py"
    link.unlink()
    link.symlink_to("nowhere_else.py")
    assert home.check() == 0, home.told
    (link.parent / "nowhere_else.py").write_text("HERE = 1\n")
    assert home.check() == 1, home.told
    home.fulfil(wish, "process")
    assert home.check() == 0, home.told


def lay_repository(home: Home, name: str, links: dict[str, str], *, tracked: bool) -> Path:
    tree = lay(home, name, links if tracked else {})
    git(tree, "init", "-q", "-b", "main", ".")
    git(tree, "add", "-A", "-f" if tracked else ".")
    git(tree, "commit", "-q", "-m", "first")
    git(tree, "tag", "v1.0")
    return lay_tree(tree, {} if tracked else links)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, one in MECHANISMS.items() if one.git])
@pytest.mark.parametrize("tracked", [True, False], ids=["tracked", "untracked"])
@pytest.mark.parametrize("editable", [True, False], ids=["editable", "wheel"])
def test_a_link_to_nothing_in_a_repository_is_as_if_it_were_not_there(
    name: str, tracked: bool, editable: bool, home: Home, tmp_path: Path
) -> None:
    links = links_of(name)
    tree = lay_repository(home, name, links, tracked=tracked)
    wish = wish_of(name, editable=editable)
    outcome = home.fulfil(wish, "process")
    assert "demo" in outcome.added, outcome.said
    for link in links:
        assert f"the link {tree / link} was not followed: it leads to nothing" in outcome.warnings
    (tmp_path / "other").mkdir()
    other = Home(tmp_path / "other")
    lay_repository(other, name, {}, tracked=tracked)
    assert "demo" in other.fulfil(wish, "process").added
    ours, theirs = installed(home), installed(other)
    for found in (ours, theirs):  # one commit is not the other, and may be named there
        found.update(dict.fromkeys(found.keys() & {"demo/_version.py"}, b""))
    assert ours == theirs
    assert home.check() == 0, home.told
    assert home.fulfil(wish, "process").added == ()
    if not editable and name != "meson-python":  # whose wheel holds what is named, and no more
        (tree / MECHANISMS[name].package / "nowhere.py").write_text("HERE = 1\n")
        assert home.check() == 1, home.told
        home.fulfil(wish, "process")
        assert home.check() == 0, home.told


@pytest.mark.slow
@pytest.mark.parametrize("name", UNSEEN)
def test_a_program_of_its_own_fails_on_a_link_to_nothing_and_it_is_named(
    name: str, home: Home
) -> None:
    link = next(iter(links_of(name)))
    tree = lay(home, name, {link: "-> nowhere.py"})
    assert home.fulfil(wish_of(name, editable=True), "process").added == ("demo",)
    said = home.run("install", "-p", str(home.environment), "./demo", code=1)
    assert f"{tree / link} does: mend or delete it" in said


def test_a_link_that_an_editor_lays_is_left_out_without_a_word(home: Home) -> None:
    tree = lay(home, "hatchling", {"src/demo/.#module.py": "-> somebody@somewhere.1:1"})
    wish = wish_of("hatchling", editable=False)
    outcome = home.fulfil(wish, "process")
    assert not [one for one in outcome.warnings if "link" in one]
    assert not [path for path in installed(home) if "#" in path]
    (tree / "src/demo/.#module.py").unlink()
    assert home.check() == 0, home.told


def test_a_link_to_nothing_in_what_is_built_for_another_is_left_out_too(home: Home) -> None:
    lay_tree(
        home.root,
        {
            "helper/pyproject.toml": project("hatchling.build", name="helper"),
            "helper/src/helper/__init__.py": "",
            "helper/src/helper/gone.py": "-> nowhere.py",
            "demo/pyproject.toml": project().replace(
                '"setuptools"', f'"setuptools", "helper @ {(home.root / "helper").as_uri()}"'
            ),
            "demo/demo/__init__.py": "",
        },
    )
    outcome = home.fulfil(Wish(plain=("demo",)), "process")
    link = (home.root / "helper").resolve() / "src/helper/gone.py"
    assert f"the link {link} was not followed: it leads to nothing" in outcome.said
    assert home.check() == 0, home.told
    (link.parent / "nowhere.py").write_text("")
    assert home.check() == 1, home.told


def test_a_link_to_nothing_that_lies_alone_in_a_folder_of_data_counts_too(home: Home) -> None:
    tree = lay(home, "hatchling", {"src/demo/assets/gone.bin": "-> ../../../kept.bin"})
    wish = wish_of("hatchling", editable=False)
    home.fulfil(wish, "process")
    assert home.check() == 0, home.told
    (tree / "kept.bin").write_text("kept")
    assert home.check() == 1, home.told
    home.fulfil(wish, "process")
    assert "demo/assets/gone.bin" in installed(home)
