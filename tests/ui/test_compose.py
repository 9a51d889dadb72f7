from dataclasses import replace

import pytest
from textual.events import Key, Paste
from textual.widgets import Input, TextArea

from smimetui.model.address import parse_address
from smimetui.model.errors import TransportRefusedError
from smimetui.model.verdict import Designation, RecipientState
from smimetui.ui.start import Compose
from smimetui.ui.widgets.recipients import RecipientField
from tests.services.world import BOB, CAROL, DAVE, make_world
from tests.ui.stage import KEYS, Stage, stage


def chips(on: Stage, field: str = "to") -> list[str]:
    return [address.spec for address in on.composer.query_one(f"#{field}", RecipientField).addresses]


async def typed(on: Stage, text: str) -> None:
    await on.type(text)
    await on.pilot.pause()


async def test_a_recipient_with_a_certificate_turns_ready_and_the_message_says_encrypted() -> None:
    world = make_world(published=[BOB])
    async with stage(world.session, start=Compose()) as on:
        await on.sees("Encrypted")
        await typed(on, "bob@corp.example,")
        await on.until(lambda: on.composer.recipients.states() == (RecipientState.READY,))
        await on.sees("🔒 Encrypted")
        assert chips(on) == ["bob@corp.example"]


async def test_a_recipient_without_one_blocks_and_the_status_line_says_why() -> None:
    world = make_world(published=[BOB])
    async with stage(world.session, start=Compose()) as on:
        await typed(on, "bob@corp.example,dave@ext.example;")
        await on.sees("Unable to Encrypt")
        await on.sees("dave@ext.example: no certificate")


async def test_a_mistake_of_the_program_while_asking_leaves_nobody_undecided() -> None:
    world = make_world()
    world.gal.failure = ImportError("half a module")
    async with stage(world.session, start=Compose(to=(BOB,))) as on:
        await on.sees("could not check: a mistake in smimetui (ImportError)")
        assert on.composer.designation is Designation.UNABLE_TO_ENCRYPT


async def test_send_on_unable_to_encrypt_asks_and_back_is_the_first_choice() -> None:
    world = make_world(published=[BOB])
    async with stage(world.session, start=Compose(to=(BOB, DAVE))) as on:
        await on.sees("Unable to Encrypt")
        await on.press("f5")
        await on.sees("Send Unencrypted")
        shown = [line.strip() for line in on.text.splitlines()]
        order = ["Back", "Remove them", "Ask them for a signed message", "Send Unencrypted"]
        places = [max(index for index, line in enumerate(shown) if line == word) for word in order]
        assert places == sorted(places)
        await on.press("enter")
        assert not world.transport.taken
        assert on.composer.designation is Designation.UNABLE_TO_ENCRYPT


async def test_remove_them_takes_the_blocked_out_and_send_then_leaves_encrypted() -> None:
    world = make_world(published=[BOB])
    async with stage(world.session, start=Compose(to=(BOB, DAVE), subject="Figures", body="For you.")) as on:
        await on.sees("Unable to Encrypt")
        await on.press("f5", "down", "enter")
        await on.until(lambda: on.composer.designation is Designation.ENCRYPTED)
        await on.press("f5")
        await on.until(lambda: world.transport.taken)
        assert [message.recipients for message in world.transport.taken] == [(BOB,)]
        assert world.transport.taken[0].cipher == "aes256_cbc"
        assert b"For you." not in world.transport.taken[0].data


async def test_send_unencrypted_is_the_only_way_past_a_blocked_recipient() -> None:
    world = make_world()
    async with stage(world.session, start=Compose(to=(DAVE,), subject="Hello", body="Open words.")) as on:
        await on.sees("Unable to Encrypt")
        await on.press("f5", "down", "down", "down", "enter")
        await on.until(lambda: world.transport.taken)
        assert b"Open words." in world.transport.taken[0].data


async def test_asking_for_a_signed_message_opens_a_prepared_draft_with_the_lock_open() -> None:
    world = make_world()
    async with stage(world.session, start=Compose(to=(DAVE,))) as on:
        await on.sees("Unable to Encrypt")
        await on.press("f5", "down", "down", "enter")
        await on.sees("Please send me a signed message")
        await on.sees("Not Encrypted")
        assert chips(on) == ["dave@ext.example"]
        assert not on.composer.wanted


