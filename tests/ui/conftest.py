from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from smimetui.__main__ import Sandbox
from smimetui.demo.sandbox import build_sandbox
from tests.ui.exchange_scene import Scene, set_up


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    """A freshly built sandbox of its own."""
    folder = tmp_path / "demo"
    build_sandbox(folder, fresh=True, now=datetime.now().astimezone())
    return Sandbox(folder)


@pytest.fixture
def scene() -> Iterator[Scene]:
    """Alice at a server of her own."""
    with set_up() as found:
        yield found
