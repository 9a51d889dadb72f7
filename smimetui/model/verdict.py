"""What the program says of a certificate, a recipient, a message: the words of the screens, as values.

`designation` is the lock's rule and a pure function; nothing else decides what stands under "New Message".
"""

from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from typing import assert_never

from smimetui.model.address import Address
from smimetui.model.certificate import Certificate, Source
from smimetui.model.value import dataclass


class Problem(Enum):
    """What is wrong with a certificate for what it is asked to do."""

    NOT_FOUND = "no certificate found"
    EXPIRED = "expired"
    NOT_YET_VALID = "not yet valid"
    REVOKED = "revoked"
    REVOCATION_UNKNOWN = "revocation could not be checked"
    UNTRUSTED = "issuer unknown"
    NAME_MISMATCH = "address not in the certificate"
    WRONG_USAGE = "key usage"
    WEAK_KEY = "weak key"
    WEAK_ALGORITHM = "weak algorithm"
    CHANGED = "another certificate is installed"
    UNREACHABLE = "could not check"
    ALTERED = "the message was changed after signing"
    """The digest or the signature value does not match: an addition to the design's list, since it is no fault of the
    certificate and must never read like one."""
    LIST = "the members of the list are not known"
    """Of a distribution list, not of a certificate: it is empty, too large, too deep, or holds what is no address."""


_MOST_NAMED = 5
"""Addresses in a sentence; a certificate may name thousands."""
AGED = frozenset({Problem.WEAK_KEY, Problem.WEAK_ALGORITHM})
"""What was right in its day: a signature with nothing worse passes, and is not trusted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a problem is there, where more is known than the certificate itself tells: most often an issuer's fault."""

    problem: Problem
    certificate: Certificate
    """The one to blame."""
    reason: str
    """A sentence, with names as they were issued: not yet printable."""


class RecipientState(Enum):
    """The state of a recipient chip."""

    CHECKING = "checking"
    READY = "ready"
    BLOCKED = "blocked"
    UNREACHABLE = "unreachable"


class Designation(Enum):
    """The words under "New Message"."""

    ENCRYPTED = "Encrypted"
    NOT_ENCRYPTED = "Not Encrypted"
    UNABLE_TO_ENCRYPT = "Unable to Encrypt"
    CHECKING = "Checking…"


def designation(*, wanted: bool, states: Iterable[RecipientState]) -> Designation:
    """Return what the lock says for `wanted` and the states of To, Cc and Bcc together."""
    if not wanted:
        return Designation.NOT_ENCRYPTED
    seen = set(states)
    if RecipientState.BLOCKED in seen or RecipientState.UNREACHABLE in seen:
        return Designation.UNABLE_TO_ENCRYPT
    if RecipientState.CHECKING in seen:
        return Designation.CHECKING
    return Designation.ENCRYPTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A certificate that some source offered for an address, judged for encryption to it."""

    certificate: Certificate
    source: Source
    problems: tuple[Problem, ...] = ()
    faults: tuple[Fault, ...] = ()
    """What is known of the problems beyond the certificate."""
    vouched: bool = False
    """The directory's word stands in for an unknown issuer."""
    capabilities: bytes | None = None
    """SMIMECapabilities (DER, RFC 8551 section 2.5.2) seen with the certificate."""
    elsewhere: bool = False
    """A directory of another account offered it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """The answer to "can this address be written to in secret?".

    `chosen` is the best usable candidate, or None; then `problems` holds what speaks against the most telling one,
    the reason that is shown first.
    `unreachable` lists, as sentences, the sources that could not answer; it does not matter once there is a choice.
    A distribution list has `members` in place of a choice, those of the lists within it among them, and its `problems`
    are theirs.
    """

    address: Address
    candidates: tuple[Candidate, ...] = ()
    chosen: Candidate | None = None
    problems: tuple[Problem, ...] = ()
    unreachable: tuple[str, ...] = ()
    reason: str = ""
    """One sentence without the address: why not, or where the certificate comes from."""
    is_list: bool = False
    members: tuple["Resolution", ...] = ()
    """Of a distribution list: the people in it, each once; empty where they are not known."""

    @property
    def state(self) -> RecipientState:
        """The state the chip shows; of a list, the worst of its members' and of what is said of the list itself."""
        if self.chosen is not None:
            return RecipientState.READY
        if self.is_list:
            return self._list_state()
        if Problem.UNREACHABLE in self.problems:
            return RecipientState.UNREACHABLE
        return RecipientState.BLOCKED

    @property
    def choices(self) -> tuple[Candidate, ...]:
        """What a message to this address is encrypted with: the choice, or each member's; empty unless it is ready."""
        if self.chosen is not None:
            return (self.chosen,)
        if self.state is not RecipientState.READY:
            return ()
        return tuple(choice for member in self.members for choice in member.choices)

    def _list_state(self) -> RecipientState:
        states = {member.state for member in self.members}
        if RecipientState.BLOCKED in states or set(self.problems) - {Problem.UNREACHABLE}:
            return RecipientState.BLOCKED
        if RecipientState.UNREACHABLE in states or self.problems:
            return RecipientState.UNREACHABLE
        return RecipientState.READY if states else RecipientState.BLOCKED


