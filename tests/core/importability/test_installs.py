"""Each row of what a running process does not see after an install, seen with trueup.

Every script first shows that the row fails without (`unseen`, and `remains_unseen` where
`importlib.invalidate_caches` does not cure it either), then that it works with.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from support.interpreters import HOSTS, need_python
from support.laboratory import Laboratory
from support.wheels import make_wheel

INSTALLERS = pytest.mark.parametrize("by", ["uv", "pip"])


@INSTALLERS
def test_report_2530_works_and_fails_without(laboratory: Laboratory, by: str) -> None:
    told = laboratory.run(f"""
assert unseen("editables")
with trueup.importable() as outcome:
    with times_put_back(SITE):
        install("editables", by={by!r})
    before = unseen("editables")
from editables import EditableProject
import inspect
tell(before=before, file=inspect.getfile(EditableProject), touched=outcome.change.touched)
""")
    assert told["before"] is True
    assert Path(told["file"]).is_relative_to(laboratory.site)
    assert str(laboratory.site) in told["touched"]


@INSTALLERS
def test_metadata_tells_the_new_truth_with_the_time_put_back(
    laboratory: Laboratory, by: str
) -> None:
    for version in ("1.0", "2.0"):
        make_wheel(
            laboratory.wheels,
            version=version,
            entry_points=f"[demo.points]\nv{version[0]} = demo:VERSION\n",
        )
    told = laboratory.run(f"""
from importlib.metadata import PackageNotFoundError, entry_points, version
install("demo==1.0", by={by!r})
assert version("demo") == "1.0"
with trueup.importable():
    with times_put_back(SITE):
        install("demo==2.0", by={by!r})
    try:
        without = version("demo")
    except (PackageNotFoundError, KeyError):
        without = None  # what 3.13 and 3.11 make of a directory that is gone
points = [point.name for point in entry_points(group="demo.points")]
tell(without=without, version=version("demo"), points=points)
""")
    assert told["without"] != "2.0"
    assert told["version"] == "2.0"
    assert told["points"] == ["v2"]


def test_metadata_is_seen_anew_where_no_time_moves(laboratory: Laboratory) -> None:
    for version in ("1.0", "2.0"):
        make_wheel(laboratory.wheels, version=version)
    told = laboratory.run("""
from importlib.metadata import PackageNotFoundError, version
install("demo==1.0")
assert version("demo") == "1.0"
with times_put_back(SITE):
    install("demo==2.0")
importlib.invalidate_caches()
try:
    without = version("demo")
except (PackageNotFoundError, KeyError):
    without = None
change = trueup.make_importable()
tell(without=without, version=version("demo"), touched=change.touched, micro=sys.version_info[:3])
""")
    if tuple(told["micro"]) == (3, 12, 1):
        assert told["without"] is None
    assert told["version"] == "2.0"
    assert told["touched"] == []


def test_a_site_directory_swapped_for_a_clone_is_read_anew(laboratory: Laboratory) -> None:
    told = laboratory.run("""
import shutil
assert unseen("demo")
with trueup.importable() as outcome:
    with times_put_back(SITE):
        shutil.copytree(SITE, ROOT / "clone")
        (ROOT / "clone" / "demo.py").touch()
        SITE.rename(ROOT / "away")
        (ROOT / "clone").rename(SITE)
    without = unseen("demo")
import demo
tell(without=without, touched=outcome.change.touched)
""")
    assert told == {"without": True, "touched": [str(laboratory.site)]}


def test_odd_entries_of_the_path_and_a_lost_current_directory_do_no_harm(
    laboratory: Laboratory,
) -> None:
    make_wheel(laboratory.wheels)
    told = laboratory.run("""
sys.path[:0] = ["", Path("somewhere"), b"bytes", "missing"]
(ROOT / "lost").mkdir()
assert unseen("demo")
before = trueup.look()
install("demo")
os.chdir(ROOT / "lost")
(ROOT / "lost").rmdir()
trueup.make_importable(before)
tell(seen=not unseen("demo"))
""")
    assert told == {"seen": True}


def test_a_step_of_100_nanoseconds_is_made_visible(laboratory: Laboratory) -> None:
    make_wheel(laboratory.wheels)
    told = laboratory.run("""
