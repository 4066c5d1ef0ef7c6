"""Every way that a session has to install, through the core."""

from __future__ import annotations

import hashlib
import json

import pytest
from support.nox_lab import NoxLab, make_project, serve
from support.wheels import make_wheel

# Each form installs one distribution of its own, so that none is served by another.
FORMS = """
import os
from pathlib import Path

started = []
here = Path(__file__).parent

def watch(event, arguments):
    if watching and event in {"subprocess.Popen", "os.posix_spawn", "os.fork"}:
        started.append(str(arguments[0]))

import sys
watching = False
sys.addaudithook(watch)

def every_form(session):
    global watching
    watching = True
    session.install("name")
    session.install("pinned==1.0", "--no-deps")
    session.install("-r", "listed.txt")
    session.install("-c", "limits.txt", "limited")
    session.install("--group", "tests")
    session.install(*DEPENDENCY_GROUPS)
    session.run_install("uv", "pip", "install", "run-install")
    session.run_always("python", "-m", "pip", "install", "run-always")
    session.run_install("pip", "install", "with-pip")
    session.run("python3", "-m", "pip", "install", "-q", "run-python3")
    minor = "python%d.%d" % sys.version_info[:2]
    session.run(minor, "-mpip", "install", "run-minor")
    session.run(os.path.join(session.bin, "python"), "-m", "pip", "install", "run-path")
    session.run("python", "-m", "uv", "pip", "install", "run-uv-module")
    session.run("uv", "pip", "install", "-p", session.virtualenv.location, "run-located")
    session.run("pip", "install", "run-outside", external=True)
    session.install("by-variable", env={"UV_CONSTRAINT": "limits.txt"})
    session.install("in-silence", silent=True)
    session.install("in-public", silent=False)
    session.install("wheelhouse/by_path-1.0-py3-none-any.whl")
    session.install("by-url @ " + (here / "wheelhouse/by_url-1.0-py3-none-any.whl").as_uri())
    with session.chdir("below"):
        session.install("-r", "deeper.txt")
    watching = False
    # What may have changed out of sight is asked for each time.
    session.install("--refresh", "--reinstall-package", "nothing-here", "asked-anew")
    session.install("-U", "asked-newest")
    print("STARTED", started, flush=True)

@nox.session
def forms(session):
    every_form(session)

@nox.session
def beside(session):
    every_form(session)
"""
NAMES = [
    "name",
    "pinned",
    "listed",
    "asked-anew",
    "asked-newest",
    "limited",
    "by-path",
    "by-url",
    "grouped",
    "run-install",
    "run-always",
    "with-pip",
    "run-python3",
    "run-minor",
    "run-path",
    "run-uv-module",
    "run-located",
    "run-outside",
    "by-variable",
    "in-silence",
    "in-public",
    "deeper",
]

EVERYTHING = {name.replace("-", "_"): "trueup" for name in (*NAMES, "from-groups")}


@pytest.fixture
def forms(both: NoxLab) -> NoxLab:
    for name in NAMES:
        both.wheel(name)
    both.wheel("limited", "2.0")
    both.wheel("by-variable", "2.0")
    both.wheel("from-groups")
    (both.root / "listed.txt").write_text("listed\n")
    (both.root / "limits.txt").write_text("limited<2\nby-variable<2\n")
    (both.root / "below").mkdir()
    (both.root / "below" / "deeper.txt").write_text("deeper\n")
    (both.root / "pyproject.toml").write_text(
        '[dependency-groups]\ntests = ["grouped"]\nothers = ["from-groups"]\n'
    )
    groups = '*nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), "others")'
    both.noxfile(FORMS.replace("*DEPENDENCY_GROUPS", '"from-groups"' if both.oldest else groups))
    return both


def test_every_form_goes_through_the_core_and_on_reuse_starts_nothing(forms: NoxLab) -> None:
    only = ("-s", "forms")
    first = forms.run(*only)
    assert forms.installed("forms") == EVERYTHING
    assert forms.versions("forms", "limited", "by_variable") == ["1.0", "1.0"]
    assert first.line("STARTED ") != "[]"  # the resolver, at least: the watch sees what is started

    again = forms.run("-r", *only)
    assert again.line("STARTED ") == "[]"
    assert forms.installed("forms") == EVERYTHING

    # Only what is no install for nox, `session.run`, is done with -R.
    left_out = forms.run("-R", *only).text
    assert left_out.count("trueup: uv pip install") == 1
    assert "trueup: uv pip install -p " in left_out
    assert left_out.count("trueup: ") == 6


