"""`trueup install` and `sync`, each case as a process of its own on a real environment."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import time
from pathlib import Path

import pytest
from support.command import NOBODY, Shell
from support.housing import look_at
from support.resolving import private_index, sha256_of
from support.wheels import make_wheel


def test_what_is_asked_for_comes_with_what_it_needs(shell: Shell) -> None:
    done = shell.works("alpha")
    assert done.out.splitlines() == [
        " + alpha 1.0",
        " + beta 2.0",
        f"Installed 2 distributions (2 downloaded) in {shell.environment.root}",
    ]
    assert shell.runs("import alpha, beta; print(beta.VERSION)") == "2.0"
    command = Path(shell.environment.scheme.scripts) / "beta-run"
    assert subprocess.run([command], capture_output=True, check=True).stdout == b"beta 2.0\n"


def test_a_second_run_has_nothing_to_do_and_asks_nobody(shell: Shell) -> None:
    shell.works("alpha", "beta>=1")
    before = look_at(shell.environment.root, leave_out=())
    done = shell.works("alpha", "beta>=1", **NOBODY)
    assert done.out == f"Nothing to do: 2 distributions in {shell.environment.root}\n"
    after = look_at(shell.environment.root, leave_out=())
    assert before == after


def test_what_meets_the_request_stays_though_there_is_something_newer(shell: Shell) -> None:
    shell.works("beta==1.0")
    shell.works("beta", "alpha")
    assert shell.installed == {"alpha": "1.0", "beta": "1.0"}
    done = shell.works("-U", "alpha")
    assert " ~ beta 1.0 -> 2.0\n" in done.out
    assert shell.installed == {"alpha": "1.0", "beta": "2.0"}


def test_one_can_be_upgraded_and_the_rest_stays(shell: Shell, tmp_path: Path) -> None:
    old = [make_wheel(tmp_path / "h", name, version) for name in ("one", "two") for version in "12"]
    assert len(old) == 4
    shell("install", "--no-index", "-f", tmp_path / "h", "one==1", "two==1")
    done = shell("install", "--no-index", "-f", tmp_path / "h", "-P", "two", "one", "two")
    assert done.code == 0, done.err
    assert shell.installed == {"one": "1", "two": "2"}


def test_a_downgrade_takes_the_newer_ones_files_along(shell: Shell) -> None:
    shell.works("beta==2.0")
    shell.works("beta==1.0")
    assert sorted(path.name for path in (shell.site / "beta").glob("*.py")) == [
        "__init__.py",
        "only_1.py",
    ]
    assert [path.name for path in shell.site.glob("beta-*")] == ["beta-1.0.dist-info"]


def test_a_dry_run_tells_and_changes_nothing_at_all(shell: Shell) -> None:
    before = look_at(shell.environment.root, leave_out=())
    done = shell.works("--dry-run", "alpha")
    assert done.out.splitlines()[-1].startswith("Would install 2 distributions in ")
    assert look_at(shell.environment.root, leave_out=()) == before
    assert shell("uninstall", "--dry-run", "alpha").code == 0
    assert look_at(shell.environment.root, leave_out=()) == before


def test_check_tells_by_its_exit_code_whether_anything_would_change(shell: Shell) -> None:
    assert shell.install("--check", "beta").code == 1
    assert shell.installed == {}
    shell.works("beta")
    assert shell.install("--check", "beta").code == 0
    assert shell.install("--check", "beta<2").code == 1
    (shell.root / "wanted.txt").write_text("alpha\n")
    assert shell("sync", "--check", "--no-index", "-f", shell.house, "-r", "wanted.txt").code == 1
    assert shell.installed == {"beta": "2.0"}


def test_no_deps_installs_what_is_named_and_nothing_else(shell: Shell) -> None:
    done = shell.works("--no-deps", "alpha")
    assert shell.installed == {"alpha": "1.0"}
    assert done.err == ""


def test_a_wheel_by_path_without_its_dependencies_needs_no_resolver(shell: Shell) -> None:
    wheel = shell.house / "alpha-1.0-py3-none-any.whl"
    shell.works("--no-deps", wheel, **NOBODY)
    origin = json.loads((shell.site / "alpha-1.0.dist-info" / "direct_url.json").read_text())
    assert origin["url"] == wheel.as_uri()
    assert origin["archive_info"]["hashes"] == {"sha256": sha256_of(wheel)}


def test_a_wheel_for_another_platform_or_python_is_refused(shell: Shell, tmp_path: Path) -> None:
    other = make_wheel(tmp_path, "other", tag="cp39-cp39-win32")
    ahead = make_wheel(tmp_path, "ahead", requires_python=">=9")
    for wheel in (other, ahead):
        done = shell.install("--no-deps", wheel)
        assert done.code == 1
        assert wheel.name.partition("-")[0] in done.err
    assert shell.installed == {}


def test_a_hashed_requirement_file_needs_no_resolver(shell: Shell) -> None:
    wheels = [shell.house / f"{name}-py3-none-any.whl" for name in ("alpha-1.0", "beta-2.0")]
    lines = [
        "{}=={} --hash=sha256:{}".format(*wheel.name.split("-")[:2], sha256_of(wheel))
        for wheel in wheels
    ]
    (shell.root / "locked.txt").write_text("\n".join(lines) + "\n")
    shell.works("-r", "locked.txt", **NOBODY)
    assert shell.installed == {"alpha": "1.0", "beta": "2.0"}


def test_a_wrong_hash_is_refused_and_nothing_is_installed(shell: Shell) -> None:
    (shell.root / "locked.txt").write_text(f"beta==1.0 --hash=sha256:{'0' * 64}\n")
    done = shell.install("-r", "locked.txt")
    assert done.code == 1
    assert "beta" in done.err
    assert "0" * 64 in done.err or "hash" in done.err
    assert shell.installed == {}


def test_hashes_can_be_required(shell: Shell) -> None:
    done = shell.install("--require-hashes", "beta==1.0")
    assert done.code == 2
    assert "beta" in done.err
    assert "hash" in done.err


def _lock(shell: Shell, **changed: str) -> Path:
    wheel = shell.house / "beta-1.0-py3-none-any.whl"
    said = {
        "name": "beta",
        "version": "1.0",
        "sha256": sha256_of(wheel),
        "path": str(wheel),
    } | changed
    (shell.root / "pylock.toml").write_text(
        f"""lock-version = "1.0"
