from base64 import b64decode

import pytest

from tests.model.certificates import certificate_value


@pytest.mark.parametrize(
    ("algorithm", "size", "curve", "words"),
    [
        ("RSA", 3072, "", "RSA 3072"),
        ("DSA", 1024, "", "DSA 1024"),
        ("EC", 256, "P-256", "P-256"),
        ("Ed25519", 256, "", "Ed25519"),
    ],
)
def test_a_key_is_named_as_people_name_it(algorithm: str, size: int, curve: str, words: str) -> None:
    certificate = certificate_value(key_algorithm=algorithm, key_size=size, curve=curve)

    assert certificate.key_description == words


def test_a_certificate_goes_by_its_common_name_its_address_or_its_subject() -> None:
    assert certificate_value().display_name == "Bob Baker"
    assert certificate_value(common_name="").display_name == "bob@corp.example"
    assert certificate_value(common_name="", addresses=()).display_name == "CN=Bob Baker,O=Corp"


def test_two_certificates_are_equal_when_their_bytes_are() -> None:
    assert certificate_value(subject="x") == certificate_value(subject="y")
    assert certificate_value(der=b"other") != certificate_value()


def test_the_bytes_of_a_certificate_stay_out_of_its_repr() -> None:
    assert "der" not in repr(certificate_value(der=b"der bytes"))


def test_a_certificate_is_exported_as_pem() -> None:
    pem = certificate_value(der=bytes(range(100))).pem

    lines = pem.split("\n")
    assert (lines[0], lines[-2:]) == ("-----BEGIN CERTIFICATE-----", ["-----END CERTIFICATE-----", ""])
    assert [len(line) for line in lines[1:-2]] == [64, 64, 8]
    assert b64decode("".join(lines[1:-2])) == bytes(range(100))
