"""`doctor`: a line for each thing that may stand in the way, and what helps."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smimetui.__main__ import Home
from smimetui.adapters.folders import folders_under, own_folders
from smimetui.adapters.settings import AccountSettings, Settings, save_settings
from smimetui.cli.doctor_terminal import colours, editor, opener, terminal
from smimetui.cli.doctor_world import look_at_world
from smimetui.cli.finding import Finding, looked
from smimetui.demo.exchange import ExchangeServer
from smimetui.demo.exchange.certificate import Tls
from smimetui.model.certificate import Certificate
from tests.cli.running import smimetui
from tests.fakes import FixedClock
from tests.pki import make_authority
from tests.terminal import in_shell, smimetui_command

XTERM = {"TERM": "xterm-256color", "LANG": "C.UTF-8"}


@dataclass(frozen=True)
class FixedAnchors:
    """What a system trusts."""

    known: tuple[Certificate, ...]

    def anchors(self) -> tuple[Certificate, ...]:
        return self.known


def lines(text: str) -> dict[str, str]:
    """Return each line of an answer by what it is about."""
    return {line.split(": ")[1]: line for line in text.splitlines()}


def account(**fields: str) -> AccountSettings:
    return AccountSettings(address="alice@corp.example", **fields)  # type: ignore[arg-type]


def settings_with(*accounts: AccountSettings) -> None:
    save_settings(own_folders().settings_file, Settings(accounts=accounts))


def test_a_bare_machine_is_told_what_is_missing_and_nothing_fails() -> None:
    done = smimetui("doctor")
    assert (done.code, done.err) == (0, "")
    found = lines(done.out)
    assert "there is none yet (start smimetui, or: smimetui account add ADDRESS)" in found["accounts"]
    assert "smimetui identity import" in found["own certificates"]
    assert "run doctor in the terminal itself" in found["terminal"]
    assert "it is made with the first thing to keep" in found["store"]
    assert found["clock"].startswith("works: ")


def test_the_sandbox_is_in_order(sandbox: Path) -> None:
    found = lines(smimetui("demo", "doctor").out)
    assert found["account alice@corp.example"].endswith("9 messages in Inbox")
    assert found["own certificate"].startswith("works: own certificate: alice@corp.example, valid until")
    assert "1 of your own" in found["trust anchors"]


def test_json_has_the_same_and_the_remedies_apart(sandbox: Path) -> None:
    done = smimetui("demo", "doctor", "--json")
    assert {entry["state"] for entry in done.json} <= {"works", "take care"}
    assert [entry["what"] for entry in done.json][:3] == ["terminal", "colours", "glyphs"]
    assert all(entry.keys() == {"what", "state", "found", "remedy"} for entry in done.json)


@pytest.mark.parametrize("content", [b"theme = 3\n", b"\xff\xfe", b"[[account]]\npassword = 'hunter2'\n", b"a = ["])
def test_broken_settings_are_lines_and_exit_1_never_a_traceback(content: bytes) -> None:
    file = own_folders().settings_file
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    done = smimetui("doctor")
    assert (done.code, done.err) == (1, "")
    found = lines(done.out)
    assert str(file) in found["settings"]
    assert found["store"] == "does not work: store: not looked at: the settings cannot be read"
    assert found["accounts"].startswith("does not work")
    assert "hunter2" not in done.out
    assert "Traceback" not in done.out


def test_a_folder_that_is_gone_is_said_with_what_helps(tmp_path: Path) -> None:
    settings_with(account(path=str(tmp_path / "gone")))
    done = smimetui("doctor")
    assert done.code == 1
    assert "is no Maildir (see path in the settings" in lines(done.out)["account alice@corp.example"]


@pytest.fixture
def server() -> Iterator[ExchangeServer]:
    with ExchangeServer(tls=Tls.PRIVATE_CA) as running:
        yield running
    assert running.front.crashes == []


def test_a_server_is_reached_without_a_login_and_its_clock_is_compared(server: ExchangeServer) -> None:
    settings_with(account(backend="exchange", endpoint=server.url, auth="ntlm", anchor=str(server.ca_file)))
    found = lines(smimetui("doctor").out)
    assert found["account alice@corp.example"].startswith("works: account alice@corp.example: 127.0.0.1 answers")
    assert found["clock"].endswith("as 127.0.0.1 has it")
    assert server.requests == ()


def test_a_clock_that_is_an_hour_behind_the_server_does_not_work(server: ExchangeServer) -> None:
    settings_with(account(backend="exchange", endpoint=server.url, auth="ntlm", anchor=str(server.ca_file)))
    home = Home(None)
    home.clock = FixedClock(datetime.now(UTC) - timedelta(hours=1))
    (clock,) = [found for found in look_at_world(home) if found.what == "clock"]
    assert clock.works is False
    assert "60 minutes behind 127.0.0.1" in str(clock)
    assert "timedatectl" in clock.remedy


def test_a_server_whose_authority_is_unknown_here_does_not_work(server: ExchangeServer) -> None:
    settings_with(account(backend="exchange", endpoint=server.url, auth="ntlm"))
    done = smimetui("doctor")
    assert done.code == 1
    assert "is not valid here" in lines(done.out)["account alice@corp.example"]


def test_a_server_that_is_gone_does_not_work() -> None:
    with ExchangeServer() as server:
        url = server.url
    settings_with(account(backend="exchange", endpoint=url, auth="ntlm"))
    assert lines(smimetui("doctor").out)["account alice@corp.example"].startswith("does not work")


def test_a_password_in_an_endpoint_is_not_printed() -> None:
    settings_with(account(backend="exchange", endpoint="https://a:hunter2@mail.corp.example/EWS", auth="ntlm"))
    done = smimetui("doctor")
    assert "the endpoint in the settings cannot be used" in done.out
    assert "hunter2" not in done.out


class Anchored(Home):
    """A world whose system has one anchor."""

    def anchors(self) -> FixedAnchors:
        return FixedAnchors((make_authority("Root").certificate,))


@pytest.mark.parametrize(("year", "word"), [(1999, "before what is kept here was made"), (2199, "past their end")])
def test_an_implausible_clock_is_noticed_without_a_network(tmp_path: Path, year: int, word: str) -> None:
    home = Anchored(None, folders_under(tmp_path))
    home.clock = FixedClock(datetime(year, 1, 1, tzinfo=UTC))
    (clock,) = [found for found in look_at_world(home) if found.what == "clock"]
    assert not clock.works
    assert word in clock.found


def test_a_locked_store_is_said_and_nobody_is_asked(tmp_path: Path) -> None:
    (tmp_path / "p").write_text("of the vault\n")
    ca = tmp_path / "ca.pem"
    ca.write_bytes(make_authority("Corp CA").pem)
    done = smimetui("certificate", "install", "--anchor", "--yes", "--passphrase-file", tmp_path / "p", ca)
    assert done.code == 0, done.err
    found = lines(smimetui("doctor").out)
    assert "--passphrase-file F opens it to look" in found["own certificates"]
    assert "1 of your own" in lines(smimetui("doctor", "--passphrase-file", tmp_path / "p").out)["trust anchors"]


@pytest.mark.parametrize(
    ("environment", "works", "words"),
    [
        ({"LANG": "C.UTF-8"}, False, "TERM is not set"),
        (XTERM | {"TERM": "dumb"}, False, "set TERM"),
        (XTERM | {"LANG": "C"}, None, "not UTF-8"),
        (XTERM | {"TMUX": "/tmp/x", "SSH_TTY": "/dev/pts/1"}, None, "in tmux, over ssh"),
    ],
)
def test_the_terminal_is_described(environment: dict[str, str], works: object, words: str) -> None:
    found = terminal(environment)
    assert found.works is works
    assert words in str(found)


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        (XTERM | {"NO_COLOR": "1"}, "NO_COLOR"),
        (XTERM | {"COLORTERM": "truecolor"}, "16 million"),
        (XTERM, "256 (if the terminal has more"),
        ({"TERM": "linux"}, 'theme = "ansi"'),
    ],
)
def test_the_colours_are_counted(environment: dict[str, str], words: str) -> None:
    assert words in str(colours(environment))


def test_programs_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "neither VISUAL nor EDITOR" in editor({}).found
    assert "“no-such-editor” is not installed" in editor({"EDITOR": "no-such-editor -w"}).found
    assert "is not installed" in editor({"EDITOR": "'"}).found
    assert editor({"EDITOR": "sh -c"}) == Finding(works=True, what="editor", found="sh")
    monkeypatch.setenv("PATH", "")
    assert "is not installed" in opener({}).found


def test_an_opener_without_a_screen_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "xdg-open").write_text("#!/bin/sh\n")
    (tmp_path / "xdg-open").chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    assert opener({}).found == "xdg-open, without a graphical screen"
    assert opener({"DISPLAY": ":0"}).found == "xdg-open"


def test_whatever_breaks_is_one_line_without_its_words() -> None:
    def breaks() -> Finding:
        raise ValueError("hunter2")

    def denied() -> Finding:
        raise PermissionError(13, "Permission denied")

    assert "hunter2" not in str(looked("x", breaks))
    assert str(looked("x", denied)) == "does not work: x: Permission denied"


def test_in_a_small_terminal_the_size_is_said() -> None:
    with in_shell(f"{smimetui_command('doctor')}; read wait", columns=50, lines=40, COLUMNS="", LINES="") as screen:
        screen.sees("make it 60x18 at least")
        assert "xterm-256color, 50x40, UTF-8" in screen.text.replace("\n", "")
