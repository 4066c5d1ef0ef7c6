"""Real projects that real tox runs on: small, with a backend of their own, without an index."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from support.wheels import make_wheel

# What the person who runs the tests has set must not reach the tox under test.
_FOREIGN = ("TOX", "PIP_", "UV_", "VIRTUAL_ENV", "PYTHONPATH", "COLUMNS", "CI", "FORCE_COLOR")

BACKEND = '''\
"""A build backend without requirements: packs `src`, and notes each call."""

import base64, hashlib, io, os, pathlib, tarfile, time, tomllib, zipfile

PROJECT = tomllib.loads(pathlib.Path("pyproject.toml").read_text())
TOLD = PROJECT.get("tool", {}).get("backend", {})
NAME, VERSION = TOLD.get("name", "demo"), TOLD.get("version", "1.0")


def _metadata():
    yield f"Metadata-Version: 2.1\\nName: {NAME}\\nVersion: {VERSION}\\n"
    for each in TOLD.get("requires", []):
        yield f"Requires-Dist: {each}\\n"
    for extra, needs in TOLD.get("extras", {}).items():
        yield f"Provides-Extra: {extra}\\n"
        for each in needs:
            yield f"Requires-Dist: {each}; extra == '{extra}'\\n"


METADATA = "".join(_metadata()).encode()
WHEEL = b"Wheel-Version: 1.0\\nGenerator: tests\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"


def _note(hook, settings):
    with open("calls.txt", "a") as calls:
        calls.write(f"{hook} {sorted((settings or {}).items())}\\n")
    print(f"the backend says hello from {hook}; the mood is {os.environ.get('MOOD')}")
    if TOLD.get("sleeps"):
        pathlib.Path("starting").write_text(str(os.getpid()))
        os.replace("starting", "started")
        time.sleep(600)
    if TOLD.get("fails"):
        raise SystemExit("this project never builds")


def _wheel(folder, files):
    info = f"{NAME}-{VERSION}.dist-info"
    files = {**files, f"{info}/METADATA": METADATA, f"{info}/WHEEL": WHEEL}
    if TOLD.get("scripts"):
        lines = "".join(f"{name} = {target}\\n" for name, target in TOLD["scripts"].items())
        files[f"{info}/entry_points.txt"] = f"[console_scripts]\\n{lines}".encode()
    rows = []
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        rows.append(f"{name},sha256={digest},{len(content)}\\n")
    files[f"{info}/RECORD"] = "".join([*rows, f"{info}/RECORD,,\\n"]).encode()
    name = f"{NAME}-{VERSION}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as archive:
        for member, content in files.items():
            archive.writestr(member, content)
    return name


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    _note("build_wheel", config_settings)
    found = pathlib.Path("src").rglob("*.py")
    files = {path.relative_to("src").as_posix(): path.read_bytes() for path in found}
    return _wheel(wheel_directory, files)


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    _note("build_editable", config_settings)
    return _wheel(wheel_directory, {f"{NAME}.pth": os.path.abspath("src").encode() + b"\\n"})


def build_sdist(sdist_directory, config_settings=None):
    _note("build_sdist", config_settings)
    root = f"{NAME}-{VERSION}"
    with tarfile.open(os.path.join(sdist_directory, f"{root}.tar.gz"), "w:gz") as archive:
        for name in ("pyproject.toml", "backend.py", "src"):
            archive.add(name, f"{root}/{name}")
        info = tarfile.TarInfo(f"{root}/PKG-INFO")
        info.size = len(METADATA)
        archive.addfile(info, io.BytesIO(METADATA))
    return f"{root}.tar.gz"
'''


@dataclass(frozen=True)
class Ran:
    """What a run of tox gave."""

    code: int
    out: str
    err: str

    def lines(self, run_id: str) -> list[str]:
        """Return the lines that tell of one kind of command, `install_deps` or `build_wheel`."""
        return [line for line in self.out.splitlines() if f": {run_id}> " in line]

    @property
    def installs(self) -> list[str]:
        """What was installed, by tox's words for it."""
        return [
            line.split("> ")[0].split(": ")[-1]
            for line in self.out.splitlines()
            if ": install_" in line and "> " in line
        ]


