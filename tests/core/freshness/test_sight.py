from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.builds import lay_tree
from trueup.freshness.fingerprint import Survey
from trueup.freshness.sight import Sight

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git program")

FILES = {
    ".gitignore": "config.h\nmade/\nbuild/\n*.dat\nreport.xml\nnamed.bin\n_local.py\n.venv/\n",
    "src/native.c": '#include "config.h"\n#include "deeper.h"\n',
    "src/config.h": "ignored, and included\n",
    "build/deeper.h": "ignored, on the way to a result, and included\n",
    "build/stray.h": "ignored, on the way to a result, and not included\n",
    "src/lib.rs": 'include_bytes!("named.bin"); include_dir!("made"); glob("src/*.dat");\n',
    "src/named.bin": "ignored, and named by a source\n",
    "src/table.dat": "ignored, and meant by its suffix\n",
    "made/by_a_script.txt": "in an ignored folder that is named\n",
    "src/_local.py": "an ignored module\n",
    "report.xml": "ignored, and named by nobody\n",
    ".venv/src/config.h": "of an environment\n",
    "notes.txt": "tracked\n",
}
NATIVE = {"src/native.c", "src/config.h", "build/deeper.h", "src/lib.rs"}
MEANT = {"src/named.bin", "src/table.dat", "made/by_a_script.txt"}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    lay_tree(tmp_path, FILES)
    (tmp_path / ".venv/pyvenv.cfg").touch()
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    return tmp_path


@pytest.mark.parametrize(
    ("survey", "files"),
    [
        ("native", NATIVE),
        ("other", NATIVE | MEANT | {".gitignore", "notes.txt"}),
        ("named", NATIVE | MEANT | {".gitignore", "notes.txt", "src/_local.py"}),
        ("all", NATIVE | MEANT | {".gitignore", "notes.txt", "src/_local.py"}),
    ],
)
def test_an_ignored_file_counts_where_a_source_may_mean_it(
    survey: Survey, files: set[str], tree: Path
) -> None:
    assert set(Sight(str(tree), os.environ).survey(survey)) == files


def test_every_file_is_one_that_no_tool_keeps_for_itself(tree: Path) -> None:
    assert set(Sight(str(tree), os.environ).every_file()) == FILES.keys() - {".venv/src/config.h"}


def test_a_repository_in_the_repository_has_rules_of_its_own(tree: Path) -> None:
    inner = tree / "vendored"
    lay_tree(inner, {".gitignore": "*.h\n", "a.c": '#include "a.h"\n', "a.h": "", "b.txt": ""})
    subprocess.run(["git", "init", "-q"], cwd=inner, check=True)
    found = set(Sight(str(tree), os.environ).survey("all"))
    assert {"vendored/a.c", "vendored/a.h", "vendored/b.txt"} <= found


def test_a_tree_that_is_ignored_whole_counts_whole(tree: Path) -> None:
    lay_tree(tree / "made", {"src/a.c": "", "pyproject.toml": ""})
    sight = Sight(str(tree / "made"), os.environ)
    assert set(sight.survey("all")) == {"src/a.c", "pyproject.toml", "by_a_script.txt"}


@pytest.mark.skipif(os.name == "nt", reason="needs a C compiler that is just there")
@pytest.mark.parametrize("way", ["-e", "--no-editable"])
def test_an_ignored_header_that_changed_is_compiled_in(way: str, tmp_path: Path) -> None:
    project = lay_tree(tmp_path / "project", _WITH_A_HEADER)
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    python = tmp_path / "venv/bin/python"

    def value_after_install() -> int:
        _trueup("install", "-q", "-p", str(python), way, str(project))
        done = subprocess.run(
            [python, "-c", "import demo; print(demo.VALUE)"], capture_output=True, check=True
        )
        return int(done.stdout)

    _trueup("venv", "-q", str(tmp_path / "venv"))
    assert value_after_install() == 1
    (project / "src/config.h").write_text("#define VALUE 2\n")
    assert value_after_install() == 2


def _trueup(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "trueup", *arguments], check=True)


_WITH_A_HEADER = {
    ".gitignore": "config.h\n*.so\nbuild/\n",
    "pyproject.toml": '[build-system]\nrequires = ["setuptools>=69"]\n'
    'build-backend = "setuptools.build_meta"\n[project]\nname = "demo"\nversion = "1"\n'
    '[tool.setuptools]\next-modules = [{name = "demo", sources = ["src/demo.c"]}]\n',
    "src/config.h": "#define VALUE 1\n",
    "src/demo.c": """#include <Python.h>
#include "config.h"
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "demo", 0, -1, 0};
PyMODINIT_FUNC PyInit_demo(void) {
    PyObject *made = PyModule_Create(&module);
    PyModule_AddIntConstant(made, "VALUE", VALUE);
    return made;
}
""",
}
