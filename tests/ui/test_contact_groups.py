"""A contact group in the composer."""

from smimetui.model.contact_group import group_address
from smimetui.model.errors import TransportRefusedError
from smimetui.model.message import Outcome
from smimetui.model.verdict import RecipientState
from smimetui.ui.start import Compose
from smimetui.ui.widgets.recipients import RecipientField
from tests.services.world import BOB, CAROL, DAVE, make_world
from tests.ui.stage import stage

FRIENDS = group_address("Friends", "AAMk==")


async def test_a_group_reached_in_part_leaves_those_it_did_not_reach() -> None:
    world = make_world(published=[BOB, CAROL], sending=[Outcome.SENT, TransportRefusedError("no such user")])
    world.gal.publish_list("Friends", FRIENDS.spec, [BOB.spec, CAROL.spec])
    async with stage(world.session, start=Compose(to=(BOB,), bcc=(FRIENDS,), subject="Q3", body="Kept.")) as on:
        await on.until(lambda: on.composer.recipients.states() == (RecipientState.READY,) * 2, "both ready")
        await on.press("f5")
        await on.sees("Not sent to carol@corp.example.")
        # Bob is in To, and so has it.
        assert on.composer.query_one("#bcc", RecipientField).addresses == (CAROL,)
        assert on.composer.query_one("#to", RecipientField).addresses == ()


async def test_a_group_is_called_by_its_name_wherever_it_is_spoken_of() -> None:
    world = make_world(published=[BOB])
    world.gal.publish_list("Friends", FRIENDS.spec, [BOB.spec, DAVE.spec])
    async with stage(world.session, start=Compose(to=(FRIENDS,), subject="Q3", body="Kept.")) as on:
        await on.sees("Friends: ")
        await on.press("f5")
        await on.sees("Send Unencrypted")
        await on.sees("Friends")
        assert "invalid" not in on.text
        await on.press("escape", "f2")
        await on.sees("contact group")
        assert "invalid" not in on.text