assert unseen("demo")
with trueup.importable():
    def float_at(moment):
        os.utime(SITE, ns=(moment, moment))
        return os.stat(SITE).st_mtime
    old = os.stat(SITE).st_mtime_ns // 1000 * 1000
    while float_at(old + 100) != float_at(old):  # a float of seconds tells some 240 ns apart
        old -= 1000
    assert unseen("demo")
    install("demo")
    os.utime(SITE, ns=(old, old + 100))
    without = unseen("demo")
import demo
tell(without=without, moved=os.stat(SITE).st_mtime > old / 1e9)
""")
    if laboratory.version == "3.11":
        assert told["without"] is True
    assert told["moved"] is True


def test_a_file_in_a_nested_package_is_seen_though_the_time_stayed(laboratory: Laboratory) -> None:
    files = {"demo/__init__.py": "", "demo/deep/__init__.py": ""}
    make_wheel(laboratory.wheels, version="1.0", files=files)
    make_wheel(laboratory.wheels, version="2.0", files={**files, "demo/deep/fresh.py": ""})
    told = laboratory.run("""
install("demo==1.0")
import demo.deep
assert unseen("demo.deep.fresh")
deep = SITE / "demo" / "deep"
before = trueup.look()
# uv makes the directory anew where pip leaves it: the time is put back in either case.
with times_put_back(SITE, SITE / "demo", deep):
    install("demo==2.0")
without = unseen("demo.deep.fresh")
change = trueup.make_importable(before)
import demo.deep.fresh
tell(without=without, touched=str(deep) in change.touched)
""")
    assert told == {"without": True, "touched": True}


def test_a_site_directory_that_did_not_exist_at_start_joins(laboratory: Laboratory) -> None:
    make_wheel(laboratory.wheels, files={"demo.py": "", "extra/late.py": "", "demo.pth": "extra\n"})
    laboratory.site.joinpath("_virtualenv.pth").unlink(missing_ok=True)
    laboratory.site.joinpath("_virtualenv.py").unlink(missing_ok=True)
    for leftover in laboratory.site.iterdir():
        leftover.unlink()
    laboratory.site.rmdir()
    told = laboratory.run("""
assert str(SITE) not in sys.path
with trueup.importable() as outcome:
    install("demo")
    without = remains_unseen("demo")
import demo, late
tell(without=without, added=outcome.change.paths_added)
""")
    assert told["without"] is True
    assert told["added"] == [str(laboratory.site), str(laboratory.site / "extra")]


def test_a_late_directory_of_pythonpath_is_seen(laboratory: Laboratory) -> None:
    make_wheel(laboratory.wheels)
    told = laboratory.run(
        """
assert unseen("demo")
with trueup.importable():
    install("demo", options=("--target", str(PORTIONS)))
    without = unseen("demo")
import demo
tell(without=without, file=demo.__file__)
""",
        PYTHONPATH=str(laboratory.root / "portions"),
    )
    assert told["without"] is True
    assert Path(told["file"]).is_relative_to(laboratory.root / "portions")


@pytest.mark.parametrize("version", HOSTS)
def test_a_late_user_site_joins_with_its_pth_lines(
    version: str, tmp_path: Path, wheelhouse: Path
) -> None:
    laboratory = Laboratory(tmp_path, need_python(version), wheelhouse, version)
    make_wheel(laboratory.wheels, files={"demo.py": "", "extra/late.py": "", "demo.pth": "extra\n"})
    told = laboratory.run(
        """
import site
user = site.getusersitepackages()
assert user not in sys.path
assert unseen("demo")
with trueup.importable() as outcome:
    install("demo", by="pip", options=("--user", "--break-system-packages"))
    without = remains_unseen("demo")
import demo, late
system = site.getsitepackages()[0]
tell(without=without, added=outcome.change.paths_added, user=user,
     ahead=sys.path.index(user) < sys.path.index(system))
