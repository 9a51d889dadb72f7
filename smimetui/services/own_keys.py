"""Which own key signs and which one sent mail is encrypted to."""

from collections.abc import Sequence
from datetime import datetime

from smimetui.model.address import Address
from smimetui.model.certificate import Purpose
from smimetui.model.display import printable_line
from smimetui.model.errors import IdentityNotFoundError
from smimetui.model.verdict import Problem, explain
from smimetui.services.reasons import ordered, refusal
from smimetui.smime.identity import Identity
from smimetui.smime.x509 import fitness

_HINT = "import a certificate of your own (PKCS#12, .p12 or .pfx) that is valid for this address"


def own_identity(identities: Sequence[Identity], *, purpose: Purpose, address: Address, at: datetime) -> Identity:
    """Return the newest own identity that is fit for `purpose`.

    A signature must name the sender; encryption to oneself need not, but prefers it. Raises IdentityNotFoundError with
    the reason the nearest certificate is not fit.
    """
    judged = [(identity, _problems(identity, purpose, address, at)) for identity in _newest_first(identities)]
    fit = [identity for identity, problems in judged if not problems]
    if fit:
        return min(fit, key=lambda identity: _stranger(identity, address, at))
    if not judged:
        raise IdentityNotFoundError("you have no certificate of your own", _HINT)
    nearest, problems = min(judged, key=lambda pair: (Problem.NAME_MISMATCH in pair[1], len(pair[1])))
    why = _reason(ordered(problems)[0], nearest, purpose)
    verb = "sign" if purpose is Purpose.SIGN else "encrypt to yourself"
    raise IdentityNotFoundError(f"cannot {verb}: {why}", _HINT)


def _newest_first(identities: Sequence[Identity]) -> list[Identity]:
    return sorted(identities, key=lambda identity: identity.certificate.not_before, reverse=True)


def _problems(identity: Identity, purpose: Purpose, address: Address, at: datetime) -> tuple[Problem, ...]:
    named = address if purpose is Purpose.SIGN else None
    return fitness(identity.certificate, purpose=purpose, address=named, at=at)


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
