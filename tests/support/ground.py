"""A build from nothing, by a few lines that call the backend's hooks and know nothing of trueup."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from trueup.acquisition.builder import Provision
from trueup.destination.environment import Interpreter

# A backend is imported once, and each build is a fork of that: importing takes longest.
_SCRIPT = """
import importlib, json, os, subprocess, sys, zipfile

def find(order):
    sys.path[0:0] = [os.path.abspath(one) for one in order["backend_path"]]
    module, _, attributes = order["backend"].partition(":")
    backend = importlib.import_module(module)
    for one in filter(None, attributes.split(".")):
        backend = getattr(backend, one)
    return backend

def build(order):
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.chdir(order["tree"])
    os.environ.clear()
    os.environ.update(order["variables"])
    backend = find(order)
    ask = getattr(backend, "get_requires_for_build_" + order["kind"], lambda settings: [])
    missing = [one for one in ask(order["settings"]) if one not in order["given"]]
    make = getattr(backend, "build_" + order["kind"])
    wheel = "" if missing else make(order["folder"], order["settings"])
    with open(order["answer"], "w") as file:
        json.dump([missing, wheel], file)

sys.path[0:1] = []
for line in sys.stdin:
    order = json.loads(line)
    if not order["backend_path"]:
        find(order)
    child = os.fork()
    if not child:
        try:
            build(order)
        except BaseException:
            import traceback
            traceback.print_exc()
            sys.stderr.flush()
        os._exit(0)
    os.waitpid(child, 0)
    print("done", flush=True)
"""
_LEGACY: tuple[tuple[str, ...], str, tuple[str, ...]] = (
    ("setuptools>=40.8",),
    "setuptools.build_meta:__legacy__",
    (),
)


class BuildFailed(Exception):
    """There is nothing that a build from nothing could give."""


@dataclass(frozen=True)
class GroundOrder:
    """What is built from nothing.

    `variables` is the whole environment that the hooks find, but for the build environment's own
    scripts and prefix.
    """

    tree: Path
    editable: bool
    settings: tuple[tuple[str, str], ...]
    interpreter: Interpreter
    variables: Mapping[str, str]


class Ground:
    """Builds from nothing; keeps one process for each backend and Python, until it is closed."""

    def __init__(self, provision: Provision) -> None:
        self._provision = provision
        self._servers: dict[tuple[str, str], subprocess.Popen[str]] = {}

    def build(self, order: GroundOrder, folder: Path) -> Path:
        """Build into `folder`, and return the wheel; raise BuildFailed where none comes of it."""
        requires, backend, backend_path = _build_system(order.tree)
        asked: tuple[str, ...] = requires
        for _ in range(2):
            python = self._provision(asked, order.interpreter)
            missing, wheel = self._call(order, python, (asked, backend, backend_path), folder)
            if not missing:
                return folder / wheel
            asked = (*asked, *missing)
        raise BuildFailed(f"the backend asks for more each time: {asked}")

    def close(self) -> None:
        """End the processes."""
        for server in self._servers.values():
            server.communicate()

    def _call(
        self,
        order: GroundOrder,
        python: Interpreter,
        system: tuple[Sequence[str], str, Sequence[str]],
        folder: Path,
    ) -> tuple[list[str], str]:
        given, backend, backend_path = system
        with tempfile.TemporaryDirectory() as scratch:
            answer, log = Path(scratch, "answer.json"), Path(scratch, "log")
            wanted = {
                "kind": "editable" if order.editable else "wheel",
                "tree": str(order.tree),
                "variables": _variables(order.variables, python),
                "backend": backend,
                "backend_path": list(backend_path),
                "given": list(given),
                "settings": dict(order.settings),
                "folder": str(folder),
                "answer": str(answer),
                "log": str(log),
            }
            told = self._ask(python, backend, json.dumps(wanted))
            if not answer.exists():
                raise BuildFailed(log.read_text(errors="replace")[-2000:] if log.exists() else told)
            missing, wheel = json.loads(answer.read_text())
            return missing, wheel

    def _ask(self, python: Interpreter, backend: str, line: str) -> str:
        server = self._servers.get((python.executable, backend))
        if server is None or server.poll() is not None:
            server = subprocess.Popen(
                [python.executable, "-c", _SCRIPT],
                env=_variables(os.environ, python),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            self._servers[python.executable, backend] = server
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(line + "\n")
        server.stdin.flush()
        return server.stdout.readline() or "the backend cannot be imported"


def _variables(variables: Mapping[str, str], python: Interpreter) -> dict[str, str]:
    found = {name: value for name, value in variables.items() if name != "PYTHONPATH"}
    found["PATH"] = python.scheme.scripts + os.pathsep + variables.get("PATH", os.defpath)
    return {**found, "PYTHONNOUSERSITE": "1", "VIRTUAL_ENV": python.prefix}


def _build_system(tree: Path) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    try:
        table = tomllib.loads((tree / "pyproject.toml").read_text()).get("build-system")
    except FileNotFoundError:
        return _LEGACY
    except (ValueError, OSError) as error:
        raise BuildFailed(str(error)) from error
    if table is None:
        return _LEGACY
    backend = table.get("build-backend", _LEGACY[1])
    return tuple(table["requires"]), backend, tuple(table.get("backend-path", ()))
