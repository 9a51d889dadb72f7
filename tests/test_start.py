"""What a start may load and do before the person sees something of it; by names and counts, never by the clock."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.pki import make_authority

SEAL = """
import gc, json, sys
from smimetui.__main__ import main
collections = lambda: sum(found["collections"] for found in gc.get_stats())
before = collections()
code = main()
collected = collections() - before
print(json.dumps([code, sorted(sys.modules), collected, gc.get_freeze_count()]), file=sys.stderr)
"""
COMPOSE = """
import json, sys
from pathlib import Path
from textual.css.stylesheet import Stylesheet
from smimetui.__main__ import Home
from smimetui.adapters.folders import folders_under
from smimetui.ui.start import Compose

parsed_again = []
reparse = Stylesheet.reparse
Stylesheet.reparse = lambda sheet: (parsed_again.append(sheet), reparse(sheet))
app = Home(None, folders_under(Path(sys.argv[1]))).app(Compose())
display = app._display


def first(screen, painted):
    from smimetui.ui.screen_text import screen_text

    loaded = sorted(sys.modules)
    app._display = display
    display(screen, painted)
    print(json.dumps([loaded, len(parsed_again), screen_text(app)]), file=sys.__stdout__)
    app.exit()


app._display = first
app.run(headless=True, size=(80, 24))
"""
LIBRARIES = {"asn1crypto", "exchangelib", "inscriptis", "keyring", "lxml", "msal", "pyhanko_certvalidator", "requests"}


def loaded(code: str, *words: object, within: Path) -> Any:
    """What a script says of a start, on the last line of its output."""
    command = [sys.executable, "-W", "error", "-c", code, *map(str, words)]
    done = subprocess.run(command, cwd=within, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads((done.stderr or done.stdout).splitlines()[-1])


@pytest.fixture
def sealed(tmp_path: Path) -> Any:
    alice = make_authority("CA").issue("alice@corp.example", not_before=datetime.now(UTC) - timedelta(days=1))
    (tmp_path / "alice.p12").write_bytes(alice.pkcs12("pass"))
    (tmp_path / "alice.pem").write_bytes(alice.pem)
    (tmp_path / "password").write_bytes(b"pass\n")
    (tmp_path / "draft").write_bytes(b"From: alice@corp.example\r\nTo: alice@corp.example\r\n\r\nhello\r\n")
    own = ("--identity", "alice.p12", "--password-file", "password", "--certificate", "alice.pem")
    code, *rest = loaded(SEAL, "seal", "draft", "--isolated", "--sign", "--encrypt", *own, within=tmp_path)
    assert code == 0
    return rest


def test_seal_loads_nothing_that_it_does_not_use(sealed: Any) -> None:
    modules = set(sealed[0])
    own = {name.removeprefix("smimetui.") for name in modules if name.startswith("smimetui.")}
    assert modules.isdisjoint(LIBRARIES | {"textual", "rich", "msgspec", "tomlkit", "mimetypes", "logging", "asyncio"})
    assert own.isdisjoint({"services.session", "services.keeping", "services.enrolment", "adapters.settings", "ui"})
    assert own.isdisjoint({"smime.hypertext", "smime.vcard", "smime.pkix", "smime.new_identity"})
    assert {name for name in own if name.startswith("cli.")}.isdisjoint({"cli.open", "cli.check", "cli.certificate"})
    assert len(own) <= 100


def test_seal_looks_for_no_garbage_while_it_loads_nor_as_it_ends(sealed: Any) -> None:
    _, collected, frozen = sealed
    assert collected == 0
    assert frozen > 0


def test_the_first_frame_of_the_composer_waits_for_nothing_that_it_does_not_show(tmp_path: Path) -> None:
    names, parsed_again, shown = loaded(COMPOSE, tmp_path, within=tmp_path)
    own = {name.removeprefix("smimetui.") for name in names if name.startswith("smimetui.")}
    assert set(names).isdisjoint(LIBRARIES | {"cryptography", "hashlib", "sqlite3", "tomlkit", "filelock", "urllib3"})
    assert own.isdisjoint({"services.session", "smime.x509", "adapters.text_editor", "adapters.file_opening"})
    assert len(own) <= 90
    assert parsed_again == 0
    assert "New Message" in shown
    assert "^P More" in shown
