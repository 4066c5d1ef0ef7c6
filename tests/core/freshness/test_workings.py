"""A build after an edit gives what one from nothing gives, whatever the build before has left."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from support.builds import lay_tree
from support.edits import EDITS
from support.mechanisms import MECHANISMS, Mechanism
from support.projects import BACKEND, GENERATING
from support.truth import Bench, Situation, git
from trueup.acquisition.store_upkeep import prune
from trueup.acquisition.supply import Supply
from trueup.errors import BuildError
from trueup.freshness.sight import Sight
from trueup.freshness.verdict import Fresh, Stale
from trueup.freshness.workings import misleading

# It writes a module for each name in names.txt, but none that is there already.
_GENERATING = (
    """
def _generate():
    for name in pathlib.Path("names.txt").read_text().split():
        if name == "broken":
            raise RuntimeError("the backend gives up")
        module = pathlib.Path(f"src/demo/made/{name}.py")
        if not module.exists():
            module.parent.mkdir(exist_ok=True)
            module.write_text(pathlib.Path("template.txt").read_text())
"""
    + GENERATING
)
_PROJECT = Mechanism(
    {
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\n'
        'backend-path = ["."]\n[project]\nname = "demo"\nversion = "1.0"\n',
        "backend.py": BACKEND + _GENERATING,
        "template.txt": "A = 1\n",
        "names.txt": "one two",
        "src/demo/__init__.py": "",
    }
)


@pytest.fixture(params=[True, False], ids=["editable", "wheel"])
def bench(request: pytest.FixtureRequest, tmp_path: Path, supply: Supply) -> Iterator[Bench]:
    with closing(Bench(tmp_path / "demo", _PROJECT, supply, editable=request.param)) as opened:
        yield opened


def test_a_module_that_is_made_only_where_it_is_missing_is_made_anew(bench: Bench) -> None:
    (bench.tree / "template.txt").write_text("A = 2\n")
    assert isinstance(bench.judge(Situation()), Stale)
    bench.build_again(Situation())
    assert (bench.tree / "src/demo/made/one.py").read_text() == "A = 2\n"
    assert bench.judge(Situation()) == Fresh()
    assert bench.truth(Situation())


def test_what_a_build_does_not_make_any_more_is_not_left_behind(bench: Bench) -> None:
    (bench.tree / "names.txt").write_text("one")
    bench.build_again(Situation())
    assert not (bench.tree / "src/demo/made/two.py").exists()
    assert bench.judge(Situation()) == Fresh()
    assert bench.truth(Situation())


def test_what_a_build_makes_for_itself_alone_stays(tmp_path: Path, supply: Supply) -> None:
    log = '\nwith open("build.log", "a") as file:\n    file.write("built\\n")\n'
    project = Mechanism({**_PROJECT.files, "backend.py": BACKEND + _GENERATING + log})
    with closing(Bench(tmp_path / "demo", project, supply, editable=False)) as bench:
        once = (bench.tree / "build.log").read_text()
        (bench.tree / "template.txt").write_text("A = 2\n")
        bench.build_again(Situation())
        assert (bench.tree / "build.log").read_text().startswith(2 * once)


def test_what_builds_made_is_back_after_one_that_fails(bench: Bench) -> None:
    was = (bench.tree / "src/demo/made/two.py").stat()
    (bench.tree / "names.txt").write_text("one broken")
    with pytest.raises(BuildError):
        bench.build_again(Situation())
    now = (bench.tree / "src/demo/made/two.py").stat()
    assert (now.st_ino, now.st_mtime_ns) == (was.st_ino, was.st_mtime_ns)
    (bench.tree / "names.txt").write_text("one two")
    assert bench.judge(Situation()) == Fresh()


def test_what_is_back_after_a_build_that_failed_does_not_mislead_the_next(bench: Bench) -> None:
    (bench.tree / "template.txt").write_text("A = 2\n")
    (bench.tree / "names.txt").write_text("one broken")
    with pytest.raises(BuildError):
        bench.build_again(Situation())
    (bench.tree / "names.txt").write_text("one two")
    bench.build_again(Situation())
    assert (bench.tree / "src/demo/made/one.py").read_text() == "A = 2\n"
    assert bench.truth(Situation())


def test_what_only_a_build_made_that_failed_does_not_mislead_the_next(
    tmp_path: Path, supply: Supply
) -> None:
    # Somebody may as well have saved what a program writes that nobody sees.
    saving = 'import subprocess\nsubprocess.run(["touch", "src/demo/mine.py"], check=True)\n'
    files = {**_PROJECT.files, "backend.py": saving + BACKEND + _GENERATING}
    with closing(Bench(tmp_path / "demo", Mechanism(files), supply, editable=False)) as bench:
        (bench.tree / "src/demo/mine.py").unlink()
        module = bench.tree / "src/demo/made/three.py"
        for number in (1, 2):
            (bench.tree / "template.txt").write_text(f"A = {number}\n")
            (bench.tree / "names.txt").write_text("one two three broken")
            with pytest.raises(BuildError):
                bench.build_again(Situation())
            assert module.read_text() == "A = 1\n", "the second time, it is put back"
        (bench.tree / "src/demo/mine.py").write_text("MINE = 1\n")
        (bench.tree / "names.txt").write_text("one two three")
        bench.build_again(Situation())
        assert module.read_text() == "A = 2\n"
        assert (bench.tree / "src/demo/mine.py").read_text() == "MINE = 1\n"
        assert bench.judge(Situation()) == Fresh()
        module.write_text("EDITED = 1\n")
        (bench.tree / "template.txt").write_text("A = 3\n")
        bench.build_again(Situation())
        assert module.read_text() == "EDITED = 1\n"


def test_what_failed_is_remembered_through_a_prune_and_until_a_build_is_good(bench: Bench) -> None:
    store = bench.supply.store
    attempts = Path(store.folder("attempts"))
    others = set(attempts.iterdir())
    (bench.tree / "names.txt").write_text("one two three broken")
    with pytest.raises(BuildError):
        bench.build_again(Situation())
    prune(store, 0)
    (bench.tree / "template.txt").write_text("A = 2\n")
    (bench.tree / "names.txt").write_text("one two three")
    assert len({*attempts.iterdir()} - others) == 1
    bench.build_again(Situation())
    assert (bench.tree / "src/demo/made/three.py").read_text() == "A = 2\n"
    assert not {*attempts.iterdir()} - others


# While it builds, and after it has, somebody saves a module, once.
_SAVING = """
import subprocess

