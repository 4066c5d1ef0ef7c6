from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import trueup.hooks
from support.builds import lay_tree
from support.mechanisms import OWN_BACKEND, Mechanism
from support.truth import Bench, Situation, opened_supply
from trueup.destination.facts import interpreter_facts
from trueup.freshness.verdict import Fresh, Stale


class _Schema:
    """A plugin that knows of files which the backend's own program reads unseen."""

    @trueup.hooks.implementation
    def build_inputs(self, tree: str, editable: bool) -> list[str]:
        assert Path(tree).is_dir()
        return ["schema/**/*.xml"] if editable else []


@pytest.fixture
def plugin() -> Iterator[None]:
    plugin = _Schema()
    trueup.hooks.plugins().register(plugin)
    yield
    trueup.hooks.plugins().unregister(plugin)


@pytest.mark.usefixtures("plugin")
def test_a_plugin_adds_inputs(tmp_path: Path) -> None:
    project = Mechanism({**OWN_BACKEND.files, "schema/a.xml": "<a/>"}, git=True)
    with opened_supply(tmp_path / "cache", interpreter_facts(sys.executable)) as supply:
        bench = Bench(tmp_path / "tree", project, supply, editable=True)
    assert bench.judge(Situation()) == Fresh()
    for edit, kind in ((_edited, "input changed"), (_added, "appeared"), (_gone, "input missing")):
        edit(bench.tree)
        verdict = bench.judge(Situation())
        assert isinstance(verdict, Stale)
        assert verdict.reasons[0].kind == kind
        bench.restore()


def _edited(tree: Path) -> None:
    (tree / "schema/a.xml").write_text("<b/>")


def _added(tree: Path) -> None:
    lay_tree(tree, {"schema/deep/b.xml": "<b/>"})


def _gone(tree: Path) -> None:
    (tree / "schema/a.xml").unlink()


def test_a_plugin_is_found_by_its_entry_point(tmp_path: Path) -> None:
    lay_tree(
        tmp_path,
        {
            "my_plugin.py": "import trueup.hooks\n"
            "@trueup.hooks.implementation\n"
            "def build_inputs(tree, editable):\n    return ['*.xml']\n",
            "my_plugin-1.dist-info/METADATA": "Metadata-Version: 2.1\n"
            "Name: my-plugin\nVersion: 1\n",
            "my_plugin-1.dist-info/entry_points.txt": "[trueup]\nmine = my_plugin\n",
        },
    )
    script = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import trueup.hooks as h; "
        "print(h.inputs_of_plugins('/', editable=True))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "('*.xml',)"
