"""What `smimetui doctor` says of settings, store, clock, trust anchors, accounts and own certificates."""

from collections.abc import Iterator
from dataclasses import field
from datetime import datetime, timedelta
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

from smimetui.cli.finding import Finding, looked
from smimetui.model.errors import SmimetuiError
from smimetui.model.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from smimetui.adapters.settings import AccountSettings, Settings
    from smimetui.adapters.store_keeper import StoreStatus
    from smimetui.cli.world import World
    from smimetui.model.certificate import Certificate

_PATIENCE = 10.0
"""Seconds that an account may take altogether."""
_MOST_OFF = timedelta(minutes=5)
"""What a login with Kerberos or NTLM bears, too."""
_UNKNOWN = "not looked at: the settings cannot be read"


@dataclass(slots=True)
class _Known:
    """What earlier lines found out for later ones."""

    settings: "Settings | None" = None
    status: "StoreStatus | None" = None
    ahead: dict[str, timedelta] = field(default_factory=dict)
    """By how much a server's clock was ahead of this one."""


def look_at_world(world: "World") -> Iterator[Finding]:
    """Yield a finding each; nothing is asked on the terminal."""
    known = _Known()
    yield looked("settings", lambda: _settings(world, known))
    yield looked("store", lambda: _store(world, known))
    accounts = list(_accounts(world, known))
    own, moments = _kept(world, known)
    yield looked("clock", lambda: _clock(world, known, moments))
    yield looked("trust anchors", lambda: _anchors(world, known))
    yield from accounts
    yield from _own(world, known, own)


def _settings(world: "World", known: _Known) -> Finding:
    known.settings = world.settings()
    count = len(known.settings.accounts)
    return Finding(works=True, what="settings", found=f"{count} account{'s' * (count != 1)}")


def _store(world: "World", known: _Known) -> Finding:
    if known.settings is None:
        return Finding(works=False, what="store", found=_UNKNOWN)
    status = known.status = world.keeper().status()
    if status.unfinished_move is not None:
        remedy = f"smimetui store move {status.unfinished_move} finishes it"
        return Finding(works=None, what="store", found=f"{status.notice}; a move was interrupted", remedy=remedy)
    notes = "; it is made with the first thing to keep" * (not status.made) + "; locked" * status.locked
    return Finding(works=True, what="store", found=f"{status.notice}{notes}")


def _kept(world: "World", known: _Known) -> "tuple[tuple[Certificate, ...], tuple[datetime, ...]]":
    """Return the own certificates, and moments that are past for sure, as far as nobody must be asked for them."""
    if known.status is None or known.status.locked or not known.status.made:
        return (), ()
    try:
        store = world.store()
        own = tuple(identity.certificate for identity in store.identities())
        moments = (found.installed_at for found in store.installed())
        return own, (*moments, *(certificate.not_before for certificate in own))
    except SmimetuiError:
        return (), ()


def _clock(world: "World", known: _Known, past: "Sequence[datetime]") -> Finding:
    now = world.clock.now()
    shown = now.astimezone().strftime("%a %d %b %Y %H:%M %Z")
    anchors = world.anchors().anchors()
    newest = max((*past, *(found.not_before for found in anchors)), default=now)
    expired = sum(found.not_after < now for found in anchors)
    remedy = "set it: timedatectl set-ntp true; validity is judged by it"
    for server, ahead in known.ahead.items():
        if abs(ahead) > _MOST_OFF:
            minutes = round(abs(ahead) / timedelta(minutes=1))
            found = f"{shown}, {minutes} minutes {'behind' if ahead > timedelta() else 'ahead of'} {server}"
            return Finding(works=False, what="clock", found=found, remedy=remedy)
    if now < newest:
        found = f"{shown}, before what is kept here was made ({newest:%d %b %Y})"
        return Finding(works=False, what="clock", found=found, remedy=remedy)
    if 2 * expired > len(anchors):
        found = f"{shown}, and {expired} of the system's {len(anchors)} anchors are past their end"
        return Finding(works=None, what="clock", found=found, remedy=remedy)
    agrees = f", as {' and '.join(known.ahead)} has it" if known.ahead else ""
    return Finding(works=True, what="clock", found=f"{shown}{agrees}")


