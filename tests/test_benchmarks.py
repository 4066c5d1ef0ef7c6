"""The harness that compares tools has to be right before any of its figures is."""

from __future__ import annotations

import json
import string
import sys
from pathlib import Path

import pytest

from benchmarks.cases import CASES, Case
from benchmarks.measure import CommandFailed, Sample, adopt_orphans, measure
from benchmarks.peers import PEERS, clean_environment
from benchmarks.place import choose_place
from benchmarks.report import circumstances, rows, to_json, to_markdown
from benchmarks.rounds import Outcome, run_cases
from benchmarks.workshop import Workshop

BUSY = "sum(i * i for i in range(2_000_000))"
KNOWN = {"python", "target", "target_python", "lock", "wheelhouse", "caches", *PEERS}


def _case(label: str, *command: str, group: str = "wait") -> Case:
    return Case(group, "small", "nox", label, command=(command,))


def test_every_word_in_braces_is_known() -> None:
    words = [
        word for case in CASES for command in (*case.command, *case.prepare) for word in command
    ]
    words += [word for peer in PEERS.values() for command in peer.warm for word in command]
    names = {name for word in words for _, name, _, _ in string.Formatter().parse(word) if name}
    assert names <= KNOWN
    assert {"uv", "pip", "trueup", "target_python"} <= names


def test_every_case_has_a_tool_a_list_and_somebody_to_be_compared_with() -> None:
    lists = {path.stem for path in (Path(__file__).parent.parent / "benchmarks/sets").iterdir()}
    assert {case.set for case in CASES} == lists
    assert {case.peer for case in CASES} <= set(PEERS)
    labels = {
        group: [c.label for c in CASES if c.group == group] for group in {c.group for c in CASES}
    }
    assert all("uv" in found and len(set(found)) == len(found) for found in labels.values())


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


def test_the_report_names_the_circumstances_and_every_tool() -> None:
    outcomes = [Outcome(_case("one"), [Sample(1.0, 1.0, 0.0)]), Outcome(_case("two"), failure="x")]
    around = circumstances(
        python="3.12.1",
        filesystem="tmpfs",
        rounds=1,
        against="one",
        versions={"uv": "1.2.3"},
        warning="this is slow",
    )
    table = rows(outcomes, "one")
    text = to_markdown(table, around)
    assert "uv 1.2.3" in text
    assert "**Beware:** this is slow." in text
    assert "| one | 1,000 (1,000 to 1,000) | 1,000 (1,000 to 1,000) | 0 | 1.00 | 1.00 |" in text
    told = json.loads(to_json(table, outcomes, around))
    assert [case["failed"] for case in told["cases"]] == [False, True]


class _Log:
    """Stands at the place of programs: each command writes its label into one file."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "log"

    def command(self, label: str) -> tuple[str, ...]:
        return (sys.executable, "-c", f"open({str(self.path)!r}, 'a').write('{label}')")


class _NothingToSetUp(Workshop):
    def set_up(self, case: Case) -> None:
        del case


def test_tools_take_turns_and_one_that_fails_is_left_out(tmp_path: Path) -> None:
    log = _Log(tmp_path)
    cases = [
        _case("a", *log.command("a")),
        _case("bad", sys.executable, "-c", "raise SystemExit(1)"),
        _case("b", *log.command("b")),
        _case("c", *log.command("c"), group="later"),
    ]
    place = choose_place(str(tmp_path / "place"))
    workshop = _NothingToSetUp(str(tmp_path / "work"), place, sys.executable, ())
    outcomes = run_cases(cases, 2, workshop)
    workshop.close()
    assert log.path.read_text() == "ababab" + "ccc"
    assert [len(outcome.samples) for outcome in outcomes] == [2, 0, 2, 2]
    assert [bool(outcome.failure) for outcome in outcomes] == [False, True, False, False]
    assert list((tmp_path / "place").iterdir()) == []


def test_memory_is_preferred_and_a_wish_is_followed(tmp_path: Path) -> None:
    assert choose_place(str(tmp_path)).path == str(tmp_path)
    if Path("/dev/shm").is_dir():
        assert choose_place(None).path == "/dev/shm"
        assert choose_place(None).in_memory
