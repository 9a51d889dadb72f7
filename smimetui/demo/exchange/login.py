"""Who may in: basic, NTLM and bearer logins against the accounts that the server knows."""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import field
from enum import Enum

from smimetui.demo.exchange.ntlm import (
    NtlmError,
    is_bound,
    is_proven,
    make_challenge,
    make_nonce,
    message_type,
    read_proof,
)
from smimetui.model.value import dataclass

_NEGOTIATE, _AUTHENTICATE = 1, 3


class Scheme(Enum):
    """An HTTP authentication scheme, as it is offered."""

    NTLM = "NTLM"
    BASIC = 'Basic realm="ex01"'
    BEARER = 'Bearer client_id="00000002-0000-0ff1-ce00-000000000000", trusted_issuers="*"'


@dataclass(slots=True, kw_only=True)
class Account:
    """A login. With `expired` set, nothing opens it."""

    address: str
    password: str = field(repr=False)
    expired: bool = False


@dataclass(slots=True)
class Connection:
    """What one TCP connection has proved: NTLM authenticates the connection, not the request."""

    account: Account | None = None
    nonce: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """The login is not done: what WWW-Authenticate says."""

    offers: tuple[str, ...]


class Door:
    """Checks logins. `certificate` and `digest` are those of the TLS channel, for its binding; None over plain HTTP."""

    def __init__(
        self,
        *,
        schemes: frozenset[Scheme],
        domain: str,
        host: str,
        certificate: bytes | None = None,
        digest: Callable[[bytes], bytes] | None = None,
    ) -> None:
        self.accounts: dict[str, Account] = {}
        self.tokens: dict[str, str] = {}
        self._schemes = schemes
        self._domain = domain
        self._host = host
        self._channel = (certificate, digest) if certificate is not None and digest is not None else None

    def add(self, address: str, password: str) -> None:
        """Let a person in with that password."""
        self.accounts[address.lower()] = Account(address=address, password=password)

    def enter(self, authorization: str, connection: Connection) -> Account | Denied:
        """Return the account that a request may use, or what it must do first."""
        scheme, _, value = authorization.partition(" ")
        account: Account | None = None
        match scheme.lower():
            case "":
                account = connection.account
            case "basic" if Scheme.BASIC in self._schemes:
                account = self._basic(value)
            case "bearer" if Scheme.BEARER in self._schemes:
                account = self._find(self.tokens.get(value.strip(), ""))
            case "ntlm" if Scheme.NTLM in self._schemes:
                answer = self._ntlm(value, connection)
                if isinstance(answer, str):
                    return Denied(offers=(f"NTLM {answer}",))
                account = connection.account = answer
        if account is None or account.expired:
            connection.account = None
            return Denied(offers=tuple(scheme.value for scheme in Scheme if scheme in self._schemes))
        return account

    def _basic(self, value: str) -> Account | None:
        try:
            octets = base64.b64decode(value, validate=True)
        except ValueError:
            return None
        try:
            user, colon, password = octets.decode().partition(":")
        except UnicodeDecodeError:
            # RFC 7617 section 2.1 leaves the character set open: requests sends ISO 8859-1.
            user, colon, password = octets.decode("latin-1").partition(":")
        account = self._find(user)
        return account if colon and account is not None and account.password == password else None

    def _ntlm(self, value: str, connection: Connection) -> str | Account | None:
        """Return the challenge to send, the account that proved itself, or None."""
        try:
            token = base64.b64decode(value, validate=True)
            match message_type(token):
                case 1:
                    connection.nonce = make_nonce()
                    challenge = make_challenge(connection.nonce, domain=self._domain, host=self._host)
                    return base64.b64encode(challenge).decode()
                case 3:
                    return self._proven(token, connection)
        except (NtlmError, binascii.Error):
            pass
        return None

    def _proven(self, token: bytes, connection: Connection) -> Account | None:
        proof, nonce = read_proof(token), connection.nonce
        connection.nonce = b""
        account = self._find(proof.user)
        if account is None or not nonce or not is_proven(proof, account.password, nonce):
            return None
        if self._channel is not None and not is_bound(proof, *self._channel):
            return None
        return account

    def _find(self, user: str) -> Account | None:
        """Return the account of an address, of a name behind a domain, or of a bare name."""
        name = re.sub(r"^[^\\]*\\", "", user).lower()
        if name in self.accounts:
            return self.accounts[name]
        return next((account for address, account in self.accounts.items() if address.partition("@")[0] == name), None)
