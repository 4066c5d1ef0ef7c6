"""`package = uv`, `uv-editable` and `tool.uv.sources`, as with tox-uv, and without its holes."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.tox_projects import ToxProject, expect, member, workspace
from trueup_tox.uv_sources import sourced_requirements

_USE = "import demo, lib; print('values', demo.VALUE, lib.VALUE)"


@pytest.mark.parametrize("package", ["uv-editable", pytest.param("uv", marks=pytest.mark.slow)])
def test_the_project_comes_with_its_workspace(either: ToxProject, package: str) -> None:
    workspace(either)
    either.configure(_USE, package=package)
    assert "values 1 1" in either.works("run").out
    expect(either.installed(), beta="1.0", demo="1.0", lib="1.0")
    # Everything of it was put in place anew in each run of tox-uv.
    assert either.works("run").installs == []
    either.write("packages/lib/src/lib/__init__.py", "VALUE = 2\n")
    either.write("src/demo/__init__.py", "VALUE = 2\n")
    ran = either.works("run")
    assert "values 2 2" in ran.out
    assert ("demo is built again" in ran.out) is (package == "uv")
    assert (either.site() / "demo.pth").exists() is (package == "uv-editable")


@pytest.mark.parametrize(
    "package",
    ["wheel", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("editable", "sdist"))],
)
def test_members_of_the_workspace_are_found_in_every_kind_of_package(
    either: ToxProject, package: str
) -> None:
    workspace(either)
    either.configure(_USE, package=package)
    assert "values 1 1" in either.works("run").out
    expect(either.installed(), beta="1.0", demo="1.0", lib="1.0")
    member(either, "packages/lib", "lib", '"beta", "gamma<2"')
    either.works("run")
    expect(either.installed(), beta="1.0", demo="1.0", gamma="1.0", lib="1.0")


@pytest.mark.slow
def test_what_the_project_no_longer_needs_leaves(either: ToxProject) -> None:
    workspace(either, needs='"gamma<2", "alpha", ')
    either.configure("import demo", package="uv-editable")
    either.works("run")
    expect(either.installed(), alpha="1.0", beta="1.0", demo="1.0", gamma="1.0", lib="1.0")
    workspace(either, needs='"alpha", ')
    ran = either.works("run")
    assert "recreate" not in ran.out
    expect(either.installed(), alpha="1.0", beta="1.0", demo="1.0", lib="1.0")
    either.write("pyproject.toml", _without_lib((either.root / "pyproject.toml").read_text()))
    either.works("run")
    expect(either.installed(), alpha="1.0", beta="1.0", demo="1.0")


def _without_lib(text: str) -> str:
    text = text.replace('"alpha",  "lib"', '"alpha"').replace("'alpha', 'lib'", "'alpha'")
    assert "'lib'" not in text
    return text


@pytest.mark.slow
def test_extras_bring_what_they_stand_for(either: ToxProject) -> None:
    workspace(either, groups='[project.optional-dependencies]\nmore = ["gamma<2"]\n')
    text = (either.root / "pyproject.toml").read_text()
    extras = '[tool.backend]\nextras = { more = ["gamma<2"] }'
    either.write("pyproject.toml", text.replace("[tool.backend]", extras))
    either.configure("import gamma", package="uv", extras="more")
    either.works("run")
    expect(either.installed(), beta="1.0", demo="1.0", gamma="1.0", lib="1.0")


_SOURCES = """
[project]
name = "demo"
version = "1.0"
dependencies = ["one[more]", "two ; python_version > '3'", "three", "four", "five", "six", "seven"]
[project.optional-dependencies]
extra = ["eight"]
[tool.uv.sources]
one = { path = "here/one", editable = true }
two = { path = "here/two-1.0-py3-none-any.whl" }
three = { git = "https://example.org/three", tag = "v1", subdirectory = "python" }
four = { url = "https://example.org/four-1.0.zip", marker = "sys_platform == 'linux'" }
five = [
  { git = "https://example.org/five", marker = "sys_platform == 'win32'" },
  { path = "here/five", marker = "sys_platform != 'win32'" },
]
six = { index = "private" }
eight = { git = "https://example.org/eight", rev = "abc", extra = "extra" }
[[tool.uv.index]]
name = "private"
url = "https://example.org/simple"
"""


def test_each_kind_of_source_becomes_an_argument_of_pip(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(_SOURCES)
    here = tmp_path / "here"
    found = {each.name: each.arguments for each in sourced_requirements(str(tmp_path), ["Extra"])}
    assert found["one"] == ("-e", f"{here}/one[more]")
    wheel = (here / "two-1.0-py3-none-any.whl").as_uri()
    assert found["two"] == (f'two @ {wheel} ; (python_version > "3")',)
    assert found["three"] == ("three @ git+https://example.org/three@v1#subdirectory=python",)
    assert found["four"] == ("four @ https://example.org/four-1.0.zip ; (sys_platform == 'linux')",)
    assert found["six"] == ("--extra-index-url=https://example.org/simple",)
    assert found["eight"] == ("eight @ git+https://example.org/eight@abc",)
    assert "seven" not in found
    assert "eight" not in {each.name for each in sourced_requirements(str(tmp_path), [])}


def test_a_source_of_several_places_keeps_each_with_its_condition(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(_SOURCES)
    found = [each for each in sourced_requirements(str(tmp_path)) if each.name == "five"]
    assert [each.arguments[0].partition(" ; ")[2] for each in found] == [
        "(sys_platform == 'win32')",
        "(sys_platform != 'win32')",
    ]


def test_members_know_each_other_and_the_sources_of_their_root(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.uv.workspace]\nmembers = ["packages/*"]\nexclude = ["packages/odd"]\n'
        "[tool.uv.sources]\nlib = { workspace = true }\nodd = { workspace = true }\n"
    )
    for name, needs in (("app", '["lib", "odd"]'), ("lib", '["app"]'), ("odd", "[]")):
        folder = tmp_path / "packages" / name
        folder.mkdir(parents=True)
        (folder / "pyproject.toml").write_text(
            f'[project]\nname = "{name}"\nversion = "1"\ndependencies = {needs}\n'
        )
    found = sourced_requirements(str(tmp_path / "packages" / "app"))
    assert [(each.name, each.of_workspace) for each in found] == [("lib", True)]
