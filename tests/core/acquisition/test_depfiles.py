from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trueup.acquisition.depfiles import compiler_inputs, is_depfile

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the paths are written as POSIX does")


def inputs(tmp_path: Path, content: bytes) -> list[str]:
    path = tmp_path / "told.d"
    path.write_bytes(content)
    return list(compiler_inputs(str(path), "/top/build"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.o: a.c /usr/a.h\n", ["/top/build/a.c", "/usr/a.h"]),
        ("a.o: a.c \\\n ../b.h \\\r\n  c.h\n", ["/top/build/a.c", "/top/b.h", "/top/build/c.h"]),
        ("a.o: with\\ space.h cost$$.h\n", ["/top/build/with space.h", "/top/build/cost$.h"]),
        ("a.o: a.c\n\na.c:\n", ["/top/build/a.c"]),
        ("a.o b.o: a.c\nc.o: c.c\n", ["/top/build/a.c", "/top/build/c.c"]),
        ("C:\\x.o: a.c\n", ["/top/build/a.c"]),
        ("# a comment\nno rule\n", []),
    ],
)
def test_what_a_rule_needs_is_read(text: str, expected: list[str], tmp_path: Path) -> None:
    assert inputs(tmp_path, text.encode()) == expected


def test_the_log_of_ninja_tells_paths(tmp_path: Path) -> None:
    def record(name: bytes) -> bytes:
        padded = name + b"\0" * (-len(name) % 4)
        return struct.pack("<I", len(padded) + 4) + padded + b"\xff\xff\xff\xff"

    dependencies = struct.pack("<I4I", 0x80000010, 0, 1, 2, 3)
    content = b"# ninjadeps\n" + struct.pack("<I", 4) + record(b"a.o") + dependencies
    assert inputs(tmp_path, content + record(b"../b.h")) == ["/top/build/a.o", "/top/b.h"]


@given(content=st.binary() | st.binary().map(lambda rest: b"# ninjadeps\n\4\0\0\0" + rest))
def test_nothing_in_such_a_file_raises_an_error(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for name in inputs(tmp_path_factory.getbasetemp(), content):
        assert name.startswith("/")


def test_a_file_that_is_gone_names_nothing(tmp_path: Path) -> None:
    assert list(compiler_inputs(str(tmp_path / "gone.d"), "/")) == []


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("build/.ninja_deps", True),
        ("target/release/libdemo.d", True),
        ("target/release/deps/demo-1.d", False),
        ("src/demo.c", False),
    ],
)
def test_dependency_files_are_known_by_name(path: str, expected: bool) -> None:
    assert is_depfile(path) is expected
