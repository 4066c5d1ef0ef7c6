from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from support.builds import Provisioner, describe, lay_tree, members, running_interpreter
from support.interpreters import TARGETS, need_python
from support.waiting import runs, wait_for
from trueup.acquisition.builder import BuildOrder, BuiltWheel, build_metadata, build_wheel
from trueup.destination.environment import Interpreter
from trueup.errors import BuildError, SourceError
from trueup.reporting import Event

IN_TREE = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
GOOD_BACKEND = """
import os, sys, zipfile
NAME = "demo-1.0-py3-none-any.whl"

def write_wheel(folder, name=NAME):
    with zipfile.ZipFile(os.path.join(folder, name), "w") as archive:
        archive.writestr("demo.py", "")
    return name

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    {body}
    return write_wheel(wheel_directory)
"""
SETUPTOOLS = {
    "pyproject.toml": (
        '[build-system]\nrequires = ["setuptools>=70"]\nbuild-backend = "setuptools.build_meta"\n'
        '[project]\nname = "demo"\nversion = "1.0"\n'
    ),
    "demo/__init__.py": "",
}


@pytest.fixture(scope="session")
def provision(tmp_path_factory: pytest.TempPathFactory) -> Provisioner:
    return Provisioner(tmp_path_factory.mktemp("build-environments"))


def backend(tmp_path: Path, body: str = "pass", **files: str) -> Path:
    source = GOOD_BACKEND.replace("{body}", body)
    return lay_tree(tmp_path / "tree", {"pyproject.toml": IN_TREE, "backend.py": source, **files})


def order(tree: Path, interpreter: Interpreter | None = None, **options: Any) -> BuildOrder:
    workspace = str(tree.parent / "work")
    return BuildOrder(str(tree), interpreter or running_interpreter(), workspace, **options)


# --- what a build gives ---


@pytest.mark.parametrize("version", TARGETS)
def test_setuptools_builds_a_wheel_for_each_python(
    version: str, tmp_path: Path, provision: Provisioner
) -> None:
    tree = lay_tree(tmp_path / "tree", SETUPTOOLS)
    interpreter = describe(need_python(version))
    built = build_wheel(order(tree, interpreter=interpreter), provision=provision)
    assert Path(built.path).name == "demo-1.0-py3-none-any.whl"
    assert "demo/__init__.py" in members(built.path)
    assert built.requirements == ("setuptools>=70",)
    assert built.build_interpreter.version == interpreter.version
    assert set(built.seconds) == {"get_requires_for_build_wheel", "build_wheel"}
    assert built.warnings == ()
    assert "demo/__init__.py" in Path(built.log).read_text()


def test_an_editable_wheel_leads_to_the_tree(tmp_path: Path, provision: Provisioner) -> None:
    tree = lay_tree(tmp_path / "tree", SETUPTOOLS)
    built = build_wheel(order(tree, editable=True), provision=provision)
    assert "demo/__init__.py" not in members(built.path)
    assert any(name.endswith((".pth", "_finder.py")) for name in members(built.path))


def test_a_setup_py_alone_is_built_by_setuptools(tmp_path: Path, provision: Provisioner) -> None:
    tree = lay_tree(
        tmp_path / "tree",
        {
            "setup.py": "from setuptools import setup\nsetup(name='demo', version='3')",
            "m.py": "",
        },
    )
    built = build_wheel(order(tree), provision=provision)
    assert built.requirements[0] == "setuptools>=40.8"
    assert Path(built.path).name == "demo-3-py3-none-any.whl"


def test_metadata_is_prepared_without_a_build(tmp_path: Path, provision: Provisioner) -> None:
    tree = lay_tree(tmp_path / "tree", SETUPTOOLS)
    found = build_metadata(order(tree), provision=provision)
    assert found is not None
    assert "Name: demo" in (Path(found) / "METADATA").read_text()


def test_a_backend_that_cannot_tell_metadata_gives_none(
    tmp_path: Path, provision: Provisioner
) -> None:
    tree = backend(tmp_path, "raise SystemError('not to be called')")
    assert build_metadata(order(tree), provision=provision) is None


def test_what_the_backend_asks_for_is_provided_before_it_builds(
    tmp_path: Path, provision: Provisioner
) -> None:
    tree = backend(tmp_path, "import editables")
    with open(tree / "backend.py", "a") as source:
        source.write(
            "def get_requires_for_build_wheel(config_settings=None):\n    return ['editables']\n"
        )
    built = build_wheel(order(tree), provision=provision)
    assert built.requirements == ("editables",)
    assert provision.calls[-2:] == [(), ("editables",)]


