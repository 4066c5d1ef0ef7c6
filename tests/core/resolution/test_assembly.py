from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from trueup.errors import RequestError
from trueup.resolution.assembly import parse_request
from trueup.resolution.deciding import resolver_environment
from trueup.resolution.request import BuildChoices, IndexSettings, Request
from trueup.resolution.request_input import RequestInput

SHA = "a" * 64
QUIET = {"TRUEUP_RESOLVER": "uv", "UV_NO_CONFIG": "1"}


def ask(
    base: Path, variables: Mapping[str, str] | None = None, /, config: str = "", **said: Any
) -> Request:
    files = []
    if config:
        (base / "pip.conf").write_text(config)
        files = [str(base / "pip.conf")]
    return parse_request(
        RequestInput(**said),
        base=str(base),
        environment=QUIET | dict(variables or {}),
        config_files=files,
    )


def refusal(base: Path, variables: Mapping[str, str] | None = None, /, **said: Any) -> RequestError:
    with pytest.raises(RequestError) as caught:
        ask(base, variables, **said)
    return caught.value


def texts(request: Request) -> list[str]:
    return [item.text for item in request.items]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "x"\ndependencies = ["idna"]\n'
        '[project.optional-dependencies]\nfast = ["attrs"]\n'
        '[dependency-groups]\ntest = ["pytest"]\n'
    )
    return tmp_path


def test_every_source_is_read(project: Path) -> None:
    (project / "r.txt").write_text("six\n-c limits.txt\n")
    (project / "limits.txt").write_text("six<2\n")
    (project / "more.txt").write_text("attrs<99\n")
    (project / "s.py").write_text("# /// script\n# dependencies = ['rich']\n# ///\n")
    request = ask(
        project,
        requirements=("pluggy", "."),
        editables=(".[fast]",),
        requirement_files=("r.txt", "pyproject.toml", "s.py"),
        constraint_files=("more.txt",),
        groups=("test",),
        extras=("fast",),
    )
    assert texts(request) == ["pluggy", "six", "idna", "attrs", "rich", "pytest"]
    assert [each.editable for each in request.projects] == [False, True]
    assert [limit.text for limit in request.constraints] == ["six<2", "attrs<99"]
    read = [os.path.relpath(path, project) for path in request.files]
    assert read == ["r.txt", "limits.txt", "pyproject.toml", "s.py", "more.txt"]


def test_all_problems_of_all_sources_are_told_at_once(project: Path) -> None:
    (project / "r.txt").write_text("six=1\n\nattrs=2\n")
    error = refusal(
        project,
        requirements=("bad one", "./nowhere"),
        editables=("six",),
        requirement_files=("r.txt", "missing.txt"),
        constraint_files=("missing-too.txt",),
        groups=("nope",),
        scripts=("no.py",),
        config_settings=("x",),
        resolution="best",
        exclude_newer="soon",
        upgrade_packages=("a b",),
    )
    told = "\n".join(error.lines)
    for part in (
        "'bad one'",
        "'./nowhere'",
        "-e 'six'",
        "r.txt, line 1",
        "r.txt, line 3",
        "missing.txt",
        "missing-too.txt",
        "'nope'",
        "no.py",
        "KEY=VALUE",
        "'best'",
        "'soon'",
        "'a b'",
    ):
        assert part in told
    assert len(error.lines) == 13


def test_options_lie_over_each_other_in_order(tmp_path: Path) -> None:
    (tmp_path / "r.txt").write_text("-i https://file\n-f wheels\n--only-binary six\n--pre\n")
    (tmp_path / "wheels").mkdir()
    config = "[global]\nindex-url = https://conf\nfind-links = https://links\ntrusted-host = h\n"
    variables = {"PIP_EXTRA_INDEX_URL": "https://env", "PIP_NO_BINARY": "six,attrs"}
    request = ask(
        tmp_path,
        variables,
        config=config,
        extra_index_urls=("https://line",),
        index_url="https://main",
    )
    assert request.index == IndexSettings(
        index_url="https://main",
        extra_index_urls=("https://env", "https://line"),
        find_links=("https://links",),
        trusted_hosts=("h",),
        best_match=True,
    )
    assert not request.prerelease
    request = ask(
        tmp_path,
        variables,
        config=config,
        index_url="https://main",
        requirement_files=("r.txt",),
        formats=(("--no-binary", "idna"),),
        config_settings=("a=1", "b="),
    )
    assert request.index.index_url == "https://file"
    assert request.index.find_links == ("https://links", str(tmp_path / "wheels"))
    assert request.prerelease
    assert request.build == BuildChoices(
        frozenset({"attrs", "idna"}), frozenset({"six"}), True, (("a", "1"), ("b", ""))
    )
    assert request.files == (str(tmp_path / "pip.conf"), str(tmp_path / "r.txt"))


