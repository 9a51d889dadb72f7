from dataclasses import replace

from smimetui.model.verdict import Problem, RecipientState
from tests.services.world import ALICE, ERIN, make_world


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
