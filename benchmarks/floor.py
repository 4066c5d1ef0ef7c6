"""The floor under every install: a C program that writes the same files and does nothing else."""

from __future__ import annotations

import os
import shutil

from benchmarks.measure import CommandFailed, run

__all__ = ["compile_floor", "write_pack"]

_HERE = os.path.dirname(os.path.abspath(__file__))


def compile_floor(program: str, environment: dict[str, str]) -> None:
    """Compile the writer.

    Raises:
        CommandFailed: there is no C compiler, or the platform lacks what it uses.
    """
    compiler = shutil.which("cc")
    if compiler is None:
        raise CommandFailed("there is no `cc`: the floor is not measured")
    os.makedirs(os.path.dirname(program), exist_ok=True)
    run([compiler, "-O2", "-o", program, os.path.join(_HERE, "floor.c")], environment)


def write_pack(installed: str, empty: str, pack: str) -> None:
    """Write what `installed` has more than `empty` as a pack for the writer.

    Args:
        installed: a virtual environment with a set in it.
        empty: one like it, with nothing in it.
        pack: path of the file to write.
    """
    files: list[str] = []
    lines: list[str] = []
    for folder, folders, names in os.walk(installed):
        folders.sort()
        place = os.path.relpath(folder, installed)
        new = [
            name
            for name in sorted(names)
            if not os.path.lexists(os.path.join(empty, place, name))
            and os.path.isfile(os.path.join(folder, name))
        ]
        lines.append(f"D {place}")
        for name in new:
            path = os.path.join(folder, name)
            status = os.stat(path)
            mode = 0o777 if status.st_mode & 0o100 else 0o666
            lines.append(f"F {mode:o} {status.st_size} {name}")
            files.append(path)
    body = "".join(f"{line}\n" for line in (*lines, "")).encode()
    start = len(body) + 21  # the first line: twenty digits and its end
    os.makedirs(os.path.dirname(pack), exist_ok=True)
    with open(pack, "wb") as out:
        out.write(f"{start:020}\n".encode() + body)
        for path in files:
            with open(path, "rb") as source:
                shutil.copyfileobj(source, out, 1 << 20)
