"""Requirements in one spelling, so that those that mean the same compare equal.

Backends write the same requirement in their own way: `a (>=1)`, `a ; extra == 'x'`. The library
that knows PEP 508 costs more to import than a whole check may take, and comparing needs only an
order and a spelling, no evaluation.
"""

from __future__ import annotations

import re
from functools import cache

from trueup.destination.installed import normalized_name

__all__ = ["canonical_requirement", "split_marker", "with_extra"]

_HEAD = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^\]]*)\])?\s*(.*)", re.DOTALL)
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'[^']*'|"[^"]*")|(?P<sign>\(|\)|===|~=|==|!=|<=|>=|<|>)|(?P<word>[\w.]+))"""
)
_OLD_NAMES = {
    "os.name": "os_name",
    "sys.platform": "sys_platform",
    "platform.version": "platform_version",
    "platform.machine": "platform_machine",
    "platform.python_implementation": "platform_python_implementation",
    "python_implementation": "platform_python_implementation",
}
_Tree = tuple[str, tuple[str, ...]]


@cache
def canonical_requirement(text: str) -> str:
    """Return a requirement in the one spelling; what makes no sense is returned as it is."""
    bare, marker = split_marker(text)
    match = _HEAD.fullmatch(bare)
    if match is None:
        return text.strip()
    name, extras, rest = match.groups()
    chosen = sorted({normalized_name(one.strip()) for one in (extras or "").split(",")} - {""})
    head = normalized_name(name) + (f"[{','.join(chosen)}]" if chosen else "")
    rest = rest.strip()
    if rest.startswith("@"):
        head += " @ " + rest[1:].strip()
    else:
        parts = (re.sub(r"\s+", "", part) for part in rest.strip("()").split(","))
        head += ",".join(sorted({part for part in parts if part}))
    return head + (f"; {_canonical_marker(marker)}" if marker else "")


def split_marker(text: str) -> tuple[str, str]:
    """Return a requirement without its marker, and the marker."""
    if (
        "@" in text
    ):  # an address may hold semicolons; a marker behind it needs a blank before (PEP 508)
        head, separator, marker = text.partition(" ;")
        return (head, marker.strip()) if separator else (text, "")
    head, _, marker = text.partition(";")
    return head, marker.strip()


def with_extra(text: str, extra: str) -> str:
    """Return a requirement of an extra as metadata has it (core metadata, Provides-Extra)."""
    head, marker = split_marker(text)
    condition = f'extra == "{extra}"'
    return f"{head} ; ({marker}) and {condition}" if marker else f"{head} ; {condition}"


def _canonical_marker(text: str) -> str:
    tokens = []
    position = 0
    while position < len(text) and (match := _TOKEN.match(text, position)):
        tokens.append(match[0].strip())
        position = match.end()
    if text[position:].strip():
        return text
    try:
        tree, left = _either(tokens)
    except IndexError:  # it ends in the middle
        return text
    if left:
        return text
    written = _written(tree)
    # what was said twice leaves brackets that are not needed any more
    return written if written == text else _canonical_marker(written)


def _written(tree: _Tree) -> str:
    kind, parts = tree
    distinct = sorted(set(parts))
    return distinct[0] if len(distinct) == 1 else f"({f' {kind} '.join(distinct)})"


def _chain(tokens: list[str], word: str) -> tuple[_Tree, list[str]]:
    """Read alternatives or conditions, those in brackets of the same kind as if without."""
    step = _atom if word == "and" else lambda rest: _chain(rest, "and")
    parts: list[str] = []
    while True:
        (kind, found), tokens = step(tokens)
        parts += found if kind == word else [_written((kind, found))]
        if not tokens or tokens[0] != word:
            return (word, tuple(parts)) if len(parts) > 1 else (kind, found), tokens
        tokens = tokens[1:]


def _either(tokens: list[str]) -> tuple[_Tree, list[str]]:
    return _chain(tokens, "or")


def _atom(tokens: list[str]) -> tuple[_Tree, list[str]]:
    if tokens[0] == "(":
        tree, rest = _either(tokens[1:])
        if rest[0] != ")":
            raise IndexError
        return tree, rest[1:]
    if tokens[1] == "not":
        tokens = [tokens[0], "not in", *tokens[3:]]
    left, sign, right, rest = tokens[0], tokens[1], tokens[2], tokens[3:]
    left, right = _operand(left), _operand(right)
    if "extra" in {left, right}:
        left, right = (
            side if side == "extra" else f'"{normalized_name(side.strip(chr(34)))}"'
            for side in (left, right)
        )
    if left == "python_version":
        left, sign, right = _full_version(sign, right)
    return ("", (f"{left} {sign} {right}",)), rest


def _full_version(sign: str, right: str) -> tuple[str, str, str]:
    """Return a condition on python_version as one on python_full_version, as uv and maturin do."""
    numbers = right.strip('"').split(".")
    if len(numbers) != 2 or not all(part.isdigit() for part in numbers):
        return "python_version", sign, right
    following = f'"{numbers[0]}.{int(numbers[1]) + 1}"'
    known = {
        ">": (">=", following),
        "<=": ("<", following),
        "==": ("==", f'"{numbers[0]}.{numbers[1]}.*"'),
        "!=": ("!=", f'"{numbers[0]}.{numbers[1]}.*"'),
    }
    return ("python_full_version", *known.get(sign, (sign, right)))


def _operand(token: str) -> str:
    if token[0] in "'\"":
        return '"' + token[1:-1].strip() + '"'
    return _OLD_NAMES.get(token, token)
