"""Hands received files to the program that the system has for them; never one that could run by itself.

The file's copy lies in memory (tmpfs), in a folder that is its owner's alone, until the program ends; what a killed
run left goes with the next one.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from atexit import register
from contextlib import suppress
from pathlib import Path

from smimetui.model.display import printable_line
from smimetui.model.errors import SmimetuiError
from smimetui.model.message import Attachment

_PREFIX = "smimetui-open-"
_PATIENCE = 3.0
"""Seconds in which the system's opener says whether there is a program; some of them stay as long as it runs."""
_RUNS = """
    app appimage applescript bash bat bin cmd com command cpl csh deb desktop dll dmg elf exe fish flatpak
    flatpakref gadget hta inf inx ipa isu jar job jnlp js jse kish ksh lnk lua mde mjs mof msc msi msix msp mst ocx
    out paf php pif pkg pl ps1 py pyc pyw pyz rb reg rgs rpm run scf scpt scr sct service sh shb snap so sys tcl
    terminal url vb vbe vbs vbscript webloc workflow ws wsf wsh xll zsh
"""
"""Ends of names of what is a program, or starts one."""
_RUNS_TYPES = re.compile(
    r"application/(x-)?(executable|msdownload|msdos-program|sharedlib|pie-executable|desktop|shellscript|"
    r"java-archive|perl|python.*|php|ruby|javascript|ms-shortcut|mach-binary)|text/(x-)?(shellscript|python|perl|"
    r"javascript)"
)
_MAGIC = (b"\x7fELF", b"MZ", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe")
_ENTRY = re.compile(rb"^\s*\[Desktop Entry\]", re.MULTILINE)
_START = 4_096


class FileOpener:
    """Opens files while the program runs."""

    def __init__(self, *, command: str = "", memory: Path | None = None) -> None:
        self._command = command or ("open" if sys.platform == "darwin" else "xdg-open")
        self._memory = memory
        self._folders: list[Path] = []

    def open(self, attachment: Attachment, name: str) -> str:
        """Write the file under a safe `name` and start its program; return what happened, as a sentence.

        Raises SmimetuiError for what could run, where no folder lies in memory, and where there is no program.
        """
        shown = printable_line(name)
        if runs(attachment, name):
            raise SmimetuiError(f"{shown} is or starts a program and is not opened", "save it, if you know what it is")
        command = shutil.which(self._command)
        if command is None:
            raise SmimetuiError(f"there is no {self._command} to open {shown} with", "save the file instead")
        path = self._written(attachment.content, name)
        try:
            self._start(command, path, shown)
        except SmimetuiError:
            self._remove(path.parent)
            raise
        return f"{shown} was handed to the system's program."

    def close(self) -> None:
        """Remove all copies."""
        for folder in tuple(self._folders):
            self._remove(folder)

    def _start(self, command: str, path: Path, shown: str) -> None:
        process = None
        try:
            process = subprocess.Popen(  # noqa: S603 - no shell; the path is ours
                [command, str(path)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                cwd=path.parent,
            )
            code = process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            if process is not None:
                process.returncode = 0  # it lives on by itself: nobody here waits for it
            return
        except OSError as error:
            raise SmimetuiError(f"{shown} cannot be opened: {error.strerror}", "save the file instead") from error
        if code != 0:
            raise SmimetuiError(f"the system has no program for {shown}", "save the file instead")

    def _written(self, content: bytes, name: str) -> Path:
        if not self._folders:
            register(self.close)
        memory = self._memory or _in_memory()
        if memory is None:
            raise SmimetuiError("there is no folder in memory for a copy of the file", "save the file instead")
        _sweep(memory)
        try:
            folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=memory))
            self._folders.append(folder)
            path = folder / name
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
                stream.write(content)
        except OSError as error:
            self.close()
            raise SmimetuiError(f"the file cannot be copied: {error.strerror}", "save the file instead") from error
        return path

    def _remove(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self._folders.remove(folder)


def runs(attachment: Attachment, name: str) -> bool:
    """Tell whether a file is a program, or makes the system start one."""
    start = attachment.content[:_START]
    return (
        name.rpartition(".")[2].strip().casefold() in _RUNS.split()
        or _RUNS_TYPES.fullmatch(attachment.content_type.casefold()) is not None
        or start.startswith(_MAGIC)
        or _ENTRY.search(start) is not None
    )


def _in_memory() -> Path | None:
    """Return a folder of a file system in memory."""
    for name in (os.environ.get("XDG_RUNTIME_DIR", ""), "/dev/shm"):  # noqa: S108 - the folder made in it is private
        if name and Path(name).is_dir() and os.access(name, os.W_OK | os.X_OK) and _is_tmpfs(name):
            return Path(name)
    return None


def _is_tmpfs(name: str) -> bool:
    """Tell whether the deepest mount that holds a folder is in memory; `/proc/mounts` lists the later ones last."""
    found = ("", "")
    with suppress(OSError):
        for line in Path("/proc/mounts").read_text("utf-8", "surrogateescape").splitlines():
            _, where, kind, *_ = line.split(" ")
            inside = name == where or name.startswith(where.rstrip("/") + "/")
            if inside and len(where) >= len(found[0]):
                found = (where, kind)
    return found[1] in {"tmpfs", "ramfs"}


def _sweep(memory: Path) -> None:
    """Remove what runs left that were killed."""
    with suppress(OSError):
        for folder in memory.glob(f"{_PREFIX}*"):
            number = folder.name.removeprefix(_PREFIX).partition("-")[0]
            if number.isdecimal() and not Path("/proc", number).exists() and folder.lstat().st_uid == os.getuid():
                shutil.rmtree(folder, ignore_errors=True)
