"""Source distributions and backends that must be refused, or do no harm, each by its rule."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from trueup.errors import BuildError, SourceError, TrueupError, WheelRefused

TOP = "demo-1.0"
PROJECT = (
    '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    '[project]\nname = "demo"\nversion = "1.0"\n'
)
PKG_INFO = "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"
BACKEND = '''
import base64, hashlib, os, sys, zipfile

METADATA = "Metadata-Version: 2.1\\nName: demo\\nVersion: 1.0\\n"
WHEEL = "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"

def write(path, more=None, metadata=METADATA, info="demo-1.0.dist-info", record=True):
    """Write a wheel; a good one, unless told otherwise."""
    files = {"demo.py": "VALUE = 1\\n", **(more or {})}
    files |= {f"{info}/METADATA": metadata, f"{info}/WHEEL": WHEEL}
    rows = ""
    for name, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
        rows += f"{name},sha256={digest.decode()},{len(text.encode())}\\n"
    if record:
        files[f"{info}/RECORD"] = rows + f"{info}/RECORD,,\\n"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)

GOOD = "demo-1.0-py3-none-any.whl"

def build_wheel(folder, config_settings=None, metadata_directory=None):
    at = lambda name: os.path.join(folder, name)
    {body}
    return GOOD
'''


@dataclass(frozen=True)
class OddSource:
    """A source distribution to be made.

    Attributes:
        label: what is odd about it.
        kind: of the error that refuses it; None for one that is harmless.
        words: what the error says.
        content: its bytes, made when they are wanted.
        filename: its file name.
        seconds: how long its build may take.
    """

    label: str
    kind: type[TrueupError] | None
    words: str
    content: Callable[[], bytes]
    filename: str = "demo-1.0.tar.gz"
    seconds: float | None = 60.0

    def write(self, folder: Path) -> Path:
        """Write it into `folder`."""
        path = folder / self.filename
        path.write_bytes(self.content())
        return path


Change = Callable[[tarfile.TarFile], None]


def packed(files: Mapping[str, str], *changes: Change, top: str = TOP) -> bytes:
    """Return a tar with `files` below the folder `top`, and with what `changes` do to it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, text in files.items():
            add(f"{top}/{name}", content=text.encode())(tar)
        for change in changes:
            change(tar)
    return gzip.compress(buffer.getvalue(), 1, mtime=0)


def add(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", content: bytes = b"") -> Change:
    def change(tar: tarfile.TarFile) -> None:
        info = tarfile.TarInfo(name)
        info.type, info.linkname, info.size = kind, target, len(content)
        tar.addfile(info, io.BytesIO(content))

    return change


def project(body: str = "write(at(GOOD))", **files: str) -> dict[str, str]:
    """Return the files of a project whose hook does what `body` says."""
    named = {
        name.replace("__", ".").replace("PKG_INFO", "PKG-INFO"): text
        for name, text in files.items()
    }
    source = BACKEND.replace("{body}", body.replace("\n", "\n    "))
    return {"pyproject.toml": PROJECT, "PKG-INFO": PKG_INFO, "backend.py": source, **named}


def _tar(label: str, words: str, *changes: Change) -> OddSource:
    return OddSource(label, SourceError, words, lambda: packed(project(), *changes))


def _made(label: str, words: str, content: Callable[[], bytes], filename: str = "") -> OddSource:
    return OddSource(label, SourceError, words, content, filename or "demo-1.0.tar.gz")


def _zip(label: str, words: str, change: Callable[[zipfile.ZipFile], None]) -> OddSource:
    def content() -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, text in project().items():
                archive.writestr(f"{TOP}/{name}", text)
            change(archive)
        return buffer.getvalue()

    return OddSource(label, SourceError, words, content, "demo-1.0.zip")


def _zip_member(name: str, mode: int = 0o100644, content: str = "x") -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    info.comment = content.encode()
    return info


def _hook(label: str, kind: type[TrueupError] | None, words: str, body: str) -> OddSource:
    return OddSource(label, kind, words, lambda: packed(project(body)))


def _tree(label: str, words: str, **files: str) -> OddSource:
    return OddSource(label, SourceError, words, lambda: packed(project(**files)))


_BUILD_SYSTEM = '[build-system]\nrequires = []\nbuild-backend = "backend"\n'
SYMLINK, HARDLINK = tarfile.SYMTYPE, tarfile.LNKTYPE


def _prepended() -> bytes:
    """Return a zip whose first member does not lie at the start, as its directory tells."""
    buffer = io.BytesIO(b"PK\3\4" + bytes(60))
    buffer.seek(64)
    with zipfile.ZipFile(buffer, "a") as archive:
        for name, text in project().items():
            archive.writestr(f"{TOP}/{name}", text)
    return buffer.getvalue()


def _some_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"{TOP}/setup.py", "")
    return buffer.getvalue()


