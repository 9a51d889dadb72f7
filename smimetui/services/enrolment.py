"""How a person comes to own keys: a new one with its request, a trial one, an issued certificate, a PKCS#12 file.

The key of a request waits in the store among the secrets, never on disk, until its certificate is imported.
"""

import json
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256

from smimetui.model.address import Address, parse_address
from smimetui.model.certificate import Certificate
from smimetui.model.display import printable_line
from smimetui.model.errors import (
    FormatError,
    IdentityError,
    IdentityNotFoundError,
    SmimetuiError,
    StoreCorruptError,
    UnsupportedError,
)
from smimetui.model.value import dataclass
from smimetui.services.ports import Clock, IdentityStore, KeptSecrets
from smimetui.smime.identity import Identity, SoftwareIdentity
from smimetui.smime.new_identity import KeyKind

_PREFIX = "pending:"
_ALSO = "a certificate of somebody else is installed among the certificates; your own key comes in a .p12 file"


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingKey:
    """A key whose certificate was asked for and has not come; the key itself stays in the store."""

    fingerprint: str
    """SHA-256 of the public key (SubjectPublicKeyInfo), 64 hexadecimal digits."""
    address: Address
    kind: KeyKind
    created_at: datetime
    request: bytes
    """The certification request, PEM."""


class Enrolment:
    """Takes keys and certificates into the store. What is kept raises StoreError when the store fails."""

    def __init__(self, *, identities: IdentityStore, secrets: KeptSecrets | None, clock: Clock) -> None:
        self._identities = identities
        self._secrets = secrets
        self._clock = clock

    def request(self, address: Address, *, name: str, kind: KeyKind, write: Callable[[bytes], object]) -> PendingKey:
        """Make a key, keep it, and hand its request (PEM) to `write`; where that raises, the key is forgotten again.

        Raises IdentityError where there is no place for a waiting key, StoreError, and what `write` raises.
        """
        from smimetui.smime.new_identity import make_key, make_request, public_half

        secrets = self._place()
        pkcs8 = make_key(kind)
        pending = PendingKey(
            fingerprint=sha256(public_half(pkcs8)).hexdigest(),
            address=address,
            kind=kind,
            created_at=self._clock.now().replace(microsecond=0),
            request=make_request(pkcs8, address=address, name=name),
        )
        secrets.set_secret(_PREFIX + pending.fingerprint, _written(pending, pkcs8))
        try:
            write(pending.request)
        except BaseException:
            secrets.remove_secret(_PREFIX + pending.fingerprint)
            raise
        return pending

    def self_signed(self, address: Address, *, name: str, kind: KeyKind) -> Certificate:
        """Make a key with a certificate that it signed itself, for trying out, and keep both. Raises StoreError."""
        from smimetui.smime.new_identity import make_key, make_self_signed
        from smimetui.smime.x509 import load_certificate

        pkcs8 = make_key(kind)
        der = make_self_signed(pkcs8, address=address, name=name, at=self._clock.now())
        self._identities.add_identity(pkcs8, der, [])
        return load_certificate(der)

    def pending(self) -> tuple[PendingKey, ...]:
        """Return the keys that wait for their certificate, the oldest first. Raises StoreError."""
        waiting = (self._read(name)[0] for name in self._names())
        return tuple(sorted(waiting, key=lambda pending: pending.created_at))

    def discard(self, pending: PendingKey) -> None:
        """Forget a waiting key: a certificate that still comes for it is of no use. Raises StoreError."""
        self._place().remove_secret(_PREFIX + pending.fingerprint)

    def take(self, data: bytes, password: Callable[[], str]) -> tuple[Certificate, ...]:
        """Import a file: own keys (PKCS#12, opened with `password()`), or the certificates issued for keys held here.

        Returns the certificates of what is held now. Raises WrongPassphraseError, UnsupportedError, FormatError,
        IdentityNotFoundError where no key here belongs to any of the certificates, StoreError.
        """
        from smimetui.smime.x509 import load_certificates

        try:
            certificates = load_certificates(data)
        except (FormatError, UnsupportedError):
            if data.lstrip().startswith(b"-----BEGIN"):
                _refuse_loose_key(data)
                raise
            return self._take_keys(data, password())
        return self.take_issued(certificates)

    def take_issued(self, certificates: Sequence[Certificate]) -> tuple[Certificate, ...]:
        """Join certificates to the keys that wait for them, or that have an older certificate already.

        The other certificates of the file become the chain. Raises IdentityNotFoundError where none fits, StoreError.
        """
        from smimetui.smime.chain import longest_chain
        from smimetui.smime.public_keys import public_key_of

        waiting, held = self._waiting(), self._held()
        taken = []
        for certificate in certificates:
            public = public_key_of(certificate)
            pkcs8 = waiting.get(sha256(public).hexdigest()) or held.get(public)
            if pkcs8 is None:
                continue
            chain = longest_chain(certificate, certificates)[1:]
            self._identities.add_identity(pkcs8, certificate.der, [link.der for link in chain])
            taken.append(certificate)
            if sha256(public).hexdigest() in waiting:
                # Last: a kill before this leaves a waiting key too many, never one too few.
                self._place().remove_secret(_PREFIX + sha256(public).hexdigest())
        if not taken:
            raise IdentityNotFoundError(_no_key_for(certificates), _ALSO)
        return tuple(taken)

    def _take_keys(self, data: bytes, password: str) -> tuple[Certificate, ...]:
        from smimetui.smime.pkcs12 import load_pkcs12

        found = load_pkcs12(data, password)
        for identity in found:
            self._identities.add_identity(
                identity.pkcs8, identity.certificate.der, [link.der for link in identity.chain]
            )
        return tuple(identity.certificate for identity in found)

    def _place(self) -> KeptSecrets:
        if self._secrets is None:
            raise IdentityError("there is no store here that could keep a key until its certificate comes")
        return self._secrets

    def _names(self) -> tuple[str, ...]:
        if self._secrets is None:
            return ()
        return tuple(name for name in self._secrets.secrets() if name.startswith(_PREFIX))

    def _waiting(self) -> dict[str, bytes]:
        """Return the private keys that wait, by the fingerprint of their public keys."""
        return {name.removeprefix(_PREFIX): self._read(name)[1] for name in self._names()}

    def _held(self) -> dict[bytes, bytes]:
        """Return the private keys that have a certificate, by their public keys."""
        from smimetui.smime.public_keys import public_key_of

        return {
            public_key_of(identity.certificate): identity.pkcs8
            for identity in self._identities.identities()
            if isinstance(identity, SoftwareIdentity)
        }

    def _read(self, name: str) -> tuple[PendingKey, bytes]:
        text = self._place().secret(name)
        try:
            kept = json.loads(text or "")
            pending = PendingKey(
                fingerprint=name.removeprefix(_PREFIX),
                address=parse_address(kept["address"]),
                kind=KeyKind(kept["kind"]),
                created_at=datetime.fromisoformat(kept["created_at"]),
                request=kept["request"].encode(),
            )
            return pending, b64decode(kept["pkcs8"], validate=True)
        except (ValueError, KeyError, TypeError, AttributeError, Base64Error, SmimetuiError) as error:
            raise StoreCorruptError(
                f"the waiting key {name.removeprefix(_PREFIX)[:16]}… is damaged", "remove it and make a new request"
            ) from error


