"""How own keys come: requests and their certificates, trial certificates, PKCS#12 files."""

import json
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from smimetui.model.errors import (
    FormatError,
    IdentityError,
    IdentityNotFoundError,
    SmimetuiError,
    StoreCorruptError,
    UnsupportedError,
    WrongPassphraseError,
)
from smimetui.services.enrolment import Enrolment, PendingKey, identities_for
from smimetui.smime.identity import SoftwareIdentity
from smimetui.smime.new_identity import KeyKind
from tests.fakes import FixedClock, MemoryStore
from tests.pki import NOW, Issued
from tests.services.world import ALICE, BOB, corp, person


def never() -> str:
    raise AssertionError("no password is needed")


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def enrolment(store: MemoryStore) -> Enrolment:
    return Enrolment(identities=store, secrets=store, clock=FixedClock(NOW))


def requested(enrolment: Enrolment) -> tuple[PendingKey, Issued]:
    """Ask for a certificate, and have the authority issue it for the key of the request."""
    written: list[bytes] = []
    pending = enrolment.request(ALICE, name="Alice", kind=KeyKind.P256, write=written.append)
    request = x509.load_pem_x509_csr(written[0])
    return pending, corp().issue(ALICE.spec, public_key=request.public_key())


def test_the_key_of_a_request_waits_and_becomes_an_identity_with_its_certificate(
    enrolment: Enrolment, store: MemoryStore
) -> None:
    pending, issued = requested(enrolment)
    assert enrolment.pending() == (pending,)
    assert (pending.address, pending.kind, pending.created_at) == (ALICE, KeyKind.P256, NOW)
    assert store.identities() == ()

    assert enrolment.take(issued.pem + corp().pem, never) == (issued.certificate,)

    (identity,) = store.identities()
    assert identity.certificate == issued.certificate
    assert corp().certificate in identity.chain
    assert isinstance(identity, SoftwareIdentity)
    assert identity.sign(b"data", "sha256")
    assert enrolment.pending() == ()
    assert store.secrets() == ()


def test_a_request_that_cannot_be_written_leaves_no_key(enrolment: Enrolment, store: MemoryStore) -> None:
    def refuse(_request: bytes) -> None:
        raise SmimetuiError("the disk is full")

    with pytest.raises(SmimetuiError, match="full"):
        enrolment.request(ALICE, name="", kind=KeyKind.P256, write=refuse)

    assert store.secrets() == ()


def test_a_certificate_of_somebody_else_is_refused_in_a_sentence_and_the_key_goes_on_waiting(
    enrolment: Enrolment, store: MemoryStore
) -> None:
    pending, _ = requested(enrolment)

    with pytest.raises(IdentityNotFoundError, match="no key here belongs to the certificate of Bob") as caught:
        enrolment.take(person(BOB).pem, never)

    assert "your own key comes in a .p12 file" in caught.value.hint
    assert enrolment.pending() == (pending,)
    assert store.identities() == ()


def test_an_authority_alone_is_no_certificate_of_ours(enrolment: Enrolment) -> None:
    with pytest.raises(IdentityNotFoundError, match="Corp CA"):
        enrolment.take(corp().pem, never)


def test_a_renewed_certificate_for_a_key_that_is_here_joins_it_and_the_old_one_stays(
    enrolment: Enrolment, store: MemoryStore
) -> None:
    _, issued = requested(enrolment)
    enrolment.take(issued.pem, never)
    renewed = corp().issue(ALICE.spec, public_key=issued.parsed.public_key(), not_before=NOW + timedelta(days=1))

    enrolment.take(renewed.pem, never)

    assert {found.certificate for found in store.identities()} == {issued.certificate, renewed.certificate}


def test_a_waiting_key_can_be_given_up(enrolment: Enrolment, store: MemoryStore) -> None:
    pending, issued = requested(enrolment)

    enrolment.discard(pending)

    assert store.secrets() == ()
    with pytest.raises(IdentityNotFoundError):
        enrolment.take(issued.pem, never)


def test_other_secrets_are_left_alone(enrolment: Enrolment, store: MemoryStore) -> None:
    store.set_secret("alice@corp.example", "password")

    assert enrolment.pending() == ()
    assert store.secrets() == ("alice@corp.example",)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"address": 1}', json.dumps({"address": "a@b.example"})])
def test_a_damaged_waiting_key_is_a_sentence_with_a_way_out(
    enrolment: Enrolment, store: MemoryStore, text: str
) -> None:
    store.set_secret("pending:" + "ab" * 32, text)

    with pytest.raises(StoreCorruptError, match=r"abababababababab… is damaged"):
        enrolment.pending()


def test_where_no_secret_is_kept_no_key_can_wait(store: MemoryStore) -> None:
    enrolment = Enrolment(identities=store, secrets=None, clock=FixedClock(NOW))

    assert enrolment.pending() == ()
    with pytest.raises(IdentityError, match="no store"):
        enrolment.request(ALICE, name="", kind=KeyKind.P256, write=lambda _: None)


def test_a_certificate_for_trying_out_is_an_identity_at_once(enrolment: Enrolment, store: MemoryStore) -> None:
    certificate = enrolment.self_signed(ALICE, name="Alice", kind=KeyKind.P256)

    (identity,) = store.identities()
    assert identity.certificate == certificate
    assert certificate.addresses == (ALICE.spec,)


def test_a_pkcs12_file_is_opened_with_its_password(enrolment: Enrolment, store: MemoryStore) -> None:
    data = person(ALICE).pkcs12("secret")

    with pytest.raises(WrongPassphraseError):
        enrolment.take(data, lambda: "guess")
    assert enrolment.take(data, lambda: "secret") == (person(ALICE).certificate,)
    assert [found.certificate for found in store.identities()] == [person(ALICE).certificate]


def test_a_loose_private_key_says_how_to_make_a_file_of_it(enrolment: Enrolment) -> None:
    with pytest.raises(UnsupportedError, match="private key as PEM text") as caught:
        enrolment.take(person(ALICE).key_pem, never)
    assert "openssl pkcs12 -export" in caught.value.hint


def test_a_pem_file_of_something_else_is_a_sentence(enrolment: Enrolment) -> None:
    pending, _ = requested(enrolment)
    with pytest.raises(FormatError):
        enrolment.take(pending.request, never)


def test_the_key_is_in_no_representation(enrolment: Enrolment, store: MemoryStore) -> None:
    pending, _ = requested(enrolment)

    kept = json.loads(store.secret(store.secrets()[0]) or "")["pkcs8"]

    assert kept[:40] not in repr(pending)
    assert kept[:40] not in repr(enrolment)


def test_identities_are_found_by_address_and_by_fingerprint() -> None:
    alice, bob = person(ALICE).identity, person(BOB).identity

    assert identities_for([alice, bob], "Alice@Corp.Example") == (alice,)
    assert identities_for([alice, bob], bob.certificate.sha256[:12].upper()) == (bob,)
    assert identities_for([alice, bob], "") == ()


def test_the_request_holds_the_public_half_of_the_key_that_waits(enrolment: Enrolment) -> None:
    from hashlib import sha256

    pending, _ = requested(enrolment)
    public = x509.load_pem_x509_csr(pending.request).public_key()
    encoded = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    assert sha256(encoded).hexdigest() == pending.fingerprint
