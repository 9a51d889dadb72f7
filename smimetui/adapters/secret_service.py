"""The Secret Service over one connection: the library opens one, and agrees on a key, for each call (8 ms of CPU)."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from smimetui.adapters.freed_memory import give_back, give_large_blocks_back_at_once

_T = TypeVar("_T")
_BLOCK = 16
_MUCH = 1 << 20


def keeping_its_connection(backend: Any) -> Any:
    """Return a backend that does the same over one connection, where this is the library's for the Secret Service."""
    if not type(backend).__module__.endswith(".SecretService"):
        return backend
    from keyring.backends.SecretService import Keyring

    return KeptSecretService(backend) if type(backend) is Keyring else backend


class KeptSecretService:
    """What `keyring.backends.SecretService.Keyring` does, over a connection that is kept.

    A call that fails over a connection used before is made once more over a new one: the daemon, or its session, may
    have been started anew. Not for several threads at once. Raises what the library raises.
    """

    def __init__(self, backend: Any) -> None:
        self._backend = _lending(backend)

    def get_password(self, service: str, username: str) -> str | None:
        """Return the item's text, None if there is none."""
        found: str | None = self._again(lambda: self._backend.get_password(service, username))
        return found

    def set_password(self, service: str, username: str, password: str) -> None:
        """Write the item, replacing it."""
        self._again(lambda: self._backend.set_password(service, username, password))

    def delete_password(self, service: str, username: str) -> None:
        """Remove the item."""
        self._again(lambda: self._backend.delete_password(service, username))

    def _again(self, call: Callable[[], _T]) -> _T:
        from keyring.errors import KeyringLocked, PasswordDeleteError

        used_before = self._backend.kept is not None
        try:
            return call()
        except (KeyringLocked, PasswordDeleteError):
            # An answer: who dismissed a prompt is not asked twice.
            self._backend.drop()
            raise
        except Exception:
            self._backend.drop()
            if not used_before:
                raise
        return call()


class _Lent:
    """A collection whose connection stays open when its borrower closes it."""

    def __init__(self, collection: Any) -> None:
        self._collection = collection
        self.connection = self

    def close(self) -> None:
        """Stay open."""

    def search_items(self, attributes: dict[str, str]) -> Iterator[Any]:
        """Return the items with these attributes."""
        found: Iterator[Any] = map(_LentItem, self._collection.search_items(attributes))
        return found

    def create_item(self, label: str, attributes: dict[str, str], secret: str, *, replace: bool) -> None:
        """Write an item."""
        self._collection.create_item(label, attributes, secret.encode(), replace=replace)


class _LentItem:
    """An item that is decrypted in one place: a certificate book has megabytes."""

    def __init__(self, item: Any) -> None:
        self._item = item
        self.unlock, self.is_locked, self.delete = item.unlock, item.is_locked, item.delete

    def get_secret(self) -> bytes | bytearray:
        """Return the item's octets."""
        from secretstorage.item import ITEM_IFACE
        from secretstorage.util import DBusAddressWrapper

        item = self._item
        if not item.session.encrypted:
            found: bytes = item.get_secret()
            return found
        item.ensure_not_locked()
        at = DBusAddressWrapper(item.item_path, ITEM_IFACE, item.connection)
        ((_, start, secret, _),) = at.call("GetSecret", "o", item.session.object_path)
        if len(secret) > _MUCH:
            # It came in thousands of pieces.
            give_back()
        return _decrypted(item.session.aes_key, start, secret)


def _decrypted(key: bytes, start: bytes, secret: bytes) -> bytearray:
    """Return what AES-128-CBC with PKCS #7 padding hides, as the Secret Service has it."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    decryptor = Cipher(algorithms.AES(key), modes.CBC(start)).decryptor()
    plain = bytearray(len(secret) + _BLOCK)
    del plain[decryptor.update_into(secret, plain) :]
    plain += decryptor.finalize()
    del plain[len(plain) - plain[-1] :]
    return plain


def _lending(backend: Any) -> Any:
    """Return a backend like this one that lends the collection it keeps."""
    from keyring.backends.SecretService import Keyring

    class Lending(Keyring):
        kept: Any = None

        def get_preferred_collection(self) -> _Lent:
            if self.kept is None:
                self.kept = _open_collection(getattr(self, "preferred_collection", None))
            return _Lent(self.kept)

        def drop(self) -> None:
            kept, self.kept = self.kept, None
            if kept is not None:
                kept.connection.close()

        def __del__(self) -> None:
            self.drop()

    lending = Lending()  # type: ignore[no-untyped-call] # an untyped library
    lending.__dict__.update(backend.__dict__)
    return lending


def _open_collection(path: str | None) -> Any:
    """Return the collection, unlocked, as the library does; but no connection stays open where this fails."""
    import secretstorage
    from keyring.errors import InitError

    # The certificate book comes as one message, on a thread of its own.
    give_large_blocks_back_at_once()
    connection = secretstorage.dbus_init()
    try:
        return _unlocked(connection, path)
    except secretstorage.exceptions.SecretServiceNotAvailableException:
        connection.close()
        raise
    except secretstorage.exceptions.SecretStorageException as error:
        connection.close()
        raise InitError(f"Failed to create the collection: {error}.") from error
    except BaseException:
        connection.close()
        raise


def _unlocked(connection: Any, path: str | None) -> Any:
    import secretstorage
    from keyring.errors import KeyringLocked

    collection = (
        secretstorage.Collection(connection, path) if path else secretstorage.get_default_collection(connection)
    )
    # Unlocking shows a prompt, which can be dismissed.
    if collection.is_locked() and (collection.unlock() or collection.is_locked()):
        raise KeyringLocked("Failed to unlock the collection!")
    collection.session = secretstorage.util.open_session(connection)
    return collection
