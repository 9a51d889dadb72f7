"""Everything a store holds, as one value: to copy it to another place, to a file, and back."""

from collections.abc import Mapping
from dataclasses import field, replace
from hashlib import sha256

from smimetui.adapters.book import Book, decode_book, encode_book
from smimetui.adapters.items import Items
from smimetui.adapters.vault_file import Cost, ItemTexts, new_sealing, sealing_of
from smimetui.model.errors import StoreCorruptError
from smimetui.model.value import dataclass

BOOK = "book"
SERVICE = "smimetui"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """The book, and beside it the text of each identity by fingerprint and of each account secret by name."""

    book: Book
    identities: Mapping[str, str] = field(repr=False)
    secrets: Mapping[str, str] = field(repr=False)

    @property
    def empty(self) -> bool:
        """There is nothing to lose."""
        return not (self.book.certificates or self.book.anchors or self.identities or self.secrets)

    def items(self) -> dict[str, str]:
        """Return the names and texts of the items beside the book."""
        return {identity_item(name): text for name, text in self.identities.items()} | {
            secret_item(name): text for name, text in self.secrets.items()
        }

    def differing(self, other: "Contents") -> tuple[str, ...]:
        """Return what both have and is not the same in `other`, named for people."""
        here = {entry.sha256: entry for entry in self.book.certificates}
        certificates = [e.sha256 for e in other.book.certificates if here.get(e.sha256, e) != e]
        return (
            *(f"the certificate {name[:16]}…" for name in certificates),
            *(f"the key of {name[:16]}…" for name in _conflicts(self.identities, other.identities)),
            *(f"the secret “{name}”" for name in _conflicts(self.secrets, other.secrets)),
        )

    def with_(self, other: "Contents") -> "Contents":
        """Return both together; where they differ, `other`'s."""
        book = replace(
            self.book.with_installed(other.book.certificates),
            leftovers=(),
            anchors=tuple(dict.fromkeys((*self.book.anchors, *other.book.anchors))),
            identities=tuple(dict.fromkeys((*self.book.identities, *other.book.identities))),
            secrets=tuple(dict.fromkeys((*self.book.secrets, *other.book.secrets))),
        )
        return Contents(
            book=book,
            identities={**self.identities, **other.identities},
            secrets={**self.secrets, **other.secrets},
        )

    def same_as(self, other: "Contents") -> bool:
        """Tell whether both hold the same, down to the last byte; the order does not count, nor do leftovers."""
        return _canonical(self) == _canonical(other)


def identity_item(fingerprint: str) -> str:
    """Return the name of the item that keeps the key of a certificate."""
    return f"identity:{fingerprint}"


def secret_item(name: str) -> str:
    """Return the name of the item that keeps an account secret."""
    return f"account:{name}"


def read_book(items: Items) -> Book:
    """Return the book, an empty one where there is none. Raises StoreError."""
    text = items.get(BOOK)
    return Book() if text is None else decode_book(text)


def read_contents(items: Items) -> Contents:
    """Return all that the book names; a secret that is named and was never written is left out.

    Raises StoreError, StoreCorruptError for a key that is gone.
    """
    book = read_book(items)
    identities = {name: items.get(identity_item(name)) for name in book.identities}
    secrets = {name: items.get(secret_item(name)) for name in book.secrets}
    return Contents(
        book=replace(book, leftovers=(), secrets=tuple(name for name in book.secrets if secrets[name] is not None)),
        identities={name: _there(name, text) for name, text in identities.items()},
        secrets={name: text for name, text in secrets.items() if text is not None},
    )


def write_contents(items: Items, contents: Contents, leftovers: tuple[str, ...] = ()) -> None:
    """Write all of it, the book last. Raises StoreError; the old book then still stands."""
    for name, text in contents.items().items():
        if items.get(name) != text:
            items.put(name, text)
    items.put(BOOK, encode_book(replace(contents.book, leftovers=leftovers)))


def sealed(contents: Contents, passphrase: str, *, cost: Cost | None = None) -> bytes:
    """Return a file that holds everything, in the vault's format; raises WrongPassphraseError for no passphrase."""
    written = _Texts({})
    write_contents(Items(written, SERVICE), contents)
    return new_sealing(passphrase, cost or Cost()).seal(written.texts)


def unsealed(content: bytes, passphrase: str, name: str) -> Contents:
    """Return what a sealed file holds; `name` is what errors call it.

    Raises WrongPassphraseError, StoreCorruptError for what is damaged, StoreUnavailableError for a newer version's.
    """
    texts = sealing_of(content, passphrase, name).open(content, name)
    return read_contents(Items(_Texts(texts), SERVICE))


class _Texts:
    """Items in memory, as a vault's file has them."""

    def __init__(self, texts: ItemTexts) -> None:
        self.texts = {service: dict(items) for service, items in texts.items()}

    def get_password(self, service: str, username: str) -> str | None:
        return self.texts.get(service, {}).get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self.texts.setdefault(service, {})[username] = password

    def delete_password(self, service: str, username: str) -> None:
        self.texts.get(service, {}).pop(username, None)


def _there(fingerprint: str, text: str | None) -> str:
    if text is None:
        raise lost_identity(fingerprint)
    return text


def lost_identity(fingerprint: str) -> StoreCorruptError:
    """Return the error about a key that the book names and that cannot be read."""
    return StoreCorruptError(
        f"the own key of certificate {fingerprint[:16]}… is damaged or gone from the store",
        "smimetui store repair puts it aside; then import it again",
    )


def _conflicts(here: Mapping[str, str], there: Mapping[str, str]) -> list[str]:
    return [name for name, text in there.items() if here.get(name, text) != text]


def _canonical(contents: Contents) -> tuple[object, ...]:
    book = contents.book
    return (
        sorted(book.certificates, key=lambda entry: entry.sha256),
        sorted(sha256(der).digest() for der in book.anchors),
        contents.identities,
        contents.secrets,
    )
