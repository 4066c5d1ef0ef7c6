"""The harness that compares tools has to be right before any of its figures is."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks import goals
from benchmarks.case import Case
from benchmarks.cases import CASES
from benchmarks.floor import compile_floor, write_pack
from benchmarks.goals import GOALS, Goal
from benchmarks.growth import MADE
from benchmarks.measure import CommandFailed, Sample, adopt_orphans, measure, run
from benchmarks.peers import PEERS, Peer, clean_environment
from benchmarks.place import choose_place
from benchmarks.plots import GROWTH, growth_plot, ratio_plot
from benchmarks.report import (
    Circumstances,
    Row,
    Spread,
    circumstances,
    from_json,
    rows,
    to_json,
    to_markdown,
)
from benchmarks.results import keep, publish, put_together
from benchmarks.rounds import Outcome, run_cases
from benchmarks.supplies import Supplies
from benchmarks.workshop import Workshop

BUSY = "sum(i * i for i in range(2_000_000))"
BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


def _case(label: str, *command: str, name: str = "wait", most: int = 0) -> Case:
    return Case("tests", name, "small", "nox", label, (command,), most=most)


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    place = choose_place(str(tmp_path / "place"))
    workshop = Workshop(str(tmp_path / "work"), place, sys.executable, ())
    yield workshop
    workshop.close()
    assert list((tmp_path / "place").iterdir()) == []


def test_every_word_in_braces_is_known(workshop: Workshop) -> None:
    for case in CASES:
        values = workshop.values("target", case.sets)
        for template in (*case.words, case.folder):
            assert "{" not in template.format_map(values)
    for peer in PEERS.values():
        for template in (word for command in (*peer.warm, *peer.again) for word in command):
            assert "{" not in template.format_map(workshop.values("target", ("small",)))


def test_every_case_has_a_tool_a_list_and_somebody_to_be_compared_with() -> None:
    lists = {path.stem for path in (BENCHMARKS / "sets").glob("*.txt")} | set(MADE)
    assert {chosen for case in CASES for chosen in case.sets} <= lists
    assert {case.peer for case in CASES} <= set(PEERS)
    labels = {
        group: [c.label for c in CASES if c.group == group] for group in {c.group for c in CASES}
    }
    assert all(len(set(found)) == len(found) for found in labels.values())
    alone = {group for group, found in labels.items() if len(found) == 1}
    assert all(group.startswith("nothing to do, in process") for group in alone)


def test_what_needs_pins_of_builds_says_so() -> None:
    needing = [case for case in CASES if any("build_lock" in word for word in case.words)]
    assert needing
    assert all("build" in case.sets for case in needing)


def test_every_goal_is_about_cases_that_there_are() -> None:
    there = {(case.name, case.scale, case.label) for case in CASES}
    for goal in GOALS:
        assert (goal.name, goal.scale, goal.label) in there
        assert not goal.against or (goal.name, goal.scale, goal.against) in there


def test_what_grows_is_measured_at_more_than_two_sizes() -> None:
    for name in GROWTH:
        assert len({case.scale for case in CASES if case.name == name}) > 2


def test_processor_time_of_children_is_counted() -> None:
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{BUSY}'])"
    idle = measure([[sys.executable, "-I", "-S", "-c", "pass"]], {})
    busy = measure([[sys.executable, "-I", "-S", "-c", child]], {})
    assert busy.cpu > 2 * idle.cpu


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands orphans to somebody else")
def test_work_left_to_the_background_is_waited_for_and_counted_apart() -> None:
    leave = (
        "import subprocess, sys;"
        f"subprocess.Popen([sys.executable, '-I', '-S', '-c', '{BUSY}'], start_new_session=True)"
        ".returncode = 0"
    )
    assert adopt_orphans()
    sample = measure([[sys.executable, "-I", "-S", "-c", leave]], {})
    assert sample.cpu_after > sample.cpu


def test_a_command_gets_the_given_variables_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", "somewhere")
    monkeypatch.setenv("WANTED", "yes")
    assert "PIP_FIND_LINKS" not in clean_environment()
    assert clean_environment(("WANTED",))["WANTED"] == "yes"


def test_a_failing_command_tells_what_it_said() -> None:
    with pytest.raises(CommandFailed, match="exited with 3:\nno such luck"):
        measure([[sys.executable, "-c", "print('no such luck'); raise SystemExit(3)"]], {})


def test_a_program_may_tell_what_it_measured_itself(tmp_path: Path) -> None:
    told = '{"wall": 1.5, "cpu": 0.5, "memory": 12}'
    inside = [sys.executable, "-c", f"import os; print(os.getcwd()); print({told!r})"]
    assert measure([inside], {}, folder=str(tmp_path), inner=True) == Sample(1.5, 0.5, 0.0, 12)
    with pytest.raises(CommandFailed, match="no figures"):
        measure([[sys.executable, "-c", "print('done')"]], {}, inner=True)


def test_the_memory_of_a_program_is_its_own() -> None:
    start = [sys.executable, "-I", "-S", str(BENCHMARKS / "memory.py"), sys.executable, "-I", "-S"]
    little = measure([[*start, "-c", "pass"]], {}, inner=True)
    much = measure([[*start, "-c", "b'x' * (200 << 20)"]], {}, inner=True)
    assert little.memory < 100
    assert 200 < much.memory < 300


def test_a_ratio_is_made_within_each_round_and_not_between_medians() -> None:
    one = Outcome(_case("one"), [Sample(w, w, 0) for w in (1.0, 10.0, 100.0)])
    two = Outcome(_case("two"), [Sample(w, w, 0) for w in (3.0, 20.0, 50.0)])
    figures = {row.label: row for row in rows([one, two], against="one")}
    assert figures["two"].wall_ratio == 2.0
    assert figures["two"].wall.median == 20_000
    assert figures["one"].wall_ratio == 1.0


def test_what_is_left_to_the_background_counts_in_the_ratio() -> None:
    one = Outcome(_case("one"), [Sample(1.0, 1.0, 0.0)])
    two = Outcome(_case("two"), [Sample(1.0, 0.5, 2.5)])
    assert rows([one, two], against="one")[1].cpu_ratio == 3.0


def test_a_group_without_the_usual_tool_is_compared_with_its_first() -> None:
    one = Outcome(_case("one"), [Sample(1.0, 1.0, 0.0)])
    two = Outcome(_case("two"), [Sample(2.0, 3.0, 0.0)])
    assert [row.wall_ratio for row in rows([one, two], against="uv")] == [1.0, 2.0]


def test_what_took_part_in_fewer_rounds_is_compared_within_those() -> None:
    one = Outcome(_case("one"), [Sample(w, w, 0) for w in (1.0, 10.0, 100.0)])
    two = Outcome(_case("two"), [Sample(2.0, 2.0, 0)])
    figures = {row.label: row for row in rows([one, two], against="one")}
    assert (figures["two"].wall_ratio, figures["two"].rounds) == (2.0, 1)


def _around() -> Circumstances:
    return circumstances(
        python="3.12.1",
        filesystem="tmpfs",
        rounds=1,
        against="one",
        versions={"uv": "1.2.3"},
        warning="this is slow",
    )


def test_the_report_names_the_circumstances_and_every_tool() -> None:
    outcomes = [Outcome(_case("one"), [Sample(1.0, 1.0, 0.0)]), Outcome(_case("two"), failure="x")]
    table = rows(outcomes, "one")
    text = to_markdown(table, _around())
    assert "uv 1.2.3" in text
    assert "**Beware:** this is slow." in text
    line = "| small | one | 1,000 (1,000 to 1,000) | 1,000 (1,000 to 1,000) | 0 | 1.00 | 1.00 |"
    assert line in text
    told = json.loads(to_json(table, outcomes, _around()))
    assert [case["failure"] for case in told["cases"]] == ["", "x"]


def test_what_was_written_is_read_again() -> None:
    table = rows([Outcome(_case("one"), [Sample(1.0, 1.0, 0.0, 5.0)])], "one")
    assert from_json(to_json(table, [], _around())) == (_around(), table)


def _row(goal: Goal, label: str, wall: float, cpu: float, memory: float = 0.0) -> Row:
    spread = Spread(wall, wall, wall), Spread(cpu, cpu, cpu)
    return Row(
        "tests", f"{goal.name}, {goal.scale}", goal.name, goal.scale, label, *spread, 0.0, None,
        None, memory,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("goal", "ours", "theirs", "verdict"),
    [
        (Goal("do", "small", "trueup", "uv", 0.5), (5, 5), (10, 10), "met"),
        (Goal("do", "small", "trueup", "uv", 0.5), (6, 6), (10, 10), "missed"),
        (Goal("do", "small", "trueup", "uv", 0.5), (6, 4), (10, 10), "met in part"),
        (Goal("do", "small", "trueup", "uv", plus=10), (20, 20), (10, 10), "met"),
        (Goal("do", "small", "trueup", "uv", plus=10), (21, 21), (10, 10), "missed"),
        (Goal("do", "small", "trueup", "", plus=4), (4, 4), (0, 0), "met"),
        (Goal("do", "small", "trueup", "", plus=4), (5, 5), (0, 0), "missed"),
        (Goal("do", "small", "trueup", "uv", 1.5, memory=True), (9, 9, 16), (1, 1, 10), "missed"),
        (Goal("do", "small", "trueup", "uv", 1.5, memory=True), (9, 9, 15), (1, 1, 10), "met"),
    ],
)
def test_a_goal_is_met_or_missed_by_the_figures(
    goal: Goal,
    ours: tuple[float, ...],
    theirs: tuple[float, ...],
    verdict: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(goals, "GOALS", (goal,))
    text = goals.to_markdown([_row(goal, "trueup", *ours), _row(goal, "uv", *theirs)])
    assert text.splitlines()[-1].endswith(f"| {verdict} |")


def test_a_goal_without_figures_is_not_told_of() -> None:
    assert len(goals.to_markdown([]).splitlines()) == 2


def test_drawings_are_well_formed_and_name_every_tool() -> None:
    goal = GOALS[0]
    table = rows(
        [
            Outcome(_case("uv & co", name="freshness check"), [Sample(0.1, 0.1, 0)]),
            Outcome(_case("trueup", name="freshness check"), [Sample(0.001, 0.1, 0)]),
        ],
        "uv & co",
    )
    sized = [_row(goal, label, wall, 1.0) for label in ("uv", "trueup") for wall in (0.5, 900.0)]
    drawn = [
        replace(row, scale=f"{amount:,} files")
        for row, amount in zip(sized, (100, 50_000) * 2, strict=True)
    ]
    for drawing, labels in (
        (ratio_plot(table, "tests"), {"uv & co", "trueup"}),
        (growth_plot(drawn, "tests", "files"), {"uv", "trueup"}),
    ):
        texts = {each.text for each in ET.fromstring(drawing).iter() if each.text}
        assert labels <= texts


def test_results_are_kept_by_family_and_put_into_a_page(tmp_path: Path) -> None:
    case = next(case for case in CASES if case.group == "install, small" and case.label == "uv")
    keep(str(tmp_path / "results"), [Outcome(case, [Sample(1.0, 1.0, 0.0)])], _around())
    page = tmp_path / "speed.md"
    page.write_text("before\n<!-- figures -->\nold\n<!-- end of figures -->\nafter\n")
    for _ in range(2):
        publish(str(tmp_path / "results"), str(page))
    text = page.read_text()
    assert text.startswith("before\n<!-- figures -->\n")
    assert text.endswith("<!-- end of figures -->\nafter\n")
    assert text.count("### Install") == 1
    assert "old" not in text
    for link in re.findall(r"\((speed/[^)]*)\)", text):
        assert (tmp_path / link).is_file()
    page.write_text("no marks")
    with pytest.raises(ValueError, match="figures"):
        publish(str(tmp_path / "results"), str(page))


def test_results_of_another_file_system_stand_beside_the_usual_ones(tmp_path: Path) -> None:
    name = "new environment and install"
    outcomes = [
        Outcome(case, [Sample(seconds, seconds, 0.0)])
        for seconds, label in ((1.0, "uv"), (0.5, "trueup, no bytecode"))
        for case in CASES
        if (case.name, case.scale, case.label) == (name, "medium", label)
    ]
    folder = str(tmp_path / "results")
    keep(folder, outcomes, _around())
    keep(folder, outcomes, replace(_around(), filesystem="xfs"), placed=True)
    keep(folder, outcomes, replace(_around(), filesystem="xfs"), placed=True)
    assert sorted(path.name for path in Path(folder).iterdir()) == [
        "fresh-on-xfs.json",
        "fresh.json",
    ]
    text = put_together(folder)
    told = "trueup, no bytecode | medium"
    assert f"| {name}: {told} | 1 times uv | 0.50 | 0.50 | met |" in text
    assert f"| {name}, on xfs: {told} | 0.7 times uv | 0.50 | 0.50 | met |" in text
    assert text.index("### New environment and install\n") < text.index("install, on xfs\n")


def test_the_page_on_speed_has_a_place_for_figures() -> None:
    text = (BENCHMARKS.parent / "docs" / "speed.md").read_text(encoding="utf-8")
    assert 0 < text.index("<!-- figures -->") < text.index("<!-- end of figures -->")


class _Log:
    """Stands at the place of programs: each command writes its label into one file."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "log"

    def command(self, label: str) -> tuple[str, ...]:
        return (sys.executable, "-c", f"open({str(self.path)!r}, 'a').write('{label}')")


