"""`account`: what the settings hold, and what works."""

from pathlib import Path

import pytest

from tests.cli.running import one_line, smimetui


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    return tmp_path / "Mail"


def test_an_account_is_added_listed_checked_and_removed(mail: Path) -> None:
    assert smimetui("account", "list").out == "there is no account yet\n"
    added = smimetui("account", "add", "Alice Archer <alice@corp.example>", "--path", mail)
    assert (added.code, added.err) == (0, "")
    assert (mail / "cur").is_dir()
    listed = smimetui("account", "list", "--json").json
    assert [(entry["address"], entry["default"]) for entry in listed] == [("alice@corp.example", True)]
    checked = smimetui("account", "check", "alice@corp.example")
    assert checked.code == 0
    assert "works: mailbox: 0 messages in Inbox" in checked.out
    assert "does not work: signing: you have no certificate of your own" in checked.out
    assert smimetui("account", "remove", "alice@corp.example").code == 0
    assert smimetui("account", "list").out == "there is no account yet\n"
    assert (mail / "cur").is_dir()


def test_the_first_account_is_the_default(mail: Path, tmp_path: Path) -> None:
    smimetui("account", "add", "alice@corp.example", "--path", mail)
    smimetui("account", "add", "bob@corp.example", "--path", tmp_path / "Other")
    assert [entry["default"] for entry in smimetui("account", "list", "--json").json] == [True, False]
    assert "(default)" in smimetui("account", "list").out.splitlines()[0]


def test_a_second_account_of_the_same_address_is_refused(mail: Path) -> None:
    smimetui("account", "add", "alice@corp.example", "--path", mail)
    done = smimetui("account", "add", "ALICE@corp.example", "--path", mail)
    assert done.code == 1
    assert one_line(done.err)


@pytest.mark.parametrize(
    "options",
    [
        ["--backend", "maildir"],
        ["--backend", "maildir", "--path", "x", "--login", "alice"],
        ["--path", "x", "--auth", "ntlm"],
    ],
)
def test_what_is_missing_or_too_much_is_a_wrong_command_line(options: list[str]) -> None:
    done = smimetui("account", "add", "alice@corp.example", *options)
    assert done.code == 2
    assert one_line(done.err)


def test_an_address_alone_is_an_exchange_account_whose_password_is_asked_for() -> None:
    done = smimetui("account", "add", "alice@corp.example")
    assert done.code == 1
    assert one_line(done.err)
    assert "Password of alice@corp.example is needed" in done.err


def test_a_folder_that_holds_other_things_is_left_alone(mail: Path) -> None:
    mail.mkdir()
    (mail / "thesis.tex").write_text("years of work")
    done = smimetui("account", "add", "alice@corp.example", "--path", mail)
    assert done.code == 1
    assert [path.name for path in mail.iterdir()] == ["thesis.tex"]


def test_a_file_is_no_folder(mail: Path) -> None:
    mail.write_text("")
    assert smimetui("account", "add", "alice@corp.example", "--path", mail).code == 1


def test_a_home_that_nobody_has_is_a_name_like_any_other(
    own_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = smimetui("account", "add", "alice@corp.example", "--path", "~nobody-of-this-name/Mail")
    assert (done.code, done.err) == (0, "")
    assert (tmp_path / "~nobody-of-this-name" / "Mail" / "cur").is_dir()


@pytest.mark.parametrize("action", ["check", "remove"])
def test_an_account_that_is_not_there_is_named(mail: Path, action: str) -> None:
    smimetui("account", "add", "alice@corp.example", "--path", mail)
    done = smimetui("account", action, "zoe@corp.example")
    assert done.code == 1
    assert one_line(done.err)
    assert "zoe@corp.example" in done.err


def test_checking_without_any_account_says_what_to_do() -> None:
    done = smimetui("account", "check")
    assert done.code == 1
    assert "account add" in done.err


def test_broken_settings_are_a_sentence_with_their_place(mail: Path, own_world: Path) -> None:
    smimetui("account", "add", "alice@corp.example", "--path", mail)
    (settings,) = own_world.rglob("settings.toml")
    settings.write_text("theme = 5\n")
    for command in (["account", "list"], ["check", "bob@corp.example"]):
        done = smimetui(*command)
        assert done.code == 1
        assert one_line(done.err)
        assert "settings.toml" in done.err
    assert settings.read_text() == "theme = 5\n"


def test_the_sandbox_has_its_account_and_everything_works(sandbox: Path) -> None:
    done = smimetui("demo", "account", "check")
    assert done.code == 0
    assert "does not work" not in done.out
    assert "works: mailbox: 12 messages in Inbox" in done.out
    assert "take care" not in done.out
    assert "its vault opens by itself" in done.out


def test_a_certificate_that_ends_soon_is_something_to_take_care_of(sandbox: Path) -> None:
    from datetime import UTC, datetime, timedelta

    from smimetui.demo.sandbox import open_sandbox
    from tests.pki import make_authority

    store = open_sandbox(sandbox).identities
    for identity in store.identities():
        store.remove_identity(identity.certificate.sha256)
    now = datetime.now(UTC)
    issued = make_authority("Corp CA").issue(
        "alice@corp.example", key="p256", not_before=now - timedelta(days=9), not_after=now + timedelta(days=5, hours=1)
    )
    store.add_identity(issued.pkcs8, issued.der, [])
    done = smimetui("demo", "account", "check")
    assert "take care: validity: your certificate for signing and encryption expires in 5 days" in done.out
    assert "expires in 5 days" in smimetui("demo", "identity", "list").out
