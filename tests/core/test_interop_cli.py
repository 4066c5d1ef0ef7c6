"""pip and uv on what `trueup install` made, and `trueup` on what they made."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.command import Shell, make_shell
from support.housing import Tree
from support.interpreters import TARGETS, need_python
from support.laboratory import find_uv


def _pip(shell: Shell, *arguments: str) -> str:
    python = shell.environment.interpreter.executable
    more = ["--disable-pip-version-check", "--python", python]
    return _run(shell, sys.executable, "-m", "pip", *more, *arguments)


def _uv(shell: Shell, verb: str, *arguments: str) -> str:
    python = shell.environment.interpreter.executable
    return _run(shell, find_uv(), "pip", verb, "--python", python, *arguments)


def _run(shell: Shell, *command: str) -> str:
    done = subprocess.run(
        command, cwd=shell.root, env=shell.variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _files(shell: Shell) -> Tree:
    """Return every file of the environment but the lock that uv leaves there."""
    return {path: found for path, found in shell.tree.items() if path != ".lock"}


def _rows(listed: str) -> list[tuple[Any, Any]]:
    return [(one["name"], one["version"]) for one in json.loads(listed)]


def test_pip_and_uv_list_show_check_and_uninstall_what_trueup_installed(shell: Shell) -> None:
    before = _files(shell)
    shell.works("alpha", "gamma")
    everything = [("alpha", "1.0"), ("beta", "2.0"), ("gamma", "1.0")]
    assert _rows(_pip(shell, "list", "--format=json")) == everything
    assert _rows(_uv(shell, "list", "--format=json")) == everything
    shown = _pip(shell, "show", "--files", "beta")
    assert "Installer: trueup" in _pip(shell, "show", "--verbose", "beta")
    assert "Required-by: alpha" in shown
    assert "../../../bin/beta-run" in shown
    assert "Required-by: alpha" in _uv(shell, "show", "beta")
    assert "No broken requirements found." in _pip(shell, "check")
    _uv(shell, "check")
    _pip(shell, "uninstall", "-y", "beta", "gamma")
    _uv(shell, "uninstall", "alpha")
    assert _files(shell) == before


@pytest.mark.parametrize("by", ["pip", "uv"])
def test_trueup_lists_keeps_upgrades_and_uninstalls_what_others_installed(
    shell: Shell, by: str
) -> None:
    before = _files(shell)
    source = ("--no-index", "--find-links", str(shell.house))
    if by == "pip":
        _pip(shell, "install", *source, "alpha", "beta==1.0")
    else:
        _uv(shell, "install", *source, "alpha", "beta==1.0")
    told = shell("list", "--json").json
    assert [(one["name"], one["version"], one["installer"]) for one in told] == [
        ("alpha", "1.0", by),
        ("beta", "1.0", by),
    ]
    assert shell.works("alpha", TRUEUP_RESOLVER="nobody").out.startswith("Nothing to do")
    shell.works("-U", "alpha")
    assert shell.installed == {"alpha": "1.0", "beta": "2.0"}
    assert not (shell.site / "beta" / "only_1.py").exists()
    assert shell("uninstall", "alpha", "beta").code == 0
    assert _files(shell) == before


@pytest.mark.parametrize("by", ["pip", "uv"])
def test_others_upgrade_what_trueup_installed_and_trueup_sees_it(shell: Shell, by: str) -> None:
    shell.works("beta==1.0")
    source = ("--no-index", "--find-links", str(shell.house))
    if by == "pip":
        _pip(shell, "install", *source, "beta==2.0")
    else:
        _uv(shell, "install", *source, "beta==2.0")
    assert shell.installed == {"beta": "2.0"}
    assert shell.works("beta>=2", TRUEUP_RESOLVER="nobody").out.startswith("Nothing to do")
    shell.works("beta==1.0")
    assert shell.runs("import beta; print(beta.VERSION)") == "1.0"
    assert "No broken requirements found." in _pip(shell, "check")


@pytest.mark.parametrize("version", TARGETS)
def test_real_packages_install_for_every_python(version: str, tmp_path: Path, house: Path) -> None:
    shell = make_shell(tmp_path, house, need_python(version))
    shell.works("alpha")
    assert shell.runs("import sys, beta; print('%d.%d' % sys.version_info[:2])") == version
    done = shell("install", "requests", "markupsafe")
    if "No route" in done.err or "could not be got" in done.err:
        pytest.skip("no index within reach")
    assert done.code == 0, done.err
    code = "import requests, markupsafe; print(markupsafe.escape('<'))"
    assert shell.runs(code) == "&lt;"
    _uv(shell, "check")
    if version not in {"3.8", "3.9"}:  # no pip of today looks into these
        assert "No broken requirements found." in _pip(shell, "check")
    assert shell("install", "requests", "markupsafe").out.startswith("Nothing to do")
