"""Two indexes that have one name: which of them is believed, and that it is said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.command import Done, Shell
from support.peer_table import fill
from support.site import open_site
from support.wheels import make_wheel

MIXED = "more than one index is in use"


@dataclass(frozen=True)
class Indexes:
    """One that has `beta` 1.0 and `only`, and another that has `beta` 9.0."""

    mine: str
    others: str
    shell: Shell

    def install(self, *arguments: str | Path, resolver: str = "uv", **variables: str) -> Done:
        done = self.shell(
            "install", *arguments, NO_PROXY="127.0.0.1", TRUEUP_RESOLVER=resolver, **variables
        )
        assert done.code == 0, done.err
        return done

    @property
    def beta(self) -> str:
        return self.shell.installed["beta"]


@pytest.fixture
def indexes(shell: Shell) -> Iterator[Indexes]:
    with open_site() as mine, open_site() as others:
        fill(mine, [make_wheel(shell.root / "mine", name) for name in ("beta", "only")])
        fill(others, [make_wheel(shell.root / "others", "beta", "9.0")])
        yield Indexes(f"{mine.url}/simple/", f"{others.url}/simple/", shell)


def test_by_options_the_first_index_that_has_the_name_wins(indexes: Indexes) -> None:
    done = indexes.install("--index-url", indexes.others, "--extra-index-url", indexes.mine, "beta")
    assert indexes.beta == "1.0"
    assert done.err.count(MIXED) == 1
    done = indexes.install("--index-url", indexes.mine, "only")
    assert MIXED not in done.err


def test_an_install_done_again_says_so_again_and_is_not_parsed(indexes: Indexes) -> None:
    places = [indexes.shell.root / name for name in ("first", "second", "third")]
    options = ("--index-url", indexes.others, "--extra-index-url", indexes.mine)
    loaded = []
    for place in places:
        assert indexes.shell("venv", place).code == 0
        done = indexes.install("-p", place, *options, "beta", PYTHONPROFILEIMPORTTIME="1")
        assert done.err.count(MIXED) == 1
        assert "Installed 1 distribution" in done.out
        loaded.append("trueup.resolution.install_grammar" in done.err)
    assert loaded == [True, False, False]
    quiet = indexes.install("-q", "-p", places[0], *options, "beta")
    assert MIXED not in quiet.out


def test_by_the_settings_of_uv_the_first_index_wins(indexes: Indexes) -> None:
    settings = {"UV_DEFAULT_INDEX": indexes.others, "UV_INDEX": indexes.mine}
    done = indexes.install("beta", "only", **settings)
    assert indexes.beta == "1.0"
    assert done.err.count(MIXED) == 1
    done = indexes.install("beta", "-U", UV_INDEX_STRATEGY="unsafe-best-match", **settings)
    assert indexes.beta == "9.0"
    assert "UV_INDEX_STRATEGY=unsafe-best-match" in done.err


@pytest.mark.parametrize("resolver", ["uv", "pip"])
def test_by_the_settings_of_pip_the_highest_version_wins_and_that_is_said(
    indexes: Indexes, resolver: str
) -> None:
    settings = {"PIP_INDEX_URL": indexes.mine, "PIP_EXTRA_INDEX_URL": indexes.others}
    done = indexes.install("beta", resolver=resolver, **settings)
    assert indexes.beta == "9.0"
    assert done.err.count(MIXED) == 1
    assert "highest version" in done.err


def test_of_a_requirement_file_the_first_index_wins_too(indexes: Indexes) -> None:
    wanted = indexes.shell.root / "wanted.txt"
    wanted.write_text(f"-i {indexes.others}\n--extra-index-url {indexes.mine}\nbeta\n")
    done = indexes.install("-r", wanted)
    assert indexes.beta == "1.0"
    assert done.err.count(MIXED) == 1


def test_with_a_hash_neither_index_can_give_another_wheel(indexes: Indexes) -> None:
    from support.resolving import sha256_of

    wheel = indexes.shell.root / "mine/beta-1.0-py3-none-any.whl"
    line = f"beta --hash=sha256:{sha256_of(wheel)}"
    wanted = indexes.shell.root / "wanted.txt"
    wanted.write_text(f"{line}\n".replace("beta ", "beta==1.0 "))
    settings = {"PIP_INDEX_URL": indexes.others, "PIP_EXTRA_INDEX_URL": indexes.mine}
    indexes.install("--require-hashes", "-r", wanted, **settings)
    assert indexes.beta == "1.0"
