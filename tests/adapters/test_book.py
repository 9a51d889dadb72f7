from dataclasses import replace

import pytest

from smimetui.adapters.book import Book, decode_book, encode_book, identities_left_in
from smimetui.model.certificate import Source
from smimetui.model.errors import StoreCorruptError, StoreUnavailableError
from tests.adapters.places import certificate

KEY, OTHER = "a" * 64, "b" * 64
VERSION_1 = (
    '{"version":1,"book":{"identities":["' + KEY + '"],"secrets":["mail"],"leftovers":["identity:x"],'
    '"anchors":["YW5jaG9y"],"certificates":[{"der":"ZGVy","sha256":"00","addresses":["a@x.example"],'
    '"not_after":"2028-01-01T00:00:00Z","installed_at":"2026-11-23T00:00:00Z","source":"gal","capabilities":"MAA="}]}}'
)
GOLDEN = (
    '{"version":2,"book":{"identities":["' + KEY + '"],"secrets":["mail"],"leftovers":["identity:x"],'
    '"anchors":["YW5jaG9y"],"rows":[["00",["a@x.example"],"2028-01-01T00:00:00Z","2026-11-23T00:00:00Z","gal","MAA=",3,'
    '"Ann",""]],"ders":"ZGVy"}}'
)
BOOK = Book(
    identities=(KEY,),
    secrets=("mail",),
    leftovers=("identity:x",),
    anchors=(b"anchor",),
    certificates=(
        replace(
            certificate(1),
            der=b"der",
            sha256="00",
            addresses=("a@x.example",),
            source=Source.GAL,
            capabilities=b"\x30\x00",
            name="Ann",
        ),
    ),
)


def test_the_stored_form_stays_what_it_is() -> None:
    assert encode_book(BOOK) == GOLDEN
    assert decode_book(GOLDEN) == BOOK


def test_a_book_of_the_first_version_is_read() -> None:
    (entry,) = BOOK.certificates
    assert decode_book(VERSION_1) == replace(BOOK, certificates=(replace(entry, name=""),))


def test_an_empty_book_comes_back() -> None:
    assert decode_book(encode_book(Book())) == Book()


@pytest.mark.parametrize("length", [1, 1000, 98_303, 98_304, 98_305, 300_000])
def test_certificates_of_any_length_come_back(length: int) -> None:
    lengths = (length, 0, length + 1, 700)
    entries = tuple(replace(certificate(n), der=bytes([n]) * size, sha256=f"{n:02}") for n, size in enumerate(lengths))
    assert decode_book(encode_book(Book(certificates=entries))).certificates == entries


def test_a_field_that_this_version_does_not_know_is_read_over() -> None:
    assert decode_book(GOLDEN.replace('"secrets"', '"new":1,"secrets"')) == BOOK


@pytest.mark.parametrize(
    "text",
    [
        "",
        "garbage",
        "[]",
        "{}",
        '{"version":1}',
        '{"version":2}',
        GOLDEN[:-40],
        VERSION_1[:-40],
        GOLDEN.replace('"gal"', '"moon"'),
        GOLDEN.replace('"ZGVy"', '"ZGV*"'),
        GOLDEN.replace('"ZGVy"', '"ZGVyZGVy"'),
        GOLDEN.replace('"ZGVy"', '""'),
        GOLDEN.replace('"ZGVy"', "7"),
        GOLDEN.replace(",3,", ",-3,"),
        "\udc80",
    ],
)
def test_what_is_no_book_is_damaged(text: str) -> None:
    with pytest.raises(StoreCorruptError):
        decode_book(text)


def test_a_newer_book_is_not_read() -> None:
    with pytest.raises(StoreUnavailableError, match="newer"):
        decode_book('{"version":3,"pages":[]}')
    with pytest.raises(StoreUnavailableError, match="newer"):
        decode_book(GOLDEN.replace('"version":2', '"version":3'))


def test_a_cut_book_still_names_its_keys() -> None:
    assert identities_left_in(encode_book(Book(identities=(KEY, OTHER, KEY)))[:300]) == (KEY, OTHER)
    assert identities_left_in("garbage") == ()


def test_names_stand_in_the_book_once() -> None:
    book = Book().with_identity(KEY).with_identity(KEY).with_secret("s").with_secret("s")
    assert (book.identities, book.secrets) == ((KEY,), ("s",))
    assert book.without_identity(KEY).without_secret("s") == Book()
