from datetime import timedelta

from smimetui.model.address import parse_address
from smimetui.model.certificate import Certificate, Source
from smimetui.model.message import Headers, OpenedMessage
from smimetui.model.verdict import Problem, SignatureReport, Verdict
from smimetui.model.wording import security_parts
from smimetui.services.ports import InstalledCertificate
from smimetui.services.trust import Trust
from tests.fakes import FixedClock, MemoryStore, NoAnchors
from tests.pki import NOW, make_authority
from tests.services.world import ALICE, BOB, CAROL, ERIN, corp, make_world, partner, person
from tests.smime import forge

DAY = timedelta(days=1)


def signed(signer: Certificate | None, *, sender: tuple = (ERIN,), **report: object) -> OpenedMessage:
    fields: dict[str, object] = {
        "verdict": Verdict.INDETERMINATE,
        "problems": (Problem.UNTRUSTED,),
        "intact": True,
        "signer": signer,
    }
    return OpenedMessage(
        headers=Headers(sender=sender),
        signature=SignatureReport(**(fields | report)),  # type: ignore[arg-type]
    )


def test_the_policy_holds_the_person_s_the_system_s_and_the_given_anchors() -> None:
    class System:
        def anchors(self) -> tuple[Certificate, ...]:
            return (partner().certificate, corp().certificate)

    extra = make_authority("Extra CA").certificate
    store = MemoryStore(anchors=[corp().certificate])
    trust = Trust(store=store, system=System(), clock=FixedClock(NOW), extra_anchors=[extra], crls=[b"crl"])

    policy = trust.policy()

    assert policy.anchors == (extra, corp().certificate, partner().certificate)
    assert policy.crls == (b"crl",)
    assert policy.intermediates == ()


def test_the_policy_knows_the_issuers_of_own_certificates_and_installed_ones_but_trusts_neither() -> None:
    below, other = corp().intermediate("Below"), partner().intermediate("Other")
    own = below.issue(ALICE.spec, key="p256").identity
    world = make_world(identities=[own], anchors=[])
    world.install(other.certificate, partner().issue(name="No Address", key="p256").certificate)

    policy = world.session.trust.policy()

    assert set(policy.intermediates) == {below.certificate, other.certificate}
    assert policy.anchors == ()


def test_the_policy_follows_the_store_and_is_made_once_between_changes() -> None:
    world = make_world()
    trust = world.session.trust
    before = trust.policy()

    assert trust.policy() is before
    world.install(person(ERIN).certificate)
    assert trust.policy().pinned == {person(ERIN).certificate.sha256: frozenset({ERIN.key})}
    world.store.add_anchor(partner().der)
    assert partner().certificate in trust.policy().anchors


def test_installing_pins_every_address_of_the_certificate_without_regard_to_case() -> None:
    world = make_world()
    certificate = partner().issue("Erin@Partner.example", "erin.ext@partner.example", key="p256").certificate

    world.install(certificate)

    assert world.session.trust.is_installed(certificate)
    assert world.session.trust.installed_for(ERIN) == (certificate,)
    assert world.session.trust.installed_for(parse_address("ERIN.EXT@partner.example")) == (certificate,)
    assert world.session.trust.installed_for(BOB) == ()


def test_installing_from_a_message_pins_the_sender_where_nobody_vouches_for_the_other_names() -> None:
    world = make_world()
    trust = world.session.trust
    # Whoever makes their own certificate can write any address into it.
    certificate = partner().issue("erin@partner.example", CAROL.spec, "erin@new.example", key="p256").certificate
    offer = trust.offer(signed(certificate))
    assert offer.addresses == (ERIN,)

    trust.install(offer.certificates, source=Source.FILE, addresses=offer.addresses)

    assert trust.installed_for(ERIN) == (certificate,)
    assert trust.installed_for(CAROL) == ()
    assert trust.addresses_of(certificate) == ("erin@partner.example",)
    assert world.session.resolver.installed(CAROL) is None

    moved = parse_address("erin@new.example")
    again = trust.offer(signed(certificate, sender=(moved,)))
    assert (again.allowed, again.installed) == (True, False)
    trust.install(again.certificates, source=Source.FILE, addresses=again.addresses)
    assert trust.installed_for(moved) == trust.installed_for(ERIN) == (certificate,)
    assert trust.offer(signed(certificate, verdict=Verdict.PASSED, problems=(), pinned=True)).addresses == (ERIN,)
    assert trust.offer(signed(certificate, verdict=Verdict.PASSED, problems=())).addresses is None


