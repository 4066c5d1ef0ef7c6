"""What people do to a project between two installs."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from support.mechanisms import Mechanism
from support.pythons import copied_environment, other_patch_release
from support.truth import Situation, git

Edit = Callable[[Path, Mechanism], Situation | None]
"""Changes the tree; None where there is nothing to do to this mechanism."""

EDITS: dict[str, Edit] = {}
_NOTHING = Situation()


def _edit(function: Edit) -> Edit:
    EDITS[function.__name__] = function
    return function


def _replace(path: Path, old: str, new: str) -> Situation | None:
    text = path.read_text() if path.exists() else ""
    if old not in text:
        return None
    path.write_text(text.replace(old, new))
    return _NOTHING


def _append(path: Path, text: str) -> Situation | None:
    if not path.exists():
        return None
    with path.open("a") as file:
        file.write(text)
    return _NOTHING


def _is_setuptools(it: Mechanism) -> bool:
    return "setuptools" in it.files.get("pyproject.toml", "setuptools")


@_edit
def new_module(tree: Path, it: Mechanism) -> Situation | None:
    (tree / it.package / "added.py").write_text("A = 1\n")
    return _NOTHING


@_edit
def new_module_in_a_subpackage(tree: Path, it: Mechanism) -> Situation | None:
    (tree / it.package / "sub" / "added.py").write_text("A = 1\n")
    return _NOTHING


@_edit
def renamed_module(tree: Path, it: Mechanism) -> Situation | None:
    (tree / it.package / "module.py").rename(tree / it.package / "renamed.py")
    return _NOTHING


@_edit
def deleted_module(tree: Path, it: Mechanism) -> Situation | None:
    (tree / it.package / "sub" / "deep.py").unlink()
    return _NOTHING


@_edit
def deleted_subpackage(tree: Path, it: Mechanism) -> Situation | None:
    shutil.rmtree(tree / it.package / "sub")
    return _NOTHING


@_edit
def new_subpackage(tree: Path, it: Mechanism) -> Situation | None:
    (tree / it.package / "other").mkdir()
    (tree / it.package / "other" / "__init__.py").write_text("")
    return _NOTHING


@_edit
def new_top_level_package(tree: Path, it: Mechanism) -> Situation | None:
    folder = (tree / it.package).parent / "more_demo"
    folder.mkdir()
    (folder / "__init__.py").write_text("M = 1\n")
    return _NOTHING


@_edit
def new_top_level_folder(tree: Path, it: Mechanism) -> Situation | None:
    """Add a folder without a module: to some backends it is a package all the same (PEP 420)."""
    folder = (tree / it.package).parent / "more_data"
    folder.mkdir()
    (folder / "more.txt").write_text("more\n")
    return _NOTHING


@_edit
def new_data_folder(tree: Path, it: Mechanism) -> Situation | None:
    (tree / it.package / "assets").mkdir()
    (tree / it.package / "assets" / "more.txt").write_text("more\n")
    return _NOTHING


@_edit
def new_folder_with_a_dash(tree: Path, it: Mechanism) -> Situation | None:
    """Add a folder that no import can name: setuptools takes it for a package all the same."""
    folder = (tree / it.package).parent / "more-data"
    folder.mkdir()
    (folder / "more.txt").write_text("more\n")
    return _NOTHING


@_edit
def new_data_folder_with_a_dash(tree: Path, it: Mechanism) -> Situation | None:
    """Add one in the package."""
    (tree / it.package / "more-assets").mkdir()
    (tree / it.package / "more-assets" / "more.txt").write_text("more\n")
    return _NOTHING


@_edit
def made_executable(tree: Path, it: Mechanism) -> Situation | None:
    for name in ("data.txt", "sub/deep.py"):
        (tree / it.package / name).chmod(0o755)
    return _NOTHING


@_edit
def renamed_package(tree: Path, it: Mechanism) -> Situation | None:
    (tree / it.package).rename((tree / it.package).with_name("demo_renamed"))
    return _NOTHING


@_edit
def module_edited(tree: Path, it: Mechanism) -> Situation | None:
    return _append(tree / it.package / "module.py", "\n\ndef new():\n    return 2\n")


@_edit
def init_edited(tree: Path, it: Mechanism) -> Situation | None:
    return _append(tree / it.package / "__init__.py", "\n\ndef new():\n    return 2\n")


@_edit
def data_edited(tree: Path, it: Mechanism) -> Situation | None:
    return _append(tree / it.package / "data.txt", "more\n")


@_edit
def data_added(tree: Path, it: Mechanism) -> Situation | None:
    (tree / it.package / "more.txt").write_text("more\n")
    return _NOTHING


@_edit
def data_deleted(tree: Path, it: Mechanism) -> Situation | None:
    (tree / it.package / "data.txt").unlink()
    return _NOTHING


@_edit
def version(tree: Path, it: Mechanism) -> Situation | None:
    return (
        _replace(tree / "pyproject.toml", 'version = "1.0"', 'version = "1.1"')
        or _replace(tree / it.package / "module.py", '"1.0"', '"1.1"')
        or _replace(tree / it.package / "__init__.py", '"1.0"', '"1.1"')
        or _replace(tree / "setup.cfg", "version = 1.0", "version = 1.1")
    )


@_edit
def dependency(tree: Path, it: Mechanism) -> Situation | None:
    return _replace(
        tree / "pyproject.toml", "dependencies = []\n[", 'dependencies = ["six"]\n['
    ) or _replace(tree / "setup.cfg", "[options]\n", "[options]\ninstall_requires = six\n")


@_edit
def extra(tree: Path, it: Mechanism) -> Situation | None:
    return _replace(tree / "pyproject.toml", "more = []", 'more = ["six"]') or _replace(
        tree / "setup.cfg", "more = packaging", "more = six"
    )


@_edit
def entry_point(tree: Path, it: Mechanism) -> Situation | None:
    return _replace(
        tree / "pyproject.toml", 'demo = "demo:main"', 'demo2 = "demo:main"'
    ) or _replace(tree / "setup.cfg", "demo = demo:main", "demo2 = demo:main")


@_edit
def requires_python(tree: Path, it: Mechanism) -> Situation | None:
    return _replace(tree / "pyproject.toml", ">=3.8", ">=3.9") or _replace(
        tree / "setup.cfg", ">=3.8", ">=3.9"
    )


@_edit
def build_requirement_bounded(tree: Path, it: Mechanism) -> Situation | None:
    """Ask for at least a version that every index has long had more than."""
    text = it.files.get("pyproject.toml", "")
    for name in re.findall(r'^requires = \["([\w-]+)"', text, re.MULTILINE):
        return _replace(
            tree / "pyproject.toml", f'requires = ["{name}"', f'requires = ["{name}>0.0.1"'
        )
    return None


@_edit
def build_requirement_restated(tree: Path, it: Mechanism) -> Situation | None:
    """Ask for what the build environment holds anyway: within bounds, and what else is in there."""
    text = it.files.get("pyproject.toml", "")
    for name in re.findall(r'^requires = \["([\w-]+)"', text, re.MULTILINE):
        more = ', "pluggy"' if name == "hatchling" else ""
        return _replace(
            tree / "pyproject.toml",
            f'requires = ["{name}"',
            f'requires = ["{name}>0.0.1,!=0.0.2,<9999"{more}',
        )
    return None


@_edit
def build_requirement_added(tree: Path, it: Mechanism) -> Situation | None:
    return _replace(tree / "pyproject.toml", '"]\nbuild-backend', '", "six"]\nbuild-backend')


@_edit
def build_requirement_older(tree: Path, it: Mechanism) -> Situation | None:
    """Ask for a version that lays down another wheel: its name is in there (WHEEL, Generator)."""
    text = it.files.get("pyproject.toml", "")
    for name, version in (
        ("hatchling", "1.24.2"),
        ("flit_core", "3.9.0"),
        ("setuptools", "75.0.0"),
    ):
        if f'requires = ["{name}"' in text:
            return _replace(
                tree / "pyproject.toml", f'requires = ["{name}"', f'requires = ["{name}=={version}"'
            )
    return None


@_edit
def linter_settings(tree: Path, it: Mechanism) -> Situation | None:
    return _replace(tree / "pyproject.toml", "line-length = 100", "line-length = 99")


@_edit
def readme(tree: Path, it: Mechanism) -> Situation | None:
    return _append(tree / "README.md", "more\n")


@_edit
def licence(tree: Path, it: Mechanism) -> Situation | None:
    return _append(tree / "LICENSE", "more\n")


@_edit
def licence_added(tree: Path, it: Mechanism) -> Situation | None:
    (tree / "NOTICE").write_text("notice\n")
    return _NOTHING


@_edit
def setup_py_logic(tree: Path, it: Mechanism) -> Situation | None:
    changes = (
        ('native.c"]', 'native.c"], define_macros=[("MORE", "+1")]'),
        ('_native.pyx"]', '_native.pyx"], extra_compile_args=["-O0"]'),
        ('"# made', '"# made anew'),
        ("setup()", "setup(keywords=['more'])"),
    )
    found = (_replace(tree / "setup.py", old, new) for old, new in changes)
    return next((one for one in found if one), None)


@_edit
def setup_cfg_appears(tree: Path, it: Mechanism) -> Situation | None:
    if not _is_setuptools(it) or "setup.cfg" in it.files:
        return None
    (tree / "setup.cfg").write_text("[metadata]\nmaintainer = Somebody\n")
    return _NOTHING


@_edit
def manifest_in_appears(tree: Path, it: Mechanism) -> Situation | None:
    if not _is_setuptools(it) or "MANIFEST.in" in it.files:
        return None
    (tree / "MANIFEST.in").write_text(f"include {it.package}/data.txt\n")
    return _NOTHING


@_edit
def manifest_in_names_more(tree: Path, it: Mechanism) -> Situation | None:
    if not _is_setuptools(it):
        return None
    (tree / it.package / "more.dat").write_text("more\n")
    with (tree / "MANIFEST.in").open("a") as file:
        file.write(f"include {it.package}/more.dat\n")
    return _NOTHING


@_edit
def setup_cfg_edited(tree: Path, it: Mechanism) -> Situation | None:
    return _replace(tree / "setup.cfg", "description = A demo", "description = Another demo")


@_edit
def generator_edited(tree: Path, it: Mechanism) -> Situation | None:
    for name in ("hatch_build.py", "pdm_build.py", "build_demo.py", "setup.py"):
        if it.generated and (tree / name).exists():
            return _replace(tree / name, "read_text()", 'read_text() + "Z = 3\\n"')
    return None


@_edit
def template_edited(tree: Path, it: Mechanism) -> Situation | None:
    return _append(tree / "template.in", "Y = 2\n")


@_edit
def generated_deleted(tree: Path, it: Mechanism) -> Situation | None:
    if not it.generated or not (tree / it.generated).exists():
        return None
    (tree / it.generated).unlink()
    return _NOTHING


@_edit
def generated_edited(tree: Path, it: Mechanism) -> Situation | None:
    return _append(tree / it.generated, "\nEDITED = 1\n") if it.generated else None


@_edit
def native_source(tree: Path, it: Mechanism) -> Situation | None:
    changes = {
        ".c": ("VALUE MORE)", "VALUE + 1 MORE)"),
        ".rs": ("{ VALUE }", "{ VALUE + 1 }"),
        ".pyx": ("_value()", "_value() + 1"),
    }
    if not it.native:
        return None
    return _replace(tree / it.native, *changes[Path(it.native).suffix])


@_edit
def native_source_of_long_ago(tree: Path, it: Mechanism) -> Situation | None:
    """Put an older source in the place of one, as unpacking an archive does."""
    if native_source(tree, it) is None:
        return None
    os.utime(tree / it.native, (1_000_000_000, 1_000_000_000))
    return _NOTHING


@_edit
def native_source_behind_the_clock(tree: Path, it: Mechanism) -> Situation | None:
    if not it.native:
        return None
    status = (tree / it.native).stat()
    native_source(tree, it)
    os.utime(tree / it.native, ns=(status.st_atime_ns, status.st_mtime_ns))
    return _NOTHING


@_edit
def native_header(tree: Path, it: Mechanism) -> Situation | None:
    return (
        _replace(tree / "src/native/value.h", "VALUE 1", "VALUE 2")
        or _replace(tree / "src/value.rs", "= 1", "= 2")
        or _replace(tree / "src/demo/value.pxi", "return 1", "return 2")
    )


@_edit
def new_native_file(tree: Path, it: Mechanism) -> Situation | None:
    """Add a source that nothing names: builds compile what they are told."""
    if not it.native:
        return None
    (tree / it.native).with_name("unnamed" + Path(it.native).suffix).write_text("\n")
    return _NOTHING


@_edit
def build_definition(tree: Path, it: Mechanism) -> Situation | None:
    return (
        _append(tree / "CMakeLists.txt", "target_compile_definitions(_native PRIVATE MORE=+1)\n")
        or _replace(
            tree / "meson.build",
            "subdir: 'demo', install",
            "c_args: '-DMORE=+1', subdir: 'demo', install",
        )
        or _append(tree / "Cargo.toml", "[profile.release]\nopt-level = 1\n")
    )


@_edit
def build_definition_remark(tree: Path, it: Mechanism) -> Situation | None:
    return _append(tree / "CMakeLists.txt", "# more\n") or _append(tree / "meson.build", "# more\n")


@_edit
def extension_deleted(tree: Path, it: Mechanism) -> Situation | None:
    found = list((tree / it.package).glob("*.so"))
    for path in found:
        path.unlink()
    return _NOTHING if found else None


@_edit
def link_tree_damaged(tree: Path, it: Mechanism) -> Situation | None:
    found = [path for path in tree.glob("build/__editable__*/**/module.py") if path.is_symlink()]
    for path in found:
        path.unlink()
    return _NOTHING if found else None


@_edit
def build_folder_removed(tree: Path, it: Mechanism) -> Situation | None:
    if not (tree / "build").is_dir():
        return None
    shutil.rmtree(tree / "build")
    return _NOTHING


@_edit
def tag(tree: Path, it: Mechanism) -> Situation | None:
    if not it.git:
        return None
    git(tree, "commit", "-q", "--allow-empty", "-m", "more")
    git(tree, "tag", "v2.0")
    return _NOTHING


@_edit
def empty_commit(tree: Path, it: Mechanism) -> Situation | None:
    if not it.git:
        return None
    git(tree, "commit", "-q", "--allow-empty", "-m", "more")
    return _NOTHING


@_edit
def committed_edit(tree: Path, it: Mechanism) -> Situation | None:
    if not it.git:
        return None
    _append(tree / it.package / "module.py", "# more\n")
    git(tree, "commit", "-q", "-a", "-m", "more")
    return _NOTHING


@_edit
def untracked_file(tree: Path, it: Mechanism) -> Situation | None:
    if not it.git:
        return None
    (tree / "scratch.txt").write_text("scratch\n")
    return _NOTHING


@_edit
def branch_and_back(tree: Path, it: Mechanism) -> Situation | None:
    if not it.git:
        return None
    git(tree, "checkout", "-q", "-b", "other")
    _append(tree / "README.md", "other\n")
    _append(tree / it.package / "module.py", "OTHER = 1\n")
    git(tree, "commit", "-q", "-a", "-m", "other")
    git(tree, "checkout", "-q", "main")
    return _NOTHING


@_edit
def stash_and_back(tree: Path, it: Mechanism) -> Situation | None:
    if not it.git:
        return None
    kept = (tree / it.package / "module.py").read_bytes()
    _append(tree / it.package / "module.py", "OTHER = 1\n")
    git(tree, "stash", "-q")
    assert (tree / it.package / "module.py").read_bytes() == kept
    return _NOTHING


@_edit
def config_setting(tree: Path, it: Mechanism) -> Situation | None:
    """Give the backend a setting that it knows."""
    if it.settings == (("editable_mode", "strict"),):
        return Situation(settings=(("editable_mode", "compat"),))
    known = {
        "CMakeLists.txt": ("cmake.define.CMAKE_C_FLAGS", "-DMORE=+1"),
        "meson.build": ("setup-args", "-Dc_args=-DMORE=+1"),
    }
    for name, setting in known.items():
        if name in it.files:
            return Situation(settings=(setting,))
    return None


@_edit
def cflags(tree: Path, it: Mechanism) -> Situation | None:
    if not it.native.endswith(".c"):
        return None
    return Situation(variables={"CFLAGS": "-DMORE=+1 -O1"})


@_edit
def compiler(tree: Path, it: Mechanism) -> Situation | None:
    """Name another compiler: a script that adds a definition to what gcc is told."""
    if not it.native.endswith(".c"):
        return None
    script = tree.with_name("other-cc")
    script.write_text('#!/bin/sh\nexec gcc -DMORE=+1 "$@"\n')
    script.chmod(0o755)
    return Situation(variables={"CC": str(script)})


@_edit
def variable_of_a_hook(tree: Path, it: Mechanism) -> Situation | None:
    if not any("DEMO_MODE" in text for text in it.files.values()):
        return None
    return Situation(variables={"DEMO_MODE": "other"})


@_edit
def unrelated_variable(tree: Path, it: Mechanism) -> Situation | None:
    return Situation(variables={"SOMETHING_ELSE": "1", "TERM": "vt100"})


@_edit
def everything_touched(tree: Path, it: Mechanism) -> Situation | None:
    for folder, folders, names in os.walk(tree):
        folders[:] = [name for name in folders if name != ".git"]
        for name in names:
            os.utime(os.path.join(folder, name), follow_symlinks=False)
    return _NOTHING


@_edit
def edited_and_back(tree: Path, it: Mechanism) -> Situation | None:
    for name in ("README.md", f"{it.package}/module.py"):
        content = (tree / name).read_bytes()
        (tree / name).unlink()
        (tree / name).write_bytes(content)
    return _NOTHING


@_edit
def same_size_and_time(tree: Path, it: Mechanism) -> Situation | None:
    path = tree / "README.md"
    status = path.stat()
    path.write_text("# dem0\n")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    return _NOTHING


@_edit
def same_size_and_time_of_a_module(tree: Path, it: Mechanism) -> Situation | None:
    path = tree / it.package / "sub" / "deep.py"
    status = path.stat()
    path.write_text("DEEP = 2\n")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    return _NOTHING


@_edit
def edited_with_a_time_of_long_ago(tree: Path, it: Mechanism) -> Situation | None:
    for path in (tree / it.package / "module.py", tree / "README.md"):
        _append(path, "# more\n")
        os.utime(path, (1_000_000_000, 1_000_000_000))
    return _NOTHING


@_edit
def touched_with_a_time_of_long_ago(tree: Path, it: Mechanism) -> Situation | None:
    for path in (tree / it.package / "module.py", tree / "README.md"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    return _NOTHING


@_edit
def project_moved(tree: Path, it: Mechanism) -> Situation | None:
    tree.rename(tree.with_name(tree.name + ".moved"))
    return _NOTHING


@_edit
def project_copied(tree: Path, it: Mechanism) -> Situation | None:
    """Copy the project elsewhere, and work there: this one stays as it is."""
    copy = tree.with_name(tree.name + ".copy")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(tree, copy, symlinks=True)
    (copy / it.package / "module.py").write_text("")
    return _NOTHING


@_edit
def environment_copied(tree: Path, it: Mechanism) -> Situation | None:
    return Situation(interpreter=copied_environment())


@_edit
def interpreter_patched(tree: Path, it: Mechanism) -> Situation | None:
    """Put another patch release of the same Python in the place of this one."""
    other = other_patch_release()
    return Situation(interpreter=other) if other else None


@_edit
def new_test(tree: Path, it: Mechanism) -> Situation | None:
    (tree / "tests" / "test_more.py").write_text("def test(): pass\n")
    return _NOTHING


@_edit
def test_edited(tree: Path, it: Mechanism) -> Situation | None:
    return _append(tree / "tests" / "test_demo.py", "# more\n")


@_edit
def new_doc(tree: Path, it: Mechanism) -> Situation | None:
    (tree / "docs" / "more.md").write_text("more\n")
    return _NOTHING


@_edit
def new_root_file(tree: Path, it: Mechanism) -> Situation | None:
    (tree / "tox.toml").write_text("[env.test]\n")
    return _NOTHING


@_edit
def bytecode(tree: Path, it: Mechanism) -> Situation | None:
    folder = tree / it.package / "__pycache__"
    folder.mkdir(exist_ok=True)
    (folder / "module.cpython-399.pyc").write_bytes(b"x")
    (tree / ".venv").mkdir(exist_ok=True)
    (tree / ".venv" / "pyvenv.cfg").write_text("home = /\n")
    return _NOTHING
