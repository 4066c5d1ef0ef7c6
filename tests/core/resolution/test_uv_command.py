"""What uv is told, looked at without running it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from support.resolving import item, question
from trueup.resolution import uv_command
from trueup.resolution.request import BuildChoices, IndexSettings, LocalProject


def told(*items: object, **more: object) -> str:
    return " ".join(uv_command.arguments(question(*items, **more), "folder"))  # type: ignore[arg-type] # passed on


def test_how_to_build_is_told() -> None:
    choices = BuildChoices(
        no_binary=frozenset({"beam"}),
        only_binary=frozenset({":all:"}),
        build_isolation=False,
        config_settings=(("a", "1"), ("a", "2")),
    )
    beam = replace(item("Beam"), config_settings=(("b", "3"),))
    local = LocalProject("/p", config_settings=(("c", "4"),))
    words = told(
        beam, build=choices, projects=(local,), metadata={"/p": "/m/arch_x-1-py3-none-any.whl"}
    )
    assert "--no-build-isolation" in words
    assert "--no-binary beam" in words
    assert "--only-binary :all:" in words
    assert "--config-setting a=1 --config-setting a=2" in words
    assert "--config-settings-package beam:b=3" in words
    assert "--config-settings-package arch-x:c=4" in words


def test_nothing_is_told_that_was_not_asked_for() -> None:
    words = told("beam", index=IndexSettings())
    for option in ("index", "build", "binary", "prerelease", "resolution", "upgrade", "offline"):
        assert f"--{option}" not in words
        assert f"--no-{option}" not in words
    assert "--exclude-newer 2024-01-01T00:00:00Z" in told(
        "beam", exclude_newer="2024-01-01T00:00:00Z"
    )


def test_places_are_told_in_the_environment_one_by_one(tmp_path: Path) -> None:
    index = IndexSettings(
        "https://main.invalid/simple",
        extra_index_urls=("https://a.invalid", str(tmp_path / "an index")),
        find_links=("/a, b", "https://flat.invalid/x,y"),
        trusted_hosts=("a.invalid", "b.invalid:1"),
    )
    inherited = {"UV_INDEX_URL": "https://old.invalid", "KEPT": "1", "UV_PYTHON": "3.7"}
    found = uv_command.environment(question("beam", index=index), inherited)
    assert found["UV_DEFAULT_INDEX"] == "https://main.invalid/simple"
    folder = (tmp_path / "an index").as_uri()
    assert found["UV_EXTRA_INDEX_URL"].split() == ["https://a.invalid", folder]
    links = ["file:///a%2C%20b", "https://flat.invalid/x%2Cy"]
    assert found["UV_FIND_LINKS"].split(",") == links
    assert found["UV_INSECURE_HOST"] == "a.invalid b.invalid:1"
    assert found["UV_PYTHON_DOWNLOADS"] == "never"
    assert found["KEPT"] == "1"
    assert not {"UV_INDEX_URL", "UV_PYTHON"} & set(found)


def test_without_an_index_none_that_is_configured_is_left() -> None:
    configured = dict.fromkeys(uv_command.INDEXES, "https://x.invalid")
    asked = question("beam", index=IndexSettings("https://y.invalid", no_index=True))
    assert not set(uv_command.INDEXES) & set(uv_command.environment(asked, configured))
    left = uv_command.environment(question("beam", index=IndexSettings()), configured)
    assert {name: left[name] for name in uv_command.INDEXES} == configured


def test_authorities_that_pip_and_requests_trust_are_trusted(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.touch()
    asked = question("beam")
    for name in uv_command.AUTHORITIES:
        assert uv_command.environment(asked, {name: str(bundle)})["SSL_CERT_FILE"] == str(bundle)
        assert "SSL_CERT_FILE" not in uv_command.environment(asked, {name: "/missing"})
    both = {"PIP_CERT": str(bundle), "SSL_CERT_FILE": "/own"}
    assert uv_command.environment(asked, both)["SSL_CERT_FILE"] == "/own"


def test_hashes_in_addresses_are_kept_from_uv_and_the_rest_of_them_is_not() -> None:
    asked = question(
        "https://x.invalid/a.zip#sha256=ab&subdirectory=s ; python_version > '3'",
        "b @ https://x.invalid/b.whl#sha256=cd",
    )
    assert uv_command.requirement_file(asked).splitlines() == [
        "https://x.invalid/a.zip#subdirectory=s ; python_version > '3'",
        "b @ https://x.invalid/b.whl",
    ]


def test_a_preference_cannot_write_anything_else_into_the_file() -> None:
    asked = question("beam", preferences={"beam": "1.0", "x": '1"\n[[packages]]'})
    assert uv_command.preference_file(asked).count("[[packages]]") == 1
