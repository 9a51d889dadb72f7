"""BER made DER: every form, linear in time, refused past its limits; and DER framed by hand."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smimetui.model.errors import FormatError
from smimetui.smime import ber
from smimetui.smime.ber import field, field_header, identifier, integer, octet_string, sequence, set_of, to_der
from smimetui.smime.cursor import walk
from smimetui.smime.names import dotted_oid
from tests.linear import assert_linear
from tests.smime.forge import as_ber

END = b"\x00\x00"


def test_der_comes_back_uncopied() -> None:
    der = sequence(integer(1), octet_string(b"x" * 1000), sequence())
    assert to_der(der) is der


def test_what_follows_the_first_field_is_left_out() -> None:
    der = sequence(integer(1))
    assert to_der(der + b"trailing") == der


@pytest.mark.parametrize(
    ("encoded", "der"),
    [
        (b"\x30\x80" + integer(5) + END, sequence(integer(5))),
        (b"\x30\x80\x30\x80" + END + END, sequence(sequence())),
        (b"\x30\x80\x24\x80" + octet_string(b"ab") + octet_string(b"c") + END + END, sequence(octet_string(b"abc"))),
        (sequence(field(0x24, octet_string(b"ab"), octet_string(b""))), sequence(octet_string(b"ab"))),
        (
            b"\x30\x80\x24\x80\x24\x80" + octet_string(b"a") + END + octet_string(b"b") + END + END,
            sequence(octet_string(b"ab")),
        ),
        (b"\x30\x80\xa0\x80" + integer(1) + END + END, sequence(field(0xA0, integer(1)))),
        (b"\x30\x80\x24\x80" + END + END, sequence(octet_string(b""))),
    ],
)
def test_every_form_of_ber_becomes_der(encoded: bytes, der: bytes) -> None:
    assert to_der(encoded) == der


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x80",
        b"\x30\x05\x02\x01",
        b"\x30\x80\x02\x01\x05",
        b"\x04\x01x",
        b"\x30\x03\x02\x05\x01",
        b"\x30\x04\x30\x05\x02\x01",
        b"\x30\x89" + b"\xff" * 9,
        b"\x30\x84\xff\xff\xff\xff",
        b"\x3f\x81\x01\x00",
        b"\x30\x80\x24\x80" + integer(1) + END + END,
        b"\x30\x80\x24\x80\x30\x00" + END + END,
        b"\x30\x80\x04\x80" + END + END,
        b"\x30\x04\x30\x80\x02\x01\x05\x00\x00\x00",
    ],
)
def test_broken_encodings_are_a_format_error(data: bytes) -> None:
    with pytest.raises(FormatError):
        to_der(data)


def test_depth_is_limited_by_name() -> None:
    deepest = b"\x30\x80" * ber.MOST_DEPTH + END * ber.MOST_DEPTH
    to_der(deepest)
    with pytest.raises(FormatError, match="more than 64 levels deep"):
        to_der(b"\x30\x80" + deepest + END)


def test_the_number_of_fields_is_limited_by_name() -> None:
    with pytest.raises(FormatError, match="more than 500,000 fields"):
        to_der(b"\x30\x80" + b"\x05\x00" * (ber.MOST_FIELDS + 1) + END)


def test_time_grows_with_length_and_not_faster() -> None:
    def read(segments: int) -> None:
        data = b"\x30\x80\x24\x80" + octet_string(b"x" * 1000) * segments + END + END
        assert len(to_der(data)) > segments * 1000

    assert_linear(read, 20_000)


@given(st.binary(max_size=300))
def test_any_octets_are_der_or_a_format_error(data: bytes) -> None:
    try:
        der = to_der(b"\x30" + data)
    except FormatError:
        return
    assert to_der(der) == der


LEAVES = st.binary(max_size=40).map(octet_string)
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=5).map(lambda of: sequence(*of)), max_leaves=20)


@given(TREES)
def test_any_tree_survives_the_detour_through_ber(tree: bytes) -> None:
    assert to_der(as_ber(sequence(tree))) == sequence(tree)


CHANGES = st.lists(
    st.tuples(st.integers(0, 60), st.sampled_from([0x00, 0x1F, 0x24, 0x30, 0x80, 0x81, 0xA0])), max_size=3
)
ENVELOPED = bytes.fromhex("06092a864886f70d010703")


@given(tree=TREES, changes=CHANGES, kind=st.sampled_from([b"", ENVELOPED]), members=st.booleans())
def test_what_is_der_at_a_glance_is_der_to_the_normaliser(
    tree: bytes, changes: list[tuple[int, int]], kind: bytes, *, members: bool
) -> None:
    data = bytearray(sequence(kind, sequence(sequence(sequence(field(0xA0, tree))))))
    for position, octet in changes:
        data[min(position, len(data) - 1)] = octet
    try:
        expected = ber._Normaliser(bytes(data), members=members).run()
    except FormatError:
        with pytest.raises(FormatError):
            to_der(bytes(data), members=members)
    else:
        assert to_der(bytes(data), members=members) == expected


@given(st.integers())
def test_integers_are_read_back(value: int) -> None:
    encoded = integer(value)
    assert walk(encoded).integer() == value
    assert len(encoded) <= 2 or encoded[2:4] not in {b"\x00\x00", b"\xff\xff"}


@given(st.lists(st.integers(min_value=0, max_value=2**70), max_size=8), st.integers(0, 2), st.integers(0, 39))
def test_object_identifiers_are_read_back(rest: list[int], first: int, second: int) -> None:
    dotted = ".".join(map(str, (first, second, *rest)))
    assert walk(identifier(dotted)).oid() == dotted
    assert dotted_oid(identifier(dotted)[2:]) == dotted


def test_lengths_have_the_shortest_form() -> None:
    assert field_header(0x30, 127) == b"\x30\x7f"
    assert field_header(0x30, 128) == b"\x30\x81\x80"
    assert field_header(0x04, 65_536) == b"\x04\x83\x01\x00\x00"


def test_a_set_is_sorted() -> None:
    assert set_of(integer(2), integer(1)) == field(0x31, integer(1), integer(2))


def test_a_cursor_names_what_is_missing() -> None:
    cursor = walk(sequence()).enter(0x30)
    assert cursor.done
    assert cursor.optional(0x02) is None
    with pytest.raises(FormatError, match="lacks a field"):
        cursor.take()
    with pytest.raises(FormatError, match="something else"):
        walk(integer(1)).oid()


@pytest.mark.parametrize(
    "fields",
    [b"\x30\x00", b"\x30\x80\x00\x00", b"\x24\x80\x00\x00", b"\x30\x80\x04\x01x\x00\x00", b"\xa1\x02\x04\x00"],
    ids=bytes.hex,
)
def test_many_small_fields_take_memory_in_proportion(fields: bytes) -> None:
    data = b"\x30\x80" + fields * 100_000 + b"\x00\x00"
    tracemalloc.start()
    try:
        to_der(data)
        assert tracemalloc.get_traced_memory()[1] < 20 * len(data)
    finally:
        tracemalloc.stop()


def test_a_field_that_need_not_change_is_copied_as_it_is_beside_one_that_must() -> None:
    kept = b"\x30\x81\x05\x31\x03\x02\x01\x05"
    assert to_der(b"\x30\x80" + kept + b"\x30\x80" + kept + b"\0\0\0\0") == b"\x30\x12" + kept + b"\x30\x08" + kept
