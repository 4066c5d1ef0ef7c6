"""RECORD: one row for each file, with its digest, as every reader of it understands."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import os
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from support.housing import make_pack, quick_folder
from trueup.destination.environment import Environment
from trueup.destination.installed import read_installed
from trueup.installation.record import Delivery, line_of, metadata_files, record_text
from trueup.installation.transaction import carry_out

INFO = "demo-1.0.dist-info"
AWKWARD = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="/\\\0"), min_size=1, max_size=8
)


def rows_of(environment: Environment, name: str = "demo") -> dict[str, tuple[str, str]]:
    text = read_installed(environment)[name].read_file("RECORD") or ""
    return {path: (digest, size) for path, digest, size in csv.reader(text.splitlines())}


@settings(deadline=None)
@given(st.lists(AWKWARD, min_size=1, unique=True))
def test_what_is_written_is_what_the_csv_module_reads(names: list[str]) -> None:
    root = os.path.join(os.sep, "env", "lib")
    lines = [line_of(os.path.join(root, "pkg", name), b"content", root) for name in names]
    text = record_text(lines, INFO).decode()
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert sorted(row[0] for row in rows[:-1]) == sorted(f"pkg/{name}" for name in names)
    assert rows[-1] == [f"{INFO}/RECORD", "", ""]


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_a_digest_is_url_safe_and_without_padding(content: bytes) -> None:
    line = line_of(os.path.join(os.sep, "lib", "a"), content, os.path.join(os.sep, "lib"))
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    assert line == f"a,sha256={digest},{len(content)}\n"


def test_every_file_that_is_written_has_a_true_row(
    tmp_path: Path, environment: Environment
) -> None:
    data = "demo-1.0.data"
    files = {
        "demo/__init__.py": "x = 1\n",
        "demo/with space.txt": "a",
        "demo/umlaut_ä.txt": "b",
        f"{data}/platlib/plat.py": "c",
        f"{data}/scripts/run": "#!python\n",
        f"{data}/scripts/program": b"\x7fELF",
        f"{data}/data/share/demo": "d",
        f"{data}/headers/demo.h": "e",
    }
    pack = make_pack(tmp_path, files=files, entry_points="[console_scripts]\ndemo = demo:x\n")
    carry_out(environment, [], [Delivery(pack, True, {"url": "file:///x"}, {"trueup.json": b"{}"})])
    rows = rows_of(environment)
    library = environment.scheme.purelib
    found = {os.path.normpath(os.path.join(library, path)): row for path, row in rows.items()}
    for path, (digest, size) in found.items():
        content = Path(path).read_bytes()
        if not path.endswith("RECORD"):
            assert (digest, size) == _promise(content)
    places = (Path(library), Path(environment.root, "share"), Path(environment.scheme.headers))
    written = {str(path) for place in places for path in place.rglob("*") if path.is_file()}
    assert written <= set(found)
    scripts = environment.scheme.scripts
    commands = {os.path.basename(path) for path in found if os.path.dirname(path) == scripts}
    assert {name.removesuffix(".exe") for name in commands} == {"run", "program", "demo"}


def _promise(content: bytes) -> tuple[str, str]:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"sha256={digest}", str(len(content))


def test_paths_lead_out_of_the_library_with_forward_slashes(environment: Environment) -> None:
    with quick_folder() as folder:
        pack = make_pack(folder, files={"demo-1.0.data/data/share/a/b": ""})
        carry_out(environment, [], [Delivery(pack)])
    outside = [path for path in rows_of(environment) if path.startswith("..")]
    up = os.path.relpath(environment.scheme.data, environment.scheme.purelib).replace(os.sep, "/")
    assert outside == [f"{up}/share/a/b"]


def test_metadata_says_who_installed_it_and_why(tmp_path: Path) -> None:
    pack = make_pack(tmp_path)
    assert metadata_files(Delivery(pack)) == {"INSTALLER": b"trueup\n"}
    origin = {"url": "https://example.org/demo.zip", "archive_info": {}}
    files = metadata_files(Delivery(pack, True, origin, {"trueup.json": b"{}"}))
    assert files["REQUESTED"] == b""
    assert json.loads(files["direct_url.json"]) == origin
    assert files["trueup.json"] == b"{}"


def test_what_others_read_is_what_was_said(tmp_path: Path, environment: Environment) -> None:
    origin = {"url": "https://example.org/demo.zip", "archive_info": {"hashes": {}}}
    carry_out(environment, [], [Delivery(make_pack(tmp_path), True, origin)])
    present = read_installed(environment)["demo"]
    assert (present.installer, present.requested, present.direct_url) == ("trueup", True, origin)