created-by = "a test"
[[packages]]
name = "{said["name"]}"
version = "{said["version"]}"
[[packages.wheels]]
name = "beta-1.0-py3-none-any.whl"
path = "{said["path"]}"
hashes = {{sha256 = "{sha256_of(wheel)}"}}
"""
    )
    return shell.root / "pylock.toml"


def test_a_lock_needs_no_resolver_and_no_index(shell: Shell) -> None:
    lock = _lock(shell)
    done = shell("install", "--pylock", lock, **NOBODY)
    assert done.code == 0, done.err
    assert shell.installed == {"beta": "1.0"}
    again = shell("sync", "-r", "pylock.toml", **NOBODY)
    assert again.code == 0, again.err


@pytest.mark.parametrize("lie", [{"name": "other"}, {"version": "3.0"}])
def test_a_lock_that_leads_to_another_distribution_is_refused(
    shell: Shell, lie: dict[str, str]
) -> None:
    done = shell("install", "--pylock", _lock(shell, **lie))
    assert done.code in {1, 2}
    assert "beta" in done.err
    assert shell.installed == {}


def test_a_lock_that_names_a_directory_builds_it(shell: Shell) -> None:
    from support.projects import lay_project, project_files

    lay_project(shell.root / "tree", project_files())
    (shell.root / "pylock.toml").write_text(
        'lock-version = "1.0"\ncreated-by = "a test"\n[[packages]]\nname = "local"\n'
        'directory = {path = "tree", editable = true}\n'
    )
    done = shell("install", "--pylock", "pylock.toml", **NOBODY)
    assert done.code == 0, done.err
    assert shell.runs("import local; print(local.__file__)").startswith(str(shell.root / "tree"))
    for command in ("install", "sync"):
        again = shell(command, "--pylock", "pylock.toml", **NOBODY)
        assert again.out.startswith("Nothing to do"), again.out
    pyproject = shell.root / "tree" / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("[project]", '[project]\nkeywords = ["a"]'))
    stale = shell("install", "--pylock", "pylock.toml", **NOBODY)
    assert " ~ local 1.0 (editable)" in stale.out


def test_a_lock_does_not_answer_for_what_is_asked_for_beside_it(shell: Shell) -> None:
    done = shell("install", "--pylock", _lock(shell), "alpha")
    assert done.code == 2
    assert "requirements beside a lock" in done.err


def test_extras_bring_what_they_stand_for(shell: Shell) -> None:
    shell.works("gamma")
    assert "delta" not in shell.installed
    shell.works("gamma[more]")
    assert shell.installed == {"gamma": "1.0", "delta": "1.0"}


def test_constraints_limit_and_ask_for_nothing(shell: Shell) -> None:
    (shell.root / "limits.txt").write_text("beta<2\ndelta==9\n")
    shell.works("-c", "limits.txt", "alpha")
    assert shell.installed == {"alpha": "1.0", "beta": "1.0"}


def test_requirement_files_groups_and_extras_of_a_project_table_are_read(shell: Shell) -> None:
    (shell.root / "pyproject.toml").write_text(
        '[project]\nname = "p"\nversion = "1"\ndependencies = ["delta"]\n'
        '[project.optional-dependencies]\nx = ["gamma"]\n[dependency-groups]\ndev = ["beta<2"]\n'
    )
    (shell.root / "a.txt").write_text("-r b.txt\n# nothing\n")
    (shell.root / "b.txt").write_text(
        "alpha ; python_version > '3'\nclash ; python_version < '3'\n"
    )
    shell.works("-r", "a.txt", "--group", "dev", "-r", "pyproject.toml", "--extra", "x")
    assert shell.installed == {
        "alpha": "1.0", "beta": "1.0", "delta": "1.0", "gamma": "1.0",
    }  # fmt: skip


def test_force_reinstall_puts_everything_in_place_again(shell: Shell) -> None:
    shell.works("alpha")
    edited = shell.site / "beta" / "__init__.py"
    edited.write_text("VERSION = 'mine'\n")
    assert shell.works("alpha").out.startswith("Nothing to do")
    assert edited.read_text() == "VERSION = 'mine'\n"
    done = shell.works("--force-reinstall", "alpha")
    assert done.out.splitlines()[:2] == [" ~ alpha 1.0", " ~ beta 2.0"]
    assert shell.runs("import beta; print(beta.VERSION)") == "2.0"


def test_one_can_be_reinstalled_alone(shell: Shell) -> None:
    shell.works("alpha")
    report = shell.works("--reinstall-package", "beta", "--json", "alpha").json
    assert [one["name"] for one in report["added"]] == ["beta"]


def test_a_deleted_file_is_mended(shell: Shell) -> None:
    shell.works("alpha")
    (shell.site / "beta" / "only_2.py").unlink()
    done = shell.works("-v", "alpha", TRUEUP_OFFLINE="1")
    assert "only_2.py is missing" in done.out
    assert (shell.site / "beta" / "only_2.py").exists()


def test_sync_leaves_exactly_what_is_asked_for(shell: Shell) -> None:
    shell.works("alpha", "gamma[more]")
    done = shell("sync", "--no-index", "-f", shell.house, "gamma")
    assert done.code == 0, done.err
    assert shell.installed == {"gamma": "1.0"}
    assert " - alpha 1.0\n" in done.out
    assert "emoved 3 distributions" in done.out
    (shell.site / "gamma" / "__init__.py").write_text("edited = True\n")
    shell("sync", "--no-index", "-f", shell.house, "gamma")
    assert "edited" not in (shell.site / "gamma" / "__init__.py").read_text()


def test_a_target_is_filled_flat_and_the_environment_is_left_alone(shell: Shell) -> None:
    before = shell.tree
    shell.works("--target", "lib", "alpha")
    assert (shell.root / "lib" / "alpha" / "__init__.py").exists()
    assert (shell.root / "lib" / "bin" / "beta-run").exists()
    assert {one["name"] for one in shell("list", "-t", "lib", "--json").json} == {"alpha", "beta"}
    assert shell.tree == before
    assert shell.works("--target", "lib", "alpha").out.startswith("Nothing to do")
    assert shell("uninstall", "-t", "lib", "alpha", "beta").code == 0
    assert not (shell.root / "lib" / "alpha").exists()


def test_a_prefix_is_filled_like_an_environment(shell: Shell) -> None:
    shell.works("--prefix", "pre", "beta")
    found = {
        path.relative_to(shell.root / "pre").as_posix() for path in (shell.root / "pre").rglob("*")
    }
    assert "bin/beta-run" in found
    assert any(path.endswith("site-packages/beta/__init__.py") for path in found)
    assert shell.installed == {}


def test_relative_paths_start_from_the_named_directory(shell: Shell) -> None:
    (shell.root / "below").mkdir()
    (shell.root / "below" / "wanted.txt").write_text("beta\n")
    shell.works("--directory", "below", "-r", "wanted.txt", "--target", "lib")
    assert (shell.root / "below" / "lib" / "beta").is_dir()


def test_a_virtual_environment_can_be_required(shell: Shell) -> None:
    base = shell.environment.interpreter.base_executable
    done = shell.install("--require-virtualenv", "-p", base, "beta")
    assert done.code == 1
    assert "no virtual environment" in done.err
    assert shell.install("-p", base, "beta", PIP_REQUIRE_VIRTUALENV="1").code == 1
    shell.works("--require-virtualenv", "beta")


def test_an_externally_managed_python_is_refused_with_its_own_words(
    shell: Shell, tmp_path: Path
) -> None:
    managed = _managed_copy(shell, tmp_path)
    done = shell.install("-p", managed, "beta")
    assert done.code == 1
    assert "managed by another tool (PEP 668)" in done.err
    assert "Ask the archivist" in done.err
    assert "--break-system-packages" in done.err
    done = shell.install("-p", managed, "--break-system-packages", "--dry-run", "beta")
    assert done.code == 0, done.err


def _managed_copy(shell: Shell, folder: Path) -> Path:
    """Return the program of an installation whose standard library has PEP 668's file."""
    interpreter = shell.environment.interpreter
    version = "python{}.{}".format(*interpreter.version)
    home = folder / "managed"
    library = home / "lib" / version
    library.mkdir(parents=True)
    (home / "bin").mkdir()
    for entry in Path(interpreter.stdlib).iterdir():
        if entry.name != "site-packages":
            (library / entry.name).symlink_to(entry)
    (library / "EXTERNALLY-MANAGED").write_text("[externally-managed]\nError=Ask the archivist.\n")
    program = home / "bin" / "python3"
    program.write_bytes(Path(interpreter.base_executable).read_bytes())
    program.chmod(0o755)
    shared = Path(interpreter.base_prefix) / "lib"
    for one in shared.glob("libpython*"):
        (home / "lib" / one.name).symlink_to(one)
    return program


