"""The main job, played by itself with real key presses in the real app."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from textual.pilot import Pilot

from smimetui.model.value import dataclass
from smimetui.model.verdict import Designation, RecipientState
from smimetui.ui.app import SmimetuiApp
from smimetui.ui.screen_text import screen_text
from smimetui.ui.screens.certificate import CertificateSheet
from smimetui.ui.screens.compose import ComposeScreen
from smimetui.ui.screens.mail_list import MailListScreen
from smimetui.ui.screens.message import MessageScreen
from smimetui.ui.screens.sender import SenderSheet
from smimetui.ui.screens.unable import UnableSheet
from smimetui.ui.widgets.actions import Action
from smimetui.ui.widgets.completions import Completions

SUBJECT = "Q3 figures"
BODY = "The figures of the third quarter, for your eyes only."
_PATIENCE = 20.0
"""Seconds a step may take before the tour gives up."""


class TourFailedError(Exception):
    """A step was not reached; the message says which."""


@dataclass(frozen=True, slots=True)
class _Step:
    caption: str
    keys: Sequence[str]
    reached: Callable[[SmimetuiApp], bool]


def run_tour(app: SmimetuiApp, *, on_screen: Callable[[str, str], None] | None = None) -> None:
    """Play the tour: on the terminal, or with `on_screen` without one, which gets each caption and screen as text.

    Raises TourFailedError when a step is not reached.
    """
    failure: list[Exception] = []
    # It ends before a countdown would, and proves what it sent.
    app.preferences.undo_send = 0

    async def play(pilot: Pilot[object]) -> None:
        try:
            await _play(app, pilot, on_screen)
        except Exception as error:  # noqa: BLE001 - whatever happened, the app must end and the caller must hear of it
            failure.append(error)
        app.exit(0)

    app.run(headless=on_screen is not None, size=(80, 24) if on_screen else None, auto_pilot=play)
    if failure:
        raise failure[0]


async def _play(app: SmimetuiApp, pilot: Pilot[object], on_screen: Callable[[str, str], None] | None) -> None:
    pause = 0.0 if on_screen else 0.06
    for step in _STEPS:
        if on_screen is None:
            app.clear_notifications()
            app.notify(step.caption, timeout=60, markup=False)
            await asyncio.sleep(1.6)
        for key in step.keys:
            await pilot.press(key)
            await asyncio.sleep(pause)
        await _until(step, app, pilot.pause)
        if on_screen is not None:
            on_screen(step.caption, screen_text(app))
        else:
            await asyncio.sleep(1.2)


async def _until(step: _Step, app: SmimetuiApp, settle: Callable[[], Awaitable[None]]) -> None:
    deadline = asyncio.get_running_loop().time() + _PATIENCE
    while True:
        await settle()
        if step.reached(app):
            return
        if asyncio.get_running_loop().time() > deadline:
            raise TourFailedError(f"the tour got stuck: {step.caption}\n{screen_text(app)}")
        await asyncio.sleep(0.02)


def _typed(text: str) -> list[str]:
    names = {" ": "space", "@": "at", ".": "full_stop", ",": "comma", "\n": "enter", "'": "apostrophe", "-": "minus"}
    return [names.get(character, character) for character in text]


def _composer(app: SmimetuiApp) -> ComposeScreen | None:
    return app.screen if isinstance(app.screen, ComposeScreen) else None


def _designated(app: SmimetuiApp, wanted: Designation, recipients: int) -> bool:
    screen = _composer(app)
    return screen is not None and screen.designation is wanted and len(screen.recipients.states()) == recipients


def _offered(app: SmimetuiApp, address: str) -> bool:
    screen = _composer(app)
    choice = screen.query_one(Completions).choice if screen else None
    return choice is not None and choice.address.spec == address


def _blocked(app: SmimetuiApp) -> bool:
    screen = _composer(app)
    return screen is not None and RecipientState.BLOCKED in screen.recipients.states()


def _listed(app: SmimetuiApp) -> bool:
    return isinstance(app.screen, MailListScreen) and bool(app.screen.rows.rows)


def _erin_selected(app: SmimetuiApp) -> bool:
    return isinstance(app.screen, MailListScreen) and "Signed contract" in _selected(app.screen)


def _selected(screen: MailListScreen) -> str:
    row = screen.rows.selected
    return row.summary.subject if row is not None and row.summary is not None else ""


def _badge(app: SmimetuiApp) -> str:
    opened = app.screen.opened if isinstance(app.screen, MessageScreen) else None
    return opened.signature.badge if opened is not None and opened.signature is not None else ""


def _act(app: SmimetuiApp, name: str) -> bool:
    return isinstance(app.focused, Action) and app.focused.act == name


_STEPS = (
    _Step("The inbox: a blue check, a red question mark, a lock, or nothing.", (), _listed),
    _Step("c: a new message. The lock is closed from the start.", ["c"], lambda app: _composer(app) is not None),
    _Step("Typing a name asks the address list.", _typed("bob"), lambda app: _offered(app, "bob@corp.example")),
    _Step("Enter takes Bob. He turns blue.", ["enter"], lambda app: _designated(app, Designation.ENCRYPTED, 1)),
    _Step("Dave has no certificate anywhere. He turns red.", _typed("dave@ext.example,"), _blocked),
    _Step(
        "And so the message says: Unable to Encrypt.",
        ["tab", "tab", "tab", *_typed(SUBJECT), "enter", *_typed(BODY)],
        lambda app: _designated(app, Designation.UNABLE_TO_ENCRYPT, 2),
    ),
    _Step("F5 sends nothing now: it asks.", ["f5"], lambda app: isinstance(app.screen, UnableSheet)),
    _Step("Remove them.", ["down", "enter"], lambda app: _designated(app, Designation.ENCRYPTED, 1)),
    _Step("Encrypted again: F5 sends it.", ["f5"], _listed),
    _Step(
        "Erin's message is signed, by an authority nobody here knows.", ["slash"], lambda app: app.focused is not None
    ),
    _Step("Searching for it…", [*_typed("signed contract"), "enter"], _erin_selected),
    _Step("Enter opens it: Not Trusted.", ["enter"], lambda app: _badge(app) == "Not Trusted"),
    _Step(
        "Enter on the sender says why.",
        ["enter"],
        lambda app: isinstance(app.screen, SenderSheet) and _act(app, "certificate"),
    ),
    _Step(
        "View Certificate.", ["enter"], lambda app: isinstance(app.screen, CertificateSheet) and _act(app, "install")
    ),
    _Step("Install.", ["enter"], lambda app: _act(app, "remove")),
    _Step("Done. Erin is trusted now.", ["escape", "escape"], lambda app: _badge(app) == "Trusted"),
    _Step("And can be written to in secret.", ["escape", "escape", "c"], lambda app: _composer(app) is not None),
    _Step("Typing her name…", _typed("erin"), lambda app: _offered(app, "erin@partner.example")),
    _Step("…she is blue.", ["enter"], lambda app: _designated(app, Designation.ENCRYPTED, 1)),
)
