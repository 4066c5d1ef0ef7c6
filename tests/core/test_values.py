"""Values behave as the standard library's dataclasses of the same fields do."""

from __future__ import annotations

import copy
import dataclasses
import importlib
import inspect
import pickle
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import trueup
import trueup_nox
import trueup_precommit
import trueup_tox
from hypothesis import given
from hypothesis import strategies as st
from trueup import values

OURS, THEIRS = values.dataclass, dataclasses.dataclass


class Plain:
    name: str
    size: int = 0
    hashes: tuple[str, ...] = ()


class Picky:
    """With everything that a field can be told."""

    subject: str
    secret: str = values.field(default="", repr=False)
    places: list[str] = values.field(default_factory=list)
    weight: int = values.field(default=0, compare=False)

    @property
    def told(self) -> str:
        return f"{self.subject}!"


class Told:
    subject: str
    secret: str = dataclasses.field(default="", repr=False)
    places: list[str] = dataclasses.field(default_factory=list)
    weight: int = dataclasses.field(default=0, compare=False)


class Nothing:
    pass


def _pair(ours: type[Any], theirs: type[Any], *, frozen: bool) -> tuple[Any, Any]:
    one = OURS(frozen=frozen, slots=True)(ours)
    kept = {name: each for name, each in vars(theirs).items() if name != "__dict__"}
    twin = type(theirs.__name__, (), kept)  # the library changes the class that it is given
    other: Any = THEIRS(frozen=frozen, slots=True)(twin)
    other.__qualname__ = one.__qualname__
    return one, other


KINDS = {
    f"{ours.__name__}, {'frozen' if frozen else 'open'}": (ours, theirs, frozen)
    for ours, theirs in ((Plain, Plain), (Picky, Told), (Nothing, Nothing))
    for frozen in (True, False)
}
PAIRS = {name: _pair(ours, theirs, frozen=frozen) for name, (ours, theirs, frozen) in KINDS.items()}
FROZEN, OPEN = PAIRS["Picky, frozen"][0], PAIRS["Picky, open"][0]
Kept: Any = OURS(frozen=True, slots=True)(
    type("Kept", (), {"__annotations__": {"name": "str", "inner": "object"}, "inner": None})
)
Kept.__module__ = __name__


def _result(work: Any) -> object:
    """Return what `work` comes to, errors included, in words that both kinds can share."""
    try:
        return work()
    except (TypeError, AttributeError) as error:
        return type(error)


GIVEN = st.lists(st.one_of(st.text(max_size=3), st.integers(0, 3)), max_size=5)
BY_NAME = st.dictionaries(st.sampled_from(["name", "size", "subject", "weight", "x"]), st.just(1))


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
@given(arguments=GIVEN, named=BY_NAME, others=GIVEN)
def test_a_value_does_what_a_dataclass_does(
    pair: tuple[Any, Any], arguments: list[Any], named: dict[str, Any], others: list[Any]
) -> None:
    def told(cls: Any) -> list[object]:
        one = _result(lambda: cls(*arguments, **named))
        other = _result(lambda: cls(*others))
        if not isinstance(one, cls) or not isinstance(other, cls):
            return [isinstance(one, cls), isinstance(other, cls)]
        first, second = one, other
        return [
            repr(one),
            one == other,
            one == copy.copy(one),
            one == object(),
            _result(lambda: hash(first) == hash(second)),
            dataclasses.asdict(one),
            dataclasses.replace(one) == one,
            repr(dataclasses.replace(one, **named)),
            cls.__match_args__,
            hasattr(one, "__dict__"),
            inspect.signature(cls).parameters.keys(),
        ]

    ours, theirs = pair
    assert told(ours) == told(theirs)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@given(arguments=GIVEN, named=BY_NAME)