def test_every_form_goes_through_the_core_in_parallel_sessions(forms: NoxLab) -> None:
    if forms.oldest:
        pytest.skip("this nox knows no -j")
    for options, started in (((), False), (("-r",), True)):
        told = forms.run("-j2", "--allow-parallel", *options, "-s", "forms", "beside").text
        assert ("STARTED []" in told) is started
        assert told.count("STARTED []") in {0, 2}
        for session in ("forms", "beside"):
            assert forms.installed(session) == EVERYTHING


def test_a_file_that_changes_under_its_name_is_installed_again(either: NoxLab) -> None:
    either.noxfile(
        "@nox.session\ndef tests(session):\n"
        "    session.install('wheelhouse/demo-1.0-py3-none-any.whl')\n"
        "    show(session, 'demo.VERSION', 'demo')\n"
    )
    assert either.run().line("demo.VERSION: ") == "1.0"
    for _twice in range(2):
        assert either.run("-r").line("demo.VERSION: ") == "1.0"
    make_wheel(either.wheelhouse, "demo", files={"demo/__init__.py": "VERSION = 'changed'\n"})
    for _twice in range(2):
        assert either.run("-r").line("demo.VERSION: ") == "changed"


def test_addresses_are_installed_from_and_asked_again_only_where_they_may_have_changed(
    either: NoxLab,
) -> None:
    demo, other = (either.wheelhouse / f"{name}-1.0-py3-none-any.whl" for name in ("demo", "other"))
    digest = hashlib.sha256(demo.read_bytes()).hexdigest()
    with serve(either.wheelhouse) as (address, asked):
        either.noxfile(
            "@nox.session\ndef tests(session):\n"
            f"    session.install('{address}/{demo.name}#sha256={digest}')\n"
            f"    session.install('other @ {address}/{other.name}')\n"
        )
        told = either.run().text
        assert either.installed("tests") == {"demo": "trueup", "other": "trueup"}
        assert "urllib3" not in told  # what libraries tell their developers
        asked.clear()
        either.run("-r")
        assert not [path for path in asked if demo.name in path]


@pytest.mark.parametrize(
    ("option", "reused"),
    [
        ("--reuse-venv=yes", True),
        ("--reuse-venv=no", False),
        ("--reuse-venv=always", True),
        ("--reuse-venv=never", False),
        ("--reuse-existing-virtualenvs", True),
        ("--no-reuse-existing-virtualenvs", False),
    ],
)
def test_the_options_of_reuse_keep_their_meaning(either: NoxLab, option: str, reused: bool) -> None:
    either.noxfile("@nox.session\ndef tests(session):\n    session.install('demo')\n")
    either.run()
    told = either.run(option).text
    assert ("Reusing existing virtual environment" in told) is reused
    assert either.installed("tests") == {"demo": "trueup"}


@pytest.mark.parametrize(("said", "reused"), [("True", True), ("False", False)])
def test_a_session_says_itself_whether_it_is_reused(
    either: NoxLab, said: str, reused: bool
) -> None:
    head = f"@nox.session(reuse_venv={said})\ndef tests(session):\n"
    either.noxfile(f"{head}    session.install('demo')\n")
    either.run()
    (either.environment("tests") / "left").touch()
    told = either.run("-r").text
    assert ("Reusing existing virtual environment" in told) is reused
    assert (either.environment("tests") / "left").exists() is reused


def test_what_is_installed_is_shown_when_it_is_asked_for(either: NoxLab) -> None:
    either.noxfile("@nox.session\ndef tests(session):\n    session.install('demo')\n")
    assert "+ demo 1.0" not in either.run().text
    assert "+ demo 1.0" in either.run("-v").text


