"""Revocation on the command line: asked where an anchor vouches, never in isolation, as the settings say."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smimetui.model.address import Address
from smimetui.model.message import Draft, Protection
from smimetui.smime.seal import seal
from tests.cli.running import Done, smimetui
from tests.pki import Issued, make_authority
from tests.published import Web, pointing, publishing, revocation_list

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
ROOT = make_authority("Command Root CA", not_before=NOW - 99 * DAY, not_after=NOW + 99 * DAY)
BOB = ROOT.issue("bob@corp.example", not_before=NOW - 9 * DAY, not_after=NOW + 9 * DAY)


@pytest.fixture
def web() -> Iterator[Web]:
    with publishing() as server:
        yield server


@pytest.fixture
def alice(web: Web) -> Issued:
    pointed = pointing(crl=web.uri("/ca.crl"))
    issued = ROOT.issue("alice@corp.example", not_before=NOW - 9 * DAY, not_after=NOW + 9 * DAY, extensions=pointed)
    web.put("/ca.crl", a_list(issued))
    return issued


def a_list(*revoked: Issued) -> bytes:
    hour = timedelta(hours=1)
    return revocation_list(ROOT, *revoked, this_update=NOW - hour, next_update=NOW + DAY, revoked_at=NOW - hour)


@pytest.fixture
def letter(alice: Issued, tmp_path: Path) -> Path:
    written = seal(
        Draft(sender=Address("alice", "corp.example"), to=(Address("bob", "corp.example"),), body="Hello"),
        protection=Protection(sign=True, encrypt=False),
        identity=alice.identity,
        recipients=(),
        message_id="<1@corp.example>",
        date=NOW,
    )
    path = tmp_path / "letter.eml"
    path.write_bytes(written)
    return path


@pytest.fixture
def anchor(tmp_path: Path) -> Path:
    path = tmp_path / "root.pem"
    path.write_bytes(ROOT.pem)
    return path


def settings(home: Path, text: str) -> None:
    folder = home / ".config/smimetui"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "settings.toml").write_text(text)


def signature(done: Done) -> tuple[str, list[str]]:
    assert done.code == 0, done.err
    report = done.json["signature"]
    return report["verdict"], report["problems"]


def test_open_asks_once_and_keeps_the_answer(letter: Path, anchor: Path, web: Web) -> None:
    for _ in range(2):
        assert signature(smimetui("open", letter, "--anchor", anchor, "--json")) == ("failed", ["REVOKED"])
    assert web.paths == ["/ca.crl"]


def test_isolated_asks_nobody(letter: Path, anchor: Path, web: Web, tmp_path: Path) -> None:
    assert signature(smimetui("open", letter, "--anchor", anchor, "--isolated", "--json")) == ("passed", [])
    listed = tmp_path / "ca.crl"
    listed.write_bytes(web.answers["/ca.crl"])
    done = smimetui("open", letter, "--anchor", anchor, "--isolated", "--crl", listed, "--json")
    assert signature(done) == ("failed", ["REVOKED"])
    assert web.requests == []


def test_lists_that_are_brought_must_speak_of_every_certificate(letter: Path, anchor: Path, tmp_path: Path) -> None:
    listed = tmp_path / "other.crl"
    listed.write_bytes(revocation_list(make_authority("Other Root CA")))
    done = smimetui("open", letter, "--anchor", anchor, "--isolated", "--crl", listed, "--json")
    assert signature(done) == ("indeterminate", ["REVOCATION_UNKNOWN"])


def test_without_an_anchor_nobody_is_asked(letter: Path, web: Web) -> None:
    assert signature(smimetui("open", letter, "--json")) == ("indeterminate", ["UNTRUSTED"])
    assert web.requests == []


def test_off_asks_nobody(letter: Path, anchor: Path, web: Web, own_world: Path) -> None:
    settings(own_world, 'revocation = "off"\n')
    assert signature(smimetui("open", letter, "--anchor", anchor, "--json")) == ("passed", [])
    assert web.requests == []


def test_hard_does_not_trust_what_cannot_be_checked(letter: Path, anchor: Path, web: Web, own_world: Path) -> None:
    web.answers.clear()
    soft = smimetui("open", letter, "--anchor", anchor, "--json")
    settings(own_world, 'revocation = "hard"\n')
    hard = smimetui("open", letter, "--anchor", anchor, "--json")
    assert signature(soft) == ("passed", [])
    assert signature(hard) == ("indeterminate", ["REVOCATION_UNKNOWN"])


def test_a_setting_that_is_none_is_explained(letter: Path, own_world: Path) -> None:
    settings(own_world, 'revocation = "sometimes"\n')
    done = smimetui("open", letter)
    assert done.code == 1
    assert "“revocation”: expected one of" in done.err
