"""The search around the targets: limits are held, findings are reproduced, what is missing is said in a sentence."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

import tests.fuzz.__main__ as command
from smimetui.model.errors import FormatError
from smimetui.smime.der import fields, read_field
from tests.fuzz import watch
from tests.fuzz.corpus import alice
from tests.fuzz.growth import MOST_OCTETS, Growth, grown
from tests.fuzz.mutation import mutations
from tests.fuzz.targets import TARGETS, Target
from tests.fuzz.watch import LimitError, examine


def door(monkeypatch: pytest.MonkeyPatch, run: Callable[[bytes], object]) -> None:
    monkeypatch.setitem(TARGETS, "door", Target(run=run, seeds=lambda: [b"seed"]))


def test_a_refusal_by_name_is_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_data: bytes) -> None:
        raise FormatError("no")

    door(monkeypatch, refuse)
    assert examine("door", b"").refused


def test_anything_else_is_a_finding(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    door(monkeypatch, lambda data: data[9])
    path = tmp_path / "found"
    path.write_bytes(b"short")
    with pytest.raises(IndexError):
        command.main(["door", "--reproduce", str(path)])


def test_what_takes_long_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def spin(_data: bytes) -> None:
        end = time.thread_time() + 0.02
        while time.thread_time() < end:
            pass

    door(monkeypatch, spin)
    monkeypatch.setattr(watch, "MOST_SECONDS", 0.01)
    with pytest.raises(LimitError, match="s of"):
        examine("door", b"")


def test_what_takes_much_memory_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    # So much that no memory freed by tests before can hold it unseen.
    door(monkeypatch, lambda data: len(bytearray(b"x") * (watch.MEMORY_FLOOR * 16)) + len(data))
    with pytest.raises(LimitError, match="for an input of 4"):
        examine("door", b"four")


def test_an_input_is_run_again_and_its_cost_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "input"
    path.write_bytes(b"a@b.example")
    assert command.main(["address", "--reproduce", str(path)]) == 0
    assert capsys.readouterr().out.startswith("address: 11 octets, 0.")


def test_a_target_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["adress"])
    assert "no target is called adress; there are address, ber" in capsys.readouterr().err


def test_without_atheris_a_sentence_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "find_spec", lambda _name: None)
    assert command.main([]) == 2
    assert "pip install -e '.[dev,fuzz]'" in capsys.readouterr().err


def test_mutations_are_the_same_for_the_same_seed() -> None:
    seeds = [b"one seed", b"and another"]
    once, again = list(mutations(seeds, 20, seed=1)), list(mutations(seeds, 20, seed=1))
    assert once == again
    assert len(set(once)) > 15


def test_a_seed_is_grown_to_a_size() -> None:
    for number in range(50):
        assert 9_000 < len(grown(b"0123456789", 10_000, seed=number)) < 10_100


def test_a_field_is_repeated_in_lengths_that_fit() -> None:
    big = [grown(alice().der, 100_000, seed=number) for number in range(40)]
    whole = [data for data in big if read_field(data, 0, len(data)).after == len(data)]
    assert len(whole) > 10
    assert any(len(list(fields(data, read_field(data, 0, len(data)).content, len(data)))) == 3 for data in whole)


def test_what_takes_the_square_of_its_size_is_found_from_a_small_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []

    def one(data: bytes) -> None:
        try:
            examine("door", data)
        except LimitError:
            found.append(data)

    def square(data: bytes) -> None:
        # Steps are counted, not taken: a test takes no seconds to find seconds.
        if data.count(b"<b>") ** 2 > 10**8:
            raise LimitError

    door(monkeypatch, square)
    growth = Growth(seed=1, clock=lambda: 0)
    for _ in range(30):
        growth.around(b"<p>so <b>and</b> so</p>", one)
    assert 0 < len(found) < growth.count


def test_big_inputs_take_a_share_of_the_time() -> None:
    clock = 0.0

    def run(data: bytes) -> None:
        nonlocal clock
        clock += len(data)

    growth = Growth(seed=1, clock=lambda: clock)
    for _ in range(2_000):
        growth.around(b"some octets" * 100, run)
    small = 2_000 * 1_100
    assert growth.count > 1
    assert clock - small < small * 0.5 + MOST_OCTETS * 1.1
