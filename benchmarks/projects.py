"""Writes what cases work on: source trees, projects for tox and nox, wheels, full environments.

A program of its own, started by the cases' commands: `python projects.py KIND DIRECTORY ...`.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import os
import shutil
import subprocess
import sys
import time
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_FOLDER = 50  # modules in one package
_MODULE = '''"""Module {number} of a tree that was made up."""

from __future__ import annotations

VALUE = {number}


def answer(question: int) -> int:
    """Return what there is to say to `question`."""
    return question * VALUE
'''
_EXTENSION = """
#include <Python.h>
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_fast", NULL, -1, NULL};
PyMODINIT_FUNC PyInit__fast(void) { return PyModule_Create(&module); }
"""
_SETUP = """
from setuptools import Extension, setup

setup(ext_modules=[Extension("{name}._fast", ["src/{name}/_fast.c"])])
"""
_PROJECT = """
[build-system]
requires = ["{setuptools}"]
build-backend = "setuptools.build_meta"

[project]
name = "{name}"
version = "1.0"
description = "made up"
requires-python = ">=3.8"

[tool.setuptools.packages.find]
where = ["src"]
"""
_TOX = """
env_list = ["t1", "t2", "t3", "t4", "t5", "t6"]

[env_run_base]
base_python = ["{python}"]
package = "wheel"
deps = ["-r{lock}"]
commands = [{command}]

[env.nothing]
skip_install = true
deps = []
commands = [["python", "-c", "pass"]]
"""
_NOX = """
import os

import nox

if os.environ.get("NOX_DEFAULT_VENV_BACKEND") == "trueup":
    import trueup_nox


@nox.session
def tests(session):
    session.install("-e", ".", "-r", {lock!r})
    session.run("python", "-c", "pass")


@nox.session
def nothing(session):
    session.run("python", "-c", "pass")
