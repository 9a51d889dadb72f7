from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from smimetui.model.address import parse_address
from smimetui.model.certificate import Source
from smimetui.model.verdict import (
    Candidate,
    Designation,
    Problem,
    RecipientState,
    Resolution,
    SignatureReport,
    Verdict,
    designation,
    explain,
)
from tests.model.certificates import certificate_value

STATES = st.sampled_from(RecipientState)
GOOD = {RecipientState.READY}
BAD = {RecipientState.BLOCKED, RecipientState.UNREACHABLE}


@given(st.lists(STATES))
def test_the_lock_left_open_is_never_anything_but_not_encrypted(states: list[RecipientState]) -> None:
    assert designation(wanted=False, states=states) is Designation.NOT_ENCRYPTED


@given(st.lists(STATES), STATES, st.randoms(use_true_random=False))
def test_the_designation_depends_on_the_set_of_states_alone(
    states: list[RecipientState], again: RecipientState, random: st.DataObject
) -> None:
    shuffled = [*states, again, again]
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert designation(wanted=True, states=shuffled) is designation(wanted=True, states=[*states, again])


class RandomEdits(RuleBasedStateMachine):
    """People add, remove and lose recipients, answers come in any order, the lock is toggled: the words follow."""

    def __init__(self) -> None:
        super().__init__()
        self.wanted = True
        self.fields: dict[str, list[RecipientState]] = {"to": [], "cc": [], "bcc": []}

    @rule(field=st.sampled_from(["to", "cc", "bcc"]))
    def type_a_recipient(self, field: str) -> None:
        self.fields[field].append(RecipientState.CHECKING)

    @rule(field=st.sampled_from(["to", "cc", "bcc"]), place=st.integers(0, 9), state=STATES)
    def an_answer_arrives(self, field: str, place: int, state: RecipientState) -> None:
        if self.fields[field]:
            self.fields[field][place % len(self.fields[field])] = state

    @rule(field=st.sampled_from(["to", "cc", "bcc"]), place=st.integers(0, 9))
    def remove_a_recipient(self, field: str, place: int) -> None:
        if self.fields[field]:
            del self.fields[field][place % len(self.fields[field])]

    @rule()
    def toggle_the_lock(self) -> None:
        self.wanted = not self.wanted

    @invariant()
    def the_designation_tells_the_truth(self) -> None:
        states = [state for field in self.fields.values() for state in field]
        words = designation(wanted=self.wanted, states=states)
        assert (words is Designation.NOT_ENCRYPTED) == (not self.wanted)
        assert (words is Designation.UNABLE_TO_ENCRYPT) == (self.wanted and bool(BAD & set(states)))
        assert (words is Designation.ENCRYPTED) == (self.wanted and set(states) <= GOOD)
        assert (words is Designation.CHECKING) == (
            self.wanted and not BAD & set(states) and RecipientState.CHECKING in states
        )


TestRandomEdits = RandomEdits.TestCase


def test_a_resolution_with_a_choice_is_ready_whatever_could_not_be_asked() -> None:
    candidate = Candidate(certificate=certificate_value(), source=Source.GAL)
    address = parse_address("bob@corp.example")

    ready = Resolution(
        address=address, candidates=(candidate,), chosen=candidate, unreachable=("the contacts do not answer",)
    )

    assert ready.state is RecipientState.READY
    assert Resolution(address=address, problems=(Problem.NOT_FOUND,)).state is RecipientState.BLOCKED
    assert Resolution(address=address, problems=(Problem.UNREACHABLE,)).state is RecipientState.UNREACHABLE


def answer(state: RecipientState) -> Resolution:
    """A resolution of this state; there is none that is being checked."""
    address = parse_address("bob@corp.example")
    candidate = Candidate(certificate=certificate_value(), source=Source.GAL)
    if state is RecipientState.READY:
        return Resolution(address=address, candidates=(candidate,), chosen=candidate)
    problem = Problem.EXPIRED if state is RecipientState.BLOCKED else Problem.UNREACHABLE
    return Resolution(address=address, candidates=(candidate,), problems=(problem,))


