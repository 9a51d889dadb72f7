"""The search around the targets: limits are held, findings are reproduced, what is missing is said in a sentence."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

import tests.fuzz.__main__ as command
from smimetui.model.errors import FormatError
from tests.fuzz import watch
from tests.fuzz.mutation import grown, mutations
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
    door(monkeypatch, lambda data: len(bytearray(b"x") * (watch.MEMORY_FLOOR * 2)) + len(data))
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
    assert 9_000 < len(grown(b"0123456789", 10_000, seed=1)) < 10_100
