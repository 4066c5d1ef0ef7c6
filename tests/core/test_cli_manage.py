"""`uninstall`, `list`, `venv` and `cache`."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from support.command import Shell
from support.housing import look_at
from support.interpreters import need_python
from support.projects import lay_project, project_files


def test_uninstalling_leaves_no_trace(shell: Shell) -> None:
    before = shell.tree
    shell.works("alpha", "gamma")
    done = shell("uninstall", "-y", "alpha", "Beta", "gamma")
    assert done.code == 0
    assert done.out.splitlines()[:3] == [" - alpha 1.0", " - beta 2.0", " - gamma 1.0"]
    assert shell.tree == before


def test_what_is_not_installed_is_warned_of_and_the_rest_goes(shell: Shell) -> None:
    shell.works("beta")
    done = shell("uninstall", "nothing-here", "beta", "--json")
    assert done.code == 0
    assert done.err == "warning: nothing-here is not installed, so it is not removed\n"
    assert [one["name"] for one in done.json["removed"]] == ["beta"]
    assert done.json["warnings"] == ["nothing-here is not installed, so it is not removed"]


def test_a_dry_run_of_uninstall_removes_nothing(shell: Shell) -> None:
    shell.works("beta")
    before = look_at(shell.environment.root, leave_out=())
    done = shell("uninstall", "--dry-run", "beta")
    assert "ould remove 1 distribution" in done.out
    assert look_at(shell.environment.root, leave_out=()) == before


def test_everything_that_a_file_names_can_be_removed(shell: Shell) -> None:
    shell.works("alpha", "gamma")
    (shell.root / "old.txt").write_text("alpha\nbeta>=1 # why\n")
    shell("uninstall", "-r", "old.txt")
    assert shell.installed == {"gamma": "1.0"}


def test_the_list_has_three_forms(shell: Shell) -> None:
    assert shell("list").out == ""
    assert shell("list", "--json").json == []
    lay_project(shell.root / "tree", project_files())
    shell.works("alpha", "-e", "tree")
    assert shell("list").out.splitlines() == [
        "alpha  1.0",
        "beta   2.0",
        f"local  1.0  {shell.root / 'tree'}",
    ]
    assert shell("list", "--format", "freeze").out.splitlines() == [
        "alpha==1.0",
        "beta==2.0",
        f"-e {shell.root / 'tree'}",
    ]
    assert [one["name"] for one in shell("list", "--format", "json").json] == [
        "alpha",
        "beta",
        "local",
    ]


def test_what_a_list_freezes_can_be_installed_again(shell: Shell) -> None:
    lay_project(shell.root / "tree", project_files())
    shell.works("alpha", "beta<2", "-e", "tree")
    (shell.root / "frozen.txt").write_text(shell("list", "--format", "freeze").out)
    installed = shell.installed
    assert shell("venv", "--clear").code == 0
    shell.works("-r", "frozen.txt")
    assert shell.installed == installed


def test_an_environment_with_broken_metadata_is_listed_as_far_as_it_can_be(shell: Shell) -> None:
    shell.works("alpha", "gamma")
    (shell.site / "alpha-1.0.dist-info" / "METADATA").write_bytes(b"\xff\xfe not metadata")
    (shell.site / "beta-2.0.dist-info" / "direct_url.json").write_text("{")
    (shell.site / "gamma-1.0.dist-info" / "RECORD").unlink()
    (shell.site / "half-1.0.dist-info").mkdir()
    done = shell("list")
    assert (done.code, done.err) == (0, "")
    assert [line.split()[0] for line in done.out.splitlines()] == ["alpha", "beta", "gamma"]


def test_an_environment_whose_python_is_gone_is_named_with_the_way_out(shell: Shell) -> None:
    for name in ("python", "python3"):
        program = Path(shell.environment.scheme.scripts) / name
        program.unlink(missing_ok=True)
        program.symlink_to("/nowhere/python")
    done = shell("list")
    assert (done.code, done.out) == (1, "")
    assert "is broken" in done.err
    place = str(shell.root / ".venv")
    assert f"`trueup install --repair -p {place}`" in done.err
    assert shell("install", "--repair", "-p", place).code == 0
    assert shell("list").code == 0


def test_a_virtual_environment_is_made_with_what_activates_it(shell: Shell) -> None:
    done = shell("venv", "new", "--prompt", "here")
    assert done.code == 0
    assert done.out.startswith(f"Made {shell.root / 'new'} with Python ")
    assert f"source {shell.root / 'new' / 'bin' / 'activate'}" in done.err
    script = '. new/bin/activate; echo "$VIRTUAL_ENV"; python -c "import sys; print(sys.prefix)"'
    told = subprocess.run(
        ["sh", "-c", script], cwd=shell.root, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert told == [str(shell.root / "new")] * 2
    assert "prompt = " in (shell.root / "new" / "pyvenv.cfg").read_text()


def test_a_virtual_environment_can_be_of_another_version_by_path_or_number(shell: Shell) -> None:
    other = need_python("3.12")
    for number, python in enumerate(("3.12", other)):
        done = shell("venv", "-p", python, f"env{number}", "--json", PATH=os.path.dirname(other))
        assert done.code == 0, done.err
        assert done.json["version"].startswith("3.12.")
        shell.works("-p", f"env{number}", "beta")
        assert (shell.root / f"env{number}/lib/python3.12/site-packages/beta").is_dir()


def test_a_version_that_no_python_has_is_named(shell: Shell) -> None:
    done = shell("venv", "-p", "3.99", "env")
    assert (done.code, done.out) == (1, "")
    assert "3.99" in done.err
    assert not (shell.root / "env").exists()


def test_what_is_there_is_not_overwritten_unless_asked_for(shell: Shell) -> None:
    shell.works("beta")
    assert shell("venv").code == 0  # as `python -m venv` does: made anew around what it holds
    assert shell.installed == {"beta": "2.0"}
    assert shell("venv", "-q", "--clear").out == ""
    assert shell.installed == {}
    (shell.root / "full").mkdir()
    (shell.root / "full" / "mine.txt").write_text("mine")
    assert shell("venv", "full").code == 1
    assert shell("venv", "--allow-existing", "full").code == 0
    assert (shell.root / "full" / "mine.txt").read_text() == "mine"


def test_the_packages_of_the_base_can_be_seen(shell: Shell) -> None:
    shell("venv", "--system-site-packages", "open")
    assert "include-system-site-packages = true" in (shell.root / "open/pyvenv.cfg").read_text()


def test_the_store_is_told_of_verified_pruned_and_cleared(shell: Shell) -> None:
    root = Path(shell.variables["TRUEUP_CACHE_DIR"])
    assert shell("cache", "dir").out == f"{root}\n"
    assert shell("cache", "dir", "--json").json == {"root": str(root)}
    lay_project(shell.root / "tree", project_files())
    shell.works("alpha", "./tree")
    shell.works("alpha")
    shell.works("alpha")
    info = shell("cache", "info", "--json").json
    held = f"3 packs, 0 bytecode packs, {info['builds']} build records"
    assert held in shell("cache", "info").out
    assert shell("cache", "info", "--json").json["packs"] == 3
    looked_at = 3 + info["builds"]
    assert shell("cache", "verify").out == f"{looked_at} looked at, 0 damaged and set aside\n"
    shell("cache", "prune")
    assert shell("cache", "info", "--json").json["packs"] == 3
    assert shell("cache", "prune", "--days", "0", "--json").json["files"] > 3
    assert shell("cache", "info", "--json").json["packs"] == 0
    shell.works("gamma")
    assert shell("cache", "clear").out.startswith("Removed ")
    assert shell("cache", "info", "--json").json["packs"] == 0
    for folder in ("resolutions", "metadata", "glances", "interpreters"):
        place = root / "v1" / folder
        assert not place.exists() or list(place.iterdir()) == []
    shell.works("delta")


def test_a_damaged_pack_is_found_set_aside_and_got_again(shell: Shell) -> None:
    shell.works("beta")
    (pack,) = (Path(shell.variables["TRUEUP_CACHE_DIR"]) / "v1" / "packs").glob("*.pack")
    content = bytearray(pack.read_bytes())
    content[-1] ^= 1
    pack.chmod(0o600)
    pack.write_bytes(content)
    done = shell("cache", "verify", "--json")
    assert done.code == 1
    assert done.json["damaged"] == [pack.stem]
    shell("venv", "--clear")
    shell.works("beta")
    assert shell("cache", "verify").code == 0


def test_nothing_done_in_an_environment_reaches_the_store(shell: Shell) -> None:
    shell.works("beta")
    pristine = (shell.site / "beta" / "__init__.py").read_bytes()
    for path in (shell.site / "beta").rglob("*.py"):
        path.write_text("spoilt\n")
        path.chmod(0o777)
    assert shell("cache", "verify").code == 0
    shell("venv", "other")
    shell.works("-p", "other", "beta")
    (copy,) = (shell.root / "other").rglob("beta/__init__.py")
    assert copy.read_bytes() == pristine


def test_a_recreation_that_cannot_be_answered_leaves_what_is_there(shell: Shell) -> None:
    shell.works("beta<2")
    done = shell.install("--recreate", "nowhere-to-be-had")
    assert done.code == 1
    assert shell.installed == {"beta": "1.0"}
