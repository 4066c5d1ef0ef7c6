"""Values: the standard library's dataclasses, made in a tenth of the time.

A process that installs thirty packages spends more time on making a hundred frozen dataclasses than
on writing the files: `dataclasses` imports `inspect`, and compiles six functions for each class. So
the classes here are made without a compiler. Equality, hash and `repr` are the same few functions
for all of them; a constructor is compiled when its class turns out to have many values, and
most classes have few in a run, or none.

To type checkers, and to whoever reads the code, these *are* the standard library's functions, with
the options `frozen` and `slots` and nothing else. `dataclasses.fields`, `asdict`, `replace` and
`is_dataclass` understand the classes as well: what they look for is made when they look for it.
"""

from __future__ import annotations

from operator import attrgetter

# Here, and wherever an install that was done once passes, nothing of `typing` is imported: 3 ms.
# Nor of `collections` and `functools`: 5 of the 30 ms that making an environment takes.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any

    _Class = Any

__all__ = ["asdict", "dataclass", "field", "items", "replace"]


class _Missing:
    """What a signature shows in the place of a default that is made anew each time."""

    def __repr__(self) -> str:
        return "<factory>"


_MISSING: Any = _Missing()
_FEW = 20  # values of a class; making so many slowly costs less than one compilation


class _Field:
    """What a class says of one field: as `dataclasses.field` takes it."""

    __slots__ = ("compare", "default", "default_factory", "repr")

    def __init__(
        self,
        *,
        default: object = _MISSING,
        default_factory: Callable[[], object] | None = None,
        compare: bool = True,
        repr: bool = True,  # noqa: A002 - its name in the standard library
    ) -> None:
        self.default = default
        self.default_factory = default_factory
        self.compare = compare
        self.repr = repr


def _dataclass(*, slots: bool, frozen: bool = False) -> Callable[[_Class], _Class]:
    assert slots  # noqa: S101 - without them there would be no faster way to set a frozen field

    def made(cls: _Class) -> _Class:
        return _made(cls, frozen=frozen)

    return made


def _made(cls: _Class, *, frozen: bool) -> _Class:
    """Return `cls` anew, with slots: they can only be had when a class is made."""
    names = tuple(cls.__annotations__)
    body = {name: each for name, each in vars(cls).items() if name not in _UNSLOTTED}
    said = {name: _field_of(body.pop(name, _MISSING)) for name in names}
    body |= {"__annotations__": cls.__annotations__, "__slots__": names, "__match_args__": names}
    for name, method in _methods(said).items():
        body.setdefault(name, method)
    body["__hash__"] = _hashing(said) if frozen else None
    if frozen:
        body |= _FROZEN
    body["__init__"] = _Constructor(said)
    for name in ("__dataclass_fields__", "__dataclass_params__"):
        body[name] = _Explained(said, frozen=frozen)
    made = type(cls)(cls.__name__, cls.__bases__, body)
    made.__qualname__ = cls.__qualname__
    return made


_UNSLOTTED = ("__dict__", "__weakref__")


def _field_of(said: Any) -> _Field:
    return said if isinstance(said, _Field) else _Field(default=said)


def _methods(said: Mapping[str, _Field]) -> dict[str, Callable[..., Any]]:
    """Return what every value has, whether it can be changed or not."""
    contents = _getter([name for name, each in said.items() if each.compare])
    shown = [name for name, each in said.items() if each.repr]

    def __eq__(self: Any, other: object) -> bool:  # noqa: N807 - it becomes a method
        if other.__class__ is not self.__class__:
            return NotImplemented
        return contents(self) == contents(other)

    def __repr__(self: Any) -> str:  # noqa: N807 - it becomes a method
        told = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
        return f"{self.__class__.__qualname__}({told})"

    return {"__eq__": __eq__, "__repr__": __repr__, "__replace__": _replace}


def _hashing(said: Mapping[str, _Field]) -> Callable[[Any], int]:
    contents = _getter([name for name, each in said.items() if each.compare])

    def __hash__(self: Any) -> int:  # noqa: N807 - it becomes a method
        return hash(contents(self))

    return __hash__


def _getter(names: Sequence[str]) -> Callable[[Any], object]:
    return attrgetter(*names) if names else lambda _value: ()


def _refuse_change(self: Any, name: str, *_value: object) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"{name} of {type(self).__qualname__} cannot be changed")


def _state(self: Any) -> list[Any]:
    return [getattr(self, name) for name in self.__match_args__]


def _set_state(self: Any, state: Sequence[Any]) -> None:
    for name, value in zip(self.__match_args__, state, strict=True):
        object.__setattr__(self, name, value)


_FROZEN: Mapping[str, Callable[..., Any]] = {
    "__setattr__": _refuse_change,
    "__delattr__": _refuse_change,
    "__getstate__": _state,  # or else `pickle` would set the fields one by one, which is refused
    "__setstate__": _set_state,
}


