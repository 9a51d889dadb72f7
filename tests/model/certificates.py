"""Certificates as values, for tests that need no key."""

from datetime import UTC, datetime
from typing import Any

from smimetui.model.certificate import Certificate


def certificate_value(**changes: Any) -> Certificate:
    """Return a certificate value of Bob's with `changes`; its DER is not one."""
    fields: dict[str, Any] = {
        "der": b"der",
        "sha256": "00" * 32,
        "subject": "CN=Bob Baker,O=Corp",
        "common_name": "Bob Baker",
        "issuer": "CN=Corp CA,O=Corp",
        "issuer_common_name": "Corp CA",
        "serial_number": 1,
        "not_before": datetime(2024, 5, 3, tzinfo=UTC),
        "not_after": datetime(2025, 5, 3, tzinfo=UTC),
        "addresses": ("bob@corp.example",),
        "key_algorithm": "RSA",
        "key_size": 3072,
    }
    return Certificate(**(fields | changes))
