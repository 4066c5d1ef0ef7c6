"""Readers of bytes that somebody else made: each may refuse by its own error, and by no other."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from trueup.acquisition.pack import find_damage, open_for_reading, read_pack
from trueup.acquisition.packing import write_pack
from trueup.acquisition.store_records import read_record, write_record
from trueup.acquisition.wheel import open_wheel
from trueup.acquisition.wheel_rules import Limits
from trueup.destination.environment import Environment
from trueup.errors import FetchError, RequestError, StoreError, TransactionError, WheelRefused
from trueup.importability.startup import lines_in
from trueup.installation.journal import Journal, Staged, read_journal, write_journal
from trueup.installation.receipt import decode_receipt, encode_receipt, read_receipt
from trueup.resolution.assembly import parse_request
from trueup.resolution.request_input import RequestInput

from support.housing import make_pack, new_environment, put
from support.wheels import make_wheel


@dataclass(frozen=True)
class Target:
    """A reader.

    Attributes:
        seed: bytes that it reads well.
        read: reads bytes; raises only what it should not.
    """

    seed: bytes
    read: Callable[[bytes], None]


def targets(folder: Path) -> Mapping[str, Target]:
    """Return the readers by name; what they need lies in `folder`."""
    environment = new_environment(folder / "env")
    put(environment, [make_pack(folder)])
    return {
        "wheel": _wheel(folder),
        "pack": _pack(folder),
        "receipt": _receipt(environment),
        "journal": _journal(environment, folder),
        "record": _record(folder),
        "requirements": _requirements(folder),
        "pth": _pth(folder),
    }


def _wheel(folder: Path) -> Target:
    path = make_wheel(folder / "wheels", "demo", entry_points="[console_scripts]\nrun = demo:run\n")

    def read(content: bytes) -> None:
        with tempfile.TemporaryDirectory(dir=folder) as place:
            mine = os.path.join(place, path.name)
            Path(mine).write_bytes(content)
            try:
                with open_wheel(mine, limits=Limits(total=1 << 22)) as wheel:
                    write_pack(wheel, mine + ".pack")
            except (WheelRefused, FetchError):
                return

    return Target(path.read_bytes(), read)


def _pack(folder: Path) -> Target:
    good = Path(make_pack(folder, "packed").path).read_bytes()

    def read(content: bytes) -> None:
        path = folder / "fuzzed.pack"
        path.write_bytes(content)
        try:
            pack = read_pack(str(path))
            with open_for_reading(str(path)) as file:
                damage = find_damage(pack, file)
        except StoreError:
            return
        assert damage or content == good, "a changed pack was taken for a whole one"

    return Target(good, read)


def _receipt(environment: Environment) -> Target:
    receipt = read_receipt(environment, "demo-1.0.dist-info")
    assert receipt is not None

    def read(content: bytes) -> None:
        try:
            decode_receipt(content)
        except ValueError:
            return

    return Target(encode_receipt(receipt), read)


def _journal(environment: Environment, folder: Path) -> Target:
    receipt = read_receipt(environment, "demo-1.0.dist-info")
    assert receipt is not None
    inside = os.path.join(environment.state, "transaction-x")
    os.mkdir(inside)
    staged = Staged("demo 1.0", (), receipt)
    write_journal(environment, Journal(inside, ("a",), ("b",), (staged,), ("c",)))
    path = Path(environment.state, "journal")
    good = path.read_bytes()

    def read(content: bytes) -> None:
        path.write_bytes(content)
        try:
            read_journal(environment)
        except TransactionError:
            return
        assert content == good, "a changed journal was taken for a whole one"

    return Target(good, read)


def _record(folder: Path) -> Target:
    path = folder / "record.json"
    value = {"pack": "0" * 64}
    write_record(str(path), "key", value, str(folder))
    good = path.read_bytes()

    def read(content: bytes) -> None:
        path.write_bytes(content)
        found = read_record(str(path), "key")
        assert found is None or found == value or json.loads(content), "a wrong record"
        assert found in (None, value)

    return Target(good, read)


_FILE = """\
# a file
--index-url https://index.invalid/simple
-e ./here[extra]
alpha[one,two]>=1.0,<2; python_version >= "3.8" \\
    --hash=sha256:0000000000000000000000000000000000000000000000000000000000000000
beta @ https://host.invalid/beta-1.0-py3-none-any.whl#sha256=00 ; extra == 'x'
git+https://host.invalid/r.git@main#egg=gamma&subdirectory=a
./local/dir
-c limits.txt
${HOME}/thing
"""


def _requirements(folder: Path) -> Target:
    path = folder / "fuzzed.txt"

    def read(content: bytes) -> None:
        path.write_bytes(content)
        raw = RequestInput(requirement_files=(str(path),))
        try:
            parse_request(raw, base=str(folder), environment={}, read_text=_nothing)
        except (RequestError, FetchError):
            return

    return Target(_FILE.encode(), read)


def _nothing(_address: str) -> str:
    raise FetchError("no network here")


def _pth(folder: Path) -> Target:
    place = folder / "site"
    place.mkdir()

    def read(content: bytes) -> None:
        (place / "fuzzed.pth").write_bytes(content)
        lines_in([str(place)])  # reads, and runs nothing

    return Target(b"# a comment\n./lib\n/abs/path\nimport sys\n\n\xef\xbb\xbfx\n", read)
