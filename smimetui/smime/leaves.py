"""Step 8 of opening a message: its leaves, what of them is text to show, and what lies apart from the whole.

A part that is signed or encrypted by itself is opened apart and gets a sentence of its own. Text that was encrypted by
itself never joins the text around it: a reply to the outer text would send it back in clear.
"""

from collections.abc import Callable
from dataclasses import field, replace
from typing import Protocol

from smimetui.model.display import printable_line
from smimetui.model.errors import FormatError, UnsupportedError
from smimetui.model.message import Attachment, Part
from smimetui.model.value import dataclass
from smimetui.model.verdict import EncryptionReport, Problem, SignatureReport, Verdict
from smimetui.smime.layers import is_signature
from smimetui.smime.mime import MOST_DEPTH, MOST_PARTS, Entity

_SHOWN = frozenset({"text/plain", "text/html"})
_MOST_NAME = 100
# Text for other programs.
_NOT_FOR_READING = frozenset({"text/calendar", "text/vcard", "text/x-vcard", "text/rtf", "text/csv", "text/css"})


class Opened(Protocol):
    """What peeling the layers off an entity gave."""

    @property
    def inner(self) -> Entity | None:
        """The content inside all layers; None if it could not be decrypted."""
        ...

    @property
    def signature(self) -> SignatureReport | None:
        """What the signatures are worth."""
        ...

    @property
    def encryption(self) -> EncryptionReport | None:
        """How it was encrypted."""
        ...


Peel = Callable[[Entity], Opened | None]


@dataclass(slots=True)
class Leaves:
    """The parts of a message, collected in their order."""

    peel: Peel
    """Opens a part that is an S/MIME layer; None for one that is not."""
    protected: bool
    """Whether all of this lies under a signature or encryption; of the whole, but for parts with a note."""
    parts: list[Part] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _depth: int = 0
    _hidden: bool = False
    """Inside a form of an alternative that is not shown: its files count, its text does not."""

    @property
    def body(self) -> str:
        """The text to show: what stands in the message itself, and nothing that was encrypted apart."""
        joined = ""
        for text in self.texts:
            joined += text if not joined or joined.endswith("\n") else f"\n{text}"
        return joined

    def collect(self, entity: Entity) -> None:
        """Take an entity and everything in it. Raises FormatError past a limit."""
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise FormatError(f"the message is nested more than {MOST_DEPTH} levels deep")
        if not self._apart(entity):
            if entity.content_type == "multipart/alternative" and entity.is_multipart:
                self._alternative(entity)
            elif entity.is_multipart:
                for part in entity.parts():
                    self.collect(part)
            else:
                self._leaf(entity)
        self._depth -= 1

    def _alternative(self, entity: Entity) -> None:
        """Show plain text where there is some, else the last form that is text (RFC 2046 section 5.1.4)."""
        forms = list(entity.parts())
        texts = (form for form in forms if form.content_type == "text/plain" and not form.is_attachment)
        chosen = next((form for form in texts if form.text().strip()), None)
        if chosen is None:
            readable = [form for form in forms if form.is_multipart or _is_readable(form)]
            chosen = readable[-1] if readable else None
        outer = self._hidden
        for form in forms:
            self._hidden = outer or form is not chosen
            self.collect(form)
        self._hidden = outer

    def _apart(self, entity: Entity) -> bool:
        """Open a part that is protected by itself; tell whether it was one."""
        try:
            opened = self.peel(entity)
        except (FormatError, UnsupportedError) as error:
            self.notes.append(f"A part of this message cannot be read: {error.summary}.")
            self._leaf(entity, note=self.notes[-1])
            return True
        if opened is None:
            return False
        if opened.inner is not None and opened.encryption is None:
            if _is_file(entity, opened.inner):
                self._leaf(entity)
                return True
            if opened.signature is None:
                # Compressed, and nothing more: that protects nothing.
                self.collect(opened.inner)
                return True
        note = _sentence(opened)
        self.notes.append(note)
        if opened.inner is None:
            self._leaf(entity, note=note)
            return True
        inside = Leaves(peel=self.peel, protected=True, _depth=self._depth)
        inside.collect(opened.inner)
        for part in inside.parts:
            self._add(replace(part, note=part.note or note))
        self.notes.extend(inside.notes)
        if opened.encryption is None and not self._hidden:
            self.texts.extend(inside.texts)
        return True

    def _leaf(self, entity: Entity, note: str = "") -> None:
        kind = entity.content_type
        part = Part(content_type=kind, protected=self.protected, note=note)
        if _is_text(entity) and not note:
            self._add(part if self._hidden else replace(part, text=self._text(entity)))
            return
        content = entity.decoded()
        name = entity.file_name or _invented_name(entity)
        attachment = Attachment(name=name, content_type=kind, content=content)
        self._add(replace(part, attachment=attachment))

    def _text(self, entity: Entity) -> str:
        text = entity.text()
        if entity.content_type == "text/html":
            from smimetui.smime.hypertext import html_to_text

            text = html_to_text(text)
        self.texts.append(text)
        return text

    def _add(self, part: Part) -> None:
        if len(self.parts) >= MOST_PARTS:
            raise FormatError(f"the message has more than {MOST_PARTS:,} parts")
        self.parts.append(part)


def _is_file(entity: Entity, inner: Entity) -> bool:
    """Tell whether an attached part is a file that somebody signed or packed (`contract.pdf.p7m`), and no mail."""
    return entity.is_attachment and not inner.get("content-type")


def _is_readable(entity: Entity) -> bool:
    return entity.content_type in _SHOWN and not entity.is_attachment


def _is_text(entity: Entity) -> bool:
    if entity.is_attachment:
        return False
    kind = entity.content_type
    return kind in _SHOWN or (kind.startswith("text/") and kind not in _NOT_FOR_READING)


def _invented_name(entity: Entity) -> str:
    if entity.content_type == "message/rfc822":
        return "message.eml"
    if is_signature(entity):
        return "smime.p7s"
    main, _, sub = entity.content_type.partition("/")
    return f"{main}.{sub}" if sub.isalnum() else main


def _sentence(opened: Opened) -> str:
    if opened.inner is None and opened.encryption is None:
        return "A part of this message brings certificates."
    if opened.inner is None:
        return "A part of this message cannot be decrypted with your keys."
    report = opened.signature
    signed = ""
    if report is not None:
        # On one line, and no longer than names are: nothing in it must pass for a sentence of ours.
        who = printable_line(report.signer.display_name)[:_MOST_NAME] if report.signer else "an unknown signer"
        signed = f"signed by itself, by {who}: {_state(report)}"
    if opened.encryption is None:
        return f"Only a part of this message is {signed}. The rest carries no signature."
    return f"A part of this message is encrypted{' and ' if signed else ' '}{signed or 'by itself'}; it is kept apart."


def _state(report: SignatureReport) -> str:
    """Return what a part's signature is worth: a certificate bears any name until somebody vouches for it."""
    if not report.intact:
        return "its signature does not hold"
    if report.verdict is Verdict.PASSED and not report.aged:
        return "its signature is intact"
    worth = "was revoked" if Problem.REVOKED in report.problems else "is not trusted"
    return f"its signature is intact, but the certificate {worth}"