def test_the_first_value_of_a_class_is_like_all_others(
    kind: tuple[Any, Any, bool], arguments: list[Any], named: dict[str, Any]
) -> None:
    ours, theirs, frozen = kind
    new, old = _pair(ours, theirs, frozen=frozen)
    assert repr(_result(lambda: new(*arguments, **named))) == repr(
        _result(lambda: old(*arguments, **named))
    )
    for _ in range(30):
        _result(lambda: new(*arguments, **named))
    assert inspect.isfunction(vars(new)["__init__"])
    assert repr(_result(lambda: new(*arguments, **named))) == repr(
        _result(lambda: old(*arguments, **named))
    )


def test_a_frozen_value_refuses_every_change() -> None:
    value = FROZEN("a")
    with pytest.raises(dataclasses.FrozenInstanceError, match="subject"):
        value.subject = "b"
    with pytest.raises(dataclasses.FrozenInstanceError, match="anything"):
        value.anything = "b"
    with pytest.raises(dataclasses.FrozenInstanceError, match="subject"):
        del value.subject
    assert value.told == "a!"


def test_an_open_value_takes_changes_of_its_fields_and_no_others() -> None:
    value = OPEN("a")
    value.subject = "b"
    assert value == OPEN("b")
    with pytest.raises(AttributeError):
        value.anything = 1
    with pytest.raises(TypeError):
        hash(value)


def test_a_default_that_is_made_is_made_for_each() -> None:
    one, other = FROZEN("a"), FROZEN("a")
    one.places.append("here")
    assert other.places == []


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_value_can_be_pickled(protocol: int) -> None:
    value = Kept("a", Kept("b"))
    assert pickle.loads(pickle.dumps(value, protocol)) == value
    assert copy.deepcopy(value) == value


def test_values_in_values_become_dictionaries_too() -> None:
    value = Kept("a", (Kept("b"), {"c": [Kept("d", frozenset(["e"]))]}))
    assert values.asdict(value) == dataclasses.asdict(value)
    assert values.replace(value, name="z") == Kept("z", value.inner)


def test_what_is_no_value_has_no_items() -> None:
    assert values.items("text") is None
    assert values.items(Kept) is None
    assert dict(values.items(Kept("a")) or ()) == {"name": "a", "inner": None}


def test_the_library_s_functions_know_a_value_before_anything_else_was_asked() -> None:
    code = (
        "import sys, trueup.reporting as r; assert 'dataclasses' not in sys.modules;"
        "import dataclasses as d; assert d.is_dataclass(r.Event);"
        "print(*(f.name for f in d.fields(r.Event)))"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, check=True)
    assert done.stdout.decode().split()[:2] == ["kind", "subject"]


def _values() -> Iterator[Any]:
    """Yield every class of ours that is a value."""
    for package in (trueup, trueup_tox, trueup_nox, trueup_precommit):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith(("__main__", "recorder", "guard", "probe", "compiler")):
                module = importlib.import_module(found.name)
                own = (one for one in vars(module).values() if inspect.isclass(one))
                yield from (
                    one
                    for one in own
                    if one.__module__ == found.name and "__dataclass_fields__" in vars(one)
                )


def test_every_value_of_ours_is_what_the_library_would_have_made() -> None:
    seen = 0
    for cls in _values():
        twin = dataclasses.make_dataclass(
            cls.__name__,
            [
                (each.name, each.type, dataclasses.field(**_settings(each)))
                for each in dataclasses.fields(cls)
            ],
            frozen=cls.__dataclass_params__.frozen,
            namespace={"__annotations__": {}},
        )
        names = {each.name for each in dataclasses.fields(cls)}
        assert names == set(cls.__annotations__), cls
        assert not any("Var[" in str(each) for each in cls.__annotations__.values()), cls
        assert cls.__mro__[1:] == (object,), cls
        ours, theirs = (inspect.signature(one).parameters for one in (cls, twin))
        assert list(ours) == list(theirs), cls
        for name in ours:
            assert (ours[name].default is inspect.Parameter.empty) == (
                theirs[name].default is inspect.Parameter.empty
            ), (cls, name)
        seen += 1
    assert seen > 100


def _settings(each: Any) -> dict[str, Any]:
    return {
        name: getattr(each, name)
        for name in ("default", "default_factory", "compare", "repr")
        if getattr(each, name) is not dataclasses.MISSING
    }
