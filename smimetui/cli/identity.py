"""`smimetui identity`: the person's own keys, and which of them is used for what."""

import argparse
from typing import TYPE_CHECKING

from smimetui.cli import book, identity_files
from smimetui.cli.declaring import SUMMARIES, Commands, add_account_option, add_command
from smimetui.cli.exits import DONE
from smimetui.cli.input import UsageError, on_terminal
from smimetui.cli.output import print_json, print_text
from smimetui.model.certificate import Purpose
from smimetui.model.display import printable_line
from smimetui.model.errors import ConfigError, IdentityNotFoundError, SmimetuiError
from smimetui.services.expiry import day, in_use, standing

if TYPE_CHECKING:
    from smimetui.cli.world import World
    from smimetui.services.enrolment import Enrolment, PendingKey
    from smimetui.services.session import Session
    from smimetui.smime.identity import Identity

_PURPOSES = {"signing": (Purpose.SIGN,), "decrypting": (Purpose.ENCRYPT,), "both": tuple(Purpose)}
_WORDS = {Purpose.SIGN: "signing", Purpose.ENCRYPT: "decrypting"}


def declare(commands: Commands) -> None:
    """Add the command, its actions and their options."""
    parser = add_command(
        commands,
        "identity",
        summary=SUMMARIES["identity"],
        example="smimetui identity import alice.p12\n  smimetui identity list",
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True, title="actions")
    identity_files.declare(actions)

    action = add_command(actions, "list", summary="list your own keys", example="smimetui identity list")
    add_account_option(action)
    action.add_argument("--json", action="store_true", help="print a JSON list")
    action.set_defaults(run=_list)

    action = add_command(
        actions,
        "use",
        summary="choose the key that an account signs with, and the one it is written to with",
        description="Choose the key that an account signs with, and the one that sent mail, and answers to it, are\n"
        "encrypted to. Without a choice the newest that fits is used. Every key opens old mail.",
        example="smimetui identity use 3f9a02c177de41b0 --for signing\n  smimetui identity use --automatic",
    )
    action.add_argument("which", metavar="FINGERPRINT", nargs="?", help="the beginning of a SHA-256 fingerprint")
    action.add_argument("--for", dest="purpose", choices=_PURPOSES, default="both", help="what for (both)")
    action.add_argument("--automatic", action="store_true", help="take the choice back")
    add_account_option(action)
    action.set_defaults(run=_use)

    action = add_command(
        actions,
        "remove",
        summary="remove one of your keys; mail that only it opens can no longer be read",
        example="smimetui identity remove 3f9a02c177de41b0 --yes",
    )
    action.add_argument("which", metavar="FINGERPRINT", help="the beginning of the certificate's SHA-256 fingerprint")
    action.add_argument("--yes", action="store_true", help="do not ask")
    action.set_defaults(run=_remove)


def _list(arguments: argparse.Namespace, world: "World") -> int:
    session = world.session(arguments.account)
    identities, waiting = session.identities.identities(), session.enrolment.pending()
    used = _used(session, identities)
    if arguments.json:
        print_json(
            [
                book.as_json(book.Entry(certificate=found.certificate))
                | {"kind": "identity", "used_for": used.get(found.certificate.sha256, [])}
                for found in identities
            ]
            + [_pending_json(pending) for pending in waiting]
        )
    elif not identities and not waiting:
        print_text("you have no key of your own yet")
    else:
        at = session.clock.now()
        lines = [
            _line(found, used.get(found.certificate.sha256, []), at=standing(found.certificate, at))
            for found in identities
        ]
        print_text("\n".join([*lines, *map(_pending_line, waiting)]))
    return DONE


def _used(session: "Session", identities: "tuple[Identity, ...]") -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for purpose, identity in in_use(identities, session.account, session.clock.now()).items():
        found.setdefault(identity.certificate.sha256, []).append(_WORDS[purpose])
    return found


def _line(identity: "Identity", used: list[str], *, at: str) -> str:
    notes = [*([f"used for {' and '.join(used)}"] if used else []), *([at] if at else [])]
    certificate = identity.certificate
    return f"{certificate.sha256[:16]}  {book.summary(certificate)}{''.join(f'; {note}' for note in notes)}"


def _pending_line(pending: "PendingKey") -> str:
    made = day(pending.created_at)
    return printable_line(
        f"{pending.fingerprint[:16]}  {pending.address.spec}, {pending.kind.label}, "
        f"waits for its certificate since {made}"
    )


def _pending_json(pending: "PendingKey") -> dict[str, object]:
    return {
        "kind": "waiting",
        "public_key_sha256": pending.fingerprint,
        "addresses": [pending.address.spec],
        "key": pending.kind.value,
        "requested_at": pending.created_at.isoformat(),
    }


def _use(arguments: argparse.Namespace, world: "World") -> int:
    from smimetui.adapters.settings import with_defaults
    from smimetui.services.own_keys import own_identity

    if bool(arguments.which) == arguments.automatic:
        raise UsageError("say which key to use, or --automatic")
    session = world.session(arguments.account)
    account = session.account
    if world.settings().account(account.address) is None:
        raise ConfigError("there is no account yet that could use a key", "smimetui account add ADDRESS")
    chosen = ""
    purposes = _PURPOSES[arguments.purpose]
    if arguments.which:
        identity = _chosen(session.identities.identities(), arguments.which)
        chosen = identity.certificate.sha256
        for purpose in purposes:
            own_identity([identity], purpose=purpose, address=account.address, at=session.clock.now())
    for purpose in purposes:
        account = account.choosing(purpose, chosen)
    world.change_settings(lambda settings: with_defaults(settings, account))
    what = " and ".join(_WORDS[purpose] for purpose in purposes)
    who = f"{chosen[:16]} is used" if chosen else "the newest key that fits is used"
    print_text(f"{who} for {what} as {account.address.spec}")
    return DONE


def _remove(arguments: argparse.Namespace, world: "World") -> int:
    from smimetui.services.enrolment import Enrolment

    store = world.store()
    enrolment = Enrolment(identities=store, secrets=store, clock=world.clock)
    pending = _waiting(enrolment, arguments.which)
    if pending is not None:
        shown, cost = _pending_line(pending), "A certificate that still comes for this key will be of no use"
    else:
        identity = _chosen(store.identities(), arguments.which)
        shown, cost = book.summary(identity.certificate), "Mail that only this key opens can no longer be read"
    if not arguments.yes:
        if not on_terminal():
            raise SmimetuiError(f"removing {shown} cannot be undone", "say --yes")
        print_text(f"{cost}: {shown}")
        if input("Remove it? Type yes: ").strip().lower() != "yes":
            print_text("kept")
            return DONE
    if pending is not None:
        enrolment.discard(pending)
    else:
        store.remove_identity(identity.certificate.sha256)
    print_text(f"removed: {shown}")
    return DONE


def _waiting(enrolment: "Enrolment", which: str) -> "PendingKey | None":
    digits = which.replace(" ", "").replace(":", "").lower()
    found = [pending for pending in enrolment.pending() if digits and pending.fingerprint.startswith(digits)]
    return found[0] if len(found) == 1 else None


def _chosen(identities: "tuple[Identity, ...]", which: str) -> "Identity":
    from smimetui.services.enrolment import identities_for

    found = () if "@" in which else identities_for(identities, which)
    if not found:
        raise IdentityNotFoundError(
            f"no key of yours has a fingerprint that starts with “{which}”", "see smimetui identity list"
        )
    if len(found) > 1:
        raise SmimetuiError(f"more than one key starts with {which}", "give more digits")
    return found[0]
