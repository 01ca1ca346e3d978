"""Making every reference to a duplicate one to the record that stays, whatever table it stands in.

Which columns refer to a record is read off the tables (`db.cells.referring`), so a later table is moved as well; where
a unique constraint stands in the way, `CLASHES` says what becomes of the two rows, and a test asks for every one.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import Column, String, UniqueConstraint, cast, select
from sqlalchemy.orm import Session

from matchmaker.db.cells import models, referring, table_of
from matchmaker.db.models import (
    Answer,
    Attachment,
    Capability,
    ClinicExpert,
    ClinicVisit,
    Comment,
    Expert,
    FollowUp,
    Group,
    GroupMember,
    Label,
    MeetingConfirmation,
    MeetingExpert,
    MeetingFirm,
    Need,
    Organisation,
    Site,
    SpecialistHost,
    Suggestion,
    TeamMember,
)
from matchmaker.db.nouns import noun_of
from matchmaker.domain.meetings import LONGEST_PEOPLE
from matchmaker.domain.vocabulary import Attendance, MemberRole, OwnerKind
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined

Party = Organisation | Expert
ALSO = ("comment",)  # tables that the journal leaves out otherwise
BEST = (Attendance.ATTENDED, Attendance.STAND_IN, Attendance.EXCUSED, Attendance.ABSENT, None)


def move_all(session: Session, gone: Party, kept: Party) -> None:
    """Let everything that refers to `gone` refer to `kept`, in the caller's transaction and journal."""
    for column in referring()[gone.__tablename__]:
        for row in _rows_with(session, column, gone.id):
            _move(session, row, column, kept.id)
            session.flush()
    _move_notes(session, gone, kept)
    _move_keys(session, gone, kept)
    if isinstance(kept, Organisation):
        _join_served(session, kept.id)
    if isinstance(gone, Expert):
        _move_companions(session, gone.id, kept.id)
    session.flush()


def _rows_with(session: Session, column: Column[Any], number: int) -> list[Any]:
    model = models()[column.table.name]
    mine = select(model).where(column == number).order_by(column.table.c.id)
    statement = mine.with_for_update(of=model).execution_options(populate_existing=True)
    return list(session.scalars(statement).unique())


def _move(session: Session, row: Any, column: Column[Any], number: int) -> None:
    twin = _twin(session, row, column, number)
    if twin is None:
        setattr(row, column.name, number)
    else:
        CLASHES[column.table.name, column.name](session, row, twin, number)


def constraints_on(column: Column[Any]) -> Iterator[UniqueConstraint]:
    """The unique constraints in which a referring column takes part."""
    for constraint in table_of(models()[column.table.name]).constraints:
        if isinstance(constraint, UniqueConstraint) and column.name in constraint.columns:
            yield constraint


def _twin(session: Session, row: Any, column: Column[Any], number: int) -> Any:
    """The row that has the place already which this one would get."""
    for constraint in constraints_on(column):
        others = {one.name: getattr(row, one.name) for one in constraint.columns if one.name != column.name}
        if None in others.values():
            continue
        model = models()[column.table.name]
        there = [column == number, *(table_of(model).c[name] == value for name, value in others.items())]
        found = session.scalars(select(model).where(*there).with_for_update(of=model)).unique().first()
        if found is not None:
            return found
    return None


def _renumber(session: Session, row: Any, _twin: Any, number: int) -> None:
    """Two lists have given the same number to different records: the one that comes along loses it."""
    row.external_id = None
    session.flush()
    setattr(row, _OWNER[type(row)], number)


_OWNER: dict[type, str] = {Need: "firm_id", Capability: "source_id", Expert: "institute_id", Group: "institute_id"}


def _join_site(session: Session, row: Site, twin: Site, number: int) -> None:
    """A place of the same name in the same region is the same place; one elsewhere keeps what it is, renamed."""
    if row.region_code != twin.region_code:
        row.name = _("%(name)s（第 %(number)s 号机构）", name=row.name[:180], number=row.organisation_id)
        session.flush()
        row.organisation_id = number
        return
    for column in referring()["site"]:
        for user in _rows_with(session, column, row.id):
            setattr(user, column.name, twin.id)
    session.flush()


