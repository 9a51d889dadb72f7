"""MIME by search: parts, headers, encodings and charsets, as they come and as they should."""

import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smimetui.model.errors import FormatError
from smimetui.smime import mime
from smimetui.smime.charset import decode_text
from smimetui.smime.fields import media_type, parameterised
from smimetui.smime.mime import canonical, decode_base64, parse, split
from tests.linear import assert_linear
from tests.smime import forge
from tests.smime.correspondents import opened


def texts(raw: bytes) -> list[str]:
    return [part.text() for part in parse(raw).parts()]


def multi(body: str, boundary: str = "b") -> bytes:
    return f'Content-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n{body}'.encode()


def test_parts_end_before_the_line_end_of_their_delimiter() -> None:
    assert texts(multi("--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n\r\n--b--\r\n")) == ["one", "two\n"]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("--b\n\none\n--b--\n", ["one"]),
        ("--b  \r\n\r\none\r\n--b--  \r\n", ["one"]),
        ("--b\r\n\r\none\r\n", ["one\n"]),
        ("--b\r\n\r\none", ["one"]),
        ("--b\r\n\r\none\r\n--b--", ["one"]),
        ("--b\r\n\r\none --b\r\n--bb\r\n--b\r\n\r\ntwo\r\n--b--\r\n", ["one --b\n--bb", "two"]),
        ("--b\r\n\r\none\r\n--b--\r\n--b\r\n\r\nepilogue\r\n--b--\r\n", ["one"]),
        ("preamble\r\n--b\r\n\r\none\r\n--b--\r\n", ["one"]),
        ("--b\r\n--b\r\n\r\none\r\n--b--\r\n", ["", "one"]),
        ("--b--\r\n", []),
        ("nothing\r\n", []),
        ("", []),
    ],
)
def test_delimiters_are_found_where_they_begin_a_line(body: str, found: list[str]) -> None:
    assert texts(multi(body)) == found


def test_a_part_without_any_field_is_text() -> None:
    part = next(parse(multi("--b\r\n\r\nno header\r\n--b--")).parts())
    assert (part.content_type, part.fields) == ("text/plain", ())


def test_parts_of_a_digest_are_messages() -> None:
    raw = multi("--b\r\n\r\nSubject: x\r\n\r\ntext\r\n--b--").replace(b"mixed", b"digest")
    assert [part.content_type for part in parse(raw).parts()] == ["message/rfc822"]


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        (b"A: 1\r\nB: 2\r\n", (("a", "1"), ("b", "2"))),
        (b"A: 1\r\n 2\r\n\t3\r\n", (("a", "1 2\t3"),)),
        (b"A : 1\r\n", (("a", "1"),)),
        (b"From mailer Mon Nov 23\r\nA: 1\r\n", (("a", "1"),)),
        (b"A:\r\n", (("a", ""),)),
        (b"A: Gr\xc3\xbc\xc3\x9fe\r\n", (("a", "Grüße"),)),
        (b"A: \xff\r\n", (("a", "\ufffd"),)),
    ],
)
def test_header_fields_are_unfolded(header: bytes, fields: tuple[tuple[str, str], ...]) -> None:
    entity = parse(header + b"\r\nbody")
    assert entity.fields == fields
    assert entity.text() == "body"


def test_text_without_a_header_is_all_body() -> None:
    assert parse(b"This is a test message.\r\nSubject: x\r\n").text() == "This is a test message.\nSubject: x\n"


def test_a_header_ends_at_a_line_that_is_no_field() -> None:
    entity = parse(b"A: 1\r\nno field here\r\nB: 2\r\n")
    assert entity.fields == (("a", "1"),)
    assert entity.text() == "no field here\nB: 2\n"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text/plain", ("text/plain", {})),
        ("Text/HTML; Charset=UTF-8", ("text/html", {"charset": "UTF-8"})),
        ('a/b; name="x; y=\\"z\\""; n=1', ("a/b", {"name": 'x; y="z"', "n": "1"})),
        ("a/b; name*=utf-8''%E2%82%AC%20rates", ("a/b", {"name": "€ rates"})),
        ("a/b; name*0=one; name*1=two", ("a/b", {"name": "onetwo"})),
        ("a/b; name*1*=%20two; name*0*=iso-8859-1'en'%FCne", ("a/b", {"name": "üne two"})),
        ("a/b; x=1; x=2", ("a/b", {"x": "1"})),
        ("nonsense", ("text/plain", {})),
        ("", ("text/plain", {})),
        ("a/b; =x; y", ("a/b", {})),
        ("a/b; boundary = spaced", ("a/b", {"boundary": "spaced"})),
    ],
)
def test_content_types_and_their_parameters_are_read(value: str, expected: tuple[str, dict[str, str]]) -> None:
    assert media_type(value) == expected


