"""Where a certificate says its revocation can be asked for (RFC 5280 sections 4.2.1.13, 4.2.1.15 and 4.2.2.1).

Reads names, fetches nothing. What does not parse names nothing.
"""

from collections.abc import Iterator
from functools import lru_cache

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from smimetui.model.certificate import Certificate
from smimetui.model.errors import FormatError
from smimetui.model.value import dataclass
from smimetui.smime.chain import folded
from smimetui.smime.der import read_field
from smimetui.smime.names import decode_name, name_text
from smimetui.smime.parsed import parse_certificate, quietly

ALL_REASONS = frozenset(x509.ReasonFlags) - {x509.ReasonFlags.unspecified, x509.ReasonFlags.remove_from_crl}
Name = tuple[str, str]
"""Kind and text of a GeneralName, in a form that compares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A distribution point: its names, the folded names of another issuer of its list, and the reasons it covers."""

    names: frozenset[Name] = frozenset()
    issuers: frozenset[str] = frozenset()
    reasons: frozenset[x509.ReasonFlags] = ALL_REASONS
    uris: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """Everything a certificate says of where its revocation is published."""

    lists: tuple[Point, ...] = ()
    deltas: tuple[str, ...] = ()
    """URIs of delta lists."""
    responders: tuple[str, ...] = ()
    """URIs of OCSP responders."""


@lru_cache(maxsize=256)
def points(certificate: Certificate) -> Points:
    """Return where the revocation of a certificate is published."""
    try:
        with quietly():
            extensions = parse_certificate(certificate.der).extensions
            return Points(
                lists=tuple(_points(extensions, x509.CRLDistributionPoints, certificate.issuer)),
                deltas=freshest(extensions),
                responders=tuple(_responders(extensions)),
            )
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, FormatError):
        return Points()


def freshest(extensions: x509.Extensions) -> tuple[str, ...]:
    """Return the URIs of delta lists that a certificate's or list's extensions name."""
    found = _points(extensions, x509.FreshestCRL, "")
    return tuple(dict.fromkeys(uri for point in found for uri in point.uris))


def comparable(
    full: list[x509.GeneralName] | None, relative: x509.RelativeDistinguishedName | None, issuer: str
) -> frozenset[Name]:
    """Return the names of a distribution point; a relative one is completed with the folded name of the issuer."""
    if relative is not None:
        return frozenset({("name", f"{_folded_rdn(relative)},{issuer}")})
    return frozenset(_comparable(name) for name in full or ())


def _points(
    extensions: x509.Extensions, kind: type[x509.CRLDistributionPoints | x509.FreshestCRL], issuer: str
) -> Iterator[Point]:
    try:
        found: x509.CRLDistributionPoints | x509.FreshestCRL = extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return
    for point in found:
        issuers = [_comparable(name) for name in point.crl_issuer or ()]
        whose = issuers[0][1] if issuers else folded(issuer)
        names = comparable(point.full_name, point.relative_name, whose)
        yield Point(
            # A point without a name of its own goes by its issuer's (RFC 5280 section 6.3.3 step b 2 i).
            names=names or frozenset(issuers),
            issuers=frozenset(text for _, text in issuers),
            reasons=frozenset(point.reasons) if point.reasons else ALL_REASONS,
            uris=tuple(
                name.value for name in point.full_name or () if isinstance(name, x509.UniformResourceIdentifier)
            ),
        )


def _responders(extensions: x509.Extensions) -> Iterator[str]:
    try:
        access = extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return
    for description in access:
        location = description.access_location
        if description.access_method == AuthorityInformationAccessOID.OCSP and isinstance(
            location, x509.UniformResourceIdentifier
        ):
            yield location.value


def _comparable(name: x509.GeneralName) -> Name:
    if isinstance(name, x509.DirectoryName):
        return "name", folded_name(name.value)
    return type(name).__name__, str(name.value)


def _folded_rdn(relative: x509.RelativeDistinguishedName) -> str:
    return folded_name(x509.Name([relative]))


def folded_name(name: x509.Name) -> str:
    """Return a name in the form that compares."""
    der = name.public_bytes()
    field = read_field(der, 0, len(der))
    return folded(name_text(decode_name(der, field.content, field.end)))
