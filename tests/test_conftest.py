import os
from pathlib import Path

import pytest

from tests.conftest import need_program


def test_a_program_that_is_there_is_given_by_its_path() -> None:
    assert need_program("sh").endswith("/sh")


def test_a_missing_program_skips_the_test_and_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no-such-program is not installed"):
        need_program("no-such-program")


def test_on_ci_a_missing_program_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="CI must have it"):
        need_program("no-such-program")


def test_a_test_has_a_home_of_its_own(own_world: Path) -> None:
    assert Path.home() == own_world
    assert "DBUS_SESSION_BUS_ADDRESS" not in os.environ
