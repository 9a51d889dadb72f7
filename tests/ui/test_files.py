import resource
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smimetui.model.errors import FormatError, SmimetuiError
from smimetui.model.message import Attachment
from smimetui.ui.files import (
    complete_path,
    read_attachment,
    safe_name,
    save_attachments,
    save_new,
    typed_path,
    working_folder,
)


def attachment(name: str, content: bytes = b"x") -> Attachment:
    return Attachment(name=name, content_type="text/plain", content=content)


@given(st.text(max_size=300))
def test_a_received_name_never_leaves_its_folder_nor_hides(name: str) -> None:
    safe = safe_name(name)
    assert safe
    assert "/" not in safe
    assert "\\" not in safe
    assert not safe.startswith(".")
    assert len(safe) <= 120
    assert safe.isprintable()


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\evil.exe", "evil.exe"),
        (".bashrc", "bashrc"),
        ("a\x1b]0;b\x07.txt", "a_]0;b_.txt"),
        ("", "attachment"),
        ("x" * 200 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_names_keep_what_is_harmless(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_saving_never_writes_over_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("mine")
    saved = save_attachments([attachment("a.txt", b"1"), attachment("a.txt", b"2")], tmp_path)
    assert [path.name for path in saved] == ["a (1).txt", "a (2).txt"]
    assert (tmp_path / "a.txt").read_text() == "mine"
    assert (tmp_path / "a (2).txt").read_bytes() == b"2"


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(SmimetuiError, match="cannot be saved"):
        save_attachments([attachment("a.txt")], tmp_path / "file")
    with pytest.raises(SmimetuiError, match="cannot be written"):
        save_new(tmp_path / "file" / "x.pem", b"")


def test_an_attachment_carries_its_name_type_and_bytes(tmp_path: Path) -> None:
    (tmp_path / "q3.csv").write_bytes(b"1,2")
    read = read_attachment(tmp_path / "q3.csv")
    assert (read.name, read.content_type, read.content) == ("q3.csv", "text/csv", b"1,2")


def test_what_cannot_be_attached_is_named(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="is not a file"):
        read_attachment(tmp_path / "missing")
    with pytest.raises(FormatError, match="is not a file"):
        read_attachment(tmp_path)


def test_a_path_completes_as_far_as_it_is_certain(tmp_path: Path) -> None:
    (tmp_path / "figures-q3.ods").touch()
    (tmp_path / "figures-q4.ods").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / ".hidden").touch()
    assert complete_path(f"{tmp_path}/fig") == f"{tmp_path}/figures-q"
    assert complete_path(f"{tmp_path}/fo") == f"{tmp_path}/folder/"
    assert complete_path(f"{tmp_path}/figures-q3") == f"{tmp_path}/figures-q3.ods"
    assert complete_path(f"{tmp_path}/none") == f"{tmp_path}/none"
    assert complete_path(f"{tmp_path}/missing/x") == f"{tmp_path}/missing/x"
    assert complete_path(f"{tmp_path}/.h") == f"{tmp_path}/.hidden"


def test_a_working_folder_that_is_gone_or_has_a_hostile_name_is_not_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, offered in (("plain", str(tmp_path / "plain")), ("a\x1b]2;b\x07", "~"), ("gone", "~")):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        if name == "gone":
            (tmp_path / name).rmdir()
        assert working_folder() == offered


def test_a_home_that_nobody_has_is_a_name_like_any_other() -> None:
    assert typed_path("~/x") == Path.home() / "x"
    assert typed_path("~nobody-of-this-name/x") == Path("~nobody-of-this-name/x")
    assert complete_path("~nobody-of-this-name/x") == "~nobody-of-this-name/x"


@pytest.mark.parametrize("name", ["zz\x1b]2;pwn\x07", "zz\u202efdp", "zz\x9b2J", "zz\udcff"])
def test_a_file_whose_name_would_act_on_the_terminal_is_not_completed(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("x")
    assert complete_path(f"{tmp_path}/z") == f"{tmp_path}/z"
    (tmp_path / "zebra").write_text("x")
    assert complete_path(f"{tmp_path}/z") == f"{tmp_path}/zebra"


def test_a_file_that_cannot_be_written_to_its_end_is_not_left_half(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(SmimetuiError, match="cannot be saved"):
            save_attachments([attachment("big.bin", bytes(200_000))], tmp_path)
        with pytest.raises(SmimetuiError, match="cannot be written"):
            save_new(tmp_path / "big.pem", bytes(200_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []
