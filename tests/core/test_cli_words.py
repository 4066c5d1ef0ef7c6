"""What the command line says: help, versions, errors and their exit codes, and how loud it is."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.command import Shell
from trueup.version import __version__

COMMANDS = ("install", "sync", "uninstall", "list", "venv", "cache")


def test_the_help_names_every_command_and_the_exit_codes(shell: Shell) -> None:
    done = shell("--help")
    assert (done.code, done.err) == (0, "")
    assert all(f"\n    {command}" in done.out for command in COMMANDS)
    assert "Exit codes: 0 done, 1 failed, 2 not understood." in done.out


@pytest.mark.parametrize(
    ("command", "taught"),
    [
        ("install", "trueup install -e '.[test]'"),
        ("sync", "trueup sync -r requirements.txt"),
        ("uninstall", "trueup uninstall requests"),
        ("list", "trueup list --format freeze"),
        ("venv", "trueup venv -p 3.12 env"),
        ("cache", "prune"),
    ],
)
def test_the_help_of_each_command_teaches_by_example(
    shell: Shell, command: str, taught: str
) -> None:
    done = shell(command, "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"usage: trueup {command}")
    assert taught in done.out


def test_the_version_is_told(shell: Shell) -> None:
    done = shell("--version")
    assert (done.code, done.out, done.err) == (0, f"trueup {__version__}\n", "")


def test_asking_for_the_version_imports_none_of_the_stages(shell: Shell) -> None:
    code = (
        "import sys; from trueup.cli import run; code = run(['--version']); "
        "print(code, [n for n in sys.modules if n.startswith(('trueup.api', 'packaging', 'rich'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=shell.variables,
    )
    assert done.stdout.splitlines()[-1] == "0 []"


@pytest.mark.parametrize(
    ("arguments", "problem", "way_out"),
    [
        ([], "COMMAND", "trueup --help"),
        (["frobnicate"], "'frobnicate'", "trueup --help"),
        (["install"], "nothing to install is named", "usage: trueup install"),
        (["install", "--frob", "x"], "--frob is not an option of install", "usage:"),
        (["install", "--user", "x"], "--user is not supported", "usage:"),
        (["install", "--timeout", "soon", "x"], "soon", ""),
        (["install", "-r", "missing.txt"], "missing.txt", ""),
        (["install", "-t", "a", "--prefix", "b", "x"], "--target and --prefix", ""),
        (["install", "--resolution", "newest", "x"], "newest", "highest, lowest, lowest-direct"),
        (["install", "name @"], "name @", ""),
        (["install", "./no-such-folder"], "no-such-folder", ""),
        (["list", "--frob"], "--frob: not understood by list", "trueup list --help"),
        (["list", "--format", "xml"], "'xml'", "trueup list --help"),
        (["uninstall"], "nothing to remove is named", "trueup uninstall NAME"),
        (["uninstall", "-r", "missing.txt"], "missing.txt", ""),
        (["venv", "--frob"], "--frob: not understood by venv", "trueup venv --help"),
        (["cache"], "VERB", "trueup cache --help"),
        (["cache", "prune", "--days", "x"], "'x'", "trueup cache prune --help"),
    ],
)
def test_what_cannot_be_understood_is_one_error_that_names_it_and_the_way_out(
    shell: Shell, arguments: list[str], problem: str, way_out: str
) -> None:
    done = shell(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: ")
    assert done.err.count("error: ") == 1
    assert problem in done.err
    assert way_out in done.err


def test_all_bad_lines_are_told_at_once_with_file_and_line(shell: Shell) -> None:
    (shell.root / "bad.txt").write_text("alpha\nbeta ==== 1\nalpha\n???\n")
    (shell.root / "worse.txt").write_text("-c nowhere.txt\n")
    done = shell.install("-r", "bad.txt", "-r", "worse.txt", "gamma >")
    assert done.code == 2
    assert "bad.txt, line 2" in done.err
    assert "bad.txt, line 4" in done.err
    assert "nowhere.txt" in done.err
    assert "gamma >" in done.err
    assert shell.installed == {}


def test_a_conflict_shows_the_resolvers_own_explanation(shell: Shell) -> None:
    done = shell.install("clash", "beta>=2")
    assert (done.code, done.out) == (1, "")
    assert "error: No set of versions answers the request." in done.err
    assert "clash" in done.err
    assert "beta<2" in done.err
    assert shell.installed == {}


def test_what_no_index_has_is_named(shell: Shell) -> None:
    done = shell.install("nowhere-to-be-found")
    assert (done.code, done.out) == (1, "")
    assert "nowhere-to-be-found" in done.err


def test_an_environment_that_is_not_there_is_named(shell: Shell) -> None:
    for arguments in (["install", "alpha"], ["list"], ["uninstall", "alpha"], ["sync", "alpha"]):
        done = shell(*arguments, "-p", "./no-such-env")
        assert (done.code, done.out) == (1, "")
        assert "no-such-env does not exist" in done.err
        assert "trueup venv" in done.err


def test_an_unknown_resolver_is_named_when_one_is_needed(shell: Shell) -> None:
    done = shell.install("alpha", TRUEUP_RESOLVER="oracle")
    assert (done.code, done.out) == (2, "")
    assert "'oracle'" in done.err
    assert "uv, pip or auto" in done.err


def test_quiet_says_nothing_and_verbose_says_why(shell: Shell) -> None:
    done = shell.works("-q", "beta==1.0")
    assert (done.out, done.err) == ("", "")
    done = shell.works("-v", "beta==2.0")
    assert " ~ beta 1.0 -> 2.0  [1.0 is installed]" in done.out
    assert "Where the time went: look" in done.out
    assert "Resolved 1 distributions" in done.err


def test_warnings_are_heard_when_quiet_and_silenced_when_quieter(shell: Shell) -> None:
    assert "warning: nothing-here is not installed" in shell("uninstall", "-q", "nothing-here").err
    assert shell("uninstall", "-qq", "nothing-here").err == ""


def test_json_is_all_that_is_printed_and_has_a_version(shell: Shell) -> None:
    done = shell.works("--json", "alpha")
    report = done.json
    assert report["version"] == 1
    assert [(one["name"], one["version"], one["how"]) for one in report["added"]] == [
        ("alpha", "1.0", "download"),
        ("beta", "2.0", "download"),
    ]
    assert report["environment"] == shell.environment.root
    assert shell.works("--json", "alpha").json["added"] == []
    assert [one["name"] for one in shell("uninstall", "--json", "alpha").json["removed"]] == [
        "alpha"
    ]


def test_a_report_is_written_to_a_file_or_printed(shell: Shell) -> None:
    shell.works("--report", "report.json", "beta==1.0")
    told = json.loads((shell.root / "report.json").read_text())
    assert [one["name"] for one in told["added"]] == ["beta"]
    assert shell.works("--report", "-", "beta==2.0").json["added"][0]["previous"] == "1.0"
    done = shell.install("--report", "no/such/folder.json", "alpha")
    assert done.code == 1
    assert "no/such/folder.json" in done.err


def test_a_locale_that_lacks_a_sign_ends_no_command(shell: Shell) -> None:
    for version in ("1.0", "2.0"):
        done = shell.works(f"beta=={version}", PYTHONIOENCODING="ascii")
        assert version in done.out


def _on_a_terminal(shell: Shell, *arguments: str, **variables: str) -> str:
    """Return what a command writes to its error stream, when that is a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [shell.python, "-m", "trueup", *arguments],
        cwd=shell.root,
        env=shell.variables | {"TERM": "xterm"} | variables,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    seen = b""
    while True:
        try:
            read = os.read(ours, 65536)
        except OSError:  # Linux ends a terminal whose other side is closed with EIO
            break
        if not read:
            break
        seen += read
    os.close(ours)
    assert process.wait(60) == 0
    return seen.decode()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals")
