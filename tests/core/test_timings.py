"""`--timings`: what a page tells about a run, and what it rests on."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from support.command import Shell
from support.housing import look_at
from support.projects import lay_project, project_files
from trueup.cli.timeline import Moment, Span, critical_path, spans_of
from trueup.cli.timings_page import timings_page
from trueup.reporting import Event, EventKind


def _moment(at: float, kind: EventKind, subject: str, thread: int = 1) -> Moment:
    return Moment(at, thread, Event(kind, subject))


def _drawn(page: str) -> set[str]:
    """What the timeline of a page draws a bar for."""
    titles = re.findall(r"<g><title>(.*?): [\d.]+ s</title>", page)
    return {" ".join(title.split()) for title in titles}


def test_the_page_of_an_install_shows_each_distribution(shell: Shell) -> None:
    shell.works("--timings", "page.html", "alpha")
    page = (shell.root / "page.html").read_text(encoding="utf-8")
    drawn = _drawn(page)
    assert {"start trueup", "write alpha 1.0", "write beta 2.0"} <= drawn
    assert {"download alpha-1.0-py3-none-any.whl", "pack alpha-1.0-py3-none-any.whl"} <= drawn
    assert any(one.startswith("resolve ") for one in drawn)
    assert any(one.startswith("put in place ") for one in drawn)


def test_the_page_shows_builds(shell: Shell) -> None:
    project = lay_project(shell.root / "local", project_files())
    done = shell("install", "--no-index", "-e", project, "--timings", "page.html")
    assert done.code == 0, done.err
    page = (shell.root / "page.html").read_text(encoding="utf-8")
    assert f"build {project}" in _drawn(page)


def test_the_page_loads_nothing_and_runs_nothing(shell: Shell) -> None:
    shell.works("--timings", "page.html", "alpha")
    page = (shell.root / "page.html").read_text(encoding="utf-8")
    addresses = set(re.findall(r"[a-z]+://[^\s\"'<]+", page))
    assert addresses == {"http://www.w3.org/2000/svg"}  # a name, which nobody fetches
    assert not re.search(r"<script|\bsrc=|\bhref=|@import|url\(", page)
    drawing = page[page.index("<svg") : page.index("</svg>") + 6]
    assert ET.fromstring(drawing).tag.endswith("svg")


def test_a_run_with_nothing_to_do_writes_its_page_every_time(shell: Shell) -> None:
    shell.works("alpha")
    for _ in range(3):
        done = shell.works("--timings", "page.html", "alpha")
        assert done.out.startswith("Nothing to do")
        page = shell.root / "page.html"
        assert _drawn(page.read_text(encoding="utf-8")) == {"start trueup"}
        page.unlink()


def test_a_run_that_fails_writes_its_page(shell: Shell) -> None:
    done = shell.install("--timings", "page.html", "no-such-thing")
    assert done.code == 1
    drawn = _drawn((shell.root / "page.html").read_text(encoding="utf-8"))
    assert any(one.startswith("resolve ") for one in drawn)


def test_a_page_that_cannot_be_written_is_told_before_anything_is_changed(shell: Shell) -> None:
    before = look_at(shell.environment.root, leave_out=())
    done = shell.install("--timings", "nowhere/page.html", "alpha")
    assert (done.code, done.out) == (1, "")
    assert "nowhere/page.html cannot be written" in done.err.replace("\\", "/")
    assert "--timings" in done.err
    assert look_at(shell.environment.root, leave_out=()) == before


def test_verbose_tells_local_projects_apart(shell: Shell, tmp_path: Path) -> None:
    project = lay_project(tmp_path / "local", project_files())
    done = shell("install", "--no-index", "-v", "-e", project)
    assert re.search(r"Where the time went: look [\d.]+ s, projects [\d.]+ s, resolve", done.out)


def test_beginnings_and_ends_meet_within_a_thread() -> None:
    moments = [
        _moment(0, "resolving", "here"),
        _moment(1, "resolved", "here"),
        _moment(1, "downloading", "a.whl", 2),
        _moment(1, "downloading", "b.whl", 3),
        _moment(2, "packing", "b.whl", 3),
        _moment(3, "downloaded", "b.whl", 3),
        _moment(4, "packing", "a.whl", 2),
    ]
    assert spans_of(moments, now=9) == [
        Span("resolve", "here", 0, 1),
        Span("download", "b.whl", 1, 2),
        Span("download", "a.whl", 1, 4),
        Span("pack", "b.whl", 2, 3),
        Span("pack", "a.whl", 4, 9),
    ]


def test_a_resolution_within_another_ends_first() -> None:
    moments = [
        _moment(0, "resolving", "here"),
        _moment(1, "resolving", "here"),
        _moment(2, "resolved", "here"),
        _moment(5, "resolved", "here"),
    ]
    assert spans_of(moments, now=9) == [
        Span("resolve", "here", 0, 5),
        Span("resolve", "here", 1, 2),
    ]


def test_the_critical_path_is_what_the_end_waited_for() -> None:
    slow, quick = Span("download", "slow.whl", 1, 5), Span("download", "quick.whl", 1, 2)
    resolve, write = Span("resolve", "here", 0, 1), Span("write", "slow 1.0", 5, 6)
    early = Span("write", "quick 1.0", 2, 3)
    assert critical_path([resolve, quick, slow, early, write]) == [resolve, slow, write]


def test_a_build_counts_as_a_whole_on_the_critical_path() -> None:
    build = Span("build", "/project", 0, 5)
    within = [Span("resolve", "here", 1, 2), Span("write", "setuptools 80", 2, 4.9)]
    after = Span("write", "project 1.0", 5, 6)
    assert critical_path([build, *within, after]) == [build, after]


@pytest.mark.parametrize("subject", ["<b>bold</b>", 'a"b', "a&b"])
def test_names_are_shown_and_not_obeyed(subject: str) -> None:
    page = timings_page([Span("write", subject, 0, 1)], "Times")
    drawing = ET.fromstring(page[page.index("<svg") : page.index("</svg>") + 6])
    titles = [each.text for each in drawing.iter("{http://www.w3.org/2000/svg}title")]
    assert titles == [f"write {subject}: 1.000 s"]
    assert "<b>bold" not in page


def test_a_page_without_anything_is_a_page() -> None:
    assert timings_page([], "Times").startswith("<!doctype html>")