def build_wheel(*arguments):
    saves = pathlib.Path("saves")
    def save(name):
        if saves.exists():
            subprocess.run(["cp", f"{name}.txt", f"src/demo/{name}.py"], check=True)
    save("early")
    name = plain_wheel(*arguments)
    save("late")
    saves.unlink(missing_ok=True)
    return name
"""


def test_what_somebody_saves_while_a_program_builds_is_neither_lost_nor_left_out(
    tmp_path: Path, supply: Supply
) -> None:
    files = {**_PROJECT.files, "backend.py": BACKEND + _GENERATING + _SAVING, "saves": ""}
    files |= {"early.txt": "", "late.txt": ""}
    with closing(Bench(tmp_path / "demo", Mechanism(files), supply, editable=False)) as bench:
        assert {"purelib/demo/early.py", "purelib/demo/late.py"} <= bench.installed().keys()
        assert bench.judge(Situation()) == Fresh()
        (bench.tree / "src/demo/early.py").write_text("EDITED = 1\n")
        assert isinstance(bench.judge(Situation()), Stale)
        (bench.tree / "src/demo/early.py").write_text("")
        (bench.tree / "backend.py").write_text(files["backend.py"] + "\n")
        bench.build_again(Situation())
        for name in ("early", "late"):
            assert (bench.tree / f"src/demo/{name}.py").read_text() == ""
            assert f"purelib/demo/{name}.py" in bench.installed()


# It writes into a file of the project's own, each time the same.
_STAMPING = """
def _generate():
    module = pathlib.Path("src/demo/__init__.py")
    module.write_text(module.read_text().replace("BUILD = None", "BUILD = 7"))