def test_whom_a_certificate_is_installed_for_is_told_as_it_is_written() -> None:
    world = make_world()
    certificate = partner().issue("Erin@Partner.example", "erin@new.example", key="p256").certificate
    assert world.session.trust.addresses_of(certificate) == ()
    world.install(certificate)
    assert world.session.trust.addresses_of(certificate) == certificate.addresses
    world.install(person(BOB).certificate, addresses=[parse_address("alias@corp.example")])
    assert world.session.trust.addresses_of(person(BOB).certificate) == ("alias@corp.example",)


def test_removing_takes_the_pin_away() -> None:
    world = make_world()
    world.install(person(ERIN).certificate)

    world.session.trust.remove(person(ERIN).certificate)

    assert not world.session.trust.is_installed(person(ERIN).certificate)
    assert world.session.trust.policy().pinned == {}


def test_installing_never_fails_because_an_older_or_expired_certificate_is_there() -> None:
    world = make_world()
    expired = partner().issue(ERIN.spec, key="p256", not_before=NOW - 90 * DAY, not_after=NOW - DAY).certificate
    world.install(expired)
    world.install(person(ERIN).certificate)

    assert world.session.trust.installed_for(ERIN) == (person(ERIN).certificate, expired)


def test_capabilities_seen_earlier_are_kept_until_newer_ones_are_seen() -> None:
    world = make_world()
    trust, certificate = world.session.trust, person(ERIN).certificate

    trust.install([certificate], source=Source.FILE, capabilities=b"first")
    trust.install([certificate], source=Source.GAL)
    assert [(entry.capabilities, entry.source) for entry in world.store.installed()] == [(b"first", Source.GAL)]

    trust.install([certificate], source=Source.FILE, capabilities=b"second")
    assert [entry.capabilities for entry in world.store.installed()] == [b"second"]


def test_a_damaged_entry_is_passed_over() -> None:
    store = MemoryStore()
    store.install(InstalledCertificate(der=b"junk", sha256="0", addresses=(), not_after=NOW, installed_at=NOW))
    trust = Trust(store=store, system=NoAnchors(), clock=FixedClock(NOW))

    assert trust.policy().intermediates == ()
    assert trust.parse(b"junk") is None


def test_an_intact_signature_whose_certificate_names_the_sender_can_be_installed() -> None:
    offer = make_world().session.trust.offer(signed(person(ERIN).certificate))

    assert offer.allowed
    assert (offer.signer, offer.encryption) == (person(ERIN).certificate, person(ERIN).certificate)
    assert offer.certificates == (person(ERIN).certificate,)
    assert not offer.installed
    assert offer.reason == (
        "installing trusts it for messages from erin@partner.example and lets you write to that address encrypted"
    )


def test_an_installed_certificate_is_said_to_be_installed() -> None:
    world = make_world()
    world.install(person(ERIN).certificate)

    offer = world.session.trust.offer(signed(person(ERIN).certificate))

    assert offer.installed
    assert offer.reason == "installed for erin@partner.example"
    assert offer.replaces == ()


def test_a_broken_signature_offers_nothing_and_says_why() -> None:
    offer = make_world().session.trust.offer(signed(person(ERIN).certificate, intact=False))

    assert not offer.allowed
    assert offer.signer == person(ERIN).certificate
    assert offer.reason == "the signature does not hold, so nothing vouches for this certificate"


def test_somebody_else_s_certificate_is_not_offered_for_the_sender() -> None:
    trust = make_world().session.trust
    nameless = partner().issue(name="Nobody", key="p256").certificate

    offer = trust.offer(signed(person(CAROL).certificate))

    assert not offer.allowed
    assert offer.reason == "the certificate is for carol@corp.example, not for the sender erin@partner.example"
    assert trust.offer(signed(nameless)).reason == (
        "the address is not in the certificate, not for the sender erin@partner.example"
    )


def test_a_message_needs_a_signature_a_signer_and_one_sender() -> None:
    trust = make_world().session.trust
    unsigned = OpenedMessage(headers=Headers(sender=(ERIN,)))

    assert trust.offer(unsigned).reason == "the message carries no signature over all that is shown"
    assert trust.offer(signed(None)).reason == "the message does not hold the signer's certificate"
    for senders in ((), (ERIN, BOB)):
        offer = trust.offer(signed(person(ERIN).certificate, sender=senders))
        assert (offer.allowed, offer.reason) == (False, "the message does not name exactly one sender")


