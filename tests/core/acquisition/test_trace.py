from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from support.builds import Provisioner, describe, lay_tree, running_interpreter
from support.interpreters import TARGETS, need_python
from trueup.acquisition.builder import BuildOrder, build_wheel
from trueup.acquisition.trace import BuildTrace, Program, read_trace
from trueup.destination.environment import Interpreter

BACKEND = """
import os, subprocess, sys, zipfile
from pathlib import Path

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    {body}
    name = "demo-1.0-py3-none-any.whl"
    zipfile.ZipFile(os.path.join(wheel_directory, name), "w").close()
    return name
"""
PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
# What every build by this backend looks at.
ALWAYS = {"pyproject.toml", "backend.py"}


@pytest.fixture(scope="session")
def provision(tmp_path_factory: pytest.TempPathFactory) -> Provisioner:
    return Provisioner(tmp_path_factory.mktemp("traced-environments"))


def traced(
    folder: Path,
    provision: Provisioner,
    body: str,
    files: dict[str, str] | None = None,
    *,
    interpreter: Interpreter | None = None,
    isolation: bool = True,
) -> BuildTrace:
    source = BACKEND.replace("{body}", body.replace("\n", "\n    "))
    tree = lay_tree(
        folder / "tree", {"pyproject.toml": PYPROJECT, "backend.py": source, **(files or {})}
    )
    order = BuildOrder(
        str(tree),
        interpreter or running_interpreter(),
        str(folder / "work"),
        isolation=isolation,
    )
    trace = build_wheel(order, provision=provision).trace
    assert trace is not None
    return trace


EVERYTHING = """
open("read.txt").close()
Path("sub/by_path.txt").read_text()
open(os.path.abspath("sub/../absolute.txt"), "rb").close()
os.close(os.open(b"bytes.txt", os.O_RDONLY))
open("written.txt", "w").close()
open("both.txt", "r+").close()
open("appended.txt", "a").close()
os.listdir("listed"); list(os.scandir("scanned")); list(Path("iterated").iterdir())
os.path.exists("absent.cfg"); Path("absent/too.cfg").is_file(); os.path.isfile("looked.txt")
try: open("tried.txt")
except OSError: pass
os.environ.get("ASKED"); os.getenv("ASKED_TOO"); "ASKED_IN" in os.environ
import a_module
"""
LAID = dict.fromkeys(
    (
        "read.txt",
        "sub/by_path.txt",
        "absolute.txt",
        "bytes.txt",
        "both.txt",
        "appended.txt",
        "listed/x",
        "scanned/x",
        "iterated/x",
        "looked.txt",
        "untouched.txt",
        "a_module.py",
    ),
    "",
)


@pytest.mark.parametrize("version", TARGETS)
def test_each_look_at_the_tree_is_recorded_once_as_what_it_was(
    version: str, tmp_path: Path, provision: Provisioner
) -> None:
    python = describe(need_python(version))
    body = EVERYTHING.replace("import a_module", "sys.path.insert(0, os.getcwd())\nimport a_module")
    trace = traced(tmp_path, provision, body, LAID, interpreter=python)
    read = {"read.txt", "sub/by_path.txt", "absolute.txt", "bytes.txt", "both.txt", "a_module.py"}
    assert set(trace.reads) == ALWAYS | read
    assert set(trace.writes) == {"written.txt", "both.txt", "appended.txt"}
    assert set(trace.listings) == {"listed", "scanned", "iterated"}
    assert set(trace.searches) == {"."}
    assert {"absent.cfg", "absent/too.cfg", "tried.txt"} <= set(trace.absences)
    assert "looked.txt" in trace.presences
    assert {"ASKED", "ASKED_TOO", "ASKED_IN"} <= set(trace.environment)
    assert not any(name.startswith("_TRUEUP") for name in trace.environment)
    assert "untouched.txt" not in {*trace.reads, *trace.presences, *trace.writes}
    assert not trace.programs
    assert not trace.opaque
    assert not any("__pycache__" in path for path in (*trace.reads, *trace.writes))


