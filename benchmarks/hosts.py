"""Cases in which trueup works inside of another program: tox, nox, and the hook of pre-commit."""

from __future__ import annotations

from dataclasses import dataclass, replace

from benchmarks.case import Case, Command
from benchmarks.installs import EMPTY

__all__ = ["host_cases"]

_PROJECTS: Command = ("{python}", "{tools}/projects.py")
_BUILD = ("--build-lock", "{build_lock}")
# Each tool gets everything from its own cache, or, where it keeps none, from a directory.
_OFFLINE = {
    "PIP_NO_INDEX": "1",
    "PIP_FIND_LINKS": "{wheelhouses}",
    "TRUEUP_OFFLINE": "1",
    "UV_OFFLINE": "1",
}


@dataclass(frozen=True, slots=True)
class _Host:
    """A way to run tox or nox.

    Attributes:
        peer: whose program.
        label: how it is called in tables.
        program: what is started.
        variables: what makes it use this installer.
    """

    peer: str
    label: str
    program: str
    variables: dict[str, str]


_TOX = (
    _Host("tox", "tox (pip)", "{tox}", {}),
    _Host("tox-uv", "tox-uv", "{tox-uv}", {}),
    _Host("trueup-tox", "trueup", "{trueup-tox}", {"TOX_DEFAULT_RUNNER": "trueup"}),
)
_NOX = (
    _Host("nox", "nox+virtualenv", "{nox}", {"NOX_DEFAULT_VENV_BACKEND": "virtualenv"}),
    _Host("nox-uv", "nox+uv", "{nox-uv}", {"NOX_DEFAULT_VENV_BACKEND": "uv"}),
    _Host("trueup-nox", "trueup", "{trueup-nox}", {"NOX_DEFAULT_VENV_BACKEND": "trueup"}),
)
_SIX = "tox -p, six environments, nothing changed"
_KINDS = {"pure": (), "C extension": ("--extension",)}


def host_cases() -> tuple[Case, ...]:
    """Return all cases of this module."""
    return (*_tox_cases(), *_nox_cases(), *_hook_cases())


def _tox_project(chosen: str, kind: str, *, first: bool) -> Command:
    test = ("--first", f"{{tools}}/sets/first/test_{chosen}.py") if first else ()
    return (
        *(*_PROJECTS, "tox", "{project}", "--files", "20", "--lock", "{lock}"),
        *("--python", "{python}", *_BUILD, *_KINDS[kind], *test),
    )


def _tox(host: _Host, name: str, scale: str, words: Command, prepare: tuple[Command, ...]) -> Case:
    return Case(
        *("tox", name, scale, host.peer, host.label, ((host.program, *words),)),
        prepare=prepare,
        sets=("medium" if "medium" in scale else "small", "build"),
        reuse=True,
        environment={**_OFFLINE, **host.variables},
        folder="{project}",
        most=3 if host.peer == "tox" else 0,
    )


def _tox_cases() -> list[Case]:
    cases: list[Case] = []
    run, every = ("run", "-qq", "-e", "t1"), ("run-parallel", "-qq", "-p", "2")
    six = (*every, "-e", "t1,t2,t3,t4,t5,t6")
    idle = replace(_TOX[0], label="tox doing nothing")
    for kind in _KINDS:
        make = _tox_project("small", kind, first=False)
        skip = ("run", "-qq", "-e", "nothing")
        cases.append(
            replace(
                _tox(idle, "tox, nothing changed", kind, skip, (make, ("{tox}", *skip))), most=0
            )
        )
        for host in _TOX:
            again = (make, (host.program, *run), (host.program, *run))
            cases += [
                _tox(host, "tox, nothing changed", kind, run, again),
                replace(_tox(host, "tox in a fresh checkout", kind, run, (make,)), reuse=False),
                replace(
                    _tox(host, "tox -p, six new environments", kind, six, (make,)),
                    reuse=False,
                    most=2 if host.peer == "tox" else 3,
                ),
                replace(
                    _tox(host, _SIX, kind, six, (make, (host.program, *six))),
                    most=3,
                ),
            ]
    return [*cases, *_tox_recreations()]


def _tox_recreations() -> list[Case]:
    cases: list[Case] = []
    run = ("run", "-qq", "-e", "t1")
    for chosen, kind in (("small", "pure"), ("small", "C extension"), ("medium", "pure")):
        make = _tox_project(chosen, kind, first=True)
        for host in _TOX:
            case = _tox(
                host,
                "tox -r and a first test",
                f"{chosen}, {kind}",
                (*run, "-r"),
                (make, (host.program, *run)),
            )
            slow = host.peer == "tox" and chosen == "medium"
            cases.append(replace(case, slow=slow, most=case.most or 5))
    return cases


def _nox(host: _Host, name: str, words: Command, before: tuple[Command, ...] = ()) -> Case:
    make = (*_PROJECTS, "nox", "{project}", "--files", "20", "--lock", "{lock}", *_BUILD)
    first = (host.program, "-s", words[-1])
    return Case(
        *("nox", name, "30 distributions", host.peer, host.label, ((host.program, *words),)),
        prepare=(make, first, (*first[:1], "-r", *first[1:])),
        before=before,
        sets=("session", "build"),
        reuse=True,
        environment={**_OFFLINE, **host.variables},
        folder="{project}",
        most=3 if host.peer == "nox" else 0,
    )


def _nox_cases() -> list[Case]:
    edit = (*_PROJECTS, "edit", "{project}")
    reuse, anew = ("-r", "-s", "tests"), ("-s", "tests")
    doings = (
        ("nox reused, nothing changed", reuse, ()),
        ("nox reused, after a line in a module", reuse, ((*edit, "src/madeup/__init__.py"),)),
        ("nox reused, after an edit of pyproject.toml", reuse, ((*edit, "pyproject.toml"),)),
        ("nox anew", anew, ()),
    )
    cases = [_nox(host, name, words, before) for name, words, before in doings for host in _NOX]
    idle = replace(_NOX[1], label="nox without an install")
    nothing = _nox(idle, "nox reused, nothing changed", ("-r", "-s", "nothing"))
    return [*cases, nothing]


def _hook_cases() -> list[Case]:
    """The hook where 200 distributions and five editables are installed."""
    names = (*_PROJECTS, "names", "{project}/.venv/{site}", "--distributions", "195", "--files")
    members = tuple(word for number in range(5) for word in ("-e", f"{{project}}/member_{number}"))
    install = ("{uv}", "pip", "install", "-q", "--python", "{project}/.venv")
    prepare = (
        (*_PROJECTS, "family", "{project}", "--files", "20", *_BUILD),
        (*EMPTY[:-1], "{project}/.venv"),
        (*names, "5"),
        (*install, *members),
    )
    # No other case need have filled uv's cache: what it builds with comes out of the directory.
    from_wheels = {
        "UV_CACHE_DIR": "{caches}/uv",
        "UV_FIND_LINKS": "{wheelhouses}",
        "UV_NO_INDEX": "1",
    }
    hook = ("{trueup-hook-python}", "-I", "-m", "trueup_precommit", "check")
    imports = ("{trueup-hook-python}", "-c", "import json, tomllib, importlib.metadata")
    ways = (("trueup-hook", "trueup", hook), ("trueup-hook", "three imports", imports))
    return [
        Case(
            *("hook", "hook, cold start to verdict", "200 distributions", peer, label, (command,)),
            prepare=prepare,
            sets=("build",),
            reuse=True,
            environment={**_OFFLINE, **from_wheels},
            folder="{project}",
        )
        for peer, label, command in ways
    ]