class _NothingToSetUp(Supplies):
    def set_up(self, case: Case) -> None:
        del case


def test_tools_take_turns_and_one_that_fails_is_left_out(
    tmp_path: Path, workshop: Workshop
) -> None:
    log = _Log(tmp_path)
    cases = [
        _case("a", *log.command("a")),
        _case("bad", sys.executable, "-c", "raise SystemExit(1)"),
        _case("b", *log.command("b"), most=1),
        _case("c", *log.command("c"), name="later"),
    ]
    outcomes = run_cases(cases, 2, _NothingToSetUp(workshop))
    assert log.path.read_text() == "ababa" + "ccc"
    assert [len(outcome.samples) for outcome in outcomes] == [2, 0, 1, 2]
    assert [bool(outcome.failure) for outcome in outcomes] == [False, True, False, False]


def test_what_comes_before_each_round_is_not_timed(tmp_path: Path, workshop: Workshop) -> None:
    log = _Log(tmp_path)
    wait = (sys.executable, "-c", "import time; time.sleep(0.5)")
    case = replace(
        _case("a", *log.command("a")),
        prepare=(log.command("p"),),
        before=(wait, log.command("e")),
        reuse=True,
    )
    [outcome] = run_cases([case], 2, _NothingToSetUp(workshop))
    assert log.path.read_text() == "p" + "ea" * 3
    assert min(sample.wall for sample in outcome.samples) < 0.5


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
@pytest.mark.skipif(sys.platform != "linux", reason="the floor is written for Linux")
def test_the_floor_writes_what_an_install_writes(tmp_path: Path) -> None:
    full, empty, anew = (tmp_path / name for name in ("full", "empty", "anew"))
    for folder in (full, empty, anew):
        (folder / "lib").mkdir(parents=True)
        (folder / "lib" / "old.py").write_text("was there")
    contents = {"new.py": b"x", "empty.py": b"", "deep/er/large.so": os.urandom(3_000_000)}
    contents |= {f"deep/{number}.py": os.urandom(number * 37) for number in range(200)}
    for name, content in contents.items():
        path = full / "lib" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    compile_floor(str(tmp_path / "floor"), dict(os.environ))
    write_pack(str(full), str(empty), str(tmp_path / "pack"))
    run([str(tmp_path / "floor"), str(tmp_path / "pack"), str(anew)], {})
    written = {
        path.relative_to(anew / "lib").as_posix(): path.read_bytes()
        for path in anew.rglob("*")
        if path.is_file()
    }
    assert written == contents | {"old.py": b"was there"}


