"""Records on a shelf, each sealed to the own certificate of whoever writes it."""

from smimetui.model.address import Address
from smimetui.model.certificate import Certificate, Purpose
from smimetui.services.account import Account
from smimetui.services.own_keys import own_identity
from smimetui.services.ports import Clock, IdentityStore, Shelf
from smimetui.services.revocation import Revocation
from smimetui.smime.sealed_record import Record, open_record, seal_record


class OwnRecords:
    """A shelf on which nothing lies in plain text."""

    def __init__(
        self,
        *,
        shelf: Shelf,
        identities: IdentityStore,
        clock: Clock,
        account: Account,
        revocation: Revocation | None = None,
    ) -> None:
        self.shelf = shelf
        self._account = account
        self._identities = identities
        self._clock = clock
        self._revocation = revocation

    def adopt(self, account: Account) -> None:
        """Take changed defaults of the account."""
        self._account = account

    def own(self, owner: Address) -> Certificate:
        """Return the certificate to seal to. Raises IdentityNotFoundError where there is none, StoreError."""
        return own_identity(
            self._identities.identities(),
            purpose=Purpose.ENCRYPT,
            address=owner,
            at=self._clock.now(),
            chosen=self._account.chosen_for(owner, Purpose.ENCRYPT),
            revocation=self._revocation,
        ).certificate

    def write(self, name: str, record: Record, own: Certificate) -> None:
        """Keep a record. Raises StoreError, UnsupportedError."""
        self.shelf.write(name, seal_record(record, own))

    def read(self, name: str) -> Record | None:
        """Return a record; None if it is not there.

        Raises StoreError, FormatError, UnsupportedError, DecryptionError where no own key opens it.
        """
        raw = self.shelf.read(name)
        return None if raw is None else open_record(raw, self._identities.identities())