def _join_firm(session: Session, row: MeetingFirm, twin: MeetingFirm, _number: int) -> None:
    twin.attendance = min(row.attendance, twin.attendance, key=BEST.index)
    twin.people = _both(twin.people, row.people)
    twin.sends = _both(twin.sends, row.sends)
    session.delete(row)


def _join_guest(session: Session, row: MeetingExpert, twin: MeetingExpert, _number: int) -> None:
    twin.attendance = min(row.attendance, twin.attendance, key=BEST.index)
    twin.stand_in = _both(twin.stand_in, row.stand_in)
    twin.sends = _both(twin.sends, row.sends)
    twin.instead_of_id = twin.instead_of_id if row.instead_of_id is not None else None  # asked in their own right
    session.delete(row)


def _both(one: str, other: str) -> str:
    return _("；").join(dict.fromkeys(filter(None, (one, other))))[:LONGEST_PEOPLE]


def _join_visit(session: Session, row: ClinicVisit, twin: ClinicVisit, _number: int) -> None:
    """One firm, one visit: what was found at either is kept."""
    twin.visited = row.visited if twin.visited is None else twin.visited or bool(row.visited)
    twin.people, twin.findings = _both(twin.people, row.people), "\n".join(filter(None, (twin.findings, row.findings)))
    twin.filled_by, twin.filled_at = twin.filled_by or row.filled_by, twin.filled_at or row.filled_at
    for problem in list(row.problems):
        problem.visit = twin
    session.flush()
    session.delete(row)


Member = GroupMember | TeamMember | ClinicExpert


def _join_member(session: Session, row: Member, twin: Member, _number: int) -> None:
    if MemberRole.LEAD in {row.role, twin.role}:
        twin.role = MemberRole.LEAD
    if isinstance(row, TeamMember) and isinstance(twin, TeamMember):
        twin.covers = [*twin.covers, *(term for term in row.covers if term not in twin.covers)]
        twin.joined_on = min(row.joined_on, twin.joined_on) if row.joined_on and twin.joined_on else None
        twin.left_on = max(row.left_on, twin.left_on) if row.left_on and twin.left_on else None
    session.delete(row)


def _drop(session: Session, row: Any, _twin: Any, _number: int) -> None:
    session.delete(row)


def _join_follow_up(session: Session, row: FollowUp, twin: FollowUp, number: int) -> None:
    """The later answer stands, the other goes into its remark; tasks that came of either stay with it."""
    later, earlier = _by_answer(row, twin, lambda one: one.answered_at)
    for column in referring()["follow_up"]:
        for user in _rows_with(session, column, earlier.id):
            setattr(user, column.name, later.id)
    remark = later.remark
    if earlier.answered_at is not None:
        remark = _noted(remark, _(earlier.status.label), earlier.remark, earlier.answered_by)
    _stay(session, later, earlier, {"firm_id": number, "remark": remark})


def _join_word(session: Session, row: MeetingConfirmation, twin: MeetingConfirmation, number: int) -> None:
    """Of two words on one record the later stands and tells of the other."""
    later, earlier = _by_answer(row, twin, lambda one: one.given_at)
    remark = _noted(later.remark, _(earlier.answer.label), earlier.remark, earlier.given_by)
    _stay(session, later, earlier, {"organisation_id": number, "remark": remark})


Said = TypeVar("Said", FollowUp, MeetingConfirmation)


def _by_answer(one: Said, other: Said, said_at: Callable[[Said], datetime | None]) -> tuple[Said, Said]:
    first, second = said_at(one), said_at(other)
    return (one, other) if first is not None and (second is None or first > second) else (other, one)


def _noted(remark: str, label: str, said: str, by: str) -> str:
    told = _("合并前的另一条答复（%(who)s）：%(what)s", who=by, what=joined(filter(None, (label, said.strip()))))
    return _("；").join(filter(None, (remark, told)))


def _stay(session: Session, stays: Any, goes: Any, values: dict[str, Any]) -> None:
    """One row gives up its place before the other takes it: un-merging goes the same way backwards."""
    session.flush()
    session.delete(goes)
    session.flush()
    for name, value in values.items():
        setattr(stays, name, value)