@pytest.mark.parametrize("piece", ["; x", "\\", ';x="', " ", ";x*1=", "=?"])
@pytest.mark.parametrize("start", ['a/b; y="', "a/b;"])
def test_a_parameter_list_takes_no_longer_than_its_length(start: str, piece: str) -> None:
    assert_linear(lambda count: parameterised(start + piece * count), 100_000)


def test_a_header_folded_into_short_lines_takes_memory_in_proportion() -> None:
    header = b"Subject: x\n" + b" \n" * 100_000 + b" y\n\n"
    parse(header)
    tracemalloc.start()
    try:
        assert parse(header).get("subject").split() == ["x", "y"]
        assert tracemalloc.get_traced_memory()[1] < 5 * len(header)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("piece", ["a", "\\a"])
def test_a_long_quoted_parameter_takes_memory_in_proportion(piece: str) -> None:
    value = f'multipart/mixed; boundary="{piece * 8_000}'
    tracemalloc.start()
    try:
        assert parameterised(value)[1]["boundary"] == "a" * 8_000
        assert tracemalloc.get_traced_memory()[1] < 20 * len(value)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\\\Windows\\\\x.exe", "x.exe"),
        ("a\x00b\x1b[31m.txt", "a_b_[31m.txt"),
        ("=?utf-8?q?=C3=BCber.txt?=", "über.txt"),
        (".", "file"),
        ("..", "file"),
        ("x" * 500, "x" * 200),
    ],
)
def test_file_names_are_bare(given_name: str, shown: str) -> None:
    part = f'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="{given_name}"\r\n\r\nx'
    found = opened(forge.multipart(forge.entity(), part.encode())).attachments[0].name
    assert found == (shown if shown != "file" else "application.pdf")


@pytest.mark.parametrize(
    ("octets", "charset", "text"),
    [
        ("Grüße".encode(), "utf-8", "Grüße"),
        ("Grüße".encode("latin-1"), "iso-8859-1", "Grüße"),
        ("„Grüße“".encode("cp1252"), "iso-8859-1", "„Grüße“"),
        ("Grüße".encode(), "us-ascii", "Grüße"),
        ("Grüße".encode("latin-1"), "us-ascii", "Grüße"),
        ("Grüße".encode("latin-1"), "", "Grüße"),
        ("Grüße".encode(), "x-unknown", "Grüße"),
        ("Привет".encode("koi8-r"), "KOI8-R", "Привет"),
        ("日本".encode("iso-2022-jp"), "iso-2022-jp", "日本"),
        ("hi".encode("utf-16"), "utf-16", "hi"),
        (b"\xff\xfe\xfd", "utf-8", "\ufffd\ufffd\ufffd"),
        (b"\xff", "ascii", "ÿ"),
        (b"+2AA-+AOQ-", "utf-7", "?ä"),
        ("Grüße".encode(), "koi8-r" * 8, "Grüße"),
    ],
)
def test_text_is_decoded_by_its_charset_or_what_it_must_be(octets: bytes, charset: str, text: str) -> None:
    assert decode_text(octets, charset) == text


def test_long_names_of_charsets_leave_nothing_behind() -> None:
    # Python keeps every name it was ever asked for.
    tracemalloc.start()
    try:
        for number in range(100):
            decode_text(b"x", f"{number}" + "x" * 10_000)
        assert tracemalloc.get_traced_memory()[0] < 100_000
    finally:
        tracemalloc.stop()


ODD_CHARSETS = (
    *("idna", "punycode", "zlib", "rot13", "unicode_escape", "hex", "utf-7", "undefined", "\0", "é", "utf-32", "cp437"),
    *("mbcs", "a" * 300, "string-escape", "utf_8_sig", "hz", "base64"),
)


