"""Which own key signs, which one sent mail is encrypted to, and whether it is the one that others write to."""

from collections.abc import Sequence
from datetime import datetime

from smimetui.model.address import Address
from smimetui.model.certificate import Purpose, Source
from smimetui.model.display import printable_line
from smimetui.model.errors import IdentityNotFoundError
from smimetui.model.verdict import Candidate, Problem, Resolution, explain
from smimetui.services.reasons import COULD_NOT_CHECK, held, not_held, ordered, refusal
from smimetui.services.revocation import Revocation
from smimetui.smime.identity import Identity
from smimetui.smime.public_keys import public_key_of
from smimetui.smime.x509 import fitness

_PUBLIC = {Source.GAL, Source.LDAP}
"""Where others look: nobody else sees one's contacts."""
_UNKNOWN_TO_OTHERS = {Problem.UNTRUSTED, Problem.REVOCATION_UNKNOWN}
_HINT = "import a certificate of your own (PKCS#12, .p12 or .pfx) that is valid for this address"


def own_identity(  # noqa: PLR0913 - keyword-only beside the identities
    identities: Sequence[Identity],
    *,
    purpose: Purpose,
    address: Address,
    at: datetime,
    chosen: str = "",
    revocation: Revocation | None = None,
) -> Identity:
    """Return the own identity to use for `purpose`: the `chosen` one (SHA-256) if it is fit, else the newest that is.

    A signature must name the sender; encryption to oneself need not, but prefers it. What an authority issued goes
    before what signed itself. One that `revocation` knows as revoked is not fit. Raises IdentityNotFoundError with the
    reason the nearest certificate is not fit.
    """
    judged = [
        (identity, _problems(identity, purpose, address, at, revocation)) for identity in _newest_first(identities)
    ]
    fit = [identity for identity, problems in judged if not problems]
    if fit:
        return min(
            fit,
            key=lambda identity: (
                identity.certificate.sha256 != chosen,
                _stranger(identity, address, at),
                identity.certificate.is_self_issued,
            ),
        )
    if not judged:
        raise IdentityNotFoundError("you have no certificate of your own", _HINT)
    nearest, problems = min(judged, key=lambda pair: (Problem.NAME_MISMATCH in pair[1], len(pair[1])))
    why = _reason(ordered(problems)[0], nearest, purpose)
    verb = "sign" if purpose is Purpose.SIGN else "encrypt to yourself"
    raise IdentityNotFoundError(f"cannot {verb}: {why}", _HINT)


def published_note(found: Resolution, identities: Sequence[Identity]) -> str:
    """Return what is wrong with what the directories publish for the own address, as a sentence; empty if nothing is.

    `found` is the resolution of that address. Only what others would write to counts, and a renewed certificate whose
    key is here is held.
    """
    own = {public_key_of(identity.certificate) for identity in identities}
    strange = [candidate for candidate in _published(found) if public_key_of(candidate.certificate) not in own]
    return not_held(strange[0], others_held=bool(own)) if strange else ""


def published_state(found: Resolution, identities: Sequence[Identity]) -> tuple[bool, str]:
    """Return whether the directories publish a certificate for the own address whose key is here, and a sentence.

    `found` is as for `published_note`.
    """
    if note := published_note(found, identities):
        return False, note
    published = _published(found)
    if published:
        return True, held(published[0])
    if found.unreachable:
        return False, f"{COULD_NOT_CHECK}{found.unreachable[0]}"
    return False, "none that others could use is published for you; they get yours with a message you sign"


def _published(found: Resolution) -> list[Candidate]:
    """Return what others would find and take: whom they trust is not known here."""
    return [
        candidate
        for candidate in found.candidates
        if candidate.source in _PUBLIC and not candidate.elsewhere
        if _UNKNOWN_TO_OTHERS.issuperset(candidate.problems)
    ]


def _newest_first(identities: Sequence[Identity]) -> list[Identity]:
    return sorted(identities, key=lambda identity: identity.certificate.not_before, reverse=True)


def _problems(
    identity: Identity, purpose: Purpose, address: Address, at: datetime, revocation: Revocation | None
) -> tuple[Problem, ...]:
    named = address if purpose is Purpose.SIGN else None
    problems = fitness(identity.certificate, purpose=purpose, address=named, at=at)
    if not problems and revocation is not None and revocation.is_revoked(identity):
        return (Problem.REVOKED,)
    return problems


def _stranger(identity: Identity, address: Address, at: datetime) -> bool:
    problems = fitness(identity.certificate, purpose=Purpose.ENCRYPT, address=address, at=at)
    return Problem.NAME_MISMATCH in problems


def _reason(problem: Problem, identity: Identity, purpose: Purpose) -> str:
    if problem is Problem.WRONG_USAGE and purpose is Purpose.SIGN:
        sentence = "the certificate is not for signing mail (key usage)"
    elif purpose is Purpose.SIGN:
        sentence = printable_line(explain(problem, identity.certificate))
    else:
        sentence = refusal(problem, identity.certificate)
    return sentence.replace("the certificate", "your certificate", 1)
