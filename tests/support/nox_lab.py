"""Real nox, newest and oldest, on projects of a test's own; nothing comes from an index."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from support.laboratory import find_uv
from support.wheels import make_wheel

_REPOSITORY = Path(__file__).resolve().parents[2]
OLDEST = "2024.3.2"

# A build backend that needs nothing: a strict editable is a tree of links, as setuptools makes it,
# and what `template.txt` says is generated into the package, as compilers do.
_BACKEND = """
import base64, hashlib, os, shutil, sys, zipfile
sys.path.insert(0, os.path.dirname(__file__))
from about import NAME, VERSION, REQUIRES, EXTRAS, ENTRY_POINTS, STRICT

def get_requires_for_build_wheel(config_settings=None):
    return []

get_requires_for_build_editable = get_requires_for_build_wheel

def generate():
    if os.path.exists("template.txt"):
        with open("template.txt") as source, open(f"src/{NAME}/generated.py", "w") as out:
            out.write(f"VALUE = {source.read().strip()!r}\\n")

def row(item):
    digest = base64.urlsafe_b64encode(hashlib.sha256(item[1].encode()).digest()).rstrip(b"=")
    return f"{item[0]},sha256={digest.decode()},{len(item[1].encode())}\\n"

def write(directory, files):
    info = f"{NAME}-{VERSION}.dist-info"
    metadata = f"Metadata-Version: 2.1\\nName: {NAME}\\nVersion: {VERSION}\\n"
    metadata += "".join(f"Requires-Dist: {each}\\n" for each in REQUIRES)
    for extra, wanted in EXTRAS.items():
        metadata += f"Provides-Extra: {extra}\\n"
        metadata += "".join(f'Requires-Dist: {each}; extra == "{extra}"\\n' for each in wanted)
    files[f"{info}/METADATA"] = metadata
    wheel = ["Wheel-Version: 1.0", "Generator: t", "Root-Is-Purelib: true", "Tag: py3-none-any"]
    files[f"{info}/WHEEL"] = "".join(f"{line}\\n" for line in wheel)
    if ENTRY_POINTS:
        files[f"{info}/entry_points.txt"] = ENTRY_POINTS
    files[f"{info}/RECORD"] = "".join(map(row, files.items())) + f"{info}/RECORD,,\\n"
    wheel = f"{NAME}-{VERSION}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(directory, wheel), "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    with open("builds.log", "a") as log:
        log.write("built\\n")
    return wheel

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    generate()
    files = {}
    for name in sorted(os.listdir(f"src/{NAME}")):
        if name.endswith(".py"):
            with open(f"src/{NAME}/{name}") as source:
                files[f"{NAME}/{name}"] = source.read()
    return write(wheel_directory, files)

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    generate()
    root = os.path.abspath("src")
    if STRICT:
        root = os.path.abspath("build/links")
        shutil.rmtree(root, ignore_errors=True)
        os.makedirs(f"{root}/{NAME}")
        for name in os.listdir(f"src/{NAME}"):
            if name.endswith(".py"):
                os.symlink(os.path.abspath(f"src/{NAME}/{name}"), f"{root}/{NAME}/{name}")
    return write(wheel_directory, {f"_{NAME}.pth": root + "\\n"})
