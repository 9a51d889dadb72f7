import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smimetui.model.address import (
    MOST_ADDRESSES,
    Address,
    address_key,
    ascii_domain,
    decode_words,
    header_addresses,
    parse_address,
    parse_addresses,
    split_addresses,
)
from smimetui.model.errors import AddressError, FormatError
from tests.linear import assert_linear


@pytest.mark.parametrize(
    ("text", "spec", "name"),
    [
        ("a@b.example", "a@b.example", ""),
        ("  a@b.example ", "a@b.example", ""),
        ("Erin Ext <erin@partner.example>", "erin@partner.example", "Erin Ext"),
        ('"Ext, Erin" <erin@partner.example>', "erin@partner.example", "Ext, Erin"),
        (r'"Erin \"E\" Ext" <erin@partner.example>', "erin@partner.example", 'Erin "E" Ext'),
        ("<erin@partner.example>", "erin@partner.example", ""),
        ("first.last+tag@sub.corp.example", "first.last+tag@sub.corp.example", ""),
        ('"odd local"@corp.example', '"odd local"@corp.example', ""),
        ("jörg@bücher.example", "jörg@bücher.example", ""),
        ("root@[192.0.2.1]", "root@[192.0.2.1]", ""),
        ("root@host.example (Cron Daemon)", "root@host.example", "Cron Daemon"),
    ],
)
def test_a_mailbox_is_read_with_its_name(text: str, spec: str, name: str) -> None:
    address = parse_address(text)

    assert (address.spec, address.display_name) == (spec, name)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "an empty text"),
        ("   ", "an empty text"),
        ("alice", "is not a mail address"),
        ("@corp.example", "is not a mail address"),
        ("alice@", "is not a mail address"),
        ("a b@corp.example", "before the @ is not valid"),
        (".a@corp.example", "before the @ is not valid"),
        ("a..b@corp.example", "before the @ is not valid"),
        ("a" * 65 + "@corp.example", "longer than 64 characters"),
        ("a@-corp.example", "behind the @ is not a domain"),
        ("a@corp..example", "behind the @ is not a domain"),
        ("a@" + ".".join(["b" * 60] * 5), "behind the @ is not a domain"),
        ("a@\N{SNOWMAN}\N{COMBINING ACUTE ACCENT}.example", "behind the @ is not a domain"),
        ("a@[no bracket", "behind the @ is not a domain"),
        ("a@[1;2]", "behind the @ is not a domain"),
        ("a\x1b@corp.example", "control characters"),
        ("a\u202e@corp.example", "control characters"),
        ("ali\u200dce@corp.example", "control characters"),
        ("ali\u00adce@corp.example", "control characters"),
        ("mallory@evil.example (x) (alice@corp.example)", "not valid"),
        ("(alice@corp.example) mallory@evil.example", "not valid"),
        ("x" * 100_001, "over 100,000 characters"),
    ],
)
def test_what_is_no_mailbox_is_refused_in_a_sentence(text: str, fault: str) -> None:
    with pytest.raises(AddressError) as caught:
        parse_address(text)

    assert fault in caught.value.summary
    assert "\x1b" not in caught.value.summary


def test_a_display_name_loses_its_control_characters() -> None:
    assert parse_address("Eve\x1b[31m <eve@corp.example>").display_name == "Eve [31m"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Alice@Corp.Example", "alice@corp.example"),
        ("Bücher <a@bücher.example>", "a@xn--bcher-kva.example"),
        ("One <a@b.example>", "Another <a@b.example>"),
    ],
)
def test_addresses_are_equal_as_mail_treats_them(one: str, other: str) -> None:
    assert parse_address(one) == parse_address(other)
    assert hash(parse_address(one)) == hash(parse_address(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a@b.example", "a@c.example"),
        ("straße@corp.example", "strasse@corp.example"),
        ("aliſon@corp.example", "alison@corp.example"),
        ("\N{KELVIN SIGN}ate@corp.example", "kate@corp.example"),
        ("\N{LATIN SMALL LIGATURE FI}@corp.example", "fi@corp.example"),
    ],
)
def test_different_mailboxes_differ(one: str, other: str) -> None:
    assert parse_address(one) != parse_address(other)
    assert address_key(one) != address_key(other)


