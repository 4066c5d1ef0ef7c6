"""A refresh knows with which extras a project was asked for."""

from __future__ import annotations

from pathlib import Path

from support.command import Shell
from support.projects import lay_project, project_files
from trueup.api.extras import read_extras


def _lay(shell: Shell, version: str = "1.0", **extras: str) -> Path:
    files = project_files(version=version)
    rows = "".join(f'{name} = ["{need}"]\n' for name, need in extras.items())
    files["pyproject.toml"] += f"[project.optional-dependencies]\n{rows}"
    return lay_project(shell.root / "tree", files)


def _refresh(shell: Shell) -> None:
    done = shell("refresh", PIP_NO_INDEX="1", PIP_FIND_LINKS=str(shell.house))
    assert done.code == 0, done.err


def test_a_refresh_brings_what_an_extra_needs_since(shell: Shell) -> None:
    _lay(shell, test="beta<2", docs="gamma")
    shell.works("-e", "./tree[test]")
    assert set(shell.installed) == {"local", "beta"}
    _lay(shell, version="1.1", test="alpha", docs="delta")
    _refresh(shell)
    assert set(shell.installed) == {"local", "beta", "alpha"}
    assert shell.installed["local"] == "1.1"


def test_a_refresh_brings_what_a_project_needs_since_and_no_extra(shell: Shell) -> None:
    tree = _lay(shell, test="gamma")
    shell.works("-e", "./tree")
    text = (tree / "pyproject.toml").read_text()
    (tree / "pyproject.toml").write_text(
        text.replace("dependencies = []", 'dependencies = ["beta"]', 1)
    )
    _refresh(shell)
    assert set(shell.installed) == {"local", "beta"}


def test_extras_add_up_and_an_exact_request_replaces_them(shell: Shell) -> None:
    _lay(shell, test="beta<2", docs="delta")
    shell.works("-e", "./tree[test]")
    assert "Nothing to do" in shell.works("-e", "./tree").out
    shell.works("-e", "./tree[docs]")
    assert read_extras(shell.environment) == {"local": frozenset({"test", "docs"})}
    done = shell("sync", "--no-index", "-f", shell.house, "-e", "./tree[docs]")
    assert done.code == 0, done.err
    assert read_extras(shell.environment) == {"local": frozenset({"docs"})}
    assert set(shell.installed) == {"local", "delta"}


def test_an_extra_is_forgotten_with_its_project(shell: Shell) -> None:
    _lay(shell, test="beta<2")
    shell.works("-e", "./tree[test]")
    shell("uninstall", "local")
    lay_project(shell.root / "other", project_files("other"))
    shell.works("-e", "./other[none]")
    assert read_extras(shell.environment) == {"other": frozenset({"none"})}


def test_a_record_that_makes_no_sense_is_none(shell: Shell) -> None:
    _lay(shell, test="beta<2")
    shell.works("-e", "./tree[test]")
    record = Path(shell.environment.state) / "extras.json"
    for content in ("", "[]", '{"version": 9}', '{"version": 1, "extras": {"local": 3}}'):
        record.write_text(content)
        assert read_extras(shell.environment) == {}