Clash = Callable[[Session, Any, Any, int], None]
CLASHES: dict[tuple[str, str], Clash] = {
    ("need", "firm_id"): _renumber,
    ("capability", "source_id"): _renumber,
    ("expert", "institute_id"): _renumber,
    ("research_group", "institute_id"): _renumber,
    ("site", "organisation_id"): _join_site,
    ("meeting_firm", "firm_id"): _join_firm,
    ("meeting_expert", "expert_id"): _join_guest,
    ("group_member", "expert_id"): _join_member,
    ("team_member", "expert_id"): _join_member,
    ("clinic_expert", "expert_id"): _join_member,
    ("clinic_visit", "firm_id"): _join_visit,
    ("need_release", "institute_id"): _drop,
    ("meeting_confirmation", "organisation_id"): _join_word,
    ("book_word", "organisation_id"): _drop,
    ("evaluation_person", "expert_id"): _drop,
    ("book_word", "expert_id"): _drop,
    ("follow_up", "firm_id"): _join_follow_up,
    ("availability", "organisation_id"): _drop,
    ("availability", "expert_id"): _drop,
}


def _move_notes(session: Session, gone: Party, kept: Party) -> None:
    noun = noun_of(gone)
    comments = session.scalars(select(Comment).where(Comment.noun == noun, Comment.record_id == gone.id)).all()
    files = session.scalars(select(Attachment).where(Attachment.noun == noun, Attachment.record_id == gone.id)).all()
    for comment in comments:
        comment.record_id = kept.id
    for file in files:
        file.record_id = kept.id


def owner_keys(gone: Party, kept: Party) -> tuple[str, str]:
    """The keys of both in the index of capabilities."""
    kind = OwnerKind.EXPERT if isinstance(gone, Expert) else OwnerKind.ORGANISATION
    return kind.key(gone.id), kind.key(kept.id)


def _move_keys(session: Session, gone: Party, kept: Party) -> None:
    """Suggestions and labels name a capability's owner by key; of two for one need the one that stays decides."""
    old, new = owner_keys(gone, kept)
    there = {row.need_id: row for row in session.scalars(select(Suggestion).where(Suggestion.owner_key == new))}
    for row in session.scalars(select(Suggestion).where(Suggestion.owner_key == old)):
        twin = there.get(row.need_id)
        if twin is None:
            row.owner_key = new
            continue
        twin.pinned, twin.excluded = twin.pinned or row.pinned, twin.excluded or row.excluded
        twin.steer_reason = twin.steer_reason or row.steer_reason
        twin.steered_by = twin.steered_by or row.steered_by
        session.delete(row)
    said = {(row.need_id, row.kind) for row in session.scalars(select(Label).where(Label.owner_key == new))}
    for label in session.scalars(select(Label).where(Label.owner_key == old)):
        if (label.need_id, label.kind) in said:
            session.delete(label)
        else:
            label.owner_key = new


def _join_served(session: Session, firm_id: int) -> None:
    """A specialist serves a firm once at a time: of two rows that overlap the earlier stays and takes in the other."""
    mine = select(SpecialistHost).where(SpecialistHost.organisation_id == firm_id)
    latest: dict[int, SpecialistHost] = {}
    for row in session.scalars(mine.order_by(SpecialistHost.since, SpecialistHost.id)).unique():
        known = latest.get(row.specialist_id)
        if known is None or (known.until or date.max) < row.since:
            latest[row.specialist_id] = row
            continue
        known.until = max(known.until, row.until) if known.until and row.until else None
        if known.agreed_on is None:
            known.agreed_on, known.agreed_until = row.agreed_on, row.agreed_until
        session.delete(row)


def _move_companions(session: Session, gone_id: int, kept_id: int) -> None:
    for answer in session.scalars(select(Answer).where(cast(Answer.companion_ids, String) != "[]")):
        if gone_id in answer.companion_ids:
            people = (kept_id if number == gone_id else number for number in answer.companion_ids)
            answer.companion_ids = list(dict.fromkeys(people))
