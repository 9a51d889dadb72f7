"""Exchange accounts on the command line, against a server over sockets."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from smimetui.__main__ import Home
from smimetui.demo.exchange import ExchangeServer
from smimetui.demo.exchange.certificate import Tls
from smimetui.demo.exchange.login import Scheme
from smimetui.model.address import parse_address
from smimetui.model.certificate import Source
from smimetui.model.errors import ConfigError
from smimetui.model.message import Draft, Protection
from smimetui.ui.account_book import NewAccount
from tests.adapters.exchange.authority import CLIENT, authority
from tests.cli.running import Done, one_line, smimetui
from tests.pki import make_authority

ALICE, CAROL = "alice@corp.example", "carol@corp.example"
PASSWORD = "open sesame"
CORP = make_authority("Corp CA")
MINE, HERS, OTHER = CORP.issue(ALICE), CORP.issue(CAROL), CORP.issue(ALICE, key_name="somebody else's")


def never(question: str) -> str:
    raise AssertionError(f"asked: {question}")


@pytest.fixture
def server() -> Iterator[ExchangeServer]:
    with ExchangeServer(tls=Tls.PRIVATE_CA) as running:
        running.add_mailbox(ALICE, PASSWORD, name="Alice Archer")
        running.publish("Carol Chen", [CAROL], [HERS.der])
        yield running
    assert running.front.crashes == []


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """Return a folder with the vault's passphrase and the account's password."""
    (tmp_path / "passphrase").write_text("of the vault\n")
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    return tmp_path


def run(secrets: Path, *arguments: object) -> Done:
    return smimetui(*arguments, "--passphrase-file", secrets / "passphrase")


def add(secrets: Path, server: ExchangeServer, *options: object, endpoint: str = "") -> Done:
    return run(
        secrets,
        *("account", "add", f"Alice Archer <{ALICE}>", "--endpoint", endpoint or server.autodiscover_url),
        *("--password-file", secrets / "password", "--anchor", server.ca_file, *options),
    )


def test_an_account_is_found_added_used_and_removed(server: ExchangeServer, secrets: Path, own_world: Path) -> None:
    added = add(secrets, server)
    assert (added.code, added.err) == (0, "")
    assert f"added: {ALICE}, {server.url}" in added.out
    assert "works: login: alice@corp.example at 127.0.0.1 by a password (NTLM)" in added.out
    assert "works: sending: messages leave as alice@corp.example" in added.out
    (listed,) = run(secrets, "account", "list", "--json").json
    assert (listed["backend"], listed["endpoint"], listed["auth"]) == ("exchange", server.url, "ntlm")
    (found,) = run(secrets, "check", CAROL, "--json").json
    assert (found["state"], found["source"]) == ("ready", "gal")
    removed = run(secrets, "account", "remove", ALICE)
    assert removed.code == 0
    assert run(secrets, "account", "list").out == "there is no account yet\n"
    with_secrets = Home(secrets / "passphrase").store()
    assert with_secrets.secrets() == ()


def test_another_s_mailbox_is_added_with_ones_own_login_and_needs_care_in_sending(
    server: ExchangeServer, secrets: Path
) -> None:
    server.add_mailbox("team@corp.example", "unused", name="Team")
    server.share("team@corp.example", ALICE, ["Read", "CreateContents"])
    added = run(
        secrets,
        *("account", "add", "team@corp.example", "--endpoint", server.url, "--login", ALICE),
        *("--password-file", secrets / "password", "--anchor", server.ca_file),
    )
    assert "works: mailbox: 0 messages in Inbox" in added.out
    assert "take care: sending: this mailbox is not the login's own" in added.out


def test_a_private_authority_in_the_system_s_trust_store_counts_without_a_word(
    server: ExchangeServer, secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = ("account", "add", ALICE, "--endpoint", server.url, "--password-file", secrets / "password")
    refused = run(secrets, *bare)
    assert refused.code == 1
    assert "the TLS certificate of 127.0.0.1 is not valid here" in refused.err
    monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_file))
    assert (run(secrets, *bare).code, run(secrets, "account", "check").code) == (0, 0)


def test_a_private_authority_stays_the_one_that_was_given_whatever_becomes_of_its_file(
    server: ExchangeServer, secrets: Path, own_world: Path
) -> None:
    given = secrets / "corp.pem"
    given.write_bytes(MINE.key_pem + server.ca_file.read_bytes())
    added = run(
        secrets,
        *("account", "add", ALICE, "--endpoint", server.url, "--password-file", secrets / "password"),
        *("--anchor", given),
    )
    assert (added.code, added.err) == (0, "")
    given.write_bytes(CORP.pem)
    (found,) = run(secrets, "check", CAROL, "--json").json
    assert (found["state"], found["source"]) == ("ready", "gal")
    given.unlink()
    assert run(secrets, "account", "check").code == 0
    (settings,) = own_world.rglob("settings.toml")
    kept = settings.read_text()
    assert 'anchor = """-----BEGIN CERTIFICATE-----\n' in kept
    assert "PRIVATE KEY" not in kept


