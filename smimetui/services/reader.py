"""Received bytes to an opened message, with the person's keys and trust."""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from smimetui.model.certificate import Certificate, Purpose
from smimetui.model.message import OpenedMessage
from smimetui.model.verdict import Problem
from smimetui.services.ports import Clock, IdentityStore
from smimetui.services.revocation import Revocation
from smimetui.services.trust import Trust

if TYPE_CHECKING:
    from smimetui.smime.path import TrustPolicy


class Reader:
    """Opens messages with every own key."""

    def __init__(
        self, *, identities: IdentityStore, trust: Trust, clock: Clock, revocation: Revocation | None = None
    ) -> None:
        self._identities = identities
        self._trust = trust
        self._clock = clock
        self._revocation = revocation

    def open(self, raw: bytes) -> OpenedMessage:
        """Return what the screen shows of a message; one that no own key opens comes back undecrypted.

        Raises FormatError or UnsupportedError for what cannot be read, StoreError where the keys cannot be had.
        """
        policy, now = self._trust.policy(), self._clock.now()
        opened = self._open(raw, policy, now)
        report = opened.signature
        if report is not None and report.signer is None and (known := self._known(opened)):
            opened = self._open(raw, policy, now, known)
        self._watch(opened)
        return self._compared(opened)

    def _watch(self, opened: OpenedMessage) -> None:
        """Have the signer asked about, where the signature holds: nothing that was tampered with makes us ask."""
        report = opened.signature
        if self._revocation is not None and report is not None and report.intact and report.signer is not None:
            self._revocation.want(report.signer, purpose=Purpose.SIGN, extra=report.included)

    def _open(
        self, raw: bytes, policy: "TrustPolicy", at: datetime, known: tuple[Certificate, ...] = ()
    ) -> OpenedMessage:
        from smimetui.smime.open import open_message

        return open_message(raw, identities=self._identities.identities(), policy=policy, at=at, known=known)

    def _known(self, opened: OpenedMessage) -> tuple[Certificate, ...]:
        """Certificates that may have signed a message which brings none: the sender's installed ones and our own."""
        installed = [found for sender in opened.headers.sender for found in self._trust.installed_for(sender)]
        return (*installed, *(identity.certificate for identity in self._identities.identities()))

    def _compared(self, opened: OpenedMessage) -> OpenedMessage:
        """Take CHANGED back where what is installed has the same key (a renewal), or serves another purpose."""
        report = opened.signature
        if report is None or Problem.CHANGED not in report.problems:
            return opened
        offer = self._trust.offer(opened)
        if offer.replaces or not offer.allowed:
            return opened
        problems = tuple(problem for problem in report.problems if problem is not Problem.CHANGED)
        return replace(opened, signature=replace(report, problems=problems))
