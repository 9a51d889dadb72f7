"""`smimetui identity`: the person's own keys."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from smimetui.cli import book
from smimetui.cli.declaring import SUMMARIES, Commands, add_command
from smimetui.cli.exits import DONE
from smimetui.cli.input import on_terminal, read_identities
from smimetui.cli.output import print_json, print_text
from smimetui.model.display import fingerprint_groups
from smimetui.model.errors import SmimetuiError, UnsupportedError
from smimetui.smime.identity import Identity

if TYPE_CHECKING:
    from smimetui.cli.world import World


def declare(commands: Commands) -> None:
    """Add the command, its actions and their options."""
    parser = add_command(
        commands,
        "identity",
        summary=SUMMARIES["identity"],
        example="smimetui identity import alice.p12\n  smimetui identity list",
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True, title="actions")
    action = add_command(
        actions,
        "import",
        summary="import keys with their certificates from a PKCS#12 file",
        description="Import keys with their certificates from a PKCS#12 file (.p12, .pfx). Old keys are kept: they\n"
        "open old mail.",
        example="smimetui identity import alice.p12 --password-file password.txt",
    )
    action.add_argument("file", metavar="P12", type=Path, help="the PKCS#12 file")
    action.add_argument(
        "--password-file", metavar="F", type=Path, help="its first line is the password; else it is asked for"
    )
    action.set_defaults(run=_import)

    action = add_command(actions, "list", summary="list your own keys", example="smimetui identity list")
    action.add_argument("--json", action="store_true", help="print a JSON list")
    action.set_defaults(run=_list)

    action = add_command(
        actions,
        "remove",
        summary="remove one of your keys; mail that only it opens can no longer be read",
        example="smimetui identity remove 3f9a02c177de41b0 --yes",
    )
    action.add_argument("which", metavar="FINGERPRINT", help="the beginning of the certificate's SHA-256 fingerprint")
    action.add_argument("--yes", action="store_true", help="do not ask")
    action.set_defaults(run=_remove)


def _import(arguments: argparse.Namespace, world: "World") -> int:
    from smimetui.smime.identity import SoftwareIdentity

    password_files = [arguments.password_file] if arguments.password_file else []
    found = read_identities([arguments.file], password_files)
    store = world.store()
    for identity in found:
        if not isinstance(identity, SoftwareIdentity):
            raise UnsupportedError("a key that cannot be copied cannot be imported")
        store.add_identity(identity.pkcs8, identity.certificate.der, [link.der for link in identity.chain])
        certificate = identity.certificate
        print_text(f"imported: {book.summary(certificate)}\n  SHA-256 {fingerprint_groups(certificate.sha256)}")
    return DONE


def _list(arguments: argparse.Namespace, world: "World") -> int:
    certificates = [identity.certificate for identity in world.store().identities()]
    if arguments.json:
        print_json([book.as_json(book.Entry(certificate=found)) | {"kind": "identity"} for found in certificates])
    elif not certificates:
        print_text("you have no key of your own yet")
    else:
        print_text("\n".join(f"{found.sha256[:16]}  {book.summary(found)}" for found in certificates))
    return DONE


def _remove(arguments: argparse.Namespace, world: "World") -> int:
    store = world.store()
    identity = _chosen(store.identities(), arguments.which)
    shown = book.summary(identity.certificate)
    if not arguments.yes:
        if not on_terminal():
            raise SmimetuiError(f"removing {shown} cannot be undone", "say --yes")
        print_text(f"Mail that only this key opens can no longer be read: {shown}")
        if input("Remove it? Type yes: ").strip().lower() != "yes":
            print_text("kept")
            return DONE
    store.remove_identity(identity.certificate.sha256)
    print_text(f"removed: {shown}")
    return DONE


def _chosen(identities: tuple[Identity, ...], which: str) -> Identity:
    digits = which.replace(" ", "").replace(":", "").lower()
    found = [identity for identity in identities if identity.certificate.sha256.startswith(digits)]
    if not digits or not found:
        raise SmimetuiError(
            f"no key of yours has a fingerprint that starts with “{which}”", "see smimetui identity list"
        )
    if len(found) > 1:
        raise SmimetuiError(f"more than one key starts with {digits}", "give more digits")
    return found[0]
