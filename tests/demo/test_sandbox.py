"""The sandbox on disk: built whole or not at all, current, private, and apart from everything else."""

import json
import os
import stat
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from smimetui.demo.people import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    ERIN,
    FRANK,
    GINA,
    HENRY,
    IVY,
    JULIA_LEGAL,
    LONG,
    PROJECTS,
    TEAM,
    ZOFIE,
)
from smimetui.demo.sandbox import build_sandbox, open_sandbox, sandbox_mailbox, sandbox_outbox
from smimetui.model.address import parse_address
from smimetui.model.certificate import Source
from smimetui.model.errors import ConfigError, StoreCorruptError
from smimetui.model.message import Protection
from smimetui.model.verdict import Problem, RecipientState, Resolution

NOW = datetime.now(UTC).astimezone()


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def resolved(folder: Path, address: str) -> Resolution:
    return open_sandbox(folder).resolver.resolve(parse_address(address))


def test_nothing_but_the_folder_is_left_behind(tmp_path: Path) -> None:
    build_sandbox(tmp_path / "data/demo", now=NOW)
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["demo"]
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_only_its_owner_can_look_into_it(pristine: Path) -> None:
    assert stat.S_IMODE(pristine.stat().st_mode) == 0o700
    assert stat.S_IMODE((pristine / "passphrase").stat().st_mode) == 0o600
    assert stat.S_IMODE((pristine / "data/vault").stat().st_mode) == 0o600


def test_a_whole_sandbox_is_left_as_it_is(sandbox: Path) -> None:
    before = tree(sandbox)
    build_sandbox(sandbox, now=NOW)
    assert tree(sandbox) == before


def test_a_fresh_one_has_new_keys(sandbox: Path) -> None:
    before = open_sandbox(sandbox).identities.identities()[0].certificate
    build_sandbox(sandbox, fresh=True, now=NOW)
    assert open_sandbox(sandbox).identities.identities()[0].certificate != before
    assert [path.name for path in sandbox.parent.iterdir()] == ["demo"]


@pytest.mark.parametrize("marker", [None, b"", b"[]", b'{"version": 0}', b"\xff"])
def test_an_outdated_or_half_built_one_is_built_anew(sandbox: Path, marker: bytes | None) -> None:
    (sandbox / "sandbox.json").unlink()
    if marker is not None:
        (sandbox / "sandbox.json").write_bytes(marker)
    (sandbox / "gal.json").unlink()
    build_sandbox(sandbox, now=NOW)
    assert (sandbox / "gal.json").is_file()
    assert json.loads((sandbox / "sandbox.json").read_bytes())["version"] > 0


def test_a_folder_that_holds_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "thesis.tex").write_text("years of work")
    with pytest.raises(ConfigError, match=r"thesis\.tex"):
        build_sandbox(folder, fresh=True, now=NOW)
    assert (folder / "thesis.tex").read_text() == "years of work"


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "demo").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError):
        build_sandbox(tmp_path / "demo", now=NOW)
    assert not list((tmp_path / "elsewhere").iterdir())


def test_what_a_killed_build_left_goes_with_a_later_one(tmp_path: Path) -> None:
    old, young = tmp_path / ".demo-dead.building", tmp_path / ".demo-live.building"
    for leftover in (old, young):
        leftover.mkdir()
    long_ago = time.time() - 7200
    os.utime(old, (long_ago, long_ago))
    build_sandbox(tmp_path / "demo", now=NOW)
    assert not old.exists()
    assert young.exists()


def test_a_lost_passphrase_is_a_sentence_with_a_way_out(sandbox: Path) -> None:
    (sandbox / "passphrase").unlink()
    with pytest.raises(StoreCorruptError, match="--fresh"):
        open_sandbox(sandbox)


def test_you_are_alice_and_the_vault_opens_by_itself_and_says_so(pristine: Path) -> None:
    session = open_sandbox(pristine)
    (identity,) = session.identities.identities()
    assert session.account.address.spec == "alice@corp.example"
    assert identity.certificate.addresses == ("alice@corp.example",)
    assert session.composer.can_sign()
    assert session.composer.can_encrypt()
    assert "by itself" in session.notice


