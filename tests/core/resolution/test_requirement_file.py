from __future__ import annotations

import codecs
import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trueup.errors import FetchError, RequestError
from trueup.resolution.format_control import fold_formats
from trueup.resolution.reading import Surroundings
from trueup.resolution.requirement_file import RequirementFile, read_requirement_file
from trueup.resolution.requirement_lines import decode, logical_lines, read_line

SHA = "a" * 64
Read = Callable[..., RequirementFile]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(
        text: str | bytes, *, name: str = "r.txt", constraint: bool = False, **variables: str
    ) -> RequirementFile:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        surroundings = Surroundings(str(tmp_path), variables)
        return read_requirement_file(name, surroundings, constraint=constraint)

    return read


def texts(file: RequirementFile) -> list[str]:
    return [item.text for item in file.items]


def lines_of(caught: pytest.ExceptionInfo[RequestError]) -> tuple[str, ...]:
    assert caught.value.lines
    return caught.value.lines


def test_comments_blank_lines_and_continuations_are_read_as_pip_reads_them(read: Read) -> None:
    file = read(
        "# a comment\n\nsix  # why\nattrs \\\n  >= 1 \\\n  , < 99\n"
        "idna\\\n# a comment ends it\nhttps://h/x.zip#egg=x\npluggy \\"
    )
    assert texts(file) == ["six", "attrs<99,>=1", "idna", "x @ https://h/x.zip", "pluggy"]
    assert [item.origin for item in file.items] == [
        f"r.txt, line {number}" for number in (3, 4, 7, 9, 10)
    ]


def test_all_bad_lines_are_told_at_once_with_file_and_line(read: Read, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "more.txt").write_text("six\n\nnot a requirement\n--nonsense\n")
    with pytest.raises(RequestError) as caught:
        read(
            "six=1\nattrs \\\n  == \nidna\n-r sub/more.txt\n./nowhere\n"
            "x --hash=md5:00\n-r missing.txt\n'"
        )
    starts = [line.split(": ")[0] for line in lines_of(caught)]
    assert starts == [
        "r.txt, line 1",
        "r.txt, line 2",
        f"{os.path.join('sub', 'more.txt')}, line 3",
        f"{os.path.join('sub', 'more.txt')}, line 4",
        "r.txt, line 6",
        "r.txt, line 7",
        "r.txt, line 8",
        "r.txt, line 9",
    ]
    assert "8 problems" in caught.value.problem
    assert caught.value.lines[0].endswith("; write == to ask for one version")
    assert all(line in str(caught.value) for line in caught.value.lines)


def test_a_single_bad_line_is_the_problem_itself(read: Read) -> None:
    with pytest.raises(RequestError) as caught:
        read("six\nattrs=1\n")
    assert caught.value.problem.startswith("r.txt, line 2: 'attrs=1' is not a requirement")
    assert caught.value.hint == "Write == to ask for one version"
    assert len(lines_of(caught)) == 1
    assert str(caught.value).count("attrs=1") == 1


