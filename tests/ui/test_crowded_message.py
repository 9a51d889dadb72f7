"""A message to many, with a long subject and many files: its text is in sight, on small screens too."""

import pytest

from smimetui.ui.start import View
from tests.services.world import make_world
from tests.ui.stage import stage

PEOPLE = ", ".join(f"Person Number {number} <p{number}@corp.example>" for number in range(40))
FILE = "--X\r\nContent-Disposition: attachment; filename=some-long-name-{}.bin\r\n\r\nabc\r\n"
MESSAGE = (
    f"From: Eve <eve@corp.example>\r\nTo: {PEOPLE}\r\nCc: {PEOPLE}\r\nBcc: {PEOPLE}\r\n"
    f"Subject: {'long words ' * 60}\r\n"
    "Date: Mon, 23 Nov 2026 09:14:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=X\r\n\r\n"
    f"--X\r\nContent-Type: text/plain\r\n\r\nThe text is here.\r\n{''.join(map(FILE.format, range(30)))}--X--\r\n"
)


@pytest.mark.parametrize("size", [(60, 18), (80, 24), (200, 60)])
async def test_who_else_got_a_message_never_pushes_its_text_off_the_screen(size: tuple[int, int]) -> None:
    async with stage(make_world().session, start=View(raw=MESSAGE.encode(), name="m"), size=size) as on:
        await on.sees("The text is here.")
        for label in ("From", "To", "Cc", "Bcc", "Date", "Subject", "Files", "Esc Back"):
            await on.sees(label)
