"""Opening a message: bytes in, everything the screen may say about it out, in nine numbered steps.

Hostile bytes end in FormatError or UnsupportedError, and nothing else. Nothing is fetched.
"""

from collections.abc import Sequence
from dataclasses import field, replace
from datetime import datetime
from typing import assert_never

from smimetui.model.certificate import Certificate
from smimetui.model.errors import DecryptionError, FormatError
from smimetui.model.message import OpenedMessage
from smimetui.model.value import dataclass
from smimetui.model.verdict import EncryptionReport, SignatureReport
from smimetui.smime import oids
from smimetui.smime.cms import EnvelopedData
from smimetui.smime.dsa_parameters import completed
from smimetui.smime.envelope import UNREADABLE, decrypt
from smimetui.smime.identity import Identity
from smimetui.smime.judge import Judge, author, whole
from smimetui.smime.layers import (
    ALWAYS_ALLOWED,
    MOST_EXPANSION,
    CertificatesOnly,
    CompressedLayer,
    EnvelopedLayer,
    Layer,
    SignedLayer,
    layer_of,
)
from smimetui.smime.leaves import Leaves
from smimetui.smime.mime import MOST_OCTETS, Entity, parse, parse_message
from smimetui.smime.path import TrustPolicy
from smimetui.smime.received import headers

# Triple wrap is three, with compression four; each layer is one more copy of the content.
MOST_LAYERS = 8
# Around the whole and around parts. A letter with a signed one inside has three; each layer may cost 32 trials of a
# private key, or 16 signers a path of some milliseconds.
MOST_LAYERS_IN_ALL = 40
MOST_SIGNERS_IN_ALL = 64
# Nobody puts many letters into one that are encrypted each by itself; 32 trials of a long key take 0.1 s.
MOST_ENVELOPES_IN_ALL = 16


def open_message(
    raw: bytes,
    *,
    identities: Sequence[Identity],
    policy: TrustPolicy,
    at: datetime,
    known: Sequence[Certificate] = (),
) -> OpenedMessage:
    """Return a message decrypted, verified and taken apart.

    `known` are certificates for signatures that bring none. A message none of the keys opens is returned with
    `encryption.decrypted` False, an empty body and a sentence in the notes. Raises FormatError and UnsupportedError.
    """
    # 1. Parse with limits: depth, parts, size.
    root = parse_message(raw)
    judge = Judge(policy=policy, at=at, known=(*known, *policy.intermediates), author=author(root))
    opener = _Opener(identities=identities, judge=judge, allowance=_Allowance(len(raw)))
    # 2 to 7, for each layer around the whole message.
    peeled = opener.peel(root) or _Peeled(inner=root)
    # 8. Everything shown lies under that signature; parts that are protected by themselves are shown apart.
    leaves = Leaves(peel=opener.peel, protected=peeled.is_protected)
    if peeled.inner is not None:
        leaves.collect(peeled.inner)
    # 9. Report.
    return OpenedMessage(
        headers=headers(root),
        layers=tuple(peeled.layers),
        signature=peeled.signature,
        encryption=peeled.encryption,
        body=leaves.body,
        parts=tuple(leaves.parts),
        notes=(*peeled.notes, *leaves.notes),
        raw=raw,
    )


@dataclass(slots=True)
class _Peeled:
    """What came off an entity, and what is inside."""

    inner: Entity | None
    layers: list[str] = field(default_factory=list)
    reports: list[SignatureReport] = field(default_factory=list)
    outside: int = 0
    """How many of the signatures lie around an envelope."""
    encryption: EncryptionReport | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def signature(self) -> SignatureReport | None:
        """The report on the signatures together."""
        return whole(self.reports, self.outside)

    @property
    def is_protected(self) -> bool:
        """Something was signed or encrypted; compression protects nothing."""
        return bool(self.reports) or self.encryption is not None


