"""What beside the texts decides whether a pair is suggested: how much was taken on, declined, confirmed."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import Select, func, select, true
from sqlalchemy.orm import Session

from matchmaker.clock import shanghai_date
from matchmaker.config import Settings
from matchmaker.db.models import Answer, Expert, Invitation, Label, Meeting, MeetingExpert, MeetingNeed, Need
from matchmaker.domain.freshness import freshness
from matchmaker.domain.pairing import COOL_DOWN_DAYS
from matchmaker.domain.vocabulary import (
    Decision,
    DeclineReason,
    InvitationStatus,
    LabelKind,
    MeetingStatus,
    OwnerKind,
    Side,
)
from matchmaker.i18n import lazy_gettext
from matchmaker.matching import Index, same_ground
from matchmaker.queries import texts
from matchmaker.queries.confirmations import confirmed_on, last_offered
from matchmaker.queries.owners import Owner
from matchmaker.text import AnalysedText

FOR_GOOD = 36_500


@dataclass(frozen=True)
class Declined:
    """A pair that one side declined: when, why, and for how many days it rests."""

    need_id: int
    day: date
    reason: DeclineReason

    @property
    def rests_for(self) -> int:
        """Days in which the same need and owner are not suggested again."""
        days = COOL_DOWN_DAYS[self.reason]
        return FOR_GOOD if days is None else days

    @property
    def rests_until(self) -> date | None:
        """The last day of that rest; None if it has no end."""
        days = COOL_DOWN_DAYS[self.reason]
        return None if days is None else self.day + timedelta(days=days)


def declined_by(invitation: Invitation) -> Declined | None:
    """What the answer that closed an invitation leads to; None while nobody has declined it."""
    if invitation.status is not InvitationStatus.DECLINED:
        return None
    said = next((each for each in invitation.answers if each.decision is Decision.DECLINE), None)
    if said is None:
        return None
    return Declined(invitation.need_id, shanghai_date(said.given_at), said.reason or DeclineReason.OTHER)


@dataclass(frozen=True)
class Refused:
    """A need that an owner has called not their field."""

    need_id: int
    title: str
    text: AnalysedText


@dataclass(frozen=True)
class Circumstances:
    """As of `today`: meetings taken on this year by expert id, and what was declined by firm id and owner key.

    `refused` are the needs that owners have called not their field, by owner key, until they take it back.
    `answer_days` is how long an invitation usually waits; `offered` the day an organisation last confirmed an offer.
    """

    today: date
    stale_after: int
    used: dict[int, int]
    declines: dict[tuple[int, str], list[Declined]]
    refused: dict[str, list[Refused]] = field(default_factory=dict)
    answer_days: int = 7
    offered: dict[int, date] = field(default_factory=dict)

    def declined(self, need: Need, owner_key: str) -> Declined | None:
        """The last time this pair was declined."""
        found = [each for each in self.declines.get((need.firm_id, owner_key), []) if each.need_id == need.id]
        return max(found, key=lambda each: each.day, default=None)

    def conflict(self, need: Need, owner_key: str) -> str:
        """Says so if the two sides ever stated a conflict of interest, about whatever need."""
        found = self.declines.get((need.firm_id, owner_key), [])
        stated = next((each for each in found if each.reason is DeclineReason.CONFLICT), None)
        if stated is None:
            return ""
        return lazy_gettext("%(day)s 答复时声明", day=stated.day.isoformat())

    def unconfirmed_for(self, owner: Owner) -> int | None:
        """Days since the profile was last confirmed or, never confirmed, was taken in; None where nobody confirms.

        An organisation has no profile to confirm: what it last confirmed of its offers counts.
        """
        person = owner.person
        day = confirmed_on(person) if person else self.offered.get(owner.organisation.id)
        return None if day is None else (self.today - day).days

    def not_my_field(self, index: Index, need: Need, owner_key: str) -> str:
        """Title of the need that the owner has called not their field and on whose ground this one stands, or ""."""
        said = self.refused.get(owner_key, [])
        same = next((each for each in said if each.need_id == need.id), None)
        if same is not None or not said:
            return same.title if same else ""
        place = same_ground(index, texts.analysed(need.terms), [each.text for each in said], owner_key)
        return said[place].title if place is not None else ""

    def away_until(self, owner: Owner) -> date | None:
        """The last day of an absence that leaves the person no day to answer in; None for anybody else."""
        person = owner.person
        if person is None or person.away_from is None or person.away_until is None:
            return None
        lasting = person.away_from <= self.today and person.away_until >= self.today + timedelta(days=self.answer_days)
        return person.away_until if lasting else None


def circumstances(session: Session, *, settings: Settings, today: date) -> Circumstances:
    """Read once, used for any number of needs."""
    refused = _refused(session)
    return Circumstances(
        today=today,
        stale_after=freshness(settings.stale_months, settings.frozen_months).stale_after,
        used=used(session, today.year),
        declines=_declines(session, refused),
        refused=refused,
        answer_days=settings.invitation_answer_days,
        offered=last_offered(session),
    )


def used(session: Session, year: int, expert_ids: Collection[int] | None = None) -> dict[int, int]:
    """Expert → what they have taken on in a year: meetings not cancelled, and agreements without a meeting yet."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    of_meetings = true() if expert_ids is None else MeetingExpert.expert_id.in_(expert_ids)
    of_invitations = Invitation.expert_id.is_not(None) if expert_ids is None else Invitation.expert_id.in_(expert_ids)
    meetings = (
        select(MeetingExpert.expert_id, func.count(Meeting.id))
        .join(Meeting, Meeting.id == MeetingExpert.meeting_id)
        .where(Meeting.day.between(first, last), Meeting.status != MeetingStatus.CANCELLED, of_meetings)
        .group_by(MeetingExpert.expert_id)
    )
    met = select(MeetingExpert.expert_id, MeetingNeed.need_id).distinct()
    met = met.join(MeetingNeed, MeetingNeed.meeting_id == MeetingExpert.meeting_id).where(of_meetings)
    agreed = select(Invitation.expert_id, Invitation.need_id).where(
        Invitation.status == InvitationStatus.ACCEPTED, Invitation.answer_by.between(first, last), of_invitations
    )
    found: Counter[int] = Counter(dict(session.execute(meetings).all()))
    planned = set(session.execute(met))
    found.update(pair[0] for pair in session.execute(agreed) if pair not in planned and pair[0] is not None)
    return dict(found)


