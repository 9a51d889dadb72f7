import pytest
from hypothesis import given
from hypothesis import strategies as st

from smimetui.model.lookalike import lookalike

KNOWN = ("corp.example", "partner.example")
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize(
    "domain",
    [
        "c0rp.example",
        "corp.exarnple",
        "сorp.example",
        "xn--orp-3ed.example",
        "corp.examp1e",
        "copr.example",
        "córp.example",
    ],
)
def test_what_could_be_taken_for_a_known_domain_is_named(domain: str) -> None:
    assert lookalike(domain, KNOWN) == "corp.example"


@pytest.mark.parametrize(
    "domain", ["corp.example", "CORP.example", "mail.corp.example", "example", "other.example", "ext.example", ""]
)
def test_known_domains_those_below_and_above_and_others_are_not(domain: str) -> None:
    assert lookalike(domain, KNOWN) == ""


def test_short_domains_may_be_one_letter_apart() -> None:
    assert lookalike("ab.de", ["ac.de"]) == ""
    assert lookalike("a1.de", ["al.de"]) == "al.de"


@given(st.sampled_from(KNOWN), st.integers(0, 10), st.sampled_from(LETTERS))
def test_one_letter_more_less_or_changed_is_always_found(known: str, place: int, letter: str) -> None:
    place %= known.index(".")
    for other in (
        known[:place] + letter + known[place:],
        known[:place] + letter + known[place + 1 :],
        known[:place] + known[place + 1 :],
        known[:place] + known[place + 1] + known[place] + known[place + 2 :],
    ):
        if other not in KNOWN and not other.endswith(f".{known}") and known[place + 1] != ".":
            assert lookalike(other, KNOWN) == known


@given(st.text(max_size=30), st.lists(st.text(max_size=30), max_size=4))
def test_any_text_is_judged_and_what_is_known_never_poses(domain: str, known: list[str]) -> None:
    assert lookalike(domain, known) in {"", *known}
    assert lookalike(domain, [*known, domain]) == ""
