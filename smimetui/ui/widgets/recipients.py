"""A field of recipient chips and the input behind them."""

from collections.abc import Callable, Sequence

from textual import events
from textual.app import ComposeResult
from textual.layout import Layout
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from smimetui.model.address import Address, parse_address, split_addresses
from smimetui.model.display import printable_line
from smimetui.model.errors import AddressError
from smimetui.ui.widgets.chips import Chip, RecipientChip
from smimetui.ui.widgets.flow import FlowLayout

_MOST_PASTED = 500
"""Recipients that one paste may add."""


class AddressInput(Input):
    """Where an address is typed.

    The keys that end an address act at once, not by a message: what is typed behind them must never end up in it.
    """

    DEFAULT_CSS = "AddressInput { width: 1fr; }"

    class Arrow(Message):
        """Up or Down: moves in the completions, or between the fields."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    class LeftEnd(Message):
        """Left or Backspace at the beginning."""

    def __init__(self, end: Callable[[str], None]) -> None:
        super().__init__(compact=True)
        self._end = end

    async def _on_key(self, event: events.Key) -> None:
        at_start = self.cursor_position == 0 and self.selection.is_empty
        if event.key in {"comma", "semicolon"}:
            if self.value.count('"') % 2 == 0:
                self._keep(event)
                self._end(event.key)
                return
        elif event.key == "enter" or (event.key == "tab" and self.value.strip()):
            self._keep(event)
            self._end(event.key)
            return
        elif event.key in {"up", "down"}:
            self._keep(event)
            self.post_message(self.Arrow(-1 if event.key == "up" else 1))
            return
        elif event.key in {"left", "backspace"} and at_start:
            self._keep(event)
            self.post_message(self.LeftEnd())
            return
        await super()._on_key(event)

    @staticmethod
    def _keep(event: events.Key) -> None:
        event.stop()
        event.prevent_default()

    def _on_paste(self, event: events.Paste) -> None:
        """Take a pasted list apart; a piece of an address is simply inserted."""
        event.stop()
        event.prevent_default()
        text = event.text
        if any(mark in text for mark in ",;\n\r") or "@" in text:
            self.insert_text_at_cursor(printable_line(text.replace("\r", "\n").replace("\n", ", ")))
            self._end("paste")
        else:
            self.insert_text_at_cursor(printable_line(text))


class RecipientField(Widget):
    """Chips, then an input that takes the rest of the line."""

    DEFAULT_CSS = (
        "RecipientField { width: 1fr; height: auto; max-height: 6; overflow-y: auto; scrollbar-size-vertical: 1; }"
    )

    class Changed(Message):
        """Recipients were added or removed."""

    class Typed(Message):
        """The text being typed changed; empty when it was committed."""

        def __init__(self, field: "RecipientField", text: str) -> None:
            super().__init__()
            self.field, self.text = field, text

    class Refused(Message):
        """What was typed is no address; it stays in the input."""

        def __init__(self, sentence: str) -> None:
            super().__init__()
            self.sentence = sentence

    class Moved(Message):
        """Up, Down, or Enter on nothing: the person wants to another field, or into the completions."""

        def __init__(self, field: "RecipientField", step: int) -> None:
            super().__init__()
            self.field, self.step = field, step

    def __init__(self, addresses: Sequence[Address] = (), *, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._initial = tuple(addresses)
        self.completion: tuple[str, Address] | None = None
        """The text being typed and who Enter completes it to, as the screen last said."""

    @property
    def layout(self) -> Layout:
        """Flow like words."""
        return FlowLayout()

    def compose(self) -> ComposeResult:
        """Yield the prepared chips and the input."""
        for address in dict.fromkeys(self._initial):
            yield self._chip(address)
        yield AddressInput(self._end)

    def _chip(self, address: Address) -> RecipientChip:
        return RecipientChip(address, getattr(self.app, "glyphs"))  # noqa: B009 - the app's own type is known above this room

    @property
    def input(self) -> AddressInput:
        """The input behind the chips."""
        return self.query_one(AddressInput)

    @property
    def chips(self) -> list[RecipientChip]:
        """The chips, in order."""
        return [chip for chip in self.query(RecipientChip) if not chip.leaving]

    @property
    def addresses(self) -> tuple[Address, ...]:
        """The recipients, in order."""
        return tuple(chip.address for chip in self.chips)

    @property
    def pending(self) -> str:
        """Text that is not yet a chip."""
        return self.input.value.strip()

    def add(self, address: Address) -> None:
        """Add a recipient behind the others; one that is there already is not added again."""
        self.input.value = ""
        if address not in self.addresses:
            self.mount(self._chip(address), before=self.input)
        self.post_message(self.Changed())
        self.input.focus()

    def commit(self) -> bool:
        """Turn the typed text into chips; what is no address stays, with a sentence. Return whether all of it was."""
        left, refused = [], ""
        known = set(self.addresses)
        found: dict[Address, None] = {}
        for piece in split_addresses(self.input.value):
            try:
                address = parse_address(piece)
            except AddressError as error:
                left.append(piece)
                refused = refused or str(error)
                continue
            if address not in known and len(found) < _MOST_PASTED:
                found[address] = None
        self.input.value = ", ".join(left)
        self.input.cursor_position = len(self.input.value)
        if found:
            self.mount_all([self._chip(address) for address in found], before=self.input)
            self.post_message(self.Changed())
        if refused:
            self.post_message(self.Refused(refused))
        return not refused

    def take_out(self, addresses: Sequence[Address]) -> None:
        """Remove recipients."""
        gone = set(addresses)
        for chip in self.chips:
            if chip.address in gone:
                chip.leave()
        self.post_message(self.Changed())

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell what is being typed."""
        event.stop()
        self.post_message(self.Typed(self, event.value))

    def _end(self, key: str) -> None:
        completion, self.completion = self.completion, None
        if completion is not None and completion[0] == self.pending and key in {"enter", "tab"}:
            self.add(completion[1])
        elif self.pending:
            self.commit()
        elif key == "enter":
            self.screen.focus_next()

    def on_descendant_blur(self) -> None:
        """Leave no address behind that does not count yet: what is one becomes a chip."""
        if self.pending and not self.disabled:
            self.commit()

    def on_address_input_arrow(self, event: AddressInput.Arrow) -> None:
        """Pass on the arrows."""
        event.stop()
        self.post_message(self.Moved(self, event.step))

    def on_address_input_left_end(self, event: AddressInput.LeftEnd) -> None:
        """Select the last chip."""
        event.stop()
        if self.chips:
            self.chips[-1].focus()

    def on_chip_stepped(self, event: Chip.Stepped) -> None:
        """Move the selection among the chips, and behind the last into the input."""
        event.stop()
        self._focus_at(self._index(event.chip) + event.step)

    def on_chip_removed(self, event: Chip.Removed) -> None:
        """Remove the chip and select its neighbour."""
        event.stop()
        index = self._index(event.chip)
        event.chip.leave()
        self._focus_at(max(0, index - 1) if self.chips else 0)
        self.post_message(self.Changed())

    def _index(self, chip: Chip) -> int:
        chips = self.chips
        return next((index for index, item in enumerate(chips) if item is chip), len(chips))

    def _focus_at(self, index: int) -> None:
        chips = self.chips
        if 0 <= index < len(chips):
            chips[index].focus()
        elif index >= len(chips):
            self.input.focus()
