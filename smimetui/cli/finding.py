"""One line of `smimetui doctor`."""

from collections.abc import Callable

from smimetui.model.display import printable_line
from smimetui.model.errors import SmimetuiError
from smimetui.model.value import dataclass
from smimetui.services.account_check import STATES


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was looked at, whether it works, what was found, and what helps."""

    works: bool | None
    """None for what works, or may, and needs care."""
    what: str
    found: str
    remedy: str = ""

    @property
    def word(self) -> str:
        """The state as a word."""
        return STATES[self.works]

    def __str__(self) -> str:
        return printable_line(f"{self.word}: {self.what}: {self.found}" + (f" ({self.remedy})" if self.remedy else ""))


def looked(what: str, look: Callable[[], Finding]) -> Finding:
    """Return what a look finds; an error is what does not work."""
    try:
        return look()
    except SmimetuiError as error:
        return Finding(works=False, what=what, found=error.summary, remedy=error.hint)
    except OSError as error:
        return Finding(works=False, what=what, found=error.strerror or type(error).__name__)
    except Exception as error:  # noqa: BLE001 - whatever is broken here, the other lines are still wanted
        # The message may hold what others wrote, or a secret.
        return Finding(works=False, what=what, found=f"a fault of the program: {type(error).__name__}")
