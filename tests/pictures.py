"""`python -m tests.pictures`: the README's pictures, taken from the real program on a fresh sandbox."""

import asyncio
import re
import tempfile
from datetime import datetime
from pathlib import Path

from smimetui.__main__ import Sandbox
from smimetui.demo.sandbox import build_sandbox
from smimetui.ui.start import ShowList
from tests.ui.stage import Stage

FOLDER = Path(__file__).parent / "pictures"
BODY = """Hello all,

attached are the figures of the third quarter. The second sheet is
confidential until Monday.

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


async def main() -> None:
    """Take all pictures."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        sandbox = Path(folder) / "demo"
        build_sandbox(sandbox, fresh=True, now=datetime.now().astimezone())
        app = Sandbox(sandbox).app(ShowList())
        async with app.run_test(size=(80, 24)) as pilot:
            await take(Stage(app, pilot))


if __name__ == "__main__":
    asyncio.run(main())
