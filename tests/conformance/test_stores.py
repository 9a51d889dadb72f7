"""What CertificateStore and IdentityStore promise, over every place that keeps them, and over the tests' own fake."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from smimetui.adapters.secret_store import SecretStore
from smimetui.model.certificate import Source
from tests.adapters.places import certificate, keyring_session, open_place
from tests.fakes import MemoryStore
from tests.pki import NOW, make_authority

Open = Callable[[], SecretStore]
Store = SecretStore | MemoryStore
PLACES = ("vault", "small", "keyring")


@pytest.fixture(scope="session")
def keyring_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with keyring_session(tmp_path_factory.mktemp("keyring")) as address:
        yield address


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, own_world: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "keyring":
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", request.getfixturevalue("keyring_address"))
    return request.param


@pytest.fixture
def open_again(place: str, tmp_path: Path) -> Open:
    """Opens the same place anew, as another process would."""
    return lambda: open_place(place, tmp_path)


@pytest.fixture(params=(*PLACES, "fake"))
def store(request: pytest.FixtureRequest, own_world: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Store:
    if request.param == "fake":
        return MemoryStore()
    if request.param == "keyring":
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", request.getfixturevalue("keyring_address"))
    return open_place(request.param, tmp_path)


class TestCertificates:
    def test_a_new_store_is_empty(self, store: Store) -> None:
        assert store.installed() == ()
        assert store.anchors() == ()
        assert store.identities() == ()

    def test_installed_certificates_come_back_oldest_first_and_whole(self, store: Store) -> None:
        first = replace(certificate(1), addresses=("jörg@bücher.example", "b@x.example"), capabilities=b"\x30\x00")
        second = replace(certificate(2), source=Source.GAL)
        store.install(first)
        store.install(second)
        assert store.installed() == (first, second)
        assert [item.source for item in store.installed()] == [Source.FILE, Source.GAL]

    def test_several_are_installed_in_one_change(self, store: Store) -> None:
        store.install(certificate(1), certificate(2))
        assert [item.sha256 for item in store.installed()] == [certificate(1).sha256, certificate(2).sha256]

    def test_the_same_certificate_again_replaces_what_was_known_of_it(self, store: Store) -> None:
        store.install(certificate(1))
        again = replace(certificate(1), addresses=("new@x.example",))
        store.install(again)
        assert store.installed() == (again,)

    def test_a_removed_certificate_is_gone_and_removing_it_again_does_nothing(self, store: Store) -> None:
        store.install(certificate(1), certificate(2))
        store.remove(certificate(1).sha256)
        store.remove(certificate(1).sha256)
        assert store.installed() == (certificate(2),)

    def test_an_anchor_is_kept_once_and_removed_by_its_fingerprint(self, store: Store) -> None:
        store.add_anchor(b"one")
        store.add_anchor(b"two")
        store.add_anchor(b"one")
        assert store.anchors() == (b"one", b"two")
        store.remove_anchor(sha256(b"one").hexdigest())
        store.remove_anchor(sha256(b"one").hexdigest())
        assert store.anchors() == (b"two",)


class TestIdentities:
    def test_identities_come_back_newest_first_with_key_and_chain(self, store: Store) -> None:
        authority = make_authority("Root").intermediate("Issuing")
        old = authority.issue("a@x.example", key="p256", not_before=NOW - timedelta(days=900))
        new = authority.issue("a@x.example", key="p256", key_name="new")
        for issued in (new, old):
            store.add_identity(issued.pkcs8, issued.der, [issuer.der for issuer in issued.chain])
        assert [identity.certificate for identity in store.identities()] == [new.certificate, old.certificate]
        assert store.identities()[0].chain == new.chain
        assert store.identities()[0].sign(b"data", "sha256")
        assert store.identities() == (new.identity, old.identity)

    def test_an_identity_added_again_is_there_once(self, store: Store) -> None:
        issued = make_authority().issue("a@x.example", key="p256")
        store.add_identity(issued.pkcs8, issued.der, [])
        store.add_identity(issued.pkcs8, issued.der, [])
        assert len(store.identities()) == 1

    def test_a_removed_identity_is_forgotten_and_removing_it_again_does_nothing(self, store: Store) -> None:
        issued = make_authority().issue("a@x.example", key="p256")
        store.add_identity(issued.pkcs8, issued.der, [])
        store.remove_identity(issued.certificate.sha256)
        store.remove_identity(issued.certificate.sha256)
        assert store.identities() == ()


class TestVersion:
    def test_each_change_makes_another_version_and_reading_makes_none(self, store: Store) -> None:
        issued = make_authority().issue("a@x.example", key="p256")
        seen = [store.version()]
        for change in (
            lambda: store.install(certificate(1)),
            lambda: store.install(replace(certificate(1), addresses=("new@x.example",))),
            lambda: store.add_anchor(b"one"),
            lambda: store.add_identity(issued.pkcs8, issued.der, []),
            lambda: store.remove_anchor(sha256(b"one").hexdigest()),
            lambda: store.remove(certificate(1).sha256),
            lambda: store.install(certificate(1)),
            lambda: store.remove_identity(issued.certificate.sha256),
        ):
            change()
            assert store.version() not in seen[-1:]
            seen.append(store.version())
            assert (store.installed(), store.anchors(), len(store.identities())) is not None
            assert store.version() == seen[-1]

    def test_what_changes_nothing_makes_no_version(self, store: Store) -> None:
        store.install(certificate(1))
        store.add_anchor(b"one")
        before = store.version()
        store.add_anchor(b"one")
        store.remove("00")
        store.remove_anchor("00")
        store.remove_identity("00")
        assert store.version() == before


class TestAcrossProcesses:
    def test_a_change_elsewhere_makes_another_version(self, open_again: Open) -> None:
        one, other = open_again(), open_again()
        before = one.version()
        assert one.version() == before
        other.install(certificate(1))
        assert one.version() == other.version() != before

    def test_an_account_secret_that_is_renewed_makes_nobody_look_again(self, open_again: Open, place: str) -> None:
        store = open_again()
        store.set_secret("a", "one")
        before = store.version()
        store.set_secret("a", "two")
        assert (store.version() == before) == (place != "vault")

    def test_another_process_reads_what_was_stored(self, open_again: Open) -> None:
        issued = make_authority().issue("a@x.example", key="rsa2048")
        writer = open_again()
        writer.install(certificate(1))
        writer.add_anchor(b"anchor")
        writer.add_identity(issued.pkcs8, issued.der, [])
        writer.set_secret("a@x.example", "pässword " * 300)
        reader = open_again()
        assert reader.installed() == (certificate(1),)
        assert reader.anchors() == (b"anchor",)
        assert reader.identities() == (issued.identity,)
        assert reader.secret("a@x.example") == "pässword " * 300
        assert reader.secrets() == ("a@x.example",)

    def test_a_change_elsewhere_is_seen_by_a_store_that_is_open(self, open_again: Open) -> None:
        one, other = open_again(), open_again()
        assert one.installed() == ()
        other.install(certificate(1))
        assert one.installed() == (certificate(1),)
        one.install(certificate(2))
        assert other.installed() == (certificate(1), certificate(2))
        other.remove(certificate(1).sha256)
        assert one.installed() == (certificate(2),)

    def test_an_account_secret_is_replaced_and_removed(self, open_again: Open) -> None:
        store = open_again()
        assert store.secret("a") is None
        store.set_secret("a", "one")
        store.set_secret("a", "two")
        assert open_again().secret("a") == "two"
        store.remove_secret("a")
        store.remove_secret("a")
        assert open_again().secret("a") is None
        assert open_again().secrets() == ()

    def test_many_certificates_survive_growing_and_shrinking(self, open_again: Open) -> None:
        store = open_again()
        store.install(*(certificate(number) for number in range(40)))
        assert len(open_again().installed()) == 40
        for number in range(39):
            if number % 13 == 0:
                assert len(open_again().installed()) == 40 - number
            store.remove(certificate(number).sha256)
        assert open_again().installed() == (certificate(39),)
