"""Meetings and invitations as they were known at the end of a day long past: nothing learned later may show.

States and days are taken back along the audit trail, and by the moments of recording and verifying where it says
nothing; who came to a meeting that was recorded twice, by the facts that the trail keeps. Sites, institutes and units
are taken as they are on file now; rules are those that hold now, because a change of rule recounts history.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.clock import SHANGHAI
from matchmaker.db.models import Audit, AuditLink, Meeting
from matchmaker.domain.invited import Invited
from matchmaker.domain.rules import MeetingFacts
from matchmaker.domain.vocabulary import Attendance, InvitationStatus, MeetingStatus, Noun
from matchmaker.queries.counts import meeting_facts
from matchmaker.queries.invited import Letters, invited, letters

Trail = Mapping[int, Sequence[tuple[datetime, Mapping[str, Any]]]]
"""Record → (moment, what differed before it), the newest first."""
Party = tuple[str, int]  # firm or expert, and its number
Attendances = Mapping[int, Sequence[tuple[datetime, Mapping[Party, Attendance | None]]]]
"""Meeting → (moment, who came as was recorded then), the oldest first; of meetings that were recorded again."""
HELD = frozenset({MeetingStatus.HELD, MeetingStatus.VERIFIED})
RECORD = "record"  # the step's name in the trail


@dataclass(frozen=True)
class Past:
    """Everything that was ever planned or sent, and how it changed."""

    meetings: list[MeetingFacts]
    made: Mapping[int, tuple[datetime, datetime | None, datetime | None]]  # planned, recorded, verified
    meeting_trail: Trail
    letters: Letters
    invitation_trail: Trail
    recorded_again: "Attendances"

    def meetings_on(self, day: date) -> list[MeetingFacts]:
        """Meetings as they stood when `day` ended, those planned later left out."""
        moment = end_of(day)
        return [self._meeting(facts, moment) for facts in self.meetings if self.made[facts.id][0] < moment]

    def _meeting(self, facts: MeetingFacts, moment: datetime) -> MeetingFacts:
        now = {"status": facts.status, "day": facts.day.isoformat()}
        known = _taken_back(now, self.meeting_trail, facts.id, moment)
        status = self._status(MeetingStatus(known["status"]), facts.id, moment)
        excluded = tuple(one for one in facts.excluded if end_of(one.on) <= moment)
        then = replace(facts, status=status, day=date.fromisoformat(known["day"]), excluded=excluded)
        return self._who_came(then, moment) if status in HELD else _nobody_came_yet(then)

    def _who_came(self, facts: MeetingFacts, moment: datetime) -> MeetingFacts:
        """As recorded last before `moment`; most meetings are recorded once."""
        told = [one for at, one in self.recorded_again.get(facts.id, ()) if at < moment]
        known = {party: attendance for each in told for party, attendance in each.items()}
        if not known:
            return facts
        firms = tuple(replace(one, attendance=known.get(("firm", one.id), one.attendance)) for one in facts.firms)
        experts = tuple(replace(one, attendance=known.get(("expert", one.id), one.attendance)) for one in facts.experts)
        return replace(facts, firms=firms, experts=experts)

    def _status(self, status: MeetingStatus, meeting_id: int, moment: datetime) -> MeetingStatus:
        """Where the trail is silent, as for rows brought in, the moments in the row speak."""
        if any(before.get("status") for _at, before in self.meeting_trail.get(meeting_id, ())):
            return status
        _, recorded, verified = self.made[meeting_id]
        if status is MeetingStatus.VERIFIED and verified is not None and verified >= moment:
            status = MeetingStatus.HELD
        if status is MeetingStatus.HELD and recorded is not None and recorded >= moment:
            return MeetingStatus.PLANNED
        return status

    def invitations_on(self, day: date, meetings: Sequence[MeetingFacts], counted: frozenset[int]) -> list[Invited]:
        """Invitations as they stood when `day` ended; `meetings` and those `counted` as known that day."""
        moment, states = end_of(day), {facts.id: facts.status for facts in meetings}
        found = []
        for row in self.letters.rows:
            if row.created_at < moment:
                now = {"status": row.status}
                status = InvitationStatus(_taken_back(now, self.invitation_trail, row.id, moment)["status"])
                found.append(invited(self.letters, row, status, counted=counted, visits=states))
        return found


def past(session: Session, first: date, last: date) -> Past:
    """What there is to know of the meetings from `first` to `last` and of all invitations."""
    stamps = select(Meeting.id, Meeting.created_at, Meeting.recorded_at, Meeting.verified_at)
    return Past(
        meetings=meeting_facts(session, Meeting.day.between(first, last)),
        made={number: (made, recorded, verified) for number, made, recorded, verified in session.execute(stamps)},
        meeting_trail=_trail(session, Noun.MEETING),
        letters=letters(session),
        invitation_trail=_trail(session, Noun.INVITATION),
        recorded_again=_recorded_again(session),
    )


def end_of(day: date) -> datetime:
    """The first moment after `day` in China."""
    return datetime.combine(day + timedelta(days=1), time.min, SHANGHAI)


def _trail(session: Session, noun: Noun) -> Trail:
    found: dict[int, list[tuple[datetime, Mapping[str, Any]]]] = defaultdict(list)
    rows = select(Audit.record_id, Audit.at, Audit.before).where(Audit.noun == noun).order_by(Audit.id.desc())
    for record_id, at, before in session.execute(rows):
        if before.get("status") or before.get("day"):
            found[record_id].append((at, before))
    return found


def _recorded_again(session: Session) -> Attendances:
    of_meetings = Audit.noun == Noun.MEETING
    records = select(Audit.record_id).where(of_meetings, Audit.action == RECORD)
    again = records.group_by(Audit.record_id).having(func.count() > 1)
    told = select(Audit.record_id, Audit.at, AuditLink.facts).join(Audit, Audit.id == AuditLink.audit_id)
    told = told.where(of_meetings, Audit.record_id.in_(again), AuditLink.facts.is_not(None))
    found: dict[int, list[tuple[datetime, Mapping[Party, Attendance | None]]]] = defaultdict(list)
    for meeting_id, at, facts in session.execute(told.order_by(AuditLink.number)):
        found[meeting_id].append((at, dict(_attendances(facts))))
    return found


def _attendances(
    facts: Mapping[str, Mapping[str, Mapping[str, Any] | None]],
) -> Iterator[tuple[Party, Attendance | None]]:
    for party in ("firm", "expert"):
        for row in facts.get(f"meeting_{party}", {}).values():
            if row is not None:
                came = row["attendance"]
                yield (party, row[f"{party}_id"]), Attendance(came) if came else None


def _taken_back(now: dict[str, Any], trail: Trail, record_id: int, moment: datetime) -> dict[str, Any]:
    """The fields of `now` as they were before `moment`."""
    for at, before in trail.get(record_id, ()):
        if at >= moment:
            now |= {name: before[name] for name in now if before.get(name) is not None}
    return now


def _nobody_came_yet(facts: MeetingFacts) -> MeetingFacts:
    """Who came is not known before it was recorded."""
    return replace(
        facts,
        firms=tuple(replace(one, attendance=None) for one in facts.firms),
        experts=tuple(replace(one, attendance=None) for one in facts.experts),
    )