def test_nested_files_are_found_beside_the_file_that_names_them(read: Read, tmp_path: Path) -> None:
    for name, text in {
        "a/one.txt": "-r two.txt\n-c ../limits.txt\nsix\n",
        "a/two.txt": "attrs\n",
        "limits.txt": "six<2\n-r a/asked.txt\n",
        "a/asked.txt": "idna\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    file = read("--requirement=a/one.txt\n")
    assert texts(file) == ["attrs", "idna", "six"]
    assert [limit.text for limit in file.constraints] == ["six<2"]
    found = [os.path.relpath(each, tmp_path) for each in file.files]
    assert found == [
        os.path.normpath(each)
        for each in ("r.txt", "a/one.txt", "a/two.txt", "limits.txt", "a/asked.txt")
    ]


def test_a_circle_is_named(read: Read, tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("-r c.txt\n")
    (tmp_path / "c.txt").write_text("six\n-r r.txt\n")
    with pytest.raises(RequestError, match=r"c.txt, line 2: .*r.txt > b.txt > c.txt > r.txt"):
        read("-r b.txt\n")


def test_a_file_may_be_named_twice_where_there_is_no_circle(read: Read, tmp_path: Path) -> None:
    (tmp_path / "common.txt").write_text("six\n")
    (tmp_path / "b.txt").write_text("-r common.txt\n")
    file = read("-r common.txt\n-r b.txt\n")
    assert texts(file) == ["six", "six"]
    assert len(file.files) == 3


def test_options_of_the_whole_file(read: Read, tmp_path: Path) -> None:
    (tmp_path / "sub" / "wheels").mkdir(parents=True)
    (tmp_path / "top").mkdir()
    file = read(
        "-i https://one/simple\n--extra-index-url=https://two/simple --pre\n"
        "-f wheels\n--find-links https://three/links\n-f ./top\n--trusted-host h:8080\n"
        "--no-binary :all:\n--only-binary=six\n--prefer-binary\n--use-feature x\n"
        "--require-hashes\n",
        name="sub/r.txt",
    )
    index = file.options.index
    assert index.index_url == "https://one/simple"
    assert index.extra_index_urls == ("https://two/simple",)
    assert index.find_links == (
        str(tmp_path / "sub" / "wheels"),
        "https://three/links",
        str(tmp_path / "top"),
    )
    assert index.trusted_hosts == ("h:8080",)
    assert file.options.prerelease is True
    assert file.options.require_hashes is True
    assert list(map(set, fold_formats(file.options.formats))) == [{":all:"}, {"six"}]


def test_no_index_takes_the_indexes_away(read: Read) -> None:
    index = read("-i https://one/simple\n--no-index\n").options.index
    assert index.no_index
    assert index.index_url is None


def test_options_of_one_requirement(read: Read) -> None:
    other = "b" * 128
    file = read(
        f"six==1.0 \\\n  --hash=sha256:{SHA} \\\n  --hash sha512:{other.upper()} \\\n"
        "  --config-settings=a=1 --config-setting='a=2 3' -C b=\n"
    )
    assert file.items[0].hashes == (("sha256", SHA), ("sha512", other))
    assert file.items[0].config_settings == (("a", "1"), ("a", "2 3"), ("b", ""))
    assert file.hashed


def test_editables_and_paths_start_from_the_base_and_else_from_the_file(
    read: Read, tmp_path: Path
) -> None:
    for name in ("project", "reqs/near", "near"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "pyproject.toml").write_text("")
    file = read(
        "-e ./project[x] --config-settings k=v\n./near\n-e ./reqs/near\n-e near -e project\n",
        name="reqs/r.txt",
    )
    paths = [os.path.relpath(each.path, tmp_path) for each in file.projects]
    assert paths == ["project", "near", os.path.join("reqs", "near"), "near", "project"]
    assert [each.editable for each in file.projects] == [True, False, True, True, True]
    assert file.projects[0].extras == {"x"}
    assert file.projects[0].config_settings == (("k", "v"),)
    (tmp_path / "near" / "pyproject.toml").unlink()
    (tmp_path / "near").rmdir()
    assert read("./near\n", name="reqs/r.txt").projects[0].path == os.path.realpath(
        tmp_path / "reqs" / "near"
    )


def test_variables_are_expanded_where_they_are_set(read: Read) -> None:
    file = read(
        "https://${TOKEN}@h/x.zip\nx @ https://h/${lower}$TOKEN%7BUNSET%7D.zip\n", TOKEN="t0ken"
    )
    assert texts(file) == ["https://t0ken@h/x.zip", "x @ https://h/${lower}$TOKEN%7BUNSET%7D.zip"]


def test_an_expanded_secret_is_not_shown_in_an_error(read: Read) -> None:
    with pytest.raises(RequestError) as caught:
        read("https://user:${TOKEN}@h/a b.zip\n", TOKEN="s3cret")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("--hash=sha256:" + SHA, "belongs behind a requirement"),
        ("six --hash=md5:" + "a" * 32, "not accepted"),
        ("six --hash=sha256:abc", "64 hexadecimal digits"),
        ("six --hash", "lacks its value"),
        ("six --pre", "line of its own"),
        ("six -i https://h", "line of its own"),
        ("six -e .", "-e stands behind a requirement"),
        ("six --global-option=x", "--config-settings"),
        ("--install-option=x", "--config-settings"),
        ("six --config-settings=x", "KEY=VALUE"),
        ("--pre six", "line of its own"),
        ("--pre=yes", "takes no value"),
        ("--re x", "ambiguous"),
        ("--nonsense", "not an option"),
        ("-Z", "not an option"),
        ("six --hash='sha256:", "quotes are not closed"),
        ("-e . --hash=sha256:" + SHA, "has no hash"),
        ("-r pylock.toml", "is a lock file"),
        ("-r pylock.dev.toml", "is a lock file"),
        ("-r https://host/r.txt", "cannot be read here"),
        ("--all-releases six", "single distributions"),
        ("--no-binary --pre", "names no distribution"),
    ],
)
def test_lines_without_a_meaning_are_refused(
    line: str, says: str, read: Read, tmp_path: Path
) -> None:
    (tmp_path / "setup.py").write_text("")
    with pytest.raises(RequestError) as caught:
        read(f"\n{line}\n")
    assert "r.txt, line 2: " in str(caught.value)
    assert says in str(caught.value)


