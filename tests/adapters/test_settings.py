import os
import subprocess
import sys
from multiprocessing import get_context
from pathlib import Path

import msgspec
import pytest

from smimetui.adapters.settings import (
    AccountSettings,
    Settings,
    change_settings,
    load_settings,
    save_settings,
    with_account,
)
from smimetui.model.address import parse_address
from smimetui.model.errors import ConfigError

WRITTEN = """\
# my own words
theme = "dark"  # for the night

[[account]]
# the office
address = "Alice Example <alice@corp.example>"  # me
path = "~/Mail"

[[account]]
address = "other@x.example"
path = "/mail"
sign_by_default = false

[keys]
# as in the old program
send = "f10"
lock = "f9"
"""
ALICE = AccountSettings(address="Alice Example <alice@corp.example>", path="~/Mail")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.toml"


@pytest.fixture
def written(path: Path) -> Path:
    path.parent.mkdir()
    path.write_text(WRITTEN)
    return path


def with_(settings: Settings, **changes: object) -> Settings:
    return msgspec.structs.replace(settings, **changes)


def test_without_a_file_the_defaults_hold_and_none_is_written(path: Path) -> None:
    settings = load_settings(path)
    assert (settings.theme, settings.glyphs, settings.store) == ("dark", "auto", "auto")
    assert settings.accounts == ()
    assert settings.keys == {}
    assert not path.parent.exists()


@pytest.mark.parametrize("wrong", ["-1", '"soon"', "1.5", "100001"])
def test_the_time_until_the_store_locks_itself_is_a_number_of_minutes(path: Path, wrong: str) -> None:
    assert load_settings(path).lock_after == 15
    path.parent.mkdir()
    path.write_text("lock_after = 0")
    assert load_settings(path).lock_after == 0
    change_settings(path, lambda settings: with_(settings, lock_after=30))
    assert path.read_text() == "lock_after = 30"
    path.write_text(f"lock_after = {wrong}")
    with pytest.raises(ConfigError, match="“lock_after”: expected a whole number of minutes, 0 for never"):
        load_settings(path)


def test_a_file_is_read_as_it_was_written(written: Path, own_world: Path) -> None:
    settings = load_settings(written)
    first, second = settings.accounts
    assert first == ALICE
    assert first.mailbox.display_name == "Alice Example"
    assert first.folder == own_world / "Mail"
    assert (first.backend, first.encrypt_by_default, first.sign_by_default, first.directory_vouches) == (
        "maildir",
        True,
        True,
        True,
    )
    assert not second.sign_by_default
    assert settings.keys == {"send": "f10", "lock": "f9"}
    assert settings.account(parse_address("ALICE@CORP.example")) is first
    assert settings.account(parse_address("nobody@x.example")) is None


