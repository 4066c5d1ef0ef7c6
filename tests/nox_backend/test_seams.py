"""When nox is built in another way, nothing is registered and nothing is installed by others."""

from __future__ import annotations

from importlib import metadata

import pytest
from support.nox_lab import NoxLab

TESTS = """
@nox.session
def tests(session):
    session.install("other")
    session.run_install("pip", "install", "demo")
    session.run("uv", "pip", "install", "demo")
    show(session, "demo.VERSION", "demo")
"""


@pytest.mark.parametrize(
    ("moved", "named"),
    [
        ("del nox.sessions.Session._run", "Session._run is gone"),
        ("nox.sessions.Session._run = lambda self, command: 0", "in another way"),
        ("nox.virtualenv.ALL_VENVS = ()", "ALL_VENVS is no dictionary"),
        ("del nox.virtualenv.VirtualEnv", "VirtualEnv is gone"),
        ("nox.virtualenv.VirtualEnv.__init__ = lambda self, location: None", "interpreter"),
        ("del nox.virtualenv.VirtualEnv._resolved_interpreter", "_resolved_interpreter"),
        (
            "nox.sessions.Session.install = nox.sessions.Session.log",
            "Session.install does not end in _run",
        ),
    ],
)
def test_a_moved_seam_is_an_error_at_import(either: NoxLab, moved: str, named: str) -> None:
    preamble = f"import nox.sessions, nox.virtualenv\n{moved}\nimport trueup_nox"
    either.noxfile(TESTS, preamble=preamble)
    told = either.run(ok=False).text
    version = "2024.3.2" if either.oldest else metadata.version("nox")
    assert f"trueup_nox does not fit nox {version}" in told
    assert named in told
    assert "TRUEUP_NOX=shims" in told
    assert "Running session" not in told


@pytest.mark.parametrize(
    "late",
    [
        # past the wrapped method
        "nox.sessions.Session._run = lambda *words, **keywords: True",
        # with a program that nobody has heard of
        "trueup_nox.sessions.understand = lambda words, inside: None",
    ],
)
def test_an_install_past_the_core_fails_the_session(lab: NoxLab, late: str) -> None:
    lab.noxfile(TESTS, preamble=f"import trueup_nox, trueup_nox.sessions, nox.sessions\n{late}")
    told = lab.run(ok=False).text
    assert "TRUEUP_NOX=shims" in told
    assert "Session tests failed" in told
    assert lab.installed("tests") == {}


def test_the_shims_install_through_the_core_and_replace_nothing_of_nox(either: NoxLab) -> None:
    either.noxfile(
        TESTS + "    print('REPLACED', hasattr(nox.sessions.Session._run, '_trueup'))\n",
        preamble="import trueup_nox, nox.sessions",
    )
    for reuse in ((), ("-r",)):
        told = either.run(*reuse, TRUEUP_NOX="shims")
        assert told.line("REPLACED ") == "False"
        assert told.line("demo.VERSION: ") == "1.0"
        assert either.installed("tests") == {"other": "trueup", "demo": "trueup"}
    assert "trueup:" not in either.run("-R", TRUEUP_NOX="shims").text


def test_a_failing_install_by_a_shim_fails_the_session(lab: NoxLab) -> None:
    lab.noxfile("@nox.session\ndef tests(session):\n    session.install('no-such-thing')\n")
    assert "Session tests failed" in lab.run(TRUEUP_NOX="shims", ok=False).text


def test_a_shim_leaves_everything_but_installs_to_the_real_program(lab: NoxLab) -> None:
    lab.noxfile(
        "@nox.session\ndef tests(session):\n    session.install('demo')\n"
        "    print('UV', session.run('uv', 'pip', 'freeze', '-q', silent=True).split())\n"
        "    print('PIP', session.run('pip', 'freeze', silent=True).split())\n"
    )
    told = lab.run(TRUEUP_NOX="shims")
    assert told.line("UV ") == told.line("PIP ") == "['demo==1.0']"