ANSWERED = st.sampled_from([RecipientState.READY, RecipientState.BLOCKED, RecipientState.UNREACHABLE])


@given(st.lists(ANSWERED), st.sets(st.sampled_from([Problem.LIST, Problem.UNREACHABLE])))
def test_a_list_is_as_its_worst_member_and_ready_only_if_all_of_it_is_known_and_ready(
    states: list[RecipientState], troubles: set[Problem]
) -> None:
    members = tuple(map(answer, states))

    found = Resolution(
        address=parse_address("team@corp.example"), is_list=True, members=members, problems=tuple(troubles)
    )

    ready = bool(states) and set(states) == GOOD and not troubles
    blocked = RecipientState.BLOCKED in states or Problem.LIST in troubles or not (states or troubles)
    assert (found.state is RecipientState.READY) == ready
    assert (found.state is RecipientState.BLOCKED) == blocked
    assert len(found.choices) == (len(states) if ready else 0)


def test_what_is_encrypted_with_is_the_choice_or_that_of_every_member() -> None:
    ready, blocked = answer(RecipientState.READY), answer(RecipientState.BLOCKED)
    inner = Resolution(address=parse_address("team@corp.example"), is_list=True, members=(ready, ready))

    assert ready.choices == (ready.chosen,)
    assert blocked.choices == ()
    assert len(Resolution(address=inner.address, is_list=True, members=(ready, inner)).choices) == 3


@pytest.mark.parametrize(
    ("report", "badge"),
    [
        (SignatureReport(verdict=Verdict.PASSED, matches_from=True), "Trusted"),
        (SignatureReport(verdict=Verdict.PASSED, matches_from=False), "Not Trusted"),
        (SignatureReport(verdict=Verdict.INDETERMINATE, matches_from=True), "Not Trusted"),
        (SignatureReport(verdict=Verdict.FAILED, matches_from=True), "Not Trusted"),
    ],
)
def test_the_blue_check_needs_a_passed_verdict_and_the_sender_in_the_certificate(
    report: SignatureReport, badge: str
) -> None:
    assert report.badge == badge
    assert report.trusted == (badge == "Trusted")


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        (Problem.EXPIRED, "the certificate expired on 3 May 2025"),
        (Problem.NOT_YET_VALID, "the certificate is not valid before 3 May 2024"),
        (Problem.UNTRUSTED, "issuer “Corp CA” is unknown here"),
        (Problem.NAME_MISMATCH, "the certificate is for bob@corp.example"),
        (Problem.WEAK_KEY, "the key is too weak (RSA 3072)"),
    ],
)
def test_a_reason_names_what_the_certificate_says(problem: Problem, sentence: str) -> None:
    assert explain(problem, certificate_value()) == sentence


@pytest.mark.parametrize("problem", Problem)
def test_every_problem_has_a_sentence_with_and_without_a_certificate(problem: Problem) -> None:
    for sentence in (
        explain(problem),
        explain(problem, certificate_value()),
        explain(problem, certificate_value(addresses=(), issuer_common_name="")),
    ):
        assert sentence
        assert not sentence.endswith(".")


def test_dates_in_reasons_have_no_leading_zero() -> None:
    certificate = certificate_value(not_after=datetime(2025, 12, 31, tzinfo=UTC))

    assert explain(Problem.EXPIRED, certificate) == "the certificate expired on 31 Dec 2025"


def test_of_many_addresses_a_sentence_names_some() -> None:
    many = certificate_value(addresses=tuple(f"a{number}@x.example" for number in range(2_000)))
    assert explain(Problem.NAME_MISMATCH, many) == (
        "the certificate is for a0@x.example, a1@x.example, a2@x.example, a3@x.example, a4@x.example and 1,995 more"
    )
    five = certificate_value(addresses=many.addresses[:5])
    assert explain(Problem.NAME_MISMATCH, five).endswith("a3@x.example, a4@x.example")