"""


def make_project(
    root: Path,
    name: str,
    files: Mapping[str, str] | None = None,
    *,
    version: str = "1.0",
    requires: tuple[str, ...] = (),
    extras: Mapping[str, tuple[str, ...]] | None = None,
    entry_points: str = "",
    strict: bool = False,
) -> Path:
    """Write a project with a backend of its own into `root`/`name` and return its folder."""
    folder = root / name
    for path, text in {f"src/{name}/__init__.py": "VALUE = 1\n", **(files or {})}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    (folder / "backend").mkdir()
    (folder / "backend" / "local_backend.py").write_text(_BACKEND)
    about = {
        "NAME": name,
        "VERSION": version,
        "REQUIRES": list(requires),
        "EXTRAS": {extra: list(wanted) for extra, wanted in (extras or {}).items()},
        "ENTRY_POINTS": entry_points,
        "STRICT": strict,
    }
    text = "".join(f"{key} = {value!r}\n" for key, value in about.items())
    (folder / "backend" / "about.py").write_text(text)
    (folder / "pyproject.toml").write_text(
        "[build-system]\nrequires = []\n"
        'build-backend = "local_backend"\nbackend-path = ["backend"]\n'
    )
    return folder


def builds(project: Path) -> int:
    """Return how often a project of `make_project` has been built."""
    log = project / "builds.log"
    return len(log.read_text().split()) if log.exists() else 0


@dataclass(frozen=True)
class Run:
    """What came of one start of nox."""

    code: int
    text: str

    @property
    def reused(self) -> bool:
        """Whether a session kept the environment that was there."""
        return "using existing virtual environment" in self.text

    def line(self, start: str) -> str:
        """Return what follows the one line that begins with `start`."""
        found = [each for each in self.text.splitlines() if each.startswith(start)]
        assert len(found) == 1, f"{len(found)} lines begin with {start!r} in:\n{self.text}"
        return found[0][len(start) :]


@dataclass(frozen=True)
class NoxLab:
    """A folder with a noxfile, wheels to install, and one version of nox.

    Attributes:
        root: where the noxfile and projects are.
        python: the interpreter that has nox.
        variables: that nox is started with.
        oldest: whether this is the oldest nox that is supported.
    """

    root: Path
    python: str
    variables: dict[str, str]
    oldest: bool = False

    @property
    def wheelhouse(self) -> Path:
        """The folder that everything is installed from."""
        return self.root / "wheelhouse"

    def wheel(self, name: str, version: str = "1.0", requires: tuple[str, ...] = ()) -> Path:
        """Add a wheel to the wheelhouse."""
        return make_wheel(self.wheelhouse, name, version, requires=requires)

    def noxfile(
        self, body: str, *, backend: str = "trueup", preamble: str = "import trueup_nox"
    ) -> None:
        """Write a noxfile; `show` in it prints what a Python expression is in the session."""
        head = f"import nox\n{preamble}\n"
        head += f"nox.options.default_venv_backend = {backend!r}\n" if backend else ""
        (self.root / "noxfile.py").write_text(head + _SHOW + body)

    def run(self, *options: str, ok: bool = True, module: str = "nox", **variables: str) -> Run:
        """Start nox and return what it said; it has to succeed, or to fail."""
        done = subprocess.run(
            [self.python, "-m", module, *options],
            cwd=self.root,
            env={**self.variables, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )
        assert (done.returncode == 0) is ok, done.stdout
        return Run(done.returncode, done.stdout)

    def environment(self, session: str) -> Path:
        """Return where a session's environment is."""
        return self.root / ".nox" / session

    def installed(self, session: str) -> dict[str, str]:
        """Return what a session's environment holds: name to the installer that brought it."""
        found = self.environment(session).glob("lib/python*/site-packages/*.dist-info")
        return {
            each.name.partition("-")[0]: (each / "INSTALLER").read_text().strip() for each in found
        }

    def versions(self, session: str, *names: str) -> list[str]:
        """Return the versions of distributions in a session's environment, by escaped name."""
        (site,) = self.environment(session).glob("lib/python*/site-packages")
        found = dict(each.name[:-10].split("-") for each in site.glob("*.dist-info"))
        return [found[name] for name in names]


_SHOW = """
def show(session, expression, imports=""):
    program = f"import {imports or 'sys'}; print({expression})"
    told = session.run("python", "-c", program, silent=True, log=False)
    print(f"{expression}: {told.strip()}", flush=True)
"""


@contextmanager
def serve(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Serve a folder by HTTP; yield its address, and the paths that are asked for."""
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
            asked.append(self.path)

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


def quiet_variables(root: Path, **more: str) -> dict[str, str]:
    """Return variables of nobody in particular, by which everything comes from a wheelhouse."""
    unwanted = ("NOX", "PIP_", "UV_", "TRUEUP_NOX", "FORCE_COLOR", "VIRTUAL_ENV", "CI")
    kept = {name: each for name, each in os.environ.items() if not name.startswith(unwanted)}
    house = str(root / "wheelhouse")
    return {
        **kept,
        "HOME": str(root / "home"),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": house,
        "UV_NO_INDEX": "1",
        "UV_FIND_LINKS": house,
        "UV_NO_CONFIG": "1",
        "UV_CACHE_DIR": str(root / "uv-cache"),
        "UV_PYTHON_DOWNLOADS": "never",
        "NO_COLOR": "1",
        "PYTHONUNBUFFERED": "1",
        **more,
    }


def nox_environment(home: Path, *requirements: str) -> str:
    """Make an environment with a nox and this checkout; skip the test without an index."""
    uv = find_uv()
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(home)], check=True)
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    done = subprocess.run(
        [uv, "pip", "install", "-q", "--python", str(python), *requirements],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"no {' '.join(requirements)} within reach: {done.stderr.strip()[-200:]}")
    (site,) = home.glob("lib/python*/site-packages")
    places = (_REPOSITORY / "core", _REPOSITORY / "nox_backend", sysconfig.get_path("purelib"))
    (site / "checkout.pth").write_text("".join(f"{place}\n" for place in places))
    return str(python)


def make_lab(root: Path, python: str, *, oldest: bool = False) -> NoxLab:
    """Make the folder of a test, with two wheels to begin with."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "home").mkdir()
    search = [os.path.dirname(find_uv()), *os.environ["PATH"].split(os.pathsep)]
    lab = NoxLab(root, python, quiet_variables(root, PATH=os.pathsep.join(search)), oldest)
    lab.wheel("demo")
    lab.wheel("other", requires=("demo",))
    return lab
