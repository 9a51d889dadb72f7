"""A letter on its way out, for the tests of the countdown and of the outbox."""

from collections.abc import Sequence

from smimetui.model.errors import TransportError, TransportUnreachableError
from smimetui.model.message import Outcome
from smimetui.services.outbox_entry import Standing
from smimetui.services.session import Session
from smimetui.ui.preferences import Preferences
from smimetui.ui.screens.compose import ComposeScreen
from smimetui.ui.screens.mail_list import MailListScreen
from tests.services.world import BOB, CAROL, World, make_world
from tests.ui.stage import Stage

GONE = TransportUnreachableError("the server does not answer")


SECONDS = 10


def patient() -> Preferences:
    return Preferences(undo_send=SECONDS)


def world_of(*sending: Outcome | TransportError) -> World:
    return make_world(published=[BOB, CAROL], sending=sending)


async def begin(on: Stage, recipients: str = "bob@corp.example,", state: str = "🔒 Encrypted") -> None:
    """Open the composer from the list, and fill in whom it is for."""
    await on.sees("message")
    await on.press("c")
    await on.until(lambda: isinstance(on.app.screen, ComposeScreen) and on.app.focused, "the composer")
    await on.type(recipients)
    await on.sees(state)


async def write_and_send(on: Stage, body: str = "Half past three.") -> None:
    await begin(on)
    await on.press("tab", "tab", "tab")
    await on.type(f"Tea\n{body}")
    await on.press("f5")
    await on.until(lambda: isinstance(on.app.screen, MailListScreen), "the list")


def standings(session: Session) -> Sequence[Standing]:
    return [session.outbox.standing(entry) for entry in session.outbox.entries()]


async def its_time_is_over(on: Stage) -> None:
    """Let the countdown end, once it runs."""
    await on.sees("u Undo")
    on.turn(SECONDS)


async def open_outbox(on: Stage) -> None:
    await on.press("m")
    await on.sees("Outbox")
    await on.press("end", *["up"] * 5, "enter")
