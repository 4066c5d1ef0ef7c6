"""Editable installs, made by real backends, in a process that is already running."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.interpreters import HOSTS
from support.laboratory import Laboratory
from support.wheels import make_wheel

STATIC, HOOK = ("src", (), "path"), (".", (), "hook")
STRICT = (".", ("--config-settings", "editable_mode=strict"), "path")
# pip takes three seconds for each: once is enough to see that it leaves behind what uv does.
CASES = [
    *((host, "uv", *layout) for host in HOSTS for layout in (STATIC, HOOK, STRICT)),
    ("3.12", "pip", *HOOK),
]
PYPROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "{name}"
version = "1.0"
[tool.setuptools.packages.find]
where = ["{where}"]
namespaces = true
include = ["{top}*"]
"""


def make_project(
    folder: Path, where: str, files: dict[str, str] | None = None, *, name: str = "demo"
) -> Path:
    """Write a setuptools project; in "src" it gets a static path, in "." an import hook."""
    sources = files or {"demo/__init__.py": ""}
    for path, content in sources.items():
        file = folder / where / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    top = next(iter(sources)).partition("/")[0]
    text = PYPROJECT.format(name=name, where=where, top=top)
    (folder / "pyproject.toml").write_text(text)
    return folder


@pytest.mark.parametrize(
    ("laboratory", "by", "where", "options", "how"), CASES, indirect=["laboratory"]
)
def test_an_editable_is_importable_at_once_and_leaves_at_once(
    laboratory: Laboratory, by: str, where: str, options: tuple[str, ...], how: str
) -> None:
    project = make_project(laboratory.root / "project", where)
    told = laboratory.run(f"""
from importlib.metadata import version
assert unseen("demo")
hooks = [list(sys.meta_path), list(sys.path_hooks), list(sys.path)]
with trueup.importable() as added:
    install("-e", {str(project)!r}, by={by!r}, options={options!r})
    without = remains_unseen("demo")
import demo
assert version("demo") == "1.0"
ran = [line.is_import for line in added.change.pth_lines_run]
with trueup.importable(reload=True) as removed:
    uninstall("demo", by={by!r})
tell(without=without, ran=ran, paths=len(added.change.paths_added), file=demo.__file__,
     gone=unseen("demo"), why=[(m.name, m.why) for m in removed.change.stale_modules],
     same=hooks == [list(sys.meta_path), list(sys.path_hooks), list(sys.path)])
""")
    assert told["without"] is True
    assert told["ran"] == [how == "hook"]
    assert told["paths"] == int(how == "path")
    assert Path(told["file"]).is_relative_to(project)
    assert told["gone"] is True
    assert told["why"] == [["demo", "moved"]]
    assert told["same"] is True


def test_an_editable_installed_anew_maps_to_the_new_place(laboratory: Laboratory) -> None:
    # Of one length, so that the finder's two sources have the same size and often the same second.
    first = make_project(laboratory.root / "aaa", ".")
    second = make_project(laboratory.root / "bbb", ".")
    told = laboratory.run(f"""
with trueup.importable():
    install("-e", {str(first)!r})
import demo
old = demo.__file__
hooks = len(sys.meta_path)
with trueup.importable(reload=True) as outcome:
    install("-e", {str(second)!r})
    del sys.modules["demo"]
    without = importlib.import_module("demo").__file__ == old
import demo
tell(without=without, file=demo.__file__, hooks=len(sys.meta_path) - hooks,
     stale=[(m.name, m.why) for m in outcome.change.stale_modules])
""")
    assert told["without"] is True
    assert Path(told["file"]).is_relative_to(second)
    assert told["hooks"] == 0
    assert told["stale"] == [["demo", "moved"]]


def test_the_bytecode_of_the_old_import_hook_does_not_run(laboratory: Laboratory) -> None:
    first = make_project(laboratory.root / "aaa", ".")
    second = make_project(laboratory.root / "bbb", ".")
    told = laboratory.run(f"""
with trueup.importable() as outcome:
    install("-e", {str(first)!r})
hook = sys.modules[outcome.change.pth_lines_run[0].modules[0]]
source, compiled = Path(hook.__file__), Path(hook.__cached__)
kept = compiled.read_bytes()
before = trueup.look()
with times_put_back(source):
    install("-e", {str(second)!r})
compiled.parent.mkdir(exist_ok=True)
compiled.write_bytes(kept)
os.utime(source, ns=(os.stat(source).st_mtime_ns,) * 2)
# The caller tells what changed, as trueup's own installs do.
trueup.make_importable(before, directories=[str(SITE)])
import demo
tell(file=demo.__file__)
""")
    assert Path(told["file"]).is_relative_to(second)


def test_an_editable_that_was_there_at_start_is_taken_back(laboratory: Laboratory) -> None:
    project = make_project(laboratory.root / "project", ".")
    make_wheel(laboratory.wheels, version="2.0")
    laboratory.run(f"install('-e', {str(project)!r}); tell()")
    told = laboratory.run("""
import demo
assert not demo.__file__.startswith(str(SITE))
with trueup.importable(reload=True) as outcome:
    install("demo==2.0")
import demo
finders = [finder.__module__ for finder in sys.meta_path if "editable" in finder.__module__]
tell(file=demo.__file__, finders=finders)
""")
    assert Path(told["file"]).is_relative_to(laboratory.site)
    assert told["finders"] == []


@pytest.mark.parametrize("where", ["src", "."], ids=["static", "hook"])
def test_a_namespace_portion_as_an_editable(laboratory: Laboratory, where: str) -> None:
    make_wheel(laboratory.wheels, "space-one", files={"space/one.py": ""})
    files = {"space/two/__init__.py": "", "space/deep/three/__init__.py": ""}
    project = make_project(laboratory.root / "project", where, files, name="space-two")
    told = laboratory.run(f"""
install("space-one")
import space.one
with trueup.importable():
    install("-e", {str(project)!r})
    without = remains_unseen("space.two")
import space.two, space.deep.three, space.one
paths = list(sys.path)
with trueup.importable(reload=True):
    uninstall("space-two")
tell(without=without, gone=unseen("space.two"), left=len(paths) - len(sys.path),
     one=not unseen("space.one"))
""")
    assert told == {"without": True, "gone": True, "left": 1, "one": True}