"""


def test_an_edit_of_a_file_that_the_build_writes_into_is_one_of_an_input(
    ways: _Ways,
) -> None:
    ways.files["src/demo/__init__.py"] = "BUILD = None\nA = 1\n"
    ways.files["backend.py"] = BACKEND + _GENERATING.replace(
        "plain_wheel", _STAMPING + "plain_wheel", 1
    )
    builds = {editable: ways.build(editable=editable) for editable in (True, False)}
    assert [one.judge(Situation()) for one in builds.values()] == [Fresh(), Fresh()]
    module = ways.tree / "src/demo/__init__.py"
    module.write_text("BUILD = None\nA = 2\n")
    assert isinstance(builds[False].judge(Situation()), Stale)
    wheel = ways.build(editable=False)
    assert module.read_text() == "BUILD = 7\nA = 2\n"
    assert wheel.judge(Situation()) == Fresh()
    assert ways.build(editable=True).judge(Situation()) == Fresh()
    assert wheel.judge(Situation()) == Fresh()


def test_what_somebody_edited_since_or_git_tracks_or_was_there_before_stays(
    tmp_path: Path, supply: Supply
) -> None:
    files = {**_PROJECT.files, "src/demo/made/mine.py": "MINE = 1\n"}
    files["names.txt"] = "one two three mine"
    with closing(Bench(tmp_path / "demo", Mechanism(files), supply, editable=True)) as bench:
        made = bench.tree / "src/demo/made"
        (made / "one.py").write_text("EDITED = 1\n")
        git(bench.tree, "init", "-q", ".")
        git(bench.tree, "add", "src/demo/made/two.py")
        (bench.tree / "template.txt").write_text("A = 2\n")
        bench.build_again(Situation())
        found = {path.name: path.read_text() for path in made.glob("*.py")}
    assert found == {
        "one.py": "EDITED = 1\n",
        "two.py": "A = 1\n",
        "three.py": "A = 2\n",
        "mine.py": "MINE = 1\n",
    }


@pytest.mark.parametrize("path", ["extra.py", "deep/__init__.py"])
def test_what_somebody_lays_into_a_folder_that_a_build_made_counts(
    path: str, tmp_path: Path, supply: Supply
) -> None:
    with closing(Bench(tmp_path / "demo", _PROJECT, supply, editable=False)) as bench:
        lay_tree(bench.tree, {f"src/demo/made/{path}": ""})
        assert isinstance(bench.judge(Situation()), Stale)
        assert not bench.truth(Situation())
        shutil.rmtree(bench.tree / "src/demo/made")
        assert bench.judge(Situation()) == Fresh()
        assert bench.truth(Situation())


class _Ways:
    """One project that is built editable and not, by turns; each knows its own builds."""

    def __init__(self, tree: Path, files: dict[str, str], supply: Supply) -> None:
        self.ways: dict[bool, Bench] = {}
        self.tree, self.files, self.supply = tree, files, supply

    def build(self, *, editable: bool) -> Bench:
        """Build in one way, as an install does that finds the build before stale."""
        if editable in self.ways:
            self.ways[editable].build_again(Situation())
        else:
            shutil.rmtree(self.tree.with_name(self.tree.name + ".safe"), ignore_errors=True)
            project = Mechanism({} if self.ways else self.files)
            self.ways[editable] = Bench(self.tree, project, self.supply, editable=editable)
        return self.ways[editable]

    def truth(self, *, editable: bool) -> bool:
        """Whether a build from nothing, so without what either has made, gives what is there."""
        made = frozenset().union(*(bench.made for bench in self.ways.values()))
        self.ways[editable].made = made
        return self.ways[editable].truth(Situation())

    def close(self) -> None:
        for bench in self.ways.values():
            bench.close()


@pytest.fixture
def ways(tmp_path: Path, supply: Supply) -> Iterator[_Ways]:
    with closing(_Ways(tmp_path / "demo", dict(_PROJECT.files), supply)) as opened:
        yield opened


@pytest.mark.parametrize("editable", [True, False], ids=["editable", "wheel"])
def test_what_a_build_in_another_way_made_is_not_taken_for_what_this_one_would_make(
    editable: bool, ways: _Ways
) -> None:
    ways.build(editable=not editable)
    bench = ways.build(editable=editable)
    (ways.tree / "template.txt").write_text("A = 2\n")
    assert isinstance(bench.judge(Situation()), Stale)  # it has read the template, too
    bench = ways.build(editable=editable)
    assert bench.judge(Situation()) == Fresh()
    assert ways.truth(editable=editable)


@pytest.mark.parametrize("editable", [True, False], ids=["editable", "wheel"])
def test_what_a_build_in_another_way_made_before_an_edit_does_not_reach_this_one(
    editable: bool, ways: _Ways
) -> None:
    ways.build(editable=not editable)
    (ways.tree / "template.txt").write_text("A = 2\n")
    (ways.tree / "names.txt").write_text("one")
    bench = ways.build(editable=editable)
    assert (ways.tree / "src/demo/made/one.py").read_text() == "A = 2\n"
    assert bench.judge(Situation()) == Fresh()
    assert ways.truth(editable=editable)


def test_what_an_editable_needs_is_back_after_a_build_that_does_not_make_it(
    tmp_path: Path, supply: Supply
) -> None:
    only_editable = "plain_wheel, plain_editable = build_wheel, build_editable\n"
    generating = _GENERATING.replace(
        "def build_wheel(*arguments):\n    _generate()\n", "def build_wheel(*arguments):\n"
    )
    assert only_editable in generating
    files = {**_PROJECT.files, "backend.py": BACKEND + generating}
    with closing(_Ways(tmp_path / "demo", files, supply)) as ways:
        editable = ways.build(editable=True)
        wheel = ways.build(editable=False)
        assert not [path for path in wheel.installed() if "made" in path]
        assert wheel.judge(Situation()) == Fresh()
        assert ways.truth(editable=False)
        assert (ways.tree / "src/demo/made/two.py").read_text() == "A = 1\n"
        assert editable.judge(Situation()) == Fresh()


@pytest.mark.skipif(
    any(shutil.which(one) is None for one in MECHANISMS["scikit-build-inplace"].needs),
    reason="no compiler, or no cmake",
)
@pytest.mark.parametrize(
    "edit",
    [
        "cflags",
        pytest.param("compiler", marks=pytest.mark.slow),
        pytest.param("native_source", marks=pytest.mark.slow),
        pytest.param("native_source_of_long_ago", marks=pytest.mark.slow),
        pytest.param("native_source_behind_the_clock", marks=pytest.mark.slow),
    ],
)
def test_what_cmake_made_in_the_tree_is_made_for_what_is_asked_now(
    edit: str, tmp_path: Path, supply: Supply
) -> None:
    project = MECHANISMS["scikit-build-inplace"]
    with closing(Bench(tmp_path / "demo", project, supply, editable=True)) as bench:
        situation = EDITS[edit](bench.tree, project)
        assert situation is not None
        assert isinstance(bench.judge(situation), Stale)
        bench.build_again(situation)
        assert bench.judge(situation) == Fresh()
        built, truth = bench.installed(), bench.from_nothing(situation) or {}
    (extension,) = (path for path in built if path.endswith(".so"))
    assert built[extension] == truth[extension]


@pytest.mark.skipif(
    any(shutil.which(one) is None for one in MECHANISMS["scikit-build-inplace"].needs),
    reason="no compiler, or no cmake",
)
@pytest.mark.slow
def test_what_ninja_keeps_is_used_where_only_a_source_changed(
    tmp_path: Path, supply: Supply
) -> None:
    project = MECHANISMS["scikit-build-inplace"]
    with closing(Bench(tmp_path / "demo", project, supply, editable=True)) as bench:
        before, sight = bench.built.fingerprint, Sight(str(bench.tree), bench.variables)
        assert EDITS["native_source"](bench.tree, project) is not None
        assert misleading(before, bench.judge(Situation()), sight, ()) == ()
        bench.restore()
        flags = Situation(variables={"CFLAGS": "-O1"})
        assert "CMakeCache.txt" in misleading(before, bench.judge(flags), sight, ())