def test_no_index_leaves_no_index(tmp_path: Path) -> None:
    index = ask(tmp_path, {"PIP_INDEX_URL": "https://a"}, no_index=True).index
    assert index.no_index
    assert index.index_url is None
    assert index.extra_index_urls == ()


def test_variables_decide_where_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "limits.txt").write_text("six<2\n")
    (tmp_path / "more.txt").write_text("attrs<99\n")
    variables = {
        "UV_RESOLUTION": "lowest",
        "UV_PRERELEASE": "allow",
        "UV_EXCLUDE_NEWER": "2030-01-01T00:00:00Z",
        "UV_NO_BUILD_ISOLATION": "1",
        "UV_CONSTRAINT": "more.txt",
        "PIP_CONSTRAINT": "limits.txt",
        "PIP_NO_DEPS": "1",
        "PIP_CONFIG_SETTINGS": "k=v",
        "PIP_PROGRESS_BAR": "off",
        "OTHER": "x",
    }
    request = ask(tmp_path, variables, requirements=("six",))
    assert request.strategy == "lowest"
    assert request.prerelease
    assert request.exclude_newer == "2030-01-01T00:00:00Z"
    assert request.build == BuildChoices(build_isolation=False, config_settings=(("k", "v"),))
    assert [limit.text for limit in request.constraints] == ["six<2", "attrs<99"]
    assert not request.dependencies
    assert set(request.environment) == {"UV_NO_CONFIG", *variables} - {"PIP_PROGRESS_BAR", "OTHER"}
    said = ask(
        tmp_path,
        variables,
        requirements=("six",),
        resolution="highest",
        build_isolation=True,
        dependencies=True,
        exclude_newer="2031-01-01T00:00:00Z",
    )
    assert (said.strategy, said.dependencies) == ("highest", True)
    assert said.build.build_isolation
    assert said.exclude_newer.startswith("2031")
    alone = ask(tmp_path, variables, requirements=("six",), isolated=True)
    assert alone.constraints == ()
    assert alone.strategy == "highest"
    assert alone.environment == {"PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1"}


def test_upgrade_moves_everything_or_what_is_named(tmp_path: Path) -> None:
    request = ask(tmp_path, requirements=("Six", "https://h/x.zip"), upgrade=True)
    assert (request.upgrade, request.upgrade_packages) == (True, frozenset())
    request = ask(
        tmp_path,
        requirements=("Six", "https://h/x.zip"),
        upgrade=True,
        upgrade_strategy="only-if-needed",
        upgrade_packages=("A_b",),
    )
    assert not request.upgrade
    assert request.upgrade_packages == {"six", "a-b"}


def test_a_hash_is_demanded_of_everything_once_it_is_of_anything(tmp_path: Path) -> None:
    (tmp_path / "setup.py").write_text("")
    (tmp_path / "r.txt").write_text(
        f"six==1 --hash=sha256:{SHA}\nattrs==2\nidna>=1 --hash=sha256:{SHA}\n."
        f"\nx @ git+https://h/r\nhttps://h/y.zip#sha256={SHA}\npluggy==1\n"
        "rich ; os_name == 'nt'\nhttps://h/z.zip\n"
    )
    (tmp_path / "c.txt").write_text(f"pluggy==1 --hash=sha256:{SHA}\n")
    error = refusal(tmp_path, requirement_files=("r.txt",), constraint_files=("c.txt",))
    numbers = [line.split(":")[0].rpartition(" ")[2] for line in error.lines]
    assert sorted(numbers) == ["2", "3", "4", "5", "9"]
    (tmp_path / "r.txt").write_text(f"six==1 --hash=sha256:{SHA}\n")
    assert ask(tmp_path, requirement_files=("r.txt",)).require_hashes
    assert "has no hash" in str(refusal(tmp_path, requirements=("six==1",), require_hashes=True))
    assert not ask(tmp_path, requirements=(f"https://h/x.zip#sha256={SHA}",)).require_hashes
    told = str(refusal(tmp_path, requirement_files=("r.txt",), require_hashes=False))
    assert "--no-require-hashes cannot be held" in told