def test_constraints_limit_the_requirements_they_name(
    tmp_path: Path, provision: Provisioner
) -> None:
    tree = lay_tree(tmp_path / "tree", SETUPTOOLS)
    limits = ("Setuptools<75", "numpy<2")
    build_metadata(order(tree, constraints=limits), provision=provision)
    assert provision.calls[-1] == ("setuptools>=70", "Setuptools<75")


def test_config_settings_reach_the_backend_and_repeated_ones_as_a_list(
    tmp_path: Path, provision: Provisioner
) -> None:
    tree = backend(tmp_path, "print('settings', sorted(config_settings.items()))")
    settings = (("one", "1"), ("many", "a"), ("many", "b"), ("many", "c"))
    built = build_wheel(order(tree, config_settings=settings), provision=provision)
    expected = "settings [('many', ['a', 'b', 'c']), ('one', '1')]"
    assert expected in Path(built.log).read_text()


def test_without_isolation_the_interpreter_builds_as_it_is(
    tmp_path: Path, provision: Provisioner
) -> None:
    tree = backend(tmp_path, "print('PREFIX', sys.prefix)")
    plain = provision((), running_interpreter())
    before = sorted(os.listdir(plain.scheme.purelib))
    asked = len(provision.calls)
    built = build_wheel(order(tree, interpreter=plain, isolation=False), provision=provision)
    assert f"PREFIX {plain.prefix}" in Path(built.log).read_text()
    assert len(provision.calls) == asked
    assert sorted(os.listdir(plain.scheme.purelib)) == before


# --- what the backend sees ---


def test_an_isolated_backend_sees_no_secrets_and_no_foreign_modules(
    tmp_path: Path, provision: Provisioner
) -> None:
    hidden = {
        "PIP_INDEX_URL": "https://user:pass@index.invalid/simple",
        "UV_INDEX_CORP_PASSWORD": "a",
        "UV_PUBLISH_TOKEN": "b",
        "TWINE_PASSWORD": "c",
        "GITHUB_TOKEN": "d",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "e",
        "AWS_SECRET_ACCESS_KEY": "f",
        "SOMETHING_ELSE": "g",
        "PYTHONPATH": str(tmp_path),
        "PYTHONHOME": "/nowhere",
    }
    shown = {
        "CFLAGS": "-O1",
        "PIP_NO_CACHE_DIR": "1",
        "TOKENIZERS_PARALLELISM": "0",
        "HTTPS_PROXY": "http://proxy.invalid",
    }
    tree = backend(tmp_path, "print('\\n'.join(f'{k}={v}' for k, v in os.environ.items()))")
    environment = {"PATH": os.environ["PATH"], **hidden, **shown}
    built = build_wheel(order(tree, environment=environment), provision=provision)
    seen = dict(line.partition("=")[::2] for line in Path(built.log).read_text().splitlines())
    assert not set(hidden) & set(seen)
    assert shown.items() <= seen.items()
    assert seen["PATH"].split(os.pathsep)[0] == built.build_interpreter.scheme.scripts


def test_the_launcher_leaves_no_trace_in_the_backends_module_search_path(
    tmp_path: Path, provision: Provisioner
) -> None:
    tree = backend(tmp_path, "print('ARGV', sys.argv[0]); print(*sys.path, sep='\\n')")
    built = build_wheel(order(tree), provision=provision)
    text = Path(built.log).read_text()
    assert "_in_process.py" in text.partition("ARGV ")[2].splitlines()[0]
    assert str(tmp_path / "work") not in text
    assert "acquisition" not in text


def test_commands_of_the_build_environment_come_first(
    tmp_path: Path, provision: Provisioner
) -> None:
    tree = backend(tmp_path, "import shutil; print('FOUND', shutil.which('python'))")
    built = build_wheel(order(tree), provision=provision)
    scripts = built.build_interpreter.scheme.scripts
    assert f"FOUND {scripts}{os.sep}python" in Path(built.log).read_text()


# --- output and failure ---


def test_each_line_of_output_is_an_event_and_the_log_holds_all(
    tmp_path: Path, provision: Provisioner
) -> None:
    events: list[Event] = []
    body = "print('one'); print('two', file=sys.stderr); sys.stdout.write('no end')"
    built = build_wheel(order(backend(tmp_path, body)), provision=provision, reporter=events.append)
    lines = [event.message for event in events if event.kind == "output"]
    assert lines == ["one", "two", "no end"]
    assert Path(built.log).read_text() == "one\ntwo\nno end"
    assert [event.kind for event in events if event.kind != "output"] == ["building", "built"]


