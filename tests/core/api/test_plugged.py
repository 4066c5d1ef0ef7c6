"""Plugins are looked for without what finds them, and found by it wherever they may be."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from support.builds import lay_tree

SCRIPT = """
import sys
{before}
from trueup.api.plugged import patterns_of_plugins
print(patterns_of_plugins("/", editable=True), "pluggy" in sys.modules)
"""
MODULE = """
import trueup.hooks
@trueup.hooks.implementation
def build_inputs(tree, editable):
    return ["*.xml"]
"""
TOLD = {
    "METADATA": "Metadata-Version: 2.1\nName: my-plugin\nVersion: 1\n",
    "PKG-INFO": "Metadata-Version: 2.1\nName: my-plugin\nVersion: 1\n",
    "entry_points.txt": "[console_scripts]\nx = my_plugin:x\n\n[trueup]\nmine = my_plugin\n",
}


def _said(before: str) -> str:
    command = [sys.executable, "-c", SCRIPT.format(before=before)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_without_any_plugin_nothing_that_finds_them_is_loaded() -> None:
    assert _said("") == "() False"


@pytest.mark.parametrize("folder", ["my_plugin-1.dist-info", "my_plugin.egg-info", "EGG-INFO"])
def test_a_plugin_is_found_by_what_is_told_of_it(tmp_path: Path, folder: str) -> None:
    top = tmp_path / ("my_plugin-1.egg" if folder == "EGG-INFO" else "site")
    told = {f"{folder}/{name}": text for name, text in TOLD.items()}
    lay_tree(top, {"my_plugin.py": MODULE, **told})
    assert _said(f"sys.path.append({str(top)!r})") == "('*.xml',) True"


def test_a_plugin_in_an_archive_is_found(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "plugins.zip", "w") as archive:
        archive.writestr("my_plugin.py", MODULE)
        for name, text in TOLD.items():
            archive.writestr(f"my_plugin-1.dist-info/{name}", text)
    assert _said(f"sys.path.append({str(tmp_path / 'plugins.zip')!r})") == "('*.xml',) True"


def test_a_plugin_that_only_somebody_finds_is_found(tmp_path: Path) -> None:
    lay_tree(tmp_path, {"my_plugin.py": MODULE})
    lay_tree(tmp_path / "elsewhere/my_plugin-1.dist-info", TOLD)
    before = f"""
import importlib.metadata, pathlib
sys.path.append({str(tmp_path)!r})
class Finder(importlib.metadata.DistributionFinder):
    def find_spec(self, *_): return None
    def find_distributions(self, context=None):
        place = pathlib.Path({str(tmp_path)!r}, "elsewhere/my_plugin-1.dist-info")
        return [importlib.metadata.PathDistribution(place)]
sys.meta_path.append(Finder())
"""
    assert _said(before) == "('*.xml',) True"


def test_a_plugin_of_this_process_is_asked() -> None:
    before = f"""
import types, trueup.hooks
plugin = types.ModuleType("plugin")
exec({MODULE!r}, plugin.__dict__)
trueup.hooks.plugins().register(plugin)
"""
    assert _said(before) == "('*.xml',) True"
