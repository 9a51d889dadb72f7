"""The wheel, installed outside the tree: it starts, builds the demo and brings its themes."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.timeout(400)
def test_an_installed_wheel_starts_the_demo_and_lists_its_themes(tmp_path: Path) -> None:
    # The libraries come from this environment; what is under test is what the wheel holds.
    built = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(tmp_path), str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr[-2000:]
    (wheel,) = tmp_path.glob("smimetui-*.whl")
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv/bin/python"
    site = next((tmp_path / "venv/lib").glob("python*/site-packages"))
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(site), str(wheel)], check=True
    )
    (here,) = (path for path in sys.path if path.endswith("site-packages"))
    (site / "libraries.pth").write_text(f"{here}\n")

    def run(*command: str) -> str:
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = run(str(python), "-c", "import smimetui; print(smimetui.__file__)")
    assert where.strip().startswith(str(site))
    themes = run(str(python), "-c", "from smimetui.ui.themes import theme_names; print(*theme_names())")
    assert themes.split() == ["dark", "ansi", "high-contrast", "light"]
    assert "bob@corp.example: ready" in run(str(python), "-m", "smimetui", "demo", "check", "bob@corp.example")
    tour = run(str(python), "-m", "smimetui", "demo", "--tour")
    assert "Unable to Encrypt" in tour
