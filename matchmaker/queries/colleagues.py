"""Whom an invitation may be passed on to, whom somebody may bring along, and the way it has come so far."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from matchmaker.db.models import Expert, GroupMember, Invitation
from matchmaker.domain.vocabulary import DeclineReason, InvitationStatus, OwnerKind, Side
from matchmaker.i18n import gettext as _
from matchmaker.matching import Gate, Index, shut_gates
from matchmaker.queries import texts
from matchmaker.queries.calibration import scale
from matchmaker.queries.candidates import facts, keep
from matchmaker.queries.circumstances import Circumstances
from matchmaker.queries.invitations import answer_of, counterpart_of, lead_of, open_between
from matchmaker.queries.owners import owners
from matchmaker.queries.suggestions import tell

MOST_SHOWN = 20
MOST_LOOKED_AT = 500
OVERRULED = frozenset({Gate.STALE, Gate.KEYWORD})  # a colleague who knows the person knows better


@dataclass(frozen=True)
class Colleague:
    """Somebody of the same institute. `number` is the match with the need, 0–100; `why_not` bars them from it."""

    expert: Expert
    number: int
    why_not: str


def chain(session: Session, invitation: Invitation) -> list[Invitation]:
    """How an invitation was passed on: the first one, then each it was passed on as, up to the last."""
    found = [invitation]
    while found[0].passed_from_id is not None:
        found.insert(0, session.get_one(Invitation, found[0].passed_from_id))
    while (later := successor(session, found[-1])) is not None:
        found.append(later)
    return found


def successor(session: Session, invitation: Invitation) -> Invitation | None:
    """What an invitation was passed on as, or None."""
    return session.scalars(select(Invitation).where(Invitation.passed_from_id == invitation.id)).first()


def was_passed(invitation: Invitation) -> bool:
    """Whether its expert side has closed it by naming a colleague."""
    mine = answer_of(invitation, Side.EXPERT)
    declined = invitation.status is InvitationStatus.DECLINED
    return declined and mine is not None and mine.reason is DeclineReason.PASSED_ON


def find(session: Session, index: Index, invitation: Invitation, text: str, around: Circumstances) -> list[Colleague]:
    """Colleagues by name, those who suit the need best first; whoever cannot be asked is shown with the reason."""
    passed = chain(session, invitation)
    own = _people(passed)
    named = Expert.name.icontains(text.strip(), autoescape=True)
    people = [each for each in _of_institute(session, invitation, named) if each.id not in own]
    scores = _scores(index, invitation, people)
    best = sorted(people, key=lambda each: (-scores.get(each.id, 0.0), each.name, each.id))[:MOST_SHOWN]
    rate = scale(session).rate
    found = (
        Colleague(each, rate(scores.get(each.id, 0.0)).points, refusal(session, passed, each, around)) for each in best
    )
    return sorted(found, key=lambda each: bool(each.why_not))


def refusal(session: Session, passed: Sequence[Invitation], colleague: Expert, around: Circumstances) -> str:
    """Why an invitation that has come the way `passed` cannot go on to this person, or ""."""
    last, need = passed[-1], passed[-1].need
    if colleague.institute_id != counterpart_of(last).institute_id:
        return _("只能转给本单位的同事")
    if colleague.id in _people(passed):
        return _("这份邀请已经到过这位同事那里")
    standing = open_between(session, need, colleague)
    if standing is not None:
        return _("已有一份给这位同事的邀请（第 %(id)s 号）等待答复", id=standing.id)
    key = OwnerKind.EXPERT.key(colleague.id)
    barred = shut_gates(facts(need, owners(session, [key])[key], around))
    found = next((each for each in barred if each.gate not in OVERRULED), None)
    return tell(found.gate, keep(found)) if found else ""


def mates(session: Session, invitation: Invitation) -> list[Expert]:
    """Who may come along with the expert side: the people of its groups, then others of the institute."""
    party = counterpart_of(invitation)
    lead = lead_of(session, party)
    own = {lead.id} if lead else set()
    groups = select(GroupMember.group_id).where(GroupMember.expert_id.in_(own))
    shared = set(session.scalars(select(GroupMember.expert_id).where(GroupMember.group_id.in_(groups))))
    people = [each for each in _of_institute(session, invitation) if each.id not in own]
    return sorted(people, key=lambda each: (each.id not in shared, each.name, each.id))


def named(session: Session, ids: Iterable[int]) -> list[Expert]:
    """The people behind stored ids, in that order."""
    wanted = list(ids)
    rows = {row.id: row for row in session.scalars(select(Expert).where(Expert.id.in_(wanted))).unique()}
    return [rows[each] for each in wanted if each in rows]


def companions_of(invitation: Invitation) -> list[int]:
    """Who comes along on the expert side, by id."""
    mine = answer_of(invitation, Side.EXPERT)
    return [int(each) for each in mine.companion_ids] if mine is not None else []


def _people(passed: Collection[Invitation]) -> set[int]:
    """Whoever the invitation has been with: experts themselves, of a group nobody."""
    return {each.expert_id for each in passed if each.expert_id is not None}


def _of_institute(session: Session, invitation: Invitation, *clauses: ColumnElement[bool]) -> Sequence[Expert]:
    same = Expert.institute_id == counterpart_of(invitation).institute_id
    statement = select(Expert).where(same, Expert.merged_into_id.is_(None), *clauses)
    return session.scalars(statement.order_by(Expert.name, Expert.id).limit(MOST_LOOKED_AT)).unique().all()


def _scores(index: Index, invitation: Invitation, people: Iterable[Expert]) -> dict[int, float]:
    keys = {OwnerKind.EXPERT.key(each.id): each.id for each in people}
    known = [key for key in keys if key in index.items_of]
    if not known or not invitation.need.terms:
        return {}
    found = index.score_owners(texts.analysed(invitation.need.terms), known)
    return {keys[match.key]: match.score for match in found}
