"""Reading index pages: HTML and JSON tell the same."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some
from trueup.errors import FetchError
from trueup.resolution.simple_api import IndexFile, parse_page

PAGE = "https://alice:hunter2@index.invalid/simple/beam/"
HTML = b"""<!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.3"></head>
<body><h1>Links</h1>
<a href="../../files/beam-1.0.tar.gz#sha256=AB12" data-requires-python="&gt;=3.8">beam-1.0</a>
<a href="https://files.invalid/beam-2.0-py3-none-any.whl" data-yanked="broken &amp; bad">b</a>
<a href="beam-3.0.tar.gz" data-yanked>b</a>
<a name="top">no link</a><a href="https://[bad/">bad</a><a href="https://x.invalid/">folder</a>
</body></html>"""
EXPECTED = (
    IndexFile(
        "beam-1.0.tar.gz",
        "https://index.invalid/files/beam-1.0.tar.gz",
        (("sha256", "ab12"),),
        requires_python=">=3.8",
    ),
    IndexFile(
        "beam-2.0-py3-none-any.whl",
        "https://files.invalid/beam-2.0-py3-none-any.whl",
        yanked="broken & bad",
    ),
    IndexFile("beam-3.0.tar.gz", "https://index.invalid/simple/beam/beam-3.0.tar.gz", yanked=""),
)


@pytest.mark.parametrize("kind", ["text/html", "text/html; charset=nonsense", ""])
def test_a_page_in_html_tells_its_files(kind: str) -> None:
    assert parse_page(HTML, kind, PAGE) == EXPECTED


def test_a_page_in_json_tells_the_same() -> None:
    files = [
        {
            "filename": "beam-1.0.tar.gz",
            "url": "../../files/beam-1.0.tar.gz",
            "hashes": {"sha256": "AB12"},
            "requires-python": ">=3.8",
            "size": 77,
            "upload-time": "2024-01-01T00:00:00Z",
        },
        {
            "filename": "beam-2.0-py3-none-any.whl",
            "url": "https://files.invalid/beam-2.0-py3-none-any.whl",
            "hashes": {},
            "yanked": "broken & bad",
        },
        {"filename": "beam-3.0.tar.gz", "url": "beam-3.0.tar.gz", "hashes": {}, "yanked": True},
        {"filename": "beam-4.0.tar.gz", "url": "beam-4.0.tar.gz", "hashes": {}, "yanked": False},
    ]
    body = json.dumps({"meta": {"api-version": "1.1"}, "name": "beam", "files": files}).encode()
    found = parse_page(body, "application/vnd.pypi.simple.v1+json", PAGE)
    assert found[0].size == 77
    assert found[0].upload_time == "2024-01-01T00:00:00Z"
    assert found[0].hashes == EXPECTED[0].hashes
    assert found[0].url == EXPECTED[0].url
    assert found[1:3] == EXPECTED[1:]
    assert found[3].yanked is None


def test_the_base_of_a_page_moves_its_links() -> None:
    body = b'<base href="https://elsewhere.invalid/x/"><a href="beam-1.0.tar.gz">beam</a>'
    (found,) = parse_page(body, "text/html", PAGE)
    assert found.url == "https://elsewhere.invalid/x/beam-1.0.tar.gz"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'<meta name="pypi:repository-version" content="2.0">', "text/html"),
        (b'{"meta": {"api-version": "2.0"}, "files": []}', "application/json"),
        (b'{"files": []}', "application/json"),
        (b'{"meta": {"api-version": "1.0"}, "files": [{"filename": "x"}]}', "application/json"),
        (b'{"meta": {"api-version": "1.0"}, "files": [7]}', "application/json"),
        (b"<html>sign in</html>", "application/json"),
    ],
)
def test_a_page_that_cannot_be_understood_is_refused(body: bytes, kind: str) -> None:
    with pytest.raises(FetchError, match="no page of a package index") as caught:
        parse_page(body, kind, PAGE)
    assert "hunter2" not in str(caught.value)


@given(some.binary(max_size=200), some.sampled_from(["text/html", "application/json"]))
def test_whatever_an_index_sends_is_files_or_one_error(body: bytes, kind: str) -> None:
    try:
        found = parse_page(body, kind, PAGE)
    except FetchError:
        return
    assert all(isinstance(each, IndexFile) for each in found)