def test_the_password_is_in_the_vault_and_in_no_file(server: ExchangeServer, secrets: Path, own_world: Path) -> None:
    add(secrets, server)
    found = subprocess.run(["grep", "-rl", PASSWORD, str(own_world)], capture_output=True, text=True, check=False)
    assert found.stdout == ""
    (settings,) = own_world.rglob("settings.toml")
    assert 'version = "15.2.1544.4"' in settings.read_text()


def test_a_start_asks_the_server_nothing_until_it_is_needed(server: ExchangeServer, secrets: Path) -> None:
    add(secrets, server)
    before = len(server.requests)
    session = Home(secrets / "passphrase").session(None)
    assert len(server.requests) == before
    session.resolver.resolve(parse_address(CAROL))
    assert {request.operation for request in server.requests[before:]} == {"ResolveNames"}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--auth", "basic", "--login", "CORP\\nobody"], "127.0.0.1 refused the login"),
        (["--anchor", "/nowhere.pem"], "the private authority /nowhere.pem cannot be read"),
        (["--endpoint", "http://mail.corp.example"], "would send the password in the clear"),
    ],
)
def test_what_does_not_work_is_one_line_and_nothing_is_kept(
    server: ExchangeServer, secrets: Path, options: list[str], sentence: str
) -> None:
    done = add(secrets, server, *options)
    assert done.code == 1
    assert one_line(done.err)
    assert sentence in done.err
    assert run(secrets, "account", "list").out == "there is no account yet\n"
    store = Home(secrets / "passphrase").store()
    assert store.secret(f"password:{ALICE}") is None


@pytest.mark.parametrize(
    "options",
    [["--backend", "exchange", "--path", "x"], ["--auth", "oauth"], ["--backend", "maildir", "--client-id", "x"]],
)
def test_options_that_do_not_belong_together_are_a_wrong_command_line(options: list[str]) -> None:
    done = smimetui("account", "add", ALICE, *options)
    assert done.code == 2
    assert one_line(done.err)


def test_without_a_terminal_the_password_comes_from_a_file(server: ExchangeServer, secrets: Path) -> None:
    done = run(secrets, "account", "add", ALICE, "--endpoint", server.url, "--anchor", server.ca_file)
    assert done.code == 1
    assert "--password-file" in done.err


def test_a_second_account_of_the_same_address_keeps_the_first_ones_password(
    server: ExchangeServer, secrets: Path
) -> None:
    add(secrets, server)
    assert add(secrets, server).code == 1
    with pytest.raises(ConfigError, match="there is an account"):
        Home(secrets / "passphrase").accounts.add(NewAccount(address=ALICE, backend="exchange"), ask=never, tell=print)
    assert run(secrets, "check", CAROL).code == 0


