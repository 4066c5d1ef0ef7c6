"""What the same faults do to trueup, uv and pip: the table of docs/reliability.md.

`python tests/support/peer_table.py` runs every row for every tool, one after the other, and writes
what came of each; `--rows` and `--tools` choose, `--tries` bounds kills, damages and power cuts.
The rows of disks take Linux and root. Everything is asked of an index of its own on this machine.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.housing import make_set, new_environment
from support.resolving import quiet_environment, sha256_of
from support.site import Page, Site, open_site

TOOLS = {
    "trueup": [sys.executable, "-m", "trueup"],
    "uv": [sys.executable, "-m", "uv"],
    "pip": [sys.executable, "-m", "pip"],
}
ROWS = {
    "wheels": "peer_hostile.py",
    "sources": "peer_hostile.py",
    "kill": "peer_driver.py",
    "damage": "peer_driver.py",
    "full": "full_driver.py",
    "power": "power_driver.py",
}
_HERE = Path(__file__).resolve().parent
_OWN_DISKS = {"full", "power"}  # they mount
_FOR_EVER = {"Cache-Control": "max-age=365000000, immutable, public"}


def fill(site: Site, wheels: list[Path]) -> None:
    """Put `wheels` into an index, with their hashes; what it gives may be cached for ever."""
    pages: dict[str, list[str]] = {}
    for path in wheels:
        name, version, _ = path.name.split("-", 2)
        with zipfile.ZipFile(path) as archive:
            metadata = archive.read(f"{name}-{version}.dist-info/METADATA")
        for end, content in (("", path.read_bytes()), (".metadata", metadata)):
            site.add(f"/files/{path.name}{end}", Page(content, headers=dict(_FOR_EVER)))
        address = f"../../files/{path.name}#sha256={sha256_of(path)}"
        beside = f'data-core-metadata="sha256={hashlib.sha256(metadata).hexdigest()}"'
        pages.setdefault(name, []).append(f'<a href="{address}" {beside}>{path.name}</a>')
    for name, links in pages.items():
        text = f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>"
        headers = {"Content-Type": "text/html", "Cache-Control": "max-age=600"}
        site.add(f"/simple/{name}/", Page(text.encode(), headers=headers))


def wish(folder: Path, site: Site, tool: str, wheels: list[Path]) -> list[str]:
    """Return the arguments that ask the index for just `wheels`."""
    pins = ("==".join(path.name.split("-")[:2]) for path in wheels)
    wanted = folder / f"{wheels[0].name}-{len(wheels)}.txt"
    wanted.write_text("\n".join(pins))
    host = site.url.removeprefix("http://")
    # pip caches nothing that comes by http from a host that is not trusted
    trust = ["--trusted-host", host] if tool == "pip" else []
    return ["--index-url", f"{site.url}/simple/", *trust, "-r", str(wanted)]


def specification(row: str, tool: str, folder: Path, site: Site, tries: int) -> dict[str, Any]:
    """Return what the driver of a row is told; the wheels it needs are put into the index."""
    number = 12 if row in _OWN_DISKS else 20
    old, new = (make_set(folder / "house", each, range(number)) for each in (1, 2))
    fill(site, [*old, *new])
    return {
        "folder": str(folder),
        "environment": new_environment(folder / "pristine").root,
        "tool": tool,
        "program": TOOLS[tool],
        "old": wish(folder, site, tool, old[: number // 2]),
        "new": wish(folder, site, tool, new),
        "way": row,
        "seed": 5,
        "tries": tries,
        "cuts": tries,
        "places": ["store", "environment", "temporary"],
        "size": max(1, tries // 3),
        "nr_inodes": max(1, tries // 6),
    }


def play(row: str, tool: str, tries: int, every: int) -> dict[str, Any]:
    """Run one row for one tool, and return what its driver tells."""
    with tempfile.TemporaryDirectory(prefix="peers-") as name, open_site() as site:
        folder = Path(name)
        (folder / "home").mkdir()
        spec = specification(row, tool, folder, site, tries) | {"every": every}
        (folder / "spec.json").write_text(json.dumps(spec))
        command = [sys.executable, str(_HERE / ROWS[row]), str(folder / "spec.json")]
        variables = quiet_environment(folder / "home", NO_PROXY="127.0.0.1", LC_ALL="C.UTF-8")
        done = subprocess.run(
            [*(["unshare", "-m"] if row in _OWN_DISKS else []), *command],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            env=variables,
        )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def summary(row: str, answer: dict[str, Any]) -> dict[str, int]:
    """Return how many ended in which way."""
    if row in {"wheels", "sources"}:
        return dict(Counter(end for _, end in answer["ends"]))
    if row in {"kill", "damage"}:
        return dict(answer["found"])
    kinds = Counter(kind for one in answer["broken"] for kind in kinds_of(one["wrong"]))
    counts = {
        str(name): int(answer[name])
        for name in ("cuts", "hit", "tries", "refused")
        if name in answer
    }
    return {**counts, "wrong": len(answer["broken"]), **kinds}


def kinds_of(wrong: list[str]) -> set[str]:
    """Return the kinds of what is wrong after one try: the words in front of the colon."""
    return {text.split(":")[0] for text in wrong}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS))
    parser.add_argument("--tools", nargs="+", choices=TOOLS, default=list(TOOLS))
    parser.add_argument("--tries", type=int, default=30)
    parser.add_argument("--every", type=int, default=1, help="of the bad wheels and sources")
    parser.add_argument("--details", type=Path, help="a folder for each driver's own answer")
    said = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    for row in said.rows:
        for tool in said.tools:
            answer = play(row, tool, said.tries, said.every)
            if said.details:
                said.details.mkdir(parents=True, exist_ok=True)
                (said.details / f"{row}-{tool}.json").write_text(json.dumps(answer, indent=1))
            print(f"{row:8} {tool:7} {json.dumps(summary(row, answer))}", flush=True)


if __name__ == "__main__":
    main()
