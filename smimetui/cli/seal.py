"""`smimetui seal`: a draft in, an S/MIME message out; nothing is sent."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from smimetui.cli.declaring import SUMMARIES, Commands, add_account_option, add_command, add_identity_options
from smimetui.cli.exits import DONE, NOT_READY
from smimetui.cli.input import UsageError, read_certificates, read_identities, read_input
from smimetui.cli.output import print_bytes, print_text, remark

if TYPE_CHECKING:
    from smimetui.cli.world import World

_EXITS = """exit codes:
  0  the message is on standard output, or in the folder of --output
  1  it could not be done; one line on stderr says why
  2  the command line is wrong
  3  unable to encrypt; stderr has a line “ADDRESS: reason” for each recipient"""


def declare(commands: Commands) -> None:
    """Add the command and its options."""
    parser = add_command(
        commands,
        "seal",
        summary=SUMMARIES["seal"],
        description="Read an RFC 5322 draft (From, To, Cc, Bcc, text, attachments), sign and encrypt it.",
        example="smimetui seal draft.eml --certificate bob.pem > message.eml",
        exits=_EXITS,
    )
    parser.add_argument("file", metavar="FILE|-", help="the draft, or - for standard input")
    parser.add_argument(
        "--sign", action=argparse.BooleanOptionalAction, default=None, help="(not) to sign; else as the account is set"
    )
    parser.add_argument(
        "--encrypt",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="(not) to encrypt; else as the account is set",
    )
    add_identity_options(parser)
    parser.add_argument(
        "--certificate",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help="certificates of recipients, believed for the addresses they name; repeatable",
    )
    parser.add_argument("--cipher", choices=("aes256_cbc", "aes256_gcm"), help="the content encryption")
    parser.add_argument("--isolated", action="store_true", help="no store, no network: only what the options bring")
    parser.add_argument(
        "--output", metavar="DIR", type=Path, help="write one file per envelope; needed when there is a Bcc"
    )
    add_account_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, world: "World") -> int:
    """Seal the draft and write the envelopes."""
    from smimetui.cli import sealing
    from smimetui.cli.draft_file import read_draft
    from smimetui.model.message import Cipher
    from smimetui.services.composer import UnableToEncryptError

    draft = read_draft(read_input(arguments.file))
    if draft.bcc and arguments.output is None:
        raise UsageError("the draft has a Bcc: each is an envelope of its own, so --output DIR is needed")
    workshop = sealing.prepare(
        draft,
        world=world,
        account=arguments.account,
        identities=read_identities(arguments.identity, arguments.password_file),
        certificates=read_certificates(arguments.certificate),
        isolated=arguments.isolated,
    )
    protection = workshop.protection(sign=arguments.sign, encrypt=arguments.encrypt)
    try:
        envelopes = workshop.seal(draft, protection, Cipher(arguments.cipher) if arguments.cipher else None)
    except UnableToEncryptError as error:
        for resolution in error.resolutions:
            remark(f"{resolution.address.spec}: {resolution.reason}")
        return NOT_READY
    if arguments.output is None:
        print_bytes(envelopes[0].data)
    else:
        paths = sealing.write_envelopes(envelopes, arguments.output)
        for path, envelope in zip(paths, envelopes, strict=True):
            print_text(f"{path}\t{', '.join(address.spec for address in envelope.recipients)}")
    return DONE
