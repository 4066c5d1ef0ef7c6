"""After `trueup.install("X")`, `import X` works at once, whatever the process has looked at before.

Each program shows first that it had looked, so that a missing safeguard fails the test.
"""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from support.host import Host
from support.projects import lay_project, project_files
from support.wheels import make_wheel


def test_report_2530_is_over(host: Host) -> None:
    make_wheel(host.house, requires=["helped"])
    make_wheel(host.house, "helped")
    told = host.run("""
assert unseen("demo") and unseen("helped")
report = trueup.install("demo", request=WHERE)
import demo, helped
tell(added=[one.name for one in report.added], version=demo.VERSION, file=demo.__file__)
""")
    assert told["added"] == ["demo", "helped"]
    assert told["version"] == "1.0"
    assert Path(told["file"]).is_relative_to(host.site)


def test_a_path_is_never_a_name(host: Host) -> None:
    lay_project(host.root / "demo", project_files("demo"))
    told = host.run("""
from pathlib import Path
report = trueup.install(Path("demo"), request=WHERE)
import demo
tell(added=[one.name for one in report.added], file=demo.__file__)
""")
    assert told["added"] == ["demo"]
    assert Path(told["file"]).is_relative_to(host.site)


def test_a_directory_that_was_looked_at_just_before_is_seen_and_its_time_moves(host: Host) -> None:
    make_wheel(host.house)
    told = host.run("""
assert unseen("demo")
real = os.stat(SITE).st_mtime_ns
put("demo")
moved = os.stat(SITE).st_mtime_ns
import demo
tell(moved=moved > real)
""")
    assert told == {"moved": True}


def test_the_time_is_past_what_any_finder_has_cached_even_from_the_future(host: Host) -> None:
    make_wheel(host.house)
    told = host.run("""
import time
ahead = time.time_ns() + 3_600_000_000_000  # a restored or wrong time: an hour ahead
os.utime(SITE, ns=(ahead, ahead))
importlib.invalidate_caches()
assert unseen("demo")
put("demo")
later = os.stat(SITE).st_mtime_ns
import demo
tell(later=later > ahead)
""")
    assert told == {"later": True}


def test_another_process_that_was_running_and_had_looked_can_import_it(host: Host) -> None:
    make_wheel(host.house)
    body = textwrap.dedent("""
        import importlib, sys
        def unseen():
            try:
                importlib.import_module("demo")
            except ModuleNotFoundError:
                return True
        assert unseen()
        print("looked", flush=True)
        sys.stdin.readline()
        print(not unseen(), flush=True)
    """)
    with host.start(body, prologue=False) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "looked\n", other.communicate()[1]
        host.run('put("demo"); tell()')
        out, errors = other.communicate("go\n", timeout=60)
    assert out == "True\n", errors


def test_a_second_portion_of_a_namespace_package_is_seen(host: Host) -> None:
    make_wheel(host.house, "one", files={"space/one.py": ""})
    make_wheel(host.house, "two", files={"space/two.py": ""})
    lay_project(host.root / "tree", {**project_files(), "src/space/three.py": "THREE = 3\n"})
    told = host.run("""
put("one")
import space.one
assert unseen("space.two") and unseen("space.three")
put("two")
import space.two
trueup.install(editable=ROOT / "tree", dependencies=False)
import space.three
tell(three=space.three.THREE)
""")
    assert told == {"three": 3}


def test_an_editable_with_a_static_pth_is_seen_at_once_and_once(host: Host) -> None:
    lay_project(host.root / "tree", project_files())
    told = host.run("""
assert unseen("local")
report = trueup.install(editable=ROOT / "tree", dependencies=False)
import local
source = str(ROOT / "tree" / "src")
tell(editable=report.added[0].editable, file=local.__file__, times=sys.path.count(source))
""")
    assert told["editable"] is True
    assert Path(told["file"]).is_relative_to(host.root / "tree")
    assert told["times"] == 1


_HOOK = """
import sys
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
class Finder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name == "hooked":
            return spec_from_file_location(name, PLACE)
        return None
def install():
    if Finder not in sys.meta_path:
        sys.meta_path.append(Finder)
"""


