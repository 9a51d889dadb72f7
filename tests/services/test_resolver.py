from datetime import timedelta

import pytest

from smimetui.model.address import parse_address
from smimetui.model.certificate import Source
from smimetui.model.errors import DirectoryRefusedError, DirectoryUnreachableError, StoreUnavailableError
from smimetui.model.verdict import Problem, RecipientState
from smimetui.services.account import Account
from smimetui.services.ports import InstalledCertificate
from smimetui.services.resolver import Resolver
from tests.fakes import MemoryDirectory, MemoryStore
from tests.pki import NOW, SERVER, Issued
from tests.services.world import ALICE, BOB, CAROL, ERIN, corp, make_world, person

DAY = timedelta(days=1)
EXPIRED = {"not_before": NOW - 900 * DAY, "not_after": NOW - 569 * DAY}


def bob(**wrong: object) -> Issued:
    return corp().issue(BOB.spec, key="p256", **wrong)  # type: ignore[arg-type]


def test_a_published_certificate_under_a_known_issuer_makes_a_recipient_ready() -> None:
    found = make_world(published=[BOB]).session.resolver.resolve(BOB)

    assert found.state is RecipientState.READY
    assert found.chosen is not None
    assert found.chosen.certificate == person(BOB).certificate
    assert (found.chosen.vouched, found.problems) == (False, ())
    assert found.reason == "from the address list"


def test_a_directory_vouches_for_a_certificate_of_an_unknown_issuer() -> None:
    found = make_world(published=[ERIN]).session.resolver.resolve(ERIN)

    assert found.chosen is not None
    assert found.chosen.vouched
    assert found.reason == (
        "from the address list; its issuer is not known here, the organisation's directory vouches for it"
    )


def test_the_setting_takes_the_directory_s_word_away() -> None:
    world = make_world(published=[ERIN], account=Account(address=ALICE, directory_vouches=False))

    found = world.session.resolver.resolve(ERIN)

    assert found.state is RecipientState.BLOCKED
    assert found.problems == (Problem.UNTRUSTED,)
    assert found.reason == "issuer “Partner CA” is unknown here"


def test_the_setting_leaves_known_issuers_alone() -> None:
    world = make_world(published=[BOB], account=Account(address=ALICE, directory_vouches=False))

    assert world.session.resolver.resolve(BOB).state is RecipientState.READY


@pytest.mark.parametrize("source", [Source.LDAP, Source.FILE])
def test_only_the_organisation_s_own_directories_vouch(source: Source) -> None:
    world = make_world()
    directory = MemoryDirectory(source)
    directory.publish("Erin", [ERIN.spec], person(ERIN).certificate)
    directory.publish("Bob", [BOB.spec], person(BOB).certificate)
    resolver = Resolver(
        store=world.store, directories=[directory], trust=world.session.trust, clock=world.clock, directory_vouches=True
    )

    assert resolver.resolve(ERIN).problems == (Problem.UNTRUSTED,)
    assert resolver.resolve(BOB).state is RecipientState.READY


@pytest.mark.parametrize(
    ("certificate", "problem", "reason"),
    [
        (bob(**EXPIRED), Problem.EXPIRED, "the certificate expired on 3 May 2025"),
        (bob(not_before=NOW + DAY), Problem.NOT_YET_VALID, "the certificate is not valid before 24 Nov 2026"),
        (
            corp().issue("other@corp.example", key="p256"),
            Problem.NAME_MISMATCH,
            "the certificate is for other@corp.example",
        ),
        (
            bob(key_usage=["digitalSignature"]),
            Problem.WRONG_USAGE,
            "the certificate is for signing only (key usage)",
        ),
        (
            bob(key_usage=["keyCertSign"]),
            Problem.WRONG_USAGE,
            "the certificate is not for encryption (key usage)",
        ),
        (bob(eku=[SERVER]), Problem.WRONG_USAGE, "the certificate is not for mail (extended key usage)"),
        (
            corp().issue(BOB.spec, key="rsa1024"),
            Problem.WEAK_KEY,
            "the key is too weak (RSA 1024)",
        ),
    ],
    ids=lambda value: value.value if isinstance(value, Problem) else "",
)
def test_each_refusal_has_one_reason_in_a_sentence(certificate: Issued, problem: Problem, reason: str) -> None:
    world = make_world()
    world.gal.publish("Bob", [BOB.spec], certificate.certificate)

    found = world.session.resolver.resolve(BOB)

    assert found.state is RecipientState.BLOCKED
    assert found.problems[0] is problem
    assert found.reason == reason


