"""Revocation over HTTP: what is asked of whom, what is believed, what is kept."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from smimetui.adapters import revocation as adapter
from smimetui.adapters.revocation import FetchedRevocation
from smimetui.model.certificate import Certificate
from smimetui.services.ports import RevocationData
from tests.fakes import FixedClock
from tests.pki import NOW, Authority, Issued, make_authority
from tests.published import DAY, RESPONDER, Web, pointing, publishing, revocation_list, scope, status

ROOT = make_authority("Publishing Root CA")
OTHER = make_authority("Other Publishing CA")
BOB = ROOT.issue("bob@corp.example", key="p256")


@pytest.fixture
def web() -> Iterator[Web]:
    with publishing() as server:
        yield server


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def source(tmp_path: Path, clock: FixedClock) -> FetchedRevocation:
    return FetchedRevocation(tmp_path / "revocation", clock)


def alice(
    *, crl: str | tuple[str, ...] = (), ocsp_at: str = "", delta: str = "", by: Authority | None = None
) -> Issued:
    return ROOT.issue(
        "alice@corp.example", key="p256", extensions=pointing(crl=crl, ocsp_at=ocsp_at, delta=delta, by=by)
    )


def refresh(source: FetchedRevocation, issued: Issued, *others: Certificate, inside: bool = True) -> bool:
    chain = (issued.certificate, *issued.chain, ROOT.certificate)
    return source.refresh(chain, others=others, inside=inside)


def test_a_list_is_fetched_once_while_it_is_fresh(web: Web, source: FetchedRevocation) -> None:
    listed = revocation_list(ROOT)
    issued = alice(crl=web.put("/ca.crl", listed))
    assert refresh(source, issued)
    assert source.known().crls == (listed,)
    assert not refresh(source, issued)
    assert web.requests == [("GET", "/ca.crl")]


def test_what_was_fetched_is_known_in_the_next_run(web: Web, tmp_path: Path, clock: FixedClock) -> None:
    listed = revocation_list(ROOT)
    issued = alice(crl=web.put("/ca.crl", listed))
    refresh(FetchedRevocation(tmp_path / "r", clock), issued)
    again = FetchedRevocation(tmp_path / "r", clock)
    assert again.known().crls == (listed,)
    assert not refresh(again, issued)
    assert len(web.requests) == 1


def test_what_is_known_stays_the_same_object_until_something_comes(web: Web, source: FetchedRevocation) -> None:
    issued = alice(crl=web.put("/ca.crl", revocation_list(ROOT)))
    before = source.known()
    assert before == RevocationData()
    assert source.known() is before
    refresh(source, issued)
    assert source.known() is not before


def test_a_list_is_fetched_again_after_its_next_update(web: Web, source: FetchedRevocation, clock: FixedClock) -> None:
    issued = alice(crl=web.put("/ca.crl", revocation_list(ROOT, next_update=NOW + timedelta(hours=2))))
    refresh(source, issued)
    clock.at = NOW + timedelta(hours=1)
    assert not refresh(source, issued)
    clock.at = NOW + timedelta(hours=3)
    newer = revocation_list(ROOT, BOB, number=2, this_update=NOW + timedelta(hours=2))
    web.put("/ca.crl", newer)
    assert refresh(source, issued)
    assert source.known().crls == (newer,)


def test_a_list_that_counts_for_a_week_is_fetched_every_day(
    web: Web, source: FetchedRevocation, clock: FixedClock
) -> None:
    issued = alice(crl=web.put("/ca.crl", revocation_list(ROOT)))
    refresh(source, issued)
    clock.at = NOW + DAY
    assert not refresh(source, issued)
    assert len(web.requests) == 2


def test_that_there_is_nothing_is_remembered_for_a_while(web: Web, tmp_path: Path, clock: FixedClock) -> None:
    issued = alice(crl=web.uri("/missing.crl"))
    for _ in range(2):
        assert not refresh(FetchedRevocation(tmp_path / "r", clock), issued)
    assert len(web.requests) == 1
    clock.at = NOW + timedelta(minutes=11)
    web.put("/missing.crl", revocation_list(ROOT))
    assert refresh(FetchedRevocation(tmp_path / "r", clock), issued)


def test_a_failure_does_not_cost_what_was_known(web: Web, source: FetchedRevocation, clock: FixedClock) -> None:
    listed = revocation_list(ROOT)
    issued = alice(crl=web.put("/ca.crl", listed))
    refresh(source, issued)
    web.put("/ca.crl", b"garbage")
    clock.at = NOW + 2 * DAY
    assert not refresh(source, issued)
    assert source.known().crls == (listed,)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"garbage",
        b"<html>please log in</html>",
        revocation_list(OTHER),
        revocation_list(make_authority("Publishing Root CA", key="p384")),
        revocation_list(ROOT, idp=scope(authorities=True)),
        revocation_list(ROOT)[:-1],
        status(ROOT, BOB),
    ],
    ids=["empty", "garbage", "page", "another's", "another key's", "another scope", "cut", "an answer"],
)
def test_what_is_no_list_for_the_certificate_is_not_kept(web: Web, source: FetchedRevocation, answer: bytes) -> None:
    assert not refresh(source, alice(crl=web.put("/ca.crl", answer)))
    assert source.known().crls == ()


def test_an_older_list_does_not_replace_a_newer(web: Web, source: FetchedRevocation, clock: FixedClock) -> None:
    newer = revocation_list(ROOT, BOB)
    issued = alice(crl=web.put("/ca.crl", newer))
    refresh(source, issued)
    clock.at = NOW + 2 * DAY
    web.put("/ca.crl", revocation_list(ROOT, this_update=NOW - 5 * DAY))
    assert not refresh(source, issued)
    assert source.known().crls == (newer,)


def test_the_next_address_is_tried_where_one_fails(web: Web, source: FetchedRevocation) -> None:
    uris = ("ldap:///CN=ca", web.uri("/missing.crl"), web.put("/ca.crl", revocation_list(ROOT)))
    assert refresh(source, alice(crl=uris))
    assert web.paths == ["/missing.crl", "/ca.crl"]


def test_a_responder_is_asked_only_where_there_is_no_list(web: Web, source: FetchedRevocation) -> None:
    responder = web.uri("/ocsp")
    both = alice(crl=web.put("/ca.crl", revocation_list(ROOT)), ocsp_at=responder)
    refresh(source, both)
    assert web.paths == ["/ca.crl"]
    alone = alice(ocsp_at=responder)
    said = status(ROOT, alone)
    web.put("/ocsp", said)
    assert refresh(source, alone)
    assert source.known().ocsps == (said,)
    assert web.requests[-1] == ("POST", "/ocsp")
    assert web.headers[-1]["Content-Type"] == "application/ocsp-request"
    asked = x509.ocsp.load_der_ocsp_request(web.bodies[-1])
    assert asked.serial_number == alone.parsed.serial_number


def test_a_responder_is_asked_where_the_list_is_not_to_be_had(web: Web, source: FetchedRevocation) -> None:
    issued = alice(crl=web.uri("/missing.crl"), ocsp_at=web.uri("/ocsp"))
    web.put("/ocsp", status(ROOT, issued))
    assert refresh(source, issued)
    assert web.paths == ["/missing.crl", "/ocsp"]
    assert not refresh(source, issued)
    assert len(web.requests) == 2


def test_an_answer_is_kept_until_its_next_update(web: Web, source: FetchedRevocation, clock: FixedClock) -> None:
    issued = alice(ocsp_at=web.uri("/ocsp"))
    web.put("/ocsp", status(ROOT, issued, next_update=NOW + timedelta(hours=1)))
    refresh(source, issued)
    clock.at = NOW + timedelta(hours=2)
    web.put("/ocsp", status(ROOT, issued, revoked=True, next_update=NOW + DAY))
    assert refresh(source, issued)
    assert len(source.known().ocsps) == 1


@pytest.mark.parametrize("kind", ["garbage", "of another", "by another", "unknown", "huge"])
def test_an_answer_that_does_not_answer_is_not_kept(web: Web, source: FetchedRevocation, kind: str) -> None:
    issued = alice(ocsp_at=web.uri("/ocsp"))
    stranger = OTHER.issue(name="Responder", key="p256", eku=(RESPONDER,))
    answers = {
        "garbage": b"garbage",
        "of another": status(ROOT, BOB),
        "by another": status(ROOT, issued, responder=stranger),
        "unknown": status(ROOT, issued, unknown=True),
        "huge": status(ROOT, issued) + b"\0" * adapter.MOST_ANSWER_BYTES,
    }
    web.put("/ocsp", answers[kind])
    assert not refresh(source, issued)
    assert source.known().ocsps == ()


def test_a_delta_list_is_fetched_where_the_list_or_the_certificate_says(web: Web, source: FetchedRevocation) -> None:
    by_list = revocation_list(ROOT, number=5, base=4)
    by_certificate = revocation_list(ROOT, BOB, number=6, base=4)
    complete = revocation_list(ROOT, number=4, delta_at=web.put("/delta.crl", by_list))
    issued = alice(crl=web.put("/ca.crl", complete), delta=web.put("/other-delta.crl", by_certificate))
    assert refresh(source, issued)
    assert set(source.known().crls) == {complete, by_list, by_certificate}


def test_an_indirect_list_is_kept_where_its_signer_is_known(
    web: Web, source: FetchedRevocation, clock: FixedClock
) -> None:
    clerk = ROOT.intermediate("Publishing Clerk", is_ca=False, key_usage=("cRLSign",))
    uri = web.uri("/indirect.crl")
    issued = alice(crl=uri, by=clerk)
    web.put("/indirect.crl", revocation_list(clerk, issued, named=ROOT, idp=scope(uri=uri, indirect=True)))
    assert not refresh(source, issued)
    clock.at = NOW + timedelta(minutes=11)
    assert refresh(source, issued, clerk.certificate)


def test_every_certificate_of_the_chain_is_asked_about_and_its_issuer_remembered(
    web: Web, source: FetchedRevocation
) -> None:
    of_root = web.put("/root.crl", revocation_list(ROOT))
    issuing = ROOT.intermediate("Publishing Issuing CA", extensions=pointing(crl=of_root))
    end = issuing.issue("a@corp.example", key="p256", extensions=pointing(crl=web.uri("/issuing.crl")))
    web.put("/issuing.crl", revocation_list(issuing))
    assert refresh(source, end)
    assert sorted(web.paths) == ["/issuing.crl", "/root.crl"]
    assert len(source.known().crls) == 2
    assert source.known().authorities == (issuing.der,)


def test_one_issuers_garbage_does_not_refute_another_issuers_list(web: Web, source: FetchedRevocation) -> None:
    uri = web.put("/ca.crl", revocation_list(ROOT))
    theirs = OTHER.issue("x@ext.example", key="p256", extensions=pointing(crl=uri))
    assert not source.refresh((theirs.certificate, OTHER.certificate), others=(), inside=True)
    assert refresh(source, alice(crl=uri))


def test_a_private_address_is_asked_only_from_inside(web: Web, source: FetchedRevocation) -> None:
    issued = alice(crl=web.put("/ca.crl", revocation_list(ROOT)))
    assert not refresh(source, issued, inside=False)
    assert web.requests == []


def test_servers_that_do_not_answer_cost_the_time_of_one(web: Web, tmp_path: Path, clock: FixedClock) -> None:
    source = FetchedRevocation(tmp_path / "r", clock, seconds=1)
    uris = tuple(web.put(f"/{number}", web.hang) for number in range(2))
    issued = alice(crl=uris, ocsp_at=web.put("/ocsp", web.hang))
    assert not refresh(source, issued)
    assert "/ocsp" in web.paths


def test_a_huge_list_is_not_taken(web: Web, source: FetchedRevocation, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = revocation_list(ROOT)
    monkeypatch.setattr(adapter, "MOST_LIST_BYTES", len(listed) - 1)
    assert not refresh(source, alice(crl=web.put("/ca.crl", listed)))


def test_a_certificate_without_any_address_asks_nobody(source: FetchedRevocation) -> None:
    assert not refresh(source, alice())
    assert source.known() == RevocationData()
