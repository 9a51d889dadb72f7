"""Addresses and mailto links from the command line."""

import pytest

from smimetui.cli.mailto import parse_mailto, parse_recipients
from smimetui.model.errors import AddressError


def specs(addresses: object) -> list[str]:
    return [address.spec for address in addresses]  # type: ignore[attr-defined]


def test_a_link_fills_every_field_it_may() -> None:
    letter = parse_mailto(
        "mailto:bob@corp.example,carol@corp.example?cc=dana@corp.example&bcc=ivy@corp.example"
        "&to=frank@corp.example&subject=Q3%20figures&body=Hello%0D%0AAll"
    )
    assert specs(letter.to) == ["bob@corp.example", "carol@corp.example", "frank@corp.example"]
    assert specs(letter.cc) == ["dana@corp.example"]
    assert specs(letter.bcc) == ["ivy@corp.example"]
    assert letter.subject == "Q3 figures"
    assert letter.body == "Hello\nAll"


def test_a_plus_sign_is_a_plus_sign() -> None:
    assert parse_mailto("mailto:a+b@corp.example?subject=1+1").subject == "1+1"


def test_an_encoded_comma_belongs_to_the_address() -> None:
    assert specs(parse_mailto("mailto:%22not%2Ctwo%22@corp.example").to) == ['"not,two"@corp.example']


def test_names_of_fields_have_no_case() -> None:
    assert parse_mailto("MAILTO:?Subject=hi&TO=bob@corp.example").subject == "hi"


@pytest.mark.parametrize("field", ["attach", "attachment", "from", "in-reply-to", "x-evil"])
def test_a_link_cannot_fill_other_fields(field: str) -> None:
    letter = parse_mailto(f"mailto:bob@corp.example?{field}=/etc/passwd")
    assert letter == parse_mailto("mailto:bob@corp.example")


def test_control_characters_of_a_link_do_not_survive() -> None:
    letter = parse_mailto("mailto:bob@corp.example?subject=a%0D%0ABcc:%20x@y.example%1B[2J&body=%1B]0;x%07")
    assert "\n" not in letter.subject
    assert "\x1b" not in letter.subject + letter.body


def test_plain_addresses_and_links_add_up() -> None:
    letter = parse_recipients(
        ["Bob Baker <bob@corp.example>", "mailto:carol@corp.example?subject=hi", "bob@corp.example"]
    )
    assert specs(letter.to) == ["bob@corp.example", "carol@corp.example"]
    assert letter.to[0].display_name == "Bob Baker"
    assert letter.subject == "hi"


@pytest.mark.timeout(10)
@pytest.mark.parametrize("separator", ["&to=", ","])
def test_a_link_with_thousands_of_recipients_is_refused_at_once(separator: str) -> None:
    with pytest.raises(AddressError, match="more than 500 recipients"):
        parse_mailto("mailto:?to=" + separator.join(f"a{number}@b.cc" for number in range(6_000)))
    some = parse_mailto("mailto:?to=" + separator.join(f"a{number}@b.cc" for number in range(500)))
    assert len(some.to) == 500


@pytest.mark.parametrize("text", ["bob", "mailto:bob", "mailto:" + "a" * 100_001])
def test_what_is_no_address_is_named(text: str) -> None:
    with pytest.raises(AddressError):
        parse_recipients([text])