@pytest.mark.parametrize(
    ("sources", "reason"),
    [
        ([], "no certificate installed"),
        ([Source.GAL], "no certificate in the address list or installed"),
        ([Source.CONTACTS, Source.GAL], "no certificate in the address list, contacts or installed"),
        ([Source.LDAP, Source.FILE], "no certificate in the LDAP directory, the certificate files or installed"),
    ],
)
def test_no_certificate_names_the_places_that_were_asked(sources: list[Source], reason: str) -> None:
    world = make_world()
    resolver = Resolver(
        store=world.store,
        directories=[MemoryDirectory(source) for source in sources],
        trust=world.session.trust,
        clock=world.clock,
    )

    found = resolver.resolve(CAROL)

    assert (found.problems, found.reason) == ((Problem.NOT_FOUND,), reason)


def test_an_entry_without_a_certificate_or_with_junk_is_no_certificate() -> None:
    world = make_world()
    world.gal.publish("Bob", [BOB.spec])
    world.contacts.publish("Bob", [BOB.spec], b"junk")

    assert world.session.resolver.resolve(BOB).problems == (Problem.NOT_FOUND,)


def test_the_newest_certificate_made_for_the_person_gives_the_reason() -> None:
    world = make_world()
    world.gal.publish(
        "Bob",
        [BOB.spec],
        corp().issue("other@corp.example", key="p256", not_before=NOW - DAY).certificate,
        bob(key_usage=["digitalSignature"], not_before=NOW - DAY).certificate,
        bob(not_before=NOW - 2000 * DAY, not_after=NOW - 1500 * DAY).certificate,
        bob(**EXPIRED).certificate,
    )

    assert world.session.resolver.resolve(BOB).reason == "the certificate expired on 3 May 2025"


def test_what_a_renewal_does_not_cure_is_said_before_what_it_would() -> None:
    world = make_world()
    world.gal.publish("Bob", [BOB.spec], bob(key_usage=["digitalSignature"], **EXPIRED).certificate)

    found = world.session.resolver.resolve(BOB)

    assert found.problems == (Problem.WRONG_USAGE, Problem.EXPIRED)


def test_a_directory_that_does_not_answer_is_could_not_check() -> None:
    world = make_world()
    world.gal.failure = DirectoryUnreachableError("the address list does not answer\x1b[2J")
    world.contacts.failure = DirectoryRefusedError("the contacts refuse the login")
    world.install(bob(**EXPIRED).certificate)

    found = world.session.resolver.resolve(BOB)

    assert found.state is RecipientState.UNREACHABLE
    assert found.problems == (Problem.UNREACHABLE,)
    assert found.reason == "could not check: the address list does not answer�[2J; the contacts refuse the login"


def test_a_directory_that_does_not_answer_matters_not_where_another_has_the_certificate() -> None:
    world = make_world()
    world.gal.failure = DirectoryUnreachableError("the address list does not answer")
    world.contacts.publish("Bob", [BOB.spec], person(BOB).certificate)

    found = world.session.resolver.resolve(BOB)

    assert found.state is RecipientState.READY
    assert found.unreachable == ("the address list does not answer",)


