"""`python -m tests.pictures`: the README's pictures, taken from the real program on a fresh sandbox."""

import asyncio
import codecs
import json
import re
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from smimetui.__main__ import Sandbox
from smimetui.demo.exchange import ExchangeServer
from smimetui.demo.sandbox import build_sandbox
from smimetui.ui.start import ShowList
from tests.adapters.exchange.people import ALICE, PASSWORD
from tests.first_run import walk
from tests.pki import make_authority
from tests.terminal import terminal
from tests.ui.stage import Stage

FOLDER = Path(__file__).parent / "pictures"
_READING, _LONGEST = 0.8, 1.0
"""Seconds before the next key in a recording, and the longest wait for what it brings."""
BODY = """Hello all,

these are the figures of the third quarter: 1.9 million, 4 % more than
in the second. They are confidential until Monday.

Alice"""


def save(on: Stage, name: str) -> None:
    """Write the screen as SVG, without the web font that Textual's template names."""
    svg = on.app.export_screenshot(title="smimetui")
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    (FOLDER / f"{name}.svg").write_text(svg, "utf-8")


async def take(on: Stage) -> None:
    """Walk through the screens."""
    await on.sees("Signed contract")
    await on.until(lambda: all(row.facts is not None for row in on.app.screen.rows.rows), "all verdicts")
    save(on, "list")
    await on.press("slash")
    await on.type("signed contract\n")
    await on.press("enter")
    await on.sees("Not Trusted")
    save(on, "message")
    await on.press("enter", "enter")
    await on.sees("Install")
    save(on, "certificate")
    await on.press("escape", "escape", "escape", "escape", "c")
    await on.sees("New Message")
    for person in ("bob", "carol"):
        await on.type(person)
        await on.sees(f"{person}@corp.example")
        await on.press("enter")
    await on.type("dave@ext.example,")
    await on.sees("Unable to Encrypt")
    await on.press("tab", "tab", "tab")
    await on.type("Q3 figures\n")
    on.composer.query_one("#body").insert(BODY)
    await on.pilot.pause()
    save(on, "compose")
    await on.press("f5")
    await on.sees("Send Unencrypted")
    save(on, "unable")


async def beside(on: Stage) -> None:
    """Look at a wide terminal, in the light theme, with a message on its way that can be taken back."""
    on.app.choose_theme("light")
    await on.sees("Signed contract")
    await on.until(lambda: all(row.facts is not None for row in on.app.screen.rows.rows), "all verdicts")
    await on.press("enter")
    await on.sees("From      Bob Baker")
    await on.press("r")
    await on.sees("🔒 Encrypted")
    await on.press("f5")
    await on.sees("u Undo")
    save(on, "wide")


async def stills(folder: Path) -> None:
    """Take the screens."""
    for size, walk_through in (((80, 24), take), ((160, 30), beside)):
        build_sandbox(folder, fresh=True, now=datetime.now().astimezone())
        app = Sandbox(folder).app(ShowList())
        async with app.run_test(size=size) as pilot:
            await walk_through(Stage(app, pilot))


def record(home: Path) -> None:
    """Record the walk through the first run, as asciinema plays it (asciicast v2)."""
    mine = make_authority("Corp CA").issue(ALICE.spec, not_before=datetime.now(UTC) - timedelta(days=9))
    (home / "alice.p12").write_bytes(mine.pkcs12("open"))
    (home / "passphrase").write_text("of the vault\n")
    kinds = {f"XDG_{kind}_HOME": str(home / kind) for kind in ("CONFIG", "DATA", "STATE", "CACHE")}
    own = kinds | {
        "HOME": str(home),
        "COLORTERM": "truecolor",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }
    with ExchangeServer() as server:
        server.add_mailbox(ALICE.spec, PASSWORD, name="Alice Archer")
        with terminal("--passphrase-file", home / "passphrase", **own) as screen:
            walk(screen, server=server.url, p12="~/alice.p12")
            moments = screen.moments
    decode, clock, before = codecs.getincrementaldecoder("utf-8")().decode, 0.0, moments[0][0]
    lines = [json.dumps({"version": 2, "width": 80, "height": 24, "title": "smimetui: the first run"})]
    for moment, data in moments:
        clock += min(moment - before, _LONGEST) if data else _READING
        before = moment
        lines.append(json.dumps([round(clock, 3), "o", decode(data)], ensure_ascii=False))
    (FOLDER / "first-run.cast").write_text("\n".join(lines) + "\n", "utf-8")


def main() -> None:
    """Take all pictures."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(stills(Path(folder) / "demo"))
        record(Path(folder))


if __name__ == "__main__":
    main()
