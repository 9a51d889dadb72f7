import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smimetui.model.flowed import flow, tidied, unflow

LONG = "The figures of the third quarter are in, and they are better than anybody in this room had dared to expect."
ODD_LINES = st.sampled_from(
    [LONG, f"> {LONG}", f">> {LONG}", f">{LONG}", f"  {LONG}", f"From {LONG}", "-- ", "> -- ", ">", "", " ", "x" * 200]
)
TEXTS = st.lists(ODD_LINES | st.text("> -aF\t", max_size=100), max_size=8).map("\n".join)


def test_a_long_line_travels_in_short_ones_and_reads_back_as_one() -> None:
    flowed = flow(LONG)
    assert flowed is not None
    lines = flowed.split("\n")
    assert len(lines) == 2
    assert lines[0].endswith(" ")
    assert max(map(len, lines)) <= 72
    assert unflow(flowed) == LONG


def test_a_quoted_paragraph_keeps_its_marks_on_every_line() -> None:
    flowed = flow(f">> {LONG}")
    assert flowed is not None
    assert all(line.startswith(">> ") for line in flowed.split("\n"))
    assert unflow(flowed) == f">> {LONG}"


def test_lines_that_would_be_read_otherwise_are_stuffed() -> None:
    flowed = flow(f"{LONG}\n  indented\n>not a quote\nFrom here on\n-- \nAlice")
    assert flowed is not None
    assert flowed.endswith("\n   indented\n >not a quote\n From here on\n-- \nAlice")


@pytest.mark.parametrize("text", ["", "short\nlines\n", "ends in a blank \n" + LONG, "x" * 1_000_001])
def test_what_needs_no_flow_or_cannot_read_back_exactly_stays_as_it_is(text: str) -> None:
    assert flow(text) is None


@given(TEXTS)
def test_what_flows_reads_back_exactly_and_in_short_lines_where_there_are_blanks(text: str) -> None:
    flowed = flow(text)
    if flowed is not None:
        assert unflow(flowed) == text


@given(st.text("> -a\n"))
def test_any_text_can_be_read_and_only_blanks_and_line_ends_are_lost(text: str) -> None:
    def letters(shown: str) -> str:
        return "".join(character for character in shown if character in "-a")

    assert letters(unflow(text)) == letters(unflow(text, delsp=True)) == letters(text)


def test_the_example_of_the_standard_is_read_as_it_says() -> None:
    wire = "`Take some more tea,' the March Hare said to Alice, \nvery earnestly.\n"
    assert unflow(wire) == "`Take some more tea,' the March Hare said to Alice, very earnestly.\n"
    assert unflow(">> quoted \n>> twice\n> once \n>> twice") == ">> quoted twice\n> once \n>> twice"
    assert unflow("日本 \n語", delsp=True) == "日本語"


def test_a_signature_mark_neither_joins_nor_is_joined() -> None:
    assert unflow("The end \n-- \nAlice") == "The end \n-- \nAlice"


def test_blanks_at_the_ends_of_lines_go_and_the_signature_mark_stays() -> None:
    assert tidied("a \nb\t\n\n-- \nAlice  ") == "a\nb\n\n-- \nAlice"
    assert tidied("--\n") == "--\n"


@pytest.mark.parametrize("line", ["ab\n", "\n", "> \n", "\u20ac \n", "\ud800a\n"])
def test_many_short_lines_are_read_in_memory_in_proportion(line: str) -> None:
    text = line * 100_000
    tracemalloc.start()
    try:
        assert unflow(text).count("\n") in {0, 100_000, 100_001}
        assert tracemalloc.get_traced_memory()[1] < 10 * len(text)
    finally:
        tracemalloc.stop()