def test_a_terminal_sees_lines_move_unless_somebody_minds(shell: Shell) -> None:
    command = ("install", "--no-index", "-f", str(shell.house), "--dry-run", "alpha")
    assert "\x1b[" in _on_a_terminal(shell, *command)
    assert _on_a_terminal(shell, *command, CI="1") == ""
    assert _on_a_terminal(shell, *command, NO_COLOR="1") == ""
    assert _on_a_terminal(shell, *command, "--no-progress") == ""
    assert _on_a_terminal(shell, *command, "--color", "never") == ""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter there")
def test_ctrl_c_ends_it_with_130_and_leaves_the_environment_as_it_was(
    shell: Shell, tmp_path: Path
) -> None:
    slow = tmp_path / "uv"
    started = tmp_path / "started"
    slow.write_text(
        '#!/bin/sh\ncase "$1" in --version) echo "uv 9.9.9";; '
        f"*) touch {started}; sleep 60;; esac\n"
    )
    slow.chmod(0o755)
    before = shell.tree
    process = shell.start("install", "alpha", TRUEUP_RESOLVER="uv", TRUEUP_UV=str(slow))
    with process:
        while not started.exists():
            assert process.poll() is None, process.communicate()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("interrupted")
    assert shell.tree == before


@pytest.mark.skipif(sys.platform == "win32", reason="pipes break otherwise there")
@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        # argparse forgives a closed pipe where the help is written at once, and not where it is
        # buffered (PYTHONUNBUFFERED).
        ({0, 1}, ("--help",)),
        ({0, 1}, ("install", "--help")),
        ({1}, ("list",)),
        ({1}, ("install", "beta")),
    ],
)
def test_a_reader_that_goes_away_is_no_reason_to_complain(
    shell: Shell, code: set[int], arguments: tuple[str, ...]
) -> None:
    shell.works("beta")
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run(
        [shell.python, "-m", "trueup", *arguments],
        cwd=shell.root,
        env=shell.variables,
        stdout=theirs,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(theirs)
    assert done.stderr == ""
    assert done.returncode in code
