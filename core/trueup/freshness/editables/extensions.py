"""The extension modules that a project's settings ask for, and what runs as it is built."""

from __future__ import annotations

import os
from collections.abc import Iterator

from trueup.freshness.editables.evidence import Doubt, Evidence
from trueup.freshness.editables.project import Project, table
from trueup.values import dataclass

__all__ = ["NATIVE", "ExpectedExtension", "expected_extensions", "weigh_build_code"]

_PLAIN = frozenset(("setuptools", "hatchling", "flit", "pdm", "poetry-core", "uv_build"))
NATIVE = {"scikit-build-core": "CMake", "meson-python": "Meson", "maturin": "Cargo"}
"""The backends that compile, and with what."""
_KNOWN_HATCH_HOOKS = frozenset(("vcs", "version"))


@dataclass(frozen=True, slots=True)
class ExpectedExtension:
    """An extension module that a build makes.

    Attributes:
        name: its dotted name.
        sources: what it is compiled from, as far as settings name it.
    """

    name: str
    sources: tuple[str, ...] = ()

    @property
    def stem(self) -> str:
        """The beginning of its file's name."""
        return self.name.rpartition(".")[2]


def expected_extensions(project: Project) -> list[ExpectedExtension]:
    """Return the extension modules that settings name."""
    if project.backend == "setuptools":
        listed = project.tool("setuptools").get("ext-modules", [])
        found = [
            ExpectedExtension(str(one.get("name")), tuple(map(str, one.get("sources", ()))))
            for one in listed
        ]
        script = project.setup_script
        found += (
            [ExpectedExtension(one.name, one.sources) for one in script.extensions]
            if script
            else []
        )
        return found
    if project.backend == "maturin":
        return [ExpectedExtension(name) for name in _maturin_modules(project)]
    return []


def _maturin_modules(project: Project) -> Iterator[str]:
    settings = project.tool("maturin")
    if settings.get("bindings") == "bin":
        return
    named = settings.get("module-name")
    if named:
        yield str(named)
        return
    import tomllib

    try:
        with open(project.path(str(settings.get("manifest-path") or "Cargo.toml")), "rb") as file:
            cargo = tomllib.load(file)
    except (OSError, ValueError):  # maturin will say so better
        return
    library = table(cargo, "lib").get("name") or table(cargo, "package").get("name") or ""
    name = str(library).replace("-", "_")
    base = str(settings.get("python-source") or "")
    inside = os.path.isdir(project.path(base, name))
    yield f"{name}.{name}" if inside else name


def _hatch_hooks(project: Project) -> Evidence:
    hatch = project.tool("hatch")
    tables = (("build",), ("build", "targets", "wheel"), ("metadata",))
    for name in sorted({name for one in tables for name in table(hatch, *one, "hooks")}):
        if name not in _KNOWN_HATCH_HOOKS:
            yield Doubt(f"the hook {name!r} of hatchling may read anything")


def weigh_build_code(project: Project) -> Evidence:
    """Tell of code that runs in a build, and may read anything."""
    if project.backend in NATIVE:
        program = NATIVE[project.backend]
        yield Doubt(f"{program} builds it, with flags and libraries that leave no trace on disk")
    elif project.backend not in _PLAIN:
        yield Doubt(f"what {project.backend} reads in a build is not known here")
    elif project.backend == "hatchling":
        yield from _hatch_hooks(project)
    elif project.backend == "pdm":
        script = str(project.tool("pdm", "build").get("custom-hook") or "pdm_build.py")
        if os.path.isfile(project.path(script)):
            yield Doubt(f"the build hook {script} may read anything")
    elif project.backend == "poetry-core" and project.tool("poetry").get("build"):
        yield Doubt("the build script of Poetry may read anything")
    elif project.backend == "setuptools":
        script_code = project.setup_script and not project.setup_script.plain
        if script_code or project.tool("setuptools").get("cmdclass"):
            yield Doubt("setup.py runs code, which may read anything")
