"""Which command lines trueup takes over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trueup.errors import RequestError
from trueup_nox.commands import Errand, Inside, understand

BIN = "/env/bin"
INSIDE = Inside(lambda name: name in {"python", "python3", f"{BIN}/python", f"{BIN}/pip"})
WITH_PIP = Inside(INSIDE.has, pip=True)


@pytest.mark.parametrize(
    ("line", "verb", "arguments"),
    [
        ("pip install six", "install", "six"),
        ("pip3 install six", "install", "six"),
        ("pip3.12 install six", "install", "six"),
        (f"{BIN}/pip install six", "install", "six"),
        ("python -m pip install -e .", "install", "-e ."),
        ("python3 -m pip install -e .", "install", "-e ."),
        (f"{BIN}/python -I -m pip install -r x.txt", "install", "-r x.txt"),
        ("python -W error -X dev -mpip install six", "install", "six"),
        ("uv pip install --reinstall-package a a", "install", "--reinstall-package a a"),
        ("uv --offline --color never pip install six", "install", "--offline --color never six"),
        ("uv pip -q install six", "install", "-q six"),
        ("uv pip sync a.txt", "sync", "a.txt"),
        ("python -m uv pip install six", "install", "six"),
        (f"{BIN}/python -m uv -q pip sync a.txt", "sync", "-q a.txt"),
        ("pip --proxy http://p install six", "install", "--proxy http://p six"),
        ("pip uninstall -y six", "uninstall", "-y six"),
        ("uv pip uninstall six", "uninstall", "six"),
        ("pip cache purge", "cache", "purge"),
        ("python -m pip cache remove six", "cache", "remove six"),
        ("pip freeze", "list", "--format freeze"),
        ("pip list --format json", "list", "--format json"),
    ],
)
def test_an_install_of_any_spelling_is_an_errand(line: str, verb: str, arguments: str) -> None:
    assert understand(line.split(), INSIDE) == Errand(verb, tuple(arguments.split()))  # type: ignore[arg-type] # verbs


@pytest.mark.parametrize(
    "line",
    [
        "pytest -q",
        "python -c pip install six",
        "python script.py -m pip install six",
        "python -m pytest",
        "python -m",
        "/elsewhere/python -m pip install six",
        "/elsewhere/pip install six",
        "python3.9 -m pip install six",
        "uv sync --locked",
        "python -m uv sync",
        "/elsewhere/python -m uv pip install six",
        "uv pip compile x.in",
        "uv pip list",
        "uv pip check",
        "uv run pip install six",
        "uvx pip install six",
        "pipx install six",
        "uv",
        "uv pip",
    ],
)
def test_everything_else_is_left_to_its_own_program(line: str) -> None:
    assert understand(line.split(), INSIDE) is None


@pytest.mark.parametrize(
    "line", ["pip check", "pip wheel .", "python -m pip download six", "pip cache dir", "pip"]
)
def test_what_needs_a_real_pip_is_refused_where_there_is_none(line: str) -> None:
    with pytest.raises(RequestError, match="needs pip") as caught:
        understand(line.split(), INSIDE)
    assert 'session.install("pip")' in caught.value.hint


@pytest.mark.parametrize(
    "line", ["pip check", "pip list", "pip freeze", "python -m pip wheel .", "pip cache purge"]
)
def test_a_real_pip_that_is_there_does_its_own_work(line: str) -> None:
    assert understand(line.split(), WITH_PIP) is None


@given(st.lists(st.text(min_size=1), max_size=5))
def test_the_arguments_of_an_install_arrive_as_they_are(arguments: list[str]) -> None:
    found = understand(["python", "-m", "pip", "install", *arguments], INSIDE)
    assert found == Errand("install", tuple(arguments))
