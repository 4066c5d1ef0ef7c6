"""Reports about stale local projects, to be replayed in nox with the build backends of the reports.

`python -m support.nox_reports`, in `tests/`, replays them with nox's own uv backend beside trueup
and prints the table of docs/nox.md.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from support.builds import lay_tree
from support.laboratory import find_uv
from support.mechanisms import MECHANISMS

GONE = "gone"
NO_END = "no end"
FAILED = "failed"

_SETUPTOOLS = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
_ANEW = ("-s", "first")
_ENDED = (GONE, NO_END, FAILED)


@dataclass(frozen=True)
class Step:
    """Something that is done to the tree, and what a session then has to see.

    Attributes:
        what: in words.
        wanted: the value of the report's expression.
        edit: does it.
        options: of nox.
    """

    what: str
    wanted: str
    edit: Callable[[Path], object] = lambda root: None
    options: tuple[str, ...] = ("-r", "-s", "first")


@dataclass(frozen=True)
class Report:
    """A report: its project, how a session installs it, and what happens then.

    Attributes:
        title: number and subject.
        lay: writes the projects into a folder.
        install: arguments of `session.install`.
        program: what the session runs; it prints the value that is looked at.
        steps: what happens, in order; the first is the first run.
        needs: programs that have to be there.
    """

    title: str
    lay: Callable[[Path], object]
    install: tuple[str, ...]
    program: str
    steps: tuple[Step, ...]
    needs: tuple[str, ...] = ()


# --- 10946: the links of a strict editable are not renewed ---


def _two_projects(root: Path) -> None:
    for name, needs in (("p1", ""), ("p2", '"repro-p1"')):
        project = f'[project]\nname = "repro-{name}"\nversion = "0.0.1"\ndependencies = [{needs}]\n'
        files = {"pyproject.toml": _SETUPTOOLS + project, f"src/repro_{name}/__init__.py": ""}
        lay_tree(root / name, files)
    (root / "p1/src/repro_p1/lib.py").write_text("def answer():\n    return 1\n")
    (root / "p2/src/repro_p2/use.py").write_text("from repro_p1.lib import answer\n")
    (root / "all.txt").write_text("-e ./p1\n-e ./p2\n")


def _add_module(root: Path) -> None:
    (root / "p1/src/repro_p1/new.py").write_text("def answer():\n    return 2\n")
    (root / "p2/src/repro_p2/use.py").write_text("from repro_p1.new import answer\n")


def _rename_module(root: Path) -> None:
    (root / "p1/src/repro_p1/new.py").rename(root / "p1/src/repro_p1/other.py")
    (root / "p2/src/repro_p2/use.py").write_text("from repro_p1.other import answer\n")


_STRICT = (
    Step("first run", "1"),
    Step("a module is added", "2", _add_module),
    Step("it is renamed", "2", _rename_module),
    Step("it is deleted", GONE, lambda root: (root / "p1/src/repro_p1/other.py").unlink()),
)
_ASK = "import repro_p2.use; print(repro_p2.use.answer())"

# --- 11390: what a build left in the tree is deleted, and not made again ---


def _mechanism(name: str) -> Callable[[Path], object]:
    def lay(root: Path) -> None:
        chosen = MECHANISMS[name]
        settings = "".join(f' --config-settings "{key}={value}"' for key, value in chosen.settings)
        lay_tree(root / "demo", chosen.files)
        (root / "all.txt").write_text(f"-e ./demo{settings}\n")

    return lay


def _without(*patterns: str) -> Callable[[Path], None]:
    """Delete what matches in the project, as `git clean` does."""

    def clean(root: Path) -> None:
        for pattern in patterns:
            for path in sorted((root / "demo").rglob(pattern)):
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    return clean


def _also_without_environments(clean: Callable[[Path], None]) -> Callable[[Path], None]:
    def clean_all(root: Path) -> None:
        clean(root)
        shutil.rmtree(root / ".nox")

    return clean_all


def _outputs(
    title: str, mechanism: str, program: str, clean: Callable[[Path], None], change: Step
) -> Iterator[Report]:
    steps = (
        Step("first run", "1"),
        Step("what was built is deleted", "1", clean),
        Step("and the environment with it", "1", _also_without_environments(clean), _ANEW),
        change,
    )
    for install in (("-e", "./demo"), ("-r", "all.txt")):
        needs = MECHANISMS[mechanism].needs
        route = f"11390 {title}, `{' '.join(install)}`"
        yield Report(route, _mechanism(mechanism), install, program, steps, needs)


def _put(name: str, text: str) -> Callable[[Path], object]:
    return lambda root: (root / "demo" / name).write_text(text)


_NATIVE = "import demo._native; print(demo._native.value())"
_RUSTY = (
    "import ctypes, demo, pathlib; found = pathlib.Path(demo.__file__).parent.rglob('*.so'); "
    "print(ctypes.CDLL(str(next(found))).demo_value())"
)
_C_EDIT = Step("its C source changes", "2", _put("src/native/value.h", "#define VALUE 2\n"))
_RUST_EDIT = Step("its Rust source changes", "2", _put("src/value.rs", "const VALUE: i64 = 2;\n"))
_TEMPLATE_EDIT = Step("its template changes", "2", _put("template.in", "X = 2\n"))

# --- 11238: links that lead in circles ---


def _with_circles(root: Path) -> None:
    lay_tree(
        root / "demo",
        {
            "pyproject.toml": f'{_SETUPTOOLS}[project]\nname = "repo_name"\nversion = "0.1.0"\n'
            '[tool.setuptools.packages.find]\nwhere = ["src"]\nnamespaces = false\n',
            "src/repo_name/__init__.py": "",
            **{f"src/repo_name/{name}/__init__.py": "" for name in ("sub1", "sub2")},
            **{f"src/repo_name/{name}/repo_name": "-> .." for name in ("sub1", "sub2")},
        },
    )
    (root / "all.txt").write_text("-e ./demo\n")


def _raise_version(root: Path) -> None:
    project = root / "demo" / "pyproject.toml"
    project.write_text(project.read_text().replace("0.1.0", "0.2.0"))


_CIRCLES = (
    Step("first run", "0.1.0"),
    Step("its version changes", "0.2.0", _raise_version),
    Step("made anew", "0.2.0", options=_ANEW),
)
_VERSION = "import repo_name; from importlib.metadata import version; print(version('repo_name'))"

# --- 15700: an edit in one environment is an edit of the cache ---


def _edit_installed(root: Path) -> None:
    (module,) = (root / ".nox" / "first").glob("lib/python*/site-packages/iniconfig/__init__.py")
    with open(module, "a") as file:
        file.write("EDITED = True\n")


_LEAK = (
    Step("first run", "False"),
    Step("another session", "False", _edit_installed, ("-s", "second")),
    Step("again", "False", options=("-r", "-s", "second")),
    Step("the edited one, made anew", "False", options=_ANEW),
)
_EDITED = "import iniconfig; print(hasattr(iniconfig, 'EDITED'))"

# --- nox 914 and 827, uv 5790: a session tests what was there yesterday ---


def _change_module(root: Path) -> None:
    (root / "demo/src/demo/module.py").write_text("VALUE = 2\n")


def _delete_module(root: Path) -> None:
    (root / "demo/src/demo/module.py").unlink()


_EDIT = (
    Step("first run", "1"),
    Step("a module changes", "2", _change_module),
    Step("it is deleted", GONE, _delete_module),
)
_MODULE = "import demo.module; print(demo.module.VALUE)"


def _as_a_wheel(name: str) -> Callable[[Path], object]:
    def lay(root: Path) -> None:
        lay_tree(root / "demo", MECHANISMS[name].files)
        (root / "all.txt").write_text("./demo\n")

    return lay


REPORTS = (
    *(
        Report(
            f"10946 strict editable, `{' '.join(install)}`",
            _two_projects,
            (*install, "--config-settings", "editable_mode=strict"),
            _ASK,
            _STRICT,
        )
        for install in (("-e", "./p1", "-e", "./p2"), ("-r", "all.txt"))
    ),
    *_outputs("maturin", "maturin", _RUSTY, _without("*.so", "target"), _RUST_EDIT),
    *_outputs("setuptools and C", "setuptools-c", _NATIVE, _without("*.so", "build"), _C_EDIT),
    *_outputs("scikit-build-core", "scikit-build", _NATIVE, _without("*.so", "build"), _C_EDIT),
    *_outputs("meson-python", "meson-python", _NATIVE, _without("build"), _C_EDIT),
    *_outputs(
        "setuptools that generates",
        "setuptools-generates",
        "import demo._generated; print(demo._generated.X)",
        _without("_generated.py"),
        _TEMPLATE_EDIT,
    ),
    *(
        Report(f"11238 circles, `{' '.join(install)}`", _with_circles, install, _VERSION, _CIRCLES)
        for install in (("-e", "./demo"), ("./demo",), ("-r", "all.txt"))
    ),
    Report("15700 an edited file", lambda root: None, ("iniconfig==2.0.0",), _EDITED, _LEAK),
    *(
        Report(f"nox 914 {name}, `{' '.join(install)}`", _as_a_wheel(name), install, _MODULE, _EDIT)
        for name in ("setuptools-src", "hatchling")
        for install in (("./demo",), ("-r", "all.txt"))
    ),
)
"""What is replayed."""

_NOXFILE = """\
import nox
import trueup_nox
nox.options.default_venv_backend = {backend!r}

