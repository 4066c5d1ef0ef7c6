"""What a run imports: an install out of the store loads nothing that it does not use."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from support.command import Shell
from trueup.destination.creation import create_environment
from trueup.destination.facts import interpreter_facts

# Each of these costs milliseconds, and is there for downloads, for builds, for local projects, for
# the environment of the running process, or for what is read of other people's installs.
UNUSED = frozenset(
    [
        "asyncio",
        "concurrent.futures",
        "csv",
        "email",
        "http.client",
        "importlib.metadata",
        "installer",
        "multiprocessing",
        "pickle",
        "pluggy",
        "requests",
        "rich",
        "ssl",
        "tempfile",
        "tomllib",
        "urllib.request",
        "urllib3",
        "uuid",
        "zipfile",
        "trueup.acquisition.builder",
        "trueup.acquisition.download",
        "trueup.acquisition.fetch",
        "trueup.acquisition.wheel",
        "trueup.api.judging",
        "trueup.api.projects",
        "trueup.api.remaking",
        "trueup.api.uninstalling",
        "trueup.destination.creation",
        "trueup.freshness.editables.judging",
        "trueup.freshness.footing",
        "trueup.freshness.sight",
        "trueup.hooks",
        "trueup.importability.change",
        "trueup.importability.sighting",
    ]
)

# What parses and decides, which an install that was done once does without.
DECIDING = frozenset(
    [
        "argparse",
        "configparser",
        "dataclasses",
        "inspect",
        "logging",
        "packaging.requirements",
        "packaging.tags",
        "packaging.version",
        "shutil",
        "subprocess",
        "typing",
        "urllib.parse",
        "trueup.api.answering",
        "trueup.api.front",
        "trueup.api.installing",
        "trueup.api.workshop",
        "trueup.cli.commands",
        "trueup.cli.parser",
        "trueup.resolution",
    ]
)


# What making an environment does without, too: it does nothing but make some directories and files.
HEAVIER = frozenset(
    [
        "collections",
        "functools",
        "hashlib",
        "json",
        "platformdirs",
        "re",
        "sysconfig",
        "threading",
        "trueup.acquisition.pack",
        "trueup.acquisition.store",
        "trueup.destination.lock",
        "trueup.destination.probe",
        "trueup.destination.shelf",
    ]
)


def _imports(errors: str) -> set[str]:
    """Return the modules that a process told of under PYTHONPROFILEIMPORTTIME."""
    lines = (line for line in errors.splitlines() if line.startswith("import time:"))
    return {line.rpartition("|")[2].strip() for line in lines}


def test_an_install_out_of_the_store_imports_only_what_it_uses(shell: Shell) -> None:
    shell.works("alpha", "gamma")
    again = shell.root / "again"
    create_environment(str(again), interpreter_facts(sys.executable))
    done = shell.works("-p", again, "alpha", "gamma", PYTHONPROFILEIMPORTTIME="1")
    assert "Installed 3 distributions" in done.out
    loaded = _imports(done.err)
    assert {"trueup.installation.transfer", "trueup.api.installing"} <= loaded
    assert loaded & UNUSED == set()


def test_an_install_that_was_done_once_imports_nothing_that_parses(shell: Shell) -> None:
    for name in ("first", "second"):
        place = shell.root / name
        create_environment(str(place), interpreter_facts(sys.executable))
        done = shell.works("-p", place, "alpha", "gamma", PYTHONPROFILEIMPORTTIME="1")
    assert "Installed 3 distributions" in done.out
    loaded = _imports(done.err)
    assert {"trueup.installation.transfer", "trueup.api.repeating"} <= loaded
    assert loaded & (UNUSED | DECIDING) == set()


@pytest.mark.skipif(os.name != "posix", reason="elsewhere the interpreter's own venv makes it")
@pytest.mark.parametrize("named", [(), ("-p", sys.executable)], ids=["running", "named"])
@pytest.mark.parametrize("place", ["TRUEUP_CACHE_DIR", "XDG_CACHE_HOME"])
def test_making_an_environment_imports_next_to_nothing(
    shell: Shell, named: tuple[str, ...], place: str
) -> None:
    variables = {"TRUEUP_CACHE_DIR": "", place: str(shell.root / "store")}
    for name in ("first", "second"):
        done = shell("venv", name, *named, PYTHONPROFILEIMPORTTIME="1", **variables)
        assert done.code == 0
        assert done.out.startswith(f"Made {shell.root / name}")
    nothing = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import runpy"], capture_output=True, text=True,
        check=True, env=shell.variables,
    )  # fmt: skip
    loaded = _imports(done.err) - _imports(nothing.stderr)
    assert {"trueup.destination.creation", "trueup.cli.environment_commands"} <= loaded
    own = {"trueup.destination.creation"}
    assert loaded & (UNUSED | DECIDING | HEAVIER) - own == set()
