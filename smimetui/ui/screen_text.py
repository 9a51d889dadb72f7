"""The screen as plain text: for the tour without a terminal, and for tests."""

from textual.app import App


def screen_text(app: App[int]) -> str:
    """Return what stands on the screen, a line each, blanks at the ends cut off."""
    strips = app.screen._compositor.render_strips()  # noqa: SLF001 - Textual has no public way to its own picture
    return "\n".join(strip.text.rstrip() for strip in strips)
