"""When nox is built in another way, nothing is registered and nothing is installed by others."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
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


@pytest.fixture
def doctor(lab: NoxLab) -> Callable[[str, str, str], NoxLab]:
    """Return how to get a folder for a nox of the future: a copy in which a text is another."""

    def make(module: str, text: str, future: str) -> NoxLab:
        home = lab.root / "future"
        distribution = metadata.distribution("nox")
        for name in ("nox", _info(distribution)):
            shutil.copytree(str(distribution.locate_file(name)), home / name)
        source = home / "nox" / module
        assert text in source.read_text()
        source.write_text(source.read_text().replace(text, future))
        told = home / _info(distribution) / "METADATA"
        told.write_text(told.read_text().replace(f"\nVersion: {distribution.version}", _FUTURE, 1))
        return replace(lab, variables={**lab.variables, "PYTHONPATH": str(home)})

    return make


_FUTURE = "\nVersion: 2099.1.1"


def _info(distribution: metadata.Distribution) -> str:
    return f"nox-{distribution.version}.dist-info"


@pytest.mark.parametrize("module", ["nox", "trueup_nox"])
def test_a_nox_that_renamed_its_seam_is_named_and_the_fallback_works(
    doctor: Callable[[str, str, str], NoxLab], module: str
) -> None:
    future = doctor("sessions.py", "_run(", "_execute(")
    future.noxfile(TESTS)
    told = future.run(ok=False, module=module).text
    assert "trueup_nox does not fit nox 2099.1.1: nox.sessions.Session._run is gone" in told
    assert "set TRUEUP_NOX=shims" in told
    assert not future.environment("tests").exists()
    assert future.run(module=module, TRUEUP_NOX="shims").line("demo.VERSION: ") == "1.0"
    assert future.installed("tests") == {"other": "trueup", "demo": "trueup"}
    # Whoever has not chosen trueup keeps a nox that works.
    future.noxfile(TESTS, backend="uv", preamble="")
    future.run("-R")
    assert future.run("-R").line("demo.VERSION: ") == "1.0"


def test_a_nox_without_a_registry_names_another_backend(
    doctor: Callable[[str, str, str], NoxLab],
) -> None:
    future = doctor("virtualenv.py", "ALL_VENVS", "KINDS")
    for module in ("_options.py", "sessions.py"):
        source = future.root / "future" / "nox" / module
        source.write_text(source.read_text().replace("ALL_VENVS", "KINDS"))
    future.noxfile(TESTS)
    for shims in ("", "shims"):
        told = future.run(ok=False, TRUEUP_NOX=shims).text
        assert "does not fit nox 2099.1.1: nox.virtualenv.ALL_VENVS is no dictionary" in told
        assert "use another backend, such as uv" in told
        assert ("TRUEUP_NOX=shims" in told) is not bool(shims)


def test_a_nox_that_installs_with_another_command_fails_the_session(
    doctor: Callable[[str, str, str], NoxLab],
) -> None:
    future = doctor("sessions.py", '"uv", "pip", "install"', '"uv", "put"')
    future.noxfile(TESTS)
    told = future.run(ok=False).text
    assert "this nox installs with `uv`, which trueup_nox does not know" in told
    assert "Session tests failed" in told
    assert future.installed("tests") == {}
