"""The hook's cold start: `python -m benchmarks.cold_check` measures it beside three imports.

An environment of 200 distributions and 5 editables; pairs in turn, medians. The promise: at most
1.5 times `python -c "import json, tomllib, importlib.metadata"`.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

__all__ = ["compare", "prepare"]

THREE = [sys.executable, "-c", "import json, tomllib, importlib.metadata"]
HOOK = [sys.executable, "-I", "-m", "trueup_precommit", "check"]
BACKENDS = {
    "hatchling": "hatchling.build",
    "flit_core>=3.4": "flit_core.buildapi",
    "setuptools>=77": "setuptools.build_meta",
    "pdm-backend": "pdm.backend",
    "poetry-core>=2": "poetry.core.masonry.api",
}


def prepare(folder: Path) -> Path:
    """Make a project with the environment in `.venv`, and return its folder."""
    project = folder / "project"
    project.mkdir()
    uv = [sys.executable, "-m", "uv"]
    subprocess.run(
        [*uv, "venv", "-q", "--python", sys.executable, str(project / ".venv")], check=True
    )
    (library,) = project.glob(".venv/lib/python*/site-packages")
    for number in range(200):
        _lay_out(library, f"part{number}")
    editables = []
    for number, (requires, backend) in enumerate(BACKENDS.items()):
        place = folder / f"editable{number}"
        package = place / "src" / f"editable{number}"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("")
        (place / "pyproject.toml").write_text(
            f'[build-system]\nrequires = ["{requires}"]\nbuild-backend = "{backend}"\n'
            f'[project]\nname = "editable{number}"\nversion = "1.0"\n'
            'description = "A part"\n'
            f'[project.scripts]\ngo{number} = "editable{number}:main"\n'
        )
        editables += ["-e", str(place)]
    python = str(project / ".venv")
    subprocess.run([*uv, "pip", "install", "-q", "--python", python, *editables], check=True)
    return project


def _lay_out(library: Path, name: str) -> None:
    """Write a distribution of one package as an installer would."""
    info = library / f"{name}-1.0.dist-info"
    info.mkdir()
    (library / name).mkdir()
    (library / name / "__init__.py").write_text("")
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "INSTALLER").write_text("uv")
    (info / "WHEEL").write_text("Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    (info / "RECORD").write_text(f"{name}/__init__.py,,\n{name}-1.0.dist-info/METADATA,,\n")


def compare(project: Path, rounds: int = 41) -> dict[str, float]:
    """Return the median seconds of each, and the median of the ratios of pairs, wall and CPU."""
    walls: list[tuple[float, float]] = []
    times: list[tuple[float, float]] = []
    for _ in range(rounds):
        (one, own), (two, other) = _timed(THREE, project), _timed(HOOK, project)
        walls.append((one, two))
        times.append((own, other))
    return {
        "three imports, wall": statistics.median(one for one, _ in walls),
        "the hook, wall": statistics.median(two for _, two in walls),
        "ratio, wall": statistics.median(two / one for one, two in walls),
        "three imports, CPU": statistics.median(one for one, _ in times),
        "the hook, CPU": statistics.median(two for _, two in times),
        "ratio, CPU": statistics.median(two / one for one, two in times),
    }


def _timed(command: list[str], project: Path) -> tuple[float, float]:
    left_out = ("VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH")
    variables = {key: value for key, value in os.environ.items() if key not in left_out}
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=project, env=variables)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        for title, value in compare(prepare(Path(scratch))).items():
            print(f"{title:22} {value:.4f}")
