"""The state of a meeting's evidence as a condition of lists; `queries.meetings.gaps_of` says it of one meeting."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_

from matchmaker.db.models import CheckIn, Evidence, Meeting, MeetingExpert, MeetingFirm, MinuteItem
from matchmaker.domain.check_ins import HERE
from matchmaker.domain.meetings import EvidenceGap
from matchmaker.domain.vocabulary import EvidenceKind, MeetingStatus
from matchmaker.i18n import gettext as _

FILTER = "evidence"
COMPLETE = "complete"
Clause = ColumnElement[bool]


def _filed(*kinds: EvidenceKind) -> Clause:
    """There is a file of one of these kinds, or of any, that has not been voided."""
    mine = [Evidence.meeting_id == Meeting.id, Evidence.voided_at.is_(None)]
    return exists().where(*mine, *([Evidence.kind.in_(kinds)] if kinds else []))


def _minuted() -> Clause:
    rows = exists().where(MinuteItem.meeting_id == Meeting.id, MinuteItem.dropped_at.is_(None))
    return or_(func.trim(Meeting.minutes) != "", rows)


def _signed_in() -> Clause:
    """As `domain.check_ins.signed_in`."""
    firm = (MeetingFirm.meeting_id == Meeting.id, MeetingFirm.attendance.in_(HERE))
    expert = (MeetingExpert.meeting_id == Meeting.id, MeetingExpert.attendance.in_(HERE))
    of_firm = (CheckIn.meeting_id == MeetingFirm.meeting_id, CheckIn.firm_id == MeetingFirm.firm_id)
    of_expert = (CheckIn.meeting_id == MeetingExpert.meeting_id, CheckIn.expert_id == MeetingExpert.expert_id)
    stands = CheckIn.voided_at.is_(None)
    return and_(
        exists().where(*firm),
        not_(exists().where(*firm, not_(exists().where(*of_firm, stands)))),
        exists().where(*expert, exists().where(*of_expert, stands)),
    )


def _told_by_history() -> Clause:
    return and_(Meeting.from_history, not_(_filed()))


def _lacking() -> dict[EvidenceGap, Clause]:
    papers = not_(_told_by_history())
    return {
        EvidenceGap.MINUTES: not_(or_(_minuted(), _filed(EvidenceKind.MINUTES))),
        EvidenceGap.SIGN_IN: and_(papers, not_(or_(_filed(EvidenceKind.SIGN_IN), _signed_in()))),
        EvidenceGap.PHOTO: and_(papers, not_(_filed(EvidenceKind.PHOTO))),
        EvidenceGap.HISTORY: _told_by_history(),
    }


def chosen(value: str | None) -> Iterator[Clause]:
    """The clause for a filter's value: `complete`, or the gap that recorded meetings are to have."""
    lacking = _lacking()
    recorded = Meeting.status.in_((MeetingStatus.HELD, MeetingStatus.VERIFIED))
    if value == COMPLETE:
        yield and_(recorded, *(not_(clause) for clause in lacking.values()))
    elif value in set(lacking):
        yield and_(recorded, lacking[EvidenceGap(value)])


def options() -> list[tuple[str, str]]:
    """What a list may be narrowed to: value and label."""
    return [(COMPLETE, _("齐全")), *((gap.value, _(gap.label)) for gap in _lacking())]
