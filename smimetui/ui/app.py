"""The app: opens the session behind the first frame, and joins the screens."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, assert_never

from textual.app import SystemCommand
from textual.binding import Binding
from textual.screen import Screen
from textual.worker import Worker

from smimetui.model.errors import SmimetuiError
from smimetui.model.message import Draft, OpenedMessage
from smimetui.services.account import Account
from smimetui.ui import glyphs as glyph_sets
from smimetui.ui import store_watch
from smimetui.ui.acts import acts
from smimetui.ui.departing import Departing
from smimetui.ui.lanes import Lanes
from smimetui.ui.logins import Logins
from smimetui.ui.preferences import Preferences
from smimetui.ui.screens.frame import Speaking, Work
from smimetui.ui.sessions import DEFAULT, OpenSession, Sessions
from smimetui.ui.start import Compose, FirstRun, ShowList, Start, View
from smimetui.ui.store_watch import StoreWatch

if TYPE_CHECKING:
    from smimetui.services.ports import CertificateStore
    from smimetui.services.session import Session


class SmimetuiApp(Departing):
    """One session, one start, a stack of screens."""

    TITLE = "smimetui"
    # The composer's too: a screen that brings its own has all of them parsed again as it opens.
    CSS_PATH = ["app.tcss", "screens/sheet.tcss", "screens/compose.tcss"]  # noqa: RUF012 - Textual's own type
    VERTICAL_BREAKPOINTS = [(0, "-short"), (22, "-tall")]  # noqa: RUF012
    BINDINGS = [  # noqa: RUF012
        Binding("f1", "help", "Help", id="app.help", show=False, priority=True, tooltip="Show all keys of this screen"),
        Binding("ctrl+q", "quit", "Quit", id="app.quit", show=False, priority=True, tooltip="Quit smimetui"),
        Binding("u", "undo_send", "Undo Send", id="app.undo-send", show=False, tooltip="Take the message back"),
    ]

    def __init__(self, open_session: OpenSession, *, start: Start, preferences: Preferences | None = None) -> None:
        super().__init__(preferences or Preferences())
        self.lanes = Lanes()
        self._sessions = Sessions(self, open_session, self.lanes, self.certificates_changed)
        self._watch = StoreWatch(self._open_store, self.lanes, self._look_again)
        self._logins = Logins(self)
        self._start = start

    def on_mount(self) -> None:
        """Paint first; everything slow comes after it."""
        if self.preferences.keys:
            self.set_keymap(dict(self.preferences.keys))
        if self.preferences.book is not None:
            self._logins.watch(self.preferences.book)
        self.call_after_refresh(self._in_background, self._open)
        self.set_interval(store_watch.SECONDS, self._watch.look)

    def get_default_screen(self) -> Screen[Any]:
        """Return what the app starts with; a mode of its own would have all styles parsed once more."""
        screen = self._screen_of(self._start)
        # The class that Textual would set with the first size, and style every widget once more for it.
        (_, short), (least, tall) = self.VERTICAL_BREAKPOINTS
        screen.set_class(True, tall if self.size.height >= least else short, update=False)
        return screen

    @staticmethod
    def _screen_of(start: Start) -> Speaking[str] | Speaking[None]:
        match start:
            case ShowList():
                from smimetui.ui.screens.mail_list import MailListScreen

                return MailListScreen()
            case FirstRun():
                from smimetui.ui.screens.first_run import FirstRunScreen

                return FirstRunScreen()
            case Compose():
                from smimetui.ui.screens.compose import ComposeScreen

                return ComposeScreen(prepared=start)
            case View():
                from smimetui.ui.screens.message import MessageScreen

                return MessageScreen.of_file(start.raw, start.name)
            case _:
                assert_never(start)

    def _in_background(self, work: Work) -> None:
        _: Worker[None] = self.run_worker(work)

    async def _open(self) -> None:
        await self.open_store()
        self.know_other_themes()
        if self.look_failure:
            self.say(self.look_failure, "warning")

    async def session(self, account: str = DEFAULT) -> Session:
        """Return the session of an account once it is open. Raises the SmimetuiError that kept it shut."""
        return await self._sessions.get(account)

    def certificates_changed(self) -> None:
        """Let every open screen look again: something was installed, removed or learned here."""
        self._watch.changed_here()
        self._look_again()

    def _look_again(self) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, Speaking):
                screen.certificates_changed()

    def _open_store(self) -> CertificateStore | None:
        return next((session.store for session in self._sessions.open.values()), None)

    def _fatal_error(self) -> None:
        """Leave with the places of the traceback: locals and messages may hold keys, and what others wrote."""
        from rich.traceback import Traceback

        self.keep_everything()
        report = Traceback(show_locals=False, width=None)
        for stack in report.trace.stacks:
            stack.exc_value, stack.notes = "", []
        self.bell()
        self._exit_renderables.append(report)
        self._close_messages_no_wait()

    def action_help(self) -> None:
        """Show all keys of the screen in front."""
        from smimetui.ui.screens.help import HelpSheet

        if not isinstance(self.screen, HelpSheet):
            self.push_screen(HelpSheet(self.screen))

    def look_changed(self) -> None:
        """Keep the choice, and paint again."""
        self.certificates_changed()
        save = self.preferences.save_look
        if save is not None:
            theme, glyphs = self.preferences.theme, self.preferences.glyphs
            self._in_background(partial(self._saved, lambda: save(theme, glyphs)))

    async def _saved(self, save: Callable[[], None]) -> None:
        try:
            await self.lanes.mail.call(save)
        except SmimetuiError as error:
            self.say(str(error), "error")

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Offer every act of the screen in front, the looks, help and quit; never a screenshot."""
        for act in acts(screen):
            if act.moves:
                continue
            run = partial(self.call_next, self.run_action, act.action, act.node)
            yield SystemCommand(act.what, f"key: {' '.join(act.keys)}", run)
        yield from self.outgoing_commands(screen)
        yield from self.account_commands()
        for name in self.theme_choices():
            yield SystemCommand(f"Theme: {name}", "colours", lambda name=name: self.choose_theme(name))
        for name in ("auto", *glyph_sets.SETS):
            yield SystemCommand(f"Glyphs: {name}", "how a lock looks", lambda name=name: self.choose_glyphs(name))

    def on_unmount(self) -> None:
        """Leave no connection behind."""
        self._sessions.close()

    def now(self) -> datetime:
        """Return the time in the person's own time zone."""
        session = self._sessions.open.get(DEFAULT)
        return (session.clock.now() if session else datetime.now(UTC)).astimezone()

    def change_account(self, account: Account) -> None:
        """Take changed defaults of the account, and keep them."""
        self._sessions.adopt(account)
        save = self.preferences.save_account
        if save is not None:
            self._in_background(partial(self._saved, lambda: save(account)))

    async def compose_reply(self, opened: OpenedMessage, *, everyone: bool) -> None:
        """Open the composer on a reply."""
        session = await self.session()
        draft = session.composer.reply(opened, everyone=everyone, own=self.preferences.accounts)
        await self.compose_answer(draft, opened)

    async def compose_forward(self, opened: OpenedMessage) -> None:
        """Open the composer on a forward."""
        session = await self.session()
        await self.compose_answer(session.composer.forward(opened), opened)

    async def compose_answer(self, draft: Draft, opened: OpenedMessage) -> None:
        """Open the composer on a draft about a message; the screen it was begun on tells what became of it."""
        from smimetui.ui.screens.compose import ComposeScreen

        def came_back(sentence: str | None) -> None:
            if isinstance(self.screen, Speaking):
                self.screen.came_back(sentence)

        await self.push_screen(ComposeScreen(draft=draft, original=opened), came_back)