def test_letters_beyond_ascii_compare_without_case() -> None:
    assert parse_address("JÖRG@corp.example") == parse_address("jörg@corp.example")


def test_a_domain_that_is_no_idn_is_compared_without_case() -> None:
    assert ascii_domain("\N{SNOWMAN}\N{COMBINING ACUTE ACCENT}-Ü..Example").endswith("example")


def test_a_key_found_in_a_certificate_compares_with_a_typed_address() -> None:
    assert address_key(" Alice@CORP.example ") == parse_address("alice@corp.example").key
    assert address_key("no at sign") == "@no at sign"


@pytest.mark.parametrize(
    ("address", "text", "label"),
    [
        (Address("a", "b.example"), "a@b.example", "a@b.example"),
        (Address("a", "b.example", "Ann Lee"), "Ann Lee <a@b.example>", "Ann Lee"),
        (Address("a", "b.example", "ann@c.example"), '"ann@c.example" <a@b.example>', "a@b.example"),
        (Address("a", "b.example", "ann＠c"), "ann＠c <a@b.example>", "a@b.example"),
        (Address("a", "b.example", 'Lee, "Ann"'), '"Lee, \\"Ann\\"" <a@b.example>', 'Lee, "Ann"'),
    ],
)
def test_an_address_is_written_as_a_mailbox_and_shown_by_its_name(address: Address, text: str, label: str) -> None:
    assert str(address) == text
    assert address.label == label
    assert parse_address(str(address)).display_name == address.display_name


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        (" , ;\n,", []),
        ("a@b.example, c@d.example", ["a@b.example", "c@d.example"]),
        ("a@b.example; c@d.example\r\ne@f.example", ["a@b.example", "c@d.example", "e@f.example"]),
        ('"Lee, Ann" <a@b.example>, c@d.example', ['"Lee, Ann" <a@b.example>', "c@d.example"]),
        (r'"Lee \", Ann" <a@b.example>', [r'"Lee \", Ann" <a@b.example>']),
        ("Team: a@b.example, c@d.example;", ["a@b.example", "c@d.example"]),
        ("<a@b.example\nc@d.example", ["<a@b.example", "c@d.example"]),
        ("a>b@c.example", ["a>b@c.example"]),
        ("<a@b:c>, d@e.example", ["<a@b:c>", "d@e.example"]),
    ],
)
def test_a_typed_or_pasted_list_is_split_where_mail_separates(text: str, pieces: list[str]) -> None:
    assert list(split_addresses(text)) == pieces


def test_a_list_is_parsed_whole_or_refused() -> None:
    assert [address.spec for address in parse_addresses("a@b.example, Ann <c@d.example>")] == [
        "a@b.example",
        "c@d.example",
    ]
    with pytest.raises(AddressError):
        parse_addresses("a@b.example, nonsense")


def test_a_received_header_gives_the_mailboxes_it_holds_and_leaves_out_the_rest() -> None:
    value = "=?utf-8?q?J=C3=B6rg?= <joerg@corp.example>,\r\n nonsense, ann@corp.example"

    found = header_addresses(value)

    assert [(address.display_name, address.spec) for address in found] == [
        ("Jörg", "joerg@corp.example"),
        ("", "ann@corp.example"),
    ]


@pytest.mark.parametrize(
    ("value", "decoded"),
    [
        ("plain", "plain"),
        ("=?utf-8?b?w7xiZXI=?=", "über"),
        ("=?utf-8?q?a?=\r\n =?utf-8?q?b?=", "ab"),
    ],
)
def test_encoded_words_are_decoded(value: str, decoded: str) -> None:
    assert decode_words(value) == decoded


def read(value: str) -> int:
    """Return how many mailboxes a header value gives; 0 where it is refused."""
    try:
        return len(header_addresses(value))
    except FormatError:
        return 0


