"""Requests that hold their own answer need no resolver; all others get one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from packaging.requirements import Requirement
from support.resolving import request, this_python, with_tags
from trueup.resolution.artifact import Archive, Artifact, Directory, Resolution, Wheel
from trueup.resolution.direct import artifact_of_project, resolve_direct
from trueup.resolution.request import LocalProject, Request, RequestedItem

A, B = "a" * 64, "b" * 64
WHEEL = "https://host.invalid/x/demo-1.0-py3-none-any.whl"


def _direct(*texts: str, **more: object) -> Resolution | None:
    asked = replace(request(*texts, dependencies=False), **more)  # type: ignore[arg-type]  # any field
    return resolve_direct(asked, {}, this_python())


def test_a_wheel_by_address_is_its_own_answer() -> None:
    found = _direct(f"demo @ {WHEEL}#sha256={A}")
    wheel = Wheel(WHEEL, "demo-1.0-py3-none-any.whl", (("sha256", A),))
    assert found == Resolution((Artifact("demo", "1.0", wheel, direct=True),), frozenset({"demo"}))


def test_an_archive_by_address_waits_for_its_build_to_tell_its_version() -> None:
    found = _direct("demo @ https://host.invalid/demo.zip#subdirectory=deep/er&egg=demo")
    archive = Archive("https://host.invalid/demo.zip", (), "deep/er")
    assert found is not None
    assert found.artifacts == (Artifact("demo", "", archive, direct=True),)


def test_a_project_that_is_built_is_its_own_answer() -> None:
    project = LocalProject("/tree", editable=True)
    artifact = artifact_of_project(project, "local", "1.0")
    assert artifact == Artifact("local", "1.0", Directory("/tree", editable=True), direct=True)
    asked = Request(projects=(project,), dependencies=False)
    found = resolve_direct(asked, {"/tree": artifact}, this_python())
    assert found == Resolution((artifact,), frozenset({"local"}))
    twice = Request(
        projects=(project,), items=request(f"local @ {WHEEL}").items, dependencies=False
    )
    assert resolve_direct(twice, {"/tree": artifact}, this_python()) is None


def test_the_answer_is_in_order_of_name() -> None:
    names = ("c", "a", "b")
    found = _direct(*(f"{name} @ https://host.invalid/{name}-1-py3-none-any.whl" for name in names))
    assert found is not None
    assert [one.name for one in found.artifacts] == ["a", "b", "c"]


def test_what_a_marker_leaves_out_is_left_out() -> None:
    found = _direct(f"demo @ {WHEEL} ; python_version < '3'", f"two @ {WHEEL[:-26]}two.zip")
    assert found is not None
    assert [one.name for one in found.artifacts] == ["two"]


def test_credentials_never_reach_the_answer() -> None:
    found = _direct("demo @ https://user:secret@host.invalid/demo-1.0-py3-none-any.whl")
    assert found is not None
    assert "secret" not in repr(found)


def test_hashes_that_prove_nothing_are_no_promise() -> None:
    found = _direct(f"demo @ {WHEEL}#md5={'0' * 32}")
    assert found is not None
    assert isinstance(found.artifacts[0].source, Wheel)
    assert found.artifacts[0].source.hashes == ()


@pytest.mark.parametrize(
    "text",
    [
        "demo",
        "demo==1.0",
        "demo @ git+https://host.invalid/demo",
        "https://host.invalid/demo.zip",
        "demo @ https://host.invalid/not-a-wheel-name.whl",
        "demo @ https://host.invalid/other-1.0-py3-none-any.whl",
        "demo @ https://host.invalid/demo-1.0-cp27-none-win32.whl",
    ],
)
def test_whatever_leaves_a_question_goes_to_a_resolver(text: str) -> None:
    assert _direct(text) is None


def test_one_name_twice_goes_to_a_resolver() -> None:
    assert _direct(f"demo @ {WHEEL}", "demo @ https://host.invalid/demo.zip") is None


def test_several_files_that_would_do_go_to_a_resolver() -> None:
    requirement = Requirement(f"demo @ {WHEEL}")
    hashes = (("sha256", A), ("sha256", B))
    item = RequestedItem(str(requirement), requirement, hashes=hashes)
    asked = Request(items=(item,), dependencies=False)
    assert resolve_direct(asked, {}, this_python()) is None
    one = replace(asked, items=(replace(item, hashes=hashes[:1]),))
    assert resolve_direct(one, {}, this_python()) is not None


def test_dependencies_constraints_and_locks_go_to_somebody_else() -> None:
    limits = request("demo<2").items
    for more in ({"dependencies": True}, {"constraints": limits}, {"lock": "/pylock.toml"}):
        assert _direct(f"demo @ {WHEEL}", **more) is None


def test_the_interpreter_it_is_for_decides_whether_a_wheel_fits() -> None:
    asked = request("demo @ https://host.invalid/demo-1-cp27-none-win32.whl", dependencies=False)
    theirs = with_tags(this_python(), "cp27-none-win32")
    assert resolve_direct(asked, {}, theirs) is not None
