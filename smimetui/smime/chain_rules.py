"""What RFC 5280 section 6.1 finds wrong with a chain: answered here where that is nothing, else by the path library.

Most chains hold neither name constraints nor limits on policies; what the rules leave over then is a page. The library
takes a millisecond for it, and a tenth of a second to be imported.
"""

from datetime import datetime
from itertools import pairwise

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from smimetui.model.certificate import Certificate
from smimetui.model.verdict import Problem
from smimetui.smime.certificate_id import certificate_fields
from smimetui.smime.chain import Chain
from smimetui.smime.parsed import parse_certificate, quietly
from smimetui.smime.x509 import strength

# What limits the names and policies of the certificates below. Without a limit, any policies are good.
_LIMITS = frozenset(
    {
        ExtensionOID.NAME_CONSTRAINTS,
        ExtensionOID.POLICY_CONSTRAINTS,
        ExtensionOID.POLICY_MAPPINGS,
        ExtensionOID.INHIBIT_ANY_POLICY,
    }
)
# What may be critical: processed here, by `smime.path`, or (policies) without an effect where nothing limits them.
_UNDERSTOOD = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.CERTIFICATE_POLICIES,
    }
)
# Of the others, PSS has parameters to compare and DSA some to inherit, and a weak one is to be told apart.
_PLAIN_SIGNATURES = frozenset(
    {
        *(f"{key} with SHA-{bits}" for key in ("RSA", "ECDSA") for bits in (256, 384, 512)),
        "Ed25519",
        "Ed448",
    }
)


def broken_rules(chain: Chain, *, at: datetime) -> dict[Problem, str]:
    """Return what `pkix.check_chain` says of a chain whose signatures are known to hold."""
    if is_plain(chain, at=at):
        return {}
    from smimetui.smime.pkix import check_chain

    return check_chain(chain, at=at)


def is_plain(chain: Chain, *, at: datetime) -> bool:
    """Tell whether a chain keeps the rules and holds nothing unusual. The signatures on it are known to hold.

    False says nothing about the chain: here the anchor too is held to all rules, and names are compared by octets.
    """
    fields = [certificate_fields(certificate) for certificate in chain]
    extensions = [_extensions(certificate) for certificate in chain]
    return (
        all(certificate.not_before <= at <= certificate.not_after for certificate in chain)
        and all(below.issuer == above.subject for below, above in pairwise(fields))
        and not any(strength(certificate) for certificate in chain)
        and all(certificate.signature_algorithm in _PLAIN_SIGNATURES for certificate in chain)
        and all(map(_is_unlimited, extensions))
        # A chain's second certificate has no authority below it, the third one, …
        and all(_may_issue(held, below) for below, held in enumerate(extensions[1:]))
    )


def _extensions(certificate: Certificate) -> x509.Extensions:
    with quietly():
        return parse_certificate(certificate.der).extensions


def _is_unlimited(extensions: x509.Extensions) -> bool:
    """Nothing there that limits what is below, or must be understood and is not."""
    return not any(
        extension.oid in _LIMITS or (extension.critical and extension.oid not in _UNDERSTOOD)
        for extension in extensions
    )


def _may_issue(extensions: x509.Extensions, authorities_below: int) -> bool:
    """Tell whether a certificate is that of an authority over so many others (RFC 5280 section 6.1.4 k to n)."""
    held = {type(extension.value): extension.value for extension in extensions}
    constraints, usage = held.get(x509.BasicConstraints), held.get(x509.KeyUsage)
    if constraints is None or not constraints.ca or (usage is not None and not usage.key_cert_sign):
        return False
    return constraints.path_length is None or authorities_below <= constraints.path_length
