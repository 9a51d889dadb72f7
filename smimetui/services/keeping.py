"""What an account keeps of messages that have not left: drafts in the mailbox, drafts on this machine, the outbox."""

from contextlib import ExitStack
from dataclasses import replace

from smimetui.model.value import dataclass
from smimetui.services.account import Account
from smimetui.services.autosave import Autosave, OpenDraft, Written
from smimetui.services.contact_groups import with_people
from smimetui.services.drafts import Drafts
from smimetui.services.memory_shelf import Shelves
from smimetui.services.outbox import Outbox
from smimetui.services.outbox_entry import OutboxEntry
from smimetui.services.own_records import OwnRecords
from smimetui.services.ports import Clock, IdentityStore, Mailbox, Transport
from smimetui.services.revocation import Revocation


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """The three places, wired together."""

    drafts: Drafts
    autosave: Autosave
    outbox: Outbox
    records: tuple[OwnRecords, ...]
    """What the last two lie in."""

    def adopt(self, account: Account) -> None:
        """Take changed defaults of the account: which own key is the one to seal to."""
        self.drafts.adopt(account)
        for place in self.records:
            place.adopt(account)

    def take_back(self, name: str) -> tuple[OpenDraft, Written] | None:
        """Take a message out of the outbox and return its draft, held, to be written on; None where it is too late.

        Those whom it reached are no recipients any more. Raises StoreError, FormatError, UnsupportedError,
        DecryptionError; then it is still in the outbox.
        """
        taken = self.autosave.take(name)
        if taken is None:
            return None
        here, written = taken
        with ExitStack() as unless_taken:
            unless_taken.callback(here.leave)
            entry = self.outbox.take_back(name)
            if entry is None:
                return None
            unless_taken.pop_all()
        reached = set(entry.reached)
        broken = {group: people for group, people in entry.groups.items() if not reached.isdisjoint(people)}
        return here, replace(written, draft=with_people(written.draft, broken).without(entry.reached))

    def discard(self, name: str) -> bool:
        """Remove a message for good, with what this machine has of its draft; False where it is too late.

        Raises StoreError.
        """
        entry = self.outbox.take_back(name)
        if entry is not None:
            self.autosave.discard(name)
            self.autosave.let_go(entry.account, entry.uid)
        return entry is not None


def build_keeping(  # noqa: PLR0913 - keyword-only collaborators
    *,
    account: Account,
    shelves: Shelves,
    identities: IdentityStore,
    transport: Transport | None,
    mailbox: Mailbox | None,
    clock: Clock,
    revocation: Revocation,
) -> Keeping:
    """Return the places; a message that has left takes its drafts with it."""
    drafts = Drafts(account=account, identities=identities, mailbox=mailbox, clock=clock, revocation=revocation)
    written, outgoing = (
        OwnRecords(shelf=shelf, identities=identities, clock=clock, account=account, revocation=revocation)
        for shelf in (shelves.drafts, shelves.outbox)
    )
    autosave = Autosave(records=written, outgoing=shelves.outbox, clock=clock)

    def forget(entry: OutboxEntry) -> None:
        autosave.discard(entry.name)
        if entry.uid and mailbox is not None:
            drafts.delete(entry.uid)
            autosave.let_go(entry.account, entry.uid)

    outbox = Outbox(account=account, records=outgoing, transport=transport, mailbox=mailbox, clock=clock, forget=forget)
    return Keeping(drafts=drafts, autosave=autosave, outbox=outbox, records=(written, outgoing))