""",
        PYTHONUSERBASE=str(tmp_path / "user"),
    )
    assert told["without"] is True
    assert told["added"] == [told["user"], f"{told['user']}/extra"]
    assert told["ahead"] is True


def test_pkg_resources_that_is_loaded_is_told(laboratory: Laboratory) -> None:
    points = "[demo.points]\none = demo:VERSION\n"
    make_wheel(laboratory.wheels, entry_points=points)
    told = laboratory.run("""
import warnings
install("setuptools")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pkg_resources import iter_entry_points, working_set
heard = []
working_set.subscribe(lambda dist: heard.append(dist.key), existing=False)
with trueup.importable():
    install("demo")
    importlib.invalidate_caches()
    without = [point.name for point in iter_entry_points("demo.points")]
points = [point.name for point in iter_entry_points("demo.points")]
tell(without=without, points=points, heard=heard)
""")
    assert told == {"without": [], "points": ["one"], "heard": ["demo"]}


def test_a_source_of_the_same_size_and_time_does_not_run_old_bytecode(
    laboratory: Laboratory,
) -> None:
    for version in ("1.0", "2.0"):
        make_wheel(laboratory.wheels, version=version)
    told = laboratory.run("""
source = SITE / "demo" / "__init__.py"
install("demo==1.0")
os.utime(source, (1_700_000_000, 1_700_000_000))
import demo
compiled = Path(demo.__cached__)
kept = compiled.read_bytes()
with trueup.importable(reload=True):
    install("demo==2.0")
    os.utime(source, (1_700_000_000, 1_700_000_000))
    compiled.parent.mkdir(exist_ok=True)
    # As an installer leaves it that knows nothing of compiled files.
    compiled.write_bytes(kept)
    os.utime(source, (1_700_000_000, 1_700_000_000))
    ask = [sys.executable, "-B", "-c", "import demo; print(demo.VERSION)"]
    without = subprocess.check_output(ask, text=True).strip()
import demo
tell(without=without, here=demo.VERSION, elsewhere=subprocess.check_output(ask, text=True).strip())
""")
    assert told == {"without": "1.0", "here": "2.0", "elsewhere": "2.0"}


def test_what_was_installed_before_an_exception_is_importable(laboratory: Laboratory) -> None:
    make_wheel(laboratory.wheels)
    told = laboratory.run("""
assert unseen("demo")
try:
    with trueup.importable() as outcome, times_put_back(SITE):
        install("demo")
        raise KeyError("the caller's own")
except KeyError as error:
    tell(error=str(error), seen=not unseen("demo"), touched=len(outcome.change.touched) > 0)
""")
    assert told == {"error": '"the caller\'s own"', "seen": True, "touched": True}


def test_where_nothing_changed_nothing_is_touched(laboratory: Laboratory) -> None:
    make_wheel(laboratory.wheels)
    told = laboratory.run("""
install("demo")
import demo
time = os.stat(SITE).st_mtime_ns
with trueup.importable() as outcome:
    pass
tell(same=outcome.change == trueup.Change(), time=os.stat(SITE).st_mtime_ns - time)
""")
    assert told == {"same": True, "time": 0}


def test_directories_that_the_caller_names_are_touched_without_a_look_before(
    laboratory: Laboratory,
) -> None:
    told = laboratory.run("""
package = SITE / "demo"
package.mkdir()
(package / "__init__.py").touch()
import demo
assert unseen("demo.late")
with times_put_back(package):
    (package / "late.py").touch()
without = unseen("demo.late")
change = trueup.make_importable(directories=[str(package), str(package / "gone")])
import demo.late
tell(without=without, touched=[Path(path).name for path in change.touched])
""")
    assert told == {"without": True, "touched": ["demo"]}


PACKAGE = {"demo/__init__.py": "VERSION = '1.0'\n", "demo/lazy.py": "VERSION = '1.0'\n"}


def test_modules_of_an_upgraded_distribution_are_reported(laboratory: Laboratory) -> None:
    both = {**PACKAGE, "demo/old.py": ""}
    make_wheel(laboratory.wheels, "The.Demo", "1.0", files=both)
    make_wheel(laboratory.wheels, "The.Demo", "2.0", files=PACKAGE)
    make_wheel(laboratory.wheels, "other")
    told = laboratory.run("""
