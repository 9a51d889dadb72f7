"""The sentence a person reads about a recipient: why not, or where the certificate comes from."""

from collections.abc import Sequence

from smimetui.model.certificate import Certificate, Source
from smimetui.model.display import printable_line
from smimetui.model.verdict import Candidate, Fault, Problem, RecipientState, Resolution, explain
from smimetui.smime.x509 import allows_mail

COULD_NOT_CHECK = "could not check: "
_PLACES = {
    Source.INSTALLED: "installed",
    Source.GAL: "the address list",
    Source.CONTACTS: "contacts",
    Source.LDAP: "the LDAP directory",
    Source.FILE: "the certificate files",
}
_GRAVEST_FIRST = (
    Problem.REVOKED,
    Problem.NAME_MISMATCH,
    Problem.WRONG_USAGE,
    Problem.NOT_YET_VALID,
    Problem.EXPIRED,
    Problem.WEAK_KEY,
    Problem.WEAK_ALGORITHM,
    Problem.UNTRUSTED,
)


def provenance(candidate: Candidate) -> str:
    """Return where the chosen certificate comes from and on whose word it is used."""
    if candidate.source is Source.INSTALLED:
        return "installed"
    place = f"from {_PLACES[candidate.source]}"
    if candidate.elsewhere:
        place += " of another account"
    if candidate.vouched:
        return f"{place}; its issuer is not known here, the organisation's directory vouches for it"
    return place


def not_held(candidate: Candidate, *, others_held: bool) -> str:
    """Return what a published certificate of one's own means whose key is not here."""
    if others_held:
        what, meaning = "another certificate", "people write to a key you do not hold"
    else:
        what, meaning = "a certificate", "import its key to read what people write to it"
    return f"{_PLACES[candidate.source]} publishes {what} for you, valid until {_until(candidate)}: {meaning}"


def held(candidate: Candidate) -> str:
    """Return what a published certificate of one's own means whose key is here."""
    return f"{_PLACES[candidate.source]} publishes yours, valid until {_until(candidate)}, and its key is here"


def _until(candidate: Candidate) -> str:
    return f"{candidate.certificate.not_after:%d %b %Y}".lstrip("0")


def nowhere(asked: Sequence[Source]) -> str:
    """Return "no certificate in …", naming the directories that were asked."""
    places = [_PLACES[source] for source in Source if source in asked and source is not Source.INSTALLED]
    if not places:
        return "no certificate installed"
    return f"no certificate in {', '.join(places)} or installed"


def of_list(members: Sequence[Resolution]) -> str:
    """Return what the members of a list come to: how many cannot be written to, and why the first of them."""
    for state, failing in (
        (RecipientState.BLOCKED, "cannot be written to"),
        (RecipientState.UNREACHABLE, "could not be checked"),
    ):
        stopping = [member for member in members if member.state is state]
        if stopping:
            first = stopping[0]
            reason = first.reason.removeprefix(COULD_NOT_CHECK)
            who = f"first {first.address.spec}" if len(stopping) > 1 else first.address.spec
            return f"{len(stopping)} of {_people(members)} {failing}, {who}: {reason}"
    return f"a list of {_people(members)}"


def _people(members: Sequence[Resolution]) -> str:
    return "1 member" if len(members) == 1 else f"{len(members)} members"


def ordered(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Return problems with the one that says most first: what no renewal would cure before what one would."""
    rank = {problem: number for number, problem in enumerate(_GRAVEST_FIRST)}
    return tuple(sorted(dict.fromkeys(problems), key=lambda problem: rank.get(problem, len(rank))))


def refusal(problem: Problem, certificate: Certificate, faults: Sequence[Fault] = ()) -> str:
    """Return why a certificate cannot be used to encrypt to its address."""
    if problem is not Problem.WRONG_USAGE:
        return printable_line(explain(problem, certificate, faults))
    if not allows_mail(certificate):
        return "the certificate is not for mail (extended key usage)"
    usages = certificate.key_usage or frozenset()
    if usages & {"digitalSignature", "nonRepudiation"}:
        return "the certificate is for signing only (key usage)"
    return "the certificate is not for encryption (key usage)"
