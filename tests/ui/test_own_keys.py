"""Own keys on the screen: made, imported, chosen, exported, removed; and what is said when one ends."""

from datetime import timedelta
from pathlib import Path

from cryptography import x509

from smimetui.model.address import parse_address
from smimetui.model.certificate import Purpose
from smimetui.services.account import Account
from smimetui.smime.identity import Identity
from smimetui.smime.pkcs12 import load_pkcs12
from smimetui.ui.app import SmimetuiApp
from smimetui.ui.preferences import Preferences
from smimetui.ui.screens.identity import IdentitiesSheet, ImportSheet, NeedIdentitySheet
from smimetui.ui.screens.new_identity import NewIdentitySheet
from smimetui.ui.start import Compose, ShowList
from tests.pki import NOW, make_authority
from tests.services.world import ALICE, BOB, corp, make_world, person
from tests.smime.test_pkcs12 import DSA, PASSWORDS, VECTORS, needs_vectors
from tests.ui.stage import Stage, stage

DAY = timedelta(days=1)
TEAM = parse_address("team@corp.example")
PUBLISHED = {name: password for name, password in PASSWORDS.items() if not name.startswith(("nss", "thunderbird"))}


def alice(**wrong: object) -> Identity:
    return corp().issue(ALICE.spec, name="Alice", key="p256", **wrong).identity  # type: ignore[arg-type]


def fill(on: Stage, **values: object) -> None:
    for name, value in values.items():
        on.app.screen.query_one(f"#{name}").value = str(value)


async def act(on: Stage, name: str) -> None:
    """Choose the act of this name on the sheet in front."""
    await on.until(lambda: on.app.screen.query(f"#act-{name}"), f"an act {name}")
    on.app.screen.query_one(f"#act-{name}").focus()
    await on.press("enter")


async def open_row(on: Stage) -> None:
    """Open the selected row of the list in front."""
    on.app.screen.query_one("#rows").focus()
    await on.press("enter")


async def identities(on: Stage) -> None:
    await on.sees("0 messages")
    await on.press("m", "end", "up", "enter")
    await on.until(lambda: isinstance(on.app.screen, IdentitiesSheet))


async def new_identity(on: Stage) -> None:
    await act(on, "new")
    await on.until(lambda: isinstance(on.app.screen, NewIdentitySheet))
    await on.sees("alice@corp.example.csr")


async def test_a_request_is_written_and_the_certificate_that_comes_back_makes_an_identity(tmp_path: Path) -> None:
    world = make_world(identities=[])
    async with stage(world.session) as on:
        await identities(on)
        await new_identity(on)
        assert on.app.screen.query_one("#name").value == "Alice Adams"
        await act(on, "key")
        await on.sees("P-256")
        fill(on, path=tmp_path / "alice.csr")
        await act(on, "create")
        await on.sees("Request written to")
        await on.sees("waits for its certificate")
        request = x509.load_pem_x509_csr((tmp_path / "alice.csr").read_bytes())
        issued = corp().issue(ALICE.spec, public_key=request.public_key())
        (tmp_path / "alice.pem").write_bytes(issued.pem)
        await open_row(on)
        await on.sees("P-256, requested on 23 Nov 2026")
        await act(on, "import")
        await on.until(lambda: isinstance(on.app.screen, ImportSheet))
        fill(on, path=tmp_path / "alice.pem")
        await on.press("enter", "enter")
        await on.sees("Imported alice@corp.example.")
        await on.sees("signing and decrypting")
        assert world.store.identities()[0].certificate == issued.certificate


async def test_a_waiting_request_can_be_written_again_and_given_up(tmp_path: Path) -> None:
    world = make_world(identities=[])
    async with stage(world.session) as on:
        await identities(on)
        await new_identity(on)
        await act(on, "key")
        fill(on, path=tmp_path / "first.csr")
        await on.press("tab", "tab")
        on.app.screen.query_one("#path").focus()
        await on.press("enter")
        await on.sees("waits for its certificate")
        await open_row(on)
        await act(on, "write")
        await on.sees("File to write")
        fill(on, path=tmp_path / "second.csr")
        await on.press("enter")
        await on.until((tmp_path / "second.csr").exists)
        assert (tmp_path / "first.csr").read_bytes() == (tmp_path / "second.csr").read_bytes()
        await open_row(on)
        await act(on, "remove")
        await on.sees("No certificate of your own yet")
        assert world.store.secrets() == ()


