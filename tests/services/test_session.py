from tests.services.world import ALICE, make_world


def test_building_a_session_asks_nothing_of_anybody() -> None:
    world = make_world()

    assert world.gal.asked == []
    assert world.session.account.address == ALICE
    assert world.session.directories == (world.gal, world.contacts)
    assert world.session.notice == ""
    assert world.session.mailbox is world.mailbox
