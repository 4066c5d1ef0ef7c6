"""The journal: read whole or not followed."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from support.housing import look_at, make_pack, new_environment, put
from trueup.destination.environment import Environment
from trueup.errors import TransactionError
from trueup.installation.journal import (
    Journal,
    forget,
    is_open,
    read_journal,
    write_journal,
)
from trueup.installation.record import Delivery
from trueup.installation.staging import stage
from trueup.installation.transaction import recover


@pytest.fixture
def journal(tmp_path: Path, environment: Environment) -> Journal:
    """Give a journal that is written, of a transaction that has not begun."""
    folder = os.path.join(environment.state, "transaction-1")
    os.makedirs(folder)
    packs = [make_pack(tmp_path), make_pack(tmp_path, "other", "2.0")]
    staged = [
        stage(environment, Delivery(pack), os.path.join(folder, str(number)))
        for number, pack in enumerate(packs)
    ]
    made = Journal(
        folder=folder,
        removals=("/env/surrogate\udcff", "/env/ü\n"),
        gone=("/env/old-1.0.dist-info",),
        staged=tuple(staged),
        boundaries=("/env/lib",),
    )
    write_journal(environment, made)
    return made


def _path(environment: Environment) -> Path:
    return Path(environment.state, "journal")


def test_what_is_written_is_read(environment: Environment, journal: Journal) -> None:
    assert read_journal(environment) == journal
    assert is_open(environment)
    assert sorted(os.listdir(environment.state)) == ["journal", "skeleton", "transaction-1"]


def test_it_is_about_what_comes_or_else_about_what_goes(journal: Journal) -> None:
    assert journal.subject == ("demo 1.0", "other 2.0")
    assert replace(journal, staged=()).subject == ("old-1.0",)


def test_a_forgotten_one_is_none(environment: Environment, journal: Journal) -> None:
    forget(environment)
    assert read_journal(environment) is None
    assert not is_open(environment)


@pytest.mark.usefixtures("journal")
def test_one_that_is_damaged_anywhere_is_refused(environment: Environment) -> None:
    whole = _path(environment).read_bytes()
    for at in range(0, len(whole), 7):
        for damaged in (whole[:at], whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :]):
            _path(environment).write_bytes(damaged)
            with pytest.raises(TransactionError, match="journal"):
                read_journal(environment)


@pytest.mark.usefixtures("journal")
def test_before_anything_was_changed_a_damaged_one_is_dropped(environment: Environment) -> None:
    before = look_at(environment.root)
    _path(environment).write_bytes(b"\0" * 100)
    assert recover(environment) == ()
    assert look_at(environment.root) == before
    assert os.listdir(environment.state) == ["skeleton"]


def test_a_damaged_one_that_had_set_nothing_aside_is_dropped(
    environment: Environment, journal: Journal
) -> None:
    """What a power cut leaves of an install that only added: nobody flushed its journal."""
    os.mkdir(journal.aside)
    _path(environment).write_bytes(b"")
    assert recover(environment) == ()
    assert os.listdir(environment.state) == ["skeleton"]


def test_after_a_change_a_damaged_one_is_an_error_that_deletes_nothing(
    environment: Environment, journal: Journal
) -> None:
    os.mkdir(journal.aside)
    Path(journal.aside, "0").write_text("the only copy")
    _path(environment).write_bytes(b"trueup journal 2\nfrom the future")
    for _ in range(2):
        with pytest.raises(TransactionError) as caught:
            recover(environment)
        assert str(_path(environment)) in caught.value.problem
        assert caught.value.hint
    assert Path(journal.aside, "0").read_text() == "the only copy"


def test_one_that_came_with_a_copy_of_its_environment_touches_neither(
    tmp_path: Path, environment: Environment, journal: Journal
) -> None:
    os.mkdir(journal.aside)
    copy = new_environment(tmp_path / "copy")
    shutil.copytree(environment.state, copy.state, dirs_exist_ok=True)
    before = look_at(environment.root, leave_out=())
    with pytest.raises(TransactionError, match="another environment"):
        recover(copy)
    shutil.rmtree(os.path.join(copy.state, "transaction-1"))
    recover(copy)
    put(copy, [make_pack(tmp_path, "third")])
    assert look_at(environment.root, leave_out=()) == before


def test_one_whose_environment_was_moved_is_not_followed(
    tmp_path: Path, environment: Environment, journal: Journal
) -> None:
    os.mkdir(journal.aside)
    os.rename(environment.root, tmp_path / "moved")
    moved = replace(environment, root=str(tmp_path / "moved"))
    with pytest.raises(TransactionError, match="another environment"):
        recover(moved)