MOVING = """
import threading
os.path.exists("there.txt"); os.stat("sub/../sub/there.txt"); os.path.exists("./dot.txt")
os.chdir("sub")
os.path.exists("seen.txt"); os.path.exists("../above.txt"); os.path.exists(".hidden")
top = os.open("..", os.O_RDONLY)
moved = threading.Thread(target=os.fchdir, args=(top,))
moved.start(); moved.join()
os.path.exists("by_a_thread.txt"); os.path.exists("sub//double.txt"); os.path.exists("")
open("sub/open.txt").close()
os.chdir("sub")
open("opened.txt").close()
os.path.exists(os.path.join(os.getcwd(), "absolute.txt"))
os.chdir("..")
os.close(top)
"""


@pytest.mark.parametrize("version", TARGETS)
def test_a_look_is_at_where_the_process_is_just_then(
    version: str, tmp_path: Path, provision: Provisioner
) -> None:
    inside = ("there", "seen", ".hidden", "double", "open", "opened", "absolute")
    names = [f"sub/{name}{'' if name == '.hidden' else '.txt'}" for name in inside]
    laid = dict.fromkeys(("there.txt", "dot.txt", "above.txt", "by_a_thread.txt", *names), "")
    python = describe(need_python(version))
    trace = traced(tmp_path, provision, MOVING, laid, interpreter=python)
    looked = {*trace.presences, *trace.reads}
    assert looked - ALWAYS - {".", "sub", ""} == set(laid)
    assert set(laid) <= set(trace.own)
    assert not any("sub/sub" in path or path.startswith("..") for path in trace.absences)


@pytest.mark.parametrize("version", TARGETS)
def test_a_glob_asks_only_for_the_names_that_match(
    version: str, tmp_path: Path, provision: Provisioner
) -> None:
    body = (
        "import glob\n"
        "assert glob.glob('one/*.tx?') == ['one/a.txt']\n"
        "assert len(glob.glob('all/**', recursive=True)) == 2\n"
        "assert not glob.glob('two/*/none.txt')"
    )
    laid = {"one/a.txt": "", "all/b.txt": "", "two/c.txt": ""}
    python = describe(need_python(version))
    trace = traced(tmp_path, provision, body, laid, interpreter=python)
    assert set(trace.globs) == {("one", "*.tx?"), ("two", "*")}
    assert trace.own_globs == trace.globs
    assert "all" in trace.own_listings  # until 3.9 it tries to list files as well
    assert not {"one", "two"} & {*trace.listings, *trace.own_listings}


def test_a_folder_is_the_same_with_a_slash_behind_it(
    tmp_path: Path, provision: Provisioner
) -> None:
    body = "import glob\nos.listdir('listed/'); list(os.walk('walked/')); glob.glob('found//*')"
    laid = {"listed/a": "", "walked/b": "", "found/c": ""}
    trace = traced(tmp_path, provision, body, laid)
    assert {"listed", "walked"} <= set(trace.own_listings)
    assert ("found", "*") in trace.own_globs
    seen = {*trace.listings, *trace.walks, *trace.own_listings, *(one for one, _ in trace.globs)}
    assert not any(path.endswith("/") for path in seen if path != "/")


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need a privilege there")
def test_a_link_that_leads_to_itself_was_looked_for_in_vain(
    tmp_path: Path, provision: Provisioner
) -> None:
    lay_tree(tmp_path / "tree", {"circle": "-> circle"})
    body = "assert not os.path.exists('circle')\ntry: open('circle')\nexcept OSError: pass"
    trace = traced(tmp_path, provision, body)
    assert "circle" in trace.absences
    assert "circle" not in trace.reads


def test_a_module_that_comes_from_its_bytecode_is_read_all_the_same(
    tmp_path: Path, provision: Provisioner
) -> None:
    body = "sys.path.insert(0, os.getcwd()); import a_module"
    traced(tmp_path, provision, body, {"a_module.py": ""})
    (tmp_path / "tree" / "__pycache__").stat()
    order = BuildOrder(str(tmp_path / "tree"), running_interpreter(), str(tmp_path / "again"))
    trace = build_wheel(order, provision=provision).trace
    assert trace is not None
    assert set(trace.reads) == ALWAYS | {"a_module.py"}


