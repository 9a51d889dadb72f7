"""What fuzzing starts from: the public vectors where they are present, and what the tests' own builders make.

Keys are fixed ones, so that an input found in one process does the same in the next.
"""

import base64
import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import PBES, serialize_key_and_certificates

from smimetui.model.message import Attachment, Cipher
from smimetui.smime.mime import parse
from tests.pki import NOW, Authority, Issued, make_authority
from tests.published import DAY, RESPONDER, pointing, revocation_list, scope, status
from tests.smime import forge
from tests.smime import test_pkcs12_forms as forms
from tests.smime.correspondents import ALICE, BOB, draft, sealed

VECTORS = Path(__file__).parents[3] / "shared" / "vectors"
PASSWORDS = (
    "",
    "nss",
    "no.secret",
    "password",
    "start",
    "test",
    "abc,123456",
    "alice",
    "bob",
    "carlos",
    "dana",
    "grün",
    "abc",
    "qeFGds84/Sf0eKkJwcp6",
)
"""The first octet of a PKCS#12 input says which of these opens it."""
_MOST_OCTETS = 64_000
_FOLDER_PASSWORDS = {"nss": "nss", "thunderbird": "nss", "mimekit-pkcs12": "no.secret", "gnupg-pkcs12": "test"}


@cache
def root() -> Authority:
    return make_authority("Fuzzed Root CA", key="fixed-p256")


@cache
def issuing() -> Authority:
    return root().intermediate("Fuzzed Issuing CA", key="fixed-p256", serial=7)


@cache
def alice() -> Issued:
    return issuing().issue(ALICE.spec, name="Alice Archer", key="fixed-p256", serial=11, extensions=_points())


@cache
def bob() -> Issued:
    return root().issue(BOB.spec, name="Bob Baker", key="fixed-rsa2048", serial=12)


def _points() -> list:
    uri = "http://lists.example/a.crl"
    return pointing(crl=uri, ocsp_at="http://status.example/", delta="http://lists.example/d.crl", by=root())


def vectors(*patterns: str) -> list[bytes]:
    """Return the vectors whose paths match, none where the folder is absent."""
    paths = sorted(path for pattern in patterns for path in VECTORS.glob(pattern))
    return [path.read_bytes() for path in paths]


def library(folder: str, *patterns: str) -> list[bytes]:
    """Return the small ones of the cryptography library's test files that match, PEM as DER."""
    place = find_spec("cryptography_vectors")
    if place is None or place.origin is None:
        return []
    paths = sorted(path for pattern in patterns for path in (Path(place.origin).parent / folder).glob(pattern))
    files = [path.read_bytes() for path in paths if path.is_file() and path.stat().st_size < _MOST_OCTETS]
    return [unarmoured(data) for data in files]


def unarmoured(data: bytes) -> bytes:
    """Return the first PEM block's octets, or the data where there is none."""
    found = re.search(rb"-----BEGIN [A-Z0-9 #]+-----\n([A-Za-z0-9+/=\s]+)-----END", data)
    return data if found is None else base64.b64decode(found[1])


# One function a target.


def addresses() -> list[bytes]:
    typed = [
        "alice@corp.example",
        "Alice Archer <alice@corp.example>",
        '"Archer, Alice" <alice@corp.example>, bob@corp.example; carol@corp.example',
        'Team: a@b.example, "c d"@e.example;',
        "=?utf-8?q?J=C3=BCrgen?= <j@münchen.example>",
        '"=?iso-2022-jp?b?GyRCJEYkOSRIGyhC?=" <a@b.example>',
        "a@b,c@d,é@f,=?u?q?a?= <g@h>,",
        "a@[192.0.2.1], a@[IPv6:2001:db8::1]",
        'a\\b "quo\\"ted" <"x y"@b.example> (comment)',
        "straße@straße.example\r\n b@xn--mnchen-3ya.example",
        "\u202ea@b.example, a@b\u3002example, \ud7ffa@\u0441orp.example",
    ]
    return [text.encode() for text in typed]


def texts() -> list[bytes]:
    shown = [
        "plain",
        "a\x1b[31mred\x07",
        "\u202eevil\u2066",
        "a\r\nb\rc\td",
        "👩\u200d💻 \u0915\u094d\u200d\u0937",
        "\ue000\ufffe",
    ]
    return [*(text.encode() for text in shown), b"\xed\xa0\x80\xff\xc2\x9b31m"]


