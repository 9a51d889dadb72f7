"""Addresses for contact groups: lists in a person's own contacts, which nobody can write to by themselves.

The address is made of the group's name and identifier, so that a kept draft still says which group it is for. Its
domain is one that can never exist (RFC 2606 section 2): nothing ever leaves for it.
"""

import re

from smimetui.model.address import Address

_DOMAIN = "contact-group.invalid"
_MOST_NAME = 48
"""Octets of the name in the part before the @, which has 64 at most."""
_TAG = 12
_PLAIN = re.compile(r"[A-Za-z0-9_-]")


def group_address(name: str, identifier: str) -> Address:
    """Return the address that stands for the group with this name and identifier."""
    written = ""
    for character in name:
        piece = character if _PLAIN.fullmatch(character) else "".join(f"={octet:02X}" for octet in character.encode())
        if len(written) + len(piece) > _MOST_NAME:
            break
        written += piece
    return Address(f"{written or '='}.{_tag(identifier)}", _DOMAIN, name)


def is_group(address: Address) -> bool:
    """Return whether an address stands for a contact group."""
    return address.domain.lower() == _DOMAIN


def group_name(address: Address) -> str:
    """Return the beginning of the group's name, to look for it by; empty where the address says nothing."""
    written = address.local.rpartition(".")[0]
    octets = re.sub(rb"=([0-9A-F]{2})", lambda match: bytes.fromhex(match[1].decode()), written.encode())
    return octets.decode("utf-8", "replace").strip("=")


def stands_for(address: Address, identifier: str) -> bool:
    """Return whether an address stands for the group with this identifier."""
    return is_group(address) and address.local.rpartition(".")[2] == _tag(identifier)


def _tag(identifier: str) -> str:
    # With OpenSSL behind it: nothing to load before the composer's first frame.
    from hashlib import sha256

    return sha256(identifier.encode()).hexdigest()[:_TAG]