@pytest.mark.parametrize(
    ("address", "source"),
    [
        (ALICE.address, Source.INSTALLED),
        (BOB.address, Source.GAL),
        (CAROL.address, Source.GAL),
        (JULIA_LEGAL.address, Source.GAL),
        (LONG.address, Source.GAL),
        (ZOFIE.address, Source.GAL),
        (FRANK.address, Source.CONTACTS),
        ("nora@supplier.example", Source.CONTACTS),
    ],
)
def test_who_can_be_written_to_and_by_whose_word(pristine: Path, address: str, source: Source) -> None:
    resolution = resolved(pristine, address)
    assert resolution.state is RecipientState.READY
    assert resolution.chosen is not None
    assert resolution.chosen.source is source


@pytest.mark.parametrize(
    ("address", "problem", "word"),
    [
        (GINA.address, Problem.NOT_FOUND, "no certificate"),
        (HENRY.address, Problem.NAME_MISMATCH, "henry.hoang@old-corp.example"),
        (IVY.address, Problem.WRONG_USAGE, "signing only"),
        ("oskar@club.example", Problem.NOT_FOUND, "no certificate"),
        (DAVE, Problem.NOT_FOUND, "no certificate in the address list, contacts or installed"),
        (ERIN.address, Problem.NOT_FOUND, "no certificate"),
    ],
)
def test_who_cannot_be_written_to_and_why(pristine: Path, address: str, problem: Problem, word: str) -> None:
    resolution = resolved(pristine, address)
    assert resolution.state is RecipientState.BLOCKED
    assert resolution.problems == (problem,)
    assert word in resolution.reason


def test_the_expired_certificate_of_the_address_list_is_seen_and_passed_over(pristine: Path) -> None:
    problems = {candidate.source: candidate.problems for candidate in resolved(pristine, FRANK.address).candidates}
    assert problems == {Source.GAL: (Problem.EXPIRED,), Source.CONTACTS: ()}


def test_a_list_whose_members_can_all_be_written_to_is_ready(pristine: Path) -> None:
    found = resolved(pristine, TEAM.address)
    assert found.state is RecipientState.READY
    assert [member.address.spec for member in found.members] == [member.address for member in TEAM.members]


def test_a_list_with_one_member_who_has_no_certificate_is_blocked_and_names_them(pristine: Path) -> None:
    found = resolved(pristine, PROJECTS.address)
    assert found.state is RecipientState.BLOCKED
    assert len(found.members) == 6
    assert found.reason.startswith("1 of 6 members cannot be written to, gina@corp.example: no certificate")


def test_every_certificate_of_the_address_list_can_be_judged(pristine: Path) -> None:
    session = open_sandbox(pristine)
    (gal, _) = session.directories
    entries = gal.complete("corp.example", 500)
    assert len(entries) == 202
    states = [session.resolver.resolve(parse_address(entry.addresses[0])).state for entry in entries]
    assert states.count(RecipientState.READY) > 150
    assert RecipientState.UNREACHABLE not in states


def test_sending_leaves_the_bytes_in_sent_and_in_the_outbox(sandbox: Path) -> None:
    session = open_sandbox(sandbox)
    draft = session.composer.new((BOB.mailbox,), subject="Q3", body="secret\n")
    session.composer.send(draft, Protection(sign=True, encrypt=True))
    (envelope,) = sandbox_outbox(sandbox).glob("*.eml")
    (filed,) = (sandbox_mailbox(sandbox) / ".Sent/cur").iterdir()
    assert envelope.read_bytes() == filed.read_bytes()
    assert b"secret" not in envelope.read_bytes()


def test_what_the_person_changes_in_the_settings_of_the_sandbox_counts(sandbox: Path) -> None:
    settings = sandbox / "config/settings.toml"
    settings.write_text(settings.read_text().replace("encrypt_by_default = true", "encrypt_by_default = false"))
    assert not open_sandbox(sandbox).composer.wanted(None)
