from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trueup.acquisition.credentials import (
    Credentials,
    Login,
    realm,
    recordable,
    redact,
    redact_text,
    without_credentials,
)
from trueup.errors import RequestError
from trueup.reporting import Event

QUIET = {"PIP_KEYRING_PROVIDER": "disabled", "NETRC": os.devnull}
# Marked, so that what is looked for can only be the secret and no part of the rest of the address.
SECRETS = st.text(min_size=1, max_size=20).map(lambda text: f"s3cr3t{text}")


@given(SECRETS, SECRETS, st.sampled_from(["https", "http", "git+https", "git+ssh", "ssh", "ftp"]))
def test_no_password_survives_redaction(user: str, password: str, scheme: str) -> None:
    url = (
        f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@host.test:8443/a/b@v1?x=1#y"
    )
    for shown in (
        redact(url),
        redact_text(f"fatal: '{url}' failed"),
        without_credentials(url),
        recordable(url),
    ):
        assert "s3cr3t" not in shown
        assert "host.test" in shown


@given(
    st.text(
        alphabet=st.characters(
            exclude_characters="/?#[] \t\r\n'\"<>@", exclude_categories=["Cs", "Cc", "Zs"]
        )
    )
)
def test_no_unquoted_password_survives_redaction(rest: str) -> None:
    url = f"https://user:s3cr3t{rest}@host.test/simple"
    assert "s3cr3t" not in redact(url)
    assert "s3cr3t" not in redact_text(f"GET {url} failed")


@given(st.text())
def test_redaction_takes_any_text(text: str) -> None:
    redact(text)
    redact_text(text)


def test_a_password_with_a_slash_does_not_survive_redaction() -> None:
    assert redact("https://user:pa/ss@host.test/simple") == "https://host.test/simple"


def test_tokens_in_a_query_are_not_shown() -> None:
    assert redact("https://host.test/a.whl?token=s3cr3t#sha256=00") == "https://host.test/a.whl?..."


def test_an_address_without_credentials_stays_as_it_is() -> None:
    assert (
        without_credentials("https://host.test:8443/a@b?c=d#e")
        == "https://host.test:8443/a@b?c=d#e"
    )


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("https://${USER}:${TOKEN}@host.test/a", "https://${USER}:${TOKEN}@host.test/a"),
        ("https://${TOKEN}@host.test/a", "https://${TOKEN}@host.test/a"),
        ("https://${USER}:real@host.test/a", "https://host.test/a"),
        ("ssh://git@host.test/a.git", "ssh://git@host.test/a.git"),
        ("ssh://git:pw@host.test/a.git", "ssh://host.test/a.git"),
        ("https://git@host.test/a.git", "https://host.test/a.git"),
    ],
)
def test_direct_url_keeps_variables_and_the_user_git_only(url: str, written: str) -> None:
    assert recordable(url) == written


def test_a_login_does_not_show_itself() -> None:
    assert "pw" not in repr(Login("user", "pw")) + str(Login("user", "pw"))


def test_the_default_port_is_the_same_place() -> None:
    assert realm("https://Host.test/a") == realm("https://host.test:443/b")
    assert realm("https://host.test/a") != realm("http://host.test/a")


def test_the_index_with_the_longest_common_path_gives_its_credentials() -> None:
    credentials = Credentials(
        ["https://one:1@host.test/team-a/simple", "https://two:2@host.test/team-b/simple"],
        environment=QUIET,
    )
    assert credentials.known("https://host.test/team-b/files/x.whl") == Login("two", "2")
    assert credentials.known("https://host.test/team-a/files/x.whl") == Login("one", "1")


@pytest.mark.parametrize(
    "other", ["https://host.test:444/x", "http://host.test/x", "https://evil.test/x"]
)
def test_credentials_go_to_no_other_place(other: str) -> None:
    credentials = Credentials(["https://user:pw@host.test/simple"], environment=QUIET)
    assert credentials.known("https://host.test/x") == Login("user", "pw")
    assert credentials.known(other) is None


def test_what_the_address_itself_says_wins() -> None:
    credentials = Credentials(["https://user:pw@host.test/simple"], environment=QUIET)
    assert credentials.known("https://me:mine%40@host.test/simple") == Login("me", "mine@")