def test_a_beginning_of_an_option_is_enough_where_only_one_has_it(read: Read) -> None:
    assert read("--extra https://h/simple\n").options.index.extra_index_urls == (
        "https://h/simple",
    )


def test_constraints_limit_and_ask_for_nothing(read: Read) -> None:
    file = read(f"six[x]==1.0 --hash=sha256:{SHA}\n--pre\n", constraint=True)
    assert file.items == ()
    assert [limit.text for limit in file.constraints] == ["six==1.0"]
    assert file.constraints[0].hashes == (("sha256", SHA),)
    with pytest.raises(RequestError, match="-e cannot be a constraint"):
        read("-e .\n", constraint=True)


@pytest.mark.parametrize(
    "content",
    [
        "# é\nsix\n".encode(),
        codecs.BOM_UTF8 + "# é\nsix\n".encode(),
        codecs.BOM_UTF16_LE + "# é\nsix\n".encode("utf-16-le"),
        codecs.BOM_UTF16_BE + "# é\nsix\n".encode("utf-16-be"),
        codecs.BOM_UTF32_LE + "# é\nsix\n".encode("utf-32-le"),
        codecs.BOM_UTF32_BE + "# é\nsix\n".encode("utf-32-be"),
        "# -*- coding: latin-1 -*-\n# é\nsix\n".encode("latin-1"),
        "# é\r\n# vim: set fileencoding=cp1252 :\r\nsix\r\n".encode("cp1252"),
    ],
)
def test_every_encoding_that_pip_reads_is_read(content: bytes, read: Read) -> None:
    assert texts(read(content)) == ["six"]
    assert "é" in decode(content, "r.txt")


@pytest.mark.parametrize("content", [b"# coding: nonsense\nsix\n", b"# coding: utf-8\nsix\xff\n"])
def test_an_encoding_that_fails_is_named(content: bytes, read: Read) -> None:
    with pytest.raises(RequestError, match="cannot be read as"):
        read(content)


def test_files_elsewhere_are_read_by_whoever_asks(tmp_path: Path) -> None:
    pages = {
        "https://u:p@host/d/r.txt": "six\n-r more.txt\n-c /c.txt\nbad=1",
        "https://u:p@host/d/more.txt": "attrs\n",
        "https://u:p@host/c.txt": "six<2\n",
    }
    surroundings = Surroundings(str(tmp_path), {}, pages.__getitem__)
    with pytest.raises(RequestError, match=r"https://\*\*\*\*@host/d/r.txt, line 4"):
        read_requirement_file("https://u:p@host/d/r.txt", surroundings)
    pages["https://u:p@host/d/r.txt"] = "six\n-r more.txt\n-c /c.txt\n"
    file = read_requirement_file("https://u:p@host/d/r.txt", surroundings)
    assert texts(file) == ["six", "attrs"]
    assert [limit.text for limit in file.constraints] == ["six<2"]


