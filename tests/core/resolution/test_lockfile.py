"""Installing from pylock.toml, where no resolver is asked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.resolving import by_name, this_python, versions, with_tags
from trueup.errors import RequestError, ResolutionError
from trueup.resolution.artifact import Archive, Directory, Repository, Sdist, Wheel
from trueup.resolution.lockfile import resolve_lock
from trueup.resolution.request import BuildChoices

DIGEST = "ab" * 32
HEAD = 'lock-version = "1.0"\ncreated-by = "tests"\n'


def wheel(filename: str, where: str = "", digest: str = DIGEST) -> str:
    where = where or f'url = "https://files.invalid/{filename}"'
    return f'{{ name = "{filename}", {where}, hashes = {{ sha256 = "{digest}" }} }}'


def package(name: str, *wheels: str, version: str = "1.0", more: str = "") -> str:
    files = wheels or (f"{name}-{version}-py3-none-any.whl",)
    written = ", ".join(each if each.startswith("{") else wheel(each) for each in files)
    head = f'[[packages]]\nname = "{name}"\nversion = "{version}"\n{more}\n'
    return f"{head}wheels = [{written}]\n"


def sdist(name: str) -> str:
    filename = f"{name}-1.0.tar.gz"
    url = f"https://files.invalid/{filename}"
    return f'sdist = {{ name = "{filename}", url = "{url}", hashes = {{ sha256 = "{DIGEST}" }} }}'


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    folder = tmp_path / "a place"
    folder.mkdir()
    return folder / "pylock.toml"


def test_each_kind_of_source_is_read(lock: Path) -> None:
    lock.write_text(
        HEAD
        + package("beam", wheel("beam-1.0-py3-none-any.whl", 'path = "wheels/b.whl", size = 7'))
        + f'[[packages]]\nname = "quarry"\nversion = "1.0"\n{sdist("quarry")}\n'
        + '[[packages]]\nname = "vault"\n[packages.vcs]\ntype = "git"\n'
        + 'url = "https://alice:hunter2@x.invalid/r"\nrequested-revision = "v1"\n'
        + 'commit-id = "c0ffee"\nsubdirectory = "in"\n'
        + '[[packages]]\nname = "project"\n[packages.directory]\npath = "../p"\neditable = true\n'
        + '[[packages]]\nname = "gate"\nversion = "2"\n[packages.archive]\n'
        + f'url = "https://x.invalid/gate.zip"\nsubdirectory = "s"\nhashes.sha256 = "{DIGEST}"\n'
    )
    answer = resolve_lock(str(lock), this_python())
    found = by_name(answer)
    hashes = (("sha256", DIGEST),)
    url = (lock.parent / "wheels/b.whl").as_uri()
    assert found["beam"].source == Wheel(url, "beam-1.0-py3-none-any.whl", hashes, 7)
    filename = "quarry-1.0.tar.gz"
    assert found["quarry"].source == Sdist(f"https://files.invalid/{filename}", filename, hashes)
    vault = Repository("git", "https://x.invalid/r", "v1", "c0ffee", "in")
    assert found["vault"].source == vault
    project = Directory(str(lock.parent.parent / "p"), editable=True)
    assert found["project"].source == project
    assert found["gate"].source == Archive("https://x.invalid/gate.zip", hashes, "s")
    assert {name for name, each in found.items() if each.direct} == {"vault", "project", "gate"}
    assert found["vault"].version == ""
    assert [each.name for each in answer.artifacts] == sorted(found)


def test_markers_extras_and_groups_decide_what_is_there(lock: Path) -> None:
    lock.write_text(
        HEAD
        + 'extras = ["glass"]\ndependency-groups = ["test", "docs"]\ndefault-groups = ["docs"]\n'
        + package("beam")
        + package("winter", more="marker = \"sys_platform == 'nowhere'\"")
        + package("pane", more="marker = \"'glass' in extras\"")
        + package("probe", more="marker = \"'test' in dependency_groups\"")
        + package("page", more="marker = \"'docs' in dependency_groups\"")
    )

    def names(**choices: frozenset[str]) -> set[str]:
        return set(versions(resolve_lock(str(lock), this_python(), **choices)))  # type: ignore[arg-type] # two keywords

    assert names() == {"beam", "page"}
    assert names(extras=frozenset({"Glass"})) == {"beam", "page", "pane"}
    assert names(groups=frozenset({"test"})) == {"beam", "probe"}
    assert names(groups=frozenset()) == {"beam"}
    with pytest.raises(RequestError, match="no extra steel") as caught:
        names(extras=frozenset({"steel"}))
    assert "glass" in caught.value.hint
    with pytest.raises(RequestError, match="no dependency group dev"):
        names(groups=frozenset({"dev"}))


def test_the_best_wheel_is_taken_and_a_source_distribution_where_none_fits(lock: Path) -> None:
    names = [f"beam-1.0-{tag}.whl" for tag in ("py3-none-any", "1-py3-none-any", "cp9-cp9-own")]
    lock.write_text(HEAD + package("beam", *names, more=sdist("beam")))

    def source(*tags: str, **choices: frozenset[str]) -> str:
        target, build = with_tags(this_python(), *tags), BuildChoices(**choices)  # type: ignore[arg-type] # two keywords
        answer = resolve_lock(str(lock), target, build=build)
        return str(getattr(answer.artifacts[0].source, "filename", ""))

    assert source("cp9-cp9-own", "py3-none-any") == names[2]
    assert source("py3-none-any", "cp9-cp9-own") == names[1]
    assert source("cp1-cp1-none") == "beam-1.0.tar.gz"
    assert source("py3-none-any", no_binary=frozenset({"beam"})) == "beam-1.0.tar.gz"
    every = frozenset({":all:"})
    assert source("py3-none-any", no_binary=every, only_binary=frozenset({"beam"})) == names[1]
    with pytest.raises(ResolutionError, match="not to be built"):
        source("cp1-cp1-none", only_binary=every)


def test_a_package_without_a_file_that_fits_is_refused(lock: Path) -> None:
    lock.write_text(HEAD + package("beam"))
    with pytest.raises(ResolutionError, match="beam"):
        resolve_lock(str(lock), with_tags(this_python(), "cp1-cp1-none"))
    choices = BuildChoices(no_binary=frozenset({"beam"}))
    with pytest.raises(ResolutionError, match="no source distribution"):
        resolve_lock(str(lock), this_python(), build=choices)


def test_a_package_that_is_not_for_here_needs_no_file_that_fits(lock: Path) -> None:
    lock.write_text(
        HEAD
        + package("beam")
        + package("winter", "winter-1.0-cp1-cp1-w.whl", more="marker = \"os_name == 'none'\"")
    )
    assert versions(resolve_lock(str(lock), this_python())) == {"beam": "1.0"}


@pytest.mark.parametrize(
    "head",
    ['requires-python = "<3"\n', "environments = [\"sys_platform == 'nowhere'\"]\n"],
)
def test_a_lock_for_another_python_or_platform_is_refused(lock: Path, head: str) -> None:
    lock.write_text(HEAD + head + package("beam"))
    with pytest.raises(ResolutionError, match=r"pylock\.toml does not fit"):
        resolve_lock(str(lock), this_python())


def test_the_target_and_not_the_running_python_is_asked(lock: Path) -> None:
    lock.write_text(HEAD + 'requires-python = "<3.9"\n' + package("beam"))
    markers = {**this_python().markers, "python_version": "3.8", "python_full_version": "3.8.18"}
    old = replace(this_python(), version=(3, 8, 18), markers=markers)
    assert versions(resolve_lock(str(lock), old)) == {"beam": "1.0"}


def test_what_nothing_else_depends_on_was_asked_for(lock: Path) -> None:
    depends = 'dependencies = [{ name = "beam" }]'
    lock.write_text(HEAD + package("arch", more=depends) + package("beam"))
    assert resolve_lock(str(lock), this_python()).requested == {"arch"}
    lock.write_text(HEAD + package("arch") + package("beam"))
    assert resolve_lock(str(lock), this_python()).requested == {"arch", "beam"}


@pytest.mark.parametrize(
    "text",
    [
        "no toml [",
        'created-by = "x"\n',
        HEAD.replace("1.0", "2.0") + "packages = []\n",
        HEAD + package("beam", "other-1.0-py3-none-any.whl"),
        HEAD + package("beam").replace(f'sha256 = "{DIGEST}"', ""),
    ],
    ids=["toml", "incomplete", "version 2", "another name", "no hashes"],
)
def test_a_lock_that_breaks_the_standard_is_refused(lock: Path, text: str) -> None:
    lock.write_text(text)
    with pytest.raises(RequestError, match="no valid lock"):
        resolve_lock(str(lock), this_python())


def test_a_lock_that_promises_only_by_a_broken_hash_is_refused(lock: Path) -> None:
    lock.write_text(HEAD + package("beam").replace("sha256", "md5"))
    with pytest.raises(RequestError, match="beam only by md5"):
        resolve_lock(str(lock), this_python())


def test_a_lock_that_is_missing_is_one_clear_error(lock: Path) -> None:
    with pytest.raises(RequestError, match="cannot be read"):
        resolve_lock(str(lock), this_python())


REMOTE = "https://alice:hunter2@locks.invalid/team/pylock.toml"


def remote(where: str) -> bytes:
    return (HEAD + package("beam", wheel("beam-1.0-py3-none-any.whl", where))).encode()


def test_a_path_in_a_lock_from_the_network_lies_beside_that_lock() -> None:
    content = remote('path = "wheels/beam 1#.whl"')
    answer = resolve_lock(REMOTE, this_python(), content=content)
    source = answer.artifacts[0].source
    assert isinstance(source, Wheel)
    assert source.url == "https://locks.invalid/team/wheels/beam%201%23.whl"


@pytest.mark.parametrize(
    "path", ["../x.whl", "/etc/x.whl", "a/../../x.whl", "C:/x.whl", "..\\\\x.whl", "file:///x.whl"]
)
def test_a_lock_from_the_network_cannot_choose_files_of_this_machine(path: str) -> None:
    with pytest.raises(RequestError, match="leaves its own folder") as caught:
        resolve_lock(REMOTE, this_python(), content=remote(f'path = "{path}"'))
    assert "hunter2" not in str(caught.value)


def test_a_lock_from_the_network_cannot_name_a_directory_or_a_file_address() -> None:
    directory = '[[packages]]\nname = "p"\n[packages.directory]\npath = "p"\n'
    with pytest.raises(RequestError, match="directory of this machine"):
        resolve_lock(REMOTE, this_python(), content=(HEAD + directory).encode())
    with pytest.raises(RequestError, match="file of this machine"):
        resolve_lock(REMOTE, this_python(), content=remote('url = "file:///etc/x.whl"'))
