from __future__ import annotations

import pytest
from trueup.freshness.vcs import is_question


@pytest.mark.parametrize(
    "command",
    [
        "git describe --dirty --tags --long",
        "git --git-dir /x/.git -c log.showSignature=false log -n 1 HEAD --format=%cI",
        "git -C /x rev-parse HEAD",
        "git status --porcelain",
        "git config --get remote.origin.url",
        "git tag --points-at HEAD",
        "git branch --show-current",
        "git --version",
        "git.exe ls-files -z",
        "/usr/bin/git diff --quiet",
        "hg id -i",
    ],
)
def test_commands_that_only_read_may_be_asked_again(command: str) -> None:
    assert is_question(command.split())


@pytest.mark.parametrize(
    "command",
    [
        "git fetch --tags",
        "git submodule update --init",
        "git tag v1 HEAD",
        "git tag -d v1",
        "git branch -D x",
        "git config user.name x --add",
        "git config --unset user.name",
        "git archive --output=x.tar HEAD",
        "git archive --remote=y HEAD",
        "git diff --output=x",
        "git symbolic-ref HEAD refs/heads/x",
        "git remote add x y",
        "git checkout x",
        "git",
        "gcc -c x.c",
        "hg pull",
    ],
)
def test_commands_that_may_write_are_never_asked_again(command: str) -> None:
    assert not is_question(command.split())


def test_nothing_is_no_question() -> None:
    assert not is_question(())
