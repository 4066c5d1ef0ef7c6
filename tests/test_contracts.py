"""What a machine can judge about the house: imports, sizes, names, and what it gives away."""

from __future__ import annotations

import ast
import graphlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {
    "trueup": ROOT / "core",
    "trueup_tox": ROOT / "tox_plugin",
    "trueup_nox": ROOT / "nox_backend",
    "trueup_precommit": ROOT / "precommit_hook",
}
MODULE_LINES = 300
FUNCTION_LINES = 50
# What is longer than it should be: path, or path::function, and the reason why it stays so.
LONGER: dict[str, str] = {}

FORBIDDEN_NAMES = frozenset(
    [
        "base",
        "common",
        "helper",
        "helpers",
        "manager",
        "managers",
        "misc",
        "shared",
        "tools",
        "util",
        "utils",
    ]
)
TEST_COMMAND = (
    'python3 -m venv .venv && .venv/bin/python -m pip install -q -e ".[tox,nox,uv]" '
    "&& .venv/bin/tox run -qq"
)


def _modules() -> list[Path]:
    """Return every module of the packages and of the benchmarks, whose own folder is flat."""
    found = [path for name, root in PACKAGES.items() for path in (root / name).rglob("*.py")]
    return sorted([*found, *(ROOT / "benchmarks").glob("*.py")])


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _repository_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout: no telling what belongs to the repository")
    paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


# Imports


def _import_cycle(*packages: str) -> list[str]:
    """Return modules that import each other in a ring, or [].

    Counted are imports at the top, inside functions, and under TYPE_CHECKING: a knot that is only
    hidden is a knot.
    """
    graph = grimp.build_graph(*packages, exclude_type_checking_imports=False, cache_dir=None)
    edges = {
        module: sorted(graph.find_modules_directly_imported_by(module)) for module in graph.modules
    }
    try:
        graphlib.TopologicalSorter(edges).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def test_no_module_imports_itself_by_way_of_others() -> None:
    assert _import_cycle(*PACKAGES) == []


@pytest.mark.parametrize(
    "knot",
    [
        "from ring{n} import one\n",
        "def later():\n    from ring{n} import one\n    return one\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ring{n} import one\n",
    ],
    ids=["at-the-top", "inside-a-function", "for-the-type-checker"],
)
def test_a_ring_of_imports_is_seen_wherever_it_hides(
    knot: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    number = request.node.callspec.indices["knot"]
    folder = tmp_path / f"ring{number}"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "one.py").write_text(f"from ring{number} import two\n")
    (folder / "two.py").write_text(knot.format(n=number))
    monkeypatch.syspath_prepend(tmp_path)
    assert set(_import_cycle(f"ring{number}")) == {f"ring{number}.one", f"ring{number}.two"}


_LOADED_BY = """
import sys
before = set(sys.modules)
import {module}
print(*sorted(set(sys.modules) - before))
"""
# Each of these costs a caller milliseconds that `import trueup` has no right to spend.
HEAVY = frozenset(
    [
        "argparse",
        "asyncio",
        "concurrent.futures",
        "email",
        "http",
        "importlib.metadata",
        "json",
        "logging",
        "multiprocessing",
        "pathlib",
        "platform",
        "shutil",
        "socket",
        "ssl",
        "subprocess",
        "tempfile",
        "tomllib",
        "urllib.request",
        "zipfile",
    ]
)