def test_no_install_leaves_a_reused_session_alone_but_not_a_new_one(both: NoxLab) -> None:
    both.noxfile(
        "@nox.session\ndef tests(session):\n"
        "    session.install('demo')\n"
        "    session.run_install('pip', 'install', 'other')\n"
    )
    assert "trueup:" in both.run("-R").text
    assert set(both.installed("tests")) == {"demo", "other"}
    assert "trueup:" not in both.run("-R").text
    assert "trueup:" not in both.run("-r", "--no-install").text
    assert "trueup:" in both.run("--no-install").text  # made anew, so there is everything to do


def test_install_only_installs_and_runs_nothing(both: NoxLab) -> None:
    both.noxfile(
        "@nox.session\ndef tests(session):\n"
        "    session.install('demo')\n"
        "    session.run('pip', 'install', 'other')\n"
        "    session.run('python', '-c', 'print(\"RAN\")')\n"
    )
    assert "RAN" not in both.run("--install-only").text
    assert set(both.installed("tests")) == {"demo"}


@pytest.mark.parametrize(
    "form",
    [
        "session.install('no-such-thing')",
        "session.install('-r', 'no-such-file.txt')",
        "session.install('--no-such-option', 'demo')",
        "session.install('./no-such-folder')",
        "session.run_install('uv', 'pip', 'install', 'no-such-thing')",
        "session.run('pip', 'install', 'no-such-thing')",
        "session.run('pip', 'check')",
        "session.run('uv', 'pip', 'uninstall')",
    ],
)
def test_a_failing_install_fails_the_session_with_one_message(either: NoxLab, form: str) -> None:
    either.noxfile(f"@nox.session\ndef tests(session):\n    {form}\n    print('GONE ON')\n")
    for options in ((), ("-r",)):
        told = either.run(*options, ok=False).text
        assert "Session tests failed" in told
        assert "failed with exit code" in told
        assert "GONE ON" not in told
        assert "Traceback" not in told


def test_what_a_failing_install_says_is_said_once(either: NoxLab) -> None:
    either.noxfile("@nox.session\ndef tests(session):\n    session.install('./nowhere')\n")
    told = either.run(ok=False).text
    assert told.count("is not there") == 1
    assert "Session tests failed" in told


def test_keywords_keep_their_meaning(both: NoxLab) -> None:
    both.wheel("demo", "2.0")
    both.noxfile(
        "@nox.session\ndef tests(session):\n"
        "    install = ('pip', 'install')\n"
        "    told = session.run(*install, 'no-such', success_codes=[0, 1], silent=True)\n"
        "    print('FAILED SOFTLY', 'no-such' in told)\n"
        "    old = {'PIP_CONSTRAINT': 'old.txt'}\n"
        "    told = session.run(*install, 'other', silent=True, env=old)\n"
        "    print('TOLD', told.splitlines()[-1].split(' in ')[0])\n"
        "    with open('out.txt', 'w') as out:\n"
        "        session.install('demo==2.0', silent=False, stdout=out)\n"
        "    session.run('pip', 'install', 'other', log=False, silent=True)\n"
        "    try:\n"
        "        session.run('pip', 'install', 'other', success_codes=[7])\n"
        "    except nox.command.CommandFailed as error:\n"
        "        print('CODE', error.reason)\n"
        "    show(session, 'demo.VERSION', 'demo')\n",
        preamble="import trueup_nox, nox.command",
    )
    (both.root / "old.txt").write_text("demo<2\n")
    told = both.run()
    assert told.line("FAILED SOFTLY ") == "True"
    assert told.line("TOLD ") == "Installed 2 distributions (2 downloaded)"
    assert "~ demo 1.0" in (both.root / "out.txt").read_text()
    assert "~ demo 1.0" not in told.text
    assert told.line("CODE ") == "Returned code 0"
    assert told.line("demo.VERSION: ") == "2.0"


