"""Cases about local projects: is it fresh, is there something to do, and what a build costs."""

from __future__ import annotations

from benchmarks.case import Case, Command
from benchmarks.installs import EMPTY, TRUEUP_VENV

__all__ = ["editable_cases"]

_SIZES = (100, 1_000, 10_000, 50_000)
_MAKE: Command = ("{python}", "{tools}/projects.py", "tree", "{project}")
_EDIT: Command = ("{python}", "{tools}/projects.py", "edit", "{project}", "pyproject.toml")
_TRUEUP: Command = (
    *("{trueup}", "install", "-q", "--offline"),
    *("--python", "{target_python}", "-e", "{project}"),
)
_UV: Command = ("{uv}", "pip", "install", "-q", "--python", "{target_python}", "-e", "{project}")
_SYNC: Command = ("{uv}", "sync", "-q", "--python", "{python}")
_PIP: Command = ("{pip}", "--python", "{target_python}", "install", "-q", "-e", "{project}")
_STATUS: Command = ("{git}", "status", "--porcelain")
# pip and uv build in environments of their own, which come from here.
_OFFLINE = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "{wheelhouses}"}


def _tree(size: int, *more: str) -> Command:
    return (*_MAKE, "--files", str(size), "--build-lock", "{build_lock}", *more)


def editable_cases() -> tuple[Case, ...]:
    """Return all cases of this module."""
    return (
        *(case for size in _SIZES for case in (*_no_op(size), *_rebuilds(size))),
        *(case for size in _SIZES for case in _checks(size)),
        *_in_process(),
        *_builds(),
    )


def _most(size: int) -> int:
    return {10_000: 3, 50_000: 1}.get(size, 0)


def _tools(size: int) -> list[tuple[str, str, Command, tuple[Command, ...]]]:
    """Return peer, label, command, and what makes what it works on."""
    tree = _tree(size)
    return [
        ("uv", "uv", _UV, (tree, EMPTY)),
        ("uv", "uv sync", _SYNC, (tree,)),
        ("trueup", "trueup", _TRUEUP, (tree, TRUEUP_VENV)),
        ("pip", "pip", _PIP, (tree, EMPTY)),
    ]


def _no_op(size: int) -> list[Case]:
    found = [
        Case(
            *("editable", "editable, nothing to do", f"{size:,} files", peer, label, (command,)),
            prepare=(*make, command, command),
            sets=("build",),
            reuse=True,
            environment=_OFFLINE,
            folder="{project}",
            most=3 if peer == "pip" else 0,
            slow=peer == "pip" and size == 50_000,
        )
        for peer, label, command, make in _tools(size)
    ]
    return [*found, _status("editable", "editable, nothing to do", size)]


def _status(family: str, name: str, size: int) -> Case:
    return Case(
        *(family, name, f"{size:,} files", "git", "git status", (_STATUS,)),
        prepare=(_tree(size), _STATUS),
        sets=("build",),
        reuse=True,
        folder="{project}",
    )


def _rebuilds(size: int) -> list[Case]:
    tools = _tools(size)
    reinstall = (*_UV, "--reinstall")
    tools.append(("uv", "uv --reinstall", reinstall, (_tree(size), EMPTY)))
    return [
        Case(
            *("editable", "editable, after an edit of pyproject.toml", f"{size:,} files"),
            *(peer, label, (command,)),
            prepare=(*make, command),
            before=(_EDIT,),
            sets=("build",),
            reuse=True,
            environment=_OFFLINE,
            folder="{project}",
            most=3 if peer == "pip" and size < 50_000 else _most(size),
            slow=peer == "pip" and size == 50_000,
        )
        for peer, label, command, make in tools
    ]


def _checks(size: int) -> list[Case]:
    """Return who is asked whether the project is fresh, installed editable and as a wheel.

    What of the tree counts for an editable is little, for a wheel it is every module.
    """
    check = ("{trueup}", "check", "-q", "--python", "{target_python}")
    inside = ("{trueup-python}", "{tools}/inside.py", "check", "{target}")
    wheel = (*_TRUEUP[:-2], "{project}")
    ways = (
        ("trueup check", check, _TRUEUP, False),
        ("trueup, in process", inside, _TRUEUP, True),
        ("trueup check, wheel", check, wheel, False),
        ("trueup, in process, wheel", inside, wheel, True),
    )
    name = "freshness check"
    return [
        _status("check", name, size),
        *(
            Case(
                *("check", name, f"{size:,} files", "trueup", label, (command,)),
                prepare=(_tree(size), TRUEUP_VENV, install),
                sets=("build",),
                reuse=True,
                folder="{project}",
                inner=inner,
                slow=size == _SIZES[-1] and install is wheel,
            )
            for label, command, install, inner in ways
        ),
    ]


def _in_process() -> list[Case]:
    words = ("{trueup-python}", "{tools}/inside.py", "nothing", "{target}", "--offline")
    cases = [
        Case(
            *("in-process", "nothing to do, in process", f"{size:,} files of an editable"),
            *("trueup", "trueup", ((*words, "-e", "{project}"),)),
            prepare=(_tree(size), TRUEUP_VENV, _TRUEUP),
            sets=("build",),
            reuse=True,
            folder="{project}",
            inner=True,
        )
        for size in _SIZES[:3]
    ]
    install = (*_TRUEUP[:6], "-r", "{lock}")
    return [
        *cases,
        *(
            Case(
                *("in-process", "nothing to do, in process", f"{chosen} set"),
                *("trueup", "trueup", ((*words, "-r", "{lock}"),)),
                prepare=(TRUEUP_VENV, install),
                sets=(chosen,),
                reuse=True,
                inner=True,
            )
            for chosen in ("small", "medium")
        ),
    ]


def _builds() -> list[Case]:
    kinds = (
        ("wheel", "wheel, 100 files", _tree(100)),
        ("wheel", "wheel, 1,000 files", _tree(1_000)),
        ("editable", "editable, 1,000 files", _tree(1_000)),
        ("wheel", "wheel, C extension", _tree(20, "--extension")),
    )
    build = ("{trueup-python}", "{tools}/inside.py", "build", "{target}", "{project}")
    return [
        Case(
            *("build", "a build", scale, "trueup", label, ((*build, kind, traced),)),
            prepare=(tree, TRUEUP_VENV),
            sets=("build",),
            reuse=True,
            inner=True,
            most=5,
        )
        for kind, scale, tree in kinds
        for label, traced in (("hooks alone", "unseen"), ("trueup", "traced"))
    ]
