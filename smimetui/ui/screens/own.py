"""One own key: its certificate, what it is used for, and what can be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from smimetui.model.certificate import Purpose
from smimetui.model.display import printable_line
from smimetui.model.errors import SmimetuiError
from smimetui.services.expiry import in_use, standing
from smimetui.services.own_keys import own_identity
from smimetui.ui.screens.certificate import essential_fields, further_fields
from smimetui.ui.screens.choice import Choice, ChoiceSheet
from smimetui.ui.screens.frame import Sheet
from smimetui.ui.sessions import DEFAULT
from smimetui.ui.widgets.actions import Action, Actions

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from smimetui.services.account import Account
    from smimetui.services.session import Session
    from smimetui.smime.identity import Identity

_WORDS = {Purpose.SIGN: "signing", Purpose.ENCRYPT: "decrypting"}
_USES = {
    "use-sign": (Purpose.SIGN,),
    "use-decrypt": (Purpose.ENCRYPT,),
    "use-both": (Purpose.SIGN, Purpose.ENCRYPT),
}
UNUSED = "not used for new mail"
_SEVERAL = 2


class IdentitySheet(Sheet[str]):
    """Returns a sentence when the key is gone, None otherwise."""

    title_word = "Identity"
    within = True
    back_word = "Identities"

    def __init__(self, identity: Identity) -> None:
        super().__init__()
        self._identity = identity

    def content(self) -> ComposeResult:
        """Yield the certificate, then the acts."""
        certificate = self._identity.certificate
        with VerticalScroll(id="certificate"):
            yield Static(Content(printable_line(certificate.display_name)), classes="strong", markup=False)
            yield Static("", id="used", markup=False)
            yield Static("", markup=False)
            yield from essential_fields(certificate)
            with Vertical(id="details", classes="auto"):
                yield from further_fields(certificate, self._identity.chain)
        yield Actions(
            [
                Action("Use…", "use"),
                Action("Export…", "export"),
                Action("Details", "details"),
                Action("Remove", "remove", danger=True),
            ]
        )

    def on_mount(self) -> None:
        """Ask what it is used for."""
        self.query_one("#details").display = False
        self.query_one("#act-use", Action).focus()
        self.work(self._look, group="look", exclusive=True)

    async def _look(self) -> None:
        sessions = await self._sessions()
        lines = []
        for session in sessions:
            line = await self.attempt(self.smimetui.lanes.store.call(partial(self._line, session)))
            if line is not None:
                words, tone = line
                whose = f"{printable_line(session.account.address.spec)}: " if len(sessions) > 1 else ""
                lines.append(Content.assemble((whose, "$muted"), (words, tone)))
        self.query_one("#used", Static).update(Content("\n").join(lines))

    async def _sessions(self) -> list[Session]:
        """Return the sessions of all accounts, the default one first; one that cannot be opened is left out."""
        accounts = self.smimetui.preferences.accounts
        if len(accounts) < _SEVERAL:
            only = await self.attempt(self.smimetui.session())
            return [only] if only is not None else []
        found = []
        for address in accounts:
            with suppress(SmimetuiError):
                found.append(await self.smimetui.session(address.spec))
        return found

    def _line(self, session: Session) -> tuple[str, str]:
        certificate, at = self._identity.certificate, session.clock.now()
        used = uses(in_use(session.identities.identities(), session.account, at), self._identity)
        ending = standing(certificate, at)
        words = f"Used for {used}" if used else UNUSED.capitalize()
        chosen = {purpose for purpose in Purpose if session.account.chosen(purpose) == certificate.sha256}
        if used and chosen:
            words += ", as you chose"
        tone = "$warning" if ending else "$primary" if used else "$muted"
        return (f"{words} {self.smimetui.glyphs.dot} {ending}" if ending else words), tone

    def on_action_chosen(self, event: Action.Chosen) -> None:
        """Do what the word says."""
        match event.act:
            case "use":
                self._ask_whose()
            case "export":
                from smimetui.ui.screens.export import ExportSheet

                self.app.push_screen(ExportSheet(self._identity), self._tell)
            case "remove":
                self._ask_remove()
            case _:
                self._turn_details()

    def _tell(self, sentence: str | None) -> None:
        if sentence:
            self.say(sentence, "accent")

    def _turn_details(self) -> None:
        details = self.query_one("#details")
        details.display = not details.display
        self.query_one("#act-details", Action).rename("Less" if details.display else "Details", "details")
        if details.display:
            self.query_one("#certificate").scroll_end(animate=False)

    def _ask_whose(self) -> None:
        accounts = self.smimetui.preferences.accounts
        if len(accounts) < _SEVERAL:
            self._ask_use(DEFAULT)
            return
        choices = [Choice(printable_line(address.spec), f"whose-{at}") for at, address in enumerate(accounts)]

        def chosen(act: str | None) -> None:
            if act is not None:
                self._ask_use(accounts[int(act.removeprefix("whose-"))].spec)

        sheet = ChoiceSheet(title="Use This Identity", lines=("For which account?",), choices=choices)
        self.app.push_screen(sheet, chosen)

    def _ask_use(self, account: str) -> None:
        choices = (
            Choice("For Signing and Decrypting", "use-both"),
            Choice("For Signing", "use-sign"),
            Choice("For Decrypting", "use-decrypt"),
            Choice("Let smimetui Choose the Newest", "use-newest"),
        )
        lines = ("New mail is signed with one identity, and encrypted to one of yours. All of them open old mail.",)

        def chosen(act: str | None) -> None:
            if act is not None:
                self.work(partial(self._use, act, account))

        self.app.push_screen(ChoiceSheet(title="Use This Identity", lines=lines, choices=choices), chosen)

    async def _use(self, act: str, account: str) -> None:
        session = await self.attempt(self.smimetui.session(account))
        if session is None:
            return
        changed = await self.in_store(partial(self._chosen, session, act))
        if changed is not None:
            self.smimetui.change_account(changed)
            self.smimetui.certificates_changed()

    def _chosen(self, session: Session, act: str) -> Account:
        """Return the account with the choice made. Raises IdentityNotFoundError where the key is not fit for it."""
        account = session.account
        if act == "use-newest":
            return account.choosing(Purpose.SIGN, "").choosing(Purpose.ENCRYPT, "")
        sha256 = self._identity.certificate.sha256
        for purpose in _USES[act]:
            own_identity([self._identity], purpose=purpose, address=account.address, at=session.clock.now())
            account = account.choosing(purpose, sha256)
        return account

    def _ask_remove(self) -> None:
        lines = ("Mail that only this key opens can no longer be read. It cannot be undone: export the key first.",)
        choices = (Choice("Keep", "keep"), Choice("Remove", "remove", danger=True))

        def chosen(act: str | None) -> None:
            if act == "remove":
                self.work(self._remove)

        self.app.push_screen(ChoiceSheet(title="Remove Identity", lines=lines, choices=choices), chosen)

    async def _remove(self) -> None:
        session = await self.attempt(self.smimetui.session())
        if session is None:
            return

        def remove() -> bool:
            session.identities.remove_identity(self._identity.certificate.sha256)
            return True

        if await self.in_store(remove):
            self.smimetui.certificates_changed()
            self.dismiss("Removed.")

    def certificates_changed(self) -> None:
        """Look again at what it is used for."""
        self.work(self._look, group="look", exclusive=True)


def uses(used: Mapping[Purpose, Identity], identity: Identity) -> str:
    """Return `signing and decrypting`, one of them, or an empty text."""
    return " and ".join(
        _WORDS[purpose]
        for purpose in Purpose
        if (found := used.get(purpose)) is not None and found.certificate == identity.certificate
    )
