"""Own keys: what they sign and unwrap, and what they never show."""

import pickle

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from smimetui.model.errors import DecryptionError, IdentityError
from smimetui.smime.identity import OaepParameters, SoftwareIdentity
from tests.pki import Issued, make_authority, private_key

CA = make_authority()
RSA = CA.issue("r@corp.example", key="rsa2048")
EC = CA.issue("e@corp.example", key="p256")
ED25519 = CA.issue("d@corp.example", key="ed25519")
X25519 = CA.issue("x@corp.example", key="x25519")
DATA = b"the signed attributes"


def test_rsa_signs_with_pkcs1_and_with_pss() -> None:
    public = RSA.parsed.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    pkcs1 = RSA.identity.sign(DATA, "sha384")
    public.verify(pkcs1, DATA, padding.PKCS1v15(), hashes.SHA384())
    pss = RSA.identity.sign(DATA, "sha256", pss=True)
    public.verify(pss, DATA, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    with pytest.raises(InvalidSignature):
        public.verify(pss, DATA, padding.PKCS1v15(), hashes.SHA256())


def test_curves_sign() -> None:
    public = EC.parsed.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(EC.identity.sign(DATA, "sha512"), DATA, ec.ECDSA(hashes.SHA512()))
    ED25519.parsed.public_key().verify(ED25519.identity.sign(DATA, "sha512"), DATA)


def test_a_key_that_cannot_sign_says_so() -> None:
    with pytest.raises(IdentityError, match="X25519 does not sign"):
        X25519.identity.sign(DATA, "sha256")


def test_an_unknown_digest_is_refused() -> None:
    with pytest.raises(IdentityError, match="md5"):
        RSA.identity.sign(DATA, "md5")


@pytest.mark.parametrize(
    "oaep",
    [
        None,
        OaepParameters(),
        OaepParameters(digest="sha256", mgf_digest="sha1", label=b"l"),
        OaepParameters(digest="sha1", mgf_digest="sha512"),
    ],
)
def test_rsa_unwraps_a_key(oaep: OaepParameters | None) -> None:
    public = RSA.parsed.public_key()
    scheme: padding.AsymmetricPadding = padding.PKCS1v15()
    if oaep is not None:
        digests = {"sha1": hashes.SHA1, "sha256": hashes.SHA256, "sha512": hashes.SHA512}
        mask = padding.MGF1(digests[oaep.mgf_digest]())
        scheme = padding.OAEP(mgf=mask, algorithm=digests[oaep.digest](), label=oaep.label or None)
    wrapped = public.encrypt(b"k" * 32, scheme)
    assert RSA.identity.unwrap_rsa(wrapped, oaep) == b"k" * 32


def test_what_was_wrapped_otherwise_is_not_unwrapped() -> None:
    wrapped = RSA.parsed.public_key().encrypt(b"k" * 32, padding.PKCS1v15())
    with pytest.raises(DecryptionError):
        RSA.identity.unwrap_rsa(wrapped, OaepParameters())
    with pytest.raises(DecryptionError):
        RSA.identity.unwrap_rsa(b"short", None)
    with pytest.raises(DecryptionError):
        EC.identity.unwrap_rsa(wrapped, None)


def test_both_sides_agree_on_a_secret() -> None:
    other = private_key("p256", "another")
    point = other.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    assert EC.identity.agree(point) == other.exchange(ec.ECDH(), EC.parsed.public_key())
    stranger = private_key("x25519", "another")
    raw = stranger.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    public = X25519.parsed.public_key()
    assert isinstance(public, x25519.X25519PublicKey)
    assert X25519.identity.agree(raw) == stranger.exchange(public)


@pytest.mark.parametrize(("issued", "point"), [(EC, b"\x04" + b"\1" * 64), (EC, b""), (X25519, b"\0" * 32), (RSA, b"")])
def test_a_point_off_the_curve_is_a_decryption_error(issued: Issued, point: bytes) -> None:
    with pytest.raises(DecryptionError):
        issued.identity.agree(point)


def test_an_identity_shows_whose_it_is_and_never_its_key() -> None:
    identity = RSA.identity
    assert repr(identity) == f"SoftwareIdentity('R', {identity.certificate.sha256[:16]})"
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(identity)


def test_identities_are_equal_when_key_and_certificate_are() -> None:
    same = SoftwareIdentity(pkcs8=RSA.pkcs8, certificate=RSA.certificate)
    assert RSA.identity == same
    assert len({RSA.identity, same, EC.identity}) == 2
    assert RSA.identity != "RSA"


def test_an_identity_brings_its_chain() -> None:
    below = CA.intermediate("Issuing CA").issue("i@corp.example", key="p256")
    assert [certificate.common_name for certificate in below.identity.chain] == ["Issuing CA"]


def test_a_key_that_cannot_be_read_is_told_at_its_first_use() -> None:
    identity = SoftwareIdentity(pkcs8=b"\x30\x00", certificate=RSA.certificate)
    with pytest.raises(IdentityError, match="cannot be read"):
        identity.sign(DATA, "sha256")
