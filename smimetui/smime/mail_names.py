"""Name constraints (RFC 5280 section 4.2.1.10) on every mail address a certificate claims.

The path library applies them to rfc822Names, and to a subject's e-mail only where there is no other name. Here each
address counts that would count for the badge: rfc822Name, SmtpUTF8Mailbox (RFC 9598 section 6), subject e-mail.
"""

from cryptography import x509

from smimetui.model.address import ascii_domain
from smimetui.model.certificate import Certificate
from smimetui.smime.parsed import parse_certificate, quietly


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
    return not any(
        (permitted and not any(_within(address, base) for base in permitted))
        or any(_within(address, base) for base in excluded)
        for address in addresses
    )


def _mail_subtrees(names: list[x509.GeneralName] | None) -> list[str]:
    return [name.value for name in names or () if isinstance(name, x509.RFC822Name)]


def _within(address: str, base: str) -> bool:
    local, _, domain = address.rpartition("@")
    host = ascii_domain(domain)
    base_local, at, base_domain = base.rpartition("@")
    if at:
        return local == base_local and host == ascii_domain(base_domain)
    if base.startswith("."):
        return host.endswith(ascii_domain(base))
    return host == ascii_domain(base)
