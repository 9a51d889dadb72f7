"""What authorities publish about revocation, made and served: lists of all kinds, responders' answers, a web server.

with publishing() as web:
    web.put("/ca.crl", revocation_list(ROOT, ALICE))
    mine = ROOT.issue("a@corp.example", extensions=pointing(crl=web.uri("/ca.crl")))
"""

import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from tests.pki import NOW, Authority, Issued

DAY = timedelta(days=1)
RESPONDER = ExtendedKeyUsageOID.OCSP_SIGNING
Extensions = list[tuple[x509.ExtensionType, bool]]


def pointing(
    *, crl: str | Sequence[str] = (), ocsp_at: str = "", delta: str = "", by: Authority | None = None
) -> Extensions:
    """Return the extensions that say where a certificate's revocation is published; `by` signs an indirect list."""
    uris = [crl] if isinstance(crl, str) else list(crl)
    found: Extensions = []
    issuer = [x509.DirectoryName(by.parsed.subject)] if by else None
    if uris or issuer:
        names = [x509.UniformResourceIdentifier(uri) for uri in uris] or None
        point = x509.DistributionPoint(full_name=names, relative_name=None, reasons=None, crl_issuer=issuer)
        found.append((x509.CRLDistributionPoints([point]), False))
    if delta:
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(delta)], None, None, None)
        found.append((x509.FreshestCRL([point]), False))
    if ocsp_at:
        access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(ocsp_at))
        found.append((x509.AuthorityInformationAccess([access]), False))
    return found


def scope(  # noqa: PLR0913 - the fields of the extension
    *,
    uri: str = "",
    relative: x509.RelativeDistinguishedName | None = None,
    users: bool = False,
    authorities: bool = False,
    attributes: bool = False,
    indirect: bool = False,
    reasons: frozenset[x509.ReasonFlags] | None = None,
) -> x509.IssuingDistributionPoint:
    """Return an issuing distribution point."""
    return x509.IssuingDistributionPoint(
        full_name=[x509.UniformResourceIdentifier(uri)] if uri else None,
        relative_name=relative,
        only_contains_user_certs=users,
        only_contains_ca_certs=authorities,
        only_some_reasons=reasons,
        indirect_crl=indirect,
        only_contains_attribute_certs=attributes,
    )


def revocation_list(  # noqa: PLR0913 - each is a thing that lists differ in
    authority: Issued,
    *revoked: Issued,
    number: int = 1,
    base: int | None = None,
    idp: x509.IssuingDistributionPoint | None = None,
    delta_at: str = "",
    reason: x509.ReasonFlags | None = None,
    named: Issued | None = None,
    this_update: datetime = NOW - DAY,
    next_update: datetime = NOW + 7 * DAY,
    revoked_at: datetime = NOW - 2 * DAY,
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
) -> bytes:
    """Return a list (DER); a delta list with `base`, entries naming the issuer `named` in an indirect one."""
    builder = x509.CertificateRevocationListBuilder(
        issuer_name=authority.parsed.subject, last_update=this_update, next_update=next_update
    )
    for issued in revoked:
        entry = x509.RevokedCertificateBuilder(issued.parsed.serial_number, revoked_at)
        if reason is not None:
            entry = entry.add_extension(x509.CRLReason(reason), critical=False)
        if named is not None:
            entry = entry.add_extension(
                x509.CertificateIssuer([x509.DirectoryName(named.parsed.subject)]), critical=True
            )
        builder = builder.add_revoked_certificate(entry.build())
    builder = builder.add_extension(x509.CRLNumber(number), critical=False)
    key = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    builder = builder.add_extension(key, critical=False)
    if base is not None:
        builder = builder.add_extension(x509.DeltaCRLIndicator(base), critical=True)
    if idp is not None:
        builder = builder.add_extension(idp, critical=True)
    if delta_at:
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(delta_at)], None, None, None)
        builder = builder.add_extension(x509.FreshestCRL([point]), critical=False)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(authority.key, _digest(authority)).public_bytes(Encoding.DER)


def status(  # noqa: PLR0913 - each is a thing that answers differ in
    authority: Authority,
    issued: Issued,
    *,
    revoked: bool = False,
    unknown: bool = False,
    responder: Issued | None = None,
    included: bool = True,
    reason: x509.ReasonFlags | None = None,
    this_update: datetime = NOW - DAY,
    next_update: datetime | None = NOW + DAY,
    revoked_at: datetime = NOW - 2 * DAY,
    digest: hashes.HashAlgorithm | None = None,
) -> bytes:
    """Return a responder's answer (DER); the authority's own where no other responder signs it."""
    said = ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD
    signer = responder or authority
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=issued.parsed,
        issuer=authority.parsed,
        algorithm=digest or hashes.SHA1(),
        cert_status=ocsp.OCSPCertStatus.UNKNOWN if unknown else said,
        this_update=this_update,
        next_update=next_update,
        revocation_time=revoked_at if revoked else None,
        revocation_reason=reason,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, signer.parsed)
    if responder is not None and included:
        builder = builder.certificates([responder.parsed])
    return builder.sign(signer.key, _digest(signer)).public_bytes(Encoding.DER)


def _digest(signer: Issued) -> hashes.HashAlgorithm | None:
    return None if isinstance(signer.key, ed25519.Ed25519PrivateKey) else hashes.SHA256()


Answer = bytes | Callable[[BaseHTTPRequestHandler], None]
"""A body, or what to do with the connection."""


class Web:
    """What a web server serves, and who asked for what."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.requests: list[tuple[str, str]] = []
        """Method and path of each request."""
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.closing = threading.Event()
        self.port = 0
        self.scheme = "http"

    def put(self, path: str, answer: Answer) -> str:
        """Serve an answer, and return its address."""
        self.answers[path] = answer
        return self.uri(path)

    def uri(self, path: str) -> str:
        """Return the address of a path."""
        return f"{self.scheme}://127.0.0.1:{self.port}{path}"

    @property
    def paths(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [path for _, path in self.requests]

    def hang(self, _handler: BaseHTTPRequestHandler) -> None:
        """Answer nothing until the server goes down."""
        self.closing.wait(30)


@contextmanager
def publishing(secured: ssl.SSLContext | None = None) -> Iterator[Web]:
    """Run a web server on this computer, over TLS where it is `secured`."""
    web = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._serve(b"")

        def do_POST(self) -> None:
            self._serve(self.rfile.read(int(self.headers["Content-Length"])))

        def log_message(self, *arguments: object) -> None:
            """Keep the test's output clean."""

        def _serve(self, body: bytes) -> None:
            web.requests.append((self.command, self.path))
            web.bodies.append(body)
            web.headers.append(dict(self.headers.items()))
            answer = web.answers.get(self.path)
            if answer is None:
                self.send_error(404)
            elif isinstance(answer, bytes):
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)
            else:
                answer(self)

    server = _Server(("127.0.0.1", 0), Handler)
    if secured is not None:
        server.socket = secured.wrap_socket(server.socket, server_side=True)
        web.scheme = "https"
    web.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield web
    finally:
        web.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Take clients that leave in the middle for what they are."""