def documents() -> list[bytes]:
    table = "<table><tr><td>1</td><td colspan=2>2</td></tr><tr><th>10</th><td><ul><li>a<li>b</ul></td></tr></table>"
    pages = [
        "<p>Hello</p><p>you &amp; me &#x1b; &lt;b&gt;</p>",
        "<a href='https://evil.example/x'><b>https://bank.example</b><img src=x alt='logo'></a>",
        table,
        "<div style='display:none' hidden>h</div><style>p{}</style><script>alert(1)</script><!-- c --><?pi x?>",
        "<pre>  a\n    b</pre><blockquote><ol start=3><li>one</ol></blockquote><br><hr>",
        '<?xml version="1.0" encoding="utf-16"?><html xmlns:o="urn:x"><o:p>\u00e9</o:p><![CDATA[x]]></html>',
        "<form><textarea>t</textarea><select><option>1</select><input value=v></form><noscript>n</noscript>",
        "<svg><a xlink:href='x'><text>t</text></a></svg><math><mi>x</mi></math><template><p>t</p></template>",
        "<table><table><td>" * 5 + "x",
        "<p a b c d e f=g h=i>x" * 3,
        "<frameset><frame src=x></frameset><body background=x onload=y>\0<p a:b=c {x}=1>",
    ]
    return [page.encode() for page in pages]


def content() -> bytes:
    return forge.entity("Hello\r\n")


@cache
def messages() -> list[bytes]:
    """Return messages of every kind, Bob's and Alice's to read."""
    html = forge.entity("<p>Hello <a href='x'>you</a></p>", "text/html")
    file = Attachment(name="ü.bin", content_type="application/x-y", content=b"octets" * 9)
    names = "Content-Disposition: attachment; filename*0*=utf-8''%C3%BC; filename*1=.bin; name=\"=?utf-8?q?x?=\"\r\n"
    quoted = (
        "Content-Transfer-Encoding: quoted-printable\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\n=C1=\r\n=20\r\n"
    )
    inner = forge.signed(content(), alice(), header=b"")
    return [
        sealed(draft(attachments=[file])),
        sealed(sign=alice()),
        sealed(sign=bob(), opaque=True),
        sealed(encrypt=[bob(), alice()]),
        sealed(sign=alice(), encrypt=[bob(), alice()], cipher=Cipher.AES256_GCM),
        forge.signed(sealed(encrypt=[bob()]).partition(b"MIME-Version: 1.0\r\n")[2], alice()),
        forge.multipart(content(), html, kind="multipart/alternative"),
        forge.multipart(content(), inner, names.encode() + b"\r\nx", quoted.encode()),
        forge.multipart(
            b"Content-Type: message/rfc822\r\n\r\n" + forge.signed(content(), alice()), kind="multipart/digest"
        ),
        forge.HEADER
        + b'Date: Mon, 23 Nov 2026 09:00:00 -0000\r\nReferences: <a@b> <c@d>\r\nCc: "A, B" <a@b.example>\r\n\r\n.',
        forge.HEADER.replace(b"Figures", b"=?utf-8?b?w7w=?=\r\n =?iso-8859-1*de?q?=FC?=") + b"\r\nbody",
    ]


def mime() -> list[bytes]:
    return [*messages(), *vectors("thunderbird/*.eml")]


@cache
def structures() -> list[bytes]:
    """Return CMS structures, DER and BER."""
    info = forge.signer_info(alice(), content())
    signed = forge.signed_data(info, content=content(), certificates=[alice(), issuing()])
    others = forge.signed_data(
        forge.signer_info(bob(), content(), digest="sha512", pss=False),
        forge.signer_info(alice(), content(), attributes=None, digest="sha1"),
        certificates=[bob(), alice()],
    )
    envelopes = [
        parse(sealed(encrypt=[bob(), alice()], cipher=cipher)).decoded() for cipher in (None, Cipher.AES256_GCM)
    ]
    wrapped = parse(forge.pkcs7(signed)).decoded()
    made = [
        signed,
        others,
        *envelopes,
        forge.compressed_data(content()),
        forge.compressed_data(forge.pkcs7(wrapped, header=b"")),
        forge.signed_data(certificates=[alice(), b"\x30\x00"]),
    ]
    as_ber = [forge.as_ber(der, segment=9, implicit=True) for der in made]
    return [*made, *as_ber, *vectors("nss/*.env"), *library("pkcs7", "enveloped*.pem")]


def cms() -> list[bytes]:
    return [*structures(), *mime()]