def left(person: Expert, taken: Mapping[int, int]) -> int | None:
    """How many more meetings of what `used` gives the person takes this year; None without limit."""
    return None if person.capacity is None else max(0, person.capacity - taken.get(person.id, 0))


def _refused(session: Session) -> dict[str, list[Refused]]:
    mine = (Label.reason == DeclineReason.NOT_MY_FIELD, Label.side == Side.EXPERT)
    rows = session.execute(select(Label.owner_key, Need.id, Need.title, Need.terms).join(Need).where(*mine))
    found: dict[str, list[Refused]] = defaultdict(list)
    for key, need_id, title, terms in rows:
        found[key].append(Refused(need_id, title, texts.analysed(terms)))
    return dict(found)


def _declines(session: Session, refused: Mapping[str, list[Refused]]) -> dict[tuple[int, str], list[Declined]]:
    statement = (
        select(
            Need.firm_id,
            Invitation.expert_id,
            Invitation.group_id,
            Invitation.need_id,
            Answer.given_at,
            Answer.reason,
            Answer.side,
        )
        .join(Invitation, Invitation.need_id == Need.id)
        .join(Answer, Answer.invitation_id == Invitation.id)
        .where(Answer.decision == Decision.DECLINE, Invitation.status == InvitationStatus.DECLINED)
    )
    found: dict[tuple[int, str], list[Declined]] = defaultdict(list)
    for firm_id, expert_id, group_id, need_id, given_at, reason, side in session.execute(statement):
        key = OwnerKind.key_of(expert_id, group_id)
        own_field = reason is DeclineReason.NOT_MY_FIELD and side is Side.EXPERT
        if own_field and need_id not in {each.need_id for each in refused.get(key, [])}:
            continue  # taken back since
        found[firm_id, key].append(Declined(need_id, shanghai_date(given_at), reason or DeclineReason.OTHER))
    for firm_id, key, need_id, made_at, reason in session.execute(_dismissed()):
        found[firm_id, key].append(Declined(need_id, shanghai_date(made_at), reason or DeclineReason.OTHER))
    return dict(found)


def _dismissed() -> Select[int, str, int, datetime, DeclineReason | None]:
    """What experts said of needs that were suggested to them, without an invitation: it counts like an answer."""
    said = (Label.kind == LabelKind.DECLINED, Label.side == Side.EXPERT, Label.reason.is_not(None))
    columns = select(Need.firm_id, Label.owner_key, Label.need_id, Label.made_at, Label.reason)
    return columns.join(Need, Need.id == Label.need_id).where(*said)
