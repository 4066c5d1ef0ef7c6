"""The environments that other tools keep for a project: tox, nox, and the runners of hooks.

pre-commit and prek never refresh the environment of a hook that was made from a path of this
machine (`additional_dependencies: ["../plugin"]`): it is known by the words it was asked for with.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress

from trueup.destination.venv_config import NAME

__all__ = ["hook_stores", "hosted_environments", "is_of_hook_runner"]

_CONFIGS = (".pre-commit-config.yaml", ".pre-commit-config.yml", "prek.toml")


def hosted_environments(project: str) -> list[str]:
    """Return the environments of tox, of nox, and of hooks that were made from local paths.

    Args:
        project: the top folder of a project.
    """
    found: list[str] = []
    for tool in (".tox", ".nox"):
        folder = os.path.join(project, tool)
        names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
        found += [os.path.join(folder, name) for name in names]
    found = [place for place in found if os.path.isfile(os.path.join(place, NAME))]
    return [*found, *_of_hooks(project)]


def hook_stores() -> tuple[str, str]:
    """Return the folders in which pre-commit and prek keep what hooks need."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return (
        os.environ.get("PRE_COMMIT_HOME") or os.path.join(cache, "pre-commit"),
        os.environ.get("PREK_HOME") or os.path.join(cache, "prek"),
    )


def is_of_hook_runner(directory: str) -> bool:
    """Whether a source tree is a runner's own clone of a hook, which nobody edits."""
    path = os.path.realpath(directory)
    return any(path.startswith(os.path.realpath(one) + os.sep) for one in hook_stores())


def _of_hooks(project: str) -> Iterator[str]:
    configuration = ""
    for name in _CONFIGS:
        path = os.path.join(project, name)
        with suppress(OSError, UnicodeDecodeError), open(path, encoding="utf-8") as file:
            configuration += file.read()
    if not configuration:
        return
    pre_commit, prek = hook_stores()
    for place, wanted in (*_made_by_pre_commit(pre_commit), *_made_by_prek(prek)):
        if all(one in configuration for one in wanted) and _has_local(place):
            yield place


def _made_by_pre_commit(store: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each environment of a hook with the words of its additional dependencies."""
    database = os.path.join(store, "db.db")
    if not os.path.isfile(database):
        return
    import glob
    import sqlite3
    from urllib.parse import quote

    try:
        connection = sqlite3.connect(f"file:{quote(database)}?mode=ro", uri=True)
        try:
            rows = connection.execute("SELECT repo, path FROM repos").fetchall()
        finally:
            connection.close()
    except sqlite3.Error:  # of a version that is not known here
        return
    for repository, path in sorted(rows):  # "local:../plugin,other>=1"
        wanted = [part for part in re.split("[:,]", repository) if part]
        for place in sorted(glob.glob(os.path.join(glob.escape(path), "py_env-*"))):
            yield place, wanted


def _made_by_prek(store: str) -> Iterator[tuple[str, list[str]]]:
    import glob
    import json

    for path in sorted(
        glob.glob(os.path.join(glob.escape(store), "hooks", "*", ".prek-hook.json"))
    ):
        with suppress(OSError, ValueError), open(path, encoding="utf-8") as file:
            content = json.load(file)
            listed = content.get("dependencies", []) if isinstance(content, dict) else []
            yield os.path.dirname(path), [str(one) for one in listed]


def _has_local(place: str) -> bool:
    """Whether something in an environment came from a folder that is not the runner's own."""
    import glob
    import json
    from urllib.parse import unquote, urlsplit

    root, end = glob.escape(place), os.path.join("site-packages", "*.dist-info", "direct_url.json")
    paths = glob.glob(os.path.join(root, "lib", "python*", end))
    for path in paths or glob.glob(os.path.join(root, "Lib", end)):
        with suppress(OSError, ValueError), open(path, encoding="utf-8") as file:
            content = json.load(file)
            if isinstance(content, dict) and "dir_info" in content:
                directory = unquote(urlsplit(str(content.get("url", ""))).path)
                if not is_of_hook_runner(directory):
                    return True
    return False
