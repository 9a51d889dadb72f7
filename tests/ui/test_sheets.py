"""The quieter sheets: help, settings, certificates, identities, files."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from smimetui.__main__ import Sandbox
from smimetui.model.address import Address
from smimetui.model.certificate import Certificate
from smimetui.services.account import Account
from smimetui.services.session import Session
from smimetui.ui.preferences import Preferences
from smimetui.ui.start import Compose, ShowList
from tests.services.world import ALICE, BOB, DAVE, make_world, person
from tests.ui.stage import Stage, stage


async def test_help_shows_the_keys_of_the_screen_behind_and_a_remapped_key_as_it_is_now() -> None:
    preferences = Preferences(keys={"list.compose": "n"})
    async with stage(make_world().session, preferences=preferences) as on:
        await on.sees("n Compose")
        await on.press("f1")
        await on.sees("n             Write a new message")
        await on.press("escape", "n")
        await on.sees("New Message")


async def test_encrypt_by_default_is_a_setting_that_holds_for_the_next_message_and_is_kept() -> None:
    kept: list[Account] = []
    world = make_world()
    async with stage(world.session, preferences=Preferences(save_account=kept.append)) as on:
        await on.sees("0 messages")
        await on.press("m")
        await on.press("end", "enter")
        await on.sees("Encrypt by Default      on")
        await on.press("enter")
        await on.sees("Encrypt by Default      off")
        await on.until(lambda: kept)
        assert kept[0].encrypt_by_default is False
        await on.press("down", "enter")
        await on.sees("Sign by Default         off")
        await on.press("escape", "c")
        await on.sees("Not Encrypted")
        await on.sees("not signed")


async def test_theme_and_glyphs_turn_in_the_settings() -> None:
    async with stage(make_world().session) as on:
        await on.sees("0 messages")
        await on.press("m", "end", "enter")
        await on.sees("Theme                   dark")
        await on.press("up", "up", "up", "enter")
        await on.sees("Theme                   ansi")
        await on.press("down", "enter")
        await on.sees("Glyphs                  emoji")


async def test_installed_certificates_are_listed_searched_and_removed() -> None:
    world = make_world()
    world.install(person(BOB).certificate, person(DAVE).certificate)
    async with stage(world.session) as on:
        await on.sees("0 messages")
        await on.press("m", "end", "up", "up", "up", "enter")
        await on.sees("dave@ext.example")
        await on.press("slash")
        await on.type("bob\n")
        await on.until(lambda: "dave@ext.example" not in on.text)
        await on.press("enter")
        await on.sees("Remove")
        await on.press("enter")
        await on.until(lambda: len(world.store.installed()) == 1)


async def import_identity(on: Stage, path: Path, password: str) -> None:
    await on.sees("PKCS#12 file")
    on.app.screen.query_one("#path").value = str(path)
    await on.press("enter")
    on.app.screen.query_one("#password").value = password
    await on.press("enter")


async def test_f6_without_a_key_leads_to_the_import_and_then_the_lock_closes(tmp_path: Path) -> None:
    file = tmp_path / "alice.p12"
    file.write_bytes(person(ALICE).pkcs12("secret"))
    world = make_world(identities=[], published=[BOB])
    async with stage(world.session, start=Compose(to=(BOB,))) as on:
        await on.sees("Not Encrypted")
        await on.press("f6")
        await on.sees("No Certificate of Your Own")
        await on.press("enter")
        await import_identity(on, file, "wrong")
        await on.sees("password")
        on.app.screen.query_one("#password").value = "secret"
        await on.press("enter")
        await on.sees("🔒 Encrypted")
        assert on.composer.wanted


async def test_identities_are_listed_and_show_their_certificate() -> None:
    async with stage(make_world().session) as on:
        await on.sees("0 messages")
        await on.press("m", "end", "up", "enter")
        await on.sees("alice@corp.example")
        await on.press("enter")
        await on.sees("SHA-256")


async def test_a_sheet_that_is_higher_than_the_screen_scrolls_while_its_acts_keep_the_focus() -> None:
    async with stage(make_world().session, size=(60, 18)) as on:
        await on.sees("0 messages")
        await on.press("m", "end", "up", "enter")
        await on.sees("alice@corp.example")
        await on.press("enter")
        await on.sees("Addresses")
        assert "SHA-256" not in on.text
        focused = on.app.focused
        await on.press("pagedown")
        await on.sees("SHA-256")
        assert on.app.focused is focused


async def test_a_file_is_attached_by_path_shown_with_its_size_and_taken_out_again(tmp_path: Path) -> None:
    file = tmp_path / "q3.ods"
    file.write_bytes(b"x" * 48_000)
    async with stage(make_world(published=[BOB]).session, start=Compose(to=(BOB,))) as on:
        await on.sees("🔒 Encrypted")
        await on.press("f8")
        await on.type(str(tmp_path / "q3"))
        await on.press("tab")
        assert on.app.screen.query_one("#path").value == str(file)
        await on.press("enter")
        await on.sees("q3.ods  48 kB")
        on.composer.query_one("FileChip").focus()
        await on.press("backspace")
        await on.until(lambda: "q3.ods" not in on.text)


async def test_a_missing_attachment_is_a_sentence_and_the_draft_stays(tmp_path: Path) -> None:
    async with stage(make_world().session, start=Compose(subject="kept", attachments=(tmp_path / "no",))) as on:
        await on.sees("is not a file")
        assert on.composer.query_one("#subject").value == "kept"


async def test_attachments_are_saved_under_safe_names(sandbox: Sandbox, tmp_path: Path) -> None:
    app = sandbox.app(ShowList())
    async with app.run_test(size=(80, 24)) as pilot:
        on = Stage(app, pilot)
        await on.sees("Slides and figures")
        await on.press("slash")
        await on.type("slides\n")
        await on.press("enter")
        await on.sees("Files")
        await on.press("s")
        await on.sees("Save Files")
        on.app.screen.query_one("#path").value = str(tmp_path / "saved")
        await on.press("enter")
        await on.sees("Saved")
        assert list((tmp_path / "saved").iterdir())


async def test_several_accounts_are_chosen_in_the_from_line() -> None:
    first, second = make_world(published=[]), make_world(published=[BOB], account=Account(address=BOB))
    sessions = {"": first.session, ALICE.spec: first.session, BOB.spec: second.session}
    from smimetui.ui.app import SmimetuiApp

    app = SmimetuiApp(
        lambda _ask, account: sessions[account],
        start=Compose(to=(BOB,)),
        preferences=Preferences(accounts=(ALICE, BOB)),
    )
    async with app.run_test(size=(80, 24)) as pilot:
        on = Stage(app, pilot)
        await on.sees("Unable to Encrypt")
        on.composer.query_one("SenderChoice").focus()
        await on.press("enter")
        await on.sees("bob@corp.example")
        await on.press("down", "enter")
        await on.sees("🔒 Encrypted")
        assert on.composer.draft(second.session).sender == BOB


@pytest.mark.parametrize("turned", [False, True])
async def test_another_account_s_defaults_hold_until_the_person_decides_and_open_no_lock(*, turned: bool) -> None:
    plain = Account(address=ALICE, encrypt_by_default=False, sign_by_default=False)
    first, second = make_world(account=plain), make_world(account=Account(address=BOB))
    second.store.add_identity(person(BOB).pkcs8, person(BOB).der, [])
    sessions = {"": first.session, ALICE.spec: first.session, BOB.spec: second.session}
    from smimetui.ui.app import SmimetuiApp

    app = SmimetuiApp(
        lambda _ask, account: sessions[account], start=Compose(), preferences=Preferences(accounts=(ALICE, BOB))
    )
    async with app.run_test(size=(80, 24)) as pilot:
        on = Stage(app, pilot)
        await on.sees("Not Encrypted")
        if turned:
            for key, attribute in (("f6", "wanted"), ("f7", "signing")):
                for expected in (True, False):
                    await on.press(key)
                    await on.until(lambda a=attribute, e=expected: getattr(on.composer, a) is e)
        for account, words in ((BOB, "not signed" if turned else "signed"), (ALICE, "not signed")):
            on.composer.query_one("SenderChoice").focus()
            await on.press("enter")
            await on.until(lambda: app.screen.query("#act-account-1"))
            await on.press(*(["down"] if account == BOB else []), "enter")
            await on.until(lambda words=words, account=account: f"{account.spec} " in on.text and words in on.text)
            assert on.composer.wanted is not turned
            assert on.composer.signing is (words == "signed")


async def test_the_list_warns_when_the_address_list_publishes_a_key_that_is_not_here() -> None:
    from tests.services.world import corp

    world = make_world()
    world.gal.publish("Alice", [ALICE.spec], corp().issue(ALICE.spec, key="p384").certificate)
    async with stage(world.session, start=ShowList()) as on:
        await on.sees("publishes another certificate")


async def test_an_installed_certificate_is_written_to_the_contact_only_when_asked() -> None:
    written: list[tuple[Address, Certificate]] = []

    class Book:
        def add_certificate(self, address: Address, certificate: Certificate) -> bool:
            written.append((address, certificate))
            return True

    world = make_world()
    world.install(person(BOB).certificate)
    async with stage(replace(world.session, contacts=Book()), start=ShowList()) as on:
        await on.sees("0 messages")
        await on.press("m", "end", "up", "up", "up", "enter")
        await on.sees("bob@corp.example")
        await on.press("enter")
        await on.sees("Add to Contacts")
        assert written == []
        await on.press("left", "enter")
        await on.sees("Added to the contact of bob@corp.example")
        assert written == [(BOB, person(BOB).certificate)]


async def test_a_locked_store_asks_for_its_passphrase_on_the_screen_and_opens() -> None:
    from smimetui.ui.app import SmimetuiApp

    world, given = make_world(), []

    def open_session(ask: Callable[[str], str], _account: str) -> Session:
        given.append(ask("Passphrase of the vault"))
        return world.session

    app = SmimetuiApp(open_session, start=ShowList())
    async with app.run_test(size=(80, 24)) as pilot:
        on = Stage(app, pilot)
        await on.sees("Passphrase of the vault")
        await on.type("correct horse\n")
        await on.sees("0 messages")
        assert given == ["correct horse"]
        assert "correct horse" not in on.text


async def test_a_declined_passphrase_is_a_sentence_with_a_way_out_and_can_be_given_later() -> None:
    from smimetui.ui.app import SmimetuiApp

    world = make_world()

    def open_session(ask: Callable[[str], str], _account: str) -> Session:
        ask("Passphrase of the vault")
        return world.session

    app = SmimetuiApp(open_session, start=ShowList())
    async with app.run_test(size=(80, 24)) as pilot:
        on = Stage(app, pilot)
        await on.sees("Passphrase of the vault")
        await on.press("escape")
        await on.sees("the store stays locked")
        await on.press("ctrl+r")
        await on.sees("Passphrase of the vault")
        await on.type("now\n")
        await on.sees("0 messages")
