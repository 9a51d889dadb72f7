from smimetui.ui.screens.settings import SettingsSheet
from smimetui.ui.start import Compose
from tests.services.world import BOB, CAROL, DAVE, make_world
from tests.ui.stage import stage
from tests.ui.test_compose import chips


async def test_m_moves_the_selected_chip_from_to_to_cc_to_bcc_and_back() -> None:
    world = make_world(published=[BOB, CAROL])
    async with stage(world.session, start=Compose(to=(BOB, CAROL))) as on:
        await on.sees("Encrypted")
        on.composer.query_one("#to").input.focus()
        await on.press("left", "m")
        await on.until(lambda: chips(on, "cc") == ["carol@corp.example"])
        await on.sees("carol@corp.example: ready")
        assert (chips(on), chips(on, "cc")) == (["bob@corp.example"], ["carol@corp.example"])
        await on.press("m")
        await on.until(lambda: chips(on, "bcc") == ["carol@corp.example"])
        await on.press("m")
        await on.until(lambda: chips(on) == ["bob@corp.example", "carol@corp.example"])


async def test_a_recipient_stands_in_one_field_only_to_before_cc_before_bcc() -> None:
    world = make_world(published=[BOB, CAROL])
    async with stage(world.session, start=Compose(to=(BOB,), cc=(CAROL,))) as on:
        await on.sees("Encrypted")
        on.composer.query_one("#to").input.focus()
        await on.type("carol@corp.example,")
        await on.until(lambda: chips(on, "cc") == [])
        assert chips(on) == ["bob@corp.example", "carol@corp.example"]
        on.composer.query_one("#bcc").input.focus()
        await on.type("bob@corp.example,")
        await on.until(lambda: chips(on, "bcc") == [])


async def test_a_domain_that_looks_like_a_known_one_is_said_quietly_and_stops_nothing() -> None:
    world = make_world()
    async with stage(world.session, start=Compose()) as on:
        await on.sees("Encrypted")
        await on.press("f6")
        await on.type("bob@c0rp.example,")
        await on.sees("c0rp.example only looks like corp.example.")
        await on.press("f5")
        await on.until(lambda: world.transport.taken)


async def test_people_written_to_are_completed_until_they_are_forgotten_in_the_settings() -> None:
    world = make_world()
    world.session.people.learn([DAVE])
    async with stage(world.session, start=Compose()) as on:
        await on.sees("Encrypted")
        await on.type("dav")
        await on.sees("dave@ext.example")
        await on.press("escape", *["backspace"] * 3)
        await on.app.push_screen(SettingsSheet())
        await on.sees("1, forget them")
        await on.press("up", "enter")
        await on.sees("People written to       none")
        assert world.session.people.people() == ()
