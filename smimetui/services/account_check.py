"""What works of an account, found out one thing after the other: the lines of `account check` and of its screen."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from smimetui.model.certificate import Purpose
from smimetui.model.errors import SmimetuiError
from smimetui.model.value import dataclass
from smimetui.services.expiry import expiry_warning
from smimetui.services.own_keys import published_state

if TYPE_CHECKING:
    from smimetui.services.session import Session

LOGIN = "login"
STATES = {True: "works", None: "take care", False: "does not work"}
"""What `works` says, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that was tried: whether it works, and what was found."""

    works: bool | None
    """None for what works, or may, and needs care."""
    what: str
    found: str

    def __str__(self) -> str:
        return f"{STATES[self.works]}: {self.what}: {self.found}"


Examine = Callable[[], Iterator[Line]]
"""Tries an account's server; a failed login is its only line."""


def check_account(session: "Session") -> Iterator[Line]:
    """Yield what was tried as soon as it is known; going on to the next line may block."""
    if session.examine is not None:
        logged_in = True
        for line in session.examine():
            yield line
            logged_in = logged_in and (line.works is not False or line.what != LOGIN)
        if logged_in:
            yield tried("own certificate", lambda: _own_certificate(session))
    elif session.mailbox is not None:
        yield tried("mailbox", lambda: (True, _mailbox(session)))
    yield tried("keys", lambda: (True, f"{len(session.identities.identities())} of your own"))
    yield tried("installed", lambda: (True, f"{len(session.store.installed())} certificates of others"))
    yield tried("signing", lambda: _able(session, Purpose.SIGN))
    yield tried("encryption", lambda: _able(session, Purpose.ENCRYPT))
    ending = expiry_warning(session.identities.identities(), session.account, session.clock.now())
    if ending:
        yield Line(works=None, what="validity", found=ending)
    if session.examine is None:
        for directory in session.directories:
            yield Line(works=True, what="directory", found=directory.source.value)
        can_send = session.composer.can_send()
        yield Line(works=can_send, what="sending", found="there is a way out" if can_send else "there is no way out")
    if session.notice:
        yield Line(works=True, what="store", found=f"{session.notice[:1].lower()}{session.notice[1:]}")


def tried(what: str, attempt: Callable[[], tuple[bool | None, str]]) -> Line:
    """Return what an attempt says; an error is what does not work."""
    try:
        works, found = attempt()
    except SmimetuiError as error:
        return Line(works=False, what=what, found=str(error))
    return Line(works=works, what=what, found=found)


def _own_certificate(session: "Session") -> tuple[bool, str]:
    found = session.resolver.resolve(session.account.address, fresh=True)
    return published_state(found, session.identities.identities())


def _mailbox(session: "Session") -> str:
    assert session.mailbox is not None
    return f"{session.mailbox.page('Inbox', offset=0, limit=1).total} messages in Inbox"


def _able(session: "Session", purpose: Purpose) -> tuple[bool, str]:
    signs, address = purpose is Purpose.SIGN, session.account.address.spec
    able = session.composer.can_sign() if signs else session.composer.can_encrypt()
    if not able:
        return False, session.composer.why_not(purpose) or "you have no certificate of your own"
    return True, f"as {address}" if signs else f"also to {address}"