def identities_for(identities: Sequence[Identity], which: str) -> tuple[Identity, ...]:
    """Return the identities of an address, or those whose certificate's fingerprint starts with `which`."""
    from smimetui.model.address import address_key

    if "@" in which:
        key = address_key(which)
        return tuple(found for found in identities if key in map(address_key, found.certificate.addresses))
    digits = which.replace(" ", "").replace(":", "").lower()
    return tuple(found for found in identities if digits and found.certificate.sha256.startswith(digits))


def _written(pending: PendingKey, pkcs8: bytes) -> str:
    return json.dumps(
        {
            "address": str(pending.address),
            "kind": pending.kind.value,
            "created_at": pending.created_at.isoformat(),
            "request": pending.request.decode(),
            "pkcs8": b64encode(pkcs8).decode(),
        }
    )


def _refuse_loose_key(data: bytes) -> None:
    if b"PRIVATE KEY-----" in data:
        raise UnsupportedError(
            "the file holds a private key as PEM text, which is not imported",
            "join it with its certificate: openssl pkcs12 -export -inkey KEY -in CERTIFICATE -out FILE.p12",
        )


def _no_key_for(certificates: Sequence[Certificate]) -> str:
    people = [certificate for certificate in certificates if not certificate.is_ca] or list(certificates)
    return printable_line(f"no key here belongs to the certificate of {people[0].display_name}")