@pytest.mark.parametrize(
    ("kind", "more"), [("tree", ()), ("tree", ("--extension",)), ("nox", ()), ("family", ())]
)
def test_projects_are_whole_and_their_edits_are_edits(
    tmp_path: Path, kind: str, more: tuple[str, ...]
) -> None:
    lock = tmp_path / "build.txt"
    lock.write_text("packaging==1\nsetuptools==99.9\n")
    make = [sys.executable, str(BENCHMARKS / "projects.py")]
    options = ["--files", "120", "--build-lock", str(lock), *more]
    run([*make, kind, str(tmp_path / "project"), *options], dict(os.environ))
    tree = tmp_path / "project" / ("member_0" if kind == "family" else "")
    project = tomllib.loads((tree / "pyproject.toml").read_text())
    assert project["build-system"]["requires"] == ["setuptools==99.9"]
    assert len(list((tree / "src").rglob("*.py"))) == 120
    for name in ("pyproject.toml", f"src/{project['project']['name']}/__init__.py"):
        seen = {(tree / name).read_text()}
        for _ in range(2):
            run([*make, "edit", str(tree), name], {})
            seen.add((tree / name).read_text())
        assert len(seen) == 3
    assert tomllib.loads((tree / "pyproject.toml").read_text())["project"]["version"] == "1.0"


