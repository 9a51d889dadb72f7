"""The certificates place and the anchors: search, import from every kind of file, add and remove with open eyes."""

from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from threading import Event

from smimetui.model.errors import StoreUnavailableError
from smimetui.ui.screens.anchors import AnchorSheet, AnchorsSheet
from smimetui.ui.screens.certificate import two_lines
from smimetui.ui.screens.certificates import CertificatesSheet
from smimetui.ui.screens.choice import ChoiceSheet
from smimetui.ui.screens.path import PathSheet
from tests.adapters.places import certificate
from tests.pki import make_authority
from tests.services.world import BOB, DAVE, ERIN, make_world, partner, person
from tests.ui.stage import Stage, stage
from tests.ui.test_own_keys import act, fill, open_row


async def place(on: Stage, kind: type, *steps: str) -> None:
    await on.sees("0 messages")
    await on.press("m", "end", *steps, "enter")
    await on.until(lambda: isinstance(on.app.screen, kind))


async def open_file(on: Stage, name: str, path: Path) -> None:
    await act(on, name)
    await on.until(lambda: isinstance(on.app.screen, PathSheet))
    fill(on, path=path)
    await on.press("enter")


async def test_a_vcard_is_installed_after_its_fingerprint_was_shown(tmp_path: Path) -> None:
    world, file, erin = make_world(), tmp_path / "erin.vcf", person(ERIN).certificate
    file.write_bytes(b"BEGIN:VCARD\r\nVERSION:3.0\r\nKEY;ENCODING=b:" + b64encode(erin.der) + b"\r\nEND:VCARD\r\n")
    async with stage(world.session) as on:
        await place(on, CertificatesSheet, "up", "up", "up")
        await on.sees("No certificate is installed")
        await open_file(on, "import", file)
        for line in two_lines(erin.sha256).splitlines():
            await on.sees(line)
        assert world.store.installed() == ()
        await act(on, "cancel")
        await on.until(lambda: isinstance(on.app.screen, CertificatesSheet))
        assert world.store.installed() == ()
        await open_file(on, "import", file)
        await act(on, "install")
        await on.sees("Installed.")
        await on.sees("erin@partner.example")
    assert [entry.addresses for entry in world.store.installed()] == [("erin@partner.example",)]


async def test_many_certificates_are_named_before_they_are_installed_and_authorities_left_out(tmp_path: Path) -> None:
    world, file = make_world(), tmp_path / "many.pem"
    issued = [partner().issue(f"p{number}@partner.example", key="p256") for number in range(8)]
    file.write_bytes(b"".join(item.pem for item in issued) + partner().pem)
    async with stage(world.session) as on:
        await place(on, CertificatesSheet, "up", "up", "up")
        await open_file(on, "import", file)
        await on.sees("p5@partner.example")
        await on.sees("and 2 more")
        await on.sees("they name no address: 1.")
        await act(on, "install")
        await on.sees("8 certificates installed.")
    assert len(world.store.installed()) == 8
    assert world.store.anchors() == make_world().store.anchors()


async def test_a_file_that_is_of_no_use_is_a_sentence(tmp_path: Path) -> None:
    authority, noise = tmp_path / "ca.pem", tmp_path / "noise"
    authority.write_bytes(partner().pem)
    noise.write_bytes(b"noise")
    async with stage(make_world().session) as on:
        await place(on, CertificatesSheet, "up", "up", "up")
        await open_file(on, "import", authority)
        await on.sees("names a mail address")
        await open_file(on, "import", noise)
        await on.sees("the file holds no certificate")
        await open_file(on, "import", tmp_path / "missing")
        await on.sees("is not a file")


async def test_the_search_finds_names_and_addresses_and_says_when_there_is_none() -> None:
    world = make_world()
    world.install(person(BOB).certificate, person(DAVE).certificate)
    async with stage(world.session) as on:
        await place(on, CertificatesSheet, "up", "up", "up")
        await on.sees("dave@ext.example")
        await on.press("slash")
        await on.type("DAVE")
        await on.until(lambda: "bob@corp.example" not in on.text)
        assert "dave@ext.example" in on.text
        await on.type("x")
        await on.sees("Nothing matches.")


