"""The glyph sets: what a lock and a badge look like on this terminal."""

import locale
import os
from collections.abc import Mapping
from dataclasses import replace

from smimetui.model.value import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Glyphs:
    """One glyph for every state; each also has its word beside it or in the status line."""

    name: str
    locked: str
    unlocked: str
    """The lock is off, or the recipient is blocked."""
    blocked: str
    unreachable: str
    checking: str
    trusted: str
    untrusted: str
    failed: str
    unread: str
    selected: str
    attachment: str
    back: str
    hairline: str
    ellipsis: str
    dot: str


EMOJI = Glyphs(
    name="emoji",
    locked="🔒",
    unlocked="🔓",
    blocked="🔓",
    unreachable="?",
    checking="…",
    trusted="✓",
    untrusted="?",
    failed="✗",
    unread="●",
    selected="▌",
    attachment="+",
    back="‹",
    hairline="─",
    ellipsis="…",
    dot="·",
)
UNICODE = replace(EMOJI, name="unicode", locked="▣", unlocked="▢", blocked="▢")
ASCII = Glyphs(
    name="ascii",
    locked="[#]",
    unlocked="[ ]",
    blocked="[!]",
    unreachable="[?]",
    checking="...",
    trusted="+",
    untrusted="?",
    failed="x",
    unread="*",
    selected="x",
    attachment="&",
    back="<",
    hairline="-",
    ellipsis="...",
    dot="-",
)
SETS = {glyphs.name: glyphs for glyphs in (EMOJI, UNICODE, ASCII)}


def choose(setting: str, environment: Mapping[str, str] = os.environ) -> Glyphs:
    """Return the set of that name; for `auto` the one that this terminal shows.

    ASCII without UTF-8 or on TERM=linux, one-cell Unicode over SSH, emoji otherwise.
    """
    return _chosen(setting, environment)[0]


def reason(setting: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return why that set is chosen: `over ssh`."""
    return _chosen(setting, environment)[1]


def _chosen(setting: str, environment: Mapping[str, str]) -> tuple[Glyphs, str]:
    if setting in SETS:
        return SETS[setting], "as the settings say"
    if environment.get("TERM") == "linux":
        return ASCII, "for the Linux console"
    if not shows_utf8(environment):
        return ASCII, "without UTF-8"
    if any(environment.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT")):
        return UNICODE, "over ssh"
    return EMOJI, "for a UTF-8 terminal on this machine"


def shows_utf8(environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether the locale is one of UTF-8."""
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        if value := environment.get(name):
            return "utf" in value.lower()
    return "utf" in locale.getpreferredencoding(do_setlocale=False).lower()
