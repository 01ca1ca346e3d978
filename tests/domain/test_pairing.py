"""Whose turn it is, and what a proposal or an answer may not say."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import pytest

from matchmaker.domain.pairing import COOL_DOWN_DAYS, Proposal, Reply, waiting_sides
from matchmaker.domain.vocabulary import Decision, DeclineReason, MeetingKind, Side

TODAY = date(2026, 6, 15)
TOMORROW = TODAY + timedelta(days=1)
START = datetime(2026, 6, 15, 2, tzinfo=UTC)
A, B = Side.FIRM, Side.EXPERT
ACCEPT, DECLINE, ANOTHER = Decision


@dataclass(frozen=True)
class Said:
    side: Side
    decision: Decision
    given_at: datetime


def said(*answers: tuple[Side, Decision]) -> list[Said]:
    return [Said(side, decision, START + timedelta(minutes=at)) for at, (side, decision) in enumerate(answers)]


@pytest.mark.parametrize(
    ("answers", "waits"),
    [
        ([], {A, B}),
        ([(A, ACCEPT)], {B}),
        ([(A, ACCEPT), (B, ACCEPT)], set()),
        ([(A, ACCEPT), (B, DECLINE)], {B}),
        ([(B, ANOTHER), (A, ACCEPT)], set()),
        ([(A, DECLINE), (B, DECLINE)], {A, B}),
    ],
)
def test_who_has_yet_to_agree(answers: list[tuple[Side, Decision]], waits: set[Side]) -> None:
    assert waiting_sides(said(*answers), START) == waits


def test_a_consent_to_another_day_does_not_hold() -> None:
    answers = said((A, ACCEPT), (B, ANOTHER))
    assert waiting_sides(answers, answers[1].given_at) == {A}
    assert waiting_sides(answers[:1], answers[1].given_at) == {A, B}


def test_every_reason_has_a_cool_down() -> None:
    assert set(COOL_DOWN_DAYS) == set(DeclineReason)


@pytest.mark.parametrize(
    ("proposal", "field"),
    [
        (Proposal(MeetingKind.INBOUND, TODAY), "day"),
        (Proposal(MeetingKind.INBOUND, at=time(9)), "day"),
        (Proposal(MeetingKind.INBOUND, message="字" * 501), "message"),
        (Proposal(MeetingKind.INBOUND, answer_by=TODAY - timedelta(days=1)), "answer_by"),
        (Proposal(MeetingKind.INBOUND, answer_by=TODAY + timedelta(days=61)), "answer_by"),
        (Proposal(MeetingKind.INBOUND, TOMORROW, answer_by=TOMORROW + timedelta(days=1)), "answer_by"),
    ],
)
def test_a_proposal_names_the_field_that_is_wrong(proposal: Proposal, field: str) -> None:
    assert list(proposal.problems(TODAY)) == [field]


def test_a_sound_proposal_has_no_problem() -> None:
    assert Proposal(MeetingKind.INBOUND, TOMORROW, time(9), "您好", TOMORROW).problems(TODAY) == {}


@pytest.mark.parametrize(
    ("reply", "on_behalf", "field"),
    [
        (Reply(DECLINE), False, "reason"),
        (Reply(DECLINE, DeclineReason.OTHER, note=" "), False, "note"),
        (Reply(DECLINE, DeclineReason.PASSED_ON), False, "reason"),
        (Reply(ANOTHER), False, "day"),
        (Reply(ANOTHER, day=TODAY), False, "day"),
        (Reply(ACCEPT, note="字" * 501), False, "note"),
        (Reply(ACCEPT, note="  "), True, "note"),
    ],
)
def test_an_answer_names_the_field_that_is_wrong(reply: Reply, on_behalf: bool, field: str) -> None:
    assert list(reply.problems(TODAY, on_behalf=on_behalf)) == [field]


def test_a_sound_answer_has_no_problem() -> None:
    assert Reply(ACCEPT).problems(TODAY) == {}
    assert Reply(DECLINE, DeclineReason.NO_TIME).problems(TODAY) == {}
    assert Reply(DECLINE, DeclineReason.OTHER, note="正在搬迁").problems(TODAY) == {}
    assert Reply(ANOTHER, day=TOMORROW, note="电话").problems(TODAY, on_behalf=True) == {}
