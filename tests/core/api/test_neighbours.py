"""Projects that other projects need by path: never stale, and never built for nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.command import NOBODY, Shell
from support.projects import lay_project, project_files
from support.wheels import make_wheel
from trueup.acquisition.store import open_store
from trueup.api.answering import Built
from trueup.api.neighbours import without_places
from trueup.resolution.artifact import Artifact, Directory


def _lay(shell: Shell, name: str, *needs: str, version: str = "1.0") -> Path:
    return lay_project(shell.root / name, project_files(name, version, dependencies=needs))


def _at(shell: Shell, name: str) -> str:
    return f"{name} @ {(shell.root / name).as_uri()}"


def _chain(shell: Shell) -> None:
    """Lay first, which needs second by path, which needs third by path, which needs beta."""
    _lay(shell, "third", "beta<2")
    _lay(shell, "second", _at(shell, "third"))
    _lay(shell, "first", _at(shell, "second"))


def _edit(tree: Path) -> None:
    (tree / "src" / tree.name / "__init__.py").write_text("VERSION = 'edited'\n")


@pytest.mark.parametrize("resolver", ["uv", "pip"])
def test_what_is_needed_by_path_is_built_once_and_then_judged(shell: Shell, resolver: str) -> None:
    _chain(shell)
    shell.works("-e", "./first", TRUEUP_RESOLVER=resolver)
    assert set(shell.installed) == {"first", "second", "third", "beta"}
    assert "Nothing to do" in shell.works("-e", "./first", **NOBODY).out
    assert shell("check").code == 0
    _edit(shell.root / "third")
    assert shell("check").code == 1
    done = shell.works("--json", "-e", "./first", **NOBODY)  # what it needs is there
    assert [one["name"] for one in done.json["added"]] == ["third"]
    assert shell.runs("import third; print(third.VERSION)") == "edited"
    assert shell("check").code == 0
    assert not (shell.site / "third-1.0.dist-info" / "REQUESTED").exists()
    assert (shell.site / "first-1.0.dist-info" / "REQUESTED").exists()


def test_a_new_dependency_of_a_neighbour_is_seen_at_once(shell: Shell) -> None:
    _chain(shell)
    shell.works("-e", "./first")
    _lay(shell, "third", "beta<2", "delta", version="1.1")
    done = shell.works("-e", "./first")
    assert "third is built again" in done.err
    assert shell.installed["third"] == "1.1"
    assert "delta" in shell.installed


def test_a_neighbour_that_is_stale_is_refreshed(shell: Shell) -> None:
    _chain(shell)
    shell.works("./first")
    _edit(shell.root / "second")
    done = shell("refresh")
    assert done.code == 0, done.err
    assert shell.runs("import second; print(second.VERSION)") == "edited"
    assert shell("check").code == 0


def test_a_neighbour_that_is_editable_stays_so(shell: Shell) -> None:
    _chain(shell)
    shell.works("-e", "./second")
    shell.works("-e", "./first")
    editable = {one["name"] for one in shell("list", "-e", "--json").json}
    assert editable == {"first", "second"}
    assert "Nothing to do" in shell.works("-e", "./first", **NOBODY).out


def test_projects_that_need_each_other_are_installed(shell: Shell) -> None:
    _lay(shell, "second", _at(shell, "first"))
    _lay(shell, "first", _at(shell, "second"))
    shell.works("-e", "./first")
    assert set(shell.installed) == {"first", "second"}
    assert "Nothing to do" in shell.works("-e", "./first", **NOBODY).out


def test_without_dependencies_no_neighbour_is_built(shell: Shell) -> None:
    _chain(shell)
    shell.works("--no-deps", "-e", "./first", **NOBODY)
    assert set(shell.installed) == {"first"}


def test_a_directory_of_a_requirement_file_is_judged(shell: Shell) -> None:
    _lay(shell, "first")
    (shell.root / "all.txt").write_text(f"{_at(shell, 'first')}\n")
    shell.works("-r", "all.txt")
    assert "Nothing to do" in shell.works("-r", "all.txt", **NOBODY).out
    _edit(shell.root / "first")
    assert "first is built again" in shell.works("-r", "all.txt").err
    assert shell.runs("import first; print(first.VERSION)") == "edited"


def test_a_directory_of_a_constraint_is_judged(shell: Shell) -> None:
    _lay(shell, "first")
    (shell.root / "limits.txt").write_text(f"{_at(shell, 'first')}\n")
    shell.works("-c", "limits.txt", "first")
    _edit(shell.root / "first")
    assert shell("check").code == 1
    shell.works("-c", "limits.txt", "first")
    assert shell.runs("import first; print(first.VERSION)") == "edited"
    assert shell("check").code == 0


@pytest.mark.parametrize("editable", [True, False])
def test_a_directory_of_a_lock_is_judged(shell: Shell, editable: bool) -> None:
    _lay(shell, "first")
    (shell.root / "pylock.toml").write_text(
        'lock-version = "1.0"\ncreated-by = "hand"\n[[packages]]\nname = "first"\n'
        f'[packages.directory]\npath = "./first"\neditable = {str(editable).lower()}\n'
    )
    shell.works("-r", "pylock.toml", **NOBODY)
    assert shell("check").code == 0
    assert "Nothing to do" in shell.works("-r", "pylock.toml", **NOBODY).out
    _lay(shell, "first", version="1.1")
    assert shell("check").code == 1
    shell.works("-r", "pylock.toml", **NOBODY)
    assert shell.installed == {"first": "1.1"}


def test_metadata_asks_for_known_projects_by_name_alone(tmp_path: Path) -> None:
    known, other = tmp_path / "known", tmp_path / "other"
    known.mkdir()
    other.mkdir()
    needs = [
        f"known[more] @ {known.as_uri()} ; python_version > '3'",
        f"other @ {other.as_uri()}",
        "named>=1",
    ]
    head = "Metadata-Version: 2.1\nName: demo\nVersion: 1\n"
    text = f"\n\nRequires-Dist: known @ {known.as_uri()} is no header here\n"
    content = head + "\n".join(f"Requires-Dist: {each}" for each in needs) + text
    needs[0] = 'known[more]; python_version > "3"'
    expected = head + "\n".join(f"Requires-Dist: {each}" for each in needs) + text
    assert without_places(content.encode(), {str(known.resolve())}).decode() == expected


def test_a_build_lends_its_metadata(tmp_path: Path, store_root: Path) -> None:
    pack = open_store(str(store_root)).add_wheel(str(make_wheel(tmp_path, requires=["other>=1"])))
    (tmp_path / "metadata").mkdir()
    built = Built(Artifact("demo", "1.0", Directory(str(tmp_path))), pack)
    path = built.metadata_wheel(str(tmp_path / "metadata"))
    assert Path(path).name == "demo-1.0-py3-none-any.whl"
    assert b"Requires-Dist: other>=1" in built.metadata
