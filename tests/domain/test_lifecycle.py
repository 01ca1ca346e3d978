"""The tables of moves: complete, consistent, and exactly those that DESIGN §4 draws."""

import pytest

from matchmaker.domain.lifecycle import STEPS, Requirement, find_step, steps_from
from matchmaker.domain.permissions import SYSTEM, Actor, Facts, Permission, can
from matchmaker.domain.vocabulary import (
    AppealStatus,
    CapabilityStatus,
    ClinicStatus,
    EvaluationStatus,
    FollowUpStatus,
    InvitationStatus,
    MeetingStatus,
    NeedStatus,
    Noun,
    RegistrationStatus,
    Role,
    ServiceLogStatus,
    SpecialistStatus,
    TaskStatus,
    TeamStatus,
)

STATUSES = {
    Noun.NEED: NeedStatus,
    Noun.CAPABILITY: CapabilityStatus,
    Noun.INVITATION: InvitationStatus,
    Noun.MEETING: MeetingStatus,
    Noun.TEAM: TeamStatus,
    Noun.REGISTRATION: RegistrationStatus,
    Noun.TASK: TaskStatus,
    Noun.FOLLOW_UP: FollowUpStatus,
    Noun.SERVICE_LOG: ServiceLogStatus,
    Noun.EVALUATION: EvaluationStatus,
    Noun.APPEAL: AppealStatus,
    Noun.SPECIALIST: SpecialistStatus,
    Noun.CLINIC: ClinicStatus,
}

# Written by hand, once: what may happen to a need, and who of the cast may do it.
OWNER, UNIT, CITY = "firm", "county", "city"
NEED_MOVES = {
    ("draft", "submit", "county_review"): {OWNER, CITY},
    ("returned", "submit", "county_review"): {OWNER, CITY},
    ("county_review", "recall", "draft"): {OWNER, CITY},
    ("county_review", "county_pass", "city_review"): {UNIT, CITY},
    ("county_review", "return", "returned"): {UNIT, CITY},
    ("county_review", "decline", "declined"): {UNIT, CITY},
    ("city_review", "publish", "published"): {CITY},
    ("city_review", "return", "returned"): {CITY},
    ("city_review", "decline", "declined"): {CITY},
    ("declined", "reconsider", "city_review"): {CITY},
    ("published", "unpublish", "city_review"): {CITY},
    ("published", "solve", "solved"): {OWNER, CITY},
    ("published", "close", "closed"): {OWNER, CITY},
    ("solved", "reopen", "published"): {CITY},
    ("closed", "reopen", "published"): {CITY},
}
MEMBER = "expert"
TEAM_MOVES = {
    ("forming", "draft", "task_book_draft"): {CITY},
    ("task_book_draft", "redo", "forming"): {CITY},
    ("task_book_draft", "sign", "signed"): {CITY},
    ("signed", "unsign", "task_book_draft"): {CITY},
    ("signed", "serve", "serving"): {CITY},
    ("serving", "recall", "signed"): {CITY},
    ("forming", "end", "ended"): {CITY},
    ("task_book_draft", "end", "ended"): {CITY},
    ("signed", "end", "ended"): {CITY},
    ("serving", "end", "ended"): {CITY},
    ("ended", "reform", "forming"): {CITY},
    ("ended", "resume", "serving"): {CITY},
}
SERVICE_LOG_MOVES = {
    ("draft", "submit", "unit_review"): {MEMBER, UNIT, CITY},
    ("returned", "submit", "unit_review"): {MEMBER, UNIT, CITY},
    ("unit_review", "recall", "draft"): {MEMBER, UNIT, CITY},
    ("draft", "drop", "dropped"): {MEMBER, UNIT, CITY},
    ("returned", "drop", "dropped"): {MEMBER, UNIT, CITY},
    ("dropped", "restore", "draft"): {MEMBER, UNIT, CITY},
    ("unit_review", "unit_pass", "city_review"): {UNIT, CITY},
    ("unit_review", "return", "returned"): {UNIT, CITY},
    ("city_review", "approve", "approved"): {CITY},
    ("city_review", "return", "returned"): {CITY},
    ("approved", "unapprove", "city_review"): {CITY},
    ("approved", "rate", "rated"): {OWNER, UNIT, CITY},
    ("rated", "unrate", "approved"): {CITY},
}
CLINIC_MOVES = {
    ("planned", "hold", "held"): {UNIT, CITY},
    ("held", "reopen", "planned"): {UNIT, CITY},
    ("planned", "cancel", "cancelled"): {UNIT, CITY},
    ("cancelled", "restore", "planned"): {UNIT, CITY},
}
SPECIALIST_MOVES = {("active", "end", "ended"): {CITY}, ("ended", "resume", "active"): {CITY}}
EVALUATION_MOVES = {
    ("draft", "submit", "submitted"): {MEMBER, CITY},
    ("returned", "submit", "submitted"): {MEMBER, CITY},
    ("submitted", "recall", "draft"): {MEMBER, CITY},
    ("submitted", "unit_pass", "unit_reviewed"): {UNIT, CITY},
    ("submitted", "return", "returned"): {UNIT, CITY},
    ("unit_reviewed", "return", "returned"): {CITY},
    ("unit_reviewed", "score", "scored"): {CITY},
    ("scored", "rescore", "unit_reviewed"): {CITY},
    ("scored", "publish", "published"): {CITY},
    ("published", "unpublish", "scored"): {CITY},
    ("draft", "excuse", "excused"): {CITY},
    ("returned", "excuse", "excused"): {CITY},
    ("excused", "include", "draft"): {CITY},
}
APPEAL_MOVES = {
    ("open", "uphold", "upheld"): {CITY},
    ("open", "reject", "rejected"): {CITY},
    ("open", "withdraw", "withdrawn"): {MEMBER},
    ("rejected", "reconsider", "open"): {CITY},
    ("upheld", "reconsider", "open"): {CITY},
    ("withdrawn", "renew", "open"): {MEMBER},
}
FIRM, UNIT_ID = 7, 3
CAST = {
    "firm": Actor(Role.FIRM, "甲", 1, organisation_id=FIRM),
    "other firm": Actor(Role.FIRM, "丙", 2, organisation_id=8),
    "expert": Actor(Role.EXPERT, "专家", 3, expert_id=5),
    "institute": Actor(Role.INSTITUTE, "院所", 4, organisation_id=9),
    "county": Actor(Role.COUNTY, "县", 5, unit_id=UNIT_ID),
    "other county": Actor(Role.COUNTY, "邻县", 6, unit_id=4),
    "city": Actor(Role.CITY, "专员", 7),
    "leader": Actor(Role.LEADER, "领导", 8),
    "admin": Actor(Role.ADMIN, "管理员", 9),
}