@dataclass
class ToxProject:
    """A project with a tox configuration, and the tox that is run on it.

    Attributes:
        root: the project's directory.
        tox: the command that starts tox.
        wheels: what can be installed, and nothing else can.
        settings: variables that are set on top of the clean ones.
    """

    root: Path
    tox: tuple[str, ...] = (sys.executable, "-m", "tox")
    wheels: Path = field(default_factory=Path)
    settings: dict[str, str] = field(default_factory=dict)

    def wheel(
        self,
        name: str,
        version: str = "1.0",
        requires: tuple[str, ...] = (),
        files: Mapping[str, str] | None = None,
    ) -> Path:
        """Make a distribution that can be installed."""
        return make_wheel(self.wheels, name, version, requires=requires, files=files)

    def sdist(self) -> Path:
        """Make the sdist of the project, with its own backend."""
        code = "import sys, backend; print(backend.build_sdist(sys.argv[1]))"
        done = subprocess.run(
            [sys.executable, "-c", code, str(self.wheels)],
            cwd=self.root,
            capture_output=True,
            text=True,
            check=True,
        )
        return self.wheels / done.stdout.splitlines()[-1]

    def write(self, name: str, content: str) -> Path:
        """Write a file of the project."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return path

    def python_project(self, backend: str = "", *, more: str = "") -> None:
        """Lay down a project `demo`, of which only a build can tell the metadata.

        Args:
            backend: the table that the project's own build backend reads.
            more: the rest of pyproject.toml.
        """
        system = 'requires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        self.write("pyproject.toml", f"[build-system]\n{system}[tool.backend]\n{backend}\n{more}\n")
        self.write("backend.py", BACKEND)
        self.write("src/demo/__init__.py", "VALUE = 1\n")

    def configure(
        self, command: str, *, envs: str = "a", top: str = "", more: str = "", **keys: str
    ) -> None:
        """Write tox.ini, the form that every tox of the range reads.

        Args:
            command: Python code to run in the environments.
            envs: their names.
            top: lines for the section of tox itself.
            more: sections to add.
            keys: of the environments; without `package` there is nothing to package. The runner is
                trueup where nothing is said, and what tox takes where it is "".
        """
        if "package" not in keys:
            keys["skip_install"] = "true"
        keys = {"runner": "trueup", **keys, "commands": f'python -c "{command}"'}
        lines = [
            f"{key} = " + value.replace("\n", "\n    ") for key, value in keys.items() if value
        ]
        body = "\n".join(lines)
        self.write("tox.ini", f"[tox]\nenv_list = {envs}\n{top}\n[testenv]\n{body}\n{more}\n")

    def run(self, *arguments: str, **variables: str) -> Ran:
        """Run tox in the project."""
        done = subprocess.run(
            [*self.tox, *arguments],
            cwd=self.root,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start tox in the project, and do not wait for it; it can be interrupted."""
        # A shell that runs the tests in its background has them ignore SIGINT, and so tox would.
        heed = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL);"
        heed += " os.execv(sys.argv[1], sys.argv[1:])"
        through = [] if os.name == "nt" else [sys.executable, "-c", heed]
        return subprocess.Popen(
            [*through, *self.tox, *arguments],
            cwd=self.root,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait_for(self, name: str) -> str:
        """Wait until a file of the project is there, and return what is in it."""
        path = self.root / name
        for _ in range(1200):
            if path.exists():
                return path.read_text()
            time.sleep(0.1)
        raise AssertionError(f"{path} never came")

    def works(self, *arguments: str, **variables: str) -> Ran:
        """Run tox and expect it to succeed."""
        ran = self.run(*arguments, **variables)
        assert ran.code == 0, f"{ran.out}\n{ran.err}"
        return ran

    @property
    def environment(self) -> dict[str, str]:
        """The variables that tox is run with."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith(_FOREIGN)}
        return {**clean, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels), **self.settings}

    @property
    def tox_version(self) -> tuple[int, ...]:
        """The version of tox, as numbers; some of tox's words are younger than the oldest tox."""
        code = "from importlib.metadata import version; print(version('tox'))"
        command = [self.tox[0], "-c", code]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return tuple(int(part) for part in told.strip().split(".")[:2])

    def installed(self, env: str = "a") -> dict[str, str]:
        """Return name to version of what an environment holds, without the seeds of virtualenv."""
        code = (
            "import json, importlib.metadata as m;"
            "print(json.dumps({d.metadata['Name']: d.version for d in m.distributions()}))"
        )
        python = self.python(env)
        done = subprocess.run(
            [str(python), "-I", "-c", code], capture_output=True, text=True, check=True
        )
        found: dict[str, str] = json.loads(done.stdout)
        return {
            name: found[name]
            for name in sorted(found)
            if name not in {"pip", "setuptools", "wheel"}
        }

    def python(self, env: str = "a") -> Path:
        """Return the interpreter of an environment."""
        folder = "Scripts/python.exe" if os.name == "nt" else "bin/python"
        return self.root / ".tox" / env / folder

    def site(self, env: str = "a") -> Path:
        """Return the site-packages of an environment."""
        found = (self.root / ".tox" / env).glob("[Ll]ib*/**/site-packages")
        return next(found)

    @property
    def calls(self) -> list[str]:
        """The hooks of the project's own backend that were called, in order."""
        path = self.root / "calls.txt"
        return (
            [line.split(" ")[0] for line in path.read_text().splitlines()] if path.exists() else []
        )


def expect(mapping: Mapping[str, str], **versions: str) -> None:
    """Compare installed distributions with what is expected; dashes are written as underscores."""
    assert dict(mapping) == {name.replace("_", "-"): version for name, version in versions.items()}


def workspace(project: ToxProject, *, needs: str = "", groups: str = "") -> None:
    """Lay down a workspace of uv: `demo`, which needs its member `lib`, which needs `beta`.

    Args:
        project: an empty project.
        needs: more dependencies of `demo`, each followed by a comma.
        groups: tables of its pyproject.toml.
    """
    project.settings |= {"UV_FIND_LINKS": str(project.wheels), "UV_NO_INDEX": "1"}
    member(project, ".", "demo", f'{needs} "lib"', groups=groups)
    member(project, "packages/lib", "lib", '"beta"')


def member(project: ToxProject, folder: str, name: str, needs: str, *, groups: str = "") -> None:
    """Lay down one project of a workspace, with metadata that uv can read without a build."""
    listed = ", ".join(each.strip().replace('"', "'") for each in needs.split(",") if each.strip())
    backend = f'[tool.backend]\nname = "{name}"\nrequires = [{listed}]\n'
    table = f'[project]\nname = "{name}"\nversion = "1.0"\nrequires-python = ">=3.8"\n'
    system = 'requires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    shared = ""
    if folder == ".":
        shared = '[tool.uv.workspace]\nmembers = ["packages/*"]\n'
        shared += "[tool.uv.sources]\nlib = { workspace = true }\n"
    project.write(
        f"{folder}/pyproject.toml",
        f"[build-system]\n{system}{table}dependencies = [{needs}]\n{groups}\n{backend}\n{shared}",
    )
    project.write(f"{folder}/backend.py", BACKEND)
    project.write(f"{folder}/src/{name}/__init__.py", "VALUE = 1\n")


def write_lock(project: ToxProject) -> None:
    """Write the project's `uv.lock`."""
    from support.laboratory import find_uv

    command = [find_uv(), "lock", "--quiet", "--python", sys.executable]
    done = subprocess.run(
        command,
        cwd=project.root,
        env=project.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
