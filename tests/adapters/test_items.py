from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smimetui.adapters.items import Items
from smimetui.model.errors import StoreCorruptError, StoreError, StoreFullError, StoreUnavailableError

LIMIT = 200
LONG = "abcdefghij" * 100


class Killed(BaseException):
    """The process ends here."""


class Keyring:
    """Items in memory, none longer than a limit; it can be made to fail, to forget, or to be killed at a write."""

    def __init__(self, limit: int | None = LIMIT) -> None:
        self.limit = limit
        self.items: dict[str, str] = {}
        self.writes = 0
        self.killed_at: int | None = None
        self.refuses = ""
        self.cuts = 10_000

    def get_password(self, service: str, username: str) -> str | None:
        return self.items.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self._write()
        assert self.limit is None or len(password) <= self.limit
        if username == self.refuses:
            self.refuses = ""
            raise StoreFullError("full")
        self.items[username] = password[: self.cuts]

    def delete_password(self, service: str, username: str) -> None:
        self._write()
        self.items.pop(username, None)

    def _write(self) -> None:
        if self.writes == self.killed_at:
            raise Killed
        self.writes += 1


def items(keyring: Keyring) -> Items:
    return Items(keyring, "test", keyring.limit)


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=400), max_size=5),
    st.sampled_from([LIMIT, None]),
)
def test_the_last_text_comes_back_whatever_its_length_and_what_was_there_before(
    texts: list[str], limit: int | None
) -> None:
    keyring = Keyring(limit)
    for text in texts:
        items(keyring).put("name", text)
        assert items(keyring).get("name") == text
    items(keyring).delete("name")
    assert keyring.items == {}


def test_an_item_that_is_not_there_is_none_and_deleting_it_does_nothing() -> None:
    keyring = Keyring()
    assert items(keyring).get("name") is None
    items(keyring).delete("name")
    items(keyring).set_aside("name", "aside")
    assert items(keyring).readable("name") == ""
    assert keyring.items == {}


@pytest.mark.parametrize("old", ["", "short", LONG, LONG * 2])
@pytest.mark.parametrize("new", ["other", LONG[::-1]])
def test_a_kill_at_any_write_leaves_the_old_text_or_the_new_and_the_next_change_cleans_up(old: str, new: str) -> None:
    moment = 0
    while True:
        keyring = Keyring()
        items(keyring).put("name", old)
        keyring.killed_at = keyring.writes + moment
        try:
            items(keyring).put("name", new)
        except Killed:
            pass
        else:
            break
        keyring.killed_at = None
        assert items(keyring).get("name") in {old, new}
        items(keyring).put("name", LONG)
        assert items(keyring).get("name") == LONG
        items(keyring).put("name", "short")
        assert list(keyring.items) == ["name"]
        moment += 1
    assert moment >= 1


def test_a_store_that_does_not_keep_what_was_written_is_reported() -> None:
    keyring = Keyring(None)
    keyring.cuts = 20
    with pytest.raises(StoreUnavailableError, match="did not keep"):
        items(keyring).put("name", "text")


def test_the_old_text_is_brought_back_when_the_new_one_is_not_taken() -> None:
    keyring = Keyring(None)
    items(keyring).put("name", "old")
    keyring.refuses = "name"
    with pytest.raises(StoreFullError):
        items(keyring).put("name", "new")
    assert items(keyring).get("name") == "old"


def test_a_first_text_that_is_not_taken_leaves_nothing() -> None:
    keyring = Keyring()
    keyring.refuses = "name"
    with pytest.raises(StoreFullError):
        items(keyring).put("name", "new")
    assert items(keyring).get("name") is None


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "garbage",
        "1",
        "1 whole",
        "1 whole 00 1 text",
        "1 whole 00 0 text",
        "1 parts 00 1 x",
        "1 parts 00 1 99999999999",
        "1 parts 00 1 2",
        "x whole 00 1 text",
    ],
)
def test_what_was_not_written_like_this_is_damaged_and_not_written_over(stored: str) -> None:
    keyring = Keyring()
    keyring.items["name"] = stored
    with pytest.raises(StoreCorruptError, match="name"):
        items(keyring).get("name")
    if "00" not in stored or stored.startswith("x"):
        with pytest.raises(StoreCorruptError):
            items(keyring).put("name", "new")
        assert keyring.items == {"name": stored}


def test_a_text_with_a_changed_character_is_damaged() -> None:
    keyring = Keyring()
    items(keyring).put("name", "text")
    keyring.items["name"] = keyring.items["name"].replace("text", "test")
    with pytest.raises(StoreCorruptError):
        items(keyring).get("name")


def test_a_missing_piece_is_damage() -> None:
    keyring = Keyring()
    items(keyring).put("name", LONG)
    del keyring.items["name.1.2"]
    with pytest.raises(StoreCorruptError):
        items(keyring).get("name")


def test_an_encoded_text_that_does_not_decode_is_damaged() -> None:
    keyring = Keyring()
    items(keyring).put("name", "=é")
    checked = "=!"
    keyring.items["name"] = f"1 whole {sha256(checked.encode()).hexdigest()} 2 {checked}"
    with pytest.raises(StoreCorruptError):
        items(keyring).get("name")


def test_a_newer_version_is_neither_read_nor_written_over() -> None:
    keyring = Keyring()
    keyring.items["name"] = "2 something else"
    for act in (lambda: items(keyring).get("name"), lambda: items(keyring).put("name", "new")):
        with pytest.raises(StoreUnavailableError, match="newer"):
            act()
    assert items(keyring).readable("name") == "2 something else"


def test_a_damaged_item_is_deleted_when_asked_to() -> None:
    keyring = Keyring()
    keyring.items["name"] = "garbage"
    items(keyring).delete("name")
    assert keyring.items == {}


def test_a_damaged_item_is_set_aside_with_its_pieces() -> None:
    keyring = Keyring()
    items(keyring).put("name", LONG)
    whole = dict(keyring.items)
    del whole["name.1.2"], keyring.items["name.1.2"]
    items(keyring).set_aside("name", "aside")
    assert keyring.items == {name.replace("name", "aside"): text for name, text in whole.items()}


def test_an_item_that_is_no_item_is_set_aside_as_it_is() -> None:
    keyring = Keyring()
    keyring.items["name"] = "garbage"
    items(keyring).set_aside("name", "aside")
    assert keyring.items == {"aside": "garbage"}


def test_what_is_left_of_a_damaged_text_can_be_read() -> None:
    keyring = Keyring()
    items(keyring).put("name", LONG)
    del keyring.items["name.1.0"]
    assert items(keyring).readable("name") == LONG[LIMIT:]
    items(keyring).put("short", "text")
    assert items(keyring).readable("short") == "text"


def test_errors_of_the_backend_pass_through() -> None:
    keyring = Keyring()
    keyring.refuses = "name"
    with pytest.raises(StoreError):
        items(keyring).put("name", "x")