def test_projects_extras_and_commands_of_a_session(either: NoxLab) -> None:
    project = make_project(
        either.root,
        "thing",
        requires=("demo",),
        extras={"more": ("other",)},
        entry_points="[console_scripts]\nthing = thing:main\n",
        files={"src/thing/__init__.py": "def main(): print('THING', __file__)\n"},
    )
    either.noxfile(
        "@nox.session\ndef plain(session):\n"
        "    session.install('./thing[more]')\n    session.run('thing')\n"
        "@nox.session\ndef editable(session):\n"
        "    session.install('-e', './thing')\n    session.run('thing')\n"
        "@nox.session\ndef bare(session):\n"
        "    session.install('--no-deps', '-e', './thing[more]')\n"
    )
    told = either.run().text
    assert set(either.installed("plain")) == {"thing", "demo", "other"}
    assert set(either.installed("editable")) == {"thing", "demo"}
    assert set(either.installed("bare")) == {"thing"}
    places = [line.split()[1] for line in told.splitlines() if line.startswith("THING")]
    assert str(either.environment("plain")) in places[0]
    assert places[1] == str(project / "src" / "thing" / "__init__.py")


def test_a_script_is_run_with_its_dependencies(lab: NoxLab) -> None:
    (lab.root / "script.py").write_text(
        '# /// script\n# dependencies = ["other"]\n# ///\n'
        'import other\nprint("SCRIPT", other.VERSION)\n'
    )
    lab.noxfile(
        "@nox.session\ndef tests(session):\n    session.install_and_run_script('script.py')\n"
    )
    assert lab.run().line("SCRIPT ") == "1.0"
    assert set(lab.installed("tests").values()) == {"trueup"}


def test_sync_uninstall_and_lists_are_those_of_the_session(either: NoxLab) -> None:
    (either.root / "exact.txt").write_text("other==1.0\n")
    either.noxfile(
        "@nox.session\ndef tests(session):\n"
        "    session.install('other')\n"
        "    session.run('uv', 'pip', 'sync', 'exact.txt')\n"
        "    def told(*words): return session.run(*words, silent=True)\n"
        "    print('FROZEN', told('pip', 'freeze').split())\n"
        "    print('LISTED', told('python', '-m', 'pip', 'list', '--format=json'))\n"
        "    session.run('pip', 'uninstall', '-y', 'other')\n"
        "    session.install('demo')\n"
        "    session.run('pip', 'uninstall', '-y', WHEEL)\n"
        "    session.run('pip', 'cache', 'remove', 'demo')\n"
        "    print('LEFT', told('uv', 'pip', 'freeze', '-q').split())\n"
    )
    wheel = (either.wheelhouse / "demo-1.0-py3-none-any.whl").as_uri()
    noxfile = either.root / "noxfile.py"
    noxfile.write_text(noxfile.read_text().replace("WHEEL", repr(wheel)))
    told = either.run()
    assert told.line("FROZEN ") == "['other==1.0']"  # `uv pip sync` follows no dependencies
    assert [row["name"] for row in json.loads(told.line("LISTED "))] == ["other"]
    assert told.line("LEFT ") == "[]"


def test_another_destination_is_respected(lab: NoxLab) -> None:
    lab.noxfile(
        "@nox.session\ndef tests(session):\n"
        "    session.run('pip', 'install', '--target', 'vendored', 'demo')\n"
    )
    lab.run()
    assert (lab.root / "vendored" / "demo" / "__init__.py").is_file()
    assert lab.installed("tests") == {}


def test_a_dry_run_changes_nothing_and_check_tells_by_its_code(lab: NoxLab) -> None:
    lab.noxfile(
        "@nox.session\ndef tests(session):\n"
        "    session.run('pip', 'install', '--dry-run', 'demo')\n"
        "    session.run('uv', 'pip', 'install', '--check', 'demo', success_codes=[1])\n"
    )
    assert "Would install 1 distribution" in lab.run().text
    assert lab.installed("tests") == {}


def test_another_backend_beside_it_is_left_to_nox(lab: NoxLab) -> None:
    lab.noxfile(
        "@nox.session\ndef ours(session):\n    session.install('demo')\n"
        "@nox.session(venv_backend='uv')\ndef theirs(session):\n    session.install('demo')\n"
    )
    lab.run()
    assert lab.installed("ours") == {"demo": "trueup"}
    assert lab.installed("theirs") == {"demo": "uv"}


def test_a_function_is_still_run_as_a_function(lab: NoxLab) -> None:
    lab.noxfile(
        "@nox.session\ndef tests(session):\n"
        "    session.run(lambda what: print('CALLED', what), 'x')\n"
    )
    assert lab.run().line("CALLED ") == "x"
