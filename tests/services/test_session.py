from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from smimetui.model.verdict import Problem, RecipientState
from smimetui.services.account import Account
from tests.fakes import UNREACHABLE
from tests.pki import NOW
from tests.services.world import ALICE, BOB, ERIN, corp, make_world, partner


def test_building_a_session_asks_nothing_of_anybody() -> None:
    world = make_world()

    assert world.gal.asked == []
    assert world.session.account.address == ALICE
    assert world.session.directories == (world.gal, world.contacts)
    assert world.session.notice == ""
    assert world.session.mailbox is world.mailbox


def test_changed_defaults_of_the_account_take_effect_at_once() -> None:
    world = make_world(published=[ERIN])
    assert world.session.resolver.resolve(ERIN).state is RecipientState.READY
    changed = replace(world.session.account, encrypt_by_default=False, directory_vouches=False)

    session = world.session.adopt(changed)

    assert session.account == changed
    assert not session.composer.wanted(None)
    assert session.resolver.resolve(ERIN).problems == (Problem.UNTRUSTED,)


ANOTHER = corp().issue(ALICE.spec, key="p256", key_name="another")


def test_a_published_certificate_of_one_s_own_whose_key_is_here_is_no_news() -> None:
    assert make_world(published=[ALICE, BOB]).session.own_certificate_note() == ""
    assert make_world().session.own_certificate_note() == ""


def test_a_published_certificate_of_one_s_own_whose_key_is_not_here_is_said() -> None:
    world = make_world(published=[ALICE])
    world.gal.publish("Alice", [ALICE.spec], ANOTHER.certificate)

    assert world.session.own_certificate_note() == (
        "the address list publishes another certificate for you, valid until 23 Oct 2028: "
        "people write to a key you do not hold"
    )


def test_one_s_own_entry_in_one_s_contacts_is_seen_by_nobody_else() -> None:
    world = make_world()
    world.contacts.publish("Alice", [ALICE.spec], ANOTHER.certificate)

    assert world.session.own_certificate_note() == ""


def test_without_any_key_the_published_certificate_asks_for_its_import() -> None:
    assert make_world(identities=[], published=[ALICE]).session.own_certificate_note() == (
        "the address list publishes a certificate for you, valid until 23 Oct 2028: "
        "import its key to read what people write to it"
    )


def test_a_renewed_certificate_with_the_same_key_is_held() -> None:
    world = make_world(identities=[ANOTHER.identity])
    renewed = corp().issue(ALICE.spec, key="p256", key_name="another", not_before=NOW - timedelta(days=1))
    world.gal.publish("Alice", [ALICE.spec], renewed.certificate)

    assert renewed.certificate != ANOTHER.certificate
    assert world.session.own_certificate_note() == ""


@pytest.mark.parametrize(
    "wrong",
    [
        {"not_before": NOW - timedelta(days=900), "not_after": NOW - timedelta(days=1)},
        {"key_usage": ["digitalSignature"]},
    ],
)
def test_what_nobody_would_write_to_is_no_news(wrong: dict[str, Any]) -> None:
    world = make_world()
    old = corp().issue(ALICE.spec, key="p256", key_name="another", **wrong)
    world.gal.publish("Alice", [ALICE.spec], old.certificate)

    assert world.session.own_certificate_note() == ""


def test_a_certificate_of_an_unknown_issuer_may_be_trusted_by_others() -> None:
    world = make_world(account=Account(address=ALICE, directory_vouches=False))
    strange = partner().issue(ALICE.spec, key="p256", key_name="another")
    world.gal.publish("Alice", [ALICE.spec], strange.certificate)

    assert "another certificate for you" in world.session.own_certificate_note()


def test_directories_that_do_not_answer_are_no_news() -> None:
    world = make_world(published=[ALICE])
    world.gal.failure = world.contacts.failure = UNREACHABLE

    assert world.session.own_certificate_note() == ""
