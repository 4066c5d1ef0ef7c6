"""Every mechanism against every edit: never fresh where a build would give something else."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.editable_edits import (
    FOREIGN,
    LICENCES,
    METADATA,
    MODULES,
    NOTHING,
    OUTPUTS,
    PLACES,
    REPOSITORY,
    SOURCES,
    TOP,
    Edit,
)
from support.editable_projects import ALL, NATIVE, PURE, VERSIONED, install_editable
from trueup.freshness.verdict import Fresh, Stale, Unknown

from .conftest import Laboratory

Enter = Callable[[str], Laboratory]
Edits = dict[str, Edit]

SLOW = {"redirected", "skin", "mesonic", "rusty"}  # they need CMake, Meson and Cargo
REWRITES = {"poetic", "ultra", "rusty"}  # markers: the disk shows another spelling than the source


def _cases(names: object, *edits: Edits) -> list[object]:
    found: list[object] = []
    for name in names if isinstance(names, list | set | dict) else ():
        for each in edits:
            for title, edit in each.items():
                marks = [pytest.mark.slow] if name in SLOW else []
                found.append(pytest.param(name, title, edit, id=f"{name}-{title}", marks=marks))
    return found


def _edited(enter: Enter, name: str, edit: Edit) -> Laboratory:
    laboratory = enter(name)
    edit(laboratory.project(name), ALL[name])
    return laboratory


@pytest.mark.parametrize(("name", "title", "edit"), _cases(sorted(ALL), METADATA, PLACES))
def test_what_a_build_would_write_otherwise_is_stale(
    laboratory: Enter, name: str, title: str, edit: Edit
) -> None:
    if title == "version" and ALL[name].dynamic:
        return
    judged = _edited(laboratory, name, edit).judge(name)
    if title == "extra's marker" and name in REWRITES:
        assert isinstance(judged.verdict, Unknown)
        return
    assert isinstance(judged.verdict, Stale)
    assert all(reason.message and reason.path for reason in judged.verdict.reasons)
    assert judged.command


COPIED = sorted(set(ALL) - {"ultra", "mesonic"})


@pytest.mark.parametrize(("name", "title", "edit"), _cases(COPIED, LICENCES))
def test_a_licence_that_is_copied_is_stale_with_its_source(
    laboratory: Enter, name: str, title: str, edit: Edit
) -> None:
    judged = _edited(laboratory, name, edit).judge(name)
    assert isinstance(judged.verdict, Stale), title
    assert "licence" in judged.verdict.reasons[0].message


@pytest.mark.parametrize(("name", "title", "edit"), _cases(sorted(PURE), NOTHING))
def test_what_changes_nothing_is_fresh(
    laboratory: Enter, name: str, title: str, edit: Edit
) -> None:
    assert _edited(laboratory, name, edit).judge(name).verdict == Fresh(), title


_COPIES = {key: edit for key, edit in NOTHING.items() if key != "all touched"}


@pytest.mark.parametrize(("name", "title", "edit"), _cases(sorted(NATIVE), _COPIES))
def test_what_is_compiled_is_never_called_fresh_and_not_stale_without_a_reason(
    laboratory: Enter, name: str, title: str, edit: Edit
) -> None:
    judged = _edited(laboratory, name, edit).judge(name)
    assert isinstance(judged.verdict, Unknown), title
    assert "no trace on disk" in judged.verdict.reason


@pytest.mark.parametrize(
    ("name", "title", "edit"), _cases(sorted(set(PURE) - {"strictly"}), MODULES)
)
def test_modules_of_a_known_package_come_and_go_by_themselves(
    laboratory: Enter, name: str, title: str, edit: Edit
) -> None:
    assert _edited(laboratory, name, edit).judge(name).verdict == Fresh(), title


@pytest.mark.parametrize(("name", "title", "edit"), _cases(["strictly"], MODULES))
def test_a_tree_of_links_knows_no_module_that_comes_or_goes(
    laboratory: Enter, name: str, title: str, edit: Edit
) -> None:
    judged = _edited(laboratory, name, edit).judge(name)
    assert isinstance(judged.verdict, Stale), title
    assert "tree of links" in judged.verdict.reasons[0].message


@pytest.mark.parametrize(
    ("name", "title", "edit"), _cases(["flatly", "strictly", "extended", "hooked"], TOP)
)
def test_a_hook_does_not_know_a_new_package(
    laboratory: Enter, name: str, title: str, edit: Edit
) -> None:
    judged = _edited(laboratory, name, edit).judge(name)
    assert isinstance(judged.verdict, Stale), title
    assert any("another" in reason.message for reason in judged.verdict.reasons)


@pytest.mark.parametrize(
    ("name", "title", "edit"), _cases(["hatched", "flitted", "poetic", "ultra"], TOP)
)
def test_a_path_leads_to_a_new_package_too(
    laboratory: Enter, name: str, title: str, edit: Edit
) -> None:
    assert _edited(laboratory, name, edit).judge(name).verdict == Fresh(), title


@pytest.mark.parametrize(("name", "title", "edit"), _cases(["sourced", "compatibly"], TOP))
def test_the_metadata_of_setuptools_does_not_know_a_new_package(
    laboratory: Enter, name: str, title: str, edit: Edit
) -> None:
    judged = _edited(laboratory, name, edit).judge(name)
    assert isinstance(judged.verdict, Stale), title
    assert "top_level.txt" in judged.verdict.reasons[0].message


@pytest.mark.parametrize(
    ("name", "title", "edit"),
    [
        *_cases(sorted(set(NATIVE) - {"mesonic"}), SOURCES),
        *_cases(["extended", "skin", "rusty"], OUTPUTS),
        *_cases(["extended", "skin"], FOREIGN),
    ],
)
def test_extension_modules_that_are_missing_old_or_foreign_are_stale(
    laboratory: Enter, name: str, title: str, edit: Edit
) -> None:
    assert isinstance(_edited(laboratory, name, edit).judge(name).verdict, Stale), title


@pytest.mark.slow
def test_an_extension_module_in_the_environment_that_is_missing_is_stale(laboratory: Enter) -> None:
    found = laboratory("redirected")
    for path in found.library.glob("redirected/*.so"):
        path.unlink()
    assert isinstance(found.judge("redirected").verdict, Stale)


@pytest.mark.slow
def test_a_module_that_meson_names_and_that_is_gone_is_stale(laboratory: Enter) -> None:
    judged = _edited(laboratory, "mesonic", MODULES["deleted module"]).judge("mesonic")
    assert isinstance(judged.verdict, Stale)
    assert "meson.build" in judged.verdict.reasons[0].message


@pytest.mark.parametrize("name", sorted(VERSIONED))
def test_a_version_of_the_repository_that_is_installed_is_fresh(
    laboratory: Enter, name: str
) -> None:
    assert laboratory(name).judge(name).verdict == Fresh()


@pytest.mark.parametrize(("name", "title", "edit"), _cases(sorted(VERSIONED), REPOSITORY))
def test_a_version_of_the_repository_follows_commits_tags_and_edits(
    laboratory: Enter, name: str, title: str, edit: Edit
) -> None:
    judged = _edited(laboratory, name, edit).judge(name)
    assert isinstance(judged.verdict, Stale), title
    assert judged.verdict.reasons[0].kind == "repository"


def test_a_version_file_that_was_deleted_or_edited_is_stale(laboratory: Enter) -> None:
    found = laboratory("scmed")
    path = found.project("scmed") / "src" / "scmed" / "_version.py"
    text = path.read_text()
    path.write_text(text.replace("1.0", "3.0"))
    edited = found.judge("scmed").verdict
    path.unlink()
    deleted = found.judge("scmed").verdict
    assert isinstance(edited, Stale)
    assert edited.reasons[0].kind == "output changed"
    assert isinstance(deleted, Stale)
    assert deleted.reasons[0].kind == "output missing"


def test_what_somebody_wrote_into_a_version_file_is_not_fresh(laboratory: Enter) -> None:
    found = laboratory("scmed")
    path = found.project("scmed") / "src" / "scmed" / "_version.py"
    text = path.read_text()
    path.write_text(text + "MORE = 1\n")
    assert found.judge("scmed").verdict == Unknown(
        "whether src/scmed/_version.py is as a build makes it"
    )
    path.write_text(text)
    assert found.judge("scmed").verdict == Fresh()


@pytest.mark.parametrize("name", sorted(PURE))
def test_without_the_file_that_leads_to_the_project_it_is_stale(
    laboratory: Enter, name: str
) -> None:
    found = laboratory(name)
    (path,) = [one for one in found.library.glob("*.pth") if name in one.name]
    path.unlink()
    judged = found.judge(name)
    assert isinstance(judged.verdict, Stale)
    assert str(path) in judged.verdict.reasons[0].message


@pytest.mark.parametrize("name", ["flatly", "hooked", "exactly"])
def test_without_the_import_hook_it_is_stale(laboratory: Enter, name: str) -> None:
    found = laboratory(name)
    (path,) = [one for one in found.library.glob("*.py") if name in one.name]
    path.unlink()
    assert isinstance(found.judge(name).verdict, Stale)


def test_without_its_tree_of_links_it_is_stale_as_after_git_clean(laboratory: Enter) -> None:
    found = laboratory("strictly")
    shutil.rmtree(found.project("strictly") / "build")
    judged = found.judge("strictly")
    assert isinstance(judged.verdict, Stale)
    assert "tree of links" in judged.verdict.reasons[0].message


def test_judging_runs_nothing_and_leaves_nothing_behind(laboratory: Enter) -> None:
    found = laboratory("flatly")
    for module in (
        *found.library.glob("__editable__*.py"),
        found.project("flatly") / "flatly" / "__init__.py",
    ):
        module.write_text(module.read_text() + "\nraise SystemExit('it was run')\n")
    before = sorted(found.root.rglob("*"))
    assert found.judge("flatly").verdict == Fresh()
    assert sorted(found.root.rglob("*")) == before


MENDED = [
    *(("version", name) for name in ("sourced", "hatched", "flitted")),
    ("dependency added", "poetic"),
    ("dependency removed", "ultra"),
    ("extra added", "pathed"),
    ("entry point target", "exactly"),
    ("requires-python", "compatibly"),
    ("description", "hooked"),
    ("readme", "sourced"),
]


@pytest.mark.parametrize(("title", "name"), MENDED)
def test_the_command_that_is_named_mends_it(
    laboratory: Enter, title: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = _edited(laboratory, name, METADATA[title])
    judged = found.judge(name)
    assert isinstance(judged.verdict, Stale)
    _carry_out(judged.command, monkeypatch)
    assert found.judge(name).verdict == Fresh()


def test_a_new_package_and_a_lost_tree_are_mended_by_the_command(
    laboratory: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = _edited(laboratory, "strictly", TOP["new package"])
    judged = found.judge("strictly")
    # uv does not remember that it was strict: the command says so again
    _carry_out(judged.command, monkeypatch)
    mended = found.judge("strictly")
    assert (mended.verdict, mended.mechanism) == (Fresh(), "link tree")


def _carry_out(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from support.editable_projects import uv_program

    assert command.startswith("uv pip install ")
    monkeypatch.setenv("PATH", str(Path(uv_program()).parent), prepend=":")
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sourced", "flatly", "hatched", "flitted", "poetic"])
def test_what_pip_installed_is_judged_alike_and_mended_by_pip(name: str, tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    project = ALL[name].write(tmp_path / name)
    install_editable(environment, [project], by="pip")
    found = Laboratory(tmp_path, environment)
    assert found.judge(name).verdict == Fresh()
    METADATA["version"](project, ALL[name])
    judged = found.judge(name)
    assert isinstance(judged.verdict, Stale)
    assert " -m pip install -e " in judged.command
    subprocess.run(f"{judged.command} -q", shell=True, check=True)
    assert found.judge(name).verdict == Fresh()
