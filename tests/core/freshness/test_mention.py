from __future__ import annotations

import pytest
from trueup.freshness.mention import Mention, listed_names


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("configure_file(table.txt)", "table.txt"),
        ("configure_file(data/table.txt)", "data/table.txt"),
        ("configure_file(data/table.txt)", "src/data/table.txt"),
        ("configure_file(../table.txt)", "src/table.txt"),
        ("configure_file(${HERE}/table.txt)", "src/table.txt"),
        ("It reads table.txt.", "src/table.txt"),
        ("cc -includetable.txt -itable.txt", "table.txt"),
        ("foreach(x a b) list(APPEND all ${x}_impl.c)", "src/a_impl.c"),
        ("file(GLOB all *.csv)", "src/a.csv"),
        ("%.c: %.y", "src/parser.y"),
        ('format!("{}.bin", name)', "src/a.bin"),
        ('name + ".bin"', "src/a.bin"),
        ("name = @name@.bin", "src/a.bin"),
        ("mod table;", "src/table.rs"),
        ("use table", "src/table.f90"),
        ("read my\\ table.txt", "my table.txt"),
        ("", "include/stdio.h"),
        ("", "include/vector"),
        ("", "src/native/native.h.gch"),
        ("", "src/mod.rs"),
        ("", "src/bin/tool.rs"),
        ("", "cmake/FindPython.cmake"),
        ("", "CMakePresets.json"),
        ("", "rust-toolchain"),
        ("", ".cargo/config.toml"),
        ("", "subprojects/zlib/zlib.c"),
        ("", "src/native/settings.json"),
        ("", "src/.clang-format"),
    ],
)
def test_a_program_may_look_for_it(text: str, path: str) -> None:
    assert Mention.of(text.encode(), ["src/native/native.c"]).covers(path)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", "src/native/unnamed.c"),
        ("", "src/unnamed.rs"),
        ("src/native/native.c", "src/native/unnamed.c"),
        ("", "src/demo/module.py"),
        ("struct PyModuleDef module", "src/demo/module.py"),
        ("int more; int data;", "src/demo/data.txt"),
        ("src/demo/__init__.py", "src/other/__init__.py"),
        ("", "src/demo/settings.json"),
        ("", "NOTICE"),
        ("table.txt.in", "table.txt"),
        ("othertable.txt", "table.txt"),
        ("MANIFEST.in", "MANIFEST.in"),
    ],
)
def test_no_program_looks_for_it(text: str, path: str) -> None:
    assert not Mention.of(text.encode(), ["src/native/native.c"]).covers(path)


def test_where_folders_have_other_names_any_of_them_may_be_meant() -> None:
    text = b"link/table.txt"
    assert not Mention.of(text, []).covers("data/table.txt")
    assert Mention.of(text, [], linked=True).covers("data/table.txt")


def test_a_folder_is_spoken_of_by_its_name() -> None:
    mention = Mention.of(b"if(EXISTS extra) install(DIRECTORY share/more)", [])
    paths = ["extra/a.txt", "src/extra/b.txt", "share/more/c.txt", "other/more/d.txt", "e.txt"]
    assert set(mention.folders(paths)) == {"extra/", "src/extra/", "share/", "share/more/"}


def test_what_lies_in_a_listed_folder_counts_by_name() -> None:
    paths = ["a.txt", "src/b.txt", "src/deep/c.txt", "src/deep/er/d.txt", "other/e.txt"]
    assert set(listed_names(paths, {"src"})) == {"src/b.txt", "src/deep/"}
    assert set(listed_names(paths, {"."})) == {"a.txt", "src/", "other/"}