def test_what_no_directory_may_raise_is_not_swallowed() -> None:
    world = make_world()
    world.gal.failure = ZeroDivisionError("a fault of the program")

    with pytest.raises(ZeroDivisionError):
        world.session.resolver.resolve(BOB)


def test_a_store_that_fails_is_an_error_not_an_answer() -> None:
    class BrokenStore(MemoryStore):
        def installed(self) -> tuple[InstalledCertificate, ...]:
            raise StoreUnavailableError("the keyring does not answer")

    world = make_world()
    resolver = Resolver(store=BrokenStore(), directories=[], trust=world.session.trust, clock=world.clock)

    with pytest.raises(StoreUnavailableError):
        resolver.resolve(BOB)


def test_any_address_of_an_address_list_entry_may_stand_in_its_certificate() -> None:
    world = make_world()
    alias = parse_address("robert.baker@corp.example")
    world.gal.publish("Bob", ["no address", alias.spec, BOB.spec], person(BOB).certificate)

    assert world.session.resolver.resolve(alias).state is RecipientState.READY


def test_a_public_directory_is_not_believed_about_aliases() -> None:
    world = make_world()
    ldap = MemoryDirectory(Source.LDAP)
    ldap.publish("Bob", [CAROL.spec, BOB.spec], person(BOB).certificate)
    resolver = Resolver(store=world.store, directories=[ldap], trust=world.session.trust, clock=world.clock)

    assert resolver.resolve(CAROL).problems == (Problem.NAME_MISMATCH,)


def test_the_issuers_beside_a_published_certificate_help_its_path_and_are_no_candidates() -> None:
    below = corp().intermediate("Corp Mail CA")
    end = below.issue(BOB.spec, key="p256")
    world = make_world(account=Account(address=ALICE, directory_vouches=False))
    world.gal.publish("Bob", [BOB.spec], end.pem + below.pem)

    found = world.session.resolver.resolve(BOB)

    assert found.state is RecipientState.READY
    assert [candidate.certificate for candidate in found.candidates] == [end.certificate]


def test_revocation_beats_pins_and_directories() -> None:
    end = bob()
    world = make_world(crls=[corp().crl(end)])
    world.install(end.certificate)
    world.gal.publish("Bob", [BOB.spec], end.certificate)

    found = world.session.resolver.resolve(BOB)

    assert found.state is RecipientState.BLOCKED
    assert found.problems[0] is Problem.REVOKED
    assert found.reason == "the certificate was revoked by its issuer"
    assert world.session.resolver.installed(BOB) is None


def test_not_knowing_about_revocation_stops_nobody() -> None:
    stale = corp().crl(this_update=NOW - 60 * DAY, next_update=NOW - 30 * DAY)
    world = make_world(crls=[stale])
    world.install(person(BOB).certificate)

    assert world.session.resolver.resolve(BOB).state is RecipientState.READY


def test_an_issuer_that_is_known_and_at_fault_is_not_called_unknown() -> None:
    expired = corp().intermediate("Old Issuing CA", not_after=NOW - DAY)
    end = expired.issue(BOB.spec, key="p256")
    world = make_world(account=Account(address=ALICE, directory_vouches=False))
    world.gal.publish("Bob", [BOB.spec], end.pem + expired.pem)

    found = world.session.resolver.resolve(BOB)

    assert found.problems == (Problem.UNTRUSTED,)
    assert found.reason == "the certificate of the issuer “Old Issuing CA” expired on 22 Nov 2026"


def test_the_issuer_that_was_revoked_is_named() -> None:
    sub = corp().intermediate("Compromised CA")
    world = make_world(crls=[corp().crl(sub)])
    world.gal.publish("Bob", [BOB.spec], sub.issue(BOB.spec, key="p256").pem + sub.pem)

    found = world.session.resolver.resolve(BOB)

    assert found.problems == (Problem.REVOKED,)
    assert found.reason == "the certificate of the issuer “Compromised CA” was revoked by its issuer"