def _bare() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, text in project().items():
            add(name, content=text.encode())(tar)
    return gzip.compress(buffer.getvalue(), 1)


ARCHIVES = [
    _tar("a link to an absolute path", "evil", add(f"{TOP}/evil", SYMLINK, "/etc/passwd")),
    _tar("a link that leads out", "evil", add(f"{TOP}/evil", SYMLINK, "../../evil")),
    _tar(
        "a file through a link that leads out",
        "link",
        add(f"{TOP}/link", SYMLINK, "../.."),
        add(f"{TOP}/link/evil", content=b"x"),
    ),
    _tar(
        "a chain of links that leads out",
        "",
        add(f"{TOP}/a", SYMLINK, "b/.."),
        add(f"{TOP}/b", SYMLINK, ".."),
        add(f"{TOP}/c", SYMLINK, "a/../.."),
    ),
    _tar("a hard link that leads out", "evil", add(f"{TOP}/evil", HARDLINK, "../../etc/passwd")),
    _tar("a hard link to an absolute path", "evil", add(f"{TOP}/evil", HARDLINK, "/etc/passwd")),
    _tar("a hard link to nothing", "evil", add(f"{TOP}/evil", HARDLINK, f"{TOP}/not-there")),
    _tar("a name that leads out", "evil", add("../evil", content=b"x")),
    _tar("a name that leads out further in", "evil", add(f"{TOP}/../../evil", content=b"x")),
    _tar("an absolute name", "evil", add("/tmp/evil", content=b"x")),
    _tar("a character device", "null", add(f"{TOP}/null", tarfile.CHRTYPE)),
    _tar("a block device", "disk", add(f"{TOP}/disk", tarfile.BLKTYPE)),
    _tar("a named pipe", "pipe", add(f"{TOP}/pipe", tarfile.FIFOTYPE)),
    _tar("two top folders", "top folder", add("other/setup.py")),
    _tar("a file beside the top folder", "top folder", add("setup.py")),
    _tar("a file in the place of a folder", "", add(f"{TOP}", content=b"x")),
    _made("no top folder", "top folder", _bare),
    _made("empty", "empty", lambda: gzip.compress(tarfile.NUL * 10240)),
    _made("cut off", "cut off", lambda: packed(project())[:-40]),
    _made("no archive", "no source archive", lambda: b"#!/bin/sh\n" * 100),
    _made("random behind a good start", "damaged", lambda: packed(project())[:200] + bytes(range(256))),
    _made(
        "a second archive behind the first",
        "after its end",
        lambda: gzip.compress(gzip.decompress(packed(project())) + gzip.decompress(packed({"x": ""}))),
    ),
    _made("a zip behind a tar", "two archives", lambda: packed(project()) + _some_zip()),
    _made("a zip by the name of a tar", "not what its name says", _some_zip),
    _made("a tar by the name of a zip", "not what its name says", lambda: packed(project()), "demo-1.0.zip"),
    _made("a bomb", "", lambda: packed({"zeros": "\0" * (80 << 20)})),
    _zip("a zip with a name that leads out", "evil", lambda z: z.writestr("../evil", "x")),
    _zip("a zip with an absolute name", "evil", lambda z: z.writestr(_zip_member("/tmp/evil"), "x")),
    _zip(
        "a zip with a link that leads out",
        "evil",
        lambda z: z.writestr(_zip_member(f"{TOP}/evil", 0o120777), "../../etc/passwd"),
    ),
    _zip(
        "a zip with a device",
        "device",
        lambda z: z.writestr(_zip_member(f"{TOP}/null", 0o020666), ""),
    ),
    _made("something before a zip", "before its first", _prepended, "demo-1.0.zip"),
]  # fmt: skip


