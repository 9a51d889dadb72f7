"""The sandbox that tests of the commands play in."""

import shutil
from datetime import datetime
from pathlib import Path

import pytest

from smimetui.demo.sandbox import build_sandbox


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a sandbox that is built once and not changed."""
    folder = tmp_path_factory.mktemp("pristine") / "demo"
    build_sandbox(folder, now=datetime.now().astimezone())
    return folder


@pytest.fixture
def sandbox(pristine: Path, own_world: Path) -> Path:
    """Return the folder of a sandbox of the test's own, where `smimetui demo` looks for it."""
    folder = own_world / ".local/share/smimetui/demo"
    shutil.copytree(pristine, folder, symlinks=True)
    return folder
