"""A plain command line means what the parser would say that it means, or is left to the parser."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from trueup.cli.parser import parse
from trueup.cli.plain import Plain, plain_venv
from trueup.errors import RequestError
from trueup.values import asdict

FLAGS = [
    *("-p", "--python", "--prompt", "--clear", "--allow-existing", "--system-site-packages"),
    *("--json", "-q", "-v", "--quiet", "--verbose"),
]
ODD = [
    *("-p3.12", "-p=3.12", "--python=3.12", "--prompt=", "-qv", "-qp", "--pyth", "--clear=1"),
    *("-h", "--help", "--version", "--", "-", "", "-1", "-1.5", "- x", "-x y", "--unknown", "venv"),
]
VALUES = ["env", ".venv", "3.12", "a b", "x=y", "@file", "~/env", "/there", "install", "é", " -q"]
words = st.one_of(st.sampled_from(FLAGS), st.sampled_from(VALUES), st.sampled_from(ODD), st.text())


def _parsed(said: list[str]) -> dict[str, object] | None:
    """Return what the parser makes of it; None where that is no environment to be made."""
    try:
        command = parse(["venv", *said])
    except (RequestError, SystemExit):
        return None
    told = dict(vars(command.options))
    assert told.pop("action") == "environment_commands:venv"
    assert told.pop("line") == ("venv", *said)  # for who remembers what was asked
    return told


@given(st.lists(words, max_size=7))
def test_what_is_understood_without_the_parser_means_the_same(said: list[str]) -> None:
    plain = plain_venv(said)
    if plain is not None:
        assert asdict(plain) == _parsed(said)


@given(
    st.sampled_from(VALUES[:-1]), st.lists(st.sampled_from(FLAGS[3:])), st.sampled_from(VALUES[:-1])
)
def test_whole_flags_and_words_are_plain(directory: str, switches: list[str], python: str) -> None:
    for said in ([directory, *switches], [*switches, "-p", python, directory], switches):
        plain = plain_venv(said)
        assert plain is not None
        assert asdict(plain) == _parsed(said)


def test_without_words_the_defaults_are_those_of_the_parser() -> None:
    assert plain_venv([]) == Plain()
    assert asdict(Plain()) == _parsed([])


def test_help_errors_and_other_ways_to_say_it_are_the_parsers() -> None:
    for said in (["--help"], ["one", "two"], ["-p"], ["-p", "--clear"], ["-qv"], ["--python=3"]):
        assert plain_venv(said) is None
