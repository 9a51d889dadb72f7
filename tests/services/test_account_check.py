"""The lines of an account's check, as services know them."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from smimetui.model.errors import DirectoryUnreachableError, StoreError
from smimetui.services.account_check import LOGIN, Line, check_account, tried
from smimetui.services.session import Session
from tests.services.world import ALICE, World, corp, make_world, person


def examined(session: Session, *lines: Line) -> dict[str, Line]:
    def examine() -> Iterator[Line]:
        yield from lines

    return {line.what: line for line in check_account(replace(session, examine=examine))}


def own(world: World) -> Line:
    return examined(world.session, Line(works=True, what=LOGIN, found="in"))["own certificate"]


def test_the_published_certificate_whose_key_is_here_is_found_and_held() -> None:
    line = own(make_world(published=[ALICE]))
    assert line.works
    assert str(line).startswith("works: own certificate: the address list publishes yours, valid until")


def test_another_published_certificate_does_not_work() -> None:
    world = make_world()
    world.gal.publish("Alice", [ALICE.spec], corp().issue(ALICE.spec, key="p384").certificate)
    assert str(own(world)).startswith("does not work: own certificate: the address list publishes another certificate")


def test_no_published_certificate_is_said() -> None:
    assert "none that others could use is published for you" in own(make_world()).found


def test_a_directory_that_does_not_answer_is_not_no_certificate() -> None:
    world = make_world(identities=[])
    world.gal.failure = DirectoryUnreachableError("the server is down")
    line = own(world)
    assert not line.works
    assert line.found.startswith("could not check: ")


def test_a_failed_login_says_nothing_of_the_certificate() -> None:
    lines = examined(make_world().session, Line(works=False, what=LOGIN, found="refused"))
    assert list(lines) == [LOGIN, "keys", "installed", "signing", "encryption"]


def test_without_a_server_the_mailbox_and_the_way_out_are_looked_at() -> None:
    session = make_world().session
    lines = {line.what: line for line in check_account(replace(session, notice="The vault is open"))}
    assert list(lines) == ["mailbox", "keys", "installed", "signing", "encryption", "directory", "sending", "store"]
    assert all(line.works for line in lines.values())
    assert str(lines["mailbox"]) == "works: mailbox: 0 messages in Inbox"
    assert lines["store"].found == "the vault is open"
    assert "mailbox" not in {line.what for line in check_account(replace(session, mailbox=None))}


def test_what_fails_is_a_line_with_its_reason() -> None:
    def fail() -> tuple[bool, str]:
        raise StoreError("the store is damaged", "mend it")

    assert str(tried("keys", fail)) == "does not work: keys: the store is damaged (mend it)"


@pytest.mark.parametrize("what", ["signing", "encryption"])
def test_without_a_certificate_of_one_s_own_nothing_is_signed_or_encrypted(what: str) -> None:
    lines = {line.what: line for line in check_account(make_world(identities=[]).session)}
    assert str(lines[what]) == f"does not work: {what}: you have no certificate of your own"


def test_a_certificate_that_ends_soon_needs_care() -> None:
    from datetime import timedelta

    from tests.pki import NOW

    ending = corp().issue(ALICE.spec, key="p256", not_after=NOW + timedelta(days=3)).identity
    lines = {line.what: line for line in check_account(make_world(identities=[ending]).session)}
    assert str(lines["validity"]).startswith("take care: validity: your certificate")
    assert person(ALICE).certificate != ending.certificate
