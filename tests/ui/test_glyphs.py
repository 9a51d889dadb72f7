import pytest

from smimetui.ui import glyphs


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({"LANG": "C.UTF-8", "TERM": "xterm-256color"}, "emoji"),
        ({"LANG": "C.UTF-8", "TERM": "xterm", "SSH_CONNECTION": "::1"}, "unicode"),
        ({"LANG": "C.UTF-8", "TERM": "linux"}, "ascii"),
        ({"LANG": "C", "TERM": "xterm"}, "ascii"),
        ({"LC_ALL": "POSIX", "LANG": "C.UTF-8", "TERM": "xterm"}, "ascii"),
    ],
)
def test_auto_follows_the_terminal(environment: dict[str, str], name: str) -> None:
    assert glyphs.choose("auto", environment).name == name


@pytest.mark.parametrize("name", ["emoji", "unicode", "ascii"])
def test_a_named_set_is_taken_whatever_the_terminal(name: str) -> None:
    assert glyphs.choose(name, {"TERM": "linux"}).name == name


def test_every_state_has_a_glyph_of_its_own_without_colour() -> None:
    for chosen in glyphs.SETS.values():
        assert len({chosen.locked, chosen.unreachable, chosen.checking}) == 3
        assert chosen.locked != chosen.blocked
        assert chosen.trusted != chosen.untrusted


def test_the_ascii_set_is_ascii() -> None:
    values = [value for name in glyphs.ASCII.__slots__ if (value := getattr(glyphs.ASCII, name))]
    assert all(value.isascii() for value in values)
