"""How the backend is chosen: in a noxfile, by a variable, on the command line."""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path

import pytest
from support.nox_lab import NoxLab, make_project
from support.wheels import make_wheel
from trueup_nox.__main__ import main

TESTS = """
@nox.session
def tests(session):
    session.install("demo")
"""


def test_a_variable_chooses_the_backend(both: NoxLab) -> None:
    both.noxfile(TESTS, backend="")
    both.run(NOX_DEFAULT_VENV_BACKEND="trueup")
    assert both.installed("tests") == {"demo": "trueup"}


def test_a_session_chooses_its_backend(both: NoxLab) -> None:
    both.noxfile(TESTS.replace("@nox.session", "@nox.session(venv_backend='trueup')"), backend="")
    both.run()
    assert both.installed("tests") == {"demo": "trueup"}


@pytest.mark.parametrize("choice", ["trueup", "trueup|uv|virtualenv", "rattler|trueup"])
def test_a_noxfile_may_name_a_fallback_list(lab: NoxLab, choice: str) -> None:
    lab.noxfile(TESTS, backend=choice)
    lab.run()
    assert lab.installed("tests") == {"demo": "trueup"}


@pytest.mark.parametrize(
    "options",
    [
        ("-db", "trueup"),
        ("--default-venv-backend=trueup",),
        ("-fb", "trueup"),
        ("-db", "trueup|uv|virtualenv"),
        ("--force-venv-backend=mamba|trueup",),
    ],
)
def test_the_command_line_chooses_the_backend(both: NoxLab, options: tuple[str, ...]) -> None:
    both.noxfile(TESTS, backend="", preamble="")
    both.run(*options, module="trueup_nox")
    assert both.installed("tests") == {"demo": "trueup"}


def test_a_forced_backend_goes_before_that_of_a_session(lab: NoxLab) -> None:
    lab.noxfile(TESTS.replace("@nox.session", "@nox.session(venv_backend='uv')"), preamble="")
    lab.run("-fb", "trueup", module="trueup_nox")
    assert lab.installed("tests") == {"demo": "trueup"}
    lab.run("-fb", "uv", module="trueup_nox")
    assert lab.installed("tests") == {"demo": "uv"}


@pytest.mark.parametrize("choice", ["bogus", "bogus|trueup"])
def test_a_backend_that_is_not_there_is_refused(both: NoxLab, choice: str) -> None:
    both.noxfile(TESTS, backend="", preamble="")
    assert "invalid choice" in both.run("-db", choice, module="trueup_nox", ok=False).text


def test_plain_nox_refuses_the_name_on_its_command_line(lab: NoxLab) -> None:
    lab.noxfile(TESTS)
    assert "invalid choice" in lab.run("-db", "trueup", ok=False).text


def test_the_console_script_is_the_same_program() -> None:
    project = Path(__file__).resolve().parents[2] / "pyproject.toml"
    scripts = tomllib.loads(project.read_text())["project"]["scripts"]
    assert scripts["trueup-nox"] == f"trueup_nox.__main__:{main.__name__}"


def test_registering_twice_is_registering_once(both: NoxLab) -> None:
    both.noxfile(TESTS + "\ntrueup_nox.register()\ntrueup_nox.register()\n")
    assert both.run().text.count("trueup: ") == 1


@pytest.mark.parametrize("module", ["nox", "trueup_nox"])
def test_sessions_in_parallel_go_through_the_core(lab: NoxLab, module: str) -> None:
    body = "".join(
        f"@nox.session\ndef number{n}(session):\n    session.install('other')\n" for n in range(4)
    )
    chosen = module == "trueup_nox"
    lab.noxfile(
        body, backend="" if chosen else "trueup", preamble="" if chosen else "import trueup_nox"
    )
    options = ("-db", "trueup|virtualenv") if chosen else ()
    for reuse in ((), ("-r",)):
        lab.run("-j2", "--allow-parallel", *reuse, *options, module=module)
        for n in range(4):
            assert lab.installed(f"number{n}") == {"demo": "trueup", "other": "trueup"}


def test_a_failure_in_a_parallel_session_fails_the_run(lab: NoxLab) -> None:
    lab.noxfile(
        "@nox.session\ndef good(session):\n    session.install('demo')\n"
        "@nox.session\ndef bad(session):\n    session.install('no-such-thing')\n"
    )
    told = lab.run("-j2", "--allow-parallel", ok=False).text
    assert "* good: success" in told
    assert "* bad: failed" in told


def test_a_noxfile_may_name_trueup_among_its_dependencies(lab: NoxLab) -> None:
    lab.noxfile(TESTS)
    noxfile = lab.root / "noxfile.py"
    script = '# /// script\n# dependencies = ["nox", "trueup"]\n# ///\n'
    noxfile.write_text(
        script + noxfile.read_text() + "\nif __name__ == '__main__':\n    nox.main()\n"
    )
    lab.run()
    assert lab.installed("tests") == {"demo": "trueup"}


def test_listing_sessions_needs_no_core(lab: NoxLab) -> None:
    lab.noxfile(
        TESTS
        + "import sys, atexit\n"
        + "heavy = {'trueup.api.front', 'requests', 'rich'}\n"
        + "atexit.register(lambda: print('LOADED', [*heavy & set(sys.modules)]))\n"
    )
    assert lab.run("-l").line("LOADED ") == "[]"


def _project_to_paste_into(lab: NoxLab, page: str) -> Path:
    """Return a project with the noxfile of a page, as it is there."""
    project = make_project(lab.root, "thing")
    (project / "requirements.txt").write_text("pytest\n")
    text = (Path(__file__).resolve().parents[2] / page).read_text()
    blocks = [each.partition("```")[0] for each in text.split("```python\n")[1:]]
    (code,) = (each for each in blocks if "nox.session" in each)
    (project / "noxfile.py").write_text(code)
    program = "import thing\ndef main(): print('TESTED', thing.VALUE)\n"
    commands = "[console_scripts]\npytest = pytest:main\n"
    make_wheel(
        lab.wheelhouse, "pytest", files={"pytest/__init__.py": program}, entry_points=commands
    )
    return project


@pytest.mark.parametrize("page", ["README.md", "docs/nox.md"])
def test_the_noxfile_of_a_page_can_be_pasted(lab: NoxLab, page: str) -> None:
    project = _project_to_paste_into(lab, page)
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if page != "README.md" and f'"{version}"' not in (project / "noxfile.py").read_text():
        pytest.skip(f"the page has no Python {version}")
    beside = os.path.dirname(os.path.realpath(sys.executable))
    path = os.pathsep.join([beside, lab.variables["PATH"]])
    chosen = ["-f", str(project / "noxfile.py"), "-s", "tests"]
    if page != "README.md":
        chosen += ["-p", version]
    assert lab.run(*chosen, PATH=path).line("TESTED ") == "1"
    (project / "src" / "thing" / "__init__.py").write_text("VALUE = 2\n")
    told = lab.run(*chosen, PATH=path)
    assert told.line("TESTED ") == "2"
    assert told.reused
    installed = project.glob(".nox/*/lib/python*/site-packages/*.dist-info/INSTALLER")
    assert [each.read_text().strip() for each in installed] == ["trueup", "trueup"]
