"""What invitations still promise to a year: how many wait, and how often such as they led to a visit that counted."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from matchmaker.domain.forecast import Coming, Rate, Stage
from matchmaker.domain.vocabulary import InvitationStatus, MeetingKind

SETTLED = timedelta(days=90)  # after it was sent: what was to come of an invitation has come


@dataclass(frozen=True)
class Invited:
    """An invitation as known on a day; `arranged`: a meeting came of it; `counted`: one that counts."""

    kind: MeetingKind
    status: InvitationStatus
    unit_id: int | None
    sent_on: date
    answer_by: date
    proposed_on: date | None
    arranged: bool
    counted: bool


Rates = Mapping[tuple[MeetingKind, Stage], Rate]


def rates(invited: Iterable[Invited], day: date) -> Rates:
    """By kind: how often both sides' consent (AGREED), and an invitation at all (INVITED), led to what counts.

    Only those sent so long before `day` that what was to come of them has come.
    """
    sent: Counter[tuple[MeetingKind, Stage]] = Counter()
    counted: Counter[tuple[MeetingKind, Stage]] = Counter()
    for one in invited:
        if one.sent_on + SETTLED > day:
            continue
        for stage in (Stage.INVITED, *([Stage.AGREED] if one.status is InvitationStatus.ACCEPTED else [])):
            sent[one.kind, stage] += 1
            counted[one.kind, stage] += one.counted
    return {key: Rate(counted[key], number) for key, number in sent.items()}


def stage_of(one: Invited, day: date, year: int) -> Stage | None:
    """Where an invitation stands on its way to a visit of `year`; None where nothing is waited for any more.

    One whose time to answer has passed is not waited for, nor one that proposes a day of another year.
    """
    if one.proposed_on is not None and one.proposed_on.year > year:
        return None
    if one.status is InvitationStatus.ACCEPTED and not one.arranged:
        return Stage.AGREED
    return Stage.INVITED if one.status is InvitationStatus.OPEN and one.answer_by >= day else None


def coming(invited: Sequence[Invited], known: Rates, kind: MeetingKind, *, day: date, year: int) -> list[Coming]:
    """Those of a kind that are waited for on `day`, by stage, with the rates of the past."""
    stages = Counter(stage_of(one, day, year) for one in invited if one.kind is kind)
    return [Coming(stage, stages[stage], known.get((kind, stage), Rate())) for stage in (Stage.AGREED, Stage.INVITED)]