class _Allowance:
    """What all layers of one message together may cost, in parts or around the whole."""

    __slots__ = ("_envelopes", "_layers", "_signers", "octets")

    def __init__(self, size: int) -> None:
        self._layers = MOST_LAYERS_IN_ALL
        self._envelopes = MOST_ENVELOPES_IN_ALL
        self._signers = MOST_SIGNERS_IN_ALL
        self.octets = min(MOST_OCTETS, max(ALWAYS_ALLOWED, MOST_EXPANSION * size))
        """What may yet come of compressed content."""

    def spend(self, layer: Layer) -> None:
        """Take a layer into account. Raises FormatError past a limit."""
        self._layers -= 1
        if self._layers < 0:
            raise FormatError(f"the message has more than {MOST_LAYERS_IN_ALL} S/MIME layers in all")
        if isinstance(layer, CompressedLayer):
            self.octets -= len(layer.inner.data)
        elif isinstance(layer, EnvelopedLayer):
            self._envelopes -= 1
            if self._envelopes < 0:
                raise FormatError(f"the message has more than {MOST_ENVELOPES_IN_ALL} encrypted parts in all")
        elif isinstance(layer, SignedLayer) and layer.structure is not None:
            self._signers -= len(layer.structure.signers)
            if self._signers < 0:
                raise FormatError(f"the message has more than {MOST_SIGNERS_IN_ALL} signers in all")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opener:
    """Takes S/MIME layers off an entity."""

    identities: Sequence[Identity]
    judge: Judge
    allowance: _Allowance

    def peel(self, entity: Entity) -> _Peeled | None:
        """Return what is inside all layers of `entity`; None if it is no layer."""
        peeled = _Peeled(inner=entity)
        while peeled.inner is not None and (layer := layer_of(peeled.inner, self.allowance.octets)) is not None:
            self.allowance.spend(layer)
            if len(peeled.layers) >= MOST_LAYERS:
                raise FormatError(f"the message has more than {MOST_LAYERS} S/MIME layers")
            match layer:
                case EnvelopedLayer():
                    self._decrypt(layer, peeled)
                case SignedLayer():
                    self._verify(layer, peeled)
                case CompressedLayer():
                    peeled.layers.append("compressed")
                    peeled.inner = layer.inner
                case CertificatesOnly():
                    peeled.notes.append("This message brings certificates and nothing else.")
                    peeled.inner = None
                case _:
                    assert_never(layer)
        return peeled if peeled.layers or peeled.notes else None

    def _decrypt(self, layer: EnvelopedLayer, peeled: _Peeled) -> None:
        # 2. Decrypt: every own key, one answer for every failure.
        peeled.layers.append("enveloped")
        report = _encryption_report(layer.structure)
        try:
            content = decrypt(layer.structure, self.identities)
            peeled.inner = parse(content.data, 0, content.size)
            peeled.outside = len(peeled.reports)
        except DecryptionError:
            report = replace(report, decrypted=False)
            peeled.inner = None
            peeled.notes.append(f"This message {UNREADABLE.removeprefix('the message ')}.")
        peeled.encryption = _together(peeled.encryption, report)

    def _verify(self, layer: SignedLayer, peeled: _Peeled) -> None:
        peeled.layers.append("signed")
        included = layer.certificates()
        # 3. Digest over the canonical content.  4. Signature over the received signed attributes.
        signers = layer.check(completed((*included, *self.judge.known), self.judge.policy.anchors))
        # 5. Path.  6. Usage.  7. From.
        peeled.reports.append(self.judge.report(signers, included))
        peeled.inner = layer.inner


def _encryption_report(structure: EnvelopedData) -> EncryptionReport:
    name, _ = oids.CIPHERS.get(structure.cipher.oid, (structure.cipher.oid, 0))
    return EncryptionReport(
        decrypted=True,
        content_encryption_algorithm=name,
        authenticated=structure.cipher.oid in oids.GCM_CIPHERS,
        weak=structure.cipher.oid in oids.WEAK_CIPHERS,
    )


def _together(outer: EncryptionReport | None, inner: EncryptionReport) -> EncryptionReport:
    """Return one report for envelopes inside each other: the outer one's, readable if all of them are."""
    return inner if outer is None else replace(outer, decrypted=outer.decrypted and inner.decrypted)
