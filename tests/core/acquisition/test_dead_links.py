"""Listings in a process of a build whose tree holds links to nothing: as if there were none."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support.builds import lay_tree
from support.interpreters import TARGETS, need_python
from trueup.acquisition.build_environment import plant_watchers_in
from trueup.acquisition.dead_links import write_dead_links

# Arms a process as the launcher of a build does, and prints what an expression in it gives.
PROGRAM = """
import json, os, sys, warnings
early = sys.argv[3] == "early"
if early:
    import glob, pathlib, shutil
sys.path.insert(0, sys.argv[1])
for name in ("_trueup_guard", "_trueup_dead_links", "_trueup_recorder"):
    __import__(name).start()
import glob, pathlib, shutil, tempfile
from pathlib import Path
warnings.simplefilter("error")
os.chdir(sys.argv[2])
def copied(**how):
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copytree("a", folder + "/copy", **how)
        return os.listdir(copy) + os.listdir(copy + "/s")
def scanned(path="."):
    with os.scandir(path) as entries:
        return [os.fsdecode(entry.name) for entry in entries]
def half():
    listing = os.scandir("a")
    first = next(listing).name
    listing.close()
    return first in ("m.py", "s") and list(listing) == []
def seen_by_descriptor():
    folder = os.open("a", os.O_RDONLY)
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries) == sorted(os.listdir(folder))
    finally:
        os.close(folder)
def removed(remove):
    os.makedirs("r", exist_ok=True)
    remove("r")
    return os.path.lexists("r")
def by_distutils(folder):
    from distutils.dir_util import remove_tree
    remove_tree(folder)
def answer(value):
    return sorted(value) if isinstance(value, list) else value
print(json.dumps([answer(eval(line)) for line in sys.stdin.read().splitlines()]))
"""
FILES = {"a/m.py": "", "a/s/n.py": "", "b/o.py": "", "q.txt": ""}
DEAD = {
    "a/gone.py": "-> nowhere.py",
    "a/s/gone": "-> ../nowhere",
    "a/loop.py": "-> loop.py",
    "gone.txt": "-> there/is/none",
}
LISTINGS = """
os.listdir()
os.listdir("a")
os.listdir(None)
os.listdir(path=os.path.abspath("a/s"))
os.listdir("link")
[os.fsdecode(name) for name in os.listdir(b"a")]
scanned()
scanned("a")
scanned(b"a")
scanned(Path("a/s"))
[[root, sorted(folders), sorted(files)] for root, folders, files in os.walk(".")]
[[root, sorted(folders), sorted(files)] for root, folders, files in os.walk(".", topdown=False)]
[[root, sorted(folders), sorted(files)] for root, folders, files in os.walk(".", followlinks=True)]
glob.glob("**", recursive=True)
glob.glob("a/*.py")
[os.fsdecode(path) for path in glob.glob(b"a/**/*", recursive=True)]
[str(path) for path in Path(".").rglob("*")]
[str(path) for path in Path("a").glob("*.py")]
[str(path) for path in Path("a").iterdir()]
copied()
copied(symlinks=True)
""".strip()


def ask(
    version: str, folder: Path, tree: Path, lines: str, *dead: str, early: bool = False
) -> list[Any]:
    """Return what the lines come to in a process of a build that is told of these dead links."""
    folder.mkdir(exist_ok=True)
    watch = os.path.dirname(plant_watchers_in(str(folder)))
    write_dead_links(str(folder), dead)
    done = subprocess.run(
        [need_python(version), "-c", PROGRAM, watch, str(tree), "early" if early else "late"],
        input=lines,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "_TRUEUP_BUILD": str(folder), "_TRUEUP_BUILD_TREE": str(tree)},
    )
    assert done.returncode == 0, done.stderr
    answers: list[Any] = json.loads(done.stdout)
    return answers


def pair(folder: Path) -> tuple[Path, Path, list[str]]:
    """Lay a tree with dead links, and one without; return both, and the links."""
    more = {"link": "-> a"}
    tree = lay_tree(folder / "with", {**FILES, **more, **DEAD}).resolve()
    return tree, lay_tree(folder / "without", {**FILES, **more}), [f"{tree}/{one}" for one in DEAD]


@pytest.mark.parametrize("early", [False, True], ids=["first", "after glob and pathlib"])
@pytest.mark.parametrize("version", TARGETS)
def test_links_to_nothing_are_as_if_they_were_not_there(
    version: str, early: bool, tmp_path: Path
) -> None:
    tree, without, dead = pair(tmp_path)
    expected = ask(version, tmp_path / "plain", without, LISTINGS)
    assert ask(version, tmp_path / "told", tree, LISTINGS, *dead, early=early) == expected


@pytest.mark.parametrize("version", TARGETS)
def test_without_a_word_of_links_nothing_is_replaced(version: str, tmp_path: Path) -> None:
    tree, _, _ = pair(tmp_path)
    lines = "type(os.scandir).__name__\ntype(os.listdir).__name__\nos.listdir('a/s')"
    kind = "builtin_function_or_method"
    assert ask(version, tmp_path / "plain", tree, lines) == [kind, kind, ["gone", "n.py"]]


@pytest.mark.parametrize("version", TARGETS)
def test_a_listing_is_what_it_was_in_all_else(version: str, tmp_path: Path) -> None:
    tree, _, dead = pair(tmp_path)
    lines = """
