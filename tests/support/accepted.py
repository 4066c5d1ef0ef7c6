"""Verdicts that are stale although a build would give the same, each with its reason."""

from __future__ import annotations

from fnmatch import fnmatch

# (mechanism, mode, edit) -> why nobody can tell without a build; the first that fits counts.
ACCEPTED_FALSE_STALE = {
    ("*", "*", "build_requirement_added"): "any distribution in the build environment may matter",
    ("setuptools-*", "*", "interpreter_patched"): "compilers were started, for this very Python",
    ("setuptools-strict", "wheel", "config_setting"): "a setting that only editables look at",
    ("setuptools-scm", "wheel", "new_data_folder"): "git may come to track what is in it",
    (
        "setuptools-scm",
        "wheel",
        "new_data_folder_with_a_dash",
    ): "git may come to track what is in it",
    ("setuptools-64", "*", "licence_added"): "later releases take a file of that name",
    (
        "setuptools-generates",
        "wheel",
        "generated_edited",
    ): "setup.py looks at it before it writes, and could take it as it is",
    ("setuptools-cython", "*", "init_edited"): "Cython looks at it, and may read it",
    (
        "scikit-build",
        "editable",
        "new_data_folder_with_a_dash",
    ): "the loader names what lies in packages, folders of data too",
    (
        "maturin",
        "wheel",
        "new_folder_with_a_dash",
    ): "maturin lists every folder of the project, and so might a build script",
    ("setuptools-scm", "wheel", "data_added"): "git may come to track it",
    ("*", "*", "interpreter_patched"): "programs were started for this very Python",
    ("meson-python", "editable", "data_edited"): "meson.build names it, and it may have been read",
    (
        "maturin",
        "wheel",
        "new_top_level_*",
    ): "maturin lists every folder of the project, and so might a build script",
    (
        "maturin",
        "wheel",
        "new_native_file",
    ): "maturin lists every folder of the project, and so might a build script",
}


def accepted_reason(mechanism: str, mode: str, edit: str) -> str:
    """Return why a verdict may be stale without need; "" if it may not."""
    for (name, way, what), reason in ACCEPTED_FALSE_STALE.items():
        if fnmatch(mechanism, name) and fnmatch(mode, way) and fnmatch(edit, what):
            return reason
    return ""
