"""Revocation behind the screens: verdicts at once by what is known, other ones once more is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from smimetui.adapters.revocation import FetchedRevocation
from smimetui.model.address import Address, parse_address
from smimetui.model.certificate import Certificate, Purpose
from smimetui.model.errors import IdentityNotFoundError
from smimetui.model.message import Draft, OpenedMessage, Protection
from smimetui.model.verdict import Problem, RecipientState, Verdict
from smimetui.services.account import Account
from smimetui.services.composer import UnableToEncryptError
from smimetui.smime.revocation import RevocationMode
from smimetui.smime.seal import seal
from tests.fakes import FixedClock
from tests.pki import NOW, Authority, Issued, make_authority
from tests.published import DAY, Web, pointing, publishing, revocation_list, status
from tests.services.letter import BOTH, draft
from tests.services.world import ALICE, BOB, World, corp, make_world, name_of, partner, person

FRANK = parse_address("frank@corp.example")
GRACE = parse_address("grace@partner.example")


@dataclass
class Scene:
    """A web server of authorities, and what is kept of it."""

    web: Web
    folder: Path
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))

    def source(self) -> FetchedRevocation:
        return FetchedRevocation(self.folder, self.clock)

    def world(self, mode: RevocationMode = RevocationMode.SOFT, **options: object) -> World:
        return make_world(revocation=self.source(), mode=mode, **options)

    def person(self, address: Address, authority: Authority | None = None) -> Issued:
        """Return somebody whose revocation is published at /ca.crl."""
        issuer = authority or corp()
        uri = self.web.uri("/ca.crl")
        return issuer.issue(address.spec, name=name_of(address), key="p256", extensions=pointing(crl=uri))


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with publishing() as web:
        yield Scene(web, tmp_path / "revocation")


def signed(sender: Issued, address: Address) -> bytes:
    return seal(
        Draft(sender=address, to=(ALICE,), subject="Hello", body="Hello"),
        protection=Protection(sign=True, encrypt=False),
        identity=sender.identity,
        recipients=(),
        message_id="<1@corp.example>",
        date=NOW,
    )


def verdict(message: OpenedMessage) -> tuple[Verdict, tuple[Problem, ...]]:
    assert message.signature is not None
    return message.signature.verdict, message.signature.problems


def test_a_signature_counts_at_once_and_no_more_when_its_certificate_turns_out_revoked(scene: Scene) -> None:
    frank = scene.person(FRANK)
    scene.web.put("/ca.crl", revocation_list(corp(), frank))
    session = scene.world().session
    raw = signed(frank, FRANK)
    assert verdict(session.reader.open(raw)) == (Verdict.PASSED, ())
    assert scene.web.requests == []
    assert session.revocation.refresh_pending()
    assert verdict(session.reader.open(raw)) == (Verdict.FAILED, (Problem.REVOKED,))


def test_a_revoked_certificate_is_known_as_such_in_the_next_run(scene: Scene) -> None:
    frank = scene.person(FRANK)
    scene.web.put("/ca.crl", revocation_list(corp(), frank))
    first = scene.world().session
    first.reader.open(signed(frank, FRANK))
    first.revocation.refresh_pending()
    later = scene.world().session
    assert verdict(later.reader.open(signed(frank, FRANK))) == (Verdict.FAILED, (Problem.REVOKED,))
    assert not later.revocation.refresh_pending()
    assert len(scene.web.requests) == 1


def test_a_revocation_beats_the_pin_of_a_signer(scene: Scene) -> None:
    frank = scene.person(FRANK)
    scene.web.put("/ca.crl", revocation_list(corp(), frank))
    world = scene.world()
    world.install(frank.certificate)
    session = world.session
    assert verdict(session.reader.open(signed(frank, FRANK))) == (Verdict.PASSED, ())
    assert session.revocation.refresh_pending()
    assert verdict(session.reader.open(signed(frank, FRANK))) == (Verdict.FAILED, (Problem.REVOKED,))


def test_news_that_change_no_verdict_need_no_second_look(scene: Scene) -> None:
    frank = scene.person(FRANK)
    scene.web.put("/ca.crl", revocation_list(corp()))
    session = scene.world().session
    session.reader.open(signed(frank, FRANK))
    assert not session.revocation.refresh_pending()
    assert scene.web.paths == ["/ca.crl"]


@pytest.mark.parametrize("source", ["installed", "gal"])
def test_a_recipient_whose_certificate_turns_out_revoked_is_blocked(scene: Scene, source: str) -> None:
    frank = scene.person(FRANK)
    scene.web.put("/ca.crl", revocation_list(corp(), frank))
    world = scene.world()
    if source == "installed":
        world.install(frank.certificate)
    else:
        world.gal.publish("Frank", [FRANK.spec], frank.certificate)
    session = world.session
    assert session.resolver.resolve(FRANK).state is RecipientState.READY
    assert session.revocation.refresh_pending()
    found = session.resolver.resolve(FRANK)
    assert found.state is RecipientState.BLOCKED
    assert found.reason == "the certificate was revoked by its issuer"
    assert session.resolver.installed(FRANK) is None


def test_the_issuer_of_an_installed_certificate_is_remembered_from_its_message(scene: Scene) -> None:
    issuing = corp().intermediate("Corp Issuing CA")
    frank = scene.person(FRANK, issuing)
    scene.web.put("/ca.crl", revocation_list(issuing))
    first = scene.world()
    first.install(frank.certificate)
    first.session.reader.open(signed(frank, FRANK))
    first.session.revocation.refresh_pending()
    # In the next run only the certificate itself is installed; its issuer came with the message.
    scene.web.put("/ca.crl", revocation_list(issuing, frank, number=2, this_update=NOW + DAY))
    scene.clock.at = NOW + 2 * DAY
    later = scene.world()
    later.clock.at = scene.clock.at
    later.install(frank.certificate)
    session = later.session
    assert session.resolver.resolve(FRANK).state is RecipientState.READY
    assert session.revocation.refresh_pending()
    assert session.resolver.resolve(FRANK).problems == (Problem.REVOKED,)


def test_sending_asks_before_it_seals(scene: Scene) -> None:
    frank = scene.person(FRANK)
    scene.web.put("/ca.crl", revocation_list(corp(), frank))
    world = scene.world()
    world.gal.publish("Frank", [FRANK.spec], frank.certificate)
    with pytest.raises(UnableToEncryptError) as caught:
        world.session.composer.send(draft(FRANK), BOTH)
    assert [found.problems for found in caught.value.resolutions] == [(Problem.REVOKED,)]
    assert world.transport.taken == []


def test_an_own_certificate_that_turns_out_revoked_serves_no_more(scene: Scene) -> None:
    revoked = scene.person(ALICE)
    scene.web.put("/ca.crl", revocation_list(corp(), revoked))
    world = scene.world(identities=[revoked.identity], published=[BOB])
    session = world.session
    assert session.composer.can_sign()
    assert session.composer.can_encrypt()
    assert scene.web.requests == []
    session.revocation.refresh_pending()
    assert not session.composer.can_sign()
    assert not session.composer.can_encrypt()
    for protection, sentence in (
        (Protection(sign=True, encrypt=False), "cannot sign: your certificate was revoked by its issuer"),
        (
            Protection(sign=False, encrypt=True),
            "cannot encrypt to yourself: your certificate was revoked by its issuer",
        ),
    ):
        with pytest.raises(IdentityNotFoundError) as caught:
            session.composer.seal(draft(BOB), protection)
        assert caught.value.summary == sentence
    assert session.drafts.why_not().endswith("your certificate was revoked by its issuer")
    assert world.transport.taken == []


def test_another_own_certificate_takes_the_place_of_a_revoked_one(scene: Scene) -> None:
    revoked, good = scene.person(ALICE), person(ALICE)
    world = make_world(identities=[good.identity, revoked.identity], crls=[revocation_list(corp(), revoked)])
    (envelope,) = world.session.composer.seal(draft(ALICE), BOTH)
    opened = world.session.reader.open(envelope.data)
    assert opened.signature is not None
    assert opened.signature.signer == good.certificate


@pytest.mark.parametrize("anchored", [True, False])
def test_an_own_certificate_of_a_revoked_issuer_serves_no_more(*, anchored: bool) -> None:
    sub = corp().intermediate("Compromised CA")
    own = sub.issue(ALICE.spec, key="p256")
    anchors = None if anchored else []
    world = make_world(identities=[own.identity], crls=[revocation_list(corp(), sub)], anchors=anchors)
    # Without its root nobody vouches for the list.
    assert world.session.composer.can_sign() is not anchored


def test_an_own_certificate_and_an_issuer_that_were_never_valid_together_are_not_called_revoked() -> None:
    sub = corp().intermediate("Old CA", not_after=NOW - 60 * DAY)
    own = sub.issue(ALICE.spec, key="p256")
    world = make_world(identities=[own.identity], crls=[revocation_list(sub, own)])
    assert world.session.composer.can_sign()


def test_nobody_is_asked_about_a_signer_whose_issuer_is_unknown(scene: Scene) -> None:
    grace = scene.person(GRACE, partner())
    world = scene.world()
    session = world.session
    session.reader.open(signed(grace, GRACE))
    assert not session.revocation.refresh_pending()
    world.install(grace.certificate)
    session.reader.open(signed(grace, GRACE))
    session.resolver.resolve(GRACE)
    assert not session.revocation.refresh_pending()
    assert scene.web.requests == []


def test_nobody_is_asked_about_a_recipient_that_only_a_directory_vouches_for(scene: Scene) -> None:
    grace = scene.person(GRACE, partner())
    world = scene.world()
    world.gal.publish("Grace", [GRACE.spec], grace.certificate)
    assert world.session.resolver.resolve(GRACE).state is RecipientState.READY
    assert not world.session.revocation.refresh_pending()
    assert scene.web.requests == []


def test_nobody_is_asked_about_a_message_that_was_changed(scene: Scene) -> None:
    frank = scene.person(FRANK)
    session = scene.world().session
    changed = signed(frank, FRANK).replace(b"\r\nHello\r\n", b"\r\nHullo\r\n")
    assert verdict(session.reader.open(changed))[0] is Verdict.FAILED
    assert not session.revocation.refresh_pending()
    assert scene.web.requests == []


def test_nobody_is_asked_about_a_path_that_is_not_valid(scene: Scene) -> None:
    uri = scene.web.uri("/ca.crl")
    not_an_authority = corp().issue("mallory@corp.example", key="p256", key_usage=None)
    forged = Authority(parsed=not_an_authority.parsed, key=not_an_authority.key)
    expired = corp().issue(
        FRANK.spec, key="p256", not_after=NOW - DAY, extensions=pointing(crl=uri), key_name="expired"
    )
    below = forged.issue(FRANK.spec, key="p256", extensions=pointing(crl=uri), key_name="forged")
    session = scene.world().session
    for sender in (expired, below):
        assert verdict(session.reader.open(signed(sender, FRANK)))[0] is not Verdict.PASSED
    assert not session.revocation.refresh_pending()
    assert scene.web.requests == []


def test_an_authority_of_the_system_cannot_point_into_the_persons_network(scene: Scene) -> None:
    public = make_authority("Public CA")

    class System:
        def anchors(self) -> tuple[Certificate, ...]:
            return (public.certificate,)

    grace = scene.person(GRACE, public)
    scene.web.put("/ca.crl", revocation_list(public, grace))
    world = scene.world(system=System())
    raw = signed(grace, GRACE)
    assert verdict(world.session.reader.open(raw)) == (Verdict.PASSED, ())
    assert not world.session.revocation.refresh_pending()
    assert scene.web.requests == []
    # Whom the person made an anchor may.
    world.store.add_anchor(public.der)
    scene.clock.at = world.clock.at = NOW + timedelta(minutes=11)
    world.session.reader.open(raw)
    assert world.session.revocation.refresh_pending()


def test_in_hard_mode_what_is_not_known_blocks_until_it_is(scene: Scene) -> None:
    frank = scene.person(FRANK)
    world = scene.world(RevocationMode.HARD)
    world.gal.publish("Frank", [FRANK.spec], frank.certificate)
    world.install(frank.certificate)
    session = world.session
    raw = signed(frank, FRANK)
    assert verdict(session.reader.open(raw)) == (Verdict.INDETERMINATE, (Problem.REVOCATION_UNKNOWN,))
    found = session.resolver.resolve(FRANK)
    assert (found.state, found.problems) == (RecipientState.BLOCKED, (Problem.REVOCATION_UNKNOWN,))
    assert found.reason == "whether the certificate was revoked could not be checked"
    scene.web.put("/ca.crl", revocation_list(corp()))
    assert session.revocation.refresh_pending()
    assert verdict(session.reader.open(raw)) == (Verdict.PASSED, ())
    assert session.resolver.resolve(FRANK).state is RecipientState.READY


def test_in_hard_mode_a_pin_is_enough_where_the_issuer_is_unknown(scene: Scene) -> None:
    world = scene.world(RevocationMode.HARD)
    world.install(person(GRACE).certificate)
    assert world.session.resolver.resolve(GRACE).state is RecipientState.READY


def test_off_asks_nobody(scene: Scene) -> None:
    frank = scene.person(FRANK)
    scene.web.put("/ca.crl", revocation_list(corp(), frank))
    scene.world().session.reader.open(signed(frank, FRANK))
    session = scene.world(RevocationMode.OFF).session
    assert verdict(session.reader.open(signed(frank, FRANK))) == (Verdict.PASSED, ())
    assert not session.revocation.refresh_pending()
    assert scene.web.requests == []


@pytest.mark.parametrize("answer", ["hang", "garbage", "missing"])
def test_a_failing_server_leaves_the_verdict_as_it_is(scene: Scene, answer: str) -> None:
    frank = scene.person(FRANK)
    if answer != "missing":
        scene.web.put("/ca.crl", scene.web.hang if answer == "hang" else b"garbage")
    session = make_world(revocation=FetchedRevocation(scene.folder, scene.clock, seconds=0.2)).session
    raw = signed(frank, FRANK)
    session.reader.open(raw)
    assert not session.revocation.refresh_pending()
    assert verdict(session.reader.open(raw)) == (Verdict.PASSED, ())


def test_a_responder_can_revoke_too(scene: Scene) -> None:
    frank = corp().issue(FRANK.spec, key="p256", extensions=pointing(ocsp_at=scene.web.uri("/ocsp")))
    scene.web.put("/ocsp", status(corp(), frank, revoked=True))
    session = scene.world().session
    session.reader.open(signed(frank, FRANK))
    assert session.revocation.refresh_pending()
    assert verdict(session.reader.open(signed(frank, FRANK))) == (Verdict.FAILED, (Problem.REVOKED,))


def test_whoever_asks_to_be_told_hears_of_new_certificates_once(scene: Scene) -> None:
    frank = scene.person(FRANK)
    session = scene.world().session
    told: list[str] = []
    session.revocation.on_wanted(lambda: told.append("now"))
    assert told == []
    for _ in range(2):
        session.reader.open(signed(frank, FRANK))
    assert told == ["now"]
    session.revocation.refresh_pending()
    session.reader.open(signed(frank, FRANK))
    assert told == ["now"]


def test_what_was_wanted_before_somebody_listened_is_told_at_once(scene: Scene) -> None:
    session = scene.world().session
    session.reader.open(signed(scene.person(FRANK), FRANK))
    told: list[str] = []
    session.revocation.on_wanted(lambda: told.append("now"))
    assert told == ["now"]


def test_without_a_source_nothing_is_wanted() -> None:
    session = make_world(published=[BOB], account=replace(Account(address=ALICE), directory_vouches=False)).session
    told: list[str] = []
    session.revocation.on_wanted(lambda: told.append("now"))
    session.resolver.resolve(BOB)
    assert told == []
    assert not session.revocation.refresh_pending()


def test_of_more_than_two_hundred_the_last_are_asked_about(scene: Scene) -> None:
    frank, grace = scene.person(FRANK), scene.person(GRACE, partner())
    session = scene.world().session
    session.revocation.want(frank.certificate, purpose=Purpose.SIGN)
    for number in range(200):
        session.revocation.want(replace(grace.certificate, sha256=f"{number}"), purpose=Purpose.SIGN)
    assert not session.revocation.refresh_pending()
    assert scene.web.requests == []


def test_a_source_that_breaks_its_promise_is_not_silenced(scene: Scene) -> None:
    class Broken(FetchedRevocation):
        def refresh(self, chain: Sequence[Certificate], *, others: Sequence[Certificate], inside: bool) -> bool:
            raise ZeroDivisionError

    session = make_world(revocation=Broken(scene.folder, scene.clock)).session
    session.revocation.want(person(BOB).certificate, purpose=Purpose.SIGN)
    with pytest.raises(ZeroDivisionError):
        session.revocation.refresh_pending()
