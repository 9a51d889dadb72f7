"""Values behave as the standard library's dataclasses do; what is dear at every start is all that they leave out."""

import copy
import dataclasses
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, field, fields, replace
from typing import Any

import pytest

from smimetui.model import value
from smimetui.model.address import Address
from smimetui.services.account import Account


def declared(dataclass: Any) -> dict[str, Any]:
    """Some classes, made by one or the other."""

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Stamp:
        motif: str
        pence: int = 1
        owner: str = field(default="", compare=False, repr=False)

        @property
        def first_class(self) -> bool:
            return self.pence > 1

    @dataclass(frozen=True, slots=True)
    class Route:
        start: str
        end: str = field(default="here", compare=False)
        name: str = field(init=False, repr=False)

        def __post_init__(self) -> None:
            object.__setattr__(self, "name", f"{self.start}-{self.end}")

    @dataclass(slots=True, kw_only=True)
    class Tray:
        letters: list[str] = field(default_factory=list)
        label: str = ""

    @dataclass(frozen=True, slots=True, kw_only=True, eq=False)
    class Parcel:
        weight: int

    @dataclass(frozen=True, slots=True)
    class Nothing:
        pass

    return {made.__name__: made for made in (Stamp, Route, Tray, Parcel, Nothing)}


OURS, STANDARD = declared(value.dataclass), declared(dataclasses.dataclass)
Stamp, Route, Tray, Parcel = (OURS[name] for name in ("Stamp", "Route", "Tray", "Parcel"))
CALLS: list[Callable[[Any], Any]] = [
    lambda cls: cls(),
    lambda cls: cls(motif="queen"),
    lambda cls: cls(motif="queen", pence=2, owner="Ann"),
    lambda cls: cls("a"),
    lambda cls: cls("a", "b"),
    lambda cls: cls("a", "b", "c"),
    lambda cls: cls(start="a", end="b"),
    lambda cls: cls(start="a", begin="b"),
    lambda cls: cls(weight=3),
    lambda cls: cls(weight=3, height=1),
    lambda cls: cls(label="in"),
    lambda cls: cls(letters=["x"]),
]


def outcome(call: Callable[[Any], Any], made: Any) -> Any:
    try:
        return call(made)
    except TypeError as refusal:
        return refusal


@pytest.mark.parametrize("often", [1, 40])
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", OURS)
def test_a_value_is_made_and_refused_as_the_standard_library_does(
    name: str, call: Callable[[Any], Any], often: int
) -> None:
    if isinstance(expected := outcome(call, STANDARD[name]), TypeError):
        assert {str(outcome(call, OURS[name])) for _ in range(often)} == {str(expected)}
        return
    for _ in range(often):
        found = call(OURS[name])
    assert asdict(found) == asdict(expected)
    assert repr(found) == repr(expected)
    assert (call(OURS[name]) == found) is (call(STANDARD[name]) == expected)
    assert found != expected
    assert (OURS[name].__hash__ is None) is (STANDARD[name].__hash__ is None)
    assert OURS[name].__match_args__ == STANDARD[name].__match_args__
    assert OURS[name].__slots__ == STANDARD[name].__slots__


def test_a_field_that_does_not_compare_does_not_count() -> None:
    assert Stamp(motif="queen", owner="Ann") == Stamp(motif="queen", owner="Bob")
    assert hash(Stamp(motif="queen", owner="Ann")) == hash(Stamp(motif="queen", owner="Bob"))
    assert Stamp(motif="queen") != Stamp(motif="king")
    assert Stamp(motif="queen") != Route("queen")


def test_what_changes_cannot_be_hashed() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(Tray())


def test_each_tray_has_letters_of_its_own() -> None:
    first, second = Tray(), Tray()
    first.letters.append("x")
    assert second.letters == []


def test_a_frozen_value_neither_changes_nor_grows() -> None:
    stamp: Any = Stamp(motif="queen")
    with pytest.raises(dataclasses.FrozenInstanceError):
        stamp.motif = "king"
    with pytest.raises(dataclasses.FrozenInstanceError):
        del stamp.motif
    assert not hasattr(stamp, "__dict__")


def test_a_repr_leaves_out_what_it_must_not_show() -> None:
    assert repr(Stamp(motif="queen", owner="secret")) == "declared.<locals>.Stamp(motif='queen', pence=1)"


def test_the_standard_librarys_functions_work() -> None:
    stamp = Stamp(motif="queen")
    assert replace(stamp, pence=2) == Stamp(motif="queen", pence=2)
    assert replace(stamp, pence=2).first_class
    assert asdict(stamp) == {"motif": "queen", "pence": 1, "owner": ""}
    assert [found.name for found in fields(Stamp)] == ["motif", "pence", "owner"]
    assert dataclasses.is_dataclass(stamp)
    with pytest.raises(ValueError, match="name"):
        replace(Route("a"), name="b")
    assert replace(Route("a"), start="b").name == "b-here"


def test_a_value_can_be_copied_and_pickled() -> None:
    for made in (Stamp(motif="queen"), Tray(letters=["x"])):
        assert copy.copy(made) == copy.deepcopy(made) == made
    account = Account(address=Address("alice", "corp.example"))
    assert pickle.loads(pickle.dumps(account)) == account


def test_a_class_compiles_nothing_before_its_values_are_many() -> None:
    code = (
        "import builtins, smimetui.model.certificate, smimetui.model.value as value\n"
        "builtins.exec = None\n"
        "@value.dataclass(frozen=True, slots=True, kw_only=True)\n"
        "class Point:\n    x: int\n    y: int = 0\n"
        "assert Point(x=1) == Point(x=1, y=0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
