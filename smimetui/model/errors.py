"""The errors a person can meet: one sentence that says what happened, one hint that says what helps.

What is wrong with a *certificate* is a value (`model.verdict.Problem`), never an exception.
"""


class SmimetuiError(Exception):
    """Base of every error the program raises on purpose.

    `summary` is one sentence without a final full stop; `hint` is a way out, or empty.
    """

    def __init__(self, summary: str, hint: str = "") -> None:
        super().__init__(summary)
        self.summary = summary
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.summary} ({self.hint})" if self.hint else self.summary


class ConfigError(SmimetuiError):
    """The settings or a theme file cannot be used as written."""


class AddressError(SmimetuiError):
    """Text that is not an RFC 5322 mailbox."""


class FormatError(SmimetuiError):
    """Bytes from outside that break the rules of their format, or pass a limit."""


class UnsupportedError(SmimetuiError):
    """Well-formed bytes that use something this program does not do."""


class DecryptionError(SmimetuiError):
    """A message that none of the own keys opens.

    One uniform error for every cause: telling a wrong key from bad padding is an oracle (RFC 3218).
    """


class IdentityError(SmimetuiError):
    """An own key that cannot be used."""


class IdentityLockedError(IdentityError):
    """The key is there, and its store has not been unlocked."""


class WrongPassphraseError(IdentityError):
    """A passphrase that does not open its file."""


class IdentityNotFoundError(IdentityError):
    """No own certificate fits the purpose."""


class StoreError(SmimetuiError):
    """The place where certificates and keys are kept failed."""


class StoreUnavailableError(StoreError):
    """No keyring here, or one that does not answer."""


class StoreLockedError(StoreError):
    """The store needs its passphrase."""


class StoreCorruptError(StoreError):
    """The stored bytes are not what was written; they are kept aside, never overwritten."""


class StoreFullError(StoreError):
    """The store refuses to take more."""


class MailboxError(SmimetuiError):
    """The mailbox cannot be read or changed."""


class MailboxUnreachableError(MailboxError):
    """The mailbox's server is down, too slow, or asks to wait: later it may answer."""


class MailboxLockedError(MailboxError):
    """The store that the mailbox's login comes from locked itself: nothing is wrong, and nothing new is seen."""


class DirectoryError(SmimetuiError):
    """A directory could not answer: this is "could not check", not "no certificate"."""


class DirectoryUnreachableError(DirectoryError):
    """The directory is down, or too slow."""


class DirectoryRefusedError(DirectoryError):
    """The directory does not let this account ask."""


class TransportError(SmimetuiError):
    """A message that did not leave for certain."""


class TransportUnreachableError(TransportError):
    """Nothing was handed over: the server was not reached."""


class AuthenticationFailedError(TransportError):
    """Nothing was handed over: the login was refused."""


class TransportRefusedError(TransportError):
    """The server took nothing of this message."""


class TransportUncertainError(TransportError):
    """The message may have left. Never retried by itself."""
