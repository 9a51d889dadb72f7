"""Certificates in vCards, as address books and phones write them, and as nobody should."""

import textwrap
import tracemalloc
from base64 import b64encode
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smimetui.model.errors import FormatError, UnsupportedError
from smimetui.smime.certificate_file import is_vcard, load_certificate_file
from smimetui.smime.vcard import load_vcard
from tests.linear import assert_linear
from tests.services.world import ALICE, BOB, person

CERTIFICATE = person(BOB).certificate
BASE64 = b64encode(CERTIFICATE.der).decode()
FOLDED = "\r\n ".join(textwrap.wrap(BASE64, 74))
PEM = CERTIFICATE.pem.replace("\n", "\\n")


def card(*lines: str, version: str = "4.0") -> bytes:
    return "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", "FN:Bob", *lines, "END:VCARD", ""]).encode()


@pytest.mark.parametrize(
    "line",
    [
        f"KEY;ENCODING=b:{FOLDED}",
        f"KEY;TYPE=X509;ENCODING=B:{BASE64}",
        f"key;x509;encoding=base64:\r\n {FOLDED}\r\n",
        f"item1.KEY;TYPE=work;ENCODING=b:{FOLDED}",
        f"KEY:data:application/pkix-cert;base64,{FOLDED}",
        f"KEY;MEDIATYPE=application/pkix-cert:data:;base64\\,{BASE64}",
        f'KEY;PREF=1;X-NOTE="a:b;c":data:application/pkix-cert;base64,{BASE64}',
        f"KEY:data:application/pkix-cert,{quote(CERTIFICATE.der)}",
        f"KEY;VALUE=text:{PEM}",
        f"KEY;ENCODING=b:{b64encode(CERTIFICATE.pem.encode()).decode()}",
    ],
)
def test_a_certificate_is_found_in_every_form_it_is_written_in(line: str) -> None:
    assert load_certificate_file(card(line)) == (CERTIFICATE,)


def test_several_people_and_several_keys_make_one_list_without_repetition() -> None:
    other = b64encode(person(ALICE).der).decode()
    data = (
        b"\xef\xbb\xbf" + card(f"KEY;ENCODING=b:{BASE64}") + card(f"KEY;ENCODING=b:{BASE64}", f"KEY;ENCODING=b:{other}")
    )

    assert load_certificate_file(data) == (CERTIFICATE, person(ALICE).certificate)


def test_openpgp_keys_and_damaged_ones_do_not_hide_a_certificate() -> None:
    lines = ("KEY;TYPE=PGP;ENCODING=b:AAAA", "KEY:data:application/pgp-keys;base64,AAAA", "KEY;ENCODING=b:%%%%")

    assert load_vcard(card(*lines, f"KEY;ENCODING=b:{BASE64}")) == (CERTIFICATE,)


def test_a_link_is_never_followed_and_said_so() -> None:
    with pytest.raises(UnsupportedError, match="nothing is fetched"):
        load_vcard(card("KEY;VALUE=uri:https://tracker.example/bob.cer"))


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["KEY;ENCODING=b:%%%%"],
        ["KEY;ENCODING=b:"],
        ["KEY:data:application/pkix-cert;base64,AAAA"],
        ["KEY;TYPE=PGP;ENCODING=b:AAAA"],
        ["KEY;VALUE=text:-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----"],
        ["NOTKEY;ENCODING=b:" + BASE64],
        ["NOTE:KEY;ENCODING=b"],
    ],
)
def test_a_card_without_a_readable_certificate_is_a_sentence(lines: list[str]) -> None:
    with pytest.raises(FormatError):
        load_vcard(card(*lines))


def test_too_many_certificates_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smimetui.smime.vcard.MOST_CERTIFICATES", 1)
    both = [f"KEY;ENCODING=b:{b64encode(person(who).der).decode()}" for who in (ALICE, BOB)]
    with pytest.raises(FormatError, match="10,000"):
        load_vcard(card(*both))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from([b"KEY", b";", b":", b'"', b"\r\n ", b"\n", b"data:", b",", b"=", b"\\", b"A", b"\xff"]))
)
def test_any_bytes_are_refused_in_a_sentence(pieces: list[bytes]) -> None:
    with pytest.raises((FormatError, UnsupportedError)):
        load_vcard(b"BEGIN:VCARD\n" + b"".join(pieces))


@pytest.mark.parametrize(
    ("start", "piece"),
    [(b"", b"KEY;"), (b"", b'KEY;"'), (b"", b"KEY:\n"), (b"", b"\r\n "), (b"KEY;a=", b'"'), (b"", b"KEY")],
)
def test_a_hostile_card_takes_linear_time(start: bytes, piece: bytes) -> None:
    def read(count: int) -> None:
        with pytest.raises(FormatError):
            load_vcard(b"BEGIN:VCARD\n" + start + piece * count)

    assert_linear(read, 200_000)


@pytest.mark.parametrize("line", [b"M \\", b"M\r\n ", b"\n\t"])
def test_a_key_in_lines_of_one_letter_takes_no_memory_out_of_proportion(line: bytes) -> None:
    card = b"BEGIN:VCARD\nKEY;ENCODING=b:" + line * 200_000
    tracemalloc.start()
    try:
        with pytest.raises(FormatError):
            load_vcard(card)
        assert tracemalloc.get_traced_memory()[1] < 6 * len(card)
    finally:
        tracemalloc.stop()


def test_only_a_card_is_taken_for_one() -> None:
    assert is_vcard(b"\n begin:vcard\r\n")
    assert not is_vcard(CERTIFICATE.der)
    assert load_certificate_file(CERTIFICATE.der) == (CERTIFICATE,)