def certificates() -> list[bytes]:
    made = [root(), issuing(), alice(), bob(), _odd()]
    bundle = forge.signed_data(certificates=[alice(), issuing()])
    outlook = b"\x01\x00\x08\x00abcd" + b"\x03\x00" + (len(alice().der) + 4).to_bytes(2, "little") + alice().der
    return [
        *(issued.der for issued in made),
        *_cards(),
        alice().pem + bob().pem,
        bundle,
        forge.as_ber(bundle),
        outlook,
        *vectors("rfc9216/*.pem", "thunderbird/*.pem"),
        *library("x509", "*.pem", "*.der"),
        *library("x509/custom", "[!c]*.pem", "c[!r]*.pem", "[!c]*.der"),
        *library("pkcs7", "*.p7b", "isrg.pem", "*-san.pem"),
    ]


def _cards() -> list[bytes]:
    text = base64.b64encode(alice().der)
    folded = b"\r\n ".join(text[start : start + 72] for start in range(0, len(text), 72))
    head, tail = b"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Alice\r\n", b"\r\nEND:VCARD\r\n"
    keys = (b"KEY;ENCODING=b:" + folded, b'item1.KEY;X="a:b":data:application/pkix-cert;base64,' + folded)
    return [head + key + tail for key in keys]


def _odd() -> Issued:
    return root().issue(
        "a@b.example",
        key="fixed-rsa2048",
        serial=13,
        email_in_dn=True,
        utf8_mailboxes=["ü@b.example"],
        pss=False,
        eku=None,
    )


def pkcs12() -> list[bytes]:
    """Return files with the number of their password in front."""
    plain = [
        forms.pfx(forms.plain_info(forms.bag(1, alice().pkcs8), forms.certificate_bag(alice().der))),
        forms.pfx(
            forms.plain_info(forms.bag(6, forms.sequence(forms.bag(1, bob().pkcs8), forms.certificate_bag(bob().der))))
        ),
    ]
    numbered = [(data, "") for data in plain] + [*_quick()]
    numbered += [(forge.as_ber(data), password) for data, password in numbered[:3]]
    numbered += [
        (data, "password")
        for data in library("pkcs12", "name-[123]-pwd.p12", "name-all-pwd.p12", "name-unicode-pwd.p12")
    ]
    for path in sorted([*VECTORS.glob("*/*.p12"), *VECTORS.glob("*/*.pfx")]):
        numbered.append((path.read_bytes(), _password(path)))
    return [bytes([PASSWORDS.index(password)]) + data for data, password in numbered]


def _quick() -> Iterator[tuple[bytes, str]]:
    """Yield files of old and new ciphers that ask for few rounds, so that what lies behind them is reached often."""
    ciphers = (PBES.PBESv1SHA1And3KeyTripleDESCBC, PBES.PBESv2SHA256AndAES256CBC)
    digests = (hashes.SHA1(), hashes.SHA256())
    for person, password, cipher, digest in zip((alice(), bob()), ("grün", "password"), ciphers, digests, strict=True):
        builder = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(8).key_cert_algorithm(cipher).hmac_hash(digest)
        encryption = builder.build(password.encode())
        yield serialize_key_and_certificates(b"own", person.key, person.parsed, [root().parsed], encryption), password


def _password(path: Path) -> str:
    if path.parent.name == "rfc9216":
        return path.stem.rpartition("_")[2].lower()
    described = path.parent / "Description-p12"
    if described.is_file():
        listed = re.search(
            rf"^Name: {re.escape(path.name)}$.*?^Pass: (.*?)$", described.read_text(), re.DOTALL | re.MULTILINE
        )
        if listed is not None and listed[1] in PASSWORDS:
            return listed[1]
    return _FOLDER_PASSWORDS[path.parent.name]


def revocations() -> list[bytes]:
    """Return lists and responders' answers."""
    responder = root().issue("responder@corp.example", key="fixed-p256", serial=21, eku=[RESPONDER])
    idp = scope(uri="http://lists.example/a.crl", users=True)
    return [
        *_lists(),
        revocation_list(root(), bob(), idp=idp, delta_at="http://lists.example/d.crl"),
        status(root(), bob()),
        status(issuing(), alice(), revoked=True),
        status(root(), bob(), unknown=True, responder=responder),
        *library("x509/custom", "crl*.pem", "crl*.der"),
        *library("x509/PKITS_data/crls", "*.crl")[::8],
        *library("x509/ocsp", "resp*.der"),
    ]


def _lists() -> Iterator[bytes]:
    yield revocation_list(issuing(), alice())
    yield revocation_list(root(), bob(), alice(), base=1, number=2)
    yield revocation_list(root(), alice(), named=issuing(), idp=scope(indirect=True))
    yield root().crl(bob(), this_update=NOW - 9 * DAY, next_update=NOW - DAY)
