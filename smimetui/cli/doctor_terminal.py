"""What `smimetui doctor` says of the terminal and of the programs that are called from it."""

import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from smimetui.cli.finding import Finding, looked
from smimetui.model.errors import SmimetuiError

if TYPE_CHECKING:
    from smimetui.cli.world import World

_LEAST = (60, 18)
"""Columns and lines below which the screens do not fit."""
_SSH = ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT")


def look_at_terminal(world: "World", environment: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Yield a finding for the terminal, its colours, its glyphs, and each outside program."""
    yield looked("terminal", lambda: terminal(environment))
    yield looked("colours", lambda: colours(environment))
    yield looked("glyphs", lambda: _glyphs(world, environment))
    yield editor(environment)
    yield opener(environment)


def terminal(environment: Mapping[str, str]) -> Finding:
    """Say what kind of terminal this is, how large, and what lies between it and the program."""
    from smimetui.ui.glyphs import shows_utf8

    name = environment.get("TERM", "")
    is_terminal = sys.stdout.isatty()
    columns, lines = size = shutil.get_terminal_size() if is_terminal else (0, 0)
    utf8 = shows_utf8(environment)
    notes = [name or "TERM is not set", f"{columns}x{lines}" if is_terminal else "standard output is no terminal"]
    notes.append("UTF-8" if utf8 else "not UTF-8")
    notes += [word for word, names in (("in tmux", ("TMUX",)), ("over ssh", _SSH)) if any(map(environment.get, names))]
    works, remedy = None, ""
    if name in {"", "dumb"}:
        works, remedy = False, "set TERM to what your terminal is, xterm-256color for most"
    elif is_terminal and (size[0] < _LEAST[0] or size[1] < _LEAST[1]):
        remedy = f"make it {_LEAST[0]}x{_LEAST[1]} at least"
    elif not utf8:
        remedy = "set LANG to a UTF-8 locale such as C.UTF-8"
    elif not is_terminal:
        remedy = "run doctor in the terminal itself"
    else:
        works = True
        remedy = "if Esc is slow: set -sg escape-time 10 in tmux.conf" if environment.get("TMUX") else ""
    return Finding(works=works, what="terminal", found=", ".join(notes), remedy=remedy)


def colours(environment: Mapping[str, str]) -> Finding:
    """Say how many colours there will be, and why."""
    name = environment.get("TERM", "")
    if environment.get("NO_COLOR"):
        return Finding(works=True, what="colours", found="none, for NO_COLOR is set; no state needs them")
    if environment.get("COLORTERM", "").lower() in {"truecolor", "24bit"} or name.endswith("-direct"):
        return Finding(works=True, what="colours", found="16 million")
    if "256" in name:
        remedy = "if the terminal has more: export COLORTERM=truecolor"
        return Finding(works=True, what="colours", found="256", remedy=remedy)
    return Finding(works=None, what="colours", found="16 or fewer", remedy='theme = "ansi" is made for them')


def _glyphs(world: "World", environment: Mapping[str, str]) -> Finding:
    from smimetui.ui.glyphs import choose, reason

    try:
        setting = world.settings().glyphs
    except SmimetuiError:
        # The settings have a line of their own.
        setting = "auto"
    chosen = choose(setting, environment)
    return Finding(
        works=True,
        what="glyphs",
        found=f"{chosen.name}, {reason(setting, environment)}: {chosen.locked} {chosen.unlocked} {chosen.trusted}",
        remedy='if they look wrong: glyphs = "unicode" or "ascii"' if chosen.name == "emoji" else "",
    )


def editor(environment: Mapping[str, str]) -> Finding:
    """Say whether the person's editor is there."""
    named = environment.get("VISUAL") or environment.get("EDITOR") or ""
    remedy = "export EDITOR=nano, or the one you like"
    if not named:
        return Finding(works=None, what="editor", found="neither VISUAL nor EDITOR is set", remedy=remedy)
    try:
        program = (shlex.split(named) or [""])[0]
    except ValueError:
        program = ""
    if not shutil.which(program):
        return Finding(works=None, what="editor", found=f"“{program}” is not installed", remedy=remedy)
    return Finding(works=True, what="editor", found=program)


def opener(environment: Mapping[str, str]) -> Finding:
    """Say whether received files can be opened by other programs."""
    name = "open" if sys.platform == "darwin" else "xdg-open"
    if not shutil.which(name):
        remedy = "install xdg-utils; saving files works without it"
        return Finding(works=None, what="opening files", found=f"{name} is not installed", remedy=remedy)
    if name == "xdg-open" and not (environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")):
        return Finding(works=True, what="opening files", found=f"{name}, without a graphical screen")
    return Finding(works=True, what="opening files", found=name)