"""


def _write(root: str, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        target = os.path.join(root, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8") as stream:
            stream.write(text)


def _modules(name: str, count: int) -> dict[str, str]:
    """Return `count` files of a package and of packages within it, by path below its parent."""
    files: dict[str, str] = {}
    for number in range(count):
        folder, within = divmod(number, _FOLDER)
        place = name if not folder else f"{name}/part_{folder:04}"
        file = "__init__" if not within else f"module_{within:02}"
        files[f"{place}/{file}.py"] = _MODULE.format(number=number)
    return files


def _setuptools(lock: str) -> str:
    """Return how the pins in `lock` name setuptools."""
    with open(lock, encoding="utf-8") as stream:
        return next(line.strip() for line in stream if line.startswith("setuptools=="))


def _source_tree(said: argparse.Namespace, name: str = "madeup") -> dict[str, str]:
    files = {f"src/{path}": text for path, text in _modules(name, said.files).items()}
    files["pyproject.toml"] = _PROJECT.format(setuptools=_setuptools(said.build_lock), name=name)
    files[".gitignore"] = "*.egg-info\n__pycache__\nbuild\n.venv\n.tox\n.nox\nuv.lock\n*.so\n"
    if said.extension:
        files[f"src/{name}/_fast.c"] = _EXTENSION
        files["setup.py"] = _SETUP.format(name=name)
    return files


def _tree(said: argparse.Namespace) -> None:
    """A project built by setuptools, in a repository of its own."""
    _write(said.directory, _source_tree(said))
    _commit(said.directory)


def _commit(directory: str) -> None:
    if shutil.which("git") is None:
        return
    who = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.org")
    for words in (("init", "-q"), ("add", "-A"), (*who, "commit", "-q", "-m", "made up")):
        subprocess.run(["git", *words], cwd=directory, check=True, stdout=subprocess.DEVNULL)


def _tox(said: argparse.Namespace) -> None:
    """A project that tox tests."""
    command = '["python", "-c", "pass"]'
    files = _source_tree(said)
    if said.first:
        command = f'["python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "{said.first}"]'
    files["tox.toml"] = _TOX.format(python=said.python, lock=said.lock, command=command)
    _write(said.directory, files)
    _commit(said.directory)


def _nox(said: argparse.Namespace) -> None:
    """A project that nox tests."""
    files = _source_tree(said)
    files["noxfile.py"] = _NOX.format(lock=said.lock)
    _write(said.directory, files)
    _commit(said.directory)


def _edit(said: argparse.Namespace) -> None:
    """One line more in a file; never the same one."""
    path = os.path.join(said.directory, said.path)
    with open(path, encoding="utf-8") as stream:
        lines = stream.read().splitlines()
    old = next((line for line in lines if line.startswith("description = ")), "")
    new = f'description = "made up {time.time_ns()}"'
    if old:
        lines[lines.index(old)] = new
    else:
        lines.append(f"LATEST = {time.time_ns()}")
    with open(path, "w", encoding="utf-8") as stream:
        stream.write("\n".join(lines) + "\n")


def _wheels(said: argparse.Namespace) -> None:
    """Wheels for nobody, and the requirement file that names all of them."""
    os.makedirs(said.directory, exist_ok=True)
    names = [f"madeup_{number:03}" for number in range(said.distributions)]
    for name in names:
        files = {**_modules(name, said.files), **_metadata(name)}
        files[f"{name}-1.0.dist-info/RECORD"] = _record(name, files)
        path = os.path.join(said.directory, f"{name}-1.0-py3-none-any.whl")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, text in files.items():
                archive.writestr(member, text)
    listed = "".join(f"{name.replace('_', '-')}==1.0\n" for name in names)
    text = f"--no-index\n--find-links {said.directory}\n{listed}"
    os.makedirs(os.path.dirname(said.lock), exist_ok=True)
    with open(said.lock, "w", encoding="utf-8") as stream:
        stream.write(text)


def _metadata(name: str) -> dict[str, str]:
    info = f"{name}-1.0.dist-info"
    wheel = "Wheel-Version: 1.0\nGenerator: made-up\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    told = f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: 1.0\n"
    return {f"{info}/METADATA": told, f"{info}/WHEEL": wheel}


def _record(name: str, files: Mapping[str, str]) -> str:
    rows = []
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
        rows.append(f"{path},sha256={digest.decode().rstrip('=')},{len(text.encode())}\n")
    return "".join(rows) + f"{name}-1.0.dist-info/RECORD,,\n"


def _names(said: argparse.Namespace) -> None:
    """As many installed distributions as are asked for, in a directory such as site-packages."""
    for number in range(said.distributions):
        name = f"resident_{number:03}"
        files = {**_modules(name, said.files), **_metadata(name)}
        files[f"{name}-1.0.dist-info/RECORD"] = _record(name, files)
        files[f"{name}-1.0.dist-info/INSTALLER"] = "pip\n"
        _write(said.directory, files)


def _family(said: argparse.Namespace) -> None:
    """Five projects beside each other, in one repository."""
    for number in range(5):
        name = f"member_{number}"
        _write(os.path.join(said.directory, name), _source_tree(said, name))
    _commit(said.directory)


def _remove(said: argparse.Namespace) -> None:
    """Remove what is named, below the directory."""
    shutil.rmtree(os.path.join(said.directory, said.path))


_KINDS: dict[str, Callable[[argparse.Namespace], None]] = {
    "tree": _tree,
    "tox": _tox,
    "nox": _nox,
    "edit": _edit,
    "wheels": _wheels,
    "names": _names,
    "family": _family,
    "remove": _remove,
}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="projects.py")
    parser.add_argument("kind", choices=_KINDS)
    parser.add_argument("directory")
    parser.add_argument("path", nargs="?", default="")
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--distributions", type=int, default=1)
    parser.add_argument("--extension", action="store_true")
    parser.add_argument("--lock", default="")
    parser.add_argument("--build-lock", default="")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--first", default="")
    said = parser.parse_args()
    _KINDS[said.kind](said)


if __name__ == "__main__":
    main()
