from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from trueup.errors import RequestError
from trueup.resolution.pip_configuration import pip_configuration_files, read_pip_configuration
from trueup.resolution.request import IndexSettings
from trueup.resolution.settings import (
    NetworkSettings,
    index_settings_from_surroundings,
    network_settings_from_surroundings,
    read_settings,
    uses_uv_settings,
)

linux = pytest.mark.skipif(sys.platform != "linux", reason="the directories are Linux's")


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    """Variables of a person who has set nothing."""
    return {
        "HOME": str(tmp_path / "home"),
        "XDG_CONFIG_HOME": str(tmp_path / "home" / "settings"),
        "XDG_CONFIG_DIRS": str(tmp_path / "machine"),
        "PIP_CONFIG_FILE": os.devnull,
        "TRUEUP_RESOLVER": "uv",
    }


def write(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def index(variables: dict[str, str], base: Path, *files: str) -> IndexSettings:
    return index_settings_from_surroundings(variables, base=str(base), config_files=files)


@linux
def test_pip_looks_in_these_places_in_this_order(variables: dict[str, str], tmp_path: Path) -> None:
    assert pip_configuration_files(variables) == ()
    del variables["PIP_CONFIG_FILE"]
    home = tmp_path / "home"
    usual = (
        str(tmp_path / "machine" / "pip" / "pip.conf"),
        "/etc/pip.conf",
        str(home / ".pip" / "pip.conf"),
        str(home / "settings" / "pip" / "pip.conf"),
        str(tmp_path / "venv" / "pip.conf"),
    )
    assert pip_configuration_files(variables, prefix=str(tmp_path / "venv")) == usual
    variables["PIP_CONFIG_FILE"] = str(tmp_path / "missing.conf")
    found = pip_configuration_files(variables, prefix=str(tmp_path / "venv"))
    assert found == (*usual, str(tmp_path / "missing.conf"))
    variables["PIP_CONFIG_FILE"] = write(tmp_path / "chosen.conf", "")
    found = pip_configuration_files(variables, prefix=str(tmp_path / "venv"))
    assert found == (*usual[:2], usual[4], str(tmp_path / "chosen.conf"))


def test_a_later_file_and_a_nearer_section_have_the_last_word(tmp_path: Path) -> None:
    weak = write(
        tmp_path / "a", "[install]\ntimeout = 1\n[global]\nretries = 1\nproxy = http://a\n"
    )
    strong = write(tmp_path / "b", "[global]\ntimeout = 2\nRetries = 2\n--proxy =\n[list]\nx = 1\n")
    found = read_pip_configuration({"PIP_CERT": "c"}, config_files=[weak, strong, "/nowhere"])
    assert found.values == {"timeout": "1", "retries": "2", "cert": "c"}
    assert found.files == (weak, strong)


@pytest.mark.parametrize("content", [b"no section\n", b"[global]\nx = \xff\n", b"[a]\nb=1\nb=2\n"])
def test_a_configuration_file_that_cannot_be_read_is_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "pip.conf"
    path.write_bytes(content)
    with pytest.raises(RequestError, match="cannot be read") as caught:
        read_pip_configuration({}, config_files=[str(path)])
    assert str(path) in caught.value.problem


def test_indexes_of_uv_come_before_those_of_pip_and_do_not_mix(
    variables: dict[str, str], tmp_path: Path
) -> None:
    file = write(
        tmp_path / "pip.conf",
        "[global]\nindex-url = https://pip\nextra-index-url = https://a\n  https://b\n"
        "find-links = https://links\ntrusted-host = h\n",
    )
    of_pip = IndexSettings(
        index_url="https://pip",
        extra_index_urls=("https://a", "https://b"),
        find_links=("https://links",),
        trusted_hosts=("h",),
        best_match=True,
    )
    assert index(variables, tmp_path, file) == of_pip
    variables["UV_FIND_LINKS"] = f"https://mine,{tmp_path}"
    mine = index(variables, tmp_path, file)
    assert (mine.index_url, mine.find_links) == ("https://pip", ("https://mine", str(tmp_path)))
    variables["UV_INDEX"] = "named=https://uv https://other?a=b"
    mine = index(variables, tmp_path, file)
    assert mine.index_url is None
    assert not mine.best_match
    assert mine.extra_index_urls == ("https://uv", "https://other?a=b")
    variables["UV_INDEX_URL"] = "https://old"
    assert index(variables, tmp_path, file).index_url == "https://old"
    variables["UV_DEFAULT_INDEX"] = "https://new"
    assert index(variables, tmp_path, file).index_url == "https://new"
    variables["TRUEUP_RESOLVER"] = "pip"
    assert index(variables, tmp_path, file) == of_pip


def test_a_variable_of_pip_comes_before_its_files(
    variables: dict[str, str], tmp_path: Path
) -> None:
    file = write(tmp_path / "pip.conf", "[global]\nextra-index-url = https://a\nno-index = true\n")
    assert index(variables, tmp_path, file).no_index
    variables |= {"PIP_EXTRA_INDEX_URL": "https://b https://c", "PIP_NO_INDEX": "0"}
    found = index(variables, tmp_path, file)
    assert found.extra_index_urls == ("https://b", "https://c")
    assert not found.no_index


def test_paths_become_absolute(variables: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "simple").mkdir()
    variables |= {"PIP_INDEX_URL": "simple", "PIP_FIND_LINKS": "./wheels ~/links file:///x"}
    found = index(variables, tmp_path)
    assert found.index_url == (tmp_path / "simple").as_uri()
    home = os.path.expanduser("~")
    assert found.find_links == (str(tmp_path / "wheels"), f"{home}/links", "file:///x")


@linux
def test_uvs_files_are_read_in_uvs_order(variables: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path / "machine" / "uv" / "uv.toml", 'index-url = "https://machine"\n')
    write(
        tmp_path / "home" / "settings" / "uv" / "uv.toml",
        'extra-index-url = ["https://user"]\nfind-links = ["links"]\n[pip]\nno-index = false\n',
    )
    base = tmp_path / "project" / "deep"
    base.mkdir(parents=True)
    found = index(variables, base)
    assert (found.index_url, found.extra_index_urls) == ("https://machine", ("https://user",))
    assert found.find_links == (str(tmp_path / "home" / "settings" / "uv" / "links"),)
    project = write(
        tmp_path / "project" / "pyproject.toml",
        '[[tool.uv.index]]\nname = "a"\nurl = "https://a"\ndefault = true\n'
        '[[tool.uv.index]]\nurl = "simple"\n'
        '[[tool.uv.index]]\nurl = "https://x"\nexplicit = true\n',
    )
    found = index(variables, base)
    assert found.index_url == "https://a"
    assert found.extra_index_urls == ((tmp_path / "project" / "simple").as_uri(), "https://user")
    assert read_settings(variables, base=str(base), config_files=[]).files[0] == project
    write(base / "uv.toml", '[pip]\nindex-url = "https://nearest"\n')
    assert index(variables, base).index_url == "https://nearest"
    write(base / "pyproject.toml", "[tool.uv]\nindex-url = 'https://not-this'\n")
    assert index(variables, base).index_url == "https://nearest"
    variables["UV_CONFIG_FILE"] = write(tmp_path / "one.toml", "")
    assert index(variables, base) == IndexSettings()
    del variables["UV_CONFIG_FILE"]
    variables["UV_NO_CONFIG"] = "1"
    assert index(variables, base) == IndexSettings()


def test_a_uv_file_that_is_no_toml_is_named(variables: dict[str, str], tmp_path: Path) -> None:
    path = write(tmp_path / "uv.toml", "index-url = \n")
    with pytest.raises(RequestError, match="cannot be read") as caught:
        index(variables, tmp_path)
    assert path in caught.value.problem


def test_network_settings_of_both_tools(variables: dict[str, str], tmp_path: Path) -> None:
    file = write(
        tmp_path / "pip.conf",
        "[global]\ncert = c.pem\nclient-cert = /d.pem\nproxy = http://u:p@h\ntimeout = 7.5\n"
        "retries = 2\nkeyring-provider = subprocess\nno-proxy-env = yes\n",
    )

    def network() -> NetworkSettings:
        return network_settings_from_surroundings(
            variables, base=str(tmp_path), config_files=[file]
        )

    expected = NetworkSettings(
        str(tmp_path / "c.pem"), "/d.pem", "http://u:p@h", False, "subprocess", 7.5, 2
    )
    assert network() == expected
    variables["PIP_DEFAULT_TIMEOUT"] = "9"
    assert network().timeout == 7.5
    variables["PIP_TIMEOUT"] = "8"
    assert network().timeout == 8
    variables |= {
        "UV_HTTP_TIMEOUT": "5",
        "SSL_CERT_FILE": "/e.pem",
        "UV_KEYRING_PROVIDER": "disabled",
    }
    mine = network()
    assert (mine.timeout, mine.certificates, mine.keyring_provider) == (5, "/e.pem", "disabled")
    assert mine.proxy == "http://u:p@h"


def test_stronger_settings_lie_over_weaker_ones() -> None:
    weak = NetworkSettings(certificates="a", timeout=1.0, retries=5, system_proxies=True)
    strong = NetworkSettings(retries=0, system_proxies=False, proxy="p")
    assert strong.over(weak) == NetworkSettings(
        certificates="a", proxy="p", system_proxies=False, timeout=1.0, retries=0
    )
    assert NetworkSettings().over(weak) == weak


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PIP_TIMEOUT", "soon"),
        ("PIP_TIMEOUT", "-1"),
        ("PIP_RETRIES", "1.5"),
        ("PIP_KEYRING_PROVIDER", "mine"),
        ("PIP_NO_INDEX", "perhaps"),
        ("UV_HTTP_TIMEOUT", "nan"),
        ("UV_NO_INDEX", "2"),
    ],
)
def test_a_value_that_means_nothing_is_named(
    name: str, value: str, variables: dict[str, str], tmp_path: Path
) -> None:
    with pytest.raises(RequestError) as caught:
        read_settings(variables | {name: value}, base=str(tmp_path), config_files=[])
    assert value in caught.value.problem


def test_who_resolves_decides_whose_settings_count(tmp_path: Path) -> None:
    assert uses_uv_settings({"TRUEUP_RESOLVER": "UV "})
    assert not uses_uv_settings({"TRUEUP_RESOLVER": "pip"})
    assert uses_uv_settings({"TOX_UV_PATH": "/somewhere/uv"})