async def test_thousands_are_listed_and_searched_without_reading_them() -> None:
    """What stands in their place is no certificate at all."""
    world = make_world()
    entries = (replace(certificate(number), name=f"Person Number {number}") for number in range(5_000))
    world.store.install(*entries)
    async with stage(world.session) as on:
        await place(on, CertificatesSheet, "up", "up", "up")
        await on.sees("Person Number 4999")
        await on.press("slash")
        await on.type("number 1234")
        await on.until(lambda: "Person Number 4999" not in on.text)
        await on.sees("Person Number 1234")


async def test_the_search_finds_an_address_that_a_certificate_was_not_installed_for() -> None:
    world = make_world()
    both = partner().issue("erin@partner.example", "Second@Else.example", key="p256").certificate
    world.install(both, addresses=[ERIN])
    world.install(person(BOB).certificate)
    async with stage(world.session) as on:
        await place(on, CertificatesSheet, "up", "up", "up")
        await on.sees("bob@corp.example")
        await on.press("slash")
        await on.type("second@else")
        await on.until(lambda: "bob@corp.example" not in on.text)
        assert "erin@partner.example" in on.text


async def test_an_authority_is_trusted_only_after_its_fingerprint_was_shown_and_the_second_word_chosen(
    tmp_path: Path,
) -> None:
    world, file, second = make_world(anchors=[]), tmp_path / "ca.pem", make_authority("Second Root")
    file.write_bytes(partner().pem + second.pem)
    async with stage(world.session) as on:
        await place(on, AnchorsSheet, "up", "up")
        await on.sees("No authority of your own")
        await open_file(on, "add", file)
        await on.until(lambda: isinstance(on.app.screen, ChoiceSheet))
        for line in two_lines(partner().certificate.sha256).splitlines():
            await on.sees(line)
        await on.press("enter")
        await on.sees("Second Root")
        assert world.store.anchors() == ()
        await act(on, "trust")
        await on.sees("Trusted from now on.")
        await on.until(lambda: world.store.anchors() == (second.der,))
        await open_row(on)
        await on.until(lambda: isinstance(on.app.screen, AnchorSheet))
        await act(on, "back")
        await on.until(lambda: isinstance(on.app.screen, AnchorsSheet))
        await open_row(on)
        await on.until(lambda: isinstance(on.app.screen, AnchorSheet))
        await act(on, "remove")
        await on.sees("No authority of your own")
    assert world.store.anchors() == ()


async def test_a_person_is_no_anchor(tmp_path: Path) -> None:
    file = tmp_path / "bob.pem"
    file.write_bytes(person(BOB).pem)
    async with stage(make_world().session) as on:
        await place(on, AnchorsSheet, "up", "up")
        await on.sees("Corp CA")
        await open_file(on, "add", file)
        await on.sees("this file holds no authority")


async def test_escape_in_the_middle_of_several_authorities_asks_about_no_other(tmp_path: Path) -> None:
    world, file = make_world(anchors=[]), tmp_path / "ca.pem"
    file.write_bytes(partner().pem + make_authority("Second Root").pem)
    async with stage(world.session) as on:
        await place(on, AnchorsSheet, "up", "up")
        await open_file(on, "add", file)
        await on.until(lambda: isinstance(on.app.screen, ChoiceSheet))
        await on.press("escape")
        await on.until(lambda: isinstance(on.app.screen, AnchorsSheet))
    assert world.store.anchors() == ()


async def test_what_was_wrong_with_the_store_is_taken_back_once_it_takes_the_change() -> None:
    world = make_world()
    world.install(person(BOB).certificate)
    remove, gate = world.store.remove, Event()

    def refused(_sha256: str) -> None:
        raise StoreUnavailableError("the keyring is gone", "start it")

    def slow(sha256: str) -> None:
        gate.wait(20)
        remove(sha256)

    async with stage(world.session) as on:
        await place(on, CertificatesSheet, "up", "up", "up")
        await on.sees("bob@corp.example")
        await on.press("enter")
        await on.sees("Remove")
        world.store.remove = refused
        await act(on, "remove")
        await on.sees("the keyring is gone (start it)")
        world.store.remove = slow
        await act(on, "remove")
        await on.sees("Waiting for the store…")
        assert "the keyring is gone" not in on.text
        gate.set()
        await on.until(lambda: "Remove" not in on.text and "Waiting" not in on.text, "it is removed")
    assert world.store.installed() == ()