PROJECTS = [
    _tree("a pyproject.toml that is no TOML", "pyproject.toml", pyproject__toml="[build-system\n"),
    _tree("build requirements that are no list", "requires", pyproject__toml="[build-system]\nrequires = 3\n"),
    _tree(
        "a backend that is no text",
        "build-backend",
        pyproject__toml="[build-system]\nrequires = []\nbuild-backend = 3\n",
    ),
    _tree(
        "a backend-path that leads out",
        "backend-path",
        pyproject__toml=_BUILD_SYSTEM + 'backend-path = ["../.."]\n',
    ),
    _tree(
        "an absolute backend-path",
        "backend-path",
        pyproject__toml=_BUILD_SYSTEM + 'backend-path = ["/tmp"]\n',
    ),
    OddSource("nothing to build", SourceError, "", lambda: packed({"README": "x"})),
]  # fmt: skip

ANSWERS = [
    _hook("an answer with a way out", BuildError, "no plain file name", "write(at('../x.whl')); return '../x.whl'"),
    _hook("an absolute answer", BuildError, "no plain file name", "write(at(GOOD)); return at(GOOD)"),
    _hook("an answer in a folder", BuildError, "no plain file name", "os.mkdir(at('a')); write(at('a/' + GOOD)); return 'a/' + GOOD"),
    _hook("an answer with a backslash", BuildError, "no plain file name", "return 'a\\\\' + GOOD"),
    _hook("an answer that is not there", BuildError, "left no such file", "return GOOD"),
    _hook("no answer", BuildError, "no plain file name", "return None"),
    _hook("a number for an answer", BuildError, "no plain file name", "return 3"),
    _hook("an empty answer", BuildError, "no plain file name", "return ''"),
    _hook("no wheel's name", BuildError, "no wheel's file name", "write(at('demo.whl')); return 'demo.whl'"),
    _hook("a source for a wheel", BuildError, "no wheel's file name", "write(at('demo-1.0.tar.gz')); return 'demo-1.0.tar.gz'"),
    _hook("a folder for a wheel", BuildError, "no regular file", "os.mkdir(at(GOOD))"),
    _hook("a link for a wheel", BuildError, "no regular file", "write(at('../w')); os.symlink('../w', at(GOOD))"),
    _hook("a pipe for a wheel", BuildError, "no regular file", "os.mkfifo(at(GOOD))"),
    _hook("another project", BuildError, "names the project", "name = 'other-1.0-py3-none-any.whl'; write(at(name)); return name"),
    _hook("another version", BuildError, "1.0", "name = 'demo-6.6-py3-none-any.whl'; write(at(name), metadata=METADATA.replace('1.0', '6.6'), info='demo-6.6.dist-info'); return name"),
    _hook("an error", BuildError, "exit code 1", "raise ValueError('by design')"),
    _hook("an end without an answer", BuildError, "without an answer", "os._exit(0)"),
    _hook("a sudden death", BuildError, "SIGKILL", "os.kill(os.getpid(), 9)"),
    OddSource("no end", BuildError, "did not end within", lambda: packed(project("import time\nwhile True: time.sleep(1)")), seconds=2.0),
    OddSource("no end, deaf to signals", BuildError, "did not end within", lambda: packed(project("import signal, time\nfor n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)\nwhile True: time.sleep(1)")), seconds=2.0),
    _hook("output without end", BuildError, "of output", "while True: os.write(1, b'x' * 100000)"),
    _hook("a text for a wheel", WheelRefused, "", "open(at(GOOD), 'w').write('not a zip')"),
    _hook("a wheel with a way out", WheelRefused, "", "write(at(GOOD), more={'../evil.py': 'x'})"),
    _hook("a wheel without RECORD", WheelRefused, "", "write(at(GOOD), record=False)"),
    _hook("a wheel whose METADATA tells another version", WheelRefused, "", "write(at(GOOD), metadata=METADATA.replace('1.0', '9'))"),
    _hook("a wheel whose METADATA tells another name", WheelRefused, "", "write(at(GOOD), metadata=METADATA.replace('demo', 'pip'))"),
    _hook("a wheel that replaces the interpreter", WheelRefused, "", "write(at(GOOD), more={'demo-1.0.data/scripts/python': '#!python'})"),
]  # fmt: skip