class Verdict(Enum):
    """Of a signature (ETSI EN 319 102-1)."""

    PASSED = "passed"
    INDETERMINATE = "indeterminate"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureReport:
    """What is known of the signature over a whole message.

    PASSED: intact, and its certificate is good for this, or wrong by age alone: the problems are WEAK_KEY and
    WEAK_ALGORITHM at most (SHA-1, RSA and DSA of 1,024 bits), and then it is never trusted, pinned or not.
    INDETERMINATE: intact, and something about the certificate is missing or wrong, or what vouches for it could be
    forged by anybody: MD5 and older digests in the message or the path, keys of less than 1,024 bits. FAILED: the
    signature does not hold, or the certificate is revoked.
    """

    verdict: Verdict
    problems: tuple[Problem, ...] = ()
    faults: tuple[Fault, ...] = ()
    """What is known of the problems beyond the signer's certificate."""
    intact: bool = False
    """Digest and signature value match, whatever the certificate is worth."""
    signer: Certificate | None = None
    chain: tuple[Certificate, ...] = ()
    """From the signer towards the root, as far as it is known."""
    included: tuple[Certificate, ...] = ()
    """Every certificate the message brought."""
    encryption_certificate: Certificate | None = None
    """Where the signer asks to be written to with another certificate (RFC 8551 section 2.5.3)."""
    capabilities: bytes | None = None
    signing_time: datetime | None = None
    digest_algorithm: str = ""
    matches_from: bool = False
    pinned: bool = False
    """Good because this very certificate is installed, not because of its issuer."""
    anchor: Certificate | None = None

    @property
    def aged(self) -> bool:
        """It holds by algorithms or keys that are no longer safe enough to be trusted."""
        return self.verdict is Verdict.PASSED and not AGED.isdisjoint(self.problems)

    @property
    def trusted(self) -> bool:
        """The blue check."""
        return self.verdict is Verdict.PASSED and not self.aged and self.matches_from

    @property
    def badge(self) -> str:
        """The words beside the sender."""
        return "Trusted" if self.trusted else "Not Trusted"


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptionReport:
    """What is known of a message's encryption; algorithms carry the names of the command line (`aes256_cbc`)."""

    decrypted: bool
    content_encryption_algorithm: str = ""
    authenticated: bool = False
    weak: bool = False


def explain_issuer(problem: Problem, issuer: Certificate) -> str:
    """Return the reason a person reads for a problem that is the issuer's."""
    theirs = f"the certificate of the issuer “{issuer.display_name}”"
    if problem is Problem.WEAK_ALGORITHM:
        return f"{theirs} is signed with an algorithm that is no longer safe"
    if problem is Problem.WEAK_KEY:
        return explain(problem, issuer).replace("the key", f"the key of the issuer “{issuer.display_name}”", 1)
    return explain(problem, issuer).replace("the certificate", theirs, 1)


def _some(addresses: tuple[str, ...]) -> str:
    shown = ", ".join(addresses[:_MOST_NAMED])
    return f"{shown} and {len(addresses) - _MOST_NAMED:,} more" if len(addresses) > _MOST_NAMED else shown


def explain(  # noqa: C901, PLR0911, PLR0912 - one case a problem
    problem: Problem, certificate: Certificate | None = None, faults: Iterable[Fault] = ()
) -> str:
    """Return the reason a person reads for `problem`: of `faults` the one for it, else what `certificate` tells."""
    known = next((fault.reason for fault in faults if fault.problem is problem), "")
    if known:
        return known
    date = f"{certificate.not_after:%d %b %Y}".lstrip("0") if certificate else ""
    start = f"{certificate.not_before:%d %b %Y}".lstrip("0") if certificate else ""
    match problem:
        case Problem.NOT_FOUND:
            return "no certificate found"
        case Problem.EXPIRED:
            return f"the certificate expired on {date}" if date else "the certificate has expired"
        case Problem.NOT_YET_VALID:
            return f"the certificate is not valid before {start}" if start else "the certificate is not yet valid"
        case Problem.REVOKED:
            return "the certificate was revoked by its issuer"
        case Problem.REVOCATION_UNKNOWN:
            return "whether the certificate was revoked could not be checked"
        case Problem.UNTRUSTED:
            issuer = certificate.issuer_common_name or certificate.issuer if certificate else ""
            return f"issuer “{issuer}” is unknown here" if issuer else "the issuer is unknown here"
        case Problem.NAME_MISMATCH:
            others = _some(certificate.addresses) if certificate else ""
            return f"the certificate is for {others}" if others else "the address is not in the certificate"
        case Problem.WRONG_USAGE:
            return "the certificate is not for this purpose (key usage)"
        case Problem.WEAK_KEY:
            key = certificate.key_description if certificate else ""
            return f"the key is too weak ({key})" if key else "the key is too weak"
        case Problem.WEAK_ALGORITHM:
            return "a digest or signature algorithm that is no longer safe was used"
        case Problem.CHANGED:
            return "this is not the certificate that is installed for the address"
        case Problem.UNREACHABLE:
            return "could not check"
        case Problem.ALTERED:
            return "the message was changed after it was signed"
        case Problem.LIST:
            return "the members of the list are not known"
        case _:
            assert_never(problem)
