"""The app's part that knows of the terminal around it: leaving it for a while, and leaving the mouse to it."""

from __future__ import annotations

from textual.binding import Binding

from smimetui.ui.acts import key_name
from smimetui.ui.look import Look


class InTerminal(Look):
    """A part of the app."""

    BINDINGS = [  # noqa: RUF012 - Textual's own type
        Binding(
            "f3",
            "toggle_mouse",
            "Mouse",
            id="app.mouse",
            show=False,
            priority=True,
            tooltip="Leave the mouse to the terminal, to select and copy; again to take it back",
        ),
        Binding(
            "ctrl+z",
            "suspend_process",
            "Suspend",
            id="app.suspend",
            show=False,
            priority=True,
            tooltip="Back to the shell; fg returns",
        ),
    ]
    _mouse_released = False

    def say(self, text: str, tone: str = "") -> None:
        """Say a sentence on the screen in front."""

    def action_help_quit(self) -> None:
        """Say what quits, where somebody pressed Ctrl+C to leave: a slip must not."""
        for key, active in self.active_bindings.items():
            if active.binding.id == "app.quit":
                self.say(f"{key_name(self.get_key_display(active.binding.with_key(key)))} quits smimetui.", "accent")

    def action_toggle_mouse(self) -> None:
        """Leave the mouse to the terminal, or take it back."""
        self._mouse_released = not self._mouse_released
        self._apply_mouse()
        released = "The terminal has the mouse, to select. F3 takes it back."
        self.say(released if self._mouse_released else "The mouse works here again.", "accent")

    def on_mount(self) -> None:
        """Have the mouse stay as chosen after a while in the shell: coming back turns it on."""
        self.app_resume_signal.subscribe(self, lambda _: self._apply_mouse(), immediate=True)

    def _apply_mouse(self) -> None:
        driver = self._driver
        # A driver without a terminal (tests, a web page) has no such thing.
        name = "_disable_mouse_support" if self._mouse_released else "_enable_mouse_support"
        apply = getattr(driver, name, None)
        if apply is not None:
            apply()
