"""`dataclass` for values, as the standard library's but without its price at every start.

That one writes and compiles six functions a class, 0.4 to 0.6 ms: a sixth of what a command took. Here all classes
share what compares, hashes and shows, and `__init__` is compiled for the classes that make many values, or have a rule
for it. Making a value takes two thirds of the time. To type checkers it is the standard library's, whose `field`,
`fields`, `replace` and `asdict` work.
"""

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, make_dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn

_FEW = 16
"""Values of a class before compiling its `__init__` pays: 0.15 to 0.4 ms, and 1 µs less for each value."""


def _dataclass(
    *, frozen: bool = False, slots: bool = False, kw_only: bool = False, eq: bool = True
) -> Callable[[type], type]:
    """Return what makes a class of values: with slots, and without parents that have fields."""
    assert slots

    def make(declared: type) -> type:
        fields = _Fields(declared, kw_only=kw_only)
        body = {name: found for name, found in vars(declared).items() if name not in fields.names}
        del body["__dict__"], body["__weakref__"]
        body |= {"__slots__": fields.names, "__dataclass_fields__": fields, "__init__": _make}
        body |= {"__match_args__": () if kw_only else fields.where("init"), "__setstate__": _set_state}
        body.setdefault("__repr__", _repr)
        if eq:
            body |= _comparing(fields.where("compare"), hashed=frozen)
        if frozen:
            body |= {"__setattr__": _refuse, "__delattr__": _refuse}
        made = type(declared)(declared.__name__, declared.__bases__, body)
        made.__qualname__ = declared.__qualname__
        return made

    return make


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # noqa: PLC0414 - mypy's mark of what is there to be imported
else:
    dataclass = _dataclass


class _Fields:
    """The fields of one class; to those who ask as the standard library does, its own Field objects."""

    def __init__(self, declared: type, *, kw_only: bool) -> None:
        given = vars(declared)
        self.names = tuple(given.get("__annotations__", ()))
        self.given = {name: given[name] for name in self.names if name in given}
        """What stands behind the `=`: a default, or a Field."""
        self.defaults = {name: found for name, found in self.given.items() if not isinstance(found, Field)}
        self.factories: dict[str, Callable[[], Any]] = {}
        for name in self.given.keys() - self.defaults.keys():
            if (default := self.given[name].default) is not MISSING:
                self.defaults[name] = default
            elif (factory := self.given[name].default_factory) is not MISSING:
                self.factories[name] = factory
        self.kw_only = kw_only
        self.ruled = bool(self.factories) or "__post_init__" in given or self.where("init") != self.names
        self.made = 0
        self.standard: dict[str, Field[Any]] = {}

    def where(self, what: str) -> tuple[str, ...]:
        """Return the names of the fields that are for `init`, `repr` or `compare`."""
        return tuple(
            name for name in self.names if not isinstance(found := self.given.get(name), Field) or getattr(found, what)
        )

    def __get__(self, value: object, owner: type) -> dict[str, Field[Any]]:
        if not self.standard:
            kinds = owner.__annotations__
            asked = [(name, kinds[name], *([self.given[name]] if name in self.given else [])) for name in self.names]
            # Without what it would compile, and without a signature for its docstring.
            own = {"__doc__": owner.__doc__ or owner.__name__}
            made: Any = make_dataclass(
                owner.__name__, asked, init=False, repr=False, eq=False, kw_only=True, namespace=own
            )
            self.standard = made.__dataclass_fields__
        return self.standard


def _make(self: Any, *given: object, **named: object) -> None:
    """Be the `__init__` of a class that makes few values, all by keyword; else compile the one that follows."""
    fields = vars(type(self))["__dataclass_fields__"]
    known = fields.defaults | named
    fields.made += 1
    if given or fields.ruled or fields.made > _FEW or known.keys() != set(fields.names):
        type(self).__init__ = _compiled(type(self), fields)
        self.__init__(*given, **named)
        return
    for name, found in known.items():
        object.__setattr__(self, name, found)


def _compiled(cls: type, fields: _Fields) -> Any:
    """Return the `__init__` of a class as one would write it; wrong arguments get Python's own TypeError."""
    scope: dict[str, Any] = {"missing": MISSING}
    parameters, lines = ["self", *(["*"] if fields.kw_only else [])], []
    for name in fields.where("init"):
        scope |= {f"set_{name}": vars(cls)[name].__set__}
        if name in fields.factories:
            scope |= {f"make_{name}": fields.factories[name]}
            parameters.append(f"{name}=missing")
            lines.append(f"set_{name}(self, make_{name}() if {name} is missing else {name})")
            continue
        if name in fields.defaults:
            scope |= {f"default_{name}": fields.defaults[name]}
        parameters.append(f"{name}=default_{name}" if name in fields.defaults else name)
        lines.append(f"set_{name}(self, {name})")
    lines.append("self.__post_init__()" if hasattr(cls, "__post_init__") else "return")
    exec(f"def __init__({', '.join(parameters)}):\n  " + "\n  ".join(lines), scope)  # noqa: S102 - names of our own
    made = scope["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


def _comparing(names: tuple[str, ...], *, hashed: bool) -> dict[str, Any]:
    """Return `__eq__` by some fields, and the `__hash__` with it: what changes has none."""
    key = attrgetter(*names or ["__class__"])

    def __eq__(self: object, other: object) -> bool:  # noqa: N807 - it becomes a method
        return key(self) == key(other) if other.__class__ is self.__class__ else NotImplemented

    def __hash__(self: object) -> int:  # noqa: N807
        return hash(key(self))

    return {"__eq__": __eq__, "__hash__": __hash__ if hashed else None}


def _repr(self: Any) -> str:
    shown = vars(type(self))["__dataclass_fields__"].where("repr")
    return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"


def _set_state(self: object, state: tuple[None, dict[str, Any]]) -> None:
    """Let a value be copied and pickled though it is frozen."""
    for name, found in state[1].items():
        object.__setattr__(self, name, found)


def _refuse(self: object, name: str, *_: object) -> NoReturn:
    raise FrozenInstanceError(f"{type(self).__qualname__} does not change: {name!r}")
