"""Unable to Encrypt: who stands in the way and why, and four ways on. The unencrypted one is the last."""

from collections.abc import Sequence

from textual.content import Content

from smimetui.model.display import printable_line
from smimetui.model.verdict import Resolution
from smimetui.model.wording import recipient_word
from smimetui.ui.screens.choice import Choice, ChoiceSheet

_WAYS = (
    Choice("Back", "back"),
    Choice("Remove them", "remove"),
    Choice("Ask them for a signed message", "ask"),
    Choice("Send Unencrypted", "plain", danger=True),
)


class UnableSheet(ChoiceSheet):
    """Returns `back`, `remove`, `ask` or `plain`."""

    def __init__(self, stopping: Sequence[Resolution]) -> None:
        lines = [
            Content.assemble(
                (recipient_word(answer.address), "bold $error"),
                f"\n  {printable_line(answer.reason)}",
            )
            for answer in stopping
        ]
        super().__init__(title="Unable to Encrypt", lines=lines, choices=_WAYS)