EXCHANGE = (
    '[[account]]\naddress = "a@b.c"\nbackend = "exchange"\nauth = "ntlm"\nendpoint = "https://b.c/EWS/Exchange.asmx"\n'
)
ACCOUNT = '[[account]]\naddress = "a@b.c"\npath = "x"\n'


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("theme = 3", "“theme”: expected a theme's name in quotes, not a number"),
        ('glyphs = "runes"', '“glyphs”: expected one of "auto", "emoji", "unicode", "ascii"'),
        ("store = true", '“store”: expected one of "auto", "keyring", "vault", not true or false'),
        ("colour = 1", "“colour” is no setting"),
        ('account = "a@b.c"', "“account”: expected tables that start with [[account]], not a text"),
        ("account = [3]", "“account”: expected tables that start with [[account]], not a number"),
        ('[[account]]\naddress = "a@b.c"', "account 1, “path”: expected a folder's path in quotes"),
        (f'{ACCOUNT}[[account]]\npath = "x"', "account 2, “address”: expected a mail address in quotes"),
        (f"{ACCOUNT}colour = 1", "account 1, “colour” is no setting"),
        (f'{ACCOUNT}sign_by_default = "yes"', "account 1, “sign_by_default”: expected true or false, not a text"),
        (f'{ACCOUNT}backend = "pop"', 'account 1, “backend”: expected one of "maildir", "exchange"'),
        ('[[account]]\naddress = "ab.c"\npath = "x"', "account 1, “address”: “ab.c” is not a mail address"),
        ('[[account]]\naddress = "a@b.c"\npath = ""', "account 1, “path”: expected a folder's path in quotes"),
        (EXCHANGE.replace("endpoint", "path"), "account 1, “endpoint”: expected the web service in quotes"),
        (EXCHANGE.replace("auth = ", "login = "), 'account 1, “auth”: expected one of "basic", "ntlm", "oauth"'),
        (EXCHANGE.replace('"ntlm"', '"kerberos"'), 'account 1, “auth”: expected one of "basic", "ntlm", "oauth"'),
        (f"{EXCHANGE}password = 'x'", "account 1, “password” is no setting"),
        (ACCOUNT + ACCOUNT, "account 2, “address”: there is an account a@b.c already"),
        ("[[account]]\naddress = 1979-05-27\npath = 'x'", "account 1, “address”: expected a mail address in quotes"),
        ("keys = 3", '“keys”: expected a table [keys] with lines like send = "f5", not a number'),
        ("[keys]\nsend = 5", "“keys”: expected a key's name in quotes in each line, not a number"),
        ("a = = b", "is not valid TOML: Invalid value (at line 1, column 5)"),
        ("x = " + "[" * 5000, "is not valid TOML"),
        ("\udcff", "is not valid TOML"),
    ],
)
def test_a_broken_file_is_a_sentence_that_names_file_key_and_what_is_expected(
    path: Path, text: str, sentence: str
) -> None:
    path.parent.mkdir()
    path.write_bytes(os.fsencode(text))
    with pytest.raises(ConfigError) as caught:
        load_settings(path)
    assert caught.value.summary.startswith(str(path))
    assert sentence in caught.value.summary
    with pytest.raises(ConfigError):
        save_settings(path, Settings())
    assert path.read_bytes() == os.fsencode(text)


def test_saving_keeps_comments_order_and_what_did_not_change(written: Path) -> None:
    change_settings(
        written,
        lambda settings: with_(
            settings,
            theme="light",
            keys={"send": "f10", "sign": "f7"},
            accounts=(msgspec.structs.replace(settings.accounts[0], encrypt_by_default=False), settings.accounts[1]),
        ),
    )
    assert written.read_text() == WRITTEN.replace('"dark"', '"light"').replace(
        'path = "~/Mail"\n\n', 'path = "~/Mail"\nencrypt_by_default = false\n\n'
    ).replace('lock = "f9"', 'sign = "f7"')


def test_saving_the_same_changes_no_byte(written: Path) -> None:
    before = written.stat()
    change_settings(written, lambda settings: settings)
    assert written.read_text() == WRITTEN
    assert written.stat().st_ino == before.st_ino


def test_a_new_file_holds_what_differs_from_the_defaults_and_reads_back(path: Path) -> None:
    settings = Settings(theme="ansi", glyphs="ascii", store="vault", accounts=(ALICE,), keys={"send": "f10"})
    save_settings(path, settings)
    assert load_settings(path) == settings
    save_settings(path, Settings(theme="ansi"))
    assert load_settings(path) == Settings(theme="ansi")


def test_an_account_is_taken_out_and_another_put_in_without_touching_the_rest(written: Path) -> None:
    new = AccountSettings(address="new@x.example", path="/new")
    changed = change_settings(written, lambda settings: with_(settings, accounts=(settings.accounts[0], new)))
    assert load_settings(written) == changed
    assert "# the office" in written.read_text()
    assert "other@x.example" not in written.read_text()
    change_settings(written, lambda settings: with_(settings, accounts=()))
    assert load_settings(written).accounts == ()
    assert "# my own words" in written.read_text()


def test_the_order_of_accounts_is_the_order_of_the_file(written: Path) -> None:
    change_settings(written, lambda settings: with_(settings, accounts=settings.accounts[::-1]))
    assert [account.address for account in load_settings(written).accounts] == ["other@x.example", ALICE.address]


