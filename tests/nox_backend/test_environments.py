"""Environments: made by trueup or taken over, and given back to the other backends."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from support.interpreters import HOSTS, find_python
from support.nox_lab import NoxLab, make_project

TESTS = """
@nox.session
def tests(session):
    session.install("demo")
    show(session, "demo.VERSION", "demo")
"""


def _configuration(lab: NoxLab) -> dict[str, str]:
    text = (lab.environment("tests") / "pyvenv.cfg").read_text()
    return {
        key.strip(): value.strip()
        for key, _, value in (each.partition("=") for each in text.splitlines())
    }


def test_a_new_environment_holds_nothing_but_what_was_installed(either: NoxLab) -> None:
    either.noxfile(TESTS)
    either.run()
    assert set(either.installed("tests")) == {"demo"}
    assert (either.root / ".nox" / ".gitignore").is_file() is not either.oldest


def test_a_recreated_environment_is_as_if_from_nothing_and_keeps_what_is_right(
    either: NoxLab,
) -> None:
    either.noxfile(TESTS + "    session.install('other')\n    session.install(*session.posargs)\n")
    either.wheel("stranger")
    either.run("--", "stranger")
    home = either.environment("tests")
    (site,) = home.glob("lib/python*/site-packages")
    kept = (site / "other" / "__init__.py").stat().st_ino
    assert set(either.installed("tests")) == {"demo", "other", "stranger"}
    _spoil(home, site)
    told = either.run("--", "demo")
    assert not told.reused
    assert told.line("demo.VERSION: ") == "1.0"
    assert set(either.installed("tests")) == {"demo", "other"}
    assert not list(home.glob(".trueup/shelf-*"))
    # What was just right was not written again, whatever install of the session brought it.
    assert (site / "other" / "__init__.py").stat().st_ino == kept
    renewed = _tree(home)
    shutil.rmtree(either.root / ".nox")
    either.run("--", "demo")
    assert renewed == _tree(home)


def _spoil(home: Path, site: Path) -> None:
    """Do what people and programs do to an environment, by turns that leave size or time alone."""
    (site / "stray.py").write_text("")
    (site / "other" / "stray.py").write_text("")
    (home / "bin" / "stray").write_text("")
    (home / "stray").mkdir()
    module = site / "demo" / "__init__.py"
    before = module.stat()
    module.write_text(module.read_text().replace("1.0", "6.6"))
    os.utime(module, ns=(before.st_atime_ns, before.st_mtime_ns))
    foreign = site / "foreign-1.0.dist-info"
    foreign.mkdir()
    (foreign / "METADATA").write_text("Metadata-Version: 2.1\nName: foreign\nVersion: 1.0\n")
    (foreign / "INSTALLER").write_text("pip\n")
    cached = site / "other" / "__pycache__"
    cached.mkdir(exist_ok=True)
    (cached / "gone.cpython-311.pyc").write_bytes(b"")
    with open(home / "pyvenv.cfg", "a") as config:
        config.write("stray = yes\n")


def _tree(home: Path) -> dict[str, str]:
    """Return what is in an environment; of bytecode, whose head holds a time, only the names."""
    return {
        str(path.relative_to(home)): ""
        if path.is_dir() or path.suffix == ".pyc"
        else hashlib.sha256(path.read_bytes()).hexdigest()
        for path in home.rglob("*")
        if path.relative_to(home).parts[0] != ".trueup"
    }


def test_each_session_leaves_no_more_than_it_needs(lab: NoxLab) -> None:
    body = "".join(
        f"@nox.session\ndef {name}(session):\n"
        f"    from pathlib import Path\n"
        f"    left = sorted(each.parts[-3] for each in Path('.nox').glob('*/.trueup/shelf-*'))\n"
        f"    print('LEFT', left, flush=True)\n"
        for name in ("first", "second")
    )
    lab.noxfile(body)
    lab.run()
    told = [line for line in lab.run().text.splitlines() if line.startswith("LEFT")]
    assert told == ["LEFT ['first']", "LEFT ['second']"]
    assert not list(lab.root.glob(".nox/*/.trueup/shelf-*"))


def test_what_a_killed_recreation_leaves_is_gone_after_the_next_install(lab: NoxLab) -> None:
    lab.noxfile(TESTS)
    lab.run()
    again = TESTS + "    import os\n    os._exit(1)\n"
    lab.noxfile(again)
    lab.run(ok=False)
    assert list(lab.root.glob(".nox/tests/.trueup/shelf-*"))
    lab.noxfile(TESTS.replace('install("demo")', 'install("demo", "other")'))
    assert lab.run("-r").line("demo.VERSION: ") == "1.0"
    assert not list(lab.root.glob(".nox/tests/.trueup/shelf-*"))


def test_a_reused_environment_keeps_what_is_in_it(either: NoxLab) -> None:
    either.noxfile(TESTS + "    session.install(*session.posargs)\n")
    either.run("--", "other")
    assert either.run("-r", "--", "demo").reused
    assert set(either.installed("tests")) == {"demo", "other"}


@pytest.mark.parametrize(
    "backend", ["virtualenv", "uv", pytest.param("venv", marks=pytest.mark.slow)]
)
def test_an_environment_of_another_backend_is_taken_over_and_given_back(
    either: NoxLab, backend: str
) -> None:
    either.noxfile(TESTS, backend=backend)
    either.run()
    before = either.installed("tests")
    either.wheel("demo", "2.0")
    either.noxfile(TESTS.replace('"demo")\n    show', '"demo>=2", "other")\n    show'))
    told = either.run("-r")
    assert told.reused
    assert told.line("demo.VERSION: ") == "2.0"
    after = either.installed("tests")
    assert after == {**before, "demo": "trueup", "other": "trueup"}
    either.wheel("demo", "3.0")
    either.noxfile(TESTS.replace('"demo")\n    show', '"demo>=3")\n    show'), backend=backend)
    told = either.run("-r")
    assert told.reused
    assert told.line("demo.VERSION: ") == "3.0"


@pytest.mark.parametrize("backend", ["virtualenv", "uv"])
def test_an_environment_that_trueup_made_is_accepted_by_another_backend(
    either: NoxLab, backend: str
) -> None:
    either.noxfile(TESTS)
    either.run()
    either.noxfile(TESTS, backend=backend)
    told = either.run("-r")
    assert told.line("demo.VERSION: ") == "1.0"
    # One that needs a pip makes its own; it does not run into the lack of one.
    assert told.reused is (backend == "uv")


def test_an_environment_whose_python_is_gone_is_made_anew(either: NoxLab) -> None:
    either.noxfile(TESTS)
    either.run()
    for name in ("python", "python3"):
        program = either.environment("tests") / "bin" / name
        program.unlink()
        program.symlink_to("/nowhere/python")
    told = either.run("-r")
    assert told.line("demo.VERSION: ") == "1.0"
    assert "Creating virtual environment (trueup)" in told.text


def test_a_folder_that_is_no_environment_is_replaced(lab: NoxLab) -> None:
    (lab.environment("tests") / "junk").mkdir(parents=True)
    lab.noxfile(TESTS)
    lab.run("-r")
    assert not (lab.environment("tests") / "junk").exists()


def test_another_python_is_found_as_nox_finds_it(either: NoxLab) -> None:
    version = next((each for each in HOSTS if find_python(each) and each != "3.11"), None)
    if version is None:
        pytest.skip("there is only one Python on this machine")
    program = find_python(version)
    assert program is not None
    body = TESTS.replace("@nox.session", f"@nox.session(python={version!r})")
    either.noxfile(body + '    show(session, "sys.version_info[:2]")\n')
    path = os.pathsep.join([str(Path(program).parent), either.variables["PATH"]])
    told = either.run(PATH=path)
    assert told.line("sys.version_info[:2]: ") == str(tuple(map(int, version.split("."))))


def test_a_python_that_is_not_there_skips_or_fails_the_session(either: NoxLab) -> None:
    either.noxfile(TESTS.replace("@nox.session", "@nox.session(python='3.99')"))
    options = () if either.oldest else ("--download-python", "never")
    assert "skipped: Python interpreter 3.99 not found" in either.run(*options).text
    either.run("--error-on-missing-interpreters", *options, ok=False)


def test_parameters_that_trueup_knows_are_honoured(either: NoxLab) -> None:
    parameters = "['--system-site-packages', '--prompt', 'mine', '--no-download']"
    either.noxfile(TESTS.replace("@nox.session", f"@nox.session(venv_params={parameters})"))
    assert "Creating virtual environment (trueup)" in either.run().text
    assert _configuration(either)["include-system-site-packages"] == "true"
    assert _configuration(either)["prompt"] == "'mine'"


def test_parameters_of_another_program_are_its_own(lab: NoxLab) -> None:
    lab.noxfile(TESTS.replace("@nox.session", "@nox.session(venv_params=['--relocatable'])"))
    told = lab.run().text
    assert "Creating virtual environment (uv)" in told
    assert lab.installed("tests") == {"demo": "trueup"}


def test_what_a_noxfile_asks_of_its_environment_is_told_as_before(either: NoxLab) -> None:
    either.noxfile(
        TESTS
        + "    print('BIN', session.bin)\n"
        + "    print('BACKEND', session.virtualenv.venv_backend)\n"
        + "    show(session, \"os.environ['VIRTUAL_ENV']\", 'os')\n"
    )
    told = either.run()
    home = either.environment("tests")
    assert told.line("BIN ") == str(home / "bin")
    assert told.line("BACKEND ") == "uv"
    assert told.line("os.environ['VIRTUAL_ENV']: ") == str(home)


def test_without_uv_the_backend_is_told_as_virtualenv(lab: NoxLab) -> None:
    lab.noxfile(
        "@nox.session\ndef tests(session):\n    print('BACKEND', session.virtualenv.venv_backend)\n"
    )
    hidden = "import sys; sys.modules['uv'] = None\nimport trueup_nox"
    body = (lab.root / "noxfile.py").read_text().replace("import trueup_nox", hidden)
    (lab.root / "noxfile.py").write_text(body)
    assert lab.run(PATH="/usr/bin:/bin").line("BACKEND ") == "virtualenv"


def test_the_real_uv_works_on_the_environment(lab: NoxLab) -> None:
    make_project(lab.root, "thing")
    lab.noxfile(
        TESTS
        + "    print('UV', session.run('uv', 'pip', 'freeze', '-q', silent=True).split())\n"
        + "    session.run('uv', 'pip', 'check')\n"
    )
    assert lab.run().line("UV ") == "['demo==1.0']"


def test_pip_that_a_session_installs_is_its_own_and_installs_stay_ours(lab: NoxLab) -> None:
    lab.noxfile(
        "@nox.session\ndef tests(session):\n"
        "    session.install('pip', env={'PIP_FIND_LINKS': HOUSE, 'UV_FIND_LINKS': HOUSE})\n"
        "    session.run('pip', 'check')\n"
        "    session.run('python', '-m', 'pip', 'install', 'demo')\n",
        preamble=f"import trueup_nox\nHOUSE = {_house_of_pip(lab)!r}",
    )
    assert "No broken requirements" in lab.run().text
    assert lab.installed("tests") == {"pip": "trueup", "demo": "trueup"}


def _house_of_pip(lab: NoxLab) -> str:
    from importlib import metadata

    from support.wheels import make_wheel

    pip = metadata.distribution("pip")
    root = Path(str(pip.locate_file("")))
    files = {
        str(each): (root / str(each)).read_bytes()
        for each in pip.files or ()
        if str(each).startswith("pip/") and str(each).endswith((".py", ".txt", ".pem"))
    }
    scripts = "[console_scripts]\npip = pip._internal.cli.main:main\n"
    house = lab.root / "house-of-pip"
    make_wheel(house, "pip", pip.version, files=files, entry_points=scripts)
    return str(house)


def test_the_noxfiles_see_the_trueup_under_test(lab: NoxLab) -> None:
    lab.noxfile(TESTS + "print('WHERE', trueup_nox.__file__)\n")
    here = find_spec("trueup_nox")
    assert here is not None
    assert lab.run("-l").line("WHERE ") == here.origin
    assert lab.python == sys.executable
