"""Fields of DER and BER, and the names made of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smimetui.model.errors import FormatError
from smimetui.smime.der import INTEGER, SEQUENCE, child, fields, read_field
from smimetui.smime.names import common_name, decode_name, dotted_oid, name_text


def test_a_field_tells_where_it_and_its_value_begin_and_end() -> None:
    assert read_field(b"\x02\x01\x05", 0, 3) == (INTEGER, 0, 2, 3, 3)
    assert read_field(b"\x04\x81\x02ab", 0, 5) == (4, 0, 3, 5, 5)


def test_an_indefinite_length_ends_at_its_end_of_contents() -> None:
    data = b"\x30\x80\x30\x80\x02\x01\x05\0\0\0\0\x02\x01\x06"
    field = read_field(data, 0, len(data))
    assert (field.content, field.end, field.after) == (2, 9, 11)
    assert [inner.tag for inner in fields(data, 0, len(data))] == [SEQUENCE, INTEGER]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x02",
        b"\x02\x05a",
        b"\x02\x84\xff\xff\xff\xff",
        b"\x1f\x81\x01\0",
        b"\x04\x80a\0\0",
        b"\x30\x80\x02\x01\x05",
        b"\x30\x80\x02\x01\x05\0",
    ],
)
def test_a_field_that_is_not_whole_is_a_format_error(data: bytes) -> None:
    with pytest.raises(FormatError):
        read_field(data, 0, len(data))


def test_a_field_never_ends_behind_what_holds_it() -> None:
    data = b"\x30\x80\x02\x01\x05\0\0"
    with pytest.raises(FormatError):
        read_field(data, 0, 6)


def test_nesting_without_end_is_a_format_error() -> None:
    data = b"\x30\x80" * 1000 + b"\0\0" * 1000
    with pytest.raises(FormatError, match="nested too deep"):
        read_field(data, 0, len(data))


def test_a_child_must_have_the_tag_that_is_asked_for() -> None:
    data = b"\x30\x03\x02\x01\x05"
    outer = read_field(data, 0, len(data))
    assert child(data, outer, INTEGER).content == 4
    with pytest.raises(FormatError):
        child(data, outer, SEQUENCE)


@given(st.binary(max_size=60))
def test_any_bytes_are_fields_or_a_format_error(data: bytes) -> None:
    try:
        found = list(fields(data, 0, len(data)))
    except FormatError:
        return
    assert all(0 <= field.start < field.content <= field.end <= field.after <= len(data) for field in found)


COMMON_NAME = b"\x06\x03\x55\x04\x03"


def attribute(kind: bytes, value: bytes) -> bytes:
    content = kind + value
    return bytes([SEQUENCE, len(content)]) + content


def name(*attributes: bytes) -> bytes:
    return b"".join(bytes([0x31, len(part)]) + part for part in attributes)


def decoded(data: bytes) -> tuple[tuple[str, str], ...]:
    return decode_name(data, 0, len(data))


def test_a_set_of_several_attributes_is_read() -> None:
    uid = b"\x06\x0a\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01"
    data = name(attribute(COMMON_NAME, b"\x0c\x05Alice") + attribute(uid, b"\x0c\x01a"))
    assert decoded(data) == (("CN", "Alice"), ("UID", "a"))


def test_an_unknown_attribute_keeps_its_identifier() -> None:
    assert decoded(name(attribute(b"\x06\x03\x2a\x03\x04", b"\x0c\x01x"))) == (("1.2.3.4", "x"),)


def test_an_empty_value_is_an_empty_text() -> None:
    assert decoded(name(attribute(COMMON_NAME, b"\x0c\x00"))) == (("CN", ""),)


def test_the_last_common_name_is_the_most_specific() -> None:
    pairs = (("CN", "Group"), ("CN", "Alice"), ("O", "Corp"))
    assert common_name(pairs) == "Alice"
    assert common_name((("O", "Corp"),)) == ""
    assert name_text(pairs) == "O=Corp,CN=Alice,CN=Group"


@pytest.mark.parametrize("data", [b"\x30\x00", b"\x31\x05\x30\x03\x06\x01\x2a", b"\x31\x02\x04\x05"])
def test_what_is_no_name_is_a_format_error(data: bytes) -> None:
    with pytest.raises(FormatError):
        decoded(data)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_name_or_a_format_error(data: bytes) -> None:
    try:
        name_text(decoded(data))
    except FormatError:
        return


@pytest.mark.parametrize(
    ("content", "dotted"),
    [("2a864886f70d010701", "1.2.840.113549.1.7.1"), ("813403", "2.100.3"), ("", ""), ("80", ""), ("2a", "1.2")],
)
def test_an_identifier_is_dotted(content: str, dotted: str) -> None:
    assert dotted_oid(bytes.fromhex(content)) == dotted


def test_an_identifier_is_read_up_to_a_limit() -> None:
    assert len(dotted_oid(b"\xff" * 63 + b"\x01")) == 137
    with pytest.raises(FormatError, match="more than 64 octets"):
        dotted_oid(b"\xff" * 64 + b"\x01")