def _loaded_by(module: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-I", "-c", _LOADED_BY.format(module=module)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def _foreign(modules: set[str]) -> set[str]:
    known = sys.stdlib_module_names | {"trueup"}
    return {module for module in modules if module.partition(".")[0] not in known}


# What importing a package may load of trueup itself, beside the package and its modules.
OWN = {"trueup": set[str](), "trueup.importability": {"trueup"}}


def _own_beside(module: str, loaded: set[str]) -> set[str]:
    own = {name for name in loaded if name.partition(".")[0] in PACKAGES} - {module}
    inside = () if module == "trueup" else (f"{module}.",)
    return {name for name in own if not name.startswith(inside)}


@pytest.mark.parametrize("module", OWN)
def test_importing_loads_little_and_nothing_but_the_standard_library(module: str) -> None:
    loaded = _loaded_by(module)
    assert module in loaded
    assert _foreign(loaded) == set()
    assert loaded & HEAVY == set()
    assert _own_beside(module, loaded) <= OWN[module]


# Each costs a process milliseconds where it is made, in every run that imports its module.
_ALONE = "it can be loaded by itself"
LIBRARY_DATACLASSES = {
    **{
        f"core/trueup/importability/{name}.py": _ALONE
        for name in ("change", "distributions", "ledger", "modules", "sighting", "startup")
    },
    "core/trueup/values.py": "it is what all others use",
}


def test_values_are_made_by_the_module_that_makes_them_cheaply() -> None:
    imports = re.compile(r"(?m)^\s*(from dataclasses import .*\bdataclass\b|import dataclasses)")
    found = {_name(path) for path in _modules() if imports.search(path.read_text("utf-8"))}
    found = {name for name in found if not name.startswith("benchmarks/")}
    assert found == set(LIBRARY_DATACLASSES)


# Sizes and names


def _too_long_modules() -> Iterator[str]:
    for path in _modules():
        lines = path.read_text(encoding="utf-8").count("\n")
        if lines > MODULE_LINES:
            yield f"{_name(path)}"


def _function_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many lines `node` has from its `def` to its end; its docstring costs nothing."""
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if ast.get_docstring(node, clean=False) is not None:
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def _too_long_functions() -> Iterator[str]:
    for path in _modules():
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = _function_lines(node)
                if lines > FUNCTION_LINES:
                    yield f"{_name(path)}::{node.name}"


def test_modules_and_functions_are_short_or_have_a_reason() -> None:
    assert sorted([*_too_long_modules(), *_too_long_functions()]) == sorted(LONGER)
    assert all(reason.strip() for reason in LONGER.values())


def test_a_module_is_named_after_what_it_holds() -> None:
    parts = {part for path in _modules() for part in Path(_name(path)).with_suffix("").parts}
    assert len(parts) > len(PACKAGES)
    assert parts & FORBIDDEN_NAMES == set()


# What the repository gives away, and what it tells people

# Written in two halves, so that this file does not name them itself.
REGISTRY_HOSTS = tuple(
    first + "." + second
    for first, second in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("python", "org/simple"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("anaconda", "org"),
    )
)
MACHINE_PATH = re.compile(r"(?<![\w.$}-])(?:/home/\w+|/(?:root|work)/|/Users/\w+|[A-Z]:\\+Users\\)")


def _given_away(text: str) -> list[str]:
    hosts = [host for host in REGISTRY_HOSTS if host in text]
    return hosts + MACHINE_PATH.findall(text) + [str(ROOT)] * (str(ROOT) in text)


def test_no_file_names_a_registry_or_a_place_on_somebody_s_machine() -> None:
    found = {}
    for path in _repository_files():
        if path != Path(__file__).resolve():
            given = _given_away(path.read_text(encoding="utf-8", errors="replace"))
            if given:
                found[_name(path)] = given
    assert found == {}


@pytest.mark.parametrize(
    "text", [f"see {REGISTRY_HOSTS[0]}/simple", "cd /home/" + "me/x", str(ROOT)]
)
def test_what_gives_a_place_away_is_recognised(text: str) -> None:
    assert _given_away(text)


@pytest.mark.parametrize("path", ["README.md", "CONTRIBUTING.md", ".ci/run"])
def test_people_and_machines_are_told_the_same_command(path: str) -> None:
    assert TEST_COMMAND in (ROOT / path).read_text(encoding="utf-8")


def test_the_checks_run_in_order_and_the_tests_are_last() -> None:
    import tomllib

    settings = tomllib.loads((ROOT / "tox.toml").read_text(encoding="utf-8"))
    assert settings["env_list"] == ["lint", "types", "contracts", "tests"]