def test_a_value_the_library_fails_on_stays_as_it_is() -> None:
    assert decode_words("=?utf-8?q?\ud800?=") == "=?utf-8?q?\ud800?="


def test_what_only_begins_like_an_encoded_word_stays_as_it_is() -> None:
    assert decode_words("=?utf-8?x?a?= =??=") == "=?utf-8?x?a?= =??="


@pytest.mark.parametrize("unfinished", ["=? ", "=?utf-8?q?a", "=?,"])
def test_a_long_header_of_unfinished_words_takes_no_long_time(unfinished: str) -> None:
    assert_linear(lambda count: read(unfinished * count), 30_000)


def test_words_are_decoded_at_the_start_of_a_value_that_is_too_long() -> None:
    assert decode_words("=?utf-8?q?=C3=BC?= " + "x" * 5_000) == "ü " + "x" * 5_000


def test_a_long_list_is_split_in_little_memory() -> None:
    text = "€" * 1_000_000
    tracemalloc.start()
    try:
        list(split_addresses(text))
        assert tracemalloc.get_traced_memory()[1] < 5 * len(text)
    finally:
        tracemalloc.stop()


def test_a_long_list_at_one_international_domain_takes_no_long_time() -> None:
    assert read("a@ü," * MOST_ADDRESSES) == MOST_ADDRESSES
    assert_linear(lambda count: header_addresses("a@ü," * count), MOST_ADDRESSES)


@pytest.mark.parametrize("mailbox", ["a@b,", "ab@cd,", "€ <a@b>,", "=?u?q?a?= <a@b>,", "ann@corp.example,"])
def test_a_list_of_addresses_takes_memory_in_proportion_and_a_constant(mailbox: str) -> None:
    for text in (mailbox * MOST_ADDRESSES, mailbox * 50_000):
        tracemalloc.start()
        try:
            read(text)
            assert tracemalloc.get_traced_memory()[1] < 20 * len(text) + 1_500_000
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("text", [f'"{"a" * 90_000}@b.example', "a." * 45_000 + "a@b.example", "a@" + "b." * 45_000])
def test_a_long_address_is_refused_in_memory_in_proportion(text: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(AddressError):
            parse_address(text)
        assert tracemalloc.get_traced_memory()[1] < 20 * len(text)
    finally:
        tracemalloc.stop()


def test_a_list_past_a_limit_is_refused_and_never_cut() -> None:
    assert len(list(split_addresses("a@b.example," * MOST_ADDRESSES))) == MOST_ADDRESSES
    for text in ("a@b.example," * (MOST_ADDRESSES + 1), "a@b.example, " + "x" * 1_000_000):
        with pytest.raises(AddressError, match="a list of over"):
            parse_addresses(text)


def test_a_header_past_a_limit_is_refused_by_its_name() -> None:
    with pytest.raises(FormatError, match="over 10,000 addresses, past the limit"):
        header_addresses("a@b.example," * (MOST_ADDRESSES + 1))
    with pytest.raises(FormatError, match="over 1,000,000 characters, past the limit"):
        header_addresses("a@b.example, " + "x" * 1_000_000)


def test_a_header_of_many_people_is_read_to_its_last() -> None:
    people = ", ".join(f"person{number}@corp.example" for number in range(9_000))
    assert header_addresses(people)[-1].spec == "person8999@corp.example"


@given(st.text(max_size=200))
def test_decoding_words_never_raises(text: str) -> None:
    assert isinstance(decode_words("=?" + text), str)
    assert isinstance(decode_words(f"=?utf-8?q?{text}?="), str)


@given(st.text(max_size=200))
def test_parsing_an_address_gives_an_address_or_an_address_error(text: str) -> None:
    try:
        address = parse_address(text)
    except AddressError:
        return
    assert parse_address(address.spec) == address


@given(st.text(alphabet='ab@.,;:<>"\\\n é', max_size=60))
def test_what_is_split_off_holds_every_mailbox_and_no_line_end(text: str) -> None:
    for piece in split_addresses(text):
        assert piece == piece.strip() != ""
    assert isinstance(header_addresses(text), tuple)
