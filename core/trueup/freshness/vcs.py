"""Questions to version control systems that may be asked again: they read and change nothing."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence

__all__ = [
    "ATTRIBUTES_QUESTION",
    "STATE_QUESTIONS",
    "ask",
    "is_about_attributes",
    "is_question",
    "is_transparent",
]

# What stands for the whole state, where a build did more than to ask.
STATE_QUESTIONS = (("git", "rev-parse", "HEAD"), ("git", "status", "--porcelain"))

_GIT = """archive branch cat-file check-ignore config describe diff diff-index for-each-ref log
    ls-files ls-tree merge-base name-rev remote rev-list rev-parse show show-ref status
    symbolic-ref tag version --version"""
_HG = "branch files id identify log manifest parents root status version"
_READING = {"git": frozenset(_GIT.split()), "hg": frozenset(_HG.split())}
_VALUED = frozenset(("-C", "-c", "--git-dir", "--work-tree", "-R", "--repository", "--cwd"))
# With these even a reading command writes, or reaches out.
_WRITES = """-d -D -m -M -f -a -s --delete --move --force --output -o --exec --remote --unset --add
    --replace-all --set-upstream-to"""
_WRITING = frozenset(_WRITES.split())
_LIMITED = frozenset(("branch", "config", "remote", "symbolic-ref", "tag", "archive"))


# What decides about attributes, of whatever files somebody asks.
ATTRIBUTES_QUESTION = ("git", "ls-files", "-s", "--", ":(top,glob)**/.gitattributes")


def is_about_attributes(arguments: Sequence[str]) -> bool:
    """Whether git was asked for attributes, of files that are named on its input."""
    return bool(arguments) and _command(arguments[1:])[0] == "check-attr"


def is_transparent(arguments: Sequence[str]) -> bool:
    """Whether this is a version control system, whose state can be asked for."""
    return bool(arguments) and _name(arguments) in _READING


def is_question(arguments: Sequence[str]) -> bool:
    """Whether this command line only reads the state of a repository.

    Args:
        arguments: the command line, the program first.
    """
    reading = _READING.get(_name(arguments)) if arguments else None
    if reading is None:
        return False
    command, rest = _command(arguments[1:])
    if command not in reading:
        return False
    if command not in _LIMITED:
        return not any(word.startswith("--output") for word in rest)
    if any(word.partition("=")[0] in _WRITING for word in rest):
        return False
    named = [word for word in rest if not word.startswith("-")]
    return command not in {"branch", "tag", "symbolic-ref", "remote"} or len(named) <= 1


def _name(arguments: Sequence[str]) -> str:
    return os.path.splitext(os.path.basename(arguments[0]))[0].lower()


def _command(words: Sequence[str]) -> tuple[str, Sequence[str]]:
    at = 0
    while at < len(words) and words[at].startswith("-") and words[at] != "--version":
        at += 2 if words[at] in _VALUED else 1
    return (words[at], words[at + 1 :]) if at < len(words) else ("", ())


def ask(arguments: Sequence[str], directory: str, variables: Mapping[str, str]) -> str:
    """Run a program that only reads, and return a digest of its exit code and its output."""
    import subprocess

    # git would refresh its index by the way, and lock it while somebody else commits.
    environment = {**variables, "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(
            list(arguments), cwd=directory, env=environment, stdin=subprocess.DEVNULL,
            capture_output=True, check=False,
        )  # fmt: skip
    except OSError as error:
        return f"cannot be asked: {error.strerror}"
    return f"{done.returncode} {hashlib.sha256(done.stdout).hexdigest()[:32]}"