def test_an_editable_by_an_import_hook_is_seen_at_once(host: Host) -> None:
    """The form of setuptools' flat layout: a finder in site-packages, started by a `.pth` line."""
    place = host.root / "elsewhere.py"
    place.write_text("HOOKED = True\n")
    finder = "__editable___hooked_finder"
    files = {
        f"{finder}.py": _HOOK.replace("PLACE", repr(str(place))),
        "__editable__.hooked.pth": f"import {finder}; {finder}.install()\n",
    }
    make_wheel(host.house, "hooked", files=files)
    told = host.run("""
assert unseen("hooked")
put("hooked")
import hooked
tell(hooked=hooked.HOOKED, file=hooked.__file__)
""")
    assert told == {"hooked": True, "file": str(place)}


def test_metadata_and_entry_points_tell_the_new_truth(host: Host) -> None:
    for version in ("1.0", "2.0"):
        points = f"[demo.points]\nv{version[0]} = demo:VERSION\n"
        make_wheel(host.house, version=version, entry_points=points)
    told = host.run("""
from importlib.metadata import PackageNotFoundError, entry_points, version
try:
    version("demo")
except PackageNotFoundError:
    pass
put("demo", "1.0")
first = version("demo")
put("demo", "2.0")
points = [point.name for point in entry_points(group="demo.points")]
second = version("demo")
trueup.uninstall("demo")
try:
    third = version("demo")
except PackageNotFoundError:
    third = None
tell(versions=[first, second, third], points=points)
""")
    assert told == {"versions": ["1.0", "2.0", None], "points": ["v2"]}


def test_modules_of_what_was_replaced_are_reported_and_reloaded_only_on_request(host: Host) -> None:
    for version in ("1.0", "2.0", "3.0"):
        files = {"demo/__init__.py": f"V = {version!r}\n", "demo/part.py": f"V = {version!r}\n"}
        make_wheel(host.house, version=version, files=files)
    told = host.run("""
put("demo", "1.0")
import demo.part
report = put("demo", "2.0")
reported = sorted(module.name for module in report.stale_modules)
import demo
old = demo.V
put("demo", "3.0", reload=True)
import demo.part
fresh = demo.V, demo.part.V
gone = trueup.uninstall("demo")
tell(reported=reported, old=old, fresh=fresh, gone=sorted(one.name for one in gone.stale_modules))
""")
    assert told["reported"] == ["demo", "demo.part"]
    assert told["old"] == "1.0"
    assert told["fresh"] == ["3.0", "3.0"]
    assert told["gone"] == ["demo", "demo.part"]


def test_what_is_removed_cannot_be_imported_any_more(host: Host) -> None:
    make_wheel(host.house)
    told = host.run("""
put("demo")
assert not unseen("demo")
del sys.modules["demo"]
report = trueup.uninstall("demo", "nothing-here")
tell(unseen=unseen("demo"), removed=[one.name for one in report.removed], said=report.warnings)
""")
    assert told["unseen"] is True
    assert told["removed"] == ["demo"]
    assert told["said"] == ["nothing-here is not installed, so it is not removed"]


def test_pip_and_uv_inside_of_importable_are_seen(host: Host) -> None:
    make_wheel(host.house, "first")
    make_wheel(host.house, "second")
    told = host.run("""
assert unseen("first") and unseen("second")
links = ("--no-index", "--find-links", str(HOUSE))
cached = os.stat(SITE).st_mtime_ns
with trueup.importable():
    for command in (
        ["uv", "pip", "install", "-q", "--python", sys.executable, *links, "first"],
        ["python", "-m", "pip", "-q", "--python", sys.executable, "install", *links, "second"],
    ):
        subprocess.run(command, check=True)
    os.utime(SITE, ns=(cached, cached))
    without = unseen("first") and unseen("second")
import first, second
tell(without=without)
""")
    assert told == {"without": True}


def test_threads_may_install_at_once(host: Host) -> None:
    for number in range(6):
        make_wheel(host.house, f"part{number}")
    told = host.run("""
import threading
names = [f"part{number}" for number in range(6)]
assert all(unseen(name) for name in names)
failed = []
def work(name):
    try:
        put(name)
        importlib.import_module(name)
    except BaseException as error:
        failed.append(repr(error))
threads = [threading.Thread(target=work, args=(name,)) for name in names]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
tell(failed=failed, loaded=sorted(name for name in names if name in sys.modules))
""")
    assert told == {"failed": [], "loaded": [f"part{number}" for number in range(6)]}