def test_everything_in_the_store_installs_without_a_network(shell: Shell) -> None:
    with private_index(shell.house) as (host, seen):
        index = f"http://alice:hunter2@{host}/simple/"
        more = ("--index-url", index, "--trusted-host", host)
        done = shell("install", *more, "alpha")
        assert done.code == 0, done.err
        assert "hunter2" not in done.out + done.err
        asked = len(seen)
        assert asked > 0
        assert shell("venv", "--clear").code == 0
        done = shell("install", *more, "--offline", "alpha")
        assert done.code == 0, done.err
        assert len(seen) == asked
    assert shell.installed == {"alpha": "1.0", "beta": "2.0"}
    everything = "".join(
        path.read_text(errors="replace") for path in shell.site.rglob("*") if path.is_file()
    )
    assert "hunter2" not in everything


def test_no_cache_leaves_nothing_behind(shell: Shell) -> None:
    done = shell.works("--no-cache", "beta")
    assert done.out.startswith(" + beta 2.0")
    shell.works("--no-cache", "beta")
    assert not (Path(shell.variables["TRUEUP_CACHE_DIR"])).exists()


def test_the_store_can_lie_elsewhere(shell: Shell) -> None:
    shell.works("--cache-dir", "elsewhere", "beta")
    assert (shell.root / "elsewhere" / "CACHEDIR.TAG").exists()


