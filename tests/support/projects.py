"""Source trees that build themselves: a backend of their own, so that no index is needed."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path

BACKEND = """
import base64, hashlib, os, pathlib, sys, tomllib, zipfile

def _project():
    return tomllib.loads(pathlib.Path("pyproject.toml").read_text())["project"]

def _wheel(folder, files):
    project = _project()
    stem = f"{project['name']}-{project['version']}"
    metadata = f"Metadata-Version: 2.1\\nName: {project['name']}\\nVersion: {project['version']}\\n"
    metadata += "".join(f"Requires-Dist: {each}\\n" for each in project.get("dependencies", []))
    if "requires-python" in project:
        metadata += f"Requires-Python: {project['requires-python']}\\n"
    for extra, needs in project.get("optional-dependencies", {}).items():
        metadata += f"Provides-Extra: {extra}\\n"
        metadata += "".join(f"Requires-Dist: {each}; extra == '{extra}'\\n" for each in needs)
    files = dict(files)
    files[f"{stem}.dist-info/METADATA"] = metadata
    files[f"{stem}.dist-info/WHEEL"] = (
        "Wheel-Version: 1.0\\nGenerator: own\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    )
    rows = ""
    for name, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
        rows += f"{name},sha256={digest.decode().rstrip('=')},{len(text.encode())}\\n"
    files[f"{stem}.dist-info/RECORD"] = rows + f"{stem}.dist-info/RECORD,,\\n"
    with zipfile.ZipFile(os.path.join(folder, f"{stem}-py3-none-any.whl"), "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return f"{stem}-py3-none-any.whl"

def build_wheel(folder, config_settings=None, metadata_directory=None):
    print("the backend says hello")
    print("and to the error stream", file=sys.stderr)
    if os.path.exists("FAIL"):
        raise RuntimeError("the backend gives up")
    source = pathlib.Path("src")
    files = {p.relative_to(source).as_posix(): p.read_text() for p in sorted(source.rglob("*.py"))}
    told = f"SETTINGS = {config_settings!r}\\nPREFIX = {sys.prefix!r}\\n"
    files[_project()["name"] + "_built.py"] = told
    return _wheel(folder, files)

def build_editable(folder, config_settings=None, metadata_directory=None):
    name = f"__editable__.{_project()['name']}.pth"
    return _wheel(folder, {name: os.path.abspath("src") + "\\n"})
"""

GENERATING = """
plain_wheel, plain_editable = build_wheel, build_editable

def build_wheel(*arguments):
    _generate()
    return plain_wheel(*arguments)

def build_editable(*arguments):
    _generate()
    return plain_editable(*arguments)
"""
"""Behind a backend that has a `_generate`, too: it is called first by each build."""


def project_files(
    name: str = "local",
    version: str = "1.0",
    *,
    dependencies: Iterable[str] = (),
    more: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return the files of a source tree that builds itself."""
    wanted = ", ".join(f'"{each}"' for each in dependencies)
    table = f'[project]\nname = "{name}"\nversion = "{version}"\ndependencies = [{wanted}]\n'
    system = '[build-system]\nrequires = []\nbuild-backend = "own_backend"\nbackend-path = ["."]\n'
    return {
        "pyproject.toml": system + table,
        "own_backend.py": BACKEND,
        f"src/{name}/__init__.py": f"VERSION = {version!r}\n",
        **(more or {}),
    }


def lay_project(folder: Path, files: Mapping[str, str]) -> Path:
    """Write a source tree and return its folder."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def pack_sdist(
    folder: Path, files: Mapping[str, str], name: str = "local", version: str = "1.0"
) -> Path:
    """Write a source distribution of a tree, and return its path."""
    stem = f"{name}-{version}"
    folder.mkdir(parents=True, exist_ok=True)
    told = f"Metadata-Version: 2.2\nName: {name}\nVersion: {version}\n"
    with tarfile.open(folder / f"{stem}.tar.gz", "w:gz") as archive:
        for path, text in {**files, "PKG-INFO": told}.items():
            entry = tarfile.TarInfo(f"{stem}/{path}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return folder / f"{stem}.tar.gz"


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, as nobody in particular, and return what it prints."""
    who = {
        f"GIT_{role}_{what}": "t@t"
        for role in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    settings = ("-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always")
    done = subprocess.run(
        ["git", *settings, *arguments],
        cwd=folder,
        env={**os.environ, **who, "GIT_CONFIG_GLOBAL": os.devnull},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def commit_all(folder: Path, message: str = "all") -> str:
    """Make a repository of a folder if it is none, commit everything, and return the commit."""
    if not (folder / ".git").exists():
        git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)
    return git(folder, "rev-parse", "HEAD")
