"""`smimetui certificate`: the installed certificates and the person's own trust anchors."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from smimetui.cli import book
from smimetui.cli.declaring import SUMMARIES, Commands, add_command
from smimetui.cli.exits import DONE
from smimetui.cli.input import on_terminal, read_certificates
from smimetui.cli.output import print_json, print_text, remark
from smimetui.model.certificate import Certificate, Source
from smimetui.model.display import fingerprint_groups, printable_line
from smimetui.model.errors import FormatError, SmimetuiError
from smimetui.services.trust import Trust

if TYPE_CHECKING:
    from smimetui.cli.world import Store, World

_WHICH = "an address, or the beginning of a SHA-256 fingerprint (8 digits or more)"


def declare(commands: Commands) -> None:
    """Add the command, its actions and their options."""
    parser = add_command(
        commands,
        "certificate",
        summary=SUMMARIES["certificate"],
        example="smimetui certificate install erin.pem\n  smimetui certificate show erin@partner.example",
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True, title="actions")
    _declare_looks(actions)
    _declare_changes(actions)


def _declare_looks(actions: Commands) -> None:
    action = add_command(
        actions,
        "list",
        summary="list the installed certificates",
        example="smimetui certificate list\n  smimetui certificate list partner.example",
    )
    action.add_argument("text", metavar="TEXT", nargs="?", default="", help="part of a name or an address")
    action.add_argument("--anchors", action="store_true", help="list the trust anchors instead")
    action.add_argument("--json", action="store_true", help="print a JSON list")
    action.set_defaults(run=_list)

    action = add_command(
        actions,
        "show",
        summary="show everything about certificates, installed or in a file",
        example="smimetui certificate show erin@partner.example",
    )
    action.add_argument("which", metavar="ADDRESS|FINGERPRINT|FILE", help=f"{_WHICH}, or a file")
    action.set_defaults(run=_show)

    action = add_command(
        actions,
        "export",
        summary="print installed certificates as PEM, or write them to a file",
        example="smimetui certificate export erin@partner.example --output erin.pem",
    )
    action.add_argument("which", metavar="ADDRESS|FINGERPRINT", help=_WHICH)
    action.add_argument("--output", metavar="FILE", type=Path, help="write to this new file")
    action.set_defaults(run=_export)


def _declare_changes(actions: Commands) -> None:
    action = add_command(
        actions,
        "install",
        summary="install certificates from a file for the addresses they name",
        description="Install certificates from a file: they are trusted for the addresses they name, and used to\n"
        "write to them. Compare the fingerprint with the owner over another channel first.",
        example="smimetui certificate install erin.pem",
    )
    action.add_argument("files", metavar="FILE", type=Path, nargs="+", help="PEM, DER, PKCS#7 or vCard")
    action.add_argument(
        "--anchor", action="store_true", help="install as trust anchors: all that these issued is trusted"
    )
    action.add_argument("--yes", action="store_true", help="do not ask before a trust anchor is added")
    action.set_defaults(run=_install)

    action = add_command(
        actions,
        "remove",
        summary="remove an installed certificate or a trust anchor",
        example="smimetui certificate remove erin@partner.example",
    )
    action.add_argument("which", metavar="ADDRESS|FINGERPRINT", help=_WHICH)
    action.set_defaults(run=_remove)


def _list(arguments: argparse.Namespace, world: "World") -> int:
    everything = [entry for entry in book.entries(world.store()) if entry.is_anchor or not arguments.anchors]
    entries = [entry for entry in everything if entry.has(arguments.text)]
    if arguments.json:
        print_json([book.as_json(entry) for entry in entries])
    elif everything and not entries:
        print_text(f"nothing matches “{printable_line(arguments.text)}”")
    elif not entries:
        print_text("there is no trust anchor of your own" if arguments.anchors else "no certificate is installed")
    else:
        print_text("\n".join(book.as_line(entry) for entry in entries))
    return DONE


def _show(arguments: argparse.Namespace, world: "World") -> int:
    path = Path(arguments.which)
    if path.is_file():
        shown = [book.as_text(certificate) for certificate in read_certificates([path])]
    else:
        shown = [book.as_text(entry.certificate, entry) for entry in book.find(world.store(), arguments.which)]
    print_text("\n\n".join(shown))
    return DONE


def _install(arguments: argparse.Namespace, world: "World") -> int:
    certificates = read_certificates(arguments.files)
    store = world.store()
    if arguments.anchor:
        return _add_anchors(certificates, store, asked=arguments.yes)
    wanted = tuple(certificate for certificate in certificates if certificate.addresses)
    if not wanted:
        raise FormatError("none of these certificates names a mail address", "an authority is installed with --anchor")
    trust = Trust(store=store, system=world.anchors(), clock=world.clock)
    trust.install(wanted, source=Source.FILE)
    for certificate in wanted:
        print_text(f"installed: {book.summary(certificate)}\n  SHA-256 {fingerprint_groups(certificate.sha256)}")
    for certificate in certificates:
        if certificate not in wanted:
            remark(f"left out, it names no mail address: {printable_line(certificate.subject)}")
    return DONE


def _add_anchors(certificates: tuple[Certificate, ...], store: "Store", *, asked: bool) -> int:
    for certificate in certificates:
        shown = f"{book.summary(certificate)}\n  SHA-256 {fingerprint_groups(certificate.sha256)}"
        if not (certificate.is_ca or certificate.is_self_issued):
            raise FormatError(
                f"{printable_line(certificate.display_name)} is no authority", "install it without --anchor"
            )
        if not asked:
            if not on_terminal():
                raise SmimetuiError(
                    f"all that this authority issues would be trusted: {shown}",
                    "compare the fingerprint, and say --yes",
                )
            print_text(f"{shown}\nAll that this authority issues will be trusted. Compare the fingerprint first.")
            if input("Add it? Type yes: ").strip().lower() != "yes":
                print_text("not added")
                continue
        store.add_anchor(certificate.der)
        print_text(f"anchor: {shown}")
    return DONE


def _remove(arguments: argparse.Namespace, world: "World") -> int:
    store = world.store()
    for entry in book.find(store, arguments.which):
        if entry.is_anchor:
            store.remove_anchor(entry.certificate.sha256)
        else:
            store.remove(entry.certificate.sha256)
        print_text(f"removed: {book.summary(entry.certificate)}")
    return DONE


def _export(arguments: argparse.Namespace, world: "World") -> int:
    pem = "".join(entry.certificate.pem for entry in book.find(world.store(), arguments.which))
    if arguments.output is None:
        print_text(pem)
    else:
        with arguments.output.open("x") as file:
            file.write(pem)
    return DONE
