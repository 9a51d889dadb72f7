"""Chips: a recipient with its state, or a file, as a tinted block that can be selected and removed."""

from typing import assert_never

from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Static

from smimetui.model.address import Address
from smimetui.model.display import printable_line
from smimetui.model.verdict import RecipientState
from smimetui.ui.glyphs import Glyphs


class Chip(Static, can_focus=True):
    """A block that Left and Right reach, Backspace removes and Enter opens."""

    DEFAULT_CSS = """
    Chip { width: auto; height: 1; padding: 0 1; background: $chip-neutral; color: $chip-neutral-text; pointer: pointer;
           text-wrap: nowrap; text-overflow: ellipsis; max-width: 100%; }
    Chip.-ready { background: $chip-ready; color: $chip-ready-text; }
    Chip.-blocked { background: $chip-blocked; color: $chip-blocked-text; }
    Chip.-unreachable { background: $chip-unreachable; color: $chip-unreachable-text; }
    Chip.-checking { background: $chip-neutral; color: $muted; }
    Chip:focus { text-style: reverse; }
    """
    BINDINGS = [  # noqa: RUF012 - Textual's own type
        Binding("enter,f2", "open", "Details", show=False, tooltip="Details of the selected recipient or file"),
        Binding("backspace,delete", "remove", "Remove", show=False, tooltip="Remove the selected recipient or file"),
        Binding("left", "step(-1)", "Previous", show=False),
        Binding("right", "step(1)", "Next", show=False),
    ]

    class Opened(Message):
        """Enter or a click."""

        def __init__(self, chip: "Chip") -> None:
            super().__init__()
            self.chip = chip

    class Removed(Message):
        """Backspace or Delete."""

        def __init__(self, chip: "Chip") -> None:
            super().__init__()
            self.chip = chip

    class Stepped(Message):
        """Left or Right."""

        def __init__(self, chip: "Chip", step: int) -> None:
            super().__init__()
            self.chip, self.step = chip, step

    leaving = False
    """Removed, and not to be counted any more."""

    def leave(self) -> None:
        """Remove the chip; it counts no more from now on."""
        self.leaving = True
        self.remove()

    def action_open(self) -> None:
        """Ask for the details."""
        self.post_message(self.Opened(self))

    def action_remove(self) -> None:
        """Ask to be removed."""
        self.post_message(self.Removed(self))

    def action_step(self, step: int) -> None:
        """Ask to move the selection."""
        self.post_message(self.Stepped(self, step))

    def on_click(self) -> None:
        """Open the details on a click."""
        self.action_open()


class RecipientChip(Chip):
    """A recipient; `state` None is neutral: the lock is off."""

    state: reactive[RecipientState | None] = reactive(None)

    def __init__(self, address: Address, glyphs: Glyphs) -> None:
        super().__init__("", markup=False)
        self.address = address
        self._glyphs = glyphs
        self._paint(None)

    def watch_state(self, state: RecipientState | None) -> None:
        """Show the state by colour and glyph."""
        self._paint(state)

    def _paint(self, state: RecipientState | None) -> None:
        for name in RecipientState:
            self.set_class(name is state, f"-{name.value}")
        label = printable_line(self.address.label)
        glyph = chip_glyph(state, self._glyphs)
        self.update(Content(f"{label} {glyph}" if glyph else label))


class FileChip(Chip):
    """An attached file."""

    def __init__(self, label: str, index: int) -> None:
        super().__init__(Content(label), markup=False)
        self.index = index


def chip_glyph(state: RecipientState | None, glyphs: Glyphs) -> str:
    """Return the glyph of a chip's state; empty with the lock off."""
    match state:
        case None:
            return ""
        case RecipientState.READY:
            return glyphs.locked
        case RecipientState.BLOCKED:
            return glyphs.blocked
        case RecipientState.UNREACHABLE:
            return glyphs.unreachable
        case RecipientState.CHECKING:
            return glyphs.checking
        case _:
            assert_never(state)