async def test_only_f6_turns_the_lock_and_chips_are_neutral_with_it_off() -> None:
    world = make_world(published=[BOB])
    async with stage(world.session, start=Compose(to=(BOB, DAVE))) as on:
        await on.sees("Unable to Encrypt")
        await on.press("f6")
        await on.sees("Not Encrypted")
        assert "bob@corp.example 🔒" not in on.text
        assert "dave@ext.example 🔓" not in on.text
        await on.press("f6")
        await on.sees("Unable to Encrypt")


async def test_a_refused_send_keeps_the_draft_and_says_so() -> None:
    world = make_world(published=[BOB], sending=[TransportRefusedError("the server refused the message")])
    async with stage(world.session, start=Compose(to=(BOB,), subject="Figures", body="Kept.")) as on:
        await on.sees("Encrypted")
        await on.press("f5")
        await on.sees("Not sent: the server refused the message")
        assert on.composer.query_one("#body").text == "Kept."
        assert chips(on) == ["bob@corp.example"]


async def test_completion_finds_people_by_name_while_typing_and_enter_takes_the_first() -> None:
    world = make_world(published=[BOB, CAROL])
    async with stage(world.session, start=Compose()) as on:
        await on.sees("Encrypted")
        await typed(on, "car")
        await on.sees("carol@corp.example")
        await on.press("enter")
        await on.until(lambda: chips(on) == ["carol@corp.example"])


async def test_escape_with_something_to_lose_asks_and_keep_editing_comes_first() -> None:
    world = make_world(published=[BOB])
    async with stage(world.session, start=Compose()) as on:
        await on.sees("Encrypted")
        await typed(on, "bob@corp.example,")
        await on.press("escape")
        await on.sees("Keep Editing")
        await on.press("enter")
        assert chips(on) == ["bob@corp.example"]


async def test_backspace_at_the_start_selects_the_last_chip_and_again_removes_it() -> None:
    world = make_world(published=[BOB, CAROL])
    async with stage(world.session, start=Compose()) as on:
        await on.sees("Encrypted")
        await typed(on, "bob@corp.example,carol@corp.example,")
        await on.until(lambda: len(chips(on)) == 2)
        await on.press("backspace", "backspace")
        await on.until(lambda: chips(on) == ["bob@corp.example"])


async def test_what_is_no_address_stays_in_the_field_with_a_sentence() -> None:
    world = make_world()
    async with stage(world.session, start=Compose()) as on:
        await on.sees("Encrypted")
        await typed(on, "not an address,")
        await on.sees("is not a mail address")
        assert on.composer.query_one("#to", RecipientField).pending == "not an address"


async def test_without_an_own_certificate_the_lock_stays_open_and_f6_offers_to_import_one() -> None:
    world = make_world(identities=[], published=[BOB])
    async with stage(world.session, start=Compose(to=(BOB,))) as on:
        await on.sees("Not Encrypted")
        await on.press("f6")
        await on.sees("No Certificate of Your Own")
        assert not on.app.screen_stack[-2].wanted


async def test_each_bcc_leaves_in_an_envelope_of_its_own() -> None:
    world = make_world(published=[BOB, CAROL])
    async with stage(world.session, start=Compose(to=(BOB,), bcc=(CAROL,), subject="s", body="b")) as on:
        await on.until(lambda: on.composer.designation is Designation.ENCRYPTED)
        await on.press("f5")
        await on.until(lambda: len(world.transport.taken) == 2)
        assert [message.recipients for message in world.transport.taken] == [(BOB,), (CAROL,)]
        assert all(b"carol" not in message.data.lower().split(b"\r\n\r\n")[0] for message in world.transport.taken)


async def test_a_pasted_list_with_display_names_becomes_chips() -> None:
    world = make_world(published=[BOB, CAROL])
    async with stage(world.session, start=Compose()) as on:
        await on.sees("Encrypted")

        on.app.post_message(Paste('"Baker, Bob" <bob@corp.example>; Carol <carol@corp.example>\nfrank@corp.example'))
        await on.until(lambda: len(chips(on)) == 3)
        assert chips(on) == ["bob@corp.example", "carol@corp.example", "frank@corp.example"]
        assert replace(parse_address("x@y.example"), display_name="Baker, Bob").display_name in on.text