class _Constructor:
    """Stands where `__init__` belongs until many values are made, and is replaced by it then.

    Of most classes there are few values in a run, or none: for those nothing is compiled.
    """

    __slots__ = ("_left", "_owner", "_said")

    def __init__(self, said: Mapping[str, _Field]) -> None:
        self._said = said
        self._left = _FEW

    def __set_name__(self, owner: _Class, name: str) -> None:
        self._owner = owner

    def __get__(self, value: object, cls: _Class) -> Any:
        self._left -= 1
        if value is not None and self._left > 0:
            return lambda *given, **named: self._fill(value, *given, **named)
        init = self._owner.__init__ = _compiled(self._owner, self._said)
        return init if value is None else init.__get__(value, cls)

    def _fill(self, value: object, /, *given: object, **named: object) -> None:
        """Do what the compiled constructor would do; it has the word on wrong arguments, too."""
        content = dict(zip(self._said, given, strict=False))
        fits = len(given) == len(content) and content.keys().isdisjoint(named)
        content |= named
        for name, each in self._said.items() if fits else ():
            if name not in content and each.default_factory is not None:
                content[name] = each.default_factory()
            elif name not in content and each.default is not _MISSING:
                content[name] = each.default
        if not fits or content.keys() != self._said.keys():
            _compiled(self._owner, self._said)(value, *given, **named)
        for name, one in content.items():
            object.__setattr__(value, name, one)


def _compiled(cls: _Class, said: Mapping[str, _Field]) -> Any:
    """Compile the constructor of `cls`: each field is set through its slot, frozen or not."""
    scope: dict[str, Any] = {"_MISSING": _MISSING}
    parameters, lines = ["self"], []
    for name, each in said.items():
        scope[f"_set_{name}"] = getattr(cls, name).__set__
        given = name
        if each.default_factory is not None:
            scope[f"_make_{name}"] = each.default_factory
            given = f"_make_{name}() if {name} is _MISSING else {name}"
            parameters.append(f"{name}=_MISSING")
        elif each.default is not _MISSING:
            scope[f"_default_{name}"] = each.default
            parameters.append(f"{name}=_default_{name}")
        else:
            parameters.append(name)
        lines.append(f" _set_{name}(self, {given})\n")
    source = f"def __init__({', '.join(parameters)}):\n{''.join(lines) or ' pass'}"
    exec(source, scope)  # noqa: S102 - the names of our own classes' fields, and nothing else
    init = scope["__init__"]
    init.__annotations__ = {**cls.__annotations__, "return": None}
    init.__qualname__, init.__module__ = f"{cls.__qualname__}.__init__", cls.__module__
    return init


class _Explained:
    """Stands where `dataclasses` keeps what it knows of a class, until somebody asks for it."""

    __slots__ = ("_frozen", "_name", "_said")

    def __init__(self, said: Mapping[str, _Field], *, frozen: bool) -> None:
        self._said = said
        self._frozen = frozen

    def __set_name__(self, owner: _Class, name: str) -> None:
        self._name = name

    def __get__(self, value: object, cls: _Class) -> Any:
        import dataclasses

        body: dict[str, Any] = {"__annotations__": dict(cls.__annotations__)}
        for name, each in self._said.items():
            told: dict[str, Any] = {"compare": each.compare, "repr": each.repr}
            if each.default_factory is not None:
                told["default_factory"] = each.default_factory
            elif each.default is not _MISSING:
                told["default"] = each.default
            body[name] = dataclasses.field(**told)
        twin: Any = dataclasses.dataclass(frozen=self._frozen)(type(cls.__name__, (), body))
        told = getattr(twin, self._name)
        setattr(cls, self._name, told)
        return told


def _replace(value: Any, /, **changes: Any) -> Any:
    """Return `value` with some of its fields replaced: `dataclasses.replace`."""
    for name in value.__match_args__:
        changes.setdefault(name, getattr(value, name))
    return value.__class__(**changes)


def _asdict(value: Any) -> dict[str, Any]:
    """Return the fields of `value` by name, those of values in them likewise."""
    return {name: _plain(getattr(value, name)) for name in value.__match_args__}


def _plain(each: Any) -> Any:
    if items(each) is not None:
        return _asdict(each)
    if isinstance(each, dict):
        return {_plain(key): _plain(one) for key, one in each.items()}
    if type(each) in {list, tuple, set, frozenset}:
        return type(each)(map(_plain, each))
    return each


def items(value: object) -> Iterator[tuple[str, Any]] | None:
    """Return the fields of `value`, name and content; None where it is no value."""
    if "__dataclass_fields__" not in vars(type(value)):
        return None
    names: tuple[str, ...] = type(value).__match_args__  # type: ignore[attr-defined] # of a value
    return ((name, getattr(value, name)) for name in names)


if TYPE_CHECKING:
    from dataclasses import asdict, dataclass, field, replace
else:
    asdict, dataclass, field, replace = _asdict, _dataclass, _Field, _replace
