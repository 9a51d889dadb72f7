"""One certificate revocation list (RFC 5280 section 5), parsed: whom it speaks of, how long it counts, who is on it.

Says nothing about who signed it; that is `smime.revocation`'s. Big lists are read by the library's own parser, entry by
entry only where the list is an indirect one.
"""

from collections.abc import Iterable
from dataclasses import field, replace
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from smimetui.model.certificate import Certificate
from smimetui.model.errors import FormatError
from smimetui.model.value import dataclass
from smimetui.smime import oids
from smimetui.smime.chain import folded
from smimetui.smime.der import INTEGER, SEQUENCE, child, read_field
from smimetui.smime.names import decode_name, name_text
from smimetui.smime.parsed import quietly
from smimetui.smime.revocation_points import ALL_REASONS, Name, comparable, folded_name, freshest, points

_KNOWN_CRITICAL = frozenset(
    {
        x509.AuthorityKeyIdentifier.oid,
        x509.CRLNumber.oid,
        x509.DeltaCRLIndicator.oid,
        x509.IssuingDistributionPoint.oid,
        x509.FreshestCRL.oid,
        x509.IssuerAlternativeName.oid,
    }
)
_Extension = TypeVar("_Extension", bound=x509.ExtensionType)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a list says of a certificate."""

    revoked_at: datetime
    reason: x509.ReasonFlags = x509.ReasonFlags.unspecified

    @property
    def lasting(self) -> bool:
        """It cannot be taken back (RFC 5280 section 5.3.1)."""
        return self.reason not in {x509.ReasonFlags.certificate_hold, x509.ReasonFlags.remove_from_crl}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RevocationList:
    """A list and its scope. Two of them are never compared."""

    der: bytes = field(repr=False)
    parsed: x509.CertificateRevocationList = field(repr=False)
    issuer: str
    """The issuer's name, folded."""
    this_update: datetime
    next_update: datetime | None
    number: int | None = None
    base: int | None = None
    """The number of the complete list this one completes: a delta list (section 5.2.4)."""
    key_identifier: bytes | None = None
    names: frozenset[Name] = frozenset()
    reasons: frozenset[x509.ReasonFlags] = ALL_REASONS
    indirect: bool = False
    only_users: bool = False
    only_authorities: bool = False
    only_attributes: bool = False
    understood: bool = True
    """It has no critical extension that this program does not know, and no signature that anybody could forge: not
    being on it counts."""
    weak: bool = False
    """It is signed with SHA-1: not being on it counts for less, and it takes nothing back from another list."""
    deltas: tuple[str, ...] = ()
    """URIs of its delta lists."""

    def current(self, at: datetime) -> bool:
        """Tell whether not being on the list counts at a time; a list made later knows more about it, not less."""
        return self.understood and self.next_update is not None and at <= self.next_update

    def covered(self, certificate: Certificate) -> frozenset[x509.ReasonFlags]:
        """Return the reasons for which the list would name the certificate (section 6.3.3 steps b and d)."""
        if self.only_attributes or (self.only_users if certificate.is_ca else self.only_authorities):
            return frozenset()
        places = points(certificate).lists
        if not places:
            ours = self.issuer == folded(certificate.issuer)
            named = not self.names or ("name", self.issuer) in self.names
            return self.reasons if ours and named else frozenset()
        found: frozenset[x509.ReasonFlags] = frozenset()
        for place in places:
            if place.issuers:
                ours = self.indirect and self.issuer in place.issuers
            else:
                ours = self.issuer == folded(certificate.issuer)
            if ours and (not self.names or not place.names or self.names & place.names):
                found |= self.reasons & place.reasons
        return found

    def entry(self, certificate: Certificate) -> Entry | None:
        """Return what the list says of a certificate that it covers, None where it is not on it.

        Raises FormatError for a list with an entry that cannot be read.
        """
        try:
            with quietly():
                if self.indirect or certificate.serial_number < 0:
                    return self._searched(certificate)
                found = self.parsed.get_revoked_certificate_by_serial_number(certificate.serial_number)
                return None if found is None else _entry(found)
        except (ValueError, TypeError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
            raise FormatError("the revocation list holds an entry that cannot be read") from error

    def completed_by(self, deltas: Iterable["RevocationList"], at: datetime) -> "RevocationList | None":
        """Return the newest delta list of the same scope that starts from this complete one or an older (step c)."""
        fitting = [
            delta
            for delta in deltas
            if delta.current(at)
            and (self.weak or not delta.weak)
            and self.number is not None
            and delta.base is not None
            and delta.base <= self.number
            and delta.this_update >= self.this_update
            and _scope(delta) == _scope(self)
        ]
        return max(fitting, key=lambda delta: delta.this_update, default=None)

    def _searched(self, certificate: Certificate) -> Entry | None:
        """Search entry by entry: where a list is indirect, an entry's issuer holds until the next (section 5.3.3)."""
        wanted, issuer = folded(certificate.issuer), self.issuer
        for found in self.parsed:
            if self.indirect:
                issuer = _named_issuer(found) or issuer
            if found.serial_number == certificate.serial_number and issuer == wanted:
                return _entry(found)
        return None


def load_list(der: bytes) -> RevocationList | None:
    """Return a list, or None for what is none or cannot be read."""
    try:
        issuer = _issuer(der)
        with quietly():
            parsed = x509.load_der_x509_crl(der)
            return _described(der, parsed, issuer)
    except (ValueError, TypeError, UnsupportedAlgorithm, FormatError, x509.DuplicateExtension, OverflowError):
        return None
    except (x509.UnsupportedGeneralNameType, x509.InvalidVersion):
        return None


def _described(der: bytes, parsed: x509.CertificateRevocationList, issuer: str) -> RevocationList:
    extensions = parsed.extensions
    number = _value(extensions, x509.CRLNumber)
    base = _value(extensions, x509.DeltaCRLIndicator)
    key = _value(extensions, x509.AuthorityKeyIdentifier)
    scope = _value(extensions, x509.IssuingDistributionPoint)
    digest = parsed.signature_hash_algorithm
    hashed = "" if digest is None else digest.name
    critical = {extension.oid for extension in extensions if extension.critical}
    described = RevocationList(
        der=der,
        parsed=parsed,
        issuer=issuer,
        this_update=parsed.last_update_utc,
        next_update=parsed.next_update_utc,
        number=None if number is None else number.crl_number,
        base=None if base is None else base.crl_number,
        key_identifier=None if key is None else key.key_identifier,
        understood=critical <= _KNOWN_CRITICAL and hashed not in oids.FORGEABLE_DIGESTS,
        weak=hashed in oids.WEAK_DIGESTS,
        deltas=freshest(extensions),
    )
    if scope is None:
        return described
    return replace(
        described,
        names=comparable(scope.full_name, scope.relative_name, issuer),
        reasons=frozenset(scope.only_some_reasons) if scope.only_some_reasons else ALL_REASONS,
        indirect=scope.indirect_crl,
        only_users=scope.only_contains_user_certs,
        only_authorities=scope.only_contains_ca_certs,
        only_attributes=scope.only_contains_attribute_certs,
    )


def _scope(listed: RevocationList) -> tuple[object, ...]:
    return (
        listed.issuer,
        listed.key_identifier,
        listed.names,
        listed.reasons,
        listed.indirect,
        listed.only_users,
        listed.only_authorities,
        listed.only_attributes,
    )


def _value(extensions: x509.Extensions, kind: type[_Extension]) -> _Extension | None:
    try:
        return extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _named_issuer(found: x509.RevokedCertificate) -> str:
    """Return the folded name of the issuer that an entry names, or an empty string."""
    try:
        names = found.extensions.get_extension_for_class(x509.CertificateIssuer).value
    except x509.ExtensionNotFound:
        return ""
    return next((folded_name(name) for name in names.get_values_for_type(x509.DirectoryName)), "")


def _entry(found: x509.RevokedCertificate) -> Entry:
    try:
        reason = found.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except (x509.ExtensionNotFound, ValueError):
        reason = x509.ReasonFlags.unspecified
    return Entry(revoked_at=found.revocation_date_utc, reason=reason)


def _issuer(der: bytes) -> str:
    """Return the folded name of a list's issuer, read from its own bytes. Raises FormatError."""
    to_be_signed = child(der, read_field(der, 0, len(der)), SEQUENCE)
    found = read_field(der, to_be_signed.content, to_be_signed.end)
    if found.tag == INTEGER:
        found = read_field(der, found.after, to_be_signed.end)
    issuer = read_field(der, found.after, to_be_signed.end)
    return folded(name_text(decode_name(der, issuer.content, issuer.end)))