async def test_a_burst_of_keys_ends_where_slow_typing_would() -> None:
    world = make_world(published=[BOB, CAROL])
    async with stage(world.session, start=Compose()) as on:
        await on.sees("Encrypted")
        burst = "bob@corp.example,carol@corp.example,dave@ext.example,"
        for key in [*burst, "tab", "tab", "tab", *"Figures", "enter", *"Words", "f5"]:
            on.app.post_message(Key(KEYS.get(key, key), key if len(key) == 1 else None))
        await on.sees("Send Unencrypted")
        await on.press("escape")
        assert chips(on) == ["bob@corp.example", "carol@corp.example", "dave@ext.example"]
        assert on.composer.query_one("#subject", Input).value == "Figures"
        assert on.composer.query_one("#body", TextArea).text == "Words"


async def test_five_hundred_pasted_recipients_are_all_decided_with_no_more_widgets_than_one() -> None:
    world = make_world(published=[BOB])
    async with stage(world.session, start=Compose()) as on:
        await on.sees("Encrypted")
        widgets = len(on.composer.query("*"))
        people = [f"p{number}@corp.example" for number in range(499)]
        on.app.post_message(Paste(", ".join(["bob@corp.example", *people])))
        await on.until(lambda: len(chips(on)) == 500, "all chips")
        await on.until(lambda: len(on.composer.recipients.states()) == 500)
        await on.until(lambda: RecipientState.CHECKING not in on.composer.recipients.states(), "all decided")
        assert on.composer.recipients.states().count(RecipientState.BLOCKED) == 499
        assert len(on.composer.query("*")) == widgets
        await on.sees("499 stand in the way, first p0@corp.example")


async def test_what_is_typed_behind_many_recipients_and_the_selected_one_are_in_sight() -> None:
    people = ", ".join(f"person{number}@corp.example" for number in range(30))
    async with stage(make_world().session, start=Compose()) as on:
        on.app.post_message(Paste(people))
        await on.until(lambda: len(chips(on)) == 30)
        await on.type("dave")
        await on.sees("dave")
        await on.press("home", "left")
        await on.sees("person29@")
        await on.press(*["left"] * 29)
        await on.sees("person0@")
        await on.press("down")
        assert on.app.is_running


@pytest.mark.parametrize("size", [(60, 18), (80, 24)])
async def test_many_recipients_in_every_field_leave_the_text_room(size: tuple[int, int]) -> None:
    to, cc, bcc = (tuple(parse_address(f"{name}{number}@corp.example") for number in range(30)) for name in "abc")
    start = Compose(to=to, cc=cc, bcc=bcc, subject="The subject", body="One.\nTwo.\nThree.")
    async with stage(make_world().session, start=start, size=size) as on:
        for text in ("a0@", "b0@", "c0@", "The subject", "One.", "Two.", "Three.", "stand in the way"):
            await on.sees(text)
        on.composer.query_one("#bcc", RecipientField).input.focus()
        await on.sees("c29@")
        await on.sees("The subject")
        on.composer.query_one("#body").focus()
        await on.sees("c0@")


async def test_a_list_past_the_limit_stays_in_the_field_and_says_so() -> None:
    async with stage(make_world().session, start=Compose()) as on:
        await on.sees("Encrypted")
        on.app.post_message(Paste("a@b.example," * 10_001))
        await on.sees("a list of over 10,000 addresses is not read")
        assert chips(on) == []
        assert on.composer.query_one("#to", RecipientField).pending.count("@") == 10_001


async def test_a_list_is_one_chip_with_a_count_as_ready_as_its_worst_member_and_can_be_expanded() -> None:
    world = make_world(published=[BOB, CAROL])
    world.gal.publish_list("Team", "team@corp.example", [BOB.spec, CAROL.spec, "frank@corp.example"])
    async with stage(world.session, start=Compose()) as on:
        await on.sees("Encrypted")
        await typed(on, "team@corp.example,")
        await on.sees("team@corp.example (3)")
        await on.sees("Unable to Encrypt")
        await on.press("f2")
        await on.sees("frank@corp.example: no certificate")
        await on.press("enter")
        await on.until(lambda: len(chips(on)) == 3)
        await on.press("escape")
