"""Renames: what gives way, what is merged, and what returns; on one file system and across two."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from support.housing import look_at, make_pack, put, state_leftovers
from trueup.acquisition.pack import Pack
from trueup.destination.environment import Environment
from trueup.destination.installed import read_installed
from trueup.errors import TransactionError
from trueup.installation.damage import find_damage
from trueup.installation.departure import departing_files
from trueup.installation.journal import Journal, write_journal
from trueup.installation.placement import is_whole, put_in_place, set_aside, take_back
from trueup.installation.record import Delivery
from trueup.installation.staging import stage
from trueup.installation.transaction import recover

OLD = {"demo/__init__.py": "old\n", "demo/only_old.py": "", "demo/sub/a.py": "", "single.py": "1"}
NEW = {"demo/__init__.py": "new!\n", "demo/only_new.py": "", "single.py": "22", "more.py": ""}


def prepared(environment: Environment, *packs: Pack) -> Journal:
    """Return a journal, written, that puts `packs` in the place of all that is installed."""
    folder = os.path.join(environment.state, "transaction-1")
    os.makedirs(folder, exist_ok=True)
    staged = [
        stage(environment, Delivery(pack), os.path.join(folder, str(number)))
        for number, pack in enumerate(packs)
    ]
    installed = list(read_installed(environment).values())
    scheme = environment.scheme
    journal = Journal(
        folder=folder,
        removals=departing_files(environment, installed),
        gone=tuple(one.path for one in installed),
        staged=tuple(staged),
        boundaries=(scheme.purelib, scheme.platlib, scheme.scripts, scheme.data, scheme.headers),
    )
    write_journal(environment, journal)
    return journal


@pytest.fixture
def across(environment: Environment, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Give an environment whose libraries are on another file system than its state."""
    place = tmp_path_factory.mktemp("elsewhere")
    if os.stat(place).st_dev == os.stat(environment.root).st_dev:
        pytest.skip("there is only one file system here")
    scheme = replace(environment.scheme, purelib=str(place), platlib=str(place))
    return replace(environment, scheme=scheme)


def everything(environment: Environment) -> dict[str, object]:
    return {**look_at(environment.root), **look_at(environment.scheme.purelib)}


def test_aside_and_back_is_as_before(tmp_path: Path, environment: Environment) -> None:
    put(environment, [make_pack(tmp_path, files=OLD)])
    before = look_at(environment.root)
    journal = prepared(environment, make_pack(tmp_path, version="2.0", files=NEW))
    for _ in range(2):
        set_aside(journal)
        set_aside(journal)
        assert not os.path.lexists(os.path.join(environment.scheme.purelib, "demo"))
        put_in_place(journal)
        put_in_place(journal)
        assert is_whole(journal)
        assert "demo" in os.listdir(environment.scheme.purelib)
        take_back(journal)
        take_back(journal)
        assert look_at(environment.root) == before
        assert is_whole(journal)


def test_a_rollback_that_was_cut_short_can_go_either_way(
    tmp_path: Path, environment: Environment
) -> None:
    put(environment, [make_pack(tmp_path, files=OLD)])
    before = look_at(environment.root)
    journal = prepared(environment, make_pack(tmp_path, version="2.0", files=NEW))
    set_aside(journal)
    put_in_place(journal)
    after = look_at(environment.root)
    new = journal.staged[0]
    for path in new.receipt.paths[:2]:  # as far as a rollback may have come
        source = os.path.join(new.moves[-1].staged, path)
        os.makedirs(os.path.dirname(source), exist_ok=True)
        os.rename(os.path.join(new.root, path), source)
    put_in_place(journal)
    assert look_at(environment.root) == after
    take_back(journal)
    assert look_at(environment.root) == before


def test_libraries_on_another_file_system(tmp_path: Path, across: Environment) -> None:
    put(across, [make_pack(tmp_path, files=OLD)])
    assert find_damage(across, read_installed(across), edited_too=True) == {}
    before = everything(across)
    journal = prepared(across, make_pack(tmp_path, version="2.0", files=NEW))
    set_aside(journal)
    put_in_place(journal)
    after = everything(across)
    take_back(journal)
    assert everything(across) == before
    assert recover(across) == ("demo 2.0",)
    assert everything(across) == after
    assert find_damage(across, read_installed(across), edited_too=True) == {}
    assert state_leftovers(across) == []


def test_copies_to_another_file_system_that_were_cut_short_are_finished(
    tmp_path: Path, across: Environment
) -> None:
    put(across, [make_pack(tmp_path, files=OLD)])
    library = Path(across.scheme.purelib)
    journal = prepared(across, make_pack(tmp_path, version="2.0", files=NEW))
    # copied aside, and killed before the original was removed
    os.mkdir(journal.aside)
    shutil.copy2(journal.removals[0], os.path.join(journal.aside, "0"))
    assert recover(across) == ("demo 2.0",)
    assert list(read_installed(across)) == ["demo"]
    # half copied into the library, and whole but still staged
    journal = prepared(across, make_pack(tmp_path, version="3.0", files=OLD))
    set_aside(journal)
    staged = Path(journal.staged[0].moves[-1].staged)
    shutil.copytree(staged / "demo" / "sub", library / "demo.trueup-new" / "sub")
    shutil.copy2(staged / "single.py", library / "single.py")
    assert recover(across) == ("demo 3.0",)
    assert sorted(os.listdir(library)) == ["demo", "demo-3.0.dist-info", "single.py"]
    assert find_damage(across, read_installed(across), edited_too=True) == {}


