"""The lock runner: an environment is what `uv.lock` says, with tox-uv's keys and meaning."""

from __future__ import annotations

import hashlib

import pytest
from support.tox_projects import ToxProject, expect, workspace, write_lock

_GROUPS = """
[project.optional-dependencies]
more = ["gamma<2"]
[dependency-groups]
dev = ["alpha"]
test = ["epsilon"]
"""
_USE = "import demo, lib; print('values', demo.VALUE, lib.VALUE)"


@pytest.fixture
def locked(either: ToxProject) -> ToxProject:
    """Give a workspace with a lock: demo and lib, extra `more`, groups `dev` and `test`."""
    either.wheel("epsilon")
    workspace(either, groups=_GROUPS)
    write_lock(either)
    return either


def _configure(project: ToxProject, code: str = _USE, **keys: str) -> None:
    project.configure(code, **{"runner": "trueup-lock", "package": "editable", **keys})


def test_an_environment_is_what_the_lock_says(locked: ToxProject) -> None:
    _configure(locked, runner="uv-venv-lock-runner")
    ran = locked.works("run")
    assert "values 1 1" in ran.out
    assert "--locked" in ran.lines("uv_export")[0]
    expect(locked.installed(), alpha="1.0", beta="1.0", demo="1.0", lib="1.0")
    again = locked.works("run")
    assert [*again.lines("uv_export"), *again.installs] == []


@pytest.mark.slow
def test_extras_and_groups_are_those_of_tox_uv(locked: ToxProject) -> None:
    _configure(locked, extras="more", dependency_groups="test")
    locked.works("run")
    # With groups of one's own, those that uv takes by itself are left out.
    wanted = {"beta": "1.0", "demo": "1.0", "epsilon": "1.0", "gamma": "1.0", "lib": "1.0"}
    assert locked.installed() == wanted
    _configure(locked, dependency_groups="test", no_default_groups="false")
    locked.works("run")
    expect(locked.installed(), alpha="1.0", beta="1.0", demo="1.0", epsilon="1.0", lib="1.0")
    _configure(locked, "print(1)", only_groups="test")
    locked.works("run")
    expect(locked.installed(), epsilon="1.0")


@pytest.mark.parametrize(
    ("package", "editable"),
    [
        ("wheel", False),
        pytest.param("uv", False, marks=pytest.mark.slow),
        pytest.param("editable", True, marks=pytest.mark.slow),
        pytest.param("uv-editable", True, marks=pytest.mark.slow),
    ],
)
def test_projects_are_installed_as_package_says(
    locked: ToxProject, package: str, editable: bool
) -> None:
    _configure(locked, package=package)
    locked.works("run")
    locked.write("packages/lib/src/lib/__init__.py", "VALUE = 2\n")
    ran = locked.works("run")
    assert "values 1 2" in ran.out
    assert bool(ran.installs) is not editable
    assert ("lib is built again: src/lib/__init__.py changed" in ran.out) is not editable
    assert (locked.site() / "lib.pth").exists() is editable


@pytest.mark.slow
def test_nothing_of_the_project_is_installed_where_package_is_skip(locked: ToxProject) -> None:
    _configure(locked, "import lib", package="skip")
    locked.works("run")
    expect(locked.installed(), alpha="1.0", beta="1.0", lib="1.0")


@pytest.mark.slow
def test_the_words_of_tox_about_installs_hold_with_a_lock(locked: ToxProject) -> None:
    _configure(locked, "print(1)")
    if "--skip-env-install" in locked.works("run", "--help").out:  # tox 4.23 has it not yet
        assert locked.works("run", "--skip-env-install").installs == []
    assert locked.works("run", "--skip-uv-sync").installs == []
    locked.works("run", "--skip-pkg-install")
    expect(locked.installed(), alpha="1.0", beta="1.0", lib="1.0")


@pytest.mark.slow
def test_a_wheel_that_is_handed_over_takes_the_place_of_the_project(locked: ToxProject) -> None:
    wheel = locked.wheel("demo", "2.0")
    _configure(locked, "print(1)")
    locked.works("run", "--installpkg", str(wheel))
    expect(locked.installed(), alpha="1.0", beta="1.0", demo="2.0", lib="1.0")
    assert locked.works("run", "--installpkg", str(wheel)).installs == []


def test_what_leaves_the_lock_leaves_the_environment(locked: ToxProject) -> None:
    _configure(locked, "print(1)")
    locked.works("run")
    workspace(locked, groups=_GROUPS.replace('"alpha"', ""))
    assert "needs to be updated" in locked.run("run").out
    write_lock(locked)
    ran = locked.works("run")
    assert "recreate" not in ran.out
    expect(locked.installed(), beta="1.0", demo="1.0", lib="1.0")


