"""A new key: whose, of which kind, and whether an authority is to vouch for it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from smimetui.model.address import parse_address
from smimetui.model.display import printable_line
from smimetui.model.errors import FormatError
from smimetui.model.value import dataclass
from smimetui.services.expiry import day
from smimetui.ui.files import safe_name, save_as, typed_path
from smimetui.ui.screens.frame import Sheet, row
from smimetui.ui.screens.path import PathInput
from smimetui.ui.widgets.actions import Action, Actions, following

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from smimetui.services.session import Session
    from smimetui.smime.new_identity import KeyKind

_KEYS = {"rsa3072": "RSA 3072, read by every program", "p256": "P-256, small and fast"}
_WAYS = {"request": "request to an authority", "trial": "self-signed, for trying out"}
_MEANING = {
    "request": "The key waits in the store. Hand the request to your authority, then import what it sends back.",
    "trial": "Ready at once. Nobody vouches for it: others see Not Trusted until they install it.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What came of it: a sentence, and whether the key can be used at once."""

    sentence: str
    usable: bool


class NewIdentitySheet(Sheet[Made]):
    """Makes a key in the store; returns what came of it."""

    title_word = "New Identity"

    def __init__(self) -> None:
        super().__init__()
        self._key, self._way = "rsa3072", "request"
        self._suggested = ""

    def content(self) -> ComposeResult:
        """Yield the fields; that of the file is there for a request alone."""
        with VerticalScroll(id="new-identity"):
            yield row("Address", Input(placeholder="you@corp.example", id="address"))
            yield row("Name", Input(placeholder="as it stands in the certificate", id="name"))
            yield row("Key", Action("", "key"))
            yield row("Certificate", Action("", "way"))
            with Vertical(id="request-fields", classes="auto"):
                yield row("Save as", PathInput(placeholder="file to write; Tab completes", id="path"))
        yield Static("", id="meaning", classes="muted gap", markup=False)
        yield Actions([Action("Create", "create")])

    def on_mount(self) -> None:
        """Start with what the account says."""
        self.query_one(VerticalScroll).can_focus = False
        self._paint()
        self.query_one("#address").focus()
        self.work(self._fill)

    async def _fill(self) -> None:
        session = await self.attempt(self.smimetui.session())
        address = self.query_one("#address", Input)
        if session is not None and not address.value:
            own = session.account.address
            address.value = printable_line(own.spec)
            self.query_one("#name", Input).value = printable_line(own.display_name)
            address.cursor_position = len(address.value)

    def _paint(self) -> None:
        self.query_one("#act-key", Action).rename(_KEYS[self._key], "key")
        self.query_one("#act-way", Action).rename(_WAYS[self._way], "way")
        self.query_one("#request-fields").display = self._way == "request"
        self.query_one("#meaning", Static).update(Content(_MEANING[self._way]))

    def on_action_chosen(self, event: Action.Chosen) -> None:
        """Turn to the other kind, or make the key."""
        if event.act == "create":
            self.action_done()
        elif event.act == "key":
            self._key = following(_KEYS, self._key)
        else:
            self._way = following(_WAYS, self._way)
        self._paint()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Suggest a file that is called like the address, until the person writes another one."""
        path = self.query_one("#path", Input)
        if event.input.id == "address" and path.value == self._suggested:
            typed = event.value.strip()
            self._suggested = f"~/{safe_name(typed)}.csr" if "@" in typed else ""
            path.value = self._suggested

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter leads on; behind the last field it makes the key."""
        if event.input.id == "path":
            self.action_done()
        else:
            self.focus_next()

    def action_done(self) -> None:
        """Make the key."""
        self.work(self._make, exclusive=True)

    async def _make(self) -> None:
        session = await self.attempt(self.smimetui.session())
        if session is None:
            return
        texts = {name: self.query_one(f"#{name}", Input).value.strip() for name in ("address", "name", "path")}
        self.say("Making the key…", "accent")
        make = partial(_made, session, texts, key=self._key, way=self._way)
        made = await self.attempt(self.smimetui.lanes.store.call(make))
        if made is not None:
            self.smimetui.certificates_changed()
            self.dismiss(made)


def _made(session: Session, texts: dict[str, str], *, key: str, way: str) -> Made:
    from smimetui.smime.new_identity import KeyKind

    kind: KeyKind = KeyKind(key)
    address = parse_address(texts["address"])
    if way == "trial":
        certificate = session.enrolment.self_signed(address, name=texts["name"], kind=kind)
        return Made(sentence=f"Ready, valid to {day(certificate.not_after)}.", usable=True)
    if not texts["path"]:
        raise FormatError("say where to write the request")
    path = typed_path(texts["path"])
    session.enrolment.request(address, name=texts["name"], kind=kind, write=partial(save_as, path))
    return Made(sentence=printable_line(f"Request written to {path}. Its key waits here."), usable=False)
