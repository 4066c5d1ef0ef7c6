"""What nothing asks for any more, and tox's record of what is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.wheels import make_wheel
from tox.tox_env.info import Info
from trueup.api.public import install
from trueup.destination.creation import create_environment
from trueup.destination.environment import Environment
from trueup.destination.facts import interpreter_facts
from trueup.destination.installed import read_installed
from trueup_tox.leftovers import Wishes, find_leftovers, named
from trueup_tox.listing import list_installed
from trueup_tox.project import Metadata, settings_for
from trueup_tox.record import Record


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return create_environment(tmp_path / "env", interpreter_facts())


def _install(environment: Environment, *wheels: Path) -> None:
    pinned = [f"{path.name.split('-')[0]} @ {path.as_uri()}" for path in wheels]
    install(*pinned, environment=environment, dependencies=False)


def test_what_the_record_names_and_what_that_needs_is_no_leftover(
    environment: Environment, tmp_path: Path
) -> None:
    one = make_wheel(tmp_path, "one", requires=("two; extra == 'more'", "three"))
    two = make_wheel(tmp_path, "two", requires=("four; python_version < '3'",))
    rest = [make_wheel(tmp_path, name) for name in ("three", "four")]
    _install(environment, one, two, *rest)
    installed = read_installed(environment)
    everything = frozenset(installed)
    markers = environment.interpreter.markers

    def leftovers(*requirements: str) -> list[str]:
        return sorted(find_leftovers(installed, Wishes(requirements, everything, markers)))

    assert leftovers("one") == ["four", "two"]
    assert leftovers("one[more]") == ["four"]
    assert leftovers("One [MORE] ; python_version > '3'") == ["four"]
    assert leftovers("one; python_version < '3'") == ["four", "one", "three", "two"]
    assert leftovers("./a/path", "four==1.0 --hash=sha256:00") == ["one", "three", "two"]


def test_distributions_that_need_each_other_are_walked_once(
    environment: Environment, tmp_path: Path
) -> None:
    left = make_wheel(tmp_path, "left", requires=("right",))
    right = make_wheel(tmp_path, "right", requires=("left",))
    _install(environment, left, right)
    installed = read_installed(environment)
    dropped = frozenset({"left", "right"})
    assert find_leftovers(installed, Wishes(("left",), dropped)) == []
    assert sorted(find_leftovers(installed, Wishes((), dropped))) == ["left", "right"]


def test_what_others_installed_is_no_leftover_and_needs_what_it_needs(
    environment: Environment, tmp_path: Path
) -> None:
    one, two = make_wheel(tmp_path, "one", requires=("two",)), make_wheel(tmp_path, "two")
    _install(environment, one, two)
    library = Path(environment.scheme.purelib)
    (library / "one-1.0.dist-info" / "INSTALLER").write_text("pip\n")
    installed = read_installed(environment)
    assert find_leftovers(installed, Wishes((), frozenset({"one", "two"}))) == []


@pytest.mark.parametrize("text", ["./here", "-e ./there[more]", "https://example.org/a.whl"])
def test_a_path_or_address_has_no_name(text: str) -> None:
    assert named(text) is None


def test_the_record_of_either_form_tells_and_forgets(tmp_path: Path) -> None:
    info = Info(tmp_path)
    for section, key, value in (
        ("ToxEnv", "name", "a"),
        ("PythonRun", "deps", {"requirements": ["one", "two"], "options": ["x"]}),
        ("PythonRun", "dependency-groups", ["three"]),
        ("RunToxEnv", "package_deps", {"req": ["four"], "env": {}}),
    ):
        with info.compare(value, section, key):
            pass
    record = Record(Info(tmp_path))
    assert record.requirements("PythonRun", "deps") == ["one", "two"]
    assert list(record.all_requirements()) == ["one", "two", "three", "four"]
    record.forget("PythonRun", "deps", {"one"})
    record.forget("PythonRun", "dependency-groups", {"three"})
    record.note("dropped", ["one"])
    again = Record(Info(tmp_path))
    assert list(again.all_requirements()) == ["two", "four"]
    assert again.own("dropped") == ["one"]
    with info.compare({"requirements": ["two"], "options": ["x"]}, "PythonRun", "deps"):
        pass
    again.forget_everything()
    last = Record(Info(tmp_path))
    assert list(last.all_requirements()) == []
    assert last.own("dropped") == ["one"]
    with Info(tmp_path).compare("a", "ToxEnv", "name") as (same, _):
        assert same


def test_settings_of_hooks_are_one_or_too_many() -> None:
    assert settings_for({"a": None, "b": None}) == {}
    assert settings_for({"a": None, "b": {"x": "1"}}) == {"x": "1"}
    assert settings_for({"a": {"x": "1"}, "b": {"x": "1"}}) == {"x": "1"}
    assert settings_for({"a": {"x": "1"}, "b": {"x": "2"}}) is None


def test_metadata_tells_what_an_extra_needs() -> None:
    metadata = Metadata.read(
        b"Metadata-Version: 2.1\nName: demo\nVersion: 1\nRequires-Dist: one\n"
        b"Requires-Dist: two; extra == 'more'\nProvides-Extra: more\n\nRequires-Dist: prose\n"
    )
    assert list(map(str, metadata.with_extras(set()))) == ["one"]
    assert sorted(map(str, metadata.with_extras({"more"}))) == ["one", "two"]


def test_a_list_names_what_would_bring_each_back(environment: Environment, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "One.Thing")
    _install(environment, wheel)
    library = Path(environment.scheme.purelib)
    for name, origin in (
        ("two", ""),
        ("three", '{"url": "file:///tree", "dir_info": {"editable": true}}'),
        ("four", '{"url": "https://h/r", "vcs_info": {"vcs": "git", "commit_id": "abc"}}'),
        ("five", '{"url": "file:///tree", "dir_info": {}, "subdirectory": "below"}'),
    ):
        folder = library / f"{name}-2.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 2.0\n")
        if origin:
            (folder / "direct_url.json").write_text(origin)
    lines = list_installed(environment)
    assert lines[0] == "five @ file:///tree#subdirectory=below"
    assert lines[1] == "four @ git+https://h/r@abc"
    assert lines[2].startswith(f"One.Thing @ {wheel.as_uri()}#sha256=")
    assert lines[3:] == ["-e /tree", "two==2.0"]
