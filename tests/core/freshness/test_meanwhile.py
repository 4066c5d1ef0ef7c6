"""What changes while a build is looked at: no fingerprint is taken of what it was not made of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from support.builds import lay_tree
from trueup.acquisition.pack import Pack
from trueup.acquisition.store import Store
from trueup.acquisition.supply import Supply
from trueup.api.judging import circumstances_of, judge_now
from trueup.api.tracking import build_tracked
from trueup.freshness.verdict import Fresh
from trueup.reporting import Event
from trueup.resolution.request import LocalProject

PROJECT = {
    "pyproject.toml": (
        '[build-system]\nrequires = ["flit_core"]\nbuild-backend = "flit_core.buildapi"\n'
        '[project]\nname = "demo"\nversion = "1.0"\ndescription = "a demo"\n'
    ),
    "demo.py": "VALUE = 'before'\n",
}


class Meddler:
    """A store beside which somebody saves a module just after its wheel was built, once."""

    def __init__(self, store: Store, module: Path) -> None:
        self._store = store
        self._module: Path | None = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def add_wheel(self, path: str, name: str) -> Pack:
        """Add a wheel."""
        pack = self._store.add_wheel(path, name)
        if self._module is not None:
            self._module.write_text("VALUE = 'after'\n")
            self._module = None
        return pack


def test_a_module_saved_after_the_build_and_before_its_fingerprint_is_built_too(
    tmp_path: Path, supply: Supply
) -> None:
    tree = lay_tree(tmp_path / "tree", PROJECT)
    told: list[Event] = []
    store: Any = Meddler(supply.store, tree / "demo.py")
    mine = replace(supply, store=store, reporter=told.append)
    now = circumstances_of(LocalProject(str(tree)), mine.interpreter, (), isolation=True)
    built = build_tracked(now, mine)
    assert "after" in built.pack.read(f"{built.pack.root}/demo.py").decode()
    assert isinstance(judge_now(built.fingerprint, now, mine.interpreter, mine.variables), Fresh)
    notes = [one.message for one in told if one.kind == "note"]
    assert notes == ["demo.py changed while the project was being built: it is built once more"]