def test_an_event_shows_no_credentials(tmp_path: Path, provision: Provisioner) -> None:
    events: list[Event] = []
    body = "print('from https://user:pa55@index.invalid/x'); raise ValueError('https://me:pa55@b/')"
    with pytest.raises(BuildError) as caught:
        build_wheel(order(backend(tmp_path, body)), provision=provision, reporter=events.append)
    assert "pa55" not in "".join(event.message for event in events) + str(caught.value)
    assert "https://****@index.invalid/x" in caught.value.output


def test_a_failure_names_the_hook_and_holds_the_whole_output(
    tmp_path: Path, provision: Provisioner
) -> None:
    body = "print('before ' * 20000); raise ValueError('broken by design')"
    with pytest.raises(BuildError) as caught:
        build_wheel(order(backend(tmp_path, body)), provision=provision)
    assert caught.value.hook == "build_wheel"
    assert "exit code 1" in caught.value.problem
    assert caught.value.output.count("before before") == 10000
    assert "ValueError: broken by design" in caught.value.output


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("os._exit(0)", "without an answer"),
        ("os._exit(7)", "exit code 7"),
        ("import signal; os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
        ("return write_wheel(wheel_directory, '../demo-1.0-py3-none-any.whl')", "plain file name"),
        ("return os.path.join(wheel_directory, write_wheel(wheel_directory))", "plain file name"),
        ("return None", "plain file name"),
        ("return 7", "plain file name"),
        ("return '..'", "plain file name"),
        ("return write_wheel(wheel_directory, 'demo-1.0.zip')", "no wheel's file name"),
        ("return write_wheel(wheel_directory, 'demo-py3.whl')", "no wheel's file name"),
        ("return 'demo-1.0-py3-none-any.whl'", "left no such file"),
        (
            "os.symlink('/etc/hostname', wheel_directory + f'/{NAME}'); return NAME",
            "no regular file",
        ),
    ],
)
def test_an_answer_that_is_no_wheel_is_refused(
    body: str, expected: str, tmp_path: Path, provision: Provisioner
) -> None:
    with pytest.raises(BuildError, match=expected) as caught:
        build_wheel(order(backend(tmp_path, body)), provision=provision)
    assert caught.value.hook == "build_wheel"


def test_a_wheel_of_another_project_is_refused(tmp_path: Path, provision: Provisioner) -> None:
    tree = backend(tmp_path, "return write_wheel(wheel_directory, 'other-1.0-py3-none-any.whl')")
    with open(tree / "pyproject.toml", "a") as stream:
        stream.write('[project]\nname = "Demo"\nversion = "1.0"\n')
    with pytest.raises(BuildError, match="names the project 'Demo'"):
        build_wheel(order(tree), provision=provision)


