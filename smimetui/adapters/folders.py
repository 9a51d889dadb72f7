"""Where the program keeps things: the XDG folders, or one folder that holds them all (the sandbox)."""

import os
from pathlib import Path

from smimetui.model.value import dataclass

_NAME = "smimetui"


def typed_path(text: str) -> Path:
    """Return a path as a person writes it, `~` being their home; the home of nobody known stays a name like others."""
    return Path(os.path.expanduser(text))  # noqa: PTH111 - pathlib's raises where there is no such person


def shown_path(path: Path) -> str:
    """Return a path as a person would write it: `~` for their home."""
    home = os.path.join(typed_path("~"), "")  # noqa: PTH118 - with the separator behind it
    return f"~{os.sep}{str(path)[len(home) :]}" if str(path).startswith(home) else str(path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """The program's own folders; nothing else is written. None is created before it is needed."""

    settings: Path
    data: Path
    state: Path
    cache: Path

    @property
    def settings_file(self) -> Path:
        """The settings, TOML."""
        return self.settings / "settings.toml"

    @property
    def themes(self) -> Path:
        """The person's own themes, one TOML file each."""
        return self.settings / "themes"

    @property
    def revocation(self) -> Path:
        """What was fetched about revocation."""
        return self.cache / "revocation"

    @property
    def headers(self) -> Path:
        """What message lists show of the folders of Maildirs."""
        return self.cache / "headers"

    @property
    def drafts(self) -> Path:
        """Drafts that are being written, sealed to their writer."""
        return self.data / "drafts"

    @property
    def outbox(self) -> Path:
        """Messages that have not left, or may have."""
        return self.data / "outbox"

    @property
    def vault_file(self) -> Path:
        """The vault, where there is no keyring."""
        return self.data / "vault"


def own_folders() -> Folders:
    """Return the person's folders as the system has them (XDG_CONFIG_HOME and the like)."""
    from platformdirs import PlatformDirs

    folders = PlatformDirs(_NAME, appauthor=False)
    return Folders(
        settings=folders.user_config_path,
        data=folders.user_data_path,
        state=folders.user_state_path,
        cache=folders.user_cache_path,
    )


def folders_under(root: Path) -> Folders:
    """Return a set of folders inside `root`, apart from the person's own."""
    return Folders(settings=root / "config", data=root / "data", state=root / "state", cache=root / "cache")