def test_an_expired_password_is_said_and_a_new_one_set(server: ExchangeServer, secrets: Path) -> None:
    add(secrets, server)
    server.expire_password(ALICE)
    checked = run(secrets, "check", CAROL)
    assert checked.code == 3
    assert "could not check: 127.0.0.1 refused the login" in checked.out
    report = run(secrets, "account", "check")
    assert "does not work: login: 127.0.0.1 refused the login" in report.out
    assert "works: mailbox" not in report.out
    server.renew_password(ALICE, "another")
    assert run(secrets, "account", "login", ALICE, "--password-file", secrets / "password").code == 1
    (secrets / "password").write_text("another\n")
    renewed = run(secrets, "account", "login", ALICE, "--password-file", secrets / "password")
    assert renewed.out == "works: login as alice@corp.example at 127.0.0.1\n"
    assert run(secrets, "check", CAROL).code == 0


def test_only_an_exchange_account_has_a_login(secrets: Path, tmp_path: Path) -> None:
    smimetui("account", "add", ALICE, "--path", tmp_path / "Mail")
    assert smimetui("account", "login", ALICE, "--password-file", secrets / "password").code == 1
    assert smimetui("account", "login", CAROL, "--password-file", secrets / "password").code == 1


def own_key(secrets: Path, tmp_path: Path) -> None:
    (tmp_path / "alice.p12").write_bytes(MINE.pkcs12("p12"))
    (tmp_path / "p12").write_text("p12\n")
    done = run(secrets, "identity", "import", tmp_path / "alice.p12", "--password-file", tmp_path / "p12")
    assert done.code == 0, done.err


@pytest.mark.parametrize(
    ("published", "sentence"),
    [
        (OTHER, "does not work: own certificate: the address list publishes another certificate for you"),
        (MINE, "works: own certificate: the address list publishes yours, valid until"),
    ],
)
def test_a_published_certificate_whose_key_one_does_not_hold_is_said(
    server: ExchangeServer, secrets: Path, tmp_path: Path, published: object, sentence: str
) -> None:
    server.publish("Alice Archer", [ALICE], [published.der])
    add(secrets, server)
    own_key(secrets, tmp_path)
    checked = run(secrets, "account", "check").out
    assert sentence in checked


def test_a_message_is_sealed_for_somebody_in_the_address_list_and_leaves_once(
    server: ExchangeServer, secrets: Path, tmp_path: Path
) -> None:
    server.add_mailbox(CAROL, "hers")
    add(secrets, server)
    own_key(secrets, tmp_path)
    session = Home(secrets / "passphrase").session(None)
    to, bcc = parse_address(CAROL), parse_address("dave@ext.example")
    server.publish("Dave", [bcc.spec], [CORP.issue(bcc.spec).der], contacts_of=ALICE)
    draft = Draft(sender=session.account.address, to=(to,), bcc=(bcc,), subject="Q3", body="figures\n")
    report = session.composer.send(draft, Protection(sign=True, encrypt=True))
    assert report.complete
    assert report.warnings == ()
    assert [sent.recipients for sent in server.sent] == [(CAROL,), (bcc.spec,)]
    assert b"figures" not in server.sent[0].mime
    page = session.mailbox.page("Sent", offset=0, limit=5)
    assert page.total == 1
    opened = session.reader.open(session.mailbox.fetch("Sent", page.rows[-1].uid))
    assert opened.body.strip() == "figures"
    assert len(server.items(CAROL, "inbox")) == 1


def test_the_own_directories_come_first_and_then_the_other_accounts(
    server: ExchangeServer, secrets: Path, tmp_path: Path
) -> None:
    smimetui("account", "add", "me@home.example", "--path", tmp_path / "Mail")
    add(secrets, server)
    home = Home(secrets / "passphrase")
    work, private = home.session(ALICE), home.session("me@home.example")
    assert [directory.source for directory in work.directories] == [Source.GAL, Source.CONTACTS]
    assert work.other_directories == ()
    assert private.directories == ()
    assert [directory.source for directory in private.other_directories] == [Source.GAL, Source.CONTACTS]
    assert work.contacts is not None
    assert private.contacts is None
    assert private.resolver.resolve(parse_address(CAROL)).chosen is not None


