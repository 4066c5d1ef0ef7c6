"""Wheels that must be refused, each by its rule; and odd ones that must not."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from trueup.acquisition.wheel_rules import Limits

from support.wheels import record_digest
from support.zip_forge import End, Entry, deflate, extra, forge, signed_descriptor, zip64_end

INFO = "demo-1.0.dist-info"
DATA = "demo-1.0.data"
MODULE = b"VERSION = '1.0'\n"
METADATA = b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"
WHEEL = b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@dataclass(frozen=True)
class OddWheel:
    """A wheel to be made.

    Attributes:
        label: what is odd about it.
        rule: the rule that refuses it; "" for a wheel that is fine.
        archive: its bytes, made when they are wanted.
        filename: its file name.
        limits: how much it may unpack to.
    """

    label: str
    rule: str
    archive: Callable[[], bytes]
    filename: str = "demo-1.0-py3-none-any.whl"
    limits: Limits = field(default_factory=Limits)

    def write(self, folder: Path) -> Path:
        """Write it into `folder`."""
        path = folder / self.filename
        path.write_bytes(self.archive())
        return path


def members(
    files: Mapping[str, bytes] | None = None,
    *,
    drop: Iterable[str] = (),
    record: Callable[[str], str] = lambda rows: rows,
) -> dict[str, bytes]:
    """Return the members of a good wheel with `files` added or replaced.

    Args:
        files: by name.
        drop: names that are left out, and out of RECORD.
        record: changes the text of RECORD.
    """
    all_files = {
        "demo/__init__.py": MODULE,
        f"{INFO}/METADATA": METADATA,
        f"{INFO}/WHEEL": WHEEL,
        **(files or {}),
    }
    for name in drop:
        all_files.pop(name, None)
    rows = "".join(
        f'"{name}",{record_digest(content)},{len(content)}\n' for name, content in all_files.items()
    )
    if f"{INFO}/RECORD" not in drop:
        text = record(rows + f"{INFO}/RECORD,,\n")
        all_files[f"{INFO}/RECORD"] = text.encode("utf-8", "surrogateescape")
    return all_files


def entries(files: Mapping[str, bytes] | None = None, **more: object) -> list[Entry]:
    """Return `members` as entries."""
    return [Entry(name, content) for name, content in members(files, **more).items()]  # type: ignore[arg-type]  # passed on as they are


def _bad(
    label: str, rule: str, files: Mapping[str, bytes] | None = None, **more: object
) -> OddWheel:
    return OddWheel(label, rule, lambda: forge(entries(files, **more)))


def _named(rule: str, *names: str) -> list[OddWheel]:
    return [_bad(f"member {name[:40]!r}", rule, {name: b"evil\n"}) for name in names]


def _pair(rule: str, *pairs: tuple[str, str]) -> list[OddWheel]:
    return [
        _bad(f"{first!r} and {second!r}", rule, {first: b"1", second: b"2"})
        for first, second in pairs
    ]


def _first(label: str, rule: str, **changes: object) -> OddWheel:
    """A wheel whose first member is changed in a way that only the archive knows."""

    def archive() -> bytes:
        all_entries = entries()
        for name, value in changes.items():
            setattr(all_entries[0], name, value)
        return forge(all_entries)

    return OddWheel(label, rule, archive)


def _ended(label: str, rule: str, make: Callable[[bytes, list[Entry]], bytes]) -> OddWheel:
    """A wheel made from the bytes of a good one and its entries."""
    return OddWheel(label, rule, lambda: make(forge(entries()), entries()))


def _commands(rule: str, *texts: str) -> list[OddWheel]:
    return [
        _bad(f"entry points {text!r}", rule, {f"{INFO}/entry_points.txt": text.encode()})
        for text in texts
    ]


def _console(name: str) -> str:
    return f"[console_scripts]\n{name} = demo:main\n"


def _without_end(archive: bytes) -> tuple[bytes, int, int, int]:
    """Return an archive without its end; count, size and start of its directory."""
    count, size, start = struct.unpack("<H2I", archive[-12:-2])
    return archive[:-22], count, size, start


def _with_zip64(
    archive: bytes,
    *,
    wrong: int = 0,
    here: int | None = None,
    record_disk: int = 0,
    locator_off: int = 0,
    record: bool = True,
) -> bytes:
    body, count, size, start = _without_end(archive)
    both = bytearray(zip64_end(count + wrong, size, start, record_at=start + size + locator_off))
    struct.pack_into("<I", both, 16, record_disk)
    if here is not None:
        struct.pack_into("<Q", both, 24, here)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, size, start, 0)
    return body + bytes(both if record else both[-20:]) + end


def _wide(entry: Entry) -> Entry:
    """The same entry with its sizes in zip64 extra fields, as a streaming writer leaves them."""
    sizes = extra(1, struct.pack("<2Q", len(entry.content), len(entry.packed)))
    unknown = 0xFFFFFFFF
    told = {"size": unknown, "compressed": unknown}
    return Entry(
        entry.name, entry.content, extra=sizes, local_extra=sizes, local={**told}, central=told
    )


NAMES = [
    *_named(
        "name-traversal",
        "../evil.py",
        "demo/../../evil.py",
        "demo/..",
        f"{DATA}/scripts/../../evil",
    ),
    *_named("name-absolute", "/etc/evil", "//server/share/evil"),
    *_named("name-colon", "C:/evil.py", "C:evil.py", "demo/file.py:stream"),
    *_named("name-backslash", "demo\\evil.py", "..\\evil.py", "\\\\server\\share\\evil"),
    *_named("name-nul", "demo/a.py\0.txt"),
    *_named("name-control", "demo/a\n.py", "demo/a\x1b[31m.py", "demo/\x7f", "demo/\x85x"),
    *_named("name-component", "demo//a.py", "demo/./a.py", "./demo/a.py"),
    *_named(
        "name-reserved",
        "demo/CON",
        "demo/nul.txt",
        "aux.py",
        "COM1.tar.gz",
        "demo/lpt¹",
        "prn/a.py",
    ),
    *_named("name-trailing", "demo/a.", "demo/a ", "demo ./a.py", "demo./a.py"),
    *_named("name-length", "demo/" + "a" * 256, "demo/" + "é" * 128, "d/" * 600 + "a.py"),
    *_named("name-file-and-directory", "demo", "DEMO", "demo/__init__.py/a"),
    *_pair(
        "name-collision",
        ("demo/A.py", "demo/a.py"),
        ("demo/é.py", "demo/e\u0301.py"),
        ("demo/ß.py", "demo/SS.py"),
        (f"{DATA}/platlib/x.py", f"{DATA}/purelib/x.py"),
        (f"{DATA}/data/bin/x", f"{DATA}/scripts/x"),
        (f"{DATA}/data/Scripts/x", f"{DATA}/scripts/X"),
    ),
    _bad(
        "a file of .data onto the root's",
        "name-collision",
        {f"{DATA}/purelib/demo/__init__.py": b""},
    ),
    OddWheel(
        "one name twice",
        "name-duplicate",
        lambda: forge([*entries(), Entry("demo/__init__.py", b"2")]),
    ),
    OddWheel(
        "a name in Latin-1", "name-encoding", lambda: forge([*entries(), Entry(b"demo/\xe9.py")])
    ),
    OddWheel(
        "a name in UTF-8 that does not say so",
        "name-encoding",
        lambda: forge([*entries(), Entry("demo/é.py".encode())]),
    ),
    OddWheel(
        "a directory '../x/'",
        "name-traversal",
        lambda: forge([*entries(), Entry("../x/", mode=0o040755)]),
    ),
]

MEMBERS = [
    _first("a symbolic link", "member-link", mode=0o120777),
    _first("a named pipe", "member-special", mode=0o010644),
    _first("a device", "member-special", mode=0o060644),
    _first("a directory without a slash", "member-special", mode=0o040755),
    OddWheel(
        "a file with a slash",
        "member-directory",
        lambda: forge([*entries(), Entry("demo/a/", b"x")]),
    ),
    _first("encrypted", "member-encrypted", flags=1),
    _first("strongly encrypted", "member-encrypted", flags=0x41),
    _first("masked headers", "member-encrypted", flags=0x2000),
    _first("bzip2", "member-method", method=12),
    _first("lzma", "member-method", method=14),
]

ARCHIVES = [
    _ended("empty", "zip-structure", lambda _good, _: b""),
    _ended("no zip at all", "zip-structure", lambda _good, _: b"#!/bin/sh\n" * 100),
    _ended("cut short", "zip-structure", lambda good, _: good[: len(good) // 2]),
    _ended("without its last byte", "zip-structure", lambda good, _: good[:-1]),
    _ended("something before it", "zip-prepended", lambda good, _: b"x" * 512 + good),
    _ended("two archives", "zip-prepended", lambda good, _: good + good),
    _ended(
        "something before the directory",
        "zip-gap",
        lambda _, some: forge([*some, Entry("x", gap=b"GAP", hidden=True)]),
    ),
    _ended(
        "first member not at 0",
        "zip-prepended",
        lambda _, some: forge([Entry("x", hidden=True), *some]),
    ),
    _ended(
        "a member that is not in the directory",
        "zip-gap",
        lambda _, some: forge([*some, Entry("hidden.py", b"evil", hidden=True)]),
    ),
    _ended(
        "bytes between members",
        "zip-gap",
        lambda _, some: forge([*some, Entry(f"{INFO}/RECORD.jws", gap=b"GAP")]),
    ),
    _ended("something behind it", "zip-appended", lambda good, _: good + b"x"),
    _ended(
        "a comment that goes on",
        "zip-appended",
        lambda _, some: forge(some, End(comment=b"abc", comment_length=2)),
    ),
    _ended(
        "an archive in the comment",
        "zip-prepended",
        lambda good, some: forge(some, End(comment=good)),
    ),
    _ended(
        "a member in the comment",
        "zip-comment",
        lambda _, some: forge(some, End(comment=b"PK\3\4...")),
    ),
    _ended(
        "two members on one place",
        "zip-overlap",
        lambda _, some: forge([*some, Entry("demo/b.py", central={"offset": 0})]),
    ),
    _ended(
        "a member larger than its place",
        "zip-overlap",
        lambda _, some: forge(
            [*some, Entry("demo/b.py", b"b", central={"compressed": 999}), Entry("demo/c.py")]
        ),
    ),
    _ended("one more told than there", "zip-count", lambda _, some: forge(some, End(count=5))),
    _ended("one less told than there", "zip-count", lambda _, some: forge(some, End(count=3))),
    _ended("a directory told longer", "zip-count", lambda _, some: forge(some, End(size=9999))),
    _ended("a directory told shorter", "zip-prepended", lambda _, some: forge(some, End(size=40))),
    _ended(
        "a directory that starts elsewhere",
        "zip-count",
        lambda _, some: forge(some, End(start=100, size=len(forge(some)) - 122)),
    ),
    _ended("spread over disks", "zip-disks", lambda _, some: forge(some, End(disk=1))),
    _ended("zip64 missing", "zip-zip64", lambda _, some: forge(some, End(count=0xFFFF))),
    _ended("zip64 of another count", "zip-zip64", lambda good, _: _with_zip64(good, wrong=1)),
    _ended("zip64 elsewhere", "zip-zip64", lambda good, _: _with_zip64(good, locator_off=-4)),
    _ended("a locator alone", "zip-zip64", lambda good, _: _with_zip64(good, record=False)),
    _ended("no members but bytes", "zip-gap", lambda _, some: forge([Entry("x", hidden=True)])),
    _ended("zip64 over disks", "zip-disks", lambda good, _: _with_zip64(good, record_disk=1)),
    _ended("zip64 counts that differ", "zip-count", lambda good, _: _with_zip64(good, here=9)),
    _ended(
        "a locator and no room for more",
        "zip-zip64",
        lambda _, some: zip64_end(0, 0, 0)[-20:] + forge([], End(start=20)),
    ),
    _first("an extra field cut short", "zip-extra", extra=b"\1\2\3"),
    _first("an extra field too long", "zip-extra", extra=b"\xfe\xca\xff\0"),
    _first("a second name", "zip-extra", extra=extra(0x7075, b"\1" + bytes(4) + b"evil.py")),
    _first("a second name, local", "zip-extra", local_extra=extra(0x7075, b"\1evil")),
    _first("zip64 sizes nobody asked for", "zip-extra", extra=extra(1, bytes(16))),
    _first("zip64 sizes missing", "zip-extra", central={"size": 0xFFFFFFFF}),
    _first("zip64 sizes missing, local", "zip-extra", local={"size": 0xFFFFFFFF}),
    _first("zip64 sizes that lie, local", "zip-header", local_extra=extra(1, b"\7" + bytes(15))),
    _first("another name, local", "zip-header", local={"name": b"evil/__init__.py"}),
    _first("another size, local", "zip-header", local={"size": 3}),
    _first("another packed size, local", "zip-header", local={"compressed": 3}),
    _first("another checksum, local", "zip-header", local={"crc": 3}),
    _first("another method, local", "zip-header", local={"method": 0}),
    _first("other flags, local", "zip-header", local={"flags": 0x800}),
    _first("no local header", "zip-header", local={"signature": b"PK\1\2"}),
    _first(
        "a descriptor that lies", "zip-descriptor", flags=8, descriptor=signed_descriptor(1, 2, 3)
    ),
    _first("no descriptor", "zip-descriptor", flags=8),
    _first("a descriptor and more", "zip-descriptor", flags=8, descriptor=bytes(40)),
    _first("a wrong checksum", "zip-data", local={"crc": 7}, central={"crc": 7}),
    _first("a size too small", "zip-data", local={"size": 3}, central={"size": 3}),
    _first("a size too large", "zip-data", local={"size": 99}, central={"size": 99}),
    _first("a stored size that lies", "zip-data", method=0, local={"size": 3}, central={"size": 3}),
    _first("data that is not deflated", "zip-data", data=b"\xff" * 20),
    _first("data cut short", "zip-data", data=deflate(MODULE)[:-3]),
    _first("data behind the data", "zip-data", data=deflate(MODULE) + b"evil"),
    _first("more data than told", "zip-data", data=deflate(bytes(4 << 20))),
]

BOMBS = [
    OddWheel(
        "70 MB of zeros", "bomb-ratio", lambda: forge(entries({"demo/zeros": bytes(70_000_000)}))
    ),
    OddWheel(
        "larger than allowed",
        "bomb-size",
        lambda: forge(entries({"demo/a": bytes(5000)})),
        limits=Limits(total=4000),
    ),
    OddWheel(
        "more members than allowed",
        "bomb-count",
        lambda: forge(entries()),
        limits=Limits(members=3),
    ),
    OddWheel(
        "a large METADATA",
        "bomb-metadata",
        lambda: forge(entries({f"{INFO}/METADATA": METADATA + b"\n" + bytes(5000)})),
        limits=Limits(metadata=4000),
    ),
    OddWheel(
        "a large directory", "bomb-metadata", lambda: forge(entries()), limits=Limits(metadata=100)
    ),
]

_ROW = f'"demo/__init__.py",{record_digest(MODULE)},16\n'


def _row(new: str) -> Callable[[str], str]:
    return lambda text: text.replace(_ROW, new)


RECORDS = [
    _bad("no RECORD", "record-missing", drop=(f"{INFO}/RECORD",)),
    _bad("RECORD of two columns", "record-syntax", record=_row("demo/__init__.py,\n")),
    _bad("RECORD in Latin-1", "record-syntax", record=lambda text: text + "\udce9,,\n"),
    _bad(
        "RECORD with a size of letters", "record-syntax", record=_row(_ROW.replace(",16", ",many"))
    ),
    _bad("an unknown hash", "record-syntax", record=_row("demo/__init__.py,crc99=abc,16\n")),
    _bad("a file not listed", "record-omission", record=_row("")),
    _bad("an empty RECORD", "record-omission", record=lambda _: ""),
    _bad("a file without hash", "record-unhashed", record=_row("demo/__init__.py,,16\n")),
    _bad(
        "a file that is not there",
        "record-stranger",
        record=lambda text: text + "gone.py,sha256=x,1\n",
    ),
    _bad(
        "another distribution's file",
        "record-stranger",
        record=lambda text: text + "../../evil,,\n",
    ),
    _bad("an absolute row", "record-stranger", record=lambda text: text + "/etc/passwd,,\n"),
    _bad("listed twice", "record-contradiction", record=_row(_ROW + _ROW.replace(",16", ",17"))),
    _bad("md5", "record-weak", record=_row("demo/__init__.py,md5=abc,16\n")),
    _bad("sha1", "record-weak", record=_row("demo/__init__.py,sha1=abc,16\n")),
    _bad(
        "another hash", "record-hash", record=_row(f"demo/__init__.py,{record_digest(b'x')},16\n")
    ),
    _bad("a hash cut short", "record-hash", record=_row("demo/__init__.py,sha256=,16\n")),
    _bad(
        "RECORD with a hash of itself",
        "record-hash",
        record=lambda text: text.replace("RECORD,,", "RECORD,sha256=x,"),
    ),
    _bad("another size", "record-size", record=_row(_ROW.replace(",16", ",17"))),
]


def _metadata(text: str) -> dict[str, bytes]:
    return {f"{INFO}/METADATA": text.encode()}


SELF = [
    OddWheel("named demo.whl", "file-name", lambda: forge(entries()), "demo.whl"),
    OddWheel("named without a tag", "file-name", lambda: forge(entries()), "demo-1.0-py3-none.whl"),
    OddWheel(
        "named with a bad version", "file-name", lambda: forge(entries()), "demo-x-py3-none-any.whl"
    ),
    OddWheel(
        "named for another project",
        "dist-info-name",
        lambda: forge(entries()),
        "other-1.0-py3-none-any.whl",
    ),
    OddWheel(
        "named for another version",
        "dist-info-name",
        lambda: forge(entries()),
        "demo-2.0-py3-none-any.whl",
    ),
    OddWheel("no dist-info", "dist-info-missing", lambda: forge([Entry("demo/__init__.py")])),
    OddWheel(
        "DIST-INFO in capitals",
        "dist-info-missing",
        lambda: forge([Entry("demo-1.0.DIST-INFO/METADATA")]),
    ),
    _bad("two dist-infos", "dist-info-many", {"other-1.0.dist-info/METADATA": b""}),
    _bad("a dist-info that is a file", "dist-info-many", {"other-1.0.dist-info": b""}),
    _bad(
        "a dist-info by way of .data",
        "dist-info-many",
        {f"{DATA}/purelib/other-1.0.Dist-Info/RECORD": b""},
    ),
    _bad(
        "its own RECORD by way of .data", "dist-info-many", {f"{DATA}/purelib/{INFO}/RECORD": b""}
    ),
    _bad(
        "a dist-info by way of a path",
        "dist-info-many",
        {f"{DATA}/data/lib/python3.11/site-packages/other-1.0.dist-info/RECORD": b""},
    ),
    _bad("no METADATA", "metadata-missing", drop=(f"{INFO}/METADATA",)),
    _bad(
        "METADATA without version",
        "metadata-syntax",
        _metadata("Metadata-Version: 2.1\nName: demo\n"),
    ),
    _bad(
        "METADATA with two names",
        "metadata-syntax",
        _metadata("Name: demo\nName: other\nVersion: 1.0\n"),
    ),
    _bad("METADATA of another name", "metadata-name", _metadata("Name: other\nVersion: 1.0\n")),
    _bad(
        "METADATA of another version", "metadata-version", _metadata("Name: demo\nVersion: 6.6\n")
    ),
    _bad("METADATA of no version", "metadata-version", _metadata("Name: demo\nVersion: latest\n")),
    _bad("no WHEEL", "wheel-missing", drop=(f"{INFO}/WHEEL",)),
    _bad("WHEEL without a version", "wheel-syntax", {f"{INFO}/WHEEL": b"Root-Is-Purelib: true\n"}),
    _bad("WHEEL of three parts", "wheel-syntax", {f"{INFO}/WHEEL": b"Wheel-Version: 1.0.0\n"}),
    _bad("WHEEL in Latin-1", "wheel-syntax", {f"{INFO}/WHEEL": b"Wheel-Version: 1.0\nTag: \xe9\n"}),
    _bad("WHEEL 2.0", "wheel-version", {f"{INFO}/WHEEL": WHEEL.replace(b"1.0", b"2.0")}),
    _bad("WHEEL 0.9", "wheel-version", {f"{INFO}/WHEEL": WHEEL.replace(b"1.0", b"0.9")}),
]

PLACES = [
    *_named(
        "data-foreign",
        "other-1.0.data/scripts/x",
        "demo-2.0.data/purelib/x.py",
        "demo-1.0.DATA/scripts/x",
    ),
    *_named("data-scheme", f"{DATA}/stdlib/os.py", f"{DATA}/scripts", f"{DATA}/Scripts/x"),
    *_named(
        "environment-file",
        f"{DATA}/data/pyvenv.cfg",
        f"{DATA}/data/PYVENV.CFG",
        f"{DATA}/data/bin/python3",
        f"{DATA}/data/bin/activate",
        f"{DATA}/data/Scripts/python.exe",
        f"{DATA}/data/python.exe",
        f"{DATA}/data/lib/python3.11/os.py",
        f"{DATA}/data/bin/pyvenv.cfg",
        f"{DATA}/data/python311._pth",
    ),
    *_named(
        "state-directory",
        ".trueup/journal",
        f"{DATA}/data/.trueup/receipt",
        f"{DATA}/platlib/.TrueUp/x",
    ),
    *_named(
        "script-reserved",
        f"{DATA}/scripts/python",
        f"{DATA}/scripts/Python3.12",
        f"{DATA}/scripts/activate",
        f"{DATA}/scripts/Activate.ps1",
        f"{DATA}/scripts/activate_this.py",
        f"{DATA}/scripts/pip3",
        f"{DATA}/scripts/deactivate.bat",
        f"{DATA}/scripts/pyvenv.cfg",
        f"{DATA}/scripts/python311.dll",
    ),
    *_commands(
        "script-reserved",
        *map(_console, ("python", "PYTHON3", "pythonw.exe", "pip", "pip3.11", "activate")),
    ),
    *_commands(
        "script-name", *map(_console, ("../evil", "a/b", "a\\b", "..", "nul", "evil.", "a\x1b[1m"))
    ),
    *_commands(
        "entry-point-syntax",
        "[console_scripts]\nx = demo:main; import os\n",
        "[console_scripts]\nx = demo\n",
        "[console_scripts]\nx = demo:main\n evil()\n",
        "[console_scripts]\nx = demo:main\nx = demo:other\n",
        "x = demo:main\n",
        "[console_scripts\n",
    ),
    *_commands(
        "script-collision", "[console_scripts]\nx = demo:main\n[gui_scripts]\nX = demo:main\n"
    ),
    _bad(
        "entry points in Latin-1",
        "entry-point-syntax",
        {f"{INFO}/entry_points.txt": b"[a]\nb=\xe9\n"},
    ),
    _bad(
        "a script and a command of one name",
        "script-collision",
        {f"{DATA}/scripts/x": b"", f"{INFO}/entry_points.txt": _console("x").encode()},
    ),
]

BAD_WHEELS = [*NAMES, *MEMBERS, *ARCHIVES, *BOMBS, *RECORDS, *SELF, *PLACES]


def _sha512(text: str) -> str:
    import base64
    import hashlib

    digest = base64.urlsafe_b64encode(hashlib.sha512(MODULE).digest()).rstrip(b"=")
    return text.replace(_ROW, f"demo/__init__.py,sha512={digest.decode()},16\n")


GOOD_WHEELS = [
    _bad("plain", ""),
    OddWheel(
        "with directories", "", lambda: forge([Entry("demo/", mode=0o040755, method=0), *entries()])
    ),
    OddWheel("stored", "", lambda: forge([Entry(e.name, e.content, method=0) for e in entries()])),
    OddWheel(
        "without modes", "", lambda: forge([Entry(e.name, e.content, mode=0) for e in entries()])
    ),
    OddWheel("with a comment", "", lambda: forge(entries(), End(comment=b"made with care"))),
    OddWheel("with wide sizes", "", lambda: forge(map(_wide, entries()))),
    OddWheel("with zip64", "", lambda: _with_zip64(forge(entries()))),
    OddWheel(
        "with descriptors",
        "",
        lambda: forge(
            [
                Entry(
                    e.name,
                    e.content,
                    flags=8,
                    descriptor=signed_descriptor,
                    local={"crc": 0, "size": 0, "compressed": 0},
                )
                for e in entries()
            ]
        ),
    ),
    OddWheel(
        "with an extra field",
        "",
        lambda: forge([Entry(e.name, e.content, extra=extra(0xCAFE, b"x")) for e in entries()]),
    ),
    _bad("RECORD by sha512", "", record=_sha512),
    _bad("RECORD with a row twice", "", record=lambda text: text.replace(_ROW, _ROW * 2)),
    _bad("a .pth", "", {"demo.pth": b"import demo\n"}),
    _bad("names in Unicode", "", {"demo/日本.py": b"", "demo/é.txt": b""}),
    _bad(
        "names like reserved ones",
        "",
        {"demo/console.py": b"", "demo/nullable.py": b"", "demo/com10": b""},
    ),
    _bad(
        "scripts like reserved ones",
        "",
        {
            f"{DATA}/scripts/activate-global-python-argcomplete": b"",
            f"{DATA}/scripts/pip-run": b"",
            f"{DATA}/scripts/python-x": b"",
            f"{DATA}/data/lib/libx.so": b"",
            f"{DATA}/headers/x.h": b"",
        },
    ),
    _bad(
        "entry points of all kinds",
        "",
        {
            f"{INFO}/entry_points.txt": b"[console_scripts]\na-b.c = demo:main\n"
            b"d = demo.e:f.g [extra]\n[demo.plugins]\n../x = any thing\n"
        },
    ),
    _bad("empty files", "", {"demo/a.py": b"", "demo/b.py": b""}),
    _bad("directories of one name but for case", "", {"demo/A/a.py": b"", "demo/a/b.py": b""}),
]
