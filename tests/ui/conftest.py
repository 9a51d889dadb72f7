from datetime import datetime
from pathlib import Path

import pytest

from smimetui.__main__ import Sandbox
from smimetui.demo.sandbox import build_sandbox


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    """A freshly built sandbox of its own."""
    folder = tmp_path / "demo"
    build_sandbox(folder, fresh=True, now=datetime.now().astimezone())
    return Sandbox(folder)