def test_a_backend_that_cannot_be_imported_is_said(tmp_path: Path, provision: Provisioner) -> None:
    tree = lay_tree(
        tmp_path / "tree",
        {"pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "no.such"\n'},
    )
    with pytest.raises(BuildError, match=r"no\.such cannot be imported") as caught:
        build_wheel(order(tree), provision=provision)
    assert "ModuleNotFoundError" in caught.value.output
    assert "requires" in caught.value.hint


def test_a_backend_without_editables_is_said(tmp_path: Path, provision: Provisioner) -> None:
    with pytest.raises(BuildError, match="build_editable is missing") as caught:
        build_wheel(order(backend(tmp_path), editable=True), provision=provision)
    assert "-e" in caught.value.hint


def test_a_warning_of_the_backend_goes_to_the_log(tmp_path: Path, provision: Provisioner) -> None:
    body = "import warnings; warnings.warn('mind the gap')"
    built = build_wheel(order(backend(tmp_path, body)), provision=provision)
    assert "warning: mind the gap" in Path(built.log).read_text()
    assert built.warnings == ()


# --- the end of a build ---


def test_a_build_that_hangs_is_ended_and_shows_where_it_hung(
    tmp_path: Path, provision: Provisioner
) -> None:
    body = "print('begun'); wait_for_ever()"
    tree = backend(tmp_path, body)
    with open(tree / "backend.py", "a") as source:
        source.write("def wait_for_ever():\n    import time\n    time.sleep(3600)\n")
    with pytest.raises(BuildError, match=r"did not end within 2 s") as caught:
        build_wheel(order(tree, timeout=2.0), provision=provision)
    assert caught.value.hook == "build_wheel"
    assert "begun" in caught.value.output
    assert "in wait_for_ever" in caught.value.output


DAEMON = """
if os.fork() == 0:
    {leave}
    open({pid!r}, 'w').write(str(os.getpid()))
    import time
    time.sleep(3600)
while not os.path.exists({pid!r}) or not open({pid!r}).read():
    pass
"""


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs fork and /proc")
@pytest.mark.parametrize("leave", ["pass", "os.setsid()"])
def test_a_child_that_holds_the_output_does_not_hold_the_build(
    leave: str, tmp_path: Path, provision: Provisioner
) -> None:
    pid = tmp_path / "pid"
    body = DAEMON.format(pid=str(pid), leave=leave).replace("\n", "\n    ")
    build_wheel(order(backend(tmp_path, body)), provision=provision)
    number = int(pid.read_text())
    # Also one that left for a session of its own, such as the server of a compiler cache: it starts
    # again when it is wanted, and nothing that a build started may write after its end.
    assert wait_for(lambda: not runs(number))


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs fork and /proc")
@pytest.mark.parametrize("leave", ["pass", "os.setsid()"])
def test_out_of_time_ends_all_that_the_build_started(
    leave: str, tmp_path: Path, provision: Provisioner
) -> None:
    pid = tmp_path / "pid"
    body = DAEMON.format(pid=str(pid), leave=leave) + "import time\ntime.sleep(3600)"
    tree = backend(tmp_path, body.replace("\n", "\n    "))
    with pytest.raises(BuildError):
        build_wheel(order(tree, timeout=2.0), provision=provision)
    assert wait_for(lambda: not runs(int(pid.read_text())))


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_an_interrupt_ends_the_build(tmp_path: Path, provision: Provisioner) -> None:
    pid = tmp_path / "pid"
    body = f"open({str(pid)!r}, 'w').write(str(os.getpid())); import time; time.sleep(3600)"
    what = order(backend(tmp_path, body))
    provision((), running_interpreter())

    def interrupt() -> None:
        wait_for(lambda: pid.exists() and pid.read_text() != "")
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        build_wheel(what, provision=provision)
    thread.join()
    assert wait_for(lambda: not runs(int(pid.read_text())))


def test_builds_in_several_threads_do_not_disturb_each_other(
    tmp_path: Path, provision: Provisioner
) -> None:
    provision((), running_interpreter())
    built: dict[int, BuiltWheel] = {}

    def one(number: int) -> None:
        tree = backend(tmp_path / str(number), f"print('build {number}')")
        built[number] = build_wheel(order(tree), provision=provision)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {n: Path(b.log).read_text() for n, b in built.items()} == {
        n: f"build {n}\n" for n in range(4)
    }


# --- the build system ---


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[build-system]\nrequires = [\n'a'\nx", "line 4"),
        ("[build-system]\n", "has no `requires`"),
        ("build-system = 1\n", "not a table"),
        ("[build-system]\nrequires = 'a'\n", "not a list"),
        ("[build-system]\nrequires = [1]\n", "not a list"),
        ("[build-system]\nrequires = ['a ===== b']\n", "no requirement"),
        ("[build-system]\nrequires = []\nbuild-backend = 'a b'\n", "build-backend"),
        ("[build-system]\nrequires = []\nbuild-backend = 'a:'\n", "build-backend"),
        ("[build-system]\nrequires = []\nbuild-backend = 'a'\nbackend-path = ['..']\n", "outside"),
        ("[build-system]\nrequires = []\nbuild-backend = 'a'\nbackend-path = ['/']\n", "outside"),
        ("[build-system]\nrequires = []\nbuild-backend = 'a'\nbackend-path = ['out']\n", "outside"),
        ("[build-system]\nrequires = []\nbuild-backend = 'a'\nbackend-path = '.'\n", "list"),
        ("\xff", "no valid TOML"),
    ],
)
def test_a_wrong_pyproject_is_refused_before_anything_runs(
    text: str, expected: str, tmp_path: Path, provision: Provisioner
) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "pyproject.toml").write_bytes(text.encode("latin-1"))
    (tree / "out").symlink_to(tmp_path)
    asked = len(provision.calls)
    with pytest.raises(SourceError, match=expected):
        build_wheel(order(tree), provision=provision)
    assert len(provision.calls) == asked


def test_a_folder_without_a_project_is_refused(tmp_path: Path, provision: Provisioner) -> None:
    (tmp_path / "tree").mkdir()
    with pytest.raises(SourceError, match="neither pyproject"):
        build_wheel(order(tmp_path / "tree"), provision=provision)


def test_importing_the_builder_loads_nothing_heavy() -> None:
    code = "import trueup.acquisition.builder, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"subprocess", "pyproject_hooks", "packaging.requirements", "tomllib", "zipfile"}
    assert not heavy & set(done.stdout.split())
