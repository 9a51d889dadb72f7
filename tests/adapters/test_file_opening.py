import os
import stat
from pathlib import Path

import pytest

from smimetui.adapters import file_opening
from smimetui.adapters.file_opening import FileOpener, runs
from smimetui.model.errors import SmimetuiError
from smimetui.model.message import Attachment


def received(name: str, content: bytes = b"%PDF-1.7", kind: str = "application/pdf") -> Attachment:
    return Attachment(name=name, content_type=kind, content=content)


def program(folder: Path, script: str) -> str:
    path = folder / "opener"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)
    return str(path)


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    folder = tmp_path / "memory"
    folder.mkdir()
    return folder


def test_a_file_goes_to_the_systems_program_from_a_private_folder_that_is_removed(tmp_path: Path, memory: Path) -> None:
    seen = tmp_path / "seen"
    opener = FileOpener(command=program(tmp_path, f'echo "$1" > {seen}'), memory=memory)
    assert "report.pdf" in opener.open(received("report.pdf"), "report.pdf")
    path = Path(seen.read_text().strip())
    assert path.read_bytes() == b"%PDF-1.7"
    assert path.parent.parent == memory
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    opener.close()
    assert list(memory.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["evil.desktop", "a.pdf.exe", "run.SH", "x.lnk", "s.py", "app.AppImage", "go.jar", "l.url", "i.hta"]
)
def test_a_program_or_what_starts_one_is_never_opened(tmp_path: Path, memory: Path, name: str) -> None:
    opener = FileOpener(command=program(tmp_path, f"touch {tmp_path}/ran"), memory=memory)
    with pytest.raises(SmimetuiError, match="is not opened"):
        opener.open(received(name), name)
    assert not (tmp_path / "ran").exists()
    assert list(memory.iterdir()) == []


@pytest.mark.parametrize(
    "attachment",
    [
        received("a.pdf", b"\x7fELF\x02"),
        received("a.txt", b"#!/bin/sh\nrm x", "text/plain"),
        received("a", b"\n [Desktop Entry]\nExec=x"),
        received("a.pdf", b"MZ\x90"),
        received("a.pdf", b"x", "application/x-desktop"),
        received("a", b"x", "text/x-python"),
    ],
)
def test_what_runs_is_known_by_its_content_and_type_too(attachment: Attachment) -> None:
    assert runs(attachment, attachment.name)


def test_documents_are_no_programs() -> None:
    for name in ("report.pdf", "example.com.pdf", "photo.JPG", "notes", "q3.ods", "page.html"):
        assert not runs(received(name, b"data"), name)


def test_where_there_is_no_program_the_file_is_gone_and_a_sentence_says_so(tmp_path: Path, memory: Path) -> None:
    with pytest.raises(SmimetuiError, match="no program for"):
        FileOpener(command=program(tmp_path, "exit 3"), memory=memory).open(received("a.pdf"), "a.pdf")
    with pytest.raises(SmimetuiError, match="there is no no-such-opener"):
        FileOpener(command="no-such-opener", memory=memory).open(received("a.pdf"), "a.pdf")
    (tmp_path / "opener").write_bytes(b"\x7fELFnothing")
    with pytest.raises(SmimetuiError, match="cannot be opened"):
        FileOpener(command=str(tmp_path / "opener"), memory=memory).open(received("a.pdf"), "a.pdf")
    assert list(memory.iterdir()) == []


def test_an_opener_that_stays_is_not_waited_for(tmp_path: Path, memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_opening, "_PATIENCE", 0.05)
    gone = tmp_path / "gone"
    os.mkfifo(gone)
    opener = FileOpener(command=program(tmp_path, f"cat {gone}"), memory=memory)
    assert "handed" in opener.open(received("a.pdf"), "a.pdf")
    gone.write_text("now")
    opener.close()


def test_without_a_folder_in_memory_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_opening, "_in_memory", lambda: None)
    with pytest.raises(SmimetuiError, match="no folder in memory"):
        FileOpener(command=program(tmp_path, "true")).open(received("a.pdf"), "a.pdf")


def test_a_name_that_the_system_refuses_is_a_sentence(tmp_path: Path, memory: Path) -> None:
    with pytest.raises(SmimetuiError, match="cannot be copied"):
        FileOpener(command=program(tmp_path, "true"), memory=memory).open(received("a"), "x" * 300)
    assert list(memory.iterdir()) == []


def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path: Path, memory: Path) -> None:
    for name in ("smimetui-open-999999999-x", f"smimetui-open-{os.getpid()}-y", "other"):
        (memory / name).mkdir()
    opener = FileOpener(command=program(tmp_path, "true"), memory=memory)
    opener.open(received("a.pdf"), "a.pdf")
    assert not (memory / "smimetui-open-999999999-x").exists()
    assert (memory / f"smimetui-open-{os.getpid()}-y").exists()
    opener.close()


def test_only_a_file_system_in_memory_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "nowhere"))
    found = file_opening._in_memory()
    assert found is None or file_opening._is_tmpfs(str(found))
    assert not file_opening._is_tmpfs("/proc")