def test_wheels_that_were_made_up_are_taken_by_pip(tmp_path: Path) -> None:
    lock = tmp_path / "pins" / "made.txt"
    make = [sys.executable, str(BENCHMARKS / "projects.py"), "wheels", str(tmp_path / "wheels")]
    run([*make, "--distributions", "3", "--files", "60", "--lock", str(lock)], {})
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-compile", "-r", str(lock)]
    run([*pip, "--target", str(tmp_path / "target")], {"PATH": os.environ["PATH"]})
    assert len(list((tmp_path / "target").rglob("*.py"))) == 180


@pytest.mark.skipif(os.name == "nt", reason="the benchmarks need a POSIX system")
def test_a_small_run_runs(tmp_path: Path) -> None:
    """The tools that are installed beside these tests, on made-up wheels; no figure is judged."""
    place = choose_place(str(tmp_path / "place"))
    workshop = _Here(str(tmp_path / "work"), place, sys.executable, ())
    try:
        outcomes = run_cases(
            [case for case in CASES if case.group == "install many wheels, 10 distributions"],
            1,
            _ToolsAreHere(workshop),
        )
    finally:
        workshop.close()
    assert [outcome.failure for outcome in outcomes] == [""] * 3
    keep(str(tmp_path / "results"), outcomes, _around())
    assert "### Install many wheels" in put_together(str(tmp_path / "results"))


class _Here(Workshop):
    """A workshop whose tools are those of the environment that runs the tests."""

    def program(self, peer: str) -> str:
        return os.path.join(os.path.dirname(sys.executable), peer)


class _ToolsAreHere(Supplies):
    def install(self, peer: Peer) -> None:
        del peer


def test_memory_is_preferred_and_a_wish_is_followed(tmp_path: Path) -> None:
    assert choose_place(str(tmp_path)).path == str(tmp_path)
    if Path("/dev/shm").is_dir():
        assert choose_place(None).path == "/dev/shm"
        assert choose_place(None).in_memory
