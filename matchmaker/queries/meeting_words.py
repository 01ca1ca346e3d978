"""What firms and institutes say of the record of a meeting they were at: who is asked, and what they have said."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import object_session

from matchmaker.db.models import Expert, GroupMember, Meeting, MeetingConfirmation, Organisation
from matchmaker.domain.check_ins import HERE
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import MeetingStatus, RecordAnswer, Role, Side
from matchmaker.i18n import gettext as _

FILTER = "said"
DIFFERS = RecordAnswer.DIFFERS.value
RECORDED = frozenset({MeetingStatus.HELD, MeetingStatus.VERIFIED})


@dataclass(frozen=True)
class Party:
    """Who is asked whether the record is true: an organisation, and its experts who were there and may speak for it."""

    side: Side
    organisation: Organisation
    experts: tuple[Expert, ...] = ()


@dataclass(frozen=True)
class Standing:
    """A party with its word; `outdated` when that was about an earlier record."""

    party: Party
    said: MeetingConfirmation | None = None
    outdated: bool = False

    @property
    def open_difference(self) -> bool:
        """Whether the party says that the record is wrong, and no officer has dealt with it."""
        said = self.said
        return said is not None and not self.outdated and said.answer is RecordAnswer.DIFFERS and not said.settled_at


def parties(meeting: Meeting) -> list[Party]:
    """Every firm that was there, and the host institute; where nobody is host, the institutes of the experts.

    For the host only its own people speak: of its staff, or of the group of it that the meeting names.
    """
    firms = [Party(Side.FIRM, row.firm) for row in meeting.firms if row.attendance in HERE]
    people = [row.expert for row in meeting.experts if row.attendance in HERE]
    if meeting.host is not None:
        own = tuple(one for one in people if one.institute_id == meeting.host_id or one.id in _of_group(meeting))
        return [*firms, Party(Side.EXPERT, meeting.host, own)]
    institutes = {person.institute_id: person.institute for person in people}
    return firms + [
        Party(Side.EXPERT, institute, tuple(one for one in people if one.institute_id == number))
        for number, institute in institutes.items()
    ]


def _of_group(meeting: Meeting) -> set[int]:
    session = object_session(meeting)
    if meeting.group_id is None or session is None:
        return set()
    return set(session.scalars(select(GroupMember.expert_id).where(GroupMember.group_id == meeting.group_id)))


def party_of(meeting: Meeting, organisation_id: int) -> Party | None:
    """The party that an organisation is, if it was there."""
    return next((party for party in parties(meeting) if party.organisation.id == organisation_id), None)


def spoken_for(actor: Actor, meeting: Meeting) -> Party | None:
    """The party that the actor may speak for as one of its own: a firm, an institute, an expert who was there."""
    for party in parties(meeting):
        own = actor.role in {Role.FIRM, Role.INSTITUTE} and party.organisation.id == actor.organisation_id
        if own or (actor.role is Role.EXPERT and actor.expert_id in {one.id for one in party.experts}):
            return party
    return None


def standings(meeting: Meeting) -> list[Standing]:
    """Every party of a recorded meeting with what it has said."""
    if meeting.status not in RECORDED:
        return []
    said = {row.organisation_id: row for row in meeting.confirmations}
    return [_standing(meeting, party, said.get(party.organisation.id)) for party in parties(meeting)]


def _standing(meeting: Meeting, party: Party, said: MeetingConfirmation | None) -> Standing:
    outdated = said is not None and meeting.recorded_at is not None and said.given_at < meeting.recorded_at
    return Standing(party, said, outdated)


def open_difference() -> ColumnElement[bool]:
    """The list form of `Standing.open_difference`; a join of confirmation and meeting is the caller's."""
    about_this = or_(Meeting.recorded_at.is_(None), MeetingConfirmation.given_at >= Meeting.recorded_at)
    says_so = and_(MeetingConfirmation.answer == RecordAnswer.DIFFERS, MeetingConfirmation.settled_at.is_(None))
    return and_(Meeting.status.in_(RECORDED), says_so, about_this)


def chosen(value: str | None) -> Iterator[ColumnElement[bool]]:
    """The clause for a filter's value: meetings of whose record some party says that it is wrong."""
    if value == DIFFERS:
        yield exists().where(MeetingConfirmation.meeting_id == Meeting.id, open_difference())


def options() -> list[tuple[str, str]]:
    """What a list may be narrowed to: value and label."""
    return [(DIFFERS, _("有出入，待处理"))]
