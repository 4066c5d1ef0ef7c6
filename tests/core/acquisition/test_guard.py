"""Walks in a guarded process: with links that lead in circles they give what they gave without."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.builds import lay_tree
from support.interpreters import TARGETS, need_python
from trueup.acquisition.build_environment import plant_watchers_in
from trueup.acquisition.links import read_links_not_followed

# What each walk gives, as sorted text: one line of JSON for each tree named on standard input.
WALKS = """
import glob, json, os, shutil, sys, tempfile
from pathlib import Path
if "guarded" in sys.argv:
    sys.path.insert(0, sys.argv[-1])
    import _trueup_guard
    _trueup_guard.start()

def flat(levels, top):
    for level in levels:
        yield [os.path.relpath(str(level[0]), top), sorted(level[1]), sorted(level[2])]

def copied(top):
    with tempfile.TemporaryDirectory() as folder:
        target = os.path.join(folder, "copy")
        try:
            shutil.copytree(top, target)
        except shutil.Error:
            pass  # says at its end which links were dangling
        return [os.path.relpath(path, target) for path in glob.glob(target + "/**", recursive=True)]

def walks(top):
    os.chdir(top)
    found = {
        "walk": list(flat(os.walk(top, followlinks=True), top)),
        "walk up": list(flat(os.walk(top, topdown=False, followlinks=True), top)),
        "walk bytes": [[os.fsdecode(r), len(d), len(f)]
                       for r, d, f in os.walk(os.fsencode("."), followlinks=True)],
        "walk below": list(flat(os.walk("a", followlinks=True), ".")),
        "glob": glob.glob("**", recursive=True),
        "glob deep": list(glob.iglob(os.path.join(os.curdir, "**", "*.py"), recursive=True)),
        "glob below": glob.glob("a/**/*", recursive=True),
        "glob plain": glob.glob("*/*/*.py"),
        "glob bytes": [os.fsdecode(p) for p in glob.glob(b"**/*.py", recursive=True)],
        "rglob": [str(p) for p in Path(".").rglob("*.py")],
        "copytree": copied(top),
    }
    if hasattr(os, "fwalk"):
        found["fwalk"] = list(flat(os.fwalk(top, follow_symlinks=True), top))
        found["fwalk up"] = list(flat(os.fwalk(top, topdown=False, follow_symlinks=True), top))
    if hasattr(Path, "walk"):
        found["Path.walk"] = list(flat(Path(top).walk(follow_symlinks=True), top))
    if sys.version_info >= (3, 13):
        found["Path.glob"] = [str(p) for p in Path(".").glob("**/*", recurse_symlinks=True)]
        found["Path.rglob"] = [str(p) for p in Path(".").rglob("*/*.py", recurse_symlinks=True)]
    return {name: sorted(answer) for name, answer in found.items()}

for line in sys.stdin:
    print(json.dumps(walks(line.rstrip("\\n"))), flush=True)
"""

FILES = {
    "a/__init__.py": "",
    "a/s/m.py": "",
    "a/s/t/n.py": "",
    "b/o.py": "",
    "p.py": "",
    "q.txt": "",
}
Answer = dict[str, list[object]]
CIRCLES = {
    "one": {"a/s/pkg": "-> .."},
    "two": {"a/pkg": "-> ..", "b/pkg": "-> .."},
    "as reported": {"a/s/repo": "-> ../..", "a/s/t/repo": "-> ../../.."},
    "to itself": {"a/here": "-> ."},
    "to the root": {"a/s/t/root": "-> ../../.."},
    "above the root": {"a/above": "-> ../.."},
    "each other": {"a/x": "-> ../b", "b/y": "-> ../a"},
    "each other, deep": {"a/s/t/x": "-> ../../../b", "b/y": "-> ../a/s"},
    "three": {"a/s/x": "-> ../../b", "b/y": "-> ../c", "c/z": "-> ../a"},
    "many": {f"d{i}/l{j}": f"-> ../d{j}" for i in range(6) for j in range(6) if i != j},
}
HARMLESS = {
    "dangling": {"a/gone": "-> nowhere", "loop": "-> loop"},
    "to a file": {"a/f.py": "-> ../p.py"},
    "to a neighbour": {"a/other": "-> ../b"},
    "twice to a neighbour": {"a/other": "-> ../b", "a/s/other": "-> ../../b"},
    "to a nephew": {"b/deep": "-> ../a/s/t"},
    "out of the tree": {"a/out": "-> ../../outside"},
}


class Walks:
    """Asks long-running Pythons what their walks give, guarded or not."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._processes: dict[tuple[str, bool], subprocess.Popen[str]] = {}

    def __call__(
        self, version: str, tree: Path, *, guarded: bool = True
    ) -> dict[str, list[object]]:
        process = self._processes.get((version, guarded)) or self._start(version, guarded)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{tree}\n")
        process.stdin.flush()
        answer: Answer = json.loads(process.stdout.readline())
        return answer

    def _start(self, version: str, guarded: bool) -> subprocess.Popen[str]:
        python = need_python(version)
        folder = self.folder / version
        watch = os.path.dirname(plant_watchers_in(str(folder)))
        mode = "guarded" if guarded else "plain"
        self._processes[version, guarded] = process = subprocess.Popen(
            [python, "-c", WALKS, mode, watch],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "_TRUEUP_BUILD": str(folder)},
        )
        return process

    def close(self) -> None:
        for process in self._processes.values():
            with process:
                process.kill()


