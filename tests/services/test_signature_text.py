from hypothesis import given
from hypothesis import strategies as st

from smimetui.services.signature_text import swapped, without_signature

TEXTS = st.text("a> -\n", max_size=40)


def test_a_signature_stands_at_the_end_under_its_mark_and_once() -> None:
    signed = swapped("Hello", "", "Alice\nCorp")
    assert signed == "Hello\n\n-- \nAlice\nCorp\n"
    assert swapped(signed, "", "Alice\nCorp") == signed
    assert swapped("Hello", "", "-- \nAlice") == "Hello\n\n-- \nAlice\n"


def test_another_accounts_signature_takes_its_place_unless_the_person_changed_it() -> None:
    signed = swapped("Hello", "", "Alice")
    assert swapped(signed, "Alice", "A. Adams") == "Hello\n\n-- \nA. Adams\n"
    assert swapped(signed, "Alice", "") == "Hello"
    assert swapped("Hello\n\n-- \nMine", "Alice", "") == "Hello\n\n-- \nMine"


@given(TEXTS, st.text("b \n", max_size=10))
def test_no_signature_changes_a_text_that_had_none(body: str, blank: str) -> None:
    assert swapped(body, "", "") == body
    assert swapped(swapped(body, "", blank), "", blank) == swapped(body, "", blank)


def test_a_quote_leaves_the_signature_out() -> None:
    assert without_signature("Hello\n\n-- \nErin\nExt") == "Hello"
    assert without_signature("-- \nErin") == "-- \nErin"
    assert without_signature("Hello\n-- \nErin\n> older") == "Hello\n-- \nErin\n> older"
    assert without_signature("Hello\n-- \n" + "x\n" * 12) == "Hello\n-- \n" + "x\n" * 12