def show(session):
    session.install({install})
    told = session.run("python", "-c", {program!r}, silent=True, log=False, success_codes=[0, 1])
    print("ANSWER", told.strip().splitlines()[-1], flush=True)

@nox.session
def first(session):
    show(session)

@nox.session
def second(session):
    show(session)
"""


def replay(
    report: Report,
    root: Path,
    python: str,
    *,
    backend: str,
    variables: dict[str, str],
    seconds: float = 240,
) -> Iterator[tuple[Step, str]]:
    """Replay a report; yield each step with what the session saw.

    Args:
        report: what happens.
        root: a folder for it.
        python: that has nox.
        backend: of nox.
        variables: to start nox with.
        seconds: after which a run has no end.
    """
    report.lay(root)
    words = ", ".join(map(repr, report.install))
    noxfile = _NOXFILE.format(backend=backend, install=words, program=report.program)
    (root / "noxfile.py").write_text(noxfile)
    for step in report.steps:
        step.edit(root)
        yield step, _answer(_run([python, "-m", "nox", *step.options], root, variables, seconds))


def _run(command: list[str], root: Path, variables: dict[str, str], seconds: float) -> str:
    """Return what a program says; a program without end goes with all that it has started."""
    with subprocess.Popen(
        command,
        cwd=root,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as program:
        try:
            return program.communicate(timeout=seconds)[0]
        except subprocess.TimeoutExpired:
            os.killpg(program.pid, signal.SIGKILL)
            return NO_END


def _answer(told: str) -> str:
    found = [line[7:] for line in told.splitlines() if line.startswith("ANSWER ")]
    if told == NO_END:
        return NO_END
    if not found:
        return FAILED
    missing = ("ModuleNotFoundError", "ImportError", "StopIteration", "FileNotFoundError")
    return GONE if found[-1].startswith(missing) else found[-1]


def report_variables(root: Path, **more: str) -> dict[str, str]:
    """Return variables for real build backends: they come from where this machine gets them."""
    unwanted = ("NOX", "TRUEUP_NOX", "FORCE_COLOR", "VIRTUAL_ENV", "CI", "PYTHONDONTWRITE")
    kept = {name: each for name, each in os.environ.items() if not name.startswith(unwanted)}
    search = os.pathsep.join([os.path.dirname(find_uv()), kept["PATH"]])
    cache = {"UV_CACHE_DIR": str(root / "uv-cache"), "TRUEUP_CACHE_DIR": str(root / "store")}
    return {**kept, "PATH": search, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1", **cache, **more}


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def _both(report: Report, caches: Path) -> Iterator[tuple[str, str, str]]:
    seen: list[list[tuple[Step, str]]] = []
    for backend in ("trueup", "uv"):
        with _folder() as root:
            steps = replay(
                report,
                root,
                sys.executable,
                backend=backend,
                variables=report_variables(caches),
                seconds=240 if backend == "trueup" else 60,
            )
            seen.append(list(steps))
    for (step, ours), (_, theirs) in zip(*seen, strict=True):
        yield step.what, _judged(ours, step.wanted), _judged(theirs, step.wanted)


def _judged(seen: str, wanted: str) -> str:
    if seen == wanted:
        return "right"
    return f"**{seen}**" if seen in _ENDED else f"**stale** ({seen}, not {wanted})"


def main() -> None:
    """Print a row for each step that nox with uv, or with trueup, gets wrong; a line for others."""
    print(f"nox {metadata.version('nox')}, uv {metadata.version('uv')}\n")
    print("| Report | After | nox with uv | nox with trueup |\n| --- | --- | --- | --- |")
    chosen = [each for each in REPORTS if all(word in each.title for word in sys.argv[1:])]
    with _folder() as caches:
        for report in chosen:
            for what, ours, theirs in _both(report, caches):
                print(f"| {report.title} | {what} | {theirs} | {ours} |", flush=True)


if __name__ == "__main__":
    main()