def test_accounts_in_one_line_are_edited_there_or_set_anew(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('account = [{address = "a@b.c", path = "x"}]\ntheme = "light"\n')
    changed = change_settings(
        path,
        lambda settings: with_(settings, accounts=(msgspec.structs.replace(settings.accounts[0], path="y"),)),
    )
    assert path.read_text() == 'account = [{address = "a@b.c", path = "y"}]\ntheme = "light"\n'
    changed = change_settings(path, lambda settings: with_(settings, accounts=(*settings.accounts, ALICE)))
    assert load_settings(path) == changed
    assert [account.path for account in changed.accounts] == ["y", "~/Mail"]


def test_accounts_among_other_tables_are_edited(path: Path) -> None:
    path.parent.mkdir()
    path.write_text(f'{ACCOUNT}[keys]\nsend = "f10"\n[[account]]\naddress = "c@d.e" # two\npath = "y"\n')
    for order in (1, -1):
        changed = change_settings(
            path, lambda settings, order=order: with_(settings, accounts=settings.accounts[::order])
        )
        assert load_settings(path) == changed
    assert "# two" in path.read_text()


def test_keys_written_with_dots_are_edited(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('keys.send = "f10"\nkeys.lock = "f9"\n')
    change_settings(path, lambda settings: with_(settings, keys={"send": "f2"}))
    assert path.read_text() == 'keys.send = "f2"\n'


def test_keys_written_on_one_line_are_edited(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('keys = {send = "f10"} # all on one line\n')
    change_settings(path, lambda settings: with_(settings, keys={"send": "f10", "lock": "f9"}))
    assert load_settings(path).keys == {"send": "f10", "lock": "f9"}


def test_what_no_file_can_hold_is_refused_and_the_file_left_as_it_is(written: Path) -> None:
    with pytest.raises(ConfigError, match="change it by hand"):
        save_settings(written, Settings(theme="\ud800"))
    assert written.read_text() == WRITTEN


def test_settings_that_could_not_be_read_again_are_not_written(written: Path) -> None:
    with pytest.raises(ConfigError, match="is not a mail address"):
        save_settings(written, Settings(accounts=(AccountSettings(address="nobody", path="x"),)))
    assert written.read_text() == WRITTEN


def test_a_settings_file_that_is_a_link_stays_one(written: Path) -> None:
    target = written.with_name("dotfiles.toml")
    written.rename(target)
    written.symlink_to(target)
    change_settings(written, lambda settings: with_(settings, theme="light"))
    assert written.is_symlink()
    assert load_settings(target).theme == "light"


def _add_accounts(path: str, first: int) -> None:
    for number in range(first, first + 10):
        account = AccountSettings(address=f"a{number}@x.example", path="x")
        change_settings(Path(path), lambda settings, new=account: with_(settings, accounts=(*settings.accounts, new)))


def test_several_processes_lose_no_change(path: Path) -> None:
    context = get_context("spawn")
    workers = [context.Process(target=_add_accounts, args=(str(path), first)) for first in (0, 100)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(load_settings(path).accounts) == 20


def test_settings_that_another_program_holds_are_a_sentence(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import filelock

    def held(*_: object, **__: object) -> None:
        raise filelock.Timeout("held")

    monkeypatch.setattr(filelock, "FileLock", held)
    with pytest.raises(ConfigError, match="another program holds"):
        save_settings(written, Settings())


def test_a_file_that_cannot_be_read_or_written_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_settings(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be written"):
        save_settings(tmp_path / "file" / "settings.toml", Settings())


def test_reading_settings_loads_nothing_slow(written: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from smimetui.adapters.settings import load_settings; "
        f"load_settings(Path({str(written)!r})); "
        "print({'tomlkit', 'filelock', 'cryptography', 'keyring', 'textual'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout == "set()\n"


def test_an_exchange_account_is_kept_without_what_it_does_not_have(path: Path) -> None:
    account = AccountSettings(
        address="a@b.c",
        backend="exchange",
        endpoint="https://b.c/EWS/Exchange.asmx",
        auth="ntlm",
        version="15.2.1544.4",
    )
    save_settings(path, Settings(accounts=(account,)))
    assert load_settings(path).accounts == (account,)
    written = path.read_text()
    assert 'version = "15.2.1544.4"' in written
    for key in ("path", "login", "anchor", "client_id", "authority"):
        assert f"{key} =" not in written


def test_a_second_account_of_one_address_is_not_added(path: Path) -> None:
    settings = with_account(Settings(), ALICE)
    with pytest.raises(ConfigError, match="there is an account alice"):
        with_account(settings, ALICE)