def _anchors(world: "World", known: _Known) -> Finding:
    from smimetui.adapters.system_anchors import system_bundle

    system = len(world.anchors().anchors())
    status = known.status
    own = None if status is None else status.anchors if status.made else 0
    bundle = system_bundle()
    place = f" in {bundle}" if system and bundle is not None else ""
    yours = "yours not looked at" if own is None else f"{own} of your own"
    remedy = (
        "" if system or own else "install ca-certificates, or add your organisation's: smimetui certificate install"
    )
    found = f"{system} of the system{place}, {yours}"
    return Finding(works=bool(system or own), what="trust anchors", found=found, remedy=remedy)


def _accounts(world: "World", known: _Known) -> Iterator[Finding]:
    """Yield a finding for each account; their servers are asked at the same time."""
    if known.settings is None:
        yield Finding(works=False, what="accounts", found=_UNKNOWN)
        return
    if not known.settings.accounts:
        remedy = "start smimetui, or: smimetui account add ADDRESS"
        yield Finding(works=None, what="accounts", found="there is none yet", remedy=remedy)
        return
    waiting = [(account, _begun(partial(_account, world, known, account))) for account in known.settings.accounts]
    for account, answer in waiting:
        what = f"account {account.mailbox.spec}"
        try:
            yield answer.get(timeout=_PATIENCE)
        except Empty:
            remedy = "check the network, or the VPN"
            yield Finding(works=False, what=what, found=f"no answer in {_PATIENCE:.0f} seconds", remedy=remedy)


def _begun(look: "Callable[[], Finding]") -> SimpleQueue[Finding]:
    answer: SimpleQueue[Finding] = SimpleQueue()
    Thread(target=lambda: answer.put(look()), name="doctor", daemon=True).start()
    return answer


def _account(world: "World", known: _Known, account: "AccountSettings") -> Finding:
    what = f"account {account.mailbox.spec}"

    def look() -> Finding:
        if account.backend == "maildir":
            return _folder(what, account)
        from smimetui.adapters.exchange.reach import reach

        host, date = reach(account)
        if date is not None:
            known.ahead[host] = date - world.clock.now()
        return Finding(works=True, what=what, found=f"{host} answers", remedy="smimetui account check logs in")

    return looked(what, look)


def _folder(what: str, account: "AccountSettings") -> Finding:
    folder = account.folder
    if not (folder / "cur").is_dir():
        remedy = "see path in the settings, or remove the account and add it anew"
        return Finding(works=False, what=what, found=f"{folder} is no Maildir", remedy=remedy)
    count = sum(1 for _ in (folder / "cur").iterdir())
    return Finding(works=True, what=what, found=f"{folder}, {count} messages in Inbox")


def _own(world: "World", known: _Known, own: "Sequence[Certificate]") -> Iterator[Finding]:
    from smimetui.services.expiry import day, standing

    what = "own certificates"
    if known.status is None:
        yield Finding(works=False, what=what, found="not looked at: the store cannot be opened")
    elif known.status.locked:
        remedy = "smimetui doctor --passphrase-file F opens it to look"
        yield Finding(works=None, what=what, found="not looked at: the store is locked", remedy=remedy)
    elif not own:
        remedy = "smimetui identity import FILE.p12, or smimetui identity create"
        yield Finding(works=None, what=what, found="there is none; nothing can be signed or read", remedy=remedy)
    at = world.clock.now()
    for certificate in own:
        names = ", ".join(certificate.addresses) or certificate.sha256[:16]
        ending = standing(certificate, at)
        remedy = "ask for a new one: smimetui identity create ADDRESS; keep this one for old mail" if ending else ""
        found = f"{names}, {ending or f'valid until {day(certificate.not_after)}'}"
        yield Finding(works=None if ending else True, what="own certificate", found=found, remedy=remedy)