@pytest.fixture(scope="module")
def walks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walks]:
    asking = Walks(tmp_path_factory.mktemp("walks"))
    yield asking
    asking.close()


def pair(folder: Path, links: dict[str, str]) -> tuple[Path, Path]:
    """Lay a tree with `links`, and the same without them: the folders of links remain."""
    with_links = lay_tree(folder / "with" / "tree", {**FILES, **links})
    without = lay_tree(folder / "without" / "tree", FILES)
    lay_tree(folder / "with" / "outside", {"far.py": ""})
    lay_tree(folder / "without" / "outside", {"far.py": ""})
    for link in links:
        (without / link).parent.mkdir(parents=True, exist_ok=True)
    return with_links, without


@pytest.mark.parametrize("version", TARGETS)
@pytest.mark.parametrize("case", CIRCLES)
def test_links_in_circles_are_as_if_they_were_not_there(
    case: str, version: str, tmp_path: Path, walks: Walks
) -> None:
    with_links, without = pair(tmp_path, CIRCLES[case])
    expected = walks(version, without, guarded=False)
    actual = walks(version, with_links)
    assert actual == expected


@pytest.mark.parametrize("version", TARGETS)
@pytest.mark.parametrize("case", HARMLESS)
def test_links_that_lead_nowhere_back_are_followed_as_ever(
    case: str, version: str, tmp_path: Path, walks: Walks
) -> None:
    with_links, _ = pair(tmp_path, HARMLESS[case])
    assert walks(version, with_links) == walks(version, with_links, guarded=False)


def test_each_link_left_out_is_told_once(tmp_path: Path, walks: Walks) -> None:
    with_links, _ = pair(tmp_path, CIRCLES["each other"])
    before = set(read_links_not_followed(str(walks.folder / "3.11")))
    walks("3.11", with_links)
    walks("3.11", with_links)
    told = sorted(set(read_links_not_followed(str(walks.folder / "3.11"))) - before)
    tree = with_links.resolve()
    back = "and from there back to itself"
    assert told == [
        f"the link {tree}/a/x was not followed: it leads to {tree}/b, {back}",
        f"the link {tree}/b/y was not followed: it leads to {tree}/a, {back}",
    ]


def test_a_walk_through_a_link_above_the_tree_is_guarded_too(tmp_path: Path, walks: Walks) -> None:
    with_links, without = pair(tmp_path, CIRCLES["two"])
    (tmp_path / "there").symlink_to(with_links)
    (tmp_path / "here").symlink_to(without)
    assert walks("3.11", tmp_path / "there") == walks("3.11", tmp_path / "here", guarded=False)


FOLDERS = ("", "a", "a/s", "a/s/t", "b", "b/u")


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    links=st.dictionaries(
        st.tuples(st.sampled_from(FOLDERS), st.sampled_from("xyz")),
        st.sampled_from(FOLDERS),
        max_size=6,
    )
)
def test_any_links_come_to_an_end_and_lose_nothing_that_really_lies_there(
    links: dict[tuple[str, str], str],
    tmp_path_factory: pytest.TempPathFactory,
    walks: Walks,
) -> None:
    tree = lay_tree(tmp_path_factory.mktemp("any"), {**FILES, "b/u/v.py": ""})
    plain = walks("3.11", tree)
    for (folder, name), target in links.items():
        (tree / folder / name).symlink_to(os.path.relpath(tree / target, tree / folder))
    found = walks("3.11", tree)
    assert {str(name) for name in plain["glob"]} <= {str(name) for name in found["glob"]}
    for walk in ("walk", "walk up"):
        real = {str(level[0]) for level in plain[walk] if isinstance(level, list)}
        assert real <= {str(level[0]) for level in found[walk] if isinstance(level, list)}


def test_a_process_that_is_no_part_of_a_build_is_left_alone(tmp_path: Path) -> None:
    watch = os.path.dirname(plant_watchers_in(str(tmp_path)))
    code = (
        "import os, sys; before = os.walk; sys.path.insert(0, sys.argv[1]); import _trueup_guard;"
        "_trueup_guard.start(); assert os.walk is before; assert len(sys.meta_path) < 5"
    )
    environment = {name: value for name, value in os.environ.items() if name != "_TRUEUP_BUILD"}
    python = need_python("3.11")
    subprocess.run([python, "-S", "-c", code, watch], env=environment, check=True)


@pytest.mark.parametrize("version", TARGETS)
def test_the_guard_imports_nothing_that_a_starting_python_has_not(
    version: str, tmp_path: Path
) -> None:
    watch = os.path.dirname(plant_watchers_in(str(tmp_path)))
    code = (
        "import os, sys, __future__; sys.path.insert(0, sys.argv[1]); before = set(sys.modules);"
        "import _trueup_guard; _trueup_guard.start();"
        "print(sorted(set(sys.modules) - before))"
    )
    environment = {**os.environ, "_TRUEUP_BUILD": str(tmp_path)}
    command = [need_python(version), "-I", "-c", code, watch]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.strip() == "['_trueup_circles', '_trueup_extra_settings', '_trueup_guard']"