@pytest.mark.slow
def test_a_lock_that_need_not_fit_is_written_anew(locked: ToxProject) -> None:
    workspace(locked, groups=_GROUPS.replace('"alpha"', '"epsilon"'))
    _configure(locked, "print(1)", uv_sync_locked="false")
    locked.works("run")
    expect(locked.installed(), beta="1.0", demo="1.0", epsilon="1.0", lib="1.0")
    assert locked.works("run").lines("uv_export") == []


@pytest.mark.slow
def test_a_frozen_lock_is_taken_as_it_is(locked: ToxProject) -> None:
    workspace(locked, groups=_GROUPS.replace('"alpha"', '"epsilon"'))
    _configure(locked, "print(1)")
    ran = locked.works("run", UV_FROZEN="1")
    assert "--frozen" in ran.lines("uv_export")[0]
    _configure(locked, "print(1)", uv_sync_flags="--frozen")
    assert "--locked" not in locked.works("run").lines("uv_export")[0]


@pytest.mark.slow
def test_flags_of_uv_sync_are_understood(locked: ToxProject) -> None:
    flags = "--no-install-package, beta, --inexact, --all-extras, --link-mode, copy"
    _configure(locked, "print(1)", uv_sync_flags=flags.replace(", ", "\n"))
    locked.works("run")
    expect(locked.installed(), alpha="1.0", demo="1.0", gamma="1.0", lib="1.0")
    _configure(locked, "print(1)", uv_sync_flags="--inexact", only_groups="test")
    locked.works("run")
    assert {"alpha", "epsilon"} <= set(locked.installed())


@pytest.mark.slow
def test_the_lock_can_lie_elsewhere(locked: ToxProject) -> None:
    for name in ("pyproject.toml", "uv.lock", "backend.py", "src", "packages"):
        path = locked.root / "below" / name
        path.parent.mkdir(exist_ok=True)
        (locked.root / name).rename(path)
    _configure(locked, package_root="below")
    locked.works("run")
    expect(locked.installed(), alpha="1.0", beta="1.0", demo="1.0", lib="1.0")


@pytest.mark.slow
def test_a_damaged_environment_is_put_right(locked: ToxProject) -> None:
    _configure(locked, "import beta; print(beta.VERSION)")
    locked.works("run")
    (locked.site() / "beta" / "__init__.py").write_text("VERSION = 'edited'\n")
    (locked.site() / "lib.pth").unlink()
    ran = locked.works("run")
    assert "edited" not in ran.out
    assert (locked.site() / "lib.pth").exists()
    assert locked.works("run").installs == []


def _pylock(project: ToxProject, file: str, *names: str) -> None:
    text = 'lock-version = "1.0"\ncreated-by = "tests"\n'
    for name in names:
        wheel = project.wheel(name)
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        text += f'[[packages]]\nname = "{name}"\nversion = "1.0"\n[[packages.wheels]]\n'
        text += f'url = "{wheel.as_uri()}"\nhashes = {{ sha256 = "{digest}" }}\n'
    project.write(file, text)


def test_a_lock_that_is_edited_while_the_tests_run_counts_in_the_next_run(
    locked: ToxProject,
) -> None:
    _pylock(locked, "pylock.toml", "beta")
    _pylock(locked, "later.toml", "beta", "epsilon")
    code = "import shutil; shutil.copy('later.toml', 'pylock.toml')"
    _configure(locked, code, pylock="pylock.toml")
    locked.works("run")
    expect(locked.installed(), beta="1.0")
    locked.works("run")
    expect(locked.installed(), beta="1.0", epsilon="1.0")


@pytest.mark.slow
def test_a_lock_in_the_form_of_the_standard_is_taken_instead(locked: ToxProject) -> None:
    _pylock(locked, "pylock.toml", "beta")
    _configure(locked, "import beta", pylock="pylock.toml")
    ran = locked.works("run")
    expect(locked.installed(), beta="1.0")
    assert ran.lines("uv_export") == []


@pytest.mark.slow
def test_other_plugins_are_told_of_the_install(locked: ToxProject) -> None:
    locked.write(
        "toxfile.py",
        "from tox.plugin import impl\n"
        "@impl\n"
        "def tox_on_install(tox_env, arguments, section, of_type):\n"
        "    print('told of', of_type, type(arguments).__name__)\n",
    )
    _configure(locked)
    assert "told of lock Locked" in locked.works("run").out


@pytest.mark.slow
def test_several_environments_share_a_lock(locked: ToxProject) -> None:
    _configure(locked, envs="a, b, c")
    locked.works("run-parallel", "-p", "all", "--parallel-no-spinner")
    for env in ("a", "b", "c"):
        expect(locked.installed(env), alpha="1.0", beta="1.0", demo="1.0", lib="1.0")


@pytest.mark.slow
def test_an_impossible_package_is_told_in_one_line(locked: ToxProject) -> None:
    _configure(locked, package="sdist")
    ran = locked.run("run")
    assert ran.code != 0
    assert "it can be one of editable, wheel, skip, uv, uv-editable" in ran.out
