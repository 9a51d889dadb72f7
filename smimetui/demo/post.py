"""The mail in the sandbox's inbox: real messages, made with real keys, dated around the moment of building."""

from dataclasses import field
from datetime import datetime, timedelta
from random import Random

from smimetui.demo import texts
from smimetui.demo.organisation import Organisation
from smimetui.demo.people import ALICE, BOB, CAROL, DANA, ERIN, FRANK, GINA, IVY, JULIA_SALES, MALLORY, ZOFIE, Person
from smimetui.model.address import Address
from smimetui.model.message import Attachment, Draft, Protection
from smimetui.model.value import dataclass
from smimetui.smime.seal import seal

_SIGNED = Protection(sign=True, encrypt=False)
_BOTH = Protection(sign=True, encrypt=True)
_PLAIN = Protection(sign=False, encrypt=False)
_BIG = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A received message; `name` tells its file from the others."""

    name: str
    date: datetime
    seen: bool
    raw: bytes = field(repr=False)


def make_post(organisation: Organisation, now: datetime) -> tuple[Letter, ...]:
    """Return the inbox, newest first; `now` carries the time zone that the dates are written in."""
    desk = _Desk(organisation=organisation, now=now)
    return (
        desk.letter("budget-final", BOB, "Budget, final", texts.BUDGET, minutes=17, protection=_BOTH, seen=False),
        desk.letter(
            "signed-contract",
            ERIN,
            "Signed contract",
            texts.CONTRACT,
            minutes=44,
            protection=_BOTH,
            attachments=(Attachment(name="contract.pdf", content_type="application/pdf", content=texts.pdf()),),
        ),
        desk.letter("minutes", CAROL, "Minutes of Friday", texts.MINUTES, days=1, protection=_SIGNED, seen=False),
        desk.spoofed(),
        desk.raw("weekly-digest", texts.NEWSLETTER, days=2, seen=False),
        desk.unreadable(),
        desk.tampered(),
        desk.letter("lab-access", FRANK, "Access to the lab", texts.LAB, days=4, protection=_SIGNED, opaque=True),
        desk.letter("lunch", GINA, "Lunch on Thursday?", texts.LUNCH, days=5, protection=_PLAIN),
        desk.with_attachments(),
        desk.big(),
        desk.raw("terminal-escapes", texts.hostile_message(), days=8),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    organisation: Organisation
    now: datetime

    def letter(  # noqa: PLR0913 - a letter has that many sides
        self,
        name: str,
        sender: Person,
        subject: str,
        body: str,
        *,
        days: int = 0,
        minutes: int = 0,
        protection: Protection,
        attachments: tuple[Attachment, ...] = (),
        cc: tuple[Address, ...] = (),
        opaque: bool = False,
        seen: bool = True,
    ) -> Letter:
        date = self._date(days, minutes)
        draft = Draft(
            sender=sender.mailbox, to=(ALICE.mailbox,), cc=cc, subject=subject, body=body, attachments=attachments
        )
        certificate = self.organisation.certificate
        raw = seal(
            draft,
            protection=protection,
            identity=self.organisation.identity(sender) if protection.sign else None,
            recipients=(certificate(ALICE), certificate(sender)) if protection.encrypt else (),
            message_id=f"<{name}@{sender.mailbox.domain}>",
            date=date,
            opaque=opaque,
        )
        return Letter(name=name, date=date, seen=seen, raw=raw)

    def spoofed(self) -> Letter:
        """Return a message from an outsider, signed with a good certificate that names somebody else."""
        date = self._date(1, 95)
        raw = seal(
            Draft(
                sender=Address("x", "evil.example", "“CEO”"),
                to=(ALICE.mailbox,),
                subject="Urgent payment",
                body=texts.PAYMENT,
            ),
            protection=_SIGNED,
            identity=self.organisation.identity(MALLORY),
            recipients=(),
            message_id="<urgent-payment@evil.example>",
            date=date,
        )
        return Letter(name="urgent-payment", date=date, seen=True, raw=raw)

    def unreadable(self) -> Letter:
        """Return a message encrypted to a certificate of Alice's whose key is gone."""
        date = self._date(3, 0)
        raw = seal(
            Draft(sender=DANA.mailbox, to=(ALICE.mailbox,), subject="Salary review", body=texts.SALARY),
            protection=_BOTH,
            identity=self.organisation.identity(DANA),
            recipients=(self.organisation.lost, self.organisation.certificate(DANA)),
            message_id="<salary-review@corp.example>",
            date=date,
        )
        return Letter(name="salary-review", date=date, seen=True, raw=raw)

    def tampered(self) -> Letter:
        """Return a message in which somebody changed an account number after it was signed."""
        honest = self.letter(
            "bank-details", JULIA_SALES, "New bank details", texts.BANK, days=3, minutes=200, protection=_SIGNED
        )
        raw = honest.raw.replace(texts.HONEST_ACCOUNT, texts.FORGED_ACCOUNT)
        return Letter(name=honest.name, date=honest.date, seen=honest.seen, raw=raw)

    def with_attachments(self) -> Letter:
        return self.letter(
            "slides-and-figures",
            IVY,
            "Slides and figures",
            texts.FIGURES,
            days=6,
            protection=_SIGNED,
            cc=(BOB.mailbox, CAROL.mailbox),
            attachments=(
                Attachment(name="q3.csv", content_type="text/csv", content=texts.FIGURES_CSV),
                Attachment(name="Übersicht 2026.txt", content_type="text/plain", content=texts.OVERVIEW),
                Attachment(name="slides.pdf", content_type="application/pdf", content=texts.pdf()),
            ),
        )

    def big(self) -> Letter:
        content = Random(2).randbytes(_BIG)  # noqa: S311 - bytes that do not compress, not a secret
        return self.letter(
            "scanned-plans",
            ZOFIE,
            "Scanned plans",
            texts.PLANS,
            days=7,
            protection=_SIGNED,
            attachments=(Attachment(name="plans.tiff", content_type="image/tiff", content=content),),
        )

    def raw(self, name: str, message: bytes, *, days: int, seen: bool = True) -> Letter:
        """Return a message that no careful program would write, with its date put in."""
        date = self._date(days, 0)
        raw = b"Date: " + f"{date:%a, %d %b %Y %H:%M:%S %z}".encode() + b"\r\n" + message
        return Letter(name=name, date=date, seen=seen, raw=raw)

    def _date(self, days: int, minutes: int) -> datetime:
        return (self.now - timedelta(days=days, minutes=minutes)).replace(microsecond=0)
