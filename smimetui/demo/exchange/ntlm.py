"""The server's side of NTLMv2 ([MS-NLMP]): the challenge, and the check of the proof against the known password.

NTLMv1 and anonymous logins are refused. Over TLS the channel binding is checked as Exchange's Extended Protection does.
"""

import hashlib
import hmac
import secrets
import struct
import time
from collections.abc import Callable

from smimetui.model.value import dataclass

_SIGNATURE = b"NTLMSSP\0"
_UNICODE, _REQUEST_TARGET, _NTLM, _ALWAYS_SIGN = 0x1, 0x4, 0x200, 0x8000
_TARGET_IS_DOMAIN, _EXTENDED_SECURITY, _TARGET_INFO, _VERSION = 0x10000, 0x80000, 0x800000, 0x2000000
_EXTENDED_KEYS = 0x20000000 | 0x80000000
_AV_END, _AV_COMPUTER, _AV_DOMAIN, _AV_DNS_COMPUTER, _AV_DNS_DOMAIN = 0, 1, 2, 3, 4
_AV_TIMESTAMP, _AV_CHANNEL = 7, 10
_EPOCH = 11_644_473_600
"""Seconds from 1601 to 1970."""
_NTLM_V1_RESPONSE = 24
_SHORTEST = 12


class NtlmError(Exception):
    """The token is malformed, or the login is not accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What an AUTHENTICATE message claims and proves."""

    user: str
    domain: str
    response: bytes
    """NTLMv2_RESPONSE: 16 octets of proof, then what the proof covers."""


def message_type(token: bytes) -> int:
    """Return 1 for NEGOTIATE, 3 for AUTHENTICATE. Raises NtlmError."""
    if len(token) < _SHORTEST or token[:8] != _SIGNATURE:
        raise NtlmError("not an NTLM message")
    return int(struct.unpack_from("<I", token, 8)[0])


def make_challenge(nonce: bytes, *, domain: str, host: str) -> bytes:
    """Return a CHALLENGE message with a nonce of 8 octets (2.2.1.2)."""
    target = domain.upper().encode("utf-16-le")
    pairs = (
        (_AV_DOMAIN, target),
        (_AV_COMPUTER, host.partition(".")[0].upper().encode("utf-16-le")),
        (_AV_DNS_DOMAIN, host.partition(".")[2].encode("utf-16-le")),
        (_AV_DNS_COMPUTER, host.encode("utf-16-le")),
        (_AV_TIMESTAMP, struct.pack("<Q", int((time.time() + _EPOCH) * 10_000_000))),
        (_AV_END, b""),
    )
    info = b"".join(struct.pack("<HH", kind, len(value)) + value for kind, value in pairs)
    flags = _UNICODE | _REQUEST_TARGET | _NTLM | _ALWAYS_SIGN | _TARGET_IS_DOMAIN
    flags |= _EXTENDED_SECURITY | _TARGET_INFO | _VERSION | _EXTENDED_KEYS & ~0x80000000
    head = 56
    return (
        _SIGNATURE
        + struct.pack("<IHHIIQ", 2, len(target), len(target), head, flags, int.from_bytes(nonce, "little"))
        + b"\0" * 8
        + struct.pack("<HHI", len(info), len(info), head + len(target))
        + bytes([10, 0, 0x61, 0x4A, 0, 0, 0, 15])
        + target
        + info
    )


def make_nonce() -> bytes:
    """Return 8 random octets."""
    return secrets.token_bytes(8)


def read_proof(token: bytes) -> Proof:
    """Return what an AUTHENTICATE message holds (2.2.1.3). Raises NtlmError."""
    try:
        fields = [_field(token, at) for at in (20, 28, 36)]
        response, domain, user = fields[0], fields[1].decode("utf-16-le"), fields[2].decode("utf-16-le")
    except (struct.error, UnicodeDecodeError) as error:
        raise NtlmError("a malformed AUTHENTICATE message") from error
    if len(response) <= _NTLM_V1_RESPONSE:
        raise NtlmError("NTLMv1 and anonymous logins are refused")
    return Proof(user=user, domain=domain, response=response)


def is_proven(proof: Proof, password: str, nonce: bytes) -> bool:
    """Tell whether the proof was made with that password for that nonce (3.3.2)."""
    identity = (proof.user.upper() + proof.domain).encode("utf-16-le")
    key = hmac.digest(md4(password.encode("utf-16-le")), identity, "md5")
    return hmac.compare_digest(hmac.digest(key, nonce + proof.response[16:], "md5"), proof.response[:16])


def is_bound(proof: Proof, certificate: bytes, digest: Callable[[bytes], bytes]) -> bool:
    """Tell whether the proof is bound to the TLS channel of that certificate (3.1.5.1.2, RFC 5929 section 4)."""
    application = b"tls-server-end-point:" + digest(certificate)
    bindings = struct.pack("<IIII", 0, 0, 0, 0) + struct.pack("<I", len(application)) + application
    expected = hashlib.md5(bindings, usedforsecurity=False).digest()
    return _pairs(proof.response[16 + 28 :]).get(_AV_CHANNEL) == expected


def _field(token: bytes, at: int) -> bytes:
    length, _, offset = struct.unpack_from("<HHI", token, at)
    if offset + length > len(token):
        raise NtlmError("a field beyond the end of the message")
    return token[offset : offset + length]


def _pairs(data: bytes) -> dict[int, bytes]:
    found = {}
    at = 0
    while at + 4 <= len(data):
        kind, length = struct.unpack_from("<HH", data, at)
        if kind == _AV_END:
            break
        found[kind] = data[at + 4 : at + 4 + length]
        at += 4 + length
    return found


def md4(message: bytes) -> bytes:
    """Return the MD4 digest (RFC 1320), which NT password hashes are and current libraries no longer have."""
    padded = message + b"\x80" + b"\0" * (-(len(message) + 9) % 64) + struct.pack("<Q", 8 * len(message))
    state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476]
    for at in range(0, len(padded), 64):
        state = _md4_block(state, struct.unpack_from("<16I", padded, at))
    return struct.pack("<4I", *state)


_ROUNDS: tuple[tuple[Callable[[int, int, int], int], int, tuple[int, ...], tuple[int, ...]], ...] = (
    (lambda x, y, z: x & y | ~x & z, 0, (3, 7, 11, 19), tuple(range(16))),
    (
        lambda x, y, z: x & y | x & z | y & z,
        0x5A827999,
        (3, 5, 9, 13),
        (0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15),
    ),
    (lambda x, y, z: x ^ y ^ z, 0x6ED9EBA1, (3, 9, 11, 15), (0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15)),
)


def _md4_block(state: list[int], words: tuple[int, ...]) -> list[int]:
    a, b, c, d = state
    for mix, constant, shifts, order in _ROUNDS:
        for step, word in enumerate(order):
            total = (a + mix(b, c, d) + words[word] + constant) & 0xFFFFFFFF
            shift = shifts[step % 4]
            a, b, c, d = d, (total << shift | total >> (32 - shift)) & 0xFFFFFFFF, b, c
    return [(old + new) & 0xFFFFFFFF for old, new in zip(state, (a, b, c, d), strict=True)]