async def test_a_request_is_not_written_over_a_file_and_what_was_typed_stays(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("precious")
    async with stage(make_world(identities=[]).session) as on:
        await identities(on)
        await new_identity(on)
        await act(on, "key")
        fill(on, path=tmp_path / "there", name="Alice the Second")
        await act(on, "create")
        await on.sees("there already")
        assert on.app.screen.query_one("#name").value == "Alice the Second"
        fill(on, path="", address="no address")
        await act(on, "create")
        await on.until(lambda: "there already" not in on.text)
        fill(on, address=ALICE.spec, path="")
        await act(on, "create")
        await on.sees("say where to write the request")
    assert (tmp_path / "there").read_text() == "precious"


async def test_without_a_key_f6_offers_to_make_one_and_a_trial_certificate_closes_the_lock() -> None:
    world = make_world(identities=[], published=[BOB])
    async with stage(world.session, start=Compose(to=(BOB,))) as on:
        await on.sees("Not Encrypted")
        await on.press("f6")
        await on.until(lambda: isinstance(on.app.screen, NeedIdentitySheet))
        await new_identity(on)
        await act(on, "key")
        await act(on, "way")
        await on.sees("Nobody vouches for it")
        await act(on, "create")
        await on.sees("🔒 Encrypted")
        assert (on.composer.wanted, on.composer.signing) == (True, True)
        assert "for trial" in world.store.identities()[0].certificate.common_name


async def test_a_request_does_not_close_the_lock(tmp_path: Path) -> None:
    async with stage(make_world(identities=[], published=[BOB]).session, start=Compose(to=(BOB,))) as on:
        await on.sees("Not Encrypted")
        await on.press("f6")
        await on.until(lambda: isinstance(on.app.screen, NeedIdentitySheet))
        await new_identity(on)
        await act(on, "key")
        fill(on, path=tmp_path / "alice.csr")
        await act(on, "create")
        await on.sees("Its key waits here")
        await act(on, "back")
        await on.until(lambda: on.app.screen is on.app.screen_stack[-1] and "New Message" in on.text)
        assert not on.composer.wanted


async def test_one_identity_signs_and_another_is_written_to_and_the_choice_is_kept() -> None:
    older, newer = alice(), alice(not_before=NOW - DAY)
    kept: list[Account] = []
    async with stage(
        make_world(identities=[older, newer]).session, preferences=Preferences(save_account=kept.append)
    ) as on:
        await identities(on)
        await on.sees("not used for new mail")
        await on.press("end", "enter")
        await on.sees("Not used for new mail")
        await act(on, "use")
        await on.sees("All of them open old mail")
        await act(on, "use-sign")
        await on.sees("Used for signing, as you chose")
        await on.until(lambda: kept)
        assert kept[-1].chosen(Purpose.SIGN) == older.certificate.sha256
        assert kept[-1].chosen(Purpose.ENCRYPT) == ""
        await act(on, "use")
        await act(on, "use-newest")
        await on.sees("Not used for new mail")
        assert kept[-1].chosen(Purpose.SIGN) == ""


async def test_an_expired_identity_is_not_chosen_and_the_reason_is_said() -> None:
    async with stage(make_world(identities=[alice(), alice(not_after=NOW - DAY)]).session) as on:
        await identities(on)
        await on.sees("expired on 22 Nov 2026")
        rows = on.app.screen.query_one("#rows").rows
        on.app.screen.query_one("#rows").cursor = [row.note for row in rows].index("expired on 22 Nov 2026")
        await on.press("enter")
        await act(on, "details")
        await on.sees("Signed with")
        await act(on, "use")
        await act(on, "use-both")
        await on.sees("cannot sign: your certificate expired on 22 Nov 2026")


async def test_an_identity_is_exported_under_a_passphrase_typed_twice(tmp_path: Path) -> None:
    target = tmp_path / "alice.p12"
    async with stage(make_world().session) as on:
        await identities(on)
        await on.sees("signing and decrypting")
        await on.press("enter")
        await act(on, "export")
        await on.sees("Export Identity")
        fill(on, path=target, passphrase="one", again="two")
        await on.press("enter", "enter", "enter")
        await on.sees("the two passphrases differ")
        fill(on, passphrase="", again="")
        await on.press("enter")
        await on.sees("not exported without a passphrase")
        fill(on, path=tmp_path)
        await on.press("enter")
        await on.sees("is a folder")
        fill(on, path=target, passphrase="correct horse", again="correct horse")
        await on.press("enter")
        await on.sees("Exported to")
        assert "correct horse" not in on.text
    assert target.stat().st_mode & 0o777 == 0o600
    assert load_pkcs12(target.read_bytes(), "correct horse")[0].certificate == person(ALICE).certificate


async def test_an_identity_is_removed_only_when_asked_twice() -> None:
    world = make_world()
    async with stage(world.session) as on:
        await identities(on)
        await on.sees("signing and decrypting")
        await on.press("enter")
        await act(on, "remove")
        await on.sees("can no longer be read")
        await on.press("enter")
        assert len(world.store.identities()) == 1
        await act(on, "remove")
        await on.sees("can no longer be read")
        await act(on, "remove")
        await on.sees("No certificate of your own yet")
    assert world.store.identities() == ()


async def test_the_composer_says_at_once_that_an_expired_certificate_cannot_sign() -> None:
    world = make_world(identities=[alice(not_after=NOW - DAY)])
    async with stage(world.session, start=Compose(to=(BOB,))) as on:
        await on.sees("cannot sign")
        await on.sees("Cannot sign: your certificate expired on 22 Nov 2026.")
        await on.press("f7")
        await on.sees("F6 offers a new one")
        assert not on.composer.signing
        await on.press("f6")
        await on.sees("Cannot encrypt to yourself: your certificate expired on 22 Nov")


async def test_a_certificate_that_ends_soon_is_said_quietly_where_mail_is_written_and_listed() -> None:
    world = make_world(identities=[alice(not_after=NOW + 12 * DAY)])
    sentence = "Your certificate for signing and encryption expires in 12 days"
    async with stage(world.session) as on:
        await on.sees(sentence)
        await on.press("c")
        await on.sees("New Message")
        await on.sees(sentence)
        await on.sees("signed")
    async with stage(world.session) as on:
        await identities(on)
        await on.sees("expires in 12 days")


@needs_vectors
async def test_every_published_file_is_imported_and_what_is_not_supported_is_said_so() -> None:
    world = make_world(identities=[])
    async with stage(world.session) as on:
        await identities(on)
        for name, password in PUBLISHED.items():
            await act(on, "import")
            await on.until(lambda: isinstance(on.app.screen, ImportSheet))
            fill(on, path=VECTORS / name, password=password + "x")
            await on.press("enter", "enter")
            await on.sees("the password does not open this .p12 file")
            fill(on, password=password)
            await on.press("enter")
            if name == DSA:
                await on.sees("DSA key")
                await on.press("escape")
            await on.until(lambda: isinstance(on.app.screen, IdentitiesSheet), name)
        issued = {found.certificate.common_name for found in world.store.identities()}
        assert {"Alice Lovelace", "Bob Babbage"} <= issued


async def test_wrong_password_not_supported_and_damaged_are_three_sentences(tmp_path: Path) -> None:
    good = person(ALICE).pkcs12("secret")
    files = {
        "wrong": (good, "guess", "the password does not open this .p12 file"),
        "damaged": (good[: len(good) // 2], "secret", "damaged"),
        "other": (make_authority("X").issue("x@x.example", key="p256").key_pem, "", "private key as PEM text"),
    }
    world = make_world(identities=[])
    async with stage(world.session) as on:
        await identities(on)
        for name, (data, password, sentence) in files.items():
            (tmp_path / name).write_bytes(data)
            await act(on, "import")
            await on.until(lambda: isinstance(on.app.screen, ImportSheet))
            await on.press("enter", "enter")
            await on.sees("Type the path of a file")
            fill(on, path=tmp_path / name, password=password)
            await on.press("enter")
            await on.sees(sentence)
            await on.press("escape")
            await on.until(lambda: isinstance(on.app.screen, IdentitiesSheet))
    assert world.store.identities() == ()


async def test_of_several_accounts_the_one_that_is_named_uses_the_identity() -> None:
    both = corp().issue(ALICE.spec, TEAM.spec, key="p256", not_before=NOW - DAY).identity
    own = make_world(identities=[alice(not_before=NOW - DAY / 2), both])
    team = make_world(identities=own.session.identities.identities(), account=Account(address=TEAM))
    sessions = {"": own.session, TEAM.spec: team.session}
    kept: list[Account] = []
    preferences = Preferences(save_account=kept.append, accounts=(ALICE, TEAM))
    app = SmimetuiApp(lambda _ask, account: sessions[account], start=ShowList(), preferences=preferences)
    async with app.run_test(size=(80, 24)) as pilot:
        on = Stage(app, pilot)
        await identities(on)
        await on.sees("not used for new mail")
        rows = on.app.screen.query_one("#rows")
        rows.cursor = [row.note for row in rows.rows].index("not used for new mail")
        await on.press("enter")
        await on.sees("alice@corp.example: Not used for new mail")
        await on.sees("team@corp.example: Used for signing and decrypting")
        await act(on, "use")
        await on.sees("For which account?")
        await on.press("down", "enter")
        await on.sees("All of them open old mail")
        await act(on, "use-sign")
        await on.sees("team@corp.example: Used for signing and decrypting, as you chose")
        await on.until(lambda: kept)
        assert [(account.address, account.chosen(Purpose.SIGN)) for account in kept] == [
            (TEAM, both.certificate.sha256)
        ]
        assert own.session.account.chosen(Purpose.SIGN) == ""
