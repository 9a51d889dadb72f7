import pytest

from smimetui.model.own_words import own_words, promises_file


@pytest.mark.parametrize(
    "text",
    [
        "Please find attached the figures.",
        "See the attachment",
        "Anbei die Zahlen",
        "Im Anhang steht es",
        "Die Anlage fehlt",
    ],
)
def test_words_that_promise_a_file_are_found_in_both_languages(text: str) -> None:
    assert promises_file(text)
    assert promises_file("", subject=text)


@pytest.mark.parametrize(
    "text",
    [
        "No file here.",
        "Thanks!\n\nOn Mon 23 Nov 2026 at 09:14, Bob wrote:\n> see the attached file",
        "Hello\n-- \nAttachments are not read",
        "---------- Forwarded message ----------\nFrom: x\n\nattached",
        "The detached house",
    ],
)
def test_what_others_wrote_promises_nothing(text: str) -> None:
    assert not promises_file(text, subject="Re: attached")


def test_own_words_are_what_is_neither_quoted_nor_signature() -> None:
    assert own_words("Yes.\nOn Monday, Bob wrote:\n> no\nReally.\n-- \nAlice") == "Yes.\nReally."