def test_a_strangers_file_gives_way_and_is_said(tmp_path: Path, environment: Environment) -> None:
    library = Path(environment.scheme.purelib)
    (library / "demo").mkdir(parents=True)
    (library / "demo" / "__init__.py").write_text("mine\n")
    (library / "demo" / "only_new.py").write_text("")  # the same bytes: nobody loses anything
    (library / "demo" / "notes").write_text("mine")
    before = look_at(environment.root)
    journal = prepared(environment, make_pack(tmp_path, files=NEW))
    set_aside(journal)
    placed = put_in_place(journal)
    assert placed.displaced == (str(library / "demo" / "__init__.py"),)
    assert (library / "demo" / "__init__.py").read_text() == "new!\n"
    assert (library / "demo" / "notes").read_text() == "mine"
    take_back(journal)
    assert look_at(environment.root) == before


def test_a_strangers_file_gives_way_to_a_directory(
    tmp_path: Path, environment: Environment
) -> None:
    library = Path(environment.scheme.purelib)
    (library / "demo").write_text("a file\n")
    before = look_at(environment.root)
    journal = prepared(environment, make_pack(tmp_path, files=NEW))
    set_aside(journal)
    assert put_in_place(journal).displaced == (str(library / "demo"),)
    assert (library / "demo").is_dir()
    take_back(journal)
    assert look_at(environment.root) == before


def test_a_strangers_directory_does_not_give_way_to_a_file(
    tmp_path: Path, environment: Environment
) -> None:
    (Path(environment.scheme.purelib) / "single.py" / "precious").mkdir(parents=True)
    before = look_at(environment.root)
    with pytest.raises(TransactionError, match="is a directory where a file has to go") as caught:
        put(environment, [make_pack(tmp_path, files=NEW)])
    assert caught.value.hint
    assert look_at(environment.root) == before
    assert state_leftovers(environment) == []


def test_a_file_of_one_and_a_directory_of_another_cannot_be_together(
    tmp_path: Path, environment: Environment
) -> None:
    one = make_pack(tmp_path, files={"thing": "a file"})
    two = make_pack(tmp_path, "other", files={"thing/module.py": ""})
    before = look_at(environment.root)
    for packs in ([one, two], [two, one]):
        with pytest.raises(TransactionError, match="thing"):
            put(environment, packs)
        assert look_at(environment.root) == before
        assert state_leftovers(environment) == []


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_out_of_the_environment_is_replaced_and_not_followed(
    tmp_path: Path, environment: Environment
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "__init__.py").write_text("somebody's work\n")
    link = Path(environment.scheme.purelib, "demo")
    link.symlink_to(source)
    before = look_at(environment.root)
    journal = prepared(environment, make_pack(tmp_path, files=NEW))
    set_aside(journal)
    put_in_place(journal)
    assert not link.is_symlink()
    assert os.listdir(source) == ["__init__.py"]
    take_back(journal)
    assert look_at(environment.root) == before
    assert (source / "__init__.py").read_text() == "somebody's work\n"


@pytest.mark.skipif(os.name == "nt", reason="there is no lib64")
def test_a_link_inside_of_the_environment_is_entered(
    tmp_path: Path, environment: Environment
) -> None:
    os.makedirs(os.path.join(environment.root, "share"))
    os.symlink("share", os.path.join(environment.root, "shared"))
    put(environment, [make_pack(tmp_path, files={"demo-1.0.data/data/shared/a/file": "x"})])
    assert os.path.islink(os.path.join(environment.root, "shared"))
    assert os.path.isfile(os.path.join(environment.root, "share", "a", "file"))


def test_directories_that_become_empty_go_up_to_the_schemes_own(
    tmp_path: Path, environment: Environment
) -> None:
    data = "demo-1.0.data"
    files = {"a/b/c/d.py": "", f"{data}/data/share/x/y": "", f"{data}/headers/deep/z.h": ""}
    kept = Path(environment.scheme.purelib, "a", "b", "mine")
    put(environment, [make_pack(tmp_path, files=files)])
    kept.touch()
    put(environment, [], list(read_installed(environment).values()))
    assert os.listdir(environment.scheme.purelib) == ["a"]
    assert os.listdir(kept.parent) == ["mine"]
    assert not os.path.exists(os.path.join(environment.root, "share"))
    assert os.path.isdir(environment.scheme.purelib)


@pytest.mark.parametrize("lost", ["emptied", "deleted", "all of the staging"])
@pytest.mark.parametrize("begun", ["not begun", "aside", "in place"])
def test_what_lost_new_files_is_not_whole_and_is_taken_back(
    tmp_path: Path, environment: Environment, lost: str, begun: str
) -> None:
    put(environment, [make_pack(tmp_path, files=OLD)])
    before = look_at(environment.root)
    journal = prepared(environment, make_pack(tmp_path, version="2.0", files=NEW))
    if begun != "not begun":
        set_aside(journal)
    if begun == "in place":
        put_in_place(journal)
    place = (
        environment.scheme.purelib if begun == "in place" else journal.staged[0].moves[-1].staged
    )
    module = os.path.join(place, "demo", "__init__.py")
    if lost == "emptied":
        os.truncate(module, 0)
    elif lost == "deleted":
        os.unlink(module)
    else:
        shutil.rmtree(os.path.join(journal.folder, "0"), ignore_errors=True)
    still_whole = lost == "all of the staging" and begun == "in place"
    assert is_whole(journal) == still_whole
    recover(environment)
    if not still_whole:
        assert look_at(environment.root) == before
    assert state_leftovers(environment) == []
    assert find_damage(environment, read_installed(environment)) == {}
