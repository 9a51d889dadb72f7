"""The cipher follows what every recipient's program says it reads."""

import pytest

from smimetui.model.message import Cipher
from smimetui.smime import oids
from smimetui.smime.ber import field, identifier, sequence
from smimetui.smime.capabilities import common_cipher, offered
from tests.smime.correspondents import alice, opened, sealed


def capabilities(*dotted: str) -> bytes:
    return sequence(*(sequence(identifier(each)) for each in dotted))


OURS = (oids.AES256_GCM, oids.RSA_OAEP)


@pytest.mark.parametrize(
    ("recipients", "cipher"),
    [
        ([], Cipher.AES256_CBC),
        ([None], Cipher.AES256_CBC),
        ([capabilities(*OURS)], Cipher.AES256_GCM),
        ([capabilities(*OURS), capabilities(*OURS, "1.2.3")], Cipher.AES256_GCM),
        ([capabilities(*OURS), None], Cipher.AES256_CBC),
        ([capabilities(*OURS), capabilities(oids.AES256_CBC)], Cipher.AES256_CBC),
        ([capabilities(oids.AES256_GCM)], Cipher.AES256_CBC),
        ([b"rubbish"], Cipher.AES256_CBC),
        ([b""], Cipher.AES256_CBC),
    ],
)
def test_the_strongest_cipher_all_read_is_chosen(recipients: list[bytes | None], cipher: Cipher) -> None:
    assert common_cipher(recipients) is cipher


def test_what_we_offer_lets_us_be_written_to_with_gcm() -> None:
    report = opened(sealed(sign=alice())).signature
    assert report is not None
    assert report.capabilities is not None
    assert common_cipher([report.capabilities]) is Cipher.AES256_GCM
    assert oids.AES256_CBC in offered(report.capabilities)


def oaep(parameters: bytes) -> bytes:
    return sequence(sequence(identifier(oids.AES256_GCM)), sequence(identifier(oids.RSA_OAEP), parameters))


def test_oaep_counts_with_the_digest_that_is_used() -> None:
    sha256 = sequence(identifier(oids.DIGEST_IDENTIFIERS["sha256"]), b"\x05\x00")
    ours = sequence(field(0xA0, sha256), field(0xA1, sequence(identifier(oids.MGF1), sha256)))
    half = sequence(field(0xA0, sha256))
    assert common_cipher([oaep(ours)]) is Cipher.AES256_GCM
    assert common_cipher([oaep(b"\x05\x00")]) is Cipher.AES256_GCM
    # Empty parameters are SHA-1's (RFC 4055 section 4.1).
    assert common_cipher([oaep(sequence())]) is Cipher.AES256_CBC
    assert common_cipher([oaep(half)]) is Cipher.AES256_CBC