_REQUIRES = """
def get_requires_for_build_wheel(config_settings=None):
    return {answer}
"""


def _asks(label: str, words: str, answer: str) -> OddSource:
    source = BACKEND.replace("{body}", "write(at(GOOD))") + _REQUIRES.replace("{answer}", answer)
    return OddSource(label, BuildError, words, lambda: packed(project(backend__py=source)))


REQUIREMENTS = [
    _asks("requirements that are no list", "no list of requirements", "'setuptools'"),
    _asks("requirements that are no text", "no list of requirements", "[3]"),
    _asks("a requirement that is none", "cannot be read", "['a b c']"),
    _asks("an option for a requirement", "cannot be read", "['--index-url=http://evil.invalid']"),
]

_DAEMON = """
import subprocess, time
program = "import time, os; open({mark!r}, 'w').write(str(os.getpid())); time.sleep(300)"
subprocess.Popen([sys.executable, '-c', program], start_new_session={session})
while not os.path.exists({mark!r}) or not open({mark!r}).read(): time.sleep(0.01)
write(at(GOOD))
"""


def daemon(mark: Path, *, session: bool) -> OddSource:
    """Return a source whose build leaves a process behind that writes its number to `mark`."""
    body = _DAEMON.replace("{mark!r}", repr(str(mark))).replace("{session}", str(session))
    label = "a daemon of its own session" if session else "a daemon"
    return _hook(label, None, "", body.strip())


HARMLESS = [
    _hook("much output", None, "", "for _ in range(20): os.write(1, b'x' * 1000000 + b'\\n')\nwrite(at(GOOD))"),
    _hook("more than one wheel", None, "", "write(at(GOOD)); write(at('demo-9.9-py3-none-any.whl'))"),
    _hook("its own source changed", None, "", "open(__file__, 'a').write('#'); write(at(GOOD))"),
    _hook("its own source removed", None, "", "import shutil; shutil.rmtree(os.getcwd(), ignore_errors=True); write(at(GOOD))"),
    _hook("a secret directory of the wheel's own", None, "", "write(at(GOOD), more={'demo-1.0.dist-info/direct_url.json': '{}', 'demo-1.0.dist-info/INSTALLER': 'evil'})"),
    _hook("a write to what it takes for the environment", None, "", "open(os.path.join(sys.prefix, 'evil'), 'w').write('x'); write(at(GOOD))"),
    OddSource("a PKG-INFO that tells another version", None, "", lambda: packed(project(PKG_INFO=PKG_INFO.replace("1.0", "9.9")))),
    OddSource("a PKG-INFO that tells another name", None, "", lambda: packed(project(PKG_INFO=PKG_INFO.replace("demo", "pip")))),
]  # fmt: skip

BAD_SOURCES = [*ARCHIVES, *PROJECTS, *ANSWERS, *REQUIREMENTS]
