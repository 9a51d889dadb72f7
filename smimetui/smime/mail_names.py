"""Name constraints (RFC 5280 section 4.2.1.10) on every mail address a certificate claims.

The path library applies them to rfc822Names, and to a subject's e-mail only where there is no other name. Here each
address counts that would count for the badge: rfc822Name, SmtpUTF8Mailbox (RFC 9598 section 6), subject e-mail.
"""

from collections.abc import Iterator

from cryptography import x509

from smimetui.model.address import ascii_domain
from smimetui.model.certificate import Certificate
from smimetui.model.value import dataclass
from smimetui.smime.parsed import parse_certificate, quietly

# RFC 5321 section 4.5.3.1.2: longer names are no domains, and lie within nothing.
_MOST_DOMAIN = 255


def addresses_permitted(certificate: Certificate, issuers: tuple[Certificate, ...]) -> bool:
    """Tell whether all addresses of a certificate lie within the constraints of all its issuers.

    An issuer whose constraints cannot be read permits nothing.
    """
    return not certificate.addresses or all(_permits(issuer, certificate.addresses) for issuer in issuers)


def _permits(issuer: Certificate, addresses: tuple[str, ...]) -> bool:
    try:
        with quietly():
            extensions = parse_certificate(issuer.der).extensions
        constraints = extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return True
    except ValueError:
        return False
    permitted = _mail_subtrees(constraints.permitted_subtrees)
    excluded = _mail_subtrees(constraints.excluded_subtrees)
    # One without text leaves no address out (CA/Browser Forum, S/MIME requirements, section 7.1.5).
    return "" not in excluded.bases and not any(
        (permitted.bases and not permitted.hold(address)) or excluded.hold(address) for address in addresses
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subtrees:
    """Mailboxes, hosts and, with a dot before them, domains; looked up, since there may be thousands of each."""

    bases: frozenset[str]

    def hold(self, address: str) -> bool:
        """Tell whether an address lies within one of them."""
        host = _host(address)
        return not self.bases.isdisjoint((_with_host(address, host), host)) or any(
            domain in self.bases for domain in _above(host)
        )


def _mail_subtrees(names: list[x509.GeneralName] | None) -> _Subtrees:
    bases = (name.value for name in names or () if isinstance(name, x509.RFC822Name))
    return _Subtrees(bases=frozenset(_with_host(base, _host(base)) for base in bases))


def _host(name: str) -> str:
    return ascii_domain(name.rpartition("@")[2])


def _with_host(name: str, host: str) -> str:
    local, at, _ = name.rpartition("@")
    return f"{local}{at}{host}"


def _above(host: str) -> Iterator[str]:
    """Yield `.corp.example` and `.example` for `mail.corp.example`."""
    if len(host) > _MOST_DOMAIN:
        return
    labels = host.split(".")
    for start in range(1, len(labels)):
        yield "." + ".".join(labels[start:])
