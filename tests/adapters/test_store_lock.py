from pathlib import Path

import pytest

from smimetui.adapters.store_lock import StoreLock
from smimetui.model.errors import StoreUnavailableError


def test_the_stamp_differs_after_each_change_and_is_none_within(tmp_path: Path) -> None:
    lock = StoreLock(tmp_path / "state")
    stamps = [lock.stamp()]
    assert not lock.used
    for _ in range(3):
        with lock.changing():
            assert StoreLock(tmp_path / "state").stamp() is None
        stamps.append(StoreLock(tmp_path / "state").stamp())
    assert len(set(stamps)) == 4
    assert None not in stamps
    assert lock.used


def test_a_change_that_fails_moves_the_stamp_and_frees_the_lock(tmp_path: Path) -> None:
    lock = StoreLock(tmp_path)
    with pytest.raises(KeyError), lock.changing():
        raise KeyError
    assert lock.stamp() not in {"", None}
    with StoreLock(tmp_path, patience=0.01).changing():
        pass


def test_a_lock_that_others_hold_is_given_up_after_a_while(tmp_path: Path) -> None:
    with (
        StoreLock(tmp_path).changing(),
        pytest.raises(StoreUnavailableError, match="another smimetui"),
        StoreLock(tmp_path, patience=0.01).changing(),
    ):
        pass


def test_a_change_within_a_change_of_the_same_thread_goes_on(tmp_path: Path) -> None:
    lock = StoreLock(tmp_path, patience=0.01)
    with lock.changing(), lock.changing():
        assert lock.stamp() is None


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailableError, match="lock file"), StoreLock(tmp_path / "file").changing():
        pass


def test_a_stamp_that_cannot_be_read_or_written_makes_every_look_a_fresh_one(tmp_path: Path) -> None:
    (tmp_path / "store.stamp").mkdir()
    lock = StoreLock(tmp_path)
    assert lock.stamp() is None
    with lock.changing():
        pass
    assert lock.stamp() is None
