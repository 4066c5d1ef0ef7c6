"""What the command line builds: local projects, source distributions, repositories."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.command import NOBODY, Shell
from support.projects import commit_all, git, lay_project, pack_sdist, project_files

NEEDS_GIT = pytest.mark.skipif(shutil.which("git") is None, reason="no git on this machine")


def _origin(shell: Shell, name: str = "local") -> dict[str, object]:
    found: dict[str, object] = json.loads(
        (shell.site / f"{name}-1.0.dist-info" / "direct_url.json").read_text()
    )
    return found


def test_edits_of_an_editable_show_at_once(shell: Shell) -> None:
    tree = lay_project(shell.root / "tree", project_files(dependencies=["beta<2"]))
    done = shell.works("-e", "./tree")
    assert " + local 1.0 (editable)" in done.out
    assert shell.installed == {"local": "1.0", "beta": "1.0"}
    (tree / "src" / "local" / "__init__.py").write_text("VERSION = 'edited'\n")
    assert shell.runs("import local; print(local.VERSION)") == "edited"
    assert _origin(shell) == {"url": tree.as_uri(), "dir_info": {"editable": True}}
    assert shell("list", "-e", "--json").json == [
        {
            "name": "local",
            "version": "1.0",
            "installer": "trueup",
            "editable_project_location": str(tree),
        }
    ]


def test_a_project_with_a_new_version_is_not_held_to_its_old_one(shell: Shell) -> None:
    files = project_files(dependencies=["beta<2"])
    tree = lay_project(shell.root / "tree", files)
    shell.works("-e", "./tree")
    lay_project(tree, project_files(version="1.1", dependencies=["beta<2"]))
    done = shell.works("-e", "./tree")
    assert "1.0 -> 1.1 (editable)" in done.out
    assert shell.installed == {"local": "1.1", "beta": "1.0"}


def test_a_project_that_is_installed_is_a_copy(shell: Shell) -> None:
    tree = lay_project(shell.root / "tree", project_files())
    shell.works("./tree", "--no-deps", **NOBODY)
    (tree / "src" / "local" / "__init__.py").write_text("VERSION = 'edited'\n")
    assert shell.runs("import local; print(local.VERSION)") == "1.0"
    assert _origin(shell) == {"url": tree.as_uri(), "dir_info": {}}
    shell.works("./tree", "--no-deps")
    assert shell.runs("import local; print(local.VERSION)") == "edited"


def test_an_installed_editable_answers_to_its_name(shell: Shell) -> None:
    from support.wheels import make_wheel

    lay_project(shell.root / "tree", project_files())
    shell.works("-e", "./tree")
    house = shell.root / "more"
    make_wheel(house, "user", requires=["local"])
    for resolver in ("uv", "pip"):
        done = shell("install", "--no-index", "-f", house, "user", TRUEUP_RESOLVER=resolver)
        assert done.code == 0, done.err
        assert [one["name"] for one in shell("list", "-e", "--json").json] == ["local"]
        shell("uninstall", "user")


def test_a_source_distribution_is_built_once(shell: Shell, tmp_path: Path) -> None:
    pack_sdist(tmp_path / "sdists", project_files())
    report = shell.works("-f", tmp_path / "sdists", "--json", "local").json
    assert [one["how"] for one in report["added"]] == ["build"]
    assert not (shell.site / "local-1.0.dist-info" / "direct_url.json").exists()
    prefix = shell.runs("import local_built; print(local_built.PREFIX)")
    assert "build-environments" in prefix  # not the environment that is installed into
    shell("uninstall", "local")
    report = shell.works("-f", tmp_path / "sdists", "--json", "local").json
    assert [one["how"] for one in report["added"]] == ["store"]


def test_the_same_archive_by_address_and_by_name_are_told_apart(
    shell: Shell, tmp_path: Path
) -> None:
    archive = pack_sdist(tmp_path / "sdists", project_files())
    shell.works("-f", tmp_path / "sdists", "local")
    shell("uninstall", "local")
    shell.works(archive)
    assert _origin(shell)["url"] == archive.as_uri()
    shell("uninstall", "local")
    shell.works("-f", tmp_path / "sdists", "local")
    assert not (shell.site / "local-1.0.dist-info" / "direct_url.json").exists()


def test_a_build_that_gives_another_distribution_is_refused(shell: Shell, tmp_path: Path) -> None:
    archive = pack_sdist(tmp_path / "sdists", project_files("other"))
    done = shell.install("--no-deps", f"local @ {archive.as_uri()}")
    assert done.code == 1
    assert "the source of local built a wheel of other 1.0" in done.err
    assert shell.installed == {}


def test_a_wheel_is_passed_over_or_demanded(shell: Shell, tmp_path: Path) -> None:
    from support.wheels import make_wheel

    both = tmp_path / "both"
    make_wheel(both, "local", "1.0")
    pack_sdist(both, project_files())
    shell.works("-f", both, "--no-binary", "local", "local")
    assert shell.runs("import local_built; print('built')") == "built"
    report = shell.works(
        "-f", both, "--only-binary", ":all:", "--force-reinstall", "--json", "local"
    )
    assert [one["how"] for one in report.json["added"]] == ["download"]


@pytest.mark.parametrize("option", ["--no-build", "--only-binary=local"])
def test_a_source_is_refused_where_nothing_may_be_built(
    shell: Shell, tmp_path: Path, option: str
) -> None:
    archive = pack_sdist(tmp_path / "sdists", project_files())
    by_name = shell.install("-f", tmp_path / "sdists", option, "local")
    by_path = shell.install("--no-deps", option, archive)
    for done in (by_name, by_path):
        assert done.code == 1
        assert "local" in done.err
    assert shell.installed == {}


def test_settings_reach_the_backend(shell: Shell) -> None:
    lay_project(shell.root / "tree", project_files())
    told = ("-C", "one=1", "--config-settings", "many=a", "--config-settings", "many=b")
    shell.works("./tree", "--no-deps", *told)
    settings = shell.runs("import local_built; print(local_built.SETTINGS)")
    assert settings == "{'one': '1', 'many': ['a', 'b']}"


def test_without_isolation_the_environment_itself_builds(shell: Shell) -> None:
    lay_project(shell.root / "tree", project_files())
    shell.works("./tree", "--no-deps", "--no-build-isolation")
    assert shell.runs("import local_built; print(local_built.PREFIX)") == shell.environment.root


def test_a_failing_build_shows_all_its_output_and_the_hook(shell: Shell) -> None:
    lay_project(shell.root / "tree", project_files(more={"FAIL": ""}))
    before = shell.tree
    done = shell.install("./tree")
    assert (done.code, done.out) == (1, "")
    assert "build_wheel" in done.err
    for line in ("the backend says hello", "and to the error stream", "the backend gives up"):
        assert f"  {line}" in done.err or line in done.err
    assert str(shell.root / "tree") in done.err
    assert shell.tree == before


def test_a_backend_that_is_not_there_is_named(shell: Shell) -> None:
    files = project_files()
    files["pyproject.toml"] = files["pyproject.toml"].replace('"own_backend"', '"no_backend"')
    lay_project(shell.root / "tree", files)
    done = shell.install("./tree")
    assert done.code == 1
    assert "no_backend" in done.err


def test_what_a_tool_says_is_shown_when_very_verbose(shell: Shell) -> None:
    lay_project(shell.root / "tree", project_files())
    assert "the backend says hello" not in shell.works("-v", "./tree").err
    assert "the backend says hello" in shell.works("-vv", "--force-reinstall", "./tree").err


@NEEDS_GIT
def test_a_repository_is_installed_with_its_submodule_from_a_subdirectory(
    shell: Shell, tmp_path: Path
) -> None:
    inner = lay_project(tmp_path / "inner", {"inner_module.py": "INNER = True\n"})
    commit_all(inner)
    outer = lay_project(
        tmp_path / "outer", {f"deep/{name}": text for name, text in project_files().items()}
    )
    commit_all(outer)
    git(outer, "submodule", "add", "-q", str(inner), "deep/src/inner")
    commit = commit_all(outer, "with a submodule")
    git(outer, "tag", "v1")
    address = f"git+{outer.as_uri()}@v1#subdirectory=deep"
    allowed = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "protocol.file.allow",
        "GIT_CONFIG_VALUE_0": "always",
    }
    shell.works(f"local @ {address}", **allowed)
    assert shell.runs("from inner.inner_module import INNER; import local; print(INNER)") == "True"
    assert _origin(shell) == {
        "url": outer.as_uri(),
        "vcs_info": {"vcs": "git", "commit_id": commit, "requested_revision": "v1"},
        "subdirectory": "deep",
    }
    assert shell.works(f"local @ {address}", **allowed).out.startswith("Nothing to do")
    (outer / "deep" / "src" / "local" / "__init__.py").write_text("VERSION = 'next'\n")
    newer = commit_all(outer, "next")
    shell.works(f"local @ git+{outer.as_uri()}@{newer}#subdirectory=deep", **allowed)
    assert shell.runs("import local; print(local.VERSION)") == "next"


@NEEDS_GIT
def test_a_revision_that_is_not_there_is_named(shell: Shell, tmp_path: Path) -> None:
    outer = lay_project(tmp_path / "outer", project_files())
    commit_all(outer)
    done = shell.install(f"local @ git+{outer.as_uri()}@nowhere")
    assert done.code == 1
    assert "nowhere" in done.err


@pytest.mark.slow
def test_a_real_sdist_builds_with_a_real_backend(shell: Shell) -> None:
    done = shell("install", "--no-binary", "iniconfig", "iniconfig")
    assert done.code == 0, done.err
    assert shell.runs("import iniconfig; print(iniconfig.__name__)") == "iniconfig"


def test_a_build_that_takes_too_long_is_ended(shell: Shell) -> None:
    files = project_files()
    files["own_backend.py"] += "\nimport time\ndef build_wheel(*_):\n    time.sleep(600)\n"
    lay_project(shell.root / "tree", files)
    done = shell.install("--build-timeout", "0.5", "./tree")
    assert done.code == 1
    assert "build_wheel" in done.err


def test_pip_knows_an_editable_for_one(shell: Shell) -> None:
    lay_project(shell.root / "tree", project_files())
    shell.works("-e", "./tree")
    pip = [sys.executable, "-m", "pip", "--python", shell.environment.interpreter.executable]
    told = subprocess.run(
        [*pip, "list", "--editable", "--format=json"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(told.stdout) == [
        {
            "name": "local",
            "version": "1.0",
            "editable_project_location": str(shell.root / "tree"),
        }
    ]


@pytest.mark.parametrize("written", ["local", "local @ {url}", "{path}"])
def test_settings_of_a_line_reach_what_it_names_and_nothing_else(
    written: str, shell: Shell, tmp_path: Path
) -> None:
    sdists = tmp_path / "sdists"
    archive = pack_sdist(sdists, project_files())
    pack_sdist(sdists, project_files("other"), "other")
    line = written.format(url=archive.as_uri(), path=archive)
    (shell.root / "all.txt").write_text(f'{line} --config-settings "colour=blue"\nother\n')
    done = shell.works("-f", sdists, "-r", "all.txt")
    assert shell.runs("import local_built; print(local_built.SETTINGS)") == "{'colour': 'blue'}"
    assert shell.runs("import other_built; print(other_built.SETTINGS)") in {"None", "{}"}
    assert "Building local" in done.err
    assert "Building other 1.0" in done.err
    assert str(tmp_path / "store") not in done.err  # the folder it was unpacked to tells nobody


def test_a_project_that_wants_another_python_since_is_refused(shell: Shell) -> None:
    files = project_files(dependencies=["beta<2"])
    tree = lay_project(shell.root / "tree", files)
    shell.works("-e", "./tree")
    changed = files["pyproject.toml"] + 'requires-python = ">=99"\n'
    (tree / "pyproject.toml").write_text(changed.replace('version = "1.0"', 'version = "1.1"'))
    done = shell.install("-e", "./tree")
    assert done.code == 1
    assert "99" in done.err
    assert shell.installed == {"local": "1.0", "beta": "1.0"}


def test_explain_tells_what_a_verdict_rests_on(shell: Shell) -> None:
    tree = lay_project(shell.root / "tree", project_files())
    shell.works("./tree", "-C", "colour=blue")
    done = shell("explain", "local", "--json")
    assert done.code == 0, done.err
    assert done.json["verdict"] == "fresh"
    evidence = done.json["evidence"]
    assert "src/local/__init__.py" in evidence["inputs"]
    assert evidence["config_settings"] == [["colour", "blue"]]
    (tree / "src" / "local" / "__init__.py").write_text("VERSION = 'edited'\n")
    done = shell("explain", "local", "--json")
    assert done.code == 1
    (reason,) = done.json["reasons"]
    assert (reason["kind"], reason["path"]) == ("input changed", "src/local/__init__.py")
    assert "src/local/__init__.py changed" in shell("explain", "local").out
    assert shell("explain", "nobody").code == 2
