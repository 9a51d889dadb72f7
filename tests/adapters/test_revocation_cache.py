"""What is kept of what was fetched: over runs, within bounds, for nobody else to read."""

import stat
from datetime import timedelta
from pathlib import Path

import pytest

from smimetui.adapters import revocation_cache
from smimetui.adapters.revocation_cache import Item, Kind, RevocationCache
from tests.pki import NOW

DAY = timedelta(days=1)


def item(data: bytes = b"data", *, kind: Kind = Kind.LIST, days: int = 0) -> Item:
    return Item(kind=kind, fetched=NOW + days * DAY, due=NOW + (days + 1) * DAY, data=data)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "revocation"


def test_what_is_put_is_there_in_the_next_run(folder: Path) -> None:
    kept = item(b"a\nb\x00", kind=Kind.ANSWER)
    RevocationCache(folder).put("http://a/", kept)
    again = RevocationCache(folder)
    assert again.get("http://a/") == kept
    assert again.get("http://b/") is None
    assert again.of(Kind.ANSWER) == (b"a\nb\x00",)
    assert again.of(Kind.LIST) == ()


def test_nothing_is_made_before_there_is_something_to_keep(folder: Path) -> None:
    assert RevocationCache(folder).get("a") is None
    assert not folder.exists()


def test_only_the_person_can_read_it(folder: Path) -> None:
    RevocationCache(folder).put("http://who-i-write-to/", item())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "who" not in file.name


def test_an_item_is_replaced(folder: Path) -> None:
    cache = RevocationCache(folder)
    cache.put("a", item(b"old"))
    cache.put("a", item(b"new"))
    assert RevocationCache(folder).of(Kind.LIST) == (b"new",)


def test_the_oldest_make_room(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revocation_cache, "MOST_BYTES", 500)
    cache = RevocationCache(folder)
    for day in range(4):
        cache.put(str(day), item(bytes([day]) * 100, days=day))
    assert [data[0] for data in RevocationCache(folder).of(Kind.LIST)] == [2, 3]


def test_the_number_of_items_has_a_bound(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revocation_cache, "_MOST_ITEMS", 3)
    cache = RevocationCache(folder)
    for day in range(6):
        cache.put(str(day), item(days=day))
    assert len(list(folder.iterdir())) == 3
    assert cache.get("0") is None
    assert cache.get("5") is not None


def test_what_nobody_renewed_for_long_goes(folder: Path) -> None:
    cache = RevocationCache(folder)
    cache.put("old", item())
    cache.put("new", item(days=31))
    assert RevocationCache(folder).get("old") is None


@pytest.mark.parametrize(
    "content", [b"", b"x", b"smimetui revocation 1 crl now then\nx", b"\xff" * 99, b"smimetui revocation 1\n"]
)
def test_a_damaged_file_is_passed_over(folder: Path, content: bytes) -> None:
    RevocationCache(folder).put("a", item())
    (folder / "b.fetched").write_bytes(content)
    assert RevocationCache(folder).of(Kind.LIST) == (b"data",)


def test_a_folder_that_cannot_be_written_costs_only_the_memory(folder: Path) -> None:
    folder.parent.mkdir(parents=True)
    folder.write_text("a file stands in the way")
    cache = RevocationCache(folder)
    cache.put("a", item())
    assert cache.of(Kind.LIST) == (b"data",)
    assert RevocationCache(folder).of(Kind.LIST) == ()