def test_python_the_environment_and_temporary_files_are_left_out(
    tmp_path: Path, provision: Provisioner
) -> None:
    outside = lay_tree(tmp_path / "outside", {"shared.txt": "", "folder/x": ""})
    body = (
        "import json.tool, email, tempfile, shutil\n"
        "tempfile.NamedTemporaryFile().close()\n"
        "shutil.rmtree(tempfile.mkdtemp())\n"
        "open(os.__file__).close(); os.listdir(sys.prefix); os.path.exists(sys.prefix + '/no')\n"
        f"open({str(outside / 'shared.txt')!r}).close(); os.listdir({str(outside / 'folder')!r})\n"
        f"os.path.exists({str(outside / 'missing')!r})"
    )
    trace = traced(tmp_path, provision, body)
    assert set(trace.reads) == ALWAYS | {str(outside / "shared.txt")}
    assert set(trace.listings) == {str(outside / "folder")}
    assert str(outside / "missing") in trace.absences
    assert all(path.startswith(str(outside)) for path in trace.absences if os.path.isabs(path))


def test_a_tree_behind_a_link_is_known_by_both_its_names(
    tmp_path: Path, provision: Provisioner
) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "linked").symlink_to(tmp_path / "real")
    body = f"open({str(tmp_path / 'real' / 'tree' / 'a.txt')!r}); open('b.txt')"
    body += f"; open({str(tmp_path / 'linked' / 'tree' / 'c.txt')!r})"
    files = dict.fromkeys(("a.txt", "b.txt", "c.txt"), "")
    trace = traced(tmp_path / "linked", provision, body, files)
    assert set(trace.reads) == ALWAYS | set(files)


def test_a_child_python_is_recorded_too_and_hides_nothing(
    tmp_path: Path, provision: Provisioner
) -> None:
    code = "open('inner.txt')"
    body = f'subprocess.run([sys.executable, "-I", "-c", {code!r}], cwd="sub", check=True)'
    trace = traced(tmp_path, provision, body, {"sub/inner.txt": ""})
    assert "sub/inner.txt" in trace.reads
    (program,) = trace.programs
    assert program.arguments[1:] == ("-I", "-c", code)
    assert program.directory == str(tmp_path / "tree" / "sub")
    assert not trace.opaque


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_is_recorded_too(tmp_path: Path, provision: Provisioner) -> None:
    body = (
        "number = os.fork()\n"
        "if number == 0:\n    open('inner.txt').close(); os._exit(0)\n"
        "os.waitpid(number, 0)"
    )
    assert "inner.txt" in traced(tmp_path, provision, body, {"inner.txt": ""}).reads


