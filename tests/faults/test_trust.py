"""What SECURITY.md promises of hashes, passwords and stores: each sentence is a test."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from support.bad_sources import packed, project
from support.command import NOBODY, Shell
from support.resolving import private_index, sha256_of
from support.wheels import make_wheel

PASSWORD = "hunter2"
POSIX = pytest.mark.skipif(os.name == "nt", reason="owners and modes of POSIX")


def wish(shell: Shell, *lines: str) -> Path:
    path = shell.root / "wanted.txt"
    path.write_text("\n".join(lines))
    return path


def pin(shell: Shell, name: str, version: str = "1.0") -> str:
    wheel = shell.house / f"{name}-{version}-py3-none-any.whl"
    return f"{name}=={version} --hash=sha256:{sha256_of(wheel)}"


def test_hashes_are_required_of_all_or_of_none(shell: Shell) -> None:
    for lines in (
        [pin(shell, "beta"), "gamma==1.0"],
        [pin(shell, "beta"), "gamma==1.0 --hash=md5:" + "0" * 32],
        [pin(shell, "beta"), "gamma==1.0 --hash=sha1:" + "0" * 40],
    ):
        done = shell.install("--require-hashes", "-r", wish(shell, *lines))
        assert done.code != 0, lines
        assert shell.installed == {}
    done = shell.install(
        "--require-hashes", "-r", wish(shell, pin(shell, "alpha"), pin(shell, "beta"))
    )
    assert done.code == 0, done.err


def test_a_requirement_that_no_hash_names_is_not_installed_and_is_told(shell: Shell) -> None:
    done = shell.works("--require-hashes", "-r", wish(shell, pin(shell, "alpha")))
    assert "alpha 1.0" in done.err
    assert "beta" in done.err
    assert shell.installed == {"alpha": "1.0"}


def test_a_wheel_with_another_hash_changes_nothing(shell: Shell) -> None:
    wrong = "beta==1.0 --hash=sha256:" + "0" * 64
    done = shell.install("-r", wish(shell, pin(shell, "gamma"), wrong))
    assert done.code != 0
    assert shell.installed == {}


def test_no_password_is_told_or_kept(shell: Shell) -> None:
    with private_index(shell.house) as (host, _):
        index = f"http://alice:{PASSWORD}@{host}/simple"
        wheel = f"delta @ http://alice:{PASSWORD}@{host}/files/delta-1.0-py3-none-any.whl"
        said = []
        for arguments in (
            ["-v", "-v", "--index-url", index, "alpha", wheel],
            ["--json", "--index-url", index, "gamma[more]", "--force-reinstall"],
            ["-v", "--index-url", index, "nothing-of-that-name"],
            ["-v", f"beta @ http://alice:{PASSWORD}@{host}/files/missing-1.0-py3-none-any.whl"],
            ["-v", f"--indeks-url={index}"],
            ["-v", "-r", str(wish(shell, f"--index-url {index}", "beta==9"))],
        ):
            done = shell("install", *arguments, NO_PROXY="127.0.0.1")
            said.append(done.out + done.err)
        assert shell.installed.keys() >= {"alpha", "delta"}
    assert all(PASSWORD not in text for text in said)
    for top in (shell.environment.root, shell.variables["TRUEUP_CACHE_DIR"]):
        for path in Path(top).rglob("*"):
            if path.is_file() and not path.is_symlink():
                assert PASSWORD.encode() not in path.read_bytes(), path
    origin = shell.site / "delta-1.0.dist-info/direct_url.json"
    assert json.loads(origin.read_text())["url"].endswith("/files/delta-1.0-py3-none-any.whl")


@POSIX
@pytest.mark.parametrize("mask", ["000", "077"])
def test_what_trueup_keeps_is_its_owners_alone_whatever_the_umask(shell: Shell, mask: str) -> None:
    command = [shell.python, "-m", "trueup", "install", "--no-index", "-f", str(shell.house)]
    subprocess.run(
        [
            "sh",
            "-c",
            f'umask {mask}; exec "$@"',
            "sh",
            *command,
            "-r",
            str(wish(shell, pin(shell, "beta"))),
        ],
        cwd=shell.root,
        env=shell.variables,
        check=True,
    )
    store = Path(shell.variables["TRUEUP_CACHE_DIR"])
    state = Path(shell.environment.state)
    for folder in (store / "v1", *(store / "v1").iterdir(), state, state / "receipts"):
        if folder.is_dir():
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder
    kept = [*store.glob("v1/packs/*"), *store.glob("v1/builds/*"), *state.glob("receipts/*")]
    assert kept
    for path in kept:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def spoil(shell: Shell, how: str) -> Path:
    """Make the store one that must not be used; return its root."""
    store = Path(shell.variables["TRUEUP_CACHE_DIR"])
    packs = store / "v1/packs"
    if how == "another user's":
        if os.geteuid() != 0:
            pytest.skip("only root can give files away")
        os.chown(packs, 12345, 12345)
    elif how == "writable by others":
        packs.chmod(0o777)
    else:
        packs.rename(store / "elsewhere")
        packs.symlink_to(store / "elsewhere")
    return store


@POSIX
@pytest.mark.parametrize("how", ["another user's", "writable by others", "a link"])
def test_a_store_that_may_be_somebody_elses_is_left_alone_with_one_warning(
    shell: Shell, how: str
) -> None:
    shell.works("-r", wish(shell, pin(shell, "gamma")))
    store = spoil(shell, how)
    before = sorted(store.rglob("*"))
    done = shell.works("-r", wish(shell, pin(shell, "beta")))
    assert shell.installed == {"beta": "1.0", "gamma": "1.0"}
    warnings = [line for line in done.err.splitlines() if line.startswith("warning")]
    assert len(warnings) == 1
    assert str(store) in warnings[0]
    assert "TRUEUP_CACHE_DIR" in warnings[0]
    assert sorted(store.rglob("*")) == before


@POSIX
def test_a_read_only_store_serves_a_warm_install(shell: Shell) -> None:
    if not shutil.which("unshare") or os.geteuid() != 0:
        pytest.skip("mounting read-only takes root")
    wanted = wish(shell, pin(shell, "alpha"), pin(shell, "beta"))
    shell.works("-r", wanted)
    tree = shell.tree
    assert shell("uninstall", "alpha", "beta").code == 0
    store = shell.variables["TRUEUP_CACHE_DIR"]
    bind = f'mount --bind {store} {store} && mount -o remount,ro,bind {store} && exec "$@"'
    program = [
        shell.python,
        "-m",
        "trueup",
        "install",
        "--offline",
        "--no-index",
        "-r",
        str(wanted),
    ]
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", bind, "sh", *program],
        cwd=shell.root,
        env=shell.variables | NOBODY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert shell.tree == tree


def test_what_a_source_built_cannot_be_passed_off_as_something_else(shell: Shell) -> None:
    """Whoever writes to the store may swap packs; with hashes required, the swap is noticed."""
    source = shell.root / "demo-1.0.tar.gz"
    source.write_bytes(packed(project()))
    line = f"demo==1.0 --hash=sha256:{sha256_of(source)}"
    wanted = wish(shell, line)
    arguments = ["--no-index", "-f", str(shell.root), "--require-hashes", "-r", str(wanted)]
    assert shell("install", *arguments).code == 0
    assert shell("uninstall", "demo").code == 0
    packs = Path(shell.variables["TRUEUP_CACHE_DIR"], "v1/packs")
    mine = next(path for path in packs.glob("*.pack"))
    evil = make_wheel(shell.root / "evil", "demo", files={"demo.py": "VALUE = 'evil'\n"})
    shell.works(evil)
    assert shell("uninstall", "demo").code == 0
    other = next(path for path in packs.glob("*.pack") if path != mine)
    shutil.copy(other, mine)
    done = shell("install", *arguments)
    assert done.code == 0, done.err
    assert (shell.site / "demo.py").read_text() == "VALUE = 1\n"
    assert "damaged" in done.err or "another wheel" in done.err


def test_what_was_installed_by_address_is_put_in_place_again_from_there(shell: Shell) -> None:
    """A resolver is told of it by its metadata alone: that wheel must never be installed."""
    shell.works(shell.house / "delta-1.0-py3-none-any.whl")
    tree = shell.tree
    shell.works("gamma[more]", "--force-reinstall", TRUEUP_RESOLVER="uv")
    kept = {path: one for path, one in shell.tree.items() if "gamma" not in path}
    assert {path for path in tree if kept.get(path) != tree[path]} == set()
    (shell.site / "delta/__init__.py").unlink()
    shell.works("gamma[more]", TRUEUP_RESOLVER="uv")
    kept = {path: one for path, one in shell.tree.items() if "gamma" not in path}
    assert {path for path in tree if kept.get(path) != tree[path]} == set()
