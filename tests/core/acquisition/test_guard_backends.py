"""Real backends on trees with links that lead in circles: what they build without the links."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.builds import Provisioner, lay_tree, members, running_interpreter
from trueup.acquisition.builder import BuildOrder, BuiltWheel, build_wheel

PROJECT = '[project]\nname = "demo"\nversion = "1.0"\ndescription = "d"\n'


def pyproject(requires: str, backend: str, rest: str = PROJECT) -> str:
    return f'[build-system]\nrequires = ["{requires}"]\nbuild-backend = "{backend}"\n{rest}'


def setuptools(rest: str = "") -> str:
    return pyproject("setuptools>=70", "setuptools.build_meta", PROJECT + rest)


FIND = '[tool.setuptools.packages.find]\nwhere = ["src"]\n'
DATA = '[tool.setuptools.package-data]\ndemo = ["**/*.txt", "*/*.dat"]\n'
MANIFEST = "graft src\nrecursive-include docs *\nglobal-include *.txt\n"
BACKENDS: dict[str, dict[str, str]] = {
    "setuptools flat": {"pyproject.toml": setuptools()},
    "setuptools src": {"pyproject.toml": setuptools()},
    "setuptools find": {"pyproject.toml": setuptools(f"{FIND}namespaces = false\n")},
    "setuptools find_namespace": {"pyproject.toml": setuptools(FIND)},
    "setuptools package-data": {"pyproject.toml": setuptools(FIND + DATA)},
    "setuptools manifest": {
        "pyproject.toml": setuptools("[tool.setuptools]\ninclude-package-data = true\n" + FIND),
        "MANIFEST.in": MANIFEST,
    },
    "setuptools setup.py": {
        "setup.py": (
            "from setuptools import find_packages, setup\n"
            "setup(name='demo', version='1.0', packages=find_packages('src'),\n"
            "      package_dir={'': 'src'}, package_data={'': ['**/*.txt']})\n"
        )
    },
    "hatchling": {
        "pyproject.toml": pyproject(
            "hatchling",
            "hatchling.build",
            PROJECT + '[tool.hatch.build.targets.wheel]\npackages = ["src/demo"]\n',
        )
    },
    "flit-core": {"pyproject.toml": pyproject("flit_core>=3.4,<5", "flit_core.buildapi")},
    "pdm-backend": {"pyproject.toml": pyproject("pdm-backend", "pdm.backend")},
    "poetry-core": {
        "pyproject.toml": pyproject(
            "poetry-core>=2",
            "poetry.core.masonry.api",
            PROJECT + '[tool.poetry]\npackages = [{ include = "demo", from = "src" }]\n',
        )
    },
}
FILES = dict.fromkeys(
    (
        "src/demo/__init__.py",
        "src/demo/top.txt",
        "src/demo/sub1/__init__.py",
        "src/demo/sub1/one.py",
        "src/demo/sub1/one.txt",
        "src/demo/sub1/one.dat",
        "src/demo/sub2/__init__.py",
        "src/demo/sub2/deep/__init__.py",
        "src/demo/sub2/deep/two.txt",
        "docs/index.txt",
    ),
    "",
)
LINKS: dict[str, dict[str, str]] = {
    "two": {"src/demo/sub1/demo": "-> ..", "src/demo/sub2/demo": "-> .."},
    "as reported": {"src/demo/sub1/demo": "-> ../..", "src/demo/sub2/demo": "-> ../.."},
    "to the root": {"src/demo/sub1/root": "-> ../../..", "src/demo/sub2/root": "-> ../../.."},
    "each other": {"src/demo/sub1/x": "-> ../sub2", "src/demo/sub2/y": "-> ../sub1"},
}


@pytest.fixture(scope="session")
def provision(tmp_path_factory: pytest.TempPathFactory) -> Provisioner:
    return Provisioner(tmp_path_factory.mktemp("guarded-environments"))


def build(
    folder: Path, files: dict[str, str], provision: Provisioner, *, editable: bool = False
) -> BuiltWheel:
    tree = lay_tree(folder / "tree", files)
    order = BuildOrder(
        str(tree), running_interpreter(), str(folder / "work"), editable=editable, timeout=60.0
    )
    return build_wheel(order, provision=provision)


def laid_out(case: str, links: dict[str, str]) -> dict[str, str]:
    files = {**BACKENDS[case], **FILES, **links}
    if case == "setuptools flat":
        return {name.removeprefix("src/"): content for name, content in files.items()}
    return files


def every_link() -> dict[str, str]:
    named = enumerate(LINKS.values())
    return {f"{link}{number}": to for number, links in named for link, to in links.items()}


# Every backend's wheel, and the editable ones that look for packages by walking.
EDITABLE = ("setuptools flat", "setuptools src", "setuptools setup.py", "pdm-backend")
BUILDS = [(case, False) for case in BACKENDS] + [(case, True) for case in EDITABLE]


@pytest.mark.parametrize(
    ("case", "editable"),
    BUILDS,
    ids=[f"{case}{' editable' * editable}" for case, editable in BUILDS],
)
def test_links_in_circles_change_nothing_of_what_is_built(
    case: str, editable: bool, tmp_path: Path, provision: Provisioner
) -> None:
    plain = build(tmp_path / "plain", laid_out(case, {}), provision, editable=editable)
    assert plain.warnings == ()
    if not editable:
        assert "demo/sub2/deep/__init__.py" in members(plain.path)
    links = every_link()
    found = build(tmp_path / "links", laid_out(case, links), provision, editable=editable)
    assert members(found.path) == members(plain.path)
    if case.startswith(("setuptools", "pdm")) and not editable:
        assert len(found.warnings) == len(links)


@pytest.mark.parametrize("name", LINKS)
def test_each_kind_of_circle_alone_is_left_out_and_told(
    name: str, tmp_path: Path, provision: Provisioner
) -> None:
    case = "setuptools package-data"
    plain = build(tmp_path / "plain", laid_out(case, {}), provision)
    found = build(tmp_path / "links", laid_out(case, LINKS[name]), provision)
    assert members(found.path) == members(plain.path)
    tree = tmp_path.resolve() / "links" / "tree"
    told = {warning.split(" was not followed")[0] for warning in found.warnings}
    assert told == {f"the link {tree / link}" for link in LINKS[name]}


def test_links_that_do_not_lead_back_are_built_as_ever(
    tmp_path: Path, provision: Provisioner
) -> None:
    lay_tree(tmp_path / "outside", {"far.txt": "far"})
    links = {
        "src/demo/sub1/out": f"-> {tmp_path / 'outside'}",
        "src/demo/sub1/gone": "-> nowhere",
        "src/demo/sub1/loop": "-> loop",
    }
    built = build(tmp_path, laid_out("setuptools package-data", links), provision)
    assert "demo/sub1/out/far.txt" in members(built.path)
    assert built.warnings == ()


WALKING = """
import os, subprocess, sys, zipfile
CODE = "import os; print('SEEN', len(list(os.walk('a', followlinks=True))))"

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    exec(CODE)
    subprocess.run([sys.executable, "-I", "-c", CODE], check=True)
    name = "demo-1.0-py3-none-any.whl"
    zipfile.ZipFile(os.path.join(wheel_directory, name), "w").close()
    return name
"""


@pytest.mark.parametrize("isolation", [True, False], ids=["isolated", "not isolated"])
def test_the_guard_reaches_the_backend_and_in_our_environment_its_children(
    isolation: bool, tmp_path: Path, provision: Provisioner
) -> None:
    in_tree = '[build-system]\nrequires = []\nbuild-backend = "b"\nbackend-path = ["."]\n'
    files = {"pyproject.toml": in_tree, "b.py": WALKING, "a/b/c/back": "-> ../.."}
    order = BuildOrder(
        str(lay_tree(tmp_path / "tree", files)),
        provision((), running_interpreter()),
        str(tmp_path / "work"),
        isolation=isolation,
    )
    built = build_wheel(order, provision=provision)
    seen = [line for line in Path(built.log).read_text().splitlines() if "SEEN" in line]
    guarded = "SEEN 3"
    if isolation:
        assert seen == [guarded, guarded]
    else:  # an environment of the user's own gets no files of ours
        assert seen[0] == guarded
        assert seen[1] != guarded
    assert len(built.warnings) == 1