@pytest.mark.parametrize(
    ("noun", "moves"),
    [
        (Noun.NEED, NEED_MOVES),
        (Noun.TEAM, TEAM_MOVES),
        (Noun.SERVICE_LOG, SERVICE_LOG_MOVES),
        (Noun.EVALUATION, EVALUATION_MOVES),
        (Noun.APPEAL, APPEAL_MOVES),
        (Noun.SPECIALIST, SPECIALIST_MOVES),
        (Noun.CLINIC, CLINIC_MOVES),
    ],
)
def test_every_move_is_the_one_written_down(noun: Noun, moves: dict[tuple[str, str, str], set[str]]) -> None:
    """State × action × role: every role of the cast that is not named must not."""
    people = frozenset() if noun is Noun.NEED else frozenset({5})
    facts = Facts(firm_ids=frozenset({FIRM}), unit_ids=frozenset({UNIT_ID}), expert_ids=people)
    found = {
        (step.source.value, step.action, step.target.value): {
            name for name, actor in CAST.items() if can(actor, step.permission, facts)
        }
        for step in STEPS[noun]
    }
    assert found == moves


@pytest.mark.parametrize("noun", list(STEPS))
def test_no_state_is_unreachable_or_a_trap(noun: Noun) -> None:
    steps, statuses = STEPS[noun], STATUSES[noun]
    start = next(iter(statuses))
    reached = {start}
    for _ in statuses:
        reached |= {step.target for step in steps if step.source in reached}
    assert set(statuses) == reached
    assert {status for status in reached if not steps_from(noun, status)} == set()


@pytest.mark.parametrize("noun", list(STEPS))
def test_an_action_leads_to_one_place_from_each_state(noun: Noun) -> None:
    pairs = [(step.source, step.action) for step in STEPS[noun]]
    assert len(pairs) == len(set(pairs))


def test_going_back_always_asks_for_a_reason() -> None:
    silent = {
        (s.action, s.source.value)
        for steps in STEPS.values()
        for s in steps
        if s.reversal and Requirement.REASON not in s.needs
    }
    own = {
        ("recall", "county_review"),
        ("recall", "unit_review"),
        ("recall", "submitted"),
        ("relist", "withdrawn"),
    }  # before anybody acted on it
    assert silent == own | {("take_back", "accepted"), ("take_back", "declined")}


def test_verifying_asks_for_another_person() -> None:
    verify = find_step(Noun.MEETING, "held", "verify")
    assert verify is not None
    assert verify.needs == {Requirement.OTHER_PERSON}


def test_unknown_moves_are_none() -> None:
    assert find_step(Noun.NEED, "published", "submit") is None


def test_nobody_but_the_system_may_settle_an_invitation() -> None:
    everything = Facts(frozenset({UNIT_ID}), frozenset({5}), frozenset({FIRM}), frozenset({9}), public=True)
    assert [name for name, actor in CAST.items() if can(actor, Permission.SYSTEM_ONLY, everything)] == []
    assert can(SYSTEM, Permission.SYSTEM_ONLY)


def test_default_is_deny() -> None:
    strangers = Facts()
    allowed = {
        name: {p.value for p in Permission if can(actor, p, strangers)}
        for name, actor in CAST.items()
        if name not in {"city", "leader", "admin"}
    }
    assert allowed == {
        "firm": {"need:create", "subsidy:view"},
        "other firm": {"need:create", "subsidy:view"},
        "expert": set(),
        "institute": set(),
        "county": {"need:create", "board:view", "subsidy:view", "subsidy_drafts:view"},
        "other county": {"need:create", "board:view", "subsidy:view", "subsidy_drafts:view"},
    }


def test_the_leader_changes_nothing() -> None:
    everything = Facts(frozenset({UNIT_ID}), frozenset({5}), frozenset({FIRM}), frozenset({9}), public=True)
    assert {p.value for p in Permission if can(CAST["leader"], p, everything)} == {
        p.value for p in Permission if p.value.endswith(":view")
    }
