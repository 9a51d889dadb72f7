"""A field of recipient chips and the input behind them."""

from collections.abc import Callable, Sequence
from operator import attrgetter

from textual import events
from textual.app import ComposeResult
from textual.geometry import NULL_OFFSET, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from smimetui.model.address import Address, parse_address, split_addresses
from smimetui.model.display import printable_line
from smimetui.model.errors import AddressError
from smimetui.ui.widgets.chips import RecipientChips

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
    """Chips, then an input that takes the rest of the last line; higher with the focus, so that the text has room."""

    DEFAULT_CSS = """
    RecipientField { width: 1fr; height: auto; max-height: 3; overflow-y: auto; scrollbar-size-vertical: 1; }
    RecipientField:focus-within { max-height: 6; }
    """

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
        """Up or Down: the person wants to another field, or into the completions."""

        def __init__(self, field: "RecipientField", step: int) -> None:
            super().__init__()
            self.field, self.step = field, step

    def __init__(self, addresses: Sequence[Address] = (), *, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.chips = RecipientChips(addresses, attrgetter("label"))
        self.input = AddressInput(self._end)
        self.completion: tuple[str, Address] | None = None
        """The text being typed and who Enter completes it to, as the screen last said."""
        self._sync_focus()

    @property
    def layout(self) -> Layout:
        """Chips and input flow together."""
        return _FieldLayout()

    def compose(self) -> ComposeResult:
        """Yield the chips and the input."""
        yield self.chips
        yield self.input

    @property
    def addresses(self) -> tuple[Address, ...]:
        """The recipients, in order."""
        return tuple(self.chips.addresses)

    @property
    def pending(self) -> str:
        """Text that is not yet a chip."""
        return self.input.value.strip()

    def add(self, address: Address) -> None:
        """Add a recipient behind the others; one that is there already is not added again."""
        self.input.value = ""
        self.chips.add([address])
        self._changed()
        self.input.focus()

    def commit(self) -> bool:
        """Turn the typed text into chips; what is no address stays, with a sentence. Return whether all of it was."""
        left, refused = [], ""
        found: list[Address] = []
        try:
            pieces = list(split_addresses(self.input.value))
        except AddressError as error:
            self._refuse(str(error))
            return False
        for piece in pieces:
            try:
                found.append(parse_address(piece))
            except AddressError as error:
                left.append(piece)
                refused = refused or str(error)
        self.input.value = ", ".join([*left, *map(str, found[_MOST_PASTED:])])
        self.input.cursor_position = len(self.input.value)
        if found and self.chips.add(found[:_MOST_PASTED]):
            self._changed()
        if len(found) > _MOST_PASTED:
            refused = refused or f"only {_MOST_PASTED} recipients are taken at once; the rest is still in the field"
        if refused:
            self._refuse(refused)
        return not refused

    def _refuse(self, sentence: str) -> None:
        # Not before the input has told of the paste: what is typed takes a complaint back.
        self.call_after_refresh(self.post_message, self.Refused(sentence))

    def take_out(self, addresses: Sequence[Address]) -> None:
        """Remove recipients, without telling: whoever takes them out knows."""
        self.chips.take_out(addresses)
        self._sync_focus()
        self.refresh(layout=True)

    def replace(self, address: Address, others: Sequence[Address]) -> None:
        """Put others in the place of one recipient."""
        self.exchange(address, others)
        self.post_message(self.Changed())

    def exchange(self, address: Address, others: Sequence[Address]) -> None:
        """Put others in the place of one recipient, without telling: whoever does it knows."""
        self.chips.replace(address, others)
        self._sync_focus()
        self.refresh(layout=True)

    def select(self, address: Address) -> None:
        """Give the focus to the chip of a recipient."""
        if address in self.chips.addresses:
            self.chips.can_focus = True
            self.chips.cursor = self.chips.addresses.index(address)
            self.screen.set_focus(self.chips)

    def take_in(self, address: Address) -> None:
        """Add a recipient, without telling: whoever adds it knows."""
        self.chips.add([address])
        self.refresh(layout=True)

    def _changed(self) -> None:
        self._sync_focus()
        self.refresh(layout=True)
        self._show_input()
        self.post_message(self.Changed())

    def _sync_focus(self) -> None:
        # Tab goes from field to field; chips are reached from the input, by Left or Backspace.
        self.chips.can_focus = False

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell what is being typed."""
        event.stop()
        self.refresh(layout=True)
        self._show_input()
        self.post_message(self.Typed(self, event.value))

    def on_descendant_focus(self) -> None:
        """Have what is typed in sight."""
        self._show_input()

    def _show_first(self) -> None:
        if not self.has_focus_within:
            self.scroll_home(animate=False)

    def _show_input(self) -> None:
        # Once the chips have their places: the input stands behind the last one.
        if self.input.has_focus:
            self.call_after_refresh(self.scroll_end, animate=False)

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
        self._sync_focus()
        self.call_after_refresh(self._show_first)
        if self.pending and not self.disabled:
            self.commit()

    def on_address_input_arrow(self, event: AddressInput.Arrow) -> None:
        """Pass on the arrows."""
        event.stop()
        self.post_message(self.Moved(self, event.step))

    def on_address_input_left_end(self, event: AddressInput.LeftEnd) -> None:
        """Select the last chip."""
        event.stop()
        if self.addresses:
            self.select(self.addresses[-1])

    def on_recipient_chips_past_end(self, event: RecipientChips.PastEnd) -> None:
        """Type again."""
        event.stop()
        self.screen.set_focus(self.input)

    def on_recipient_chips_removed(self, event: RecipientChips.Removed) -> None:
        """Tell that a recipient is gone."""
        event.stop()
        self.refresh(layout=True)
        self.post_message(self.Changed())


class _FieldLayout(Layout):
    """The chips over the whole width, the input behind the last one, over them."""

    name = "recipients"

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:  # noqa: FBT001, FBT002 - Textual's signature
        """Place the two children."""
        del greedy
        parent.pre_layout(self)
        chips, box = children
        if not isinstance(chips, RecipientChips) or not isinstance(box, Input):
            return []
        width = max(1, size.width)
        height, x, y = chips.flow(width, box.content_width)
        return [
            WidgetPlacement(Region(0, 0, width, height), NULL_OFFSET, chips.styles.margin, chips),
            WidgetPlacement(Region(x, y, width - x, 1), NULL_OFFSET, box.styles.margin, box, 1),
        ]