def test_a_dash_is_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with io.TextIOWrapper(io.BytesIO("# é\nidna\n".encode())) as given:
        monkeypatch.setattr("sys.stdin", given)
        assert texts(read_requirement_file("-", Surroundings(str(tmp_path)))) == ["idna"]


def test_a_failure_to_fetch_is_told_with_the_line_that_asked(read: Read, tmp_path: Path) -> None:
    def fail(location: str) -> str:
        raise FetchError("the host does not answer", hint="Try again")

    (tmp_path / "r.txt").write_text("six\n-r https://host/r.txt\n")
    with pytest.raises(RequestError, match=r"r\.txt, line 2: the host does not answer"):
        read_requirement_file("r.txt", Surroundings(str(tmp_path), {}, fail))


def test_a_file_address_is_a_file(read: Read, tmp_path: Path) -> None:
    (tmp_path / "n.txt").write_text("six\n")
    file = read(f"-r {(tmp_path / 'n.txt').as_uri()}\n")
    assert texts(file) == ["six"]
    assert file.files[-1] == str(tmp_path / "n.txt")


@pytest.mark.parametrize(
    ("pairs", "folded"),
    [
        ([("--no-binary", "A_b,c")], ({"a-b", "c"}, set())),
        ([("--no-binary", ":all:"), ("--only-binary", "c")], ({":all:"}, {"c"})),
        ([("--no-binary", "c"), ("--only-binary", "c")], (set(), {"c"})),
        ([("--no-binary", "c"), ("--only-binary", ":all:")], (set(), {":all:"})),
        ([("--no-binary", "a,:all:,b")], ({":all:"}, set())),
        ([("--no-binary", ":all:,:none:,b")], ({"b"}, set())),
        ([("--no-binary", "a"), ("--no-binary", ":none:")], (set(), set())),
    ],
)
def test_binary_and_source_take_names_from_each_other(
    pairs: list[tuple[str, str]], folded: tuple[set[str], set[str]]
) -> None:
    assert tuple(map(set, fold_formats(pairs))) == folded


statements = st.sampled_from(["six", "attrs>=1", "idna ; os_name=='nt'"])
layout = st.lists(
    st.one_of(
        st.just(["# comment"]),
        st.just([""]),
        st.just(["   "]),
        st.tuples(statements, st.integers(0, 3)).map(
            lambda pair: [f"{pair[0]} \\", *[" \\"] * pair[1], "  # end"] if pair[1] else [pair[0]]
        ),
    ),
    max_size=8,
)


@given(layout, st.sampled_from(["\n", "\r\n"]))
def test_the_number_of_a_line_is_where_it_begins(blocks: list[list[str]], end: str) -> None:
    expected, number = [], 1
    for block in blocks:
        if block[0].strip() and not block[0].startswith("#"):
            expected.append((number, block[0].rstrip(" \\")))
        number += len(block)
    text = end.join(line for block in blocks for line in block)
    assert list(logical_lines(text, {})) == expected


@given(st.text(max_size=60))
def test_no_line_raises_anything_but_our_own_error(text: str) -> None:
    for _, said in logical_lines(text, {"X": "y"}):
        try:
            line = read_line(said)
        except RequestError:
            continue
        assert all(name.startswith("--") for name, _ in line.options)


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_no_content_raises_anything_but_our_own_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "r.txt").write_bytes(content)
    problem = ""
    try:
        file = read_requirement_file("r.txt", Surroundings(str(folder)))
    except RequestError as error:
        problem = error.problem
    assert problem or file.files == (str(folder / "r.txt"),)
