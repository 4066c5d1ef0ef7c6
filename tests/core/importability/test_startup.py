"""`.pth` lines: by the rules of `site`, each new one once, those that went taken back."""

from __future__ import annotations

import pytest
from support.laboratory import Laboratory
from support.wheels import make_wheel

COUNT = "import builtins; builtins.{name} = getattr(builtins, {name!r}, 0) + 1\n"


def test_only_new_lines_run_and_each_once_however_many_look(laboratory: Laboratory) -> None:
    make_wheel(laboratory.wheels, "old", files={"old.pth": COUNT.format(name="OLD")})
    # A pause, so that threads which do not wait for each other all see nothing done yet.
    slow = "import builtins, time; time.sleep(0.05); " + COUNT.format(name="NEW").partition("; ")[2]
    make_wheel(laboratory.wheels, "new", files={"new.pth": slow})
    laboratory.run("install('old'); tell()")
    told = laboratory.run("""
import builtins, threading
start = builtins.OLD  # in a virtual environment, site itself runs each line twice
sightings = [trueup.look() for _ in range(8)]
install("new")
threads = [threading.Thread(target=trueup.make_importable, args=[each]) for each in sightings]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
trueup.make_importable()
trueup.make_importable(trueup.look())
ran = builtins.NEW
with trueup.importable():
    uninstall("new")
with trueup.importable():
    install("new")
tell(old=builtins.OLD - start, new=ran, again=builtins.NEW)
""")
    assert told == {"old": 0, "new": 1, "again": 2}


def test_without_a_look_before_files_of_this_process_time_are_new(laboratory: Laboratory) -> None:
    make_wheel(laboratory.wheels, "old", files={"old.pth": COUNT.format(name="OLD")})
    make_wheel(
        laboratory.wheels,
        "new",
        files={"new.pth": COUNT.format(name="NEW") + "extra\n", "extra/late.py": ""},
    )
    laboratory.run("install('old'); tell()")
    told = laboratory.run("""
import builtins
start = builtins.OLD
install("new")
change = trueup.make_importable()
import late
tell(old=builtins.OLD - start, new=builtins.NEW, added=len(change.paths_added))
""")
    assert told == {"old": 0, "new": 1, "added": 1}


def test_the_rules_of_site_hold(laboratory: Laboratory) -> None:
    told = laboratory.run(
        r"""
for name in ("a", "b", "c", "spaced", "missing-later", "bom", "umläut"):
    (ROOT / "paths" / name).mkdir(parents=True)
(ROOT / "paths" / "missing-later").rmdir()
up = f"{ROOT}/paths"
with trueup.importable() as outcome:
    (SITE / "z.pth").write_text(f"{up}/c\n")
    (SITE / "a.pth").write_text(
        f"# {up}/b\n\n  \n{up}/a\n{up}/a\nimport os; os.environ['SEEN'] = sitedir\n"
        f"{up}/nowhere\n{up}/missing-later\n{up}/spaced   \nimported/b\n"
    )
    (SITE / ".hidden.pth").write_text(f"{up}/b\n")
    (SITE / "notes.txt").write_text(f"{up}/b\n")
    (SITE / "m.pth").write_bytes(f"\ufeff{up}/bom\n{up}/umläut\n".encode())
(ROOT / "paths" / "missing-later").mkdir()
again = trueup.make_importable(trueup.look())
before = trueup.look()
(SITE / "z.pth").write_text("")
later = trueup.make_importable(before)
tell(added=[os.path.basename(path) for path in outcome.change.paths_added],
     late=again.paths_added, removed=[os.path.basename(path) for path in later.paths_removed],
     seen=os.environ["SEEN"])
""",
        PYTHONUTF8="0",
        LC_ALL="C.UTF-8",
    )
    bom = [] if laboratory.version < "3.13" else ["bom"]
    assert told["added"] == ["a", "spaced", *bom, "umläut", "c"]
    assert told["removed"] == ["c"]
    assert told["seen"] == str(laboratory.site)


def test_a_path_line_takes_effect_when_its_directory_comes(laboratory: Laboratory) -> None:
    told = laboratory.run("""
(SITE / "a.pth").write_text(f"{ROOT}/late\\n")
first = trueup.make_importable(trueup.look())
before = trueup.look()
(ROOT / "late").mkdir()
second = trueup.make_importable(before)
tell(first=first.paths_added, second=second.paths_added)
""")
    assert told == {"first": [], "second": [f"{laboratory.root}/late"]}


def test_a_line_that_raises_ends_its_file_and_is_reported(laboratory: Laboratory) -> None:
    told = laboratory.run("""
for name in ("a", "b", "c"):
    (ROOT / name).mkdir()
with trueup.importable() as outcome:
    (SITE / "first.pth").write_text(f"{ROOT}/a\\nimport no_such_module_at_all\\n{ROOT}/b\\n")
    (SITE / "second.pth").write_text(f"{ROOT}/c\\n")
failures = outcome.change.pth_lines_failed
tell(added=[os.path.basename(path) for path in outcome.change.paths_added],
     failed=[(Path(f.line.file).name, f.line.text, type(f.error).__name__) for f in failures])
""")
    assert told["added"] == ["a", "c"]
    assert told["failed"] == [["first.pth", "import no_such_module_at_all", "ModuleNotFoundError"]]


@pytest.mark.parametrize(
    "keep",
    [
        "(SITE / 'other.pth').write_text(f'{ROOT}/a\\n')",  # another file still names it
        "sys.path.remove(f'{ROOT}/a'), sys.path.insert(1, f'{ROOT}/a')",  # the program put it there
    ],
)
def test_a_path_that_others_brought_stays(laboratory: Laboratory, keep: str) -> None:
    told = laboratory.run(f"""
(ROOT / "a").mkdir()
with trueup.importable():
    (SITE / "a.pth").write_text(f"{{ROOT}}/a\\n")
{keep}
with trueup.importable() as outcome:
    (SITE / "a.pth").unlink()
tell(removed=outcome.change.paths_removed, there=f"{{ROOT}}/a" in sys.path)
""")
    assert told == {"removed": [], "there": True}


def test_without_site_no_line_is_run(laboratory: Laboratory) -> None:
    told = laboratory.run("""
ask = '''
exec(open(%r).read().rpartition("#!")[0])
before = trueup.look()
(SITE / "a.pth").write_text("import builtins; builtins.RUN = 1")
change = trueup.make_importable(before)
tell(ran=len(change.pth_lines_run), added=change.paths_added)
''' % sys.argv[0]
#!
command = [sys.executable, "-S", "-c", ask]
print(subprocess.run(command, check=True, capture_output=True, text=True).stdout, end="")
""")
    assert told == {"ran": 0, "added": []}