def test_recreate_leaves_what_was_asked_for_alone(shell: Shell) -> None:
    shell.works("alpha")
    (shell.site / "stranger.py").touch()
    shell.works("--recreate", "beta")
    assert shell.installed == {"beta": "2.0"}
    assert not (shell.site / "stranger.py").exists()
    assert sorted(os.listdir(shell.site.parents[2] / ".trueup")) == [
        *("lock", "picture", "receipts", "skeleton")
    ]
    done = shell.install("--recreate", "--target", "lib", "beta")
    assert done.code == 1
    assert "cannot be made anew" in done.err


def test_recreate_writes_nothing_again_that_is_right_and_keeps_the_traits(shell: Shell) -> None:
    shell("venv", "mine", "--prompt", "it's mine", "--system-site-packages")
    shell.works("-p", "mine", "beta")
    mine = shell.root / "mine"
    config = (mine / "pyvenv.cfg").read_bytes()
    (module,) = mine.rglob("beta/__init__.py")
    before = module.stat().st_ino
    done = shell.works("-p", "mine", "--recreate", "beta")
    assert done.out.startswith(" + beta 2.0")
    assert module.stat().st_ino == before
    assert (mine / "pyvenv.cfg").read_bytes() == config
    module.write_text("edited = True\n")
    shell.works("-p", "mine", "--recreate", "beta")
    assert "edited" not in module.read_text()


