import pytest

from smimetui.model import errors
from smimetui.model.errors import SmimetuiError


def test_an_error_says_what_happened_and_what_helps() -> None:
    assert str(SmimetuiError("the store is locked", "unlock it")) == "the store is locked (unlock it)"
    assert str(SmimetuiError("the store is locked")) == "the store is locked"


@pytest.mark.parametrize(
    "kind", [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
)
def test_every_error_carries_a_summary_and_a_hint(kind: type[SmimetuiError]) -> None:
    error = kind("what: why", "hint")

    assert (error.summary, error.hint) == ("what: why", "hint")