def test_a_named_index_takes_its_credentials_from_the_environment() -> None:
    environment = {
        **QUIET,
        "UV_INDEX": "my-team.index=https://host.test/simple https://other.test/simple",
        "UV_INDEX_MY_TEAM_INDEX_USERNAME": "user",
        "UV_INDEX_MY_TEAM_INDEX_PASSWORD": "pw",
    }
    credentials = Credentials(environment=environment)
    assert credentials.known("https://host.test/files/x.whl") == Login("user", "pw")
    assert credentials.known("https://other.test/files/x.whl") is None


def test_netrc_is_read(tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine host.test login user password pw\n")
    credentials = Credentials(environment={**QUIET, "NETRC": str(netrc)})
    assert credentials.known("https://host.test/x") == Login("user", "pw")
    assert credentials.known("https://other.test/x") is None


def test_a_netrc_that_cannot_be_read_is_told_once(tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine host.test nonsense s3cr3t\n")
    events: list[Event] = []
    credentials = Credentials(environment={**QUIET, "NETRC": str(netrc)}, reporter=events.append)
    assert credentials.known("https://host.test/x") is None
    assert credentials.known("https://host.test/y") is None
    assert [event.kind for event in events] == ["warning"]
    assert "s3cr3t" not in events[0].message


def _keyring_program(folder: Path, log: Path) -> str:
    """Write a real `keyring` program, and return a PATH that has it first."""
    folder.mkdir()
    program = folder / "keyring"
    program.write_text(
        f"#!{sys.executable}\nimport sys\n"
        f"open({str(log)!r}, 'a').write(' '.join(sys.argv[1:]) + chr(10))\n"
        "if sys.argv[1] == '--mode': print('found-user'); print('found-pw')\n"
        "elif sys.argv[3] == 'user': print('pw-of-user')\n"
        "else: sys.exit(1)\n"
    )
    program.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


@pytest.mark.skipif(os.name == "nt", reason="the program of this test is a POSIX script")
def test_the_keyring_program_is_asked_after_a_refusal_and_only_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"
    monkeypatch.setenv("PATH", _keyring_program(tmp_path / "bin", log))
    credentials = Credentials(environment={"NETRC": os.devnull}, keyring="subprocess")
    assert credentials.known("https://user@host.test/simple") == Login("user", "")
    assert not log.exists()
    for _ in range(2):
        found = credentials.after_refusal("https://user@host.test/simple", Login("user", ""))
        assert found == Login("user", "pw-of-user")
    assert credentials.known("https://host.test/other") == Login("user", "pw-of-user")
    assert (
        credentials.after_refusal("https://user@host.test/simple", Login("user", "pw-of-user"))
        is None
    )
    assert log.read_text().splitlines() == ["get host.test user"]


@pytest.mark.skipif(os.name == "nt", reason="the program of this test is a POSIX script")
def test_a_keyring_may_know_the_user_name_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", _keyring_program(tmp_path / "bin", tmp_path / "log"))
    credentials = Credentials(
        environment={"NETRC": os.devnull, "UV_KEYRING_PROVIDER": "subprocess"}
    )
    assert credentials.after_refusal("https://host.test/simple", None) == Login(
        "found-user", "found-pw"
    )


def test_the_keyring_module_is_asked_for_the_index_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "keyring.py").write_text(
        "class Found:\n    username, password = 'user', 'pw'\n"
        "def get_credential(service, username):\n"
        "    return Found() if service == 'https://host.test/simple' else None\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "keyring", raising=False)
    credentials = Credentials(
        ["https://user@host.test/simple"], environment={"NETRC": os.devnull}, keyring="import"
    )
    assert credentials.after_refusal("https://host.test/files/x.whl", None) == Login("user", "pw")
    monkeypatch.delitem(sys.modules, "keyring", raising=False)


def test_a_disabled_keyring_knows_nothing() -> None:
    assert Credentials(environment=QUIET).after_refusal("https://host.test/simple", None) is None


def test_an_unknown_keyring_provider_is_refused() -> None:
    with pytest.raises(RequestError, match="no keyring provider 'magic'"):
        Credentials(environment={"PIP_KEYRING_PROVIDER": "magic"})
