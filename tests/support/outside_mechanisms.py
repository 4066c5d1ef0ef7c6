"""More projects and more edits, for what is judged from outside: older settings, other modes."""

from __future__ import annotations

import shutil
from pathlib import Path

from support.edits import EDITS, Edit
from support.mechanisms import _CMAKE, _NATIVE, Mechanism, _files, _project
from support.truth import Situation

_SYSTEM = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
_SETUP_CFG = """\
[metadata]
name = demo
version = 1.0
description = A demo
long_description = file: README.md
author = Somebody
url = https://example.org/demo
license = MIT
keywords = one, two
classifiers =
    Programming Language :: Python :: 3

[options]
package_dir =
    = src
packages = find:
python_requires = >=3.8
install_requires =

[options.packages.find]
where = src

[options.extras_require]
more =

[options.entry_points]
console_scripts =
    demo = demo:main
"""
_SETUP_PY = """\
from setuptools import find_packages, setup

setup(
    name="demo",
    version="1.0",
    description="A demo",
    author="Somebody",
    url="https://example.org/demo",
    keywords=["one", "two"],
    packages=find_packages(),
    python_requires=">=3.8",
    install_requires=[],
    extras_require={"more": []},
    entry_points={"console_scripts": ["demo = demo:main"]},
)
"""
_IN_PLACE = (
    "set_target_properties(_native PROPERTIES "
    "LIBRARY_OUTPUT_DIRECTORY ${CMAKE_SOURCE_DIR}/src/demo)\n"
)

OUTSIDE_MECHANISMS: dict[str, Mechanism] = {
    "setuptools-cfg": Mechanism({**_files(_SYSTEM), "setup.cfg": _SETUP_CFG}),
    "setuptools-py": Mechanism({**_files(_SYSTEM, "demo"), "setup.py": _SETUP_PY}, "demo"),
    "setuptools-both": Mechanism(
        {
            **_files(_project("setuptools", "setuptools.build_meta")),
            "setup.cfg": "[metadata]\nauthor = Somebody\nurl = https://example.org/demo\n",
            "setup.py": "from setuptools import setup\n\nsetup()\n",
        }
    ),
    "pdm-editables": Mechanism(
        _files(
            _project("pdm-backend", "pdm.backend")
            + '[tool.pdm.build]\neditable-backend = "editables"\n'
        )
    ),
    "pdm-scm": Mechanism(
        _files(
            _project("pdm-backend", "pdm.backend", dynamic=True)
            + '[tool.pdm.version]\nsource = "scm"\n'
        ),
        git=True,
    ),
    "scikit-build-inplace": Mechanism(
        {
            **_files(
                _project("scikit-build-core", "scikit_build_core.build")
                + '[tool.scikit-build]\neditable.mode = "inplace"\n'
            ),
            "CMakeLists.txt": _CMAKE.replace("install(", _IN_PLACE + "install("),
            **_NATIVE,
        },
        native="src/native/native.c",
        needs=("cmake", "gcc"),
    ),
}
OUTSIDE_EDITS: dict[str, Edit] = dict(EDITS)
_NOTHING = Situation()
_SETTINGS = ("setup.cfg", "setup.py", "pyproject.toml")


def _edit(function: Edit) -> Edit:
    OUTSIDE_EDITS[function.__name__] = function
    return function


def _replace(tree: Path, old: str, new: str) -> Situation | None:
    for name in _SETTINGS:
        path = tree / name
        if path.exists() and old in path.read_text():
            path.write_text(path.read_text().replace(old, new, 1))
            return _NOTHING
    return None


@_edit
def description(tree: Path, it: Mechanism) -> Situation | None:
    return _replace(tree, "A demo", "Another demo")


@_edit
def old_version(tree: Path, it: Mechanism) -> Situation | None:
    return _replace(tree, "version = 1.0", "version = 1.1") or _replace(
        tree, 'version="1.0"', 'version="1.1"'
    )


@_edit
def old_dependency(tree: Path, it: Mechanism) -> Situation | None:
    return _replace(tree, "install_requires =", "install_requires = six") or _replace(
        tree, "install_requires=[]", 'install_requires=["six"]'
    )


@_edit
def old_extra(tree: Path, it: Mechanism) -> Situation | None:
    return _replace(tree, "more =\n", "more = six\n") or _replace(
        tree, '{"more": []}', '{"more": ["six"]}'
    )


@_edit
def old_entry_point(tree: Path, it: Mechanism) -> Situation | None:
    return _replace(tree, "demo = demo:main", "demo2 = demo:main")


@_edit
def old_author(tree: Path, it: Mechanism) -> Situation | None:
    return _replace(tree, "Somebody", "Somebody Else")


@_edit
def old_address(tree: Path, it: Mechanism) -> Situation | None:
    return _replace(tree, "example.org/demo", "example.org/other")


@_edit
def old_keywords(tree: Path, it: Mechanism) -> Situation | None:
    return _replace(tree, "one, two", "one, three") or _replace(tree, '"two"', '"three"')


@_edit
def old_licence(tree: Path, it: Mechanism) -> Situation | None:
    return _replace(tree, "license = MIT", "license = BSD")


@_edit
def old_classifier(tree: Path, it: Mechanism) -> Situation | None:
    return _replace(tree, "Python :: 3\n", "Python :: 3.12\n")


@_edit
def build_requirement(tree: Path, it: Mechanism) -> Situation | None:
    return _replace(tree, "requires = [", 'requires = ["iniconfig", ')


@_edit
def licence_deleted(tree: Path, it: Mechanism) -> Situation | None:
    (tree / "LICENSE").unlink()
    return _NOTHING


@_edit
def readme_deleted(tree: Path, it: Mechanism) -> Situation | None:
    (tree / "README.md").unlink()
    return _NOTHING


@_edit
def package_deleted(tree: Path, it: Mechanism) -> Situation | None:
    shutil.rmtree(tree / it.package)
    return _NOTHING


@_edit
def git_clean(tree: Path, it: Mechanism) -> Situation | None:
    """Take away what git ignores, as `git clean -Xdf` does."""
    from support.truth import git

    if not it.git:
        git(tree, "init", "-q", "-b", "main", ".")
    git(tree, "clean", "-q", "-X", "-d", "-f")
    if not it.git:
        shutil.rmtree(tree / ".git")
    return _NOTHING


@_edit
def package_to_src(tree: Path, it: Mechanism) -> Situation | None:
    """Move a flat package below "src"."""
    if it.package != "demo":
        return None
    (tree / "src").mkdir(exist_ok=True)
    (tree / "demo").rename(tree / "src" / "demo")
    return _NOTHING
