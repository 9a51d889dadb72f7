import re
import tracemalloc
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smimetui.model import display
from smimetui.model.display import file_size, fingerprint_groups, printable, printable_line

FILLERS = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters without a shape: blanks to the eye."""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text", "plain text"),
        ("Grüße, 世界 🔒", "Grüße, 世界 🔒"),
        ("one\ntwo\tthree", "one\ntwo\tthree"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("\x1b[2J", "\N{REPLACEMENT CHARACTER}[2J"),
        ("\x9b31m", "\N{REPLACEMENT CHARACTER}31m"),
        ("a\u202eb", "a\N{REPLACEMENT CHARACTER}b"),
        ("a\u2028b", "a\N{REPLACEMENT CHARACTER}b"),
        ("\ud800", "\N{REPLACEMENT CHARACTER}"),
        ("\N{MAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}", "\N{MAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}"),
    ],
)
def test_text_is_shown_without_anything_that_acts_on_a_terminal(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_printable_text_is_stable_and_holds_no_control(text: str) -> None:
    shown = printable(text)

    assert printable(shown) == shown
    assert not any(unicodedata.category(c) in {"Cc", "Cs", "Co", "Cn"} and c not in "\n\t" for c in shown)


def test_a_long_text_is_made_printable_in_little_memory() -> None:
    text = "世界" * 100_000
    tracemalloc.start()
    try:
        assert printable(text) == text
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("text", ["\U0001f512 " * 100_000, " \t" * 300_000 + "x"], ids=["words", "blanks"])
def test_a_long_text_is_made_one_line_in_little_memory(text: str) -> None:
    tracemalloc.start()
    try:
        assert printable_line(text) == text.strip()
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


def test_a_text_of_all_characters_there_are_is_not_remembered() -> None:
    printable("".join(map(chr, range(0x110000))))
    assert len(display._SHOWN) <= 10_000


@given(st.text())
def test_a_printable_line_is_one_trimmed_line(text: str) -> None:
    line = printable_line(text)

    assert line == " ".join(re.sub(f"[{FILLERS}]", " ", printable(text)).split())


def test_every_blank_is_a_space_on_a_line() -> None:
    blanks = "".join(filter(str.isspace, map(chr, range(0x110000))))

    assert not [blank for blank in printable_line(f"a{blanks}b") if blank.isspace() and blank != " "]
    assert printable_line("a\u3000 \xa0\t b\u2003") == "a b"
    assert (
        printable_line("Alice" + "\u3164\u2800\uffa0" * 40 + "<mallory@evil.example>") == "Alice <mallory@evil.example>"
    )


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (48_200, "48 kB"), (2_100_000, "2.1 MB")],
)
def test_a_size_reads_as_people_say_it(size: int, words: str) -> None:
    assert file_size(size) == words


def test_a_fingerprint_is_grouped_by_four() -> None:
    assert fingerprint_groups("ab" * 32) == " ".join(["ABAB"] * 16)