half()
seen_by_descriptor()
os.listdir in os.supports_fd and os.scandir in os.supports_fd
os.scandir("b").__class__.__name__
os.listdir.__name__ + os.scandir.__name__
""".strip()
    answers = ask(version, tmp_path / "told", tree, lines, *dead)
    assert answers == [True, True, True, "ScandirIterator", "listdirscandir"]


@pytest.mark.parametrize("version", TARGETS)
def test_a_folder_that_is_removed_is_seen_whole(version: str, tmp_path: Path) -> None:
    no_distutils = tuple(map(int, version.split("."))) >= (3, 12)
    for way in ("shutil.rmtree", *(() if no_distutils else ("by_distutils",))):
        tree = lay_tree(tmp_path / way, {"r/gone": "-> nowhere", "r/s/gone": "-> nowhere"})
        dead = [f"{tree}/r/gone", f"{tree}/r/s/gone"]
        assert ask(version, tmp_path / "told", tree, f"removed({way})", *dead) == [False]


@pytest.mark.parametrize("version", TARGETS)
def test_a_folder_that_is_removed_by_path_is_seen_whole(version: str, tmp_path: Path) -> None:
    tree = lay_tree(tmp_path / "tree", {"r/gone": "-> nowhere", "r/s/gone": "-> nowhere"})
    dead = [f"{tree}/r/gone", f"{tree}/r/s/gone"]
    # As where folders have no descriptors, which is on Windows.
    lines = "setattr(shutil, '_use_fd_functions', False)\nremoved(shutil.rmtree)"
    assert ask(version, tmp_path / "told", tree, lines, *dead) == [None, False]


def test_a_link_that_leads_to_something_by_then_is_seen(tmp_path: Path) -> None:
    tree, _, dead = pair(tmp_path)
    lines = "os.listdir('a/s')\nos.mkdir('a/nowhere')\nos.listdir('a/s')"
    answers = ask("3.11", tmp_path / "told", tree, lines, *dead)
    assert answers == [["n.py"], None, ["gone", "n.py"]]


def test_looking_whether_a_link_leads_to_something_is_no_look_of_the_build(tmp_path: Path) -> None:
    tree, _, dead = pair(tmp_path)
    ask("3.11", tmp_path / "told", tree, "os.listdir('a')", *dead)
    told = "".join(path.read_text() for path in (tmp_path / "told" / "trace").iterdir())
    assert "L\ta\n" in told
    assert "gone.py" not in told