@pytest.mark.parametrize(
    ("call", "opaque"),
    [
        ("subprocess.run(['git', '--version'])", False),
        ("subprocess.run(['true'])", True),
        ("subprocess.run('true', shell=True)", True),
        ("os.system('true')", True),
        ("subprocess.run([sys.executable, '-S', '-c', ''])", True),
        ("os.waitpid(os.posix_spawn('/bin/true', ['true'], {}), 0)", True),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="programs of POSIX")
def test_a_program_that_nobody_sees_into_makes_the_trace_opaque(
    call: str, opaque: bool, tmp_path: Path, provision: Provisioner
) -> None:
    trace = traced(tmp_path, provision, call)
    assert len(trace.programs) == 1
    assert trace.opaque is opaque


def test_git_is_kept_with_its_command_line_and_folder(
    tmp_path: Path, provision: Provisioner
) -> None:
    trace = traced(tmp_path, provision, "subprocess.run(['git', 'status', 'a\\tb\\nc'])")
    expected = Program(("git", "status", "a\tb\nc"), str((tmp_path / "tree").resolve()))
    assert trace.programs == (expected,)


def test_a_child_python_of_a_build_without_isolation_is_not_seen_into(
    tmp_path: Path, provision: Provisioner
) -> None:
    plain = provision((), running_interpreter())
    body = "open('read.txt').close(); subprocess.run([sys.executable, '-I', '-c', ''])"
    other = Provisioner(tmp_path / "unwatched")((), plain)
    files = {"read.txt": ""}
    trace = traced(tmp_path, provision, body, files, interpreter=other, isolation=False)
    assert "read.txt" in trace.reads
    assert trace.opaque


@pytest.mark.parametrize("version", TARGETS)
def test_what_is_wrapped_behaves_as_ever(
    version: str, tmp_path: Path, provision: Provisioner
) -> None:
    body = (
        "import pathlib, shutil, tempfile\n"
        "assert os.stat in os.supports_dir_fd and os.stat in os.supports_follow_symlinks\n"
        "assert os.stat in os.supports_fd and os.stat(0)\n"
        "folder = tempfile.mkdtemp(); assert shutil.rmtree.avoids_symlink_attacks\n"
        "descriptor = os.open(folder, os.O_RDONLY)\n"
        "pathlib.Path(folder, 'x').touch(); assert os.stat('x', dir_fd=descriptor).st_size == 0\n"
        "assert pathlib.Path(folder).stat() == os.lstat(folder)\n"
        "assert os.stat(folder, follow_symlinks=False).st_ino\n"
        "shutil.rmtree(folder); assert not os.path.exists(folder)\n"
        "os.environ['NEW'] = '1'; assert os.environ['NEW'] == os.environb[b'NEW'].decode() == '1'\n"
        "assert os.environ.copy() == dict(os.environ) == {**os.environ}\n"
        "assert type(os.environ.copy()) is dict; del os.environ['NEW']\n"
        "assert 'NEW' not in os.environ and os.environ.get('NEW', 3) == 3\n"
        "assert repr(os.environ).startswith('environ({')\n"
        "assert os.stat.__name__ == 'stat'"
    )
    trace = traced(tmp_path, provision, body, interpreter=describe(need_python(version)))
    assert "PATH" not in trace.environment
    assert "*" in trace.environment
    assert "NEW" in trace.environment


def test_copying_the_environment_for_a_program_asks_for_nothing(
    tmp_path: Path, provision: Provisioner
) -> None:
    body = "env = os.environ.copy(); subprocess.run([sys.executable, '-c', ''], env=env)"
    trace = traced(tmp_path, provision, body)
    assert not {"*", "PATH", "LANG"} & set(trace.environment)


def test_a_build_that_is_not_to_be_traced_is_not(tmp_path: Path, provision: Provisioner) -> None:
    files = {"pyproject.toml": PYPROJECT, "backend.py": BACKEND.replace("{body}", "pass")}
    tree = lay_tree(tmp_path / "tree", files)
    order = BuildOrder(str(tree), running_interpreter(), str(tmp_path / "work"), traced=False)
    assert build_wheel(order, provision=provision).trace is None
    assert os.listdir(tmp_path / "work" / "trace") == []


def test_setuptools_tells_what_a_flat_project_depends_on(
    tmp_path: Path, provision: Provisioner
) -> None:
    files = {
        "pyproject.toml": (
            '[build-system]\nrequires = ["setuptools>=70"]\n'
            'build-backend = "setuptools.build_meta"\n'
            '[project]\nname = "demo"\ndynamic = ["version"]\nreadme = "README.md"\n'
            '[tool.setuptools.dynamic]\nversion = {file = "VERSION"}\n'
        ),
        "VERSION": "1.0",
        "README.md": "",
        "LICENSE": "",
        "demo/__init__.py": "",
        "demo/part.py": "",
    }
    tree = lay_tree(tmp_path / "tree", files)
    order = BuildOrder(str(tree), running_interpreter(), str(tmp_path / "work"))
    trace = build_wheel(order, provision=provision).trace
    assert trace is not None
    assert set(files) - {"LICENSE"} <= set(trace.reads)
    assert {".", "demo"} <= {*trace.walks, *(folder for folder, _ in trace.globs)}
    assert ("demo", "*.py") in trace.globs
    assert "demo" not in trace.listings
    assert {"setup.cfg", "setup.py", "MANIFEST.in"} <= set(trace.absences)
    assert not trace.opaque


def test_no_log_at_all_is_opaque(tmp_path: Path) -> None:
    trace = read_trace(str(tmp_path), str(tmp_path), hooks=2)
    assert trace.opaque
    assert trace.absences == ("pyproject.toml",)


def test_half_a_line_of_a_process_that_was_killed_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "trace").mkdir()
    (tmp_path / "trace/1.log").write_text("V\t1\tpython\nA\tmissing\nX\tread.tx")
    assert "missing" in read_trace(str(tmp_path), str(tmp_path), hooks=1).absences