@given(st.binary(max_size=60), st.sampled_from(ODD_CHARSETS))
def test_no_charset_raises(octets: bytes, charset: str) -> None:
    decode_text(octets, charset).encode()


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        (b"aGVsbG8=", b"hello"),
        (b"aGVs\r\nbG8=\r\n", b"hello"),
        (b"aGVsbG8", b"hello"),
        (b"aGVs*bG8=", b"hello"),
        (b"aGVsbG8a", b"hello\x1a"),
        (b"aGVsbG8=====", b"hello"),
        (b"", b""),
        (b"!!!", b""),
    ],
)
def test_base64_is_read_as_mail_brings_it(text: bytes, octets: bytes) -> None:
    assert decode_base64(text) == octets


@pytest.mark.parametrize("take", [decode_base64, canonical])
@pytest.mark.parametrize("line", [b"M !\n", b"M\n", b"Mn\r", b"=\r\n"])
def test_text_in_short_lines_takes_no_memory_out_of_proportion(take: Callable[[bytes], bytes], line: bytes) -> None:
    text = line * 100_000
    tracemalloc.start()
    try:
        take(text)
        assert tracemalloc.get_traced_memory()[1] < 5 * len(text)
    finally:
        tracemalloc.stop()


@given(st.binary(max_size=200))
def test_no_text_is_too_broken_for_base64(text: bytes) -> None:
    assert isinstance(decode_base64(text), bytes)


@pytest.mark.parametrize("octets", [b"a\nb\r\nc\rd", b"\n\n\r\r\n", b"", b"abc"])
def test_canonical_text_has_no_other_line_end_than_crlf(octets: bytes) -> None:
    found = canonical(octets)
    assert found.count(b"\n") == found.count(b"\r\n") == octets.count(b"\n")
    assert found.replace(b"\r\n", b"") == octets.replace(b"\r\n", b"").replace(b"\n", b"")
    assert canonical(found) == found


def test_bodies_in_quoted_printable_and_unknown_encodings_are_read() -> None:
    assert parse(b"Content-Transfer-Encoding: quoted-printable\r\n\r\na=3D=\r\nb=20").text() == "a=b "
    assert parse(b"Content-Transfer-Encoding: x-odd\r\n\r\nas it is").text() == "as it is"


# Limits.


def test_a_message_past_the_limit_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mime, "MOST_OCTETS", 1_000_000)
    with pytest.raises(FormatError, match="more than 1 MB"):
        opened(forge.HEADER + b"\r\n" + b"x" * 1_000_001)
    with pytest.raises(FormatError, match="more than 1 MB"):
        opened(b"\x30" + b"x" * 1_000_001)


def test_too_many_parts_are_refused_by_name() -> None:
    with pytest.raises(FormatError, match="more than 1,000 parts"):
        opened(multi("--b\r\n\r\nx\r\n" * 1100))
    ten = b"--c\r\n\r\nx\r\n" * 300 + b"--c--\r\n"
    nested = b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n" + ten
    with pytest.raises(FormatError, match="more than 1,000 parts"):
        opened(multi("") + nested * 4)


def test_nesting_is_limited_by_name() -> None:
    raw = forge.entity()
    for _ in range(30):
        raw = forge.multipart(raw, header=b"")
    with pytest.raises(FormatError, match="nested more than 24 levels"):
        opened(raw)


def test_long_headers_are_refused_by_name() -> None:
    with pytest.raises(FormatError, match="header of more than 256 kB"):
        opened(b"A: 1\r\n" + b"X: " + b"x" * 300_000 + b"\r\n\r\nbody")
    with pytest.raises(FormatError, match="2,000 fields"):
        opened(b"X: 1\r\n" * 2_100 + b"\r\nbody")


def test_a_long_line_without_a_header_is_text() -> None:
    assert opened(b"x" * 400_000).body == "x" * 400_000


def test_a_big_message_is_parsed_without_a_copy_of_it() -> None:
    raw = multi("--b\r\n\r\none\r\n--b\r\n\r\n") + b"A" * 25_000_000 + b"\r\n--b--\r\n"
    tracemalloc.start()
    try:
        assert len(list(parse(raw).parts())) == 2
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_delimiters_that_are_none_cost_linear_time() -> None:
    def parts(count: int) -> None:
        raw = multi("--b x\r\n" * count)
        assert split(raw, 0, len(raw), "b") == []

    assert_linear(parts, 400_000)