install("The.Demo==1.0", "other")
import demo.old, other
with trueup.importable() as outcome:
    install("The.Demo==2.0")
tell(stale=[(m.name, m.distribution, m.why) for m in outcome.change.stale_modules],
     reloaded=outcome.change.reloaded, kept=demo.old is sys.modules["demo.old"])
""")
    assert sorted(told["stale"]) == [
        ["demo", "the-demo", "replaced"],
        ["demo.old", "the-demo", "removed"],
    ]
    assert told["reloaded"] == []
    assert told["kept"] is True


def test_modules_of_an_uninstalled_distribution_are_reported(laboratory: Laboratory) -> None:
    make_wheel(laboratory.wheels, files={"elsewise.py": ""})
    told = laboratory.run("""
install("demo")
import elsewise
with trueup.importable() as outcome:
    uninstall("demo")
tell(stale=[(m.name, m.distribution, m.why) for m in outcome.change.stale_modules])
""")
    assert told["stale"] == [["elsewise", "demo", "removed"]]


def test_a_lazily_imported_submodule_is_of_the_new_version_on_request(
    laboratory: Laboratory,
) -> None:
    new = {
        "space/demo/__init__.py": "def helper(): return 2\n",
        "space/demo/lazy.py": "from space.demo import helper\nVALUE = helper()\n",
    }
    old = {"space/demo/__init__.py": "", "space/demo/lazy.py": ""}
    make_wheel(laboratory.wheels, version="1.0", files=old)
    make_wheel(laboratory.wheels, version="2.0", files=new)
    told = laboratory.run("""
install("demo==1.0")
from space import demo
with trueup.importable(reload=True) as outcome:
    install("demo==2.0")
    try:
        import space.demo.lazy
        without = "imported"
    except ImportError as error:
        without = type(error).__name__
    assert demo is sys.modules["space.demo"]
from space import demo as anew
import space.demo.lazy
tell(without=without, value=space.demo.lazy.VALUE, same=anew is demo,
     reloaded=outcome.change.reloaded)
""")
    assert told == {
        "without": "ImportError",
        "value": 2,
        "same": False,
        "reloaded": ["space.demo"],
    }


@pytest.mark.parametrize(
    "held", ["['demo/__init__.py', 'demo/lazy.py']", "['demo']", "[demo.__file__, 'demo.lazy']"]
)
def test_the_caller_can_tell_what_was_replaced(laboratory: Laboratory, held: str) -> None:
    make_wheel(laboratory.wheels, files=PACKAGE)
    told = laboratory.run(f"""
install("demo")
import demo.lazy
before = trueup.look()
(SITE / "demo" / "lazy.py").unlink()
change = trueup.make_importable(before, replaced={{"Demo": {held}}})
tell(stale=[(m.name, m.file, m.distribution, m.why) for m in change.stale_modules])
""")
    package = laboratory.site / "demo"
    assert sorted(told["stale"]) == [
        ["demo", str(package / "__init__.py"), "demo", "replaced"],
        ["demo.lazy", str(package / "lazy.py"), "demo", "removed"],
    ]


def test_a_distribution_with_a_loaded_extension_module_is_not_reloaded(
    laboratory: Laboratory,
) -> None:
    told = laboratory.run("""
import _ctypes_test as module  # an extension module that every CPython brings for its own tests
(SITE / "demo.py").touch()
import demo
change = trueup.make_importable(replaced={"demo": ["demo", "_ctypes_test"]}, reload=True)
tell(stale=sorted(m.name for m in change.stale_modules), reloaded=change.reloaded)
""")
    assert told == {"stale": ["_ctypes_test", "demo"], "reloaded": []}
