"""The desktop file that lets browsers open `mailto:` links here, in the person's own applications folder."""

from pathlib import Path

from smimetui.model.errors import ConfigError

NAME = "smimetui.desktop"
_ENTRY = """[Desktop Entry]
Type=Application
Name=smimetui
GenericName=Mail Composer
Comment=Write encrypted and signed mail in a terminal
Exec={program} compose -- %u
Terminal=true
Categories=Network;Email;ConsoleOnly;
MimeType=x-scheme-handler/mailto;
StartupNotify=false
"""


def applications_folder() -> Path:
    """Return where the person's own desktop files are (XDG Desktop Menu, `$XDG_DATA_HOME/applications`)."""
    from platformdirs import user_data_path

    return user_data_path() / "applications"


def install_handler(program: Path, folder: Path) -> Path:
    """Write the file for the program of that path, and return where it is. Raises ConfigError."""
    from smimetui.adapters.atomic_file import write_atomically

    path = folder / NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(path, _ENTRY.format(program=_quoted(str(program))).encode())
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from error
    return path


def remove_handler(folder: Path) -> Path | None:
    """Remove the file; return where it was, None if it was not there. Raises ConfigError."""
    path = folder / NAME
    try:
        path.unlink()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"{path} cannot be removed: {error.strerror}") from error
    return path


def _quoted(argument: str) -> str:
    """Return an argument of `Exec` in quotes (Desktop Entry Specification 1.5, The Exec key), % doubled."""
    if any(ord(letter) < ord(" ") for letter in argument):
        raise ConfigError("the program's path holds control characters", "install smimetui elsewhere")
    for special in "\\", '"', "`", "$":
        argument = argument.replace(special, f"\\{special}")
    # The value as a whole is a string of the file, in which a backslash is doubled once more.
    return '"' + argument.replace("\\", "\\\\").replace("%", "%%") + '"'
