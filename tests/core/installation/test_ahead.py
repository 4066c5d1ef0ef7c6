"""What has come is staged while the rest is on its way, and reaches the environment with it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from support.housing import look_at, make_pack, new_environment, state_leftovers
from support.wheels import make_wheel
from trueup.destination.company import company, processors
from trueup.destination.environment import Environment
from trueup.destination.installed import read_installed
from trueup.installation.ahead import staging_ahead
from trueup.installation.damage import find_damage
from trueup.installation.record import Delivery
from trueup.installation.transaction import carry_out
from trueup.reporting import Event

if os.name != "posix" or processors() < 2:
    pytest.skip("one process has to do here", allow_module_level=True)


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return new_environment(tmp_path / "env")


def _staged(environment: Environment, name: str) -> list[Path]:
    return list(Path(environment.state).glob(f"transaction-*/*/purelib/{name}"))


def test_what_was_staged_ahead_is_what_comes(tmp_path: Path, environment: Environment) -> None:
    one, two = (Delivery(make_pack(tmp_path, name)) for name in ("one", "two"))
    told: list[Event] = []
    with company(1) as others, staging_ahead(environment, told.append) as ahead:
        ahead.stage(one, others)
        (module,) = _staged(environment, "one/__init__.py")
        inode = module.stat().st_ino
        assert read_installed(environment) == {}
        carry_out(environment, [], [one, two], ahead=ahead.take)
    assert Path(environment.scheme.purelib, "one/__init__.py").stat().st_ino == inode
    installed = read_installed(environment)
    assert sorted(installed) == ["one", "two"]
    assert find_damage(environment, installed) == {}
    assert state_leftovers(environment) == []
    assert [each.kind for each in told] == ["writing", "written"]


def test_what_is_not_put_in_place_is_removed(tmp_path: Path, environment: Environment) -> None:
    before = look_at(environment.root)
    with company(1) as others, staging_ahead(environment, lambda _event: None) as ahead:
        ahead.stage(Delivery(make_pack(tmp_path)), others)
        assert _staged(environment, "demo")
    assert state_leftovers(environment) == []
    assert look_at(environment.root) == before


def test_only_the_very_delivery_is_taken_and_only_while_it_is_there(
    tmp_path: Path, environment: Environment
) -> None:
    pack = make_pack(tmp_path)
    with company(1) as others, staging_ahead(environment, lambda _event: None) as ahead:
        ahead.stage(Delivery(pack), others)
        assert ahead.take(Delivery(pack)) is not None
        assert ahead.take(Delivery(pack, requested=True)) is None
        (folder,) = Path(environment.state).glob("transaction-*")
        shutil.rmtree(folder)
        assert ahead.take(Delivery(pack)) is None


def test_what_cannot_be_staged_ahead_is_staged_in_its_turn(
    tmp_path: Path, environment: Environment
) -> None:
    delivery = Delivery(make_pack(tmp_path))
    with company(1) as others, staging_ahead(environment, lambda _event: None) as ahead:
        assert others.do(os._exit, 1) is None
        ahead.stage(delivery, others)
        assert ahead.take(delivery) is None
        carry_out(environment, [], [delivery], ahead=ahead.take)
    assert find_damage(environment, read_installed(environment)) == {}


def _spoil(wheel: Path) -> None:
    """Give a file of `wheel` another content than RECORD promises."""
    with zipfile.ZipFile(wheel) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, b"pass" if name.endswith("__init__.py") else content)


@pytest.mark.parametrize("spoilt", [False, True])
def test_an_error_in_a_later_file_leaves_the_environment_as_it_was(
    tmp_path: Path, environment: Environment, spoilt: bool
) -> None:
    wheels = []
    for name in ("one", "two", "three"):
        files: dict[str, str | bytes] = {f"{name}/__init__.py": ""}
        files[f"{name}/data.bin"] = os.urandom(9 << 20)
        wheels.append(make_wheel(tmp_path, name, files=files))
    if spoilt:
        _spoil(wheels[2])
    before = look_at(environment.root)
    python = environment.interpreter.executable
    wanted = [f"{path.name.partition('-')[0]} @ {path.as_uri()}" for path in wheels]
    done = subprocess.run(
        [sys.executable, "-m", "trueup", "install", "--offline", "--python", python, *wanted],
        env={**os.environ, "TRUEUP_CACHE_DIR": str(tmp_path / "store")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) is not spoilt, done.stderr
    assert state_leftovers(environment) == []
    installed = read_installed(environment)
    assert sorted(installed) == ([] if spoilt else ["one", "three", "two"])
    assert find_damage(environment, installed) == {}
    if spoilt:
        assert "record-hash" in done.stderr
        assert look_at(environment.root) == before
