from __future__ import annotations

import pytest
from trueup.freshness.facet import content_digest, facet_digest, script_digest, settings_digest

_MODULE = b'"""Doc."""\n__version__ = "1"\nNAMES = ["a"]\n\ndef f():\n    return 1\n'


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"return 1", b"return 2"),
        (b"def f()", b"async def g()"),
        (b"def f", b"# a comment\ndef f"),
    ],
)
def test_what_no_backend_takes_out_does_not_count(old: bytes, new: bytes) -> None:
    assert facet_digest(_MODULE) == facet_digest(_MODULE.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Doc.", b"Other."),
        (b'= "1"', b'= "2"'),
        (b'["a"]', b'["b"]'),
        (b"def f", b"# version: 3\ndef f"),
        (b"def f", b"MORE = 1\ndef f"),
        (b"def f", b"def ("),
    ],
)
def test_what_a_backend_can_take_out_counts(old: bytes, new: bytes) -> None:
    assert facet_digest(_MODULE) != facet_digest(_MODULE.replace(old, new))


def test_what_is_no_python_counts_as_a_whole() -> None:
    assert facet_digest(b"\0(") == content_digest(b"\0(")


_SETTINGS = b'[project]\nname = "x"\n[tool.ruff]\na = 1\n[tool.setuptools]\nb = 1\n'


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        (b"a = 1", b"a = 2", True),
        (b"[tool.ruff]", b"# comment\n[tool.ruff]", True),
        (b"[tool.ruff]", b'[dependency-groups]\ndev = ["x"]\n[tool.ruff]', True),
        (b"b = 1", b"b = 2", False),
        (b'"x"', b'"y"', False),
        (b"[tool.ruff]", b"[tool.nobody-knows]", False),
    ],
)
def test_settings_of_tools_that_no_build_starts_do_not_count(
    old: bytes, new: bytes, same: bool
) -> None:
    changed = _SETTINGS.replace(old, new)
    assert (settings_digest(_SETTINGS) == settings_digest(changed)) is same


def test_a_file_that_is_no_toml_counts_as_a_whole() -> None:
    assert settings_digest(b"= =") == content_digest(b"= =")


_HEEDED = b"""[build-system]
requires = ["scikit-build-core>=0.9"]
[tool.scikit-build]
minimum-version = "build-system.requires"
"""


def test_bounds_of_build_requirements_count_where_a_tool_heeds_them() -> None:
    other = _HEEDED.replace(b"0.9", b"0.10")
    assert settings_digest(_HEEDED) != settings_digest(other)
    assert settings_digest(other, ["scikit-build-core>=0.9"]) != settings_digest(_HEEDED)
    old, new = (
        text.replace(b"-version = ", b" = ").replace(b"build-system.", b"")
        for text in (_HEEDED, other)
    )
    assert settings_digest(old) == settings_digest(new)


_SCRIPT = b"project(demo C)\n\nadd_library(\n  a  # it's 'quoted'\n  \"a # b\" x.c)\n".replace(
    b"it's ", b""
)


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        (b"\nadd", b"# a remark\nadd", True),
        (b"\nadd", b"  # it's a \"remark\n\n\nadd", True),
        (b"  a ", b"  # inside of a call\n  a ", True),
        (b"project", b"\xef\xbb\xbf# more\nproject", False),
        (b"  a  #", b"  a  # more", False),
        (b"a # b", b"a # c", False),
        (b"x.c", b"y.c", False),
        (b"x.c", b"[[\n# text\n]] x.c", False),
        (b"x.c", b'"\n# text\n" x.c', False),
        (b"\nadd", b"#[[\nadd", False),
        (b"\nadd", b"#[==[ remark ]==]\nadd", False),
        (b"\nadd", b"\n# remark \\\nadd", False),
        (b"\nadd", b"\r# remark\radd", False),
    ],
)
def test_remarks_of_scripts_do_not_count_in_lines_of_their_own(
    old: bytes, new: bytes, same: bool
) -> None:
    changed = _SCRIPT.replace(old, new)
    assert changed != _SCRIPT
    assert (script_digest(_SCRIPT) == script_digest(changed)) is same


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'set(a "\n# one\n")\n', b'set(a "\n# two\n")\n'),
        (b'set(a "\\"\n# one\n\\"")\n', b'set(a "\\"\n# two\n\\"")\n'),
        (b"a = '''\n# one\n'''\n", b"a = '''\n# two\n'''\n"),
        (b"a = '\n# one\n'\n", b"a = '\n# two\n'\n"),
        (b"a = 1 + \\\n2\n", b"a = 1 + \\\n# more\n2\n"),
        (b"a = 1 + \\ # so\n2\n", b"a = 1 + \\ # so\n\n2\n"),
        (b"set(a [=[\n# one\n]=])\n", b"set(a [=[\n# two\n]=])\n"),
    ],
)
def test_what_only_looks_like_a_remark_counts(before: bytes, after: bytes) -> None:
    assert script_digest(before) != script_digest(after)