def test_what_does_not_fit_any_more_is_told_and_is_no_failure(shell: Shell) -> None:
    shell.works("clash")
    done = shell.works("--no-deps", "beta==2.0")
    assert done.err == ""
    shell.works("beta==1.0")
    done = shell.works("beta==2.0", "--json")
    assert done.err == "warning: clash 1.0 needs beta<2, and beta 2.0 is installed\n"
    assert done.json["conflicts"] == ["clash 1.0 needs beta<2, and beta 2.0 is installed"]
    assert done.json["conflicts"] == done.json["warnings"]


def test_strict_looks_at_the_whole_environment_and_fails(shell: Shell) -> None:
    shell.works("--no-deps", "alpha")
    for _ in range(2):
        done = shell.install("--strict", "delta")
        assert done.code == 1
        assert "alpha 1.0 needs beta>=1, and it is not installed" in done.err
    shell.works("beta")
    assert shell.install("--strict", "delta").code == 0


def test_bytecode_is_ready_when_asked_for(shell: Shell) -> None:
    shell.works("beta==1.0")
    assert not list(shell.site.glob("beta/__pycache__/*"))
    shell.works("--compile", "beta==2.0")
    tag = shell.environment.interpreter.cache_tag
    assert (shell.site / "beta" / "__pycache__" / f"__init__.{tag}.pyc").exists()
    for words, there in (((), True), (("--no-compile-bytecode",), False)):
        assert shell("venv", "other", "--clear").code == 0
        shell.works("-p", "other", *words, "beta==2.0")
        assert bool(list((shell.root / "other").rglob("*.pyc"))) is there


def test_an_active_environment_goes_before_that_of_the_project(
    shell: Shell, tmp_path: Path
) -> None:
    assert shell("venv", tmp_path / "active").code == 0
    shell.works("beta", VIRTUAL_ENV=str(tmp_path / "active"))
    assert shell.installed == {}
    assert [one["name"] for one in shell("list", "--json", "-p", tmp_path / "active").json] == [
        "beta"
    ]


def test_the_environment_is_found_from_a_folder_below(shell: Shell) -> None:
    shell.at(shell.root / "a" / "b").works("beta")
    assert shell.installed == {"beta": "2.0"}


def test_pip_answers_as_uv_does(shell: Shell) -> None:
    shell.works("alpha", TRUEUP_RESOLVER="pip")
    assert shell.installed == {"alpha": "1.0", "beta": "2.0"}
    done = shell.install("clash", "beta>=2", TRUEUP_RESOLVER="pip")
    assert done.code == 1
    assert "clash" in done.err


def test_four_commands_at_once_into_one_environment_all_end_right(shell: Shell) -> None:
    names = ("alpha", "gamma[more]", "beta", "delta")
    running = [shell.start("install", "--no-index", "-f", shell.house, name) for name in names]
    for process in running:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, out + err
    assert shell.installed == {"alpha": "1.0", "beta": "2.0", "gamma": "1.0", "delta": "1.0"}
    assert len(os.listdir(f"{shell.environment.state}/receipts")) == 4


def test_pins_with_hashes_that_are_in_the_store_need_neither_index_nor_resolver(
    shell: Shell,
) -> None:
    shell.works("beta<2")
    digest = hashlib.sha256((shell.house / "beta-1.0-py3-none-any.whl").read_bytes()).hexdigest()
    (shell.root / "pins.txt").write_text(f"beta==1.0 --hash=sha256:{digest}\n")
    shell("uninstall", "beta")
    done = shell("install", "--offline", "-r", "pins.txt", **NOBODY)
    assert (done.code, done.err) == (0, "")
    assert shell.installed == {"beta": "1.0"}


def test_a_repair_that_found_nothing_does_not_stand_for_the_next_one(shell: Shell) -> None:
    for _ in range(2):
        time.sleep(0.1)
        shell.works("--repair", "alpha")
    module = shell.site / "beta" / "__init__.py"
    before = module.read_bytes()
    module.write_bytes(b"spoilt")
    shell.works("--repair", "alpha")
    assert module.read_bytes() == before