def test_a_revoked_certificate_is_not_offered() -> None:
    offer = make_world().session.trust.offer(
        signed(person(ERIN).certificate, verdict=Verdict.FAILED, problems=(Problem.REVOKED,))
    )

    assert (offer.allowed, offer.reason) == (False, "the certificate was revoked by its issuer")


def test_a_separate_encryption_certificate_is_the_one_to_write_to() -> None:
    signing = partner().issue(ERIN.spec, key="p256", key_name="s", key_usage=["digitalSignature"]).certificate
    encryption = partner().issue(ERIN.spec, key="p256", key_name="e", key_usage=["keyAgreement"]).certificate
    world = make_world()

    offer = world.session.trust.offer(signed(signing, encryption_certificate=encryption))
    assert (offer.allowed, offer.signer, offer.encryption) == (True, signing, encryption)
    assert offer.certificates == (signing, encryption)

    world.install(*offer.certificates)
    assert world.session.trust.offer(signed(signing, encryption_certificate=encryption)).installed
    found = world.session.resolver.installed(ERIN)
    assert found is not None
    assert found.chosen is not None
    assert found.chosen.certificate == encryption


def test_a_certificate_for_signing_only_is_installed_for_trust_alone() -> None:
    signing = partner().issue(ERIN.spec, key="p256", key_usage=["digitalSignature"]).certificate

    offer = make_world().session.trust.offer(signed(signing))

    assert (offer.allowed, offer.encryption, offer.certificates) == (True, None, (signing,))
    assert offer.reason == "installing trusts it for messages from erin@partner.example; it is not made for encryption"


def test_an_encryption_certificate_of_somebody_else_or_for_signing_is_left_out() -> None:
    trust = make_world().session.trust
    signing_only = partner().issue(ERIN.spec, key="p256", key_usage=["digitalSignature"]).certificate

    for wished in (person(CAROL).certificate, signing_only):
        offer = trust.offer(signed(person(ERIN).certificate, encryption_certificate=wished))
        assert offer.encryption == person(ERIN).certificate
        assert offer.reason.endswith(
            "the separate encryption certificate is left out, it is not for this address and purpose"
        )


def test_a_signer_that_asks_for_its_own_certificate_has_one_certificate() -> None:
    erin = person(ERIN).certificate

    offer = make_world().session.trust.offer(signed(erin, encryption_certificate=erin))

    assert (offer.encryption, offer.certificates) == (erin, (erin,))


def test_a_certificate_with_another_key_replaces_the_installed_one_for_the_same_purpose() -> None:
    world = make_world()
    old = partner().issue(ERIN.spec, key="p256", key_name="old").certificate
    renewed = partner().issue(ERIN.spec, key="p256", not_before=NOW - 300 * DAY).certificate
    world.install(old, renewed)

    offer = world.session.trust.offer(signed(person(ERIN).certificate))

    assert offer.allowed
    assert not offer.installed
    assert offer.replaces == (old,)


def test_a_signing_certificate_does_not_replace_an_encryption_certificate() -> None:
    world = make_world()
    world.install(partner().issue(ERIN.spec, key="p256", key_name="e", key_usage=["keyAgreement"]).certificate)
    signing = partner().issue(ERIN.spec, key="p256", key_name="s", key_usage=["digitalSignature"]).certificate

    assert world.session.trust.offer(signed(signing)).replaces == ()


def test_an_old_digest_is_offered_for_installing_and_stays_untrusted() -> None:
    world, alice = make_world(anchors=[]), person(ALICE)
    cms = forge.signed_data(forge.signer_info(alice, forge.entity(), digest="sha1"), certificates=[alice])
    raw = forge.multipart_signed(forge.entity(), cms)

    offer = world.session.trust.offer(world.session.reader.open(raw))
    world.install(*offer.certificates)
    opened = world.session.reader.open(raw)

    assert offer.allowed
    assert opened.signature is not None
    assert (opened.signature.verdict, opened.signature.trusted) == (Verdict.PASSED, False)
    assert security_parts(opened) == ("Signed: a digest or signature algorithm that is no longer safe was used",)
