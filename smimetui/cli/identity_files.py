"""`smimetui identity create`, `import` and `export`: own keys and the files they come from and go to."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from smimetui.cli import book
from smimetui.cli.declaring import Commands, add_command
from smimetui.cli.exits import DONE
from smimetui.cli.input import UsageError, ask_password, can_ask, naming, read_password, read_small
from smimetui.cli.output import print_text
from smimetui.model.address import parse_address
from smimetui.model.display import fingerprint_groups, printable_line
from smimetui.model.errors import IdentityError, IdentityNotFoundError, SmimetuiError

if TYPE_CHECKING:
    from smimetui.cli.world import World
    from smimetui.services.enrolment import Enrolment
    from smimetui.smime.identity import Identity

_KINDS = ("rsa3072", "p256")


def declare(actions: Commands) -> None:
    """Add the three actions and their options."""
    _declare_create(actions)
    action = add_command(
        actions,
        "import",
        summary="import keys from a PKCS#12 file, or the certificate that was issued for a request",
        description="Import keys with their certificates from a PKCS#12 file (.p12, .pfx), or the certificate (.pem,\n"
        ".cer, .p7b) that was issued for a request made here. Old keys are kept: they open old mail.",
        example="smimetui identity import alice.p12 --password-file password.txt\n  smimetui identity import alice.pem",
    )
    action.add_argument("file", metavar="FILE", type=Path, help="PKCS#12; or PEM, DER or PKCS#7 for a request")
    action.add_argument(
        "--password-file", metavar="F", type=Path, help="its first line is the password; else it is asked for"
    )
    action.set_defaults(run=_import)
    action = add_command(
        actions,
        "export",
        summary="write one of your keys to a PKCS#12 file, sealed with a passphrase",
        description="Write one of your keys with its certificate to a PKCS#12 file, sealed with a passphrase\n"
        "(AES-256). The file is yours alone (0600), and never written over another.",
        example="smimetui identity export alice@corp.example alice.p12",
    )
    action.add_argument(
        "which",
        metavar="FINGERPRINT|ADDRESS",
        nargs="?",
        default="",
        help="which key; may be left out for the only one",
    )
    action.add_argument("file", metavar="FILE", type=Path, help="the new .p12 file")
    action.add_argument(
        "--password-file", metavar="F", type=Path, help="its first line is the passphrase; else it is asked for, twice"
    )
    action.set_defaults(run=_export)


def _declare_create(actions: Commands) -> None:
    action = add_command(
        actions,
        "create",
        summary="make a new key, with a request for its certificate or a self-signed one for trying out",
        description="Make a new key in the store. --request writes a request to hand to an authority; the key waits\n"
        "in the store until `smimetui identity import` brings the certificate. --self-signed makes a certificate\n"
        "for trying out at once: others will see it as Not Trusted until they install it.",
        example="smimetui identity create alice@corp.example --request alice.csr\n"
        "  smimetui identity create alice@corp.example --self-signed",
    )
    action.add_argument("address", metavar="ADDRESS", help="the mail address the certificate is for")
    action.add_argument("--name", metavar="NAME", default="", help="the name in the certificate")
    action.add_argument("--key", choices=_KINDS, default=_KINDS[0], help="the kind of key (rsa3072)")
    way = action.add_mutually_exclusive_group(required=True)
    way.add_argument("--request", metavar="FILE", type=Path, help="write a certification request (PKCS#10, PEM)")
    way.add_argument("--self-signed", action="store_true", help="sign it with itself, for trying out")
    action.set_defaults(run=_create)


def _create(arguments: argparse.Namespace, world: "World") -> int:
    from smimetui.smime.new_identity import KeyKind
    from smimetui.ui.files import save_as

    address, kind = parse_address(arguments.address), KeyKind(arguments.key)
    name = arguments.name or address.display_name
    enrolment = _enrolment(world)
    if arguments.self_signed:
        certificate = enrolment.self_signed(address, name=name, kind=kind)
        print_text(
            f"made: {book.summary(certificate)}\n  SHA-256 {fingerprint_groups(certificate.sha256)}\n"
            "Nobody vouches for it: use it for trying out."
        )
        return DONE
    path: Path = arguments.request
    pending = enrolment.request(address, name=name, kind=kind, write=lambda request: save_as(path, request))
    print_text(
        f"request written: {path}, {pending.kind.label} key for {address.spec}\n"
        "The key waits in the store. When the certificate comes: smimetui identity import CERTIFICATE"
    )
    return DONE


def _import(arguments: argparse.Namespace, world: "World") -> int:
    path: Path = arguments.file
    data = read_small(path)

    def password() -> str:
        if arguments.password_file:
            return read_password(arguments.password_file)
        if not can_ask():
            raise UsageError("its password comes with --password-file where there is no terminal to ask on")
        return ask_password(f"Password of {path.name}", "use --password-file")

    with naming(path):
        found = _enrolment(world).take(data, password)
    for certificate in found:
        print_text(f"imported: {book.summary(certificate)}\n  SHA-256 {fingerprint_groups(certificate.sha256)}")
    return DONE


def _export(arguments: argparse.Namespace, world: "World") -> int:
    from smimetui.smime.pkcs12_writing import write_pkcs12
    from smimetui.ui.files import save_as

    path: Path = arguments.file
    if path.exists():
        raise SmimetuiError(f"{printable_line(str(path))} is there already", "choose another name")
    identity = _the_one(world.store().identities(), arguments.which)
    if arguments.password_file:
        passphrase = read_password(arguments.password_file)
    else:
        passphrase = ask_password(f"Passphrase for {path.name}", "use --password-file")
        if ask_password("The same passphrase again", "use --password-file") != passphrase:
            raise IdentityError("the two passphrases differ, so nothing was exported")
    save_as(path, write_pkcs12(identity, passphrase), private=True)
    print_text(f"exported: {book.summary(identity.certificate)}\n  to {path}")
    return DONE


def _the_one(identities: "tuple[Identity, ...]", which: str) -> "Identity":
    from smimetui.services.enrolment import identities_for

    found = identities_for(identities, which) if which else identities
    if not found:
        missing = f"no key of yours is for {which}" if which else "you have no key of your own yet"
        raise IdentityNotFoundError(missing, "see smimetui identity list")
    if len(found) > 1:
        raise SmimetuiError(
            f"{len(found)} of your keys are meant by that", "give the fingerprint: smimetui identity list"
        )
    return found[0]


def _enrolment(world: "World") -> "Enrolment":
    from smimetui.services.enrolment import Enrolment

    store = world.store()
    return Enrolment(identities=store, secrets=store, clock=world.clock)
