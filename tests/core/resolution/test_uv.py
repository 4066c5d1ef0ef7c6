"""Resolving through the real uv, mostly against a folder of wheels made on the spot."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from support.interpreters import need_python
from support.resolving import (
    arguments_of_a_run,
    by_name,
    item,
    make_sdist,
    private_index,
    question,
    sha256_of,
    this_python,
    versions,
    with_tags,
)
from support.wheels import make_wheel
from trueup.destination.facts import interpreter_facts
from trueup.errors import RequestError, ResolutionError
from trueup.resolution.artifact import Archive, Directory, Repository, Sdist, Wheel
from trueup.resolution.request import BuildChoices, IndexSettings, LocalProject
from trueup.resolution.uv import UvResolver
from trueup.resolution.uv_program import find_uv


@pytest.fixture
def uv(environment: dict[str, str]) -> UvResolver:
    found = find_uv(environment)
    if found is None:
        pytest.skip("no uv on this machine")
    return UvResolver(*found, inherited=environment)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    folder = tmp_path / "a house, with room"
    for version in ("1.0", "1.5", "2.0", "3.0rc1"):
        make_wheel(folder, "beam", version)
    for version in ("1.0", "2.0"):
        make_wheel(folder, "arch", version, requires=["beam"], extras={"glass": ["pane>=1"]})
    make_wheel(folder, "pane", "1.0", requires=['shutter; sys_platform == "nowhere"'])
    return folder


def test_a_name_brings_its_dependencies_and_extras_from_a_folder(
    uv: UvResolver, house: Path
) -> None:
    answer = uv.resolve(question("arch[glass]", house=house))
    assert versions(answer) == {"arch": "2.0", "beam": "2.0", "pane": "1.0"}
    assert answer.requested == {"arch"}
    source = by_name(answer)["arch"].source
    assert isinstance(source, Wheel)
    wheel = house / "arch-2.0-py3-none-any.whl"
    assert source.filename == wheel.name
    assert source.url == wheel.as_uri()
    assert source.hashes == (("sha256", sha256_of(wheel)),)
    assert not by_name(answer)["arch"].direct


def test_nothing_asked_for_is_answered_with_nothing(uv: UvResolver) -> None:
    assert uv.resolve(question()).artifacts == ()


def test_constraints_limit_and_ask_for_nothing(uv: UvResolver, house: Path) -> None:
    limits = (item("beam<2"), item("pane<9"))
    answer = uv.resolve(question("arch", house=house, constraints=limits))
    assert versions(answer) == {"arch": "2.0", "beam": "1.5"}


@pytest.mark.parametrize(
    ("choices", "expected"),
    [
        ({}, {"arch": "2.0", "beam": "2.0"}),
        ({"prerelease": True}, {"arch": "2.0", "beam": "3.0rc1"}),
        ({"strategy": "lowest"}, {"arch": "1.0", "beam": "1.0"}),
        ({"strategy": "lowest-direct"}, {"arch": "1.0", "beam": "2.0"}),
        ({"dependencies": False}, {"arch": "2.0"}),
    ],
)
def test_the_options_that_change_the_answer_reach_uv(
    uv: UvResolver, house: Path, choices: dict[str, object], expected: dict[str, str]
) -> None:
    assert versions(uv.resolve(question("arch", house=house, **choices))) == expected


def test_what_is_installed_stays_unless_it_is_upgraded(uv: UvResolver, house: Path) -> None:
    installed = {"arch": "1.0", "beam": "1.5", "stranger": "7"}
    kept = uv.resolve(question("arch", house=house, preferences=installed))
    assert versions(kept) == {"arch": "1.0", "beam": "1.5"}
    one = question("arch", house=house, preferences=installed, upgrade_packages=frozenset({"beam"}))
    assert versions(uv.resolve(one)) == {"arch": "1.0", "beam": "2.0"}
    every = question("arch", house=house, preferences=installed, upgrade=True)
    assert versions(uv.resolve(every)) == {"arch": "2.0", "beam": "2.0"}


def test_what_is_installed_gives_way_to_a_requirement(uv: UvResolver, house: Path) -> None:
    asked = question("arch>=2", house=house, preferences={"arch": "1.0", "beam": "1.5"})
    assert versions(uv.resolve(asked)) == {"arch": "2.0", "beam": "1.5"}


def test_a_marker_decides_what_is_there_and_what_was_asked_for(uv: UvResolver, house: Path) -> None:
    answer = uv.resolve(question("arch", 'beam; python_version < "3"', house=house))
    assert versions(answer) == {"arch": "2.0", "beam": "2.0"}
    assert answer.requested == {"arch"}


def test_wheels_and_archives_by_address_or_path_are_direct(
    uv: UvResolver, house: Path, tmp_path: Path
) -> None:
    wheel = make_wheel(tmp_path / "else where", "door", "4.0", requires=["beam"])
    archive = make_sdist(tmp_path / "else where", "gate")
    answer = uv.resolve(question(wheel.as_uri(), f"gate @ {archive.as_uri()}", house=house))
    assert answer.requested == {"door", "gate"}
    door, gate = by_name(answer)["door"], by_name(answer)["gate"]
    assert door.source == Wheel(wheel.as_uri(), wheel.name, (("sha256", sha256_of(wheel)),))
    assert gate.source == Archive(archive.as_uri(), (("sha256", sha256_of(archive)),))
    assert door.direct
    assert gate.direct
    assert not by_name(answer)["beam"].direct


def test_a_bare_address_whose_marker_fails_is_not_asked_for(
    uv: UvResolver, house: Path, tmp_path: Path
) -> None:
    wheel = make_wheel(tmp_path, "door", "4.0")
    asked = question(f'{wheel.as_uri()} ; python_version < "3"', "beam", house=house)
    answer = uv.resolve(asked)
    assert versions(answer) == {"beam": "2.0"}
    assert answer.requested == {"beam"}


def _git(folder: Path, *words: str) -> str:
    told = ["git", "-c", "user.name=x", "-c", "user.email=x@x.invalid", *words]
    done = subprocess.run(told, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_repository_comes_with_its_exact_commit(uv: UvResolver, tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    (repository / "inner").mkdir(parents=True)
    (repository / "inner/pyproject.toml").write_text('[project]\nname = "vault"\nversion = "1"\n')
    _git(repository, "init", "-q")
    _git(repository, "add", ".")
    _git(repository, "commit", "-qm", "x")
    _git(repository, "tag", "v1")
    answer = uv.resolve(question(f"git+{repository.as_uri()}@v1#subdirectory=inner"))
    assert answer.requested == {"vault"}
    (artifact,) = answer.artifacts
    commit = _git(repository, "rev-parse", "HEAD")
    assert artifact.source == Repository("git", repository.as_uri(), "v1", commit, "inner")
    assert artifact.direct


def test_a_source_distribution_is_taken_where_no_wheel_is_there_or_allowed(
    uv: UvResolver, house: Path
) -> None:
    only = make_sdist(house, "quarry")
    both = make_sdist(house, "beam", "2.0")
    answer = by_name(uv.resolve(question("quarry", "beam", house=house)))
    assert answer["quarry"].source == Sdist(
        only.as_uri(), only.name, (("sha256", sha256_of(only)),)
    )
    assert isinstance(answer["beam"].source, Wheel)
    built = BuildChoices(no_binary=frozenset({"beam"}))
    answer = by_name(uv.resolve(question("beam", house=house, build=built)))
    assert answer["beam"].source == Sdist(both.as_uri(), both.name, (("sha256", sha256_of(both)),))


def test_what_must_not_be_built_is_not(uv: UvResolver, house: Path) -> None:
    make_sdist(house, "quarry")
    for names in ({"quarry"}, {":all:"}):
        choices = BuildChoices(only_binary=frozenset(names))
        with pytest.raises(ResolutionError) as caught:
            uv.resolve(question("quarry", house=house, build=choices))
        assert "quarry" in str(caught.value)


def test_the_best_wheel_for_the_tags_and_then_the_build_is_taken(
    uv: UvResolver, tmp_path: Path
) -> None:
    house = tmp_path / "house"
    for tag in ("py3-none-any", "2-py3-none-any", "10-py3-none-any", "py2.py3-none-any"):
        make_wheel(house, "beam", "1.0", tag=tag)
    major, minor = this_python().version[:2]
    own = make_wheel(house, "pane", "1.0", tag=f"cp{major}{minor}-none-any")
    make_wheel(house, "pane", "1.0")
    answer = by_name(uv.resolve(question("beam", "pane", house=house)))
    assert answer["beam"].source.filename == "beam-1.0-10-py3-none-any.whl"  # type: ignore[union-attr] # a wheel
    assert answer["pane"].source.filename == own.name  # type: ignore[union-attr] # a wheel


def test_a_wheel_that_uv_takes_but_the_interpreter_does_not_is_refused(
    uv: UvResolver, house: Path
) -> None:
    narrow = with_tags(this_python(), "cp311-cp311-nowhere")
    with pytest.raises(ResolutionError, match="beam"):
        uv.resolve(question("beam", house=house, interpreter=narrow))


def test_a_local_project_is_resolved_from_its_metadata_and_never_walked(
    uv: UvResolver, house: Path, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text("this is no TOML")
    (project / "circle").symlink_to(project)
    metadata = make_wheel(
        tmp_path / "metadata", "cathedral", "5", requires=["beam<2"], extras={"glass": ["pane"]}
    )
    local = LocalProject(str(project), editable=True, extras=frozenset({"glass"}))
    answer = uv.resolve(
        question("arch", house=house, projects=(local,), metadata={str(project): str(metadata)})
    )
    assert versions(answer) == {"arch": "2.0", "beam": "1.5", "cathedral": "5", "pane": "1.0"}
    cathedral = by_name(answer)["cathedral"]
    assert cathedral.source == Directory(str(project), editable=True)
    assert cathedral.direct
    assert answer.requested == {"arch", "cathedral"}


def test_a_local_project_whose_marker_fails_is_left_out(
    uv: UvResolver, house: Path, tmp_path: Path
) -> None:
    metadata = make_wheel(tmp_path / "metadata", "cathedral", "5")
    local = LocalProject(str(tmp_path), marker='python_version < "3"')
    known = {str(tmp_path): str(metadata)}
    answer = uv.resolve(question("beam", house=house, projects=(local,), metadata=known))
    assert versions(answer) == {"beam": "2.0"}
    assert answer.requested == {"beam"}


def test_a_local_project_without_metadata_is_refused(uv: UvResolver, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="metadata"):
        uv.resolve(question(projects=(LocalProject(str(tmp_path)),)))


@pytest.mark.parametrize("text", ["--index-url=https://x.invalid", "beam\n--pre", ""])
def test_an_item_that_uv_would_read_as_something_else_is_refused(
    uv: UvResolver, house: Path, text: str
) -> None:
    with pytest.raises(RequestError):
        uv.resolve(question(text, house=house))


def test_a_conflict_is_told_in_uvs_own_words(uv: UvResolver, house: Path) -> None:
    with pytest.raises(ResolutionError) as caught:
        uv.resolve(question("arch", "beam>7", house=house))
    assert caught.value.problem == "No set of versions answers the request."
    assert "beam>7" in caught.value.detail
    assert "Traceback" not in str(caught.value)
    assert "trueup-resolve-" not in str(caught.value)


def test_a_failing_build_is_told_in_uvs_own_words(uv: UvResolver, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "nowhere_to_be_found"\n'
    )
    with pytest.raises(ResolutionError, match="uv could not resolve the request") as caught:
        uv.resolve(question(f"broken @ {broken.as_uri()}"))
    assert "nowhere_to_be_found" in caught.value.detail


def test_an_unreachable_index_is_told_without_its_password(uv: UvResolver, tmp_path: Path) -> None:
    house = tmp_path / "house"
    house.mkdir()
    with private_index(house) as (host, _):
        index = IndexSettings(index_url=f"http://alice:hunter2@{host}/simple/")
        with pytest.raises(ResolutionError) as caught:
            uv.resolve(question("beam", index=index))
    assert "beam" in caught.value.detail
    assert "hunter2" not in str(caught.value)


def test_a_private_index_is_used_with_no_password_on_the_command_line(
    uv: UvResolver, house: Path, tmp_path: Path
) -> None:
    wrapper, note = arguments_of_a_run(tmp_path, uv.executable)
    noted = UvResolver(str(wrapper), uv.version, uv.inherited)
    with private_index(house) as (host, seen):
        index = IndexSettings(index_url=f"http://alice:hunter2@{host}/simple/")
        door = f"http://alice:hunter2@{host}/files/pane-1.0-py3-none-any.whl"
        answer = noted.resolve(question("arch", door, index=index))
    assert versions(answer) == {"arch": "2.0", "beam": "2.0", "pane": "1.0"}
    assert answer.requested == {"arch", "pane"}
    assert any(path.startswith("/simple/arch") for path in seen)
    assert "compile" in note.read_text()
    assert "hunter2" not in note.read_text()
    assert "hunter2" not in repr(answer)
    assert host in repr(answer)


def test_two_indexes_come_with_a_warning_that_says_which_one_wins(
    uv: UvResolver, house: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    make_wheel(other, "beam", "9.0")
    with private_index(house) as (main, _), private_index(other) as (extra, _):
        first = f"http://alice:hunter2@{main}/simple/"
        second = f"http://alice:hunter2@{extra}/simple/"
        asked = question("beam", index=IndexSettings(second, extra_index_urls=(first,)))
        answer = uv.resolve(asked)
    assert versions(answer) == {"beam": "2.0"}
    assert len(answer.warnings) == 1
    assert "first-index" in answer.warnings[0]


def test_offline_touches_no_index(uv: UvResolver, house: Path) -> None:
    with private_index(house) as (host, seen):
        index = IndexSettings(index_url=f"http://alice:hunter2@{host}/simple/")
        with pytest.raises(ResolutionError, match="No set of versions"):
            uv.resolve(question("beam", index=index, offline=True))
    assert seen == []


def test_a_wrong_hash_is_refused_and_a_right_one_chooses_the_file(
    uv: UvResolver, house: Path
) -> None:
    make_sdist(house, "beam", "2.0")
    wheel, sdist = house / "beam-2.0-py3-none-any.whl", house / "beam-2.0.tar.gz"
    for path in (wheel, sdist):
        answer = uv.resolve(question(item("beam==2.0", sha256_of(path)), house=house))
        assert by_name(answer)["beam"].source.filename == path.name  # type: ignore[union-attr] # a file
    with pytest.raises(ResolutionError, match="not what was promised"):
        uv.resolve(question(item("beam==2.0", "0" * 64), house=house))


def test_one_hash_makes_every_distribution_need_one(uv: UvResolver, house: Path) -> None:
    arch = sha256_of(house / "arch-2.0-py3-none-any.whl")
    beam = sha256_of(house / "beam-2.0-py3-none-any.whl")
    with pytest.raises(ResolutionError, match=r"beam 2\.0 has no hash"):
        uv.resolve(question(item("arch==2.0", arch), house=house))
    whole = question(item("arch==2.0", arch), item("beam==2.0", beam), house=house)
    assert versions(uv.resolve(whole)) == {"arch": "2.0", "beam": "2.0"}
    with pytest.raises(ResolutionError, match="has no hash"):
        uv.resolve(question("beam", house=house, require_hashes=True))


def test_a_hash_in_an_address_is_held_and_binds_nothing_else(
    uv: UvResolver, house: Path, tmp_path: Path
) -> None:
    wheel = make_wheel(tmp_path / "else", "door", requires=["beam"])
    good, bad = f"{wheel.as_uri()}#sha256={sha256_of(wheel)}", f"{wheel.as_uri()}#sha256={'0' * 64}"
    assert versions(uv.resolve(question(good, house=house))) == {"door": "1.0", "beam": "2.0"}
    for text in (bad, f"door @ {bad}"):
        with pytest.raises(ResolutionError, match="not what was promised"):
            uv.resolve(question(text, house=house))


def test_a_folder_is_refused_where_hashes_are_demanded(
    uv: UvResolver, house: Path, tmp_path: Path
) -> None:
    metadata = make_wheel(tmp_path / "metadata", "cathedral", "5")
    local, known = LocalProject(str(tmp_path)), {str(tmp_path): str(metadata)}
    asked = question(house=house, projects=(local,), metadata=known, require_hashes=True)
    with pytest.raises(ResolutionError, match="comes from a directory"):
        uv.resolve(asked)


@pytest.mark.parametrize("version", ["3.8", "3.13"])
def test_another_interpreters_markers_and_tags_decide(
    uv: UvResolver, tmp_path: Path, version: str
) -> None:
    target = interpreter_facts(need_python(version))
    house = tmp_path / "house"
    nodot = version.replace(".", "")
    own = make_wheel(house, "beam", "1.0", tag=f"cp{nodot}-none-any")
    make_wheel(house, "beam", "1.0", tag="cp37-none-any")
    make_wheel(house, "arch", "1.0", requires=[f'beam; python_version == "{version}"'])
    make_wheel(house, "arch", "2.0", requires_python=">=3.14")
    answer = uv.resolve(question("arch", house=house, interpreter=target))
    assert versions(answer) == {"arch": "1.0", "beam": "1.0"}
    assert by_name(answer)["beam"].source.filename == own.name  # type: ignore[union-attr] # a wheel


def test_settings_that_would_mislead_uv_are_not_inherited(
    uv: UvResolver, house: Path, environment: dict[str, str]
) -> None:
    wrong = environment | {"UV_PYTHON": "3.7", "UV_SYSTEM_PYTHON": "1"}
    answer = UvResolver(uv.executable, uv.version, wrong).resolve(question("beam", house=house))
    assert versions(answer) == {"beam": "2.0"}


def test_a_uv_that_cannot_be_started_is_one_clear_error(tmp_path: Path, house: Path) -> None:
    with pytest.raises(ResolutionError, match="cannot be started"):
        UvResolver(str(tmp_path / "missing"), "1").resolve(question("beam", house=house))


def test_real_distributions_come_from_the_index_as_it_is_configured() -> None:
    found = find_uv()
    if found is None:
        pytest.skip("no uv on this machine")
    try:
        answer = UvResolver(*found).resolve(question("requests", "rich<15", index=IndexSettings()))
    except ResolutionError as error:
        if "error sending request" in error.detail:
            pytest.skip("no index can be reached")
        raise
    assert answer.requested == {"requests", "rich"}
    assert {"certifi", "idna", "urllib3", "pygments"} <= set(versions(answer))
    for artifact in answer.artifacts:
        assert isinstance(artifact.source, Wheel)
        assert dict(artifact.source.hashes)["sha256"]
