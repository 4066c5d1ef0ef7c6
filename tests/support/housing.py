"""Sets of wheels to install, and environments compared file by file."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from trueup.acquisition.pack import Pack
from trueup.acquisition.store import Store, open_store
from trueup.destination.creation import create_environment
from trueup.destination.environment import Environment
from trueup.destination.facts import interpreter_facts
from trueup.destination.installed import InstalledDistribution, read_installed
from trueup.installation.record import Delivery
from trueup.installation.transaction import carry_out

from support.wheels import make_wheel

Tree = dict[str, tuple[int, str]]
"""Path relative to the root, with slashes, to mode and content (or where a link leads)."""

LARGE = bytes(range(256)) * 1200  # 300 KB: beyond what is written through a buffer
STATE = (".trueup",)


@contextmanager
def quick_folder() -> Iterator[Path]:
    """Give a new folder, in memory where there is such a place: nothing here is about disks."""
    memory = "/dev/shm"
    place = memory if os.path.isdir(memory) and os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="trueup-", dir=place) as folder:
        yield Path(folder)


def make_set(folder: Path, generation: int, numbers: Iterable[int]) -> list[Path]:
    """Write a wheel of every shape for each number: modules, packages, commands, data, headers.

    Another generation is another version: some files are new, some gone, some changed, some not.
    """
    return [_make_one(folder, generation, number) for number in numbers]


def _make_one(folder: Path, generation: int, number: int) -> Path:
    name = f"part{number:02d}"
    data = f"{name}-{generation}.0.data"
    files: dict[str, str | bytes] = {
        f"{name}/__init__.py": f"VERSION = {generation}\n",
        f"{name}/same.py": "SAME = True\n",
        f"{name}/inner/__init__.py": "",
        f"{name}/inner/only_{generation}.py": f"ONLY = {generation}\n",
        f"{name}/inner/deep/table.txt": f"{number},{generation}\n" * 50,
        f"common_space/{name}/portion.py": f"PORTION = {generation}\n",
    }
    entry_points = ""
    if number % 2:
        files[f"{name}_single.py"] = f"SINGLE = {generation}\n"
    if number % 3 == 0:
        entry_points = (
            f"[console_scripts]\n{name}-run = {name}:run\n{name}-{generation} = {name}:run\n"
        )
    if number % 5 == 0:
        files[f"{data}/scripts/{name}-shipped"] = f"#!python\nprint({generation})\n"
        files[f"{data}/data/share/{name}/read.me"] = f"read {generation}\n"
        files[f"{data}/data/share/{name}/only-{generation}"] = "only\n"
        files[f"{data}/headers/{name}.h"] = f"#define {name.upper()} {generation}\n"
    if number % 7 == 0:
        files[f"{name}/large.bin"] = LARGE + bytes([generation])
    return make_wheel(folder, name, f"{generation}.0", files=files, entry_points=entry_points)


def add_all(store: Store, wheels: Iterable[Path]) -> list[Pack]:
    """Return the packs of `wheels`."""
    return [store.add_wheel(str(wheel)) for wheel in wheels]


def make_pack(folder: Path, *arguments: str, **options: object) -> Pack:
    """Return the pack of a wheel made by `make_wheel`, in a store below `folder`."""
    wheel = make_wheel(folder / "made", *arguments, **options)  # type: ignore[arg-type]  # passed on as they are
    return open_store(str(folder / "store-of-made")).add_wheel(str(wheel))


def new_environment(
    folder: Path, python: str = sys.executable, memory: str | None = None
) -> Environment:
    """Return an empty virtual environment."""
    return create_environment(folder, interpreter_facts(python, memory=memory), clear=True)


def put(
    environment: Environment, packs: Sequence[Pack], without: Sequence[InstalledDistribution] = ()
) -> None:
    """Install `packs`, each in the place of the distribution of its name, and remove `without`."""
    installed = read_installed(environment)
    replaced = [installed[pack.name] for pack in packs if pack.name in installed]
    deliveries = [Delivery(pack, requested=True) for pack in packs]
    carry_out(environment, [*replaced, *without], deliveries)


def look_at(root: str | Path, *, leave_out: Sequence[str] = STATE) -> Tree:
    """Return every file, link and empty directory below `root`."""
    tree: Tree = {}
    base = os.fspath(root)
    for top, directories, files in os.walk(base):
        inside = os.path.relpath(top, base).replace(os.sep, "/")
        if inside == ".":
            directories[:] = [name for name in directories if name not in leave_out]
        elif not directories and not files:
            tree[inside + "/"] = (stat.S_IMODE(os.lstat(top).st_mode), "")
        links = [name for name in directories if os.path.islink(os.path.join(top, name))]
        for name in (*files, *links):
            path = os.path.join(top, name)
            tree[os.path.normpath(os.path.join(inside, name)).replace(os.sep, "/")] = _content(path)
    return tree


def _content(path: str) -> tuple[int, str]:
    status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode):
        return 0, os.readlink(path)
    with open(path, "rb") as file:
        return stat.S_IMODE(status.st_mode), hashlib.file_digest(file, "sha256").hexdigest()


def differences(one: Tree, other: Tree) -> list[str]:
    """Return the paths at which two trees differ."""
    return sorted(path for path in {*one, *other} if one.get(path) != other.get(path))


def owned_files(environment: Environment) -> dict[str, set[str]]:
    """Return, for each installed distribution, its files as `look_at` names them."""
    owned: dict[str, set[str]] = {}
    for name, present in read_installed(environment).items():
        rows = (present.read_file("RECORD") or "").splitlines()
        paths = (
            os.path.normpath(os.path.join(present.library, row.rsplit(",", 2)[0])) for row in rows
        )
        owned[name] = {
            os.path.relpath(path, environment.root).replace(os.sep, "/") for path in paths
        }
    return owned


def state_leftovers(environment: Environment) -> list[str]:
    """Return what lies in the state directory and has no place there between two transactions."""
    kept = {"receipts", "lock", "skeleton", "picture"}
    found = [name for name in os.listdir(environment.state) if name not in kept]
    receipts = os.path.join(environment.state, "receipts")
    names = {os.path.basename(one.path) for one in read_installed(environment).values()}
    found += (
        [name for name in os.listdir(receipts) if name not in names]
        if os.path.isdir(receipts)
        else []
    )
    return found