def test_errors_have_a_problem_and_a_hint(host: Host) -> None:
    make_wheel(host.house, "clash", requires=["demo<1"])
    make_wheel(host.house)
    told = host.run("""
from trueup.errors import RequestError, ResolutionError, TrueupError
said = {}
for name, what, kind in (
    ("bad", ("demo >",), RequestError),
    ("clash", ("demo", "clash"), ResolutionError),
    ("nowhere", ("./nowhere",), RequestError),
    ("both", (), RequestError),
):
    try:
        trueup.install(*what, request=WHERE)
    except kind as error:
        assert isinstance(error, TrueupError)
        said[name] = [error.problem, error.hint, error.detail]
tell(**said, here=sorted(path.name for path in SITE.glob("*.dist-info")))
""")
    assert "demo >" in "".join(told["bad"])
    assert "clash" in told["clash"][2]
    assert "nowhere" in "".join(told["nowhere"])
    assert told["here"] == []


def test_sync_never_saws_off_what_trueup_stands_on(host: Host) -> None:
    make_wheel(host.house, "trueup", requires=["pillar"], files={"unused_trueup.py": ""})
    for name in ("pillar", "other", "demo"):
        make_wheel(host.house, name)
    told = host.run("""
for name in ("trueup", "pillar", "other"):
    put(name)
report = trueup.install(str(HOUSE / "demo-1.0-py3-none-any.whl"), dependencies=False, exact=True)
tell(removed=[one.name for one in report.removed], kept=[one.name for one in report.kept])
""")
    assert told == {"removed": ["other"], "kept": ["pillar", "trueup"]}


def test_another_environment_can_be_named_and_this_one_stays_as_it_is(host: Host) -> None:
    make_wheel(host.house)
    told = host.run("""
from trueup.resolution.install_options import InstallOptions
from trueup.destination.creation import create_environment
from trueup.destination.facts import interpreter_facts
create_environment(ROOT / "other", interpreter_facts())
report = put("demo", environment=ROOT / "other")
into = put("demo", options=InstallOptions(target=str(ROOT / "lib")))
try:
    put("demo", environment=ROOT / "other", options=InstallOptions(target=str(ROOT / "lib")))
except trueup.TrueupError as error:
    problem = error.problem
tell(unseen=unseen("demo"), where=report.environment, into=into.environment,
     lib=(ROOT / "lib" / "demo").is_dir(), problem=problem)
""")
    assert told == {
        "unseen": True,
        "where": str(host.root / "other"),
        "into": str(host.root / "lib"),
        "lib": True,
        "problem": "an environment was named in more than one way",
    }


def test_a_reporter_hears_of_what_comes_and_goes(host: Host) -> None:
    make_wheel(host.house)
    told = host.run("""
heard = []
put("demo", reporter=heard.append)
put("demo", reporter=heard.append, dry_run=True)
trueup.uninstall("demo", reporter=heard.append)
kinds = ("added", "removed")
tell(heard=[[one.kind, one.subject, one.message] for one in heard if one.kind in kinds])
""")
    assert told == {"heard": [["added", "demo", "1.0"], ["removed", "demo", "1.0"]]}


@pytest.mark.parametrize("mode", ["lenient", "strict"])
def test_real_setuptools_editables_of_a_flat_layout_are_seen_at_once(host: Host, mode: str) -> None:
    """A finder in lenient mode, a tree of links in strict mode."""
    lay_project(
        host.root / "tree",
        {
            "pyproject.toml": '[build-system]\nrequires = ["setuptools>=77"]\n'
            'build-backend = "setuptools.build_meta"\n'
            '[project]\nname = "flat"\nversion = "1.0"\n',
            "flat/__init__.py": "FLAT = True\n",
        },
    )
    told = host.run(f"""
assert unseen("flat")
settings = RequestInput(config_settings=("editable_mode={mode}",))
trueup.install(editable=ROOT / "tree", dependencies=False, request=settings)
import flat
tell(file=os.path.realpath(flat.__file__), flat=flat.FLAT)
""")
    assert told == {"file": str(host.root / "tree" / "flat" / "__init__.py"), "flat": True}


def test_an_install_into_a_directory_whose_time_was_set_back_is_seen(host: Host) -> None:
    """Report 2530: the finder has cached the directory at the very time that it has again."""
    make_wheel(host.house)
    told = host.run("""
os.utime(SITE, ns=(1_000_000_000_000_000_000, 1_000_000_000_000_000_000))
assert unseen("demo")
cached = os.stat(SITE).st_mtime_ns
put("demo")
import demo
tell(version=demo.VERSION, moved=os.stat(SITE).st_mtime_ns > cached)
""")
    assert told == {"version": "1.0", "moved": True}
