from __future__ import annotations

import argparse
import shlex
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from trueup.errors import RequestError
from trueup.resolution.foreign_options import IGNORED, REFUSED
from trueup.resolution.install_grammar import add_install_options, parse_install_arguments
from trueup.resolution.install_options import InstallOptions
from trueup.resolution.install_vocabulary import MEANT
from trueup.resolution.request_input import RequestInput
from trueup.resolution.settings import NetworkSettings

FLAGS = [flag for option in MEANT for flag in option.flags]
FLAGS += [flag for option in (*IGNORED, *REFUSED) for flag in option.flags]


def said(line: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what differs from the defaults: in the request, and in the options."""
    raw, options = parse_install_arguments(shlex.split(line))
    return changed(raw, RequestInput()), changed(options, InstallOptions())


def changed(value: Any, default: Any) -> dict[str, Any]:
    pairs = ((each.name, getattr(value, each.name)) for each in fields(value))
    return {name: one for name, one in pairs if one != getattr(default, name)}


def refusal(line: str, **keywords: Any) -> RequestError:
    with pytest.raises(RequestError) as caught:
        parse_install_arguments(shlex.split(line), **keywords)
    return caught.value


# What tox and nox pass on, by their sources, and what people write for pip and uv.
LINES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("six attrs>=1", {"requirements": ("six", "attrs>=1")}, {}),
    ("-e .[x]", {"editables": (".[x]",)}, {}),
    (
        "--force-reinstall --no-deps .tox/.tmp/package/1/x-1.tar.gz",
        {"requirements": (".tox/.tmp/package/1/x-1.tar.gz",), "dependencies": False},
        {"force_reinstall": True, "no_deps": True},
    ),
    (
        "-r requirements.txt -c limits.txt --pre six",
        {
            "requirements": ("six",),
            "requirement_files": ("requirements.txt",),
            "constraint_files": ("limits.txt",),
            "prerelease": True,
        },
        {},
    ),
    (
        "six -U -v attrs -v --dry-run",
        {"requirements": ("six", "attrs"), "upgrade": True},
        {"upgrade": True, "verbose": 2, "dry_run": True},
    ),
    (
        "-qqU --upgrade-strategy=eager -P Six,attrs x",
        {
            "requirements": ("x",),
            "upgrade": True,
            "upgrade_strategy": "eager",
            "upgrade_packages": ("Six", "attrs"),
        },
        {"upgrade": True, "quiet": 2, "upgrade_packages": frozenset({"six", "attrs"})},
    ),
    (
        "--group dev --group sub/pyproject.toml:test --pylock pylock.toml --extra a --all-extras",
        {
            "groups": ("dev", "sub/pyproject.toml:test"),
            "pylock": "pylock.toml",
            "extras": ("a",),
            "all_extras": True,
        },
        {},
    ),
    (
        "x -i https://a --extra-index-url https://b --index n=https://c -f links --no-index",
        {
            "requirements": ("x",),
            "index_url": "https://a",
            "extra_index_urls": ("https://c", "https://b"),
            "find_links": ("links",),
            "no_index": True,
        },
        {},
    ),
    (
        "x --default-index=https://h/?a=b --index https://h/?a=b",
        {
            "requirements": ("x",),
            "index_url": "https://h/?a=b",
            "extra_index_urls": ("https://h/?a=b",),
        },
        {},
    ),
    (
        "x --no-binary :all: --only-binary six --no-build --no-build-isolation -C a=1",
        {
            "requirements": ("x",),
            "formats": (
                ("--no-binary", ":all:"),
                ("--only-binary", "six"),
                ("--only-binary", ":all:"),
            ),
            "build_isolation": False,
            "config_settings": ("a=1",),
        },
        {},
    ),
    (
        "x --config-settings --plain-name=y -C--other=z --config-setting=--build-option=w",
        {
            "requirements": ("x",),
            "config_settings": ("--plain-name=y", "--other=z", "--build-option=w"),
        },
        {},
    ),
    (
        "x --resolution lowest-direct --exclude-newer 2030-01-01 --require-hashes",
        {
            "requirements": ("x",),
            "resolution": "lowest-direct",
            "exclude_newer": "2030-01-01",
            "require_hashes": True,
        },
        {},
    ),
    (
        "x --prerelease allow --no-editable",
        {"requirements": ("x",), "prerelease": True, "no_editable": True},
        {},
    ),
    (
        "x --prerelease explicit --index-strategy first-index --override a --override b",
        {
            "requirements": ("x",),
            "resolver_environment": (
                ("UV_PRERELEASE", "explicit"),
                ("UV_INDEX_STRATEGY", "first-index"),
                ("UV_OVERRIDE", "a b"),
            ),
        },
        {},
    ),
    (
        "x --python .venv/bin/python --target t --break-system-packages --require-virtualenv",
        {"requirements": ("x",)},
        {
            "python": ".venv/bin/python",
            "target": "t",
            "break_system_packages": True,
            "require_virtualenv": True,
        },
    ),
    (
        "x --no-cache-dir --refresh-package :all: --reinstall-package A.b --no-compile --offline",
        {"requirements": ("x",)},
        {
            "no_cache": True,
            "refresh": True,
            "reinstall_packages": frozenset({"a-b"}),
            "compile": False,
            "offline": True,
        },
    ),
    (
        "x --exact --strict --check --recreate --build-timeout 90 --report - --no-color",
        {"requirements": ("x",)},
        {
            "exact": True,
            "strict": True,
            "check": True,
            "recreate": True,
            "build_timeout": 90.0,
            "report": "-",
            "color": "never",
        },
    ),
    (
        "x --cert c.pem --client-cert d.pem --proxy p --timeout 7 --retries 2 --no-proxy-env",
        {"requirements": ("x",)},
        {
            "network": NetworkSettings(
                "c.pem",
                "d.pem",
                "p",
                system_proxies=False,
                timeout=7.0,
                retries=2,
            )
        },
    ),
    (
        "x --output-format json --progress-bar off",
        {"requirements": ("x",)},
        {"json": True, "progress": False},
    ),
    (
        "x --keyring-provider subprocess --trusted-host h",
        {"requirements": ("x",), "trusted_hosts": ("h",)},
        {"network": NetworkSettings(keyring_provider="subprocess")},
    ),
    ("-r - -- -weird", {"requirement_files": ("-",), "requirements": ("-weird",)}, {}),
    ("--compile --no-compile x", {"requirements": ("x",)}, {"compile": False}),
]


@pytest.mark.parametrize(("line", "raw", "options"), LINES, ids=[line for line, _, _ in LINES])
def test_a_command_line_says_what_pip_and_uv_users_mean(
    line: str, raw: dict[str, Any], options: dict[str, Any]
) -> None:
    assert said(line) == (raw, options)


@pytest.mark.parametrize("option", IGNORED, ids=lambda option: option.flags[0])
def test_an_option_that_changes_nothing_is_taken(option: Any) -> None:
    for flag in option.flags:
        assert said(f"six {flag} {'value' if option.takes_value else ''}") == (
            {"requirements": ("six",)},
            {},
        )


@pytest.mark.parametrize("option", REFUSED, ids=lambda option: option.flags[0])
def test_an_option_that_cannot_be_honoured_is_refused_by_name_with_a_way_out(option: Any) -> None:
    for flag in option.flags:
        error = refusal(f"six {flag} {'value' if option.takes_value else ''}")
        assert error.problem == f"{flag} is not supported"
        assert error.hint.startswith(option.why)


def test_every_option_is_listed_once() -> None:
    flags = FLAGS
    assert len(flags) == len(set(flags))
    assert all(option.why for option in (*IGNORED, *REFUSED))


def test_all_mistakes_are_told_at_once() -> None:
    error = refusal("six --user --abi x --timeout soon --resolution best --target a --prefix b")
    assert [line.split(" ")[0] for line in error.lines] == [
        "--user",
        "--abi",
        "--resolution",
        "--timeout",
        "--target",
    ]
    assert "usage: trueup install" in error.hint


def test_unknown_options_are_all_named_and_their_values_are_not_shown() -> None:
    error = refusal("six --nonsense=s3cret --more")
    assert error.lines == (
        "--nonsense is not an option of install",
        "--more is not an option of install",
    )
    assert "s3cret" not in str(error)
    assert "s3cret" not in str(refusal("six --no-index=https://user:s3cret@host"))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("", "nothing to install is named"),
        ("-U", "nothing to install is named"),
        ("-r", "expected one argument"),
        ("six --target", "expected one argument"),
        ("six --target -U", "expected one argument"),
        ("six --color blue", "none of auto, always, never"),
        ("six --retries -1", "no whole number"),
        ("six --timeout inf", "no number of seconds"),
        ("six --keyring-provider none", "no keyring provider"),
        ("six --upgrade-package six==1", "is not a distribution's name"),
        ("six --reinstall-package 'x y'", "is not a distribution's name"),
        ("six --up", "--up is not an option"),
    ],
)
def test_a_line_without_a_meaning_is_refused(line: str, says: str) -> None:
    error = refusal(line)
    assert says in str(error)
    assert "usage: trueup install" in str(error)


def test_a_mistake_neither_ends_the_process_nor_prints(capsys: pytest.CaptureFixture[str]) -> None:
    refusal("-r")
    refusal("--help")
    assert capsys.readouterr() == ("", "")


def test_the_help_teaches_each_option_that_means_something() -> None:
    parser = argparse.ArgumentParser(prog="trueup install", allow_abbrev=False)
    add_install_options(parser)
    text = parser.format_help()
    assert all(option.flags[0] in text for option in MEANT)
    assert all(option.help for option in MEANT)
    assert not any(f" {option.flags[0]} " in text for option in (*IGNORED, *REFUSED))


def test_surroundings_count_where_the_line_says_nothing(tmp_path: Path) -> None:
    config = tmp_path / "pip.conf"
    config.write_text("[global]\ntarget = from-file\n[install]\nno-compile = no\nverbose = 2\n")
    environment = {
        "PIP_REQUIRE_VIRTUALENV": "1",
        "PIP_UPGRADE": "0",
        "UV_OFFLINE": "1",
        "TRUEUP_RESOLVER": "uv",
    }
    files = [str(config)]
    _, options = parse_install_arguments(["six"], environment=environment, config_files=files)
    assert changed(options, InstallOptions()) == {
        "target": "from-file",
        "compile": False,
        "verbose": 2,
        "require_virtualenv": True,
        "offline": True,
    }
    line = ["six", "--target", "mine", "--compile"]
    _, options = parse_install_arguments(line, environment=environment, config_files=files)
    assert (options.target, options.compile) == ("mine", True)
    environment["TRUEUP_RESOLVER"] = "pip"
    _, options = parse_install_arguments(["six"], environment=environment, config_files=files)
    assert not options.offline
    line = ["six", "--isolated"]
    _, options = parse_install_arguments(line, environment=environment, config_files=files)
    assert options == InstallOptions(isolated=True)


def test_a_setting_that_is_neither_on_nor_off_is_named(tmp_path: Path) -> None:
    environment = {"PIP_UPGRADE": "maybe", "TRUEUP_RESOLVER": "pip"}
    error = refusal("six", environment=environment, config_files=[])
    assert "upgrade is 'maybe'" in error.problem


words = st.one_of(
    st.sampled_from(
        [
            *FLAGS,
            *(
                "six",
                ".",
                "-",
                "--",
                "a=b",
                ":all:",
                "7",
                "allow",
                "--no-such",
                "-x",
                "-qv",
                "--a=b",
            ),
        ]
    ),
    st.text(max_size=6),
)


@pytest.mark.parametrize("option", ["-r", "-P", "--reinstall-package", "--index-url"])
def test_two_dashes_are_no_value(option: str) -> None:
    with pytest.raises(RequestError, match="expected one argument"):
        parse_install_arguments([option, "--", "x"])


@settings(deadline=None, max_examples=300)
@example(["--reinstall-package", "--"])
@example(["-r", "--", "x"])
@given(st.lists(words, max_size=8))
def test_no_arguments_raise_anything_but_our_own_error(argv: list[str]) -> None:
    try:
        raw, options = parse_install_arguments(argv)
    except RequestError as error:
        assert error.problem  # noqa: PT017 - both outcomes are right
        return
    assert isinstance(raw, RequestInput)
    assert isinstance(options, InstallOptions)


names = st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True)


@given(
    st.lists(names, min_size=1, max_size=4),
    st.lists(st.sampled_from(["-U", "-r=x.txt", "-c=y.txt", "-e=.", "--pre", "-v"]), max_size=5),
    st.randoms(use_true_random=False),
)
def test_options_and_requirements_may_stand_in_any_order(
    wanted: list[str], options: list[str], random: Any
) -> None:
    pieces = [[name] for name in wanted] + [option.split("=") for option in options]
    random.shuffle(pieces)
    raw, chosen = parse_install_arguments([word for piece in pieces for word in piece])
    assert sorted(raw.requirements) == sorted(wanted)
    assert len(raw.requirement_files) == options.count("-r=x.txt")
    assert len(raw.constraint_files) == options.count("-c=y.txt")
    assert len(raw.editables) == options.count("-e=.")
    assert chosen.verbose == options.count("-v")
    assert raw.upgrade == ("-U" in options)