LOCK = 'lock-version = "1.0"\ncreated-by = "t"\ndefault-groups = ["Base_Group"]\npackages = []\n'


def test_a_lock_is_found_by_its_name_or_by_its_option(tmp_path: Path) -> None:
    for name in ("pylock.toml", "pylock.dev.toml", "other.toml"):
        (tmp_path / name).write_text(LOCK)
    lock = str(tmp_path / "pylock.dev.toml")
    request = ask(tmp_path, requirement_files=("pylock.dev.toml",))
    assert request.lock == lock
    assert request.lock_groups == {"base-group"}
    assert request.files == (lock,)
    request = ask(tmp_path, requirement_files=("./pylock.dev.toml[A_b]",), extras=("c",))
    assert request.lock == lock
    assert request.lock_extras == {"a-b", "c"}
    request = ask(tmp_path, groups=("pylock.dev.toml:Test",))
    assert request.lock == lock
    assert request.lock_groups == {"test"}
    request = ask(tmp_path, pylock="other.toml")
    assert request.lock == str(tmp_path / "other.toml")
    assert request.lock_groups == frozenset()
    request = ask(tmp_path, groups=("pylock.toml:a",), requirement_files=("pylock.toml",))
    assert request.lock_groups == {"a", "base-group"}


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"requirement_files": ("pylock.none.toml",)}, "no lock file"),
        ({"requirement_files": ("https://h/pylock.toml",)}, "is a lock elsewhere"),
        ({"requirement_files": ("pylock.toml",), "pylock": "other.toml"}, "a second lock"),
        ({"requirement_files": ("setup.py",)}, "Install the project itself"),
        ({"groups": ("dir:test",)}, "does not lead to a pyproject.toml"),
        ({"groups": ("",)}, "names no group"),
        ({"requirements": ("six",), "extras": ("a",)}, "add -r pyproject.toml"),
        ({"upgrade_strategy": "maybe"}, "neither eager nor only-if-needed"),
    ],
)
def test_sources_without_a_meaning_are_refused(
    said: dict[str, Any], says: str, tmp_path: Path
) -> None:
    for name in ("pylock.toml", "other.toml"):
        (tmp_path / name).write_text(LOCK)
    assert says in str(refusal(tmp_path, **said))


def test_what_only_uv_can_do_is_refused_without_uv(tmp_path: Path) -> None:
    (tmp_path / "o.txt").write_text("six==1\n")
    said: dict[str, Any] = {
        "requirements": ("six",),
        "resolver_environment": (("UV_OVERRIDE", "o.txt"),),
    }
    request = ask(tmp_path, **said)
    assert request.environment["UV_OVERRIDE"] == str(tmp_path / "o.txt")
    assert request.files == (str(tmp_path / "o.txt"),)
    told = str(refusal(tmp_path, {"TRUEUP_RESOLVER": "pip"}, **said))
    assert "only uv heeds UV_OVERRIDE" in told


def test_a_resolver_runs_with_the_callers_variables_and_with_what_was_said(tmp_path: Path) -> None:
    raw = RequestInput(resolver_environment=(("UV_INDEX_STRATEGY", "first-index"),))
    mine = {"A": "b", "PIP_PRE": "1"}
    assert resolver_environment(raw, mine, str(tmp_path)) == {
        "A": "b",
        "PIP_PRE": "1",
        "UV_INDEX_STRATEGY": "first-index",
    }
    alone = resolver_environment(RequestInput(isolated=True), mine, str(tmp_path))
    assert alone == {"A": "b", "PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1"}


def test_no_editable_installs_in_the_ordinary_way(project: Path) -> None:
    assert not ask(project, editables=(".",), no_editable=True).projects[0].editable


def test_no_error_shows_credentials(tmp_path: Path) -> None:
    (tmp_path / "r.txt").write_text("-i https://u:s3cret@h/simple\n-r https://u:s3cret@h/r.txt\n")
    error = refusal(
        tmp_path,
        requirements=("https://u:s3cret@h/a b.zip",),
        requirement_files=("r.txt", "https://u:s3cret@h/pylock.toml"),
    )
    assert len(error.lines) == 3
    assert "s3cret" not in str(error)


def test_requests_are_parsed_by_many_threads_at_once(project: Path) -> None:
    found: list[list[str]] = []

    def parse() -> None:
        found.extend(
            texts(ask(project, requirements=("six",), groups=("test",))) for _ in range(20)
        )

    threads = [threading.Thread(target=parse) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [["six", "pytest"]] * 80