def test_another_account_that_cannot_be_set_up_stops_nobody_else(
    server: ExchangeServer, secrets: Path, tmp_path: Path, own_world: Path
) -> None:
    smimetui("account", "add", "me@home.example", "--path", tmp_path / "Mail")
    add(secrets, server)
    (settings,) = own_world.rglob("settings.toml")
    before, _, rest = settings.read_text().partition('anchor = """')
    settings.write_text(f'{before}anchor = "/gone.pem"{rest.partition(chr(34) * 3)[2]}')
    home = Home(secrets / "passphrase")
    assert home.session("me@home.example").other_directories == ()
    with pytest.raises(ConfigError, match="gone"):
        home.session(ALICE)


def test_the_screen_adds_an_account_as_the_command_does(secrets: Path, tmp_path: Path) -> None:
    with ExchangeServer() as server:
        server.add_mailbox(ALICE, PASSWORD)
        home = Home(secrets / "passphrase")
        new = NewAccount(address=ALICE, backend="exchange", endpoint=server.autodiscover_url, password=PASSWORD)
        assert home.accounts.add(new, ask=never, tell=print).spec == ALICE
        assert home.session(None).mailbox.page("Inbox", offset=0, limit=1).total == 0
        for wrong in (
            NewAccount(address="bob@corp.example", backend="maildir"),
            NewAccount(address="bob@corp.example", backend="exchange", endpoint=server.url, auth="gssapi"),
        ):
            with pytest.raises(ConfigError):
                home.accounts.add(wrong, ask=never, tell=print)
        own = NewAccount(address="b@c.example", backend="maildir", path=str(tmp_path / "Mail"))
        home.accounts.add(own, ask=never, tell=print)
        listed = home.accounts.listed()
        assert [(found.backend, found.where, found.auth) for found in listed] == [
            ("exchange", "127.0.0.1", "ntlm"),
            ("maildir", str(tmp_path / "Mail"), ""),
        ]
        with pytest.raises(ConfigError, match="no login"):
            home.accounts.log_in(listed[1].account.address, "x", ask=never, tell=print)
        home.accounts.make_default(listed[1].account.address)
        assert [found.backend for found in home.accounts.listed()] == ["maildir", "exchange"]
        home.accounts.remove(listed[0].account.address, ask=never)
        assert [found.backend for found in home.accounts.listed()] == ["maildir"]
        assert home.store().secrets() == ()


def test_signing_in_by_a_device_code_shows_it_and_keeps_the_tokens(secrets: Path, tmp_path: Path) -> None:
    with authority(tmp_path) as login, ExchangeServer(schemes=[Scheme.BEARER]) as server:
        server.add_mailbox(ALICE, "unused")
        server.publish("Carol Chen", [CAROL], [HERS.der])
        server.accept_token("access-1", ALICE)
        (tmp_path / "login.pem").write_text(login.pem)
        done = run(
            secrets,
            *("account", "add", ALICE, "--endpoint", server.url, "--auth", "oauth", "--client-id", CLIENT),
            *("--authority", login.url, "--anchor", tmp_path / "login.pem"),
        )
        assert (done.code, done.err) == (0, "")
        assert "Open https://login.example/device in a browser, anywhere, and type the code ABCD-1234" in done.out
        assert "works: login: alice@corp.example at 127.0.0.1 by OAuth" in done.out
        assert run(secrets, "check", CAROL).code == 0
        assert "token:" in "".join(Home(secrets / "passphrase").store().secrets())
        again = run(secrets, "account", "login", ALICE)
        assert "type the code ABCD-1234" in again.out
