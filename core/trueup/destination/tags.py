"""The wheel tags that fit an interpreter (PEP 425), from what it told of itself.

`packaging` can say it of the process it runs in; a target may be too old to import it (3.8). So the
target tells the raw facts, and the tags are put together here by `packaging`'s own functions.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

__all__ = ["memo_key", "wheel_tags"]

_MANYLINUX_MACHINES = frozenset(
    {"x86_64", "i686", "aarch64", "armv7l", "ppc64", "ppc64le", "s390x", "loongarch64", "riscv64"}
)
_LEGACY = {(2, 17): "manylinux2014", (2, 12): "manylinux2010", (2, 5): "manylinux1"}


def wheel_tags(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """Return every tag that fits, best first.

    Args:
        facts: what `probe.collect` returned in the interpreter in question.
    """
    from packaging import tags

    platforms = list(_platforms(facts["platform"]))
    version = tuple(facts["version"][:2])
    nodot = "".join(str(part) for part in version)
    implementation = str(facts["implementation"])
    short = tags.INTERPRETER_SHORT_NAMES.get(implementation, implementation)
    own: Iterable[tags.Tag]
    interpreter: str | None
    if short == "cp":
        own = tags.cpython_tags(version, _cpython_abis(facts, nodot), platforms)
        interpreter = "cp" + nodot
    else:
        own = tags.generic_tags(short + nodot, _generic_abis(facts), platforms)
        interpreter = "pp3" if short == "pp" else None
    every = [*own, *tags.compatible_tags(version, interpreter, platforms)]
    return tuple(dict.fromkeys(map(str, every)))


def _cpython_abis(facts: Mapping[str, Any], nodot: str) -> list[str]:
    threaded = "t" if facts["free_threaded"] else ""
    debug = facts["debug"] or "_d.pyd" in facts["extension_suffixes"]
    plain = f"cp{nodot}{threaded}"
    # A debug build loads ordinary extension modules too, since 3.8.
    return [plain + "d", plain] if debug else [plain]


def _generic_abis(facts: Mapping[str, Any]) -> list[str]:
    """Return the ABI that another implementation than CPython writes into its module names."""
    import re

    suffix = next(iter(facts["extension_suffixes"]), "")
    soabi = suffix.split(".")[1] if suffix.count(".") == 2 else ""
    # ".pypy310-pp73-x86_64-linux-gnu.so", ".graalpy-38-native-x86_64-darwin.dylib"
    parts = {"pypy": 2, "graalpy": 3}.get(re.split(r"[-\d]", soabi)[0])
    if parts:
        soabi = "-".join(soabi.split("-")[:parts])
    return [_plain(soabi)] if soabi else []


def _platforms(facts: Mapping[str, Any]) -> Iterator[str]:
    from packaging import tags

    from trueup.destination import probe

    if facts == probe.platform_facts():
        return tags.platform_tags()
    if facts["macos"]:
        version, machine = facts["macos"]
        major, minor = (int(part) for part in version.split(".")[:2])
        return tags.mac_platforms((major, minor), machine)
    if _plain(facts["platform"]).startswith("linux_"):
        return _linux_platforms(facts)
    return iter([_plain(facts["platform"])])


def _linux_platforms(facts: Mapping[str, Any]) -> Iterator[str]:
    """Return the platforms of a Linux Python that differs from ours: 32 bits, or another libc."""
    import re

    machine = _plain(facts["platform"]).split("_", 1)[1]
    if facts["bits"] == 32:
        machine = {"x86_64": "i686", "aarch64": "armv8l"}.get(machine, machine)
    machines = ["armv8l", "armv7l"] if machine == "armv8l" else [machine]
    for name in machines:
        yield f"linux_{name}"
    hard_float = "armv7l" not in machines or "gnueabihf" in facts["multiarch"]
    found = re.match(r"glibc (\d+)\.(\d+)", facts["libc"])
    if not found or not hard_float or not _MANYLINUX_MACHINES.intersection(machines):
        return
    oldest = 5 if machine in {"x86_64", "i686"} else 17
    for name in machines:
        for minor in range(int(found[2]), oldest - 1, -1):
            version = (int(found[1]), minor)
            if facts["manylinux"] is not None and list(version) not in facts["manylinux"]:
                continue
            yield f"manylinux_{version[0]}_{version[1]}_{name}"
            if version in _LEGACY:
                yield f"{_LEGACY[version]}_{name}"


def memo_key(facts: Mapping[str, Any]) -> str:
    """Return what decides the tags, as text; "" where the facts do not tell enough to remember."""
    if sys.platform == "linux" and not facts["platform"]["libc"]:
        return ""  # the version of musl is asked of its loader, each time
    from packaging import __version__  # a new release may order tags anew, as 26.3 did

    told = [
        __version__,
        *(facts[name] for name in ("implementation", "version", "free_threaded", "debug")),
    ]
    return repr([*told, facts["extension_suffixes"], sorted(facts["platform"].items())])


def _plain(text: str) -> str:
    return text.replace(".", "_").replace("-", "_").replace(" ", "_")
