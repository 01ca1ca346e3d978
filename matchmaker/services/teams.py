"""Specialist teams 科技特派团: a first proposal is kept as forming; it can be ended and taken up again."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.config import Settings
from matchmaker.db.models import Expert, Need, Team, TeamMember, TeamNeed
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import MemberRole, NeedStatus, TeamLevel, TeamStatus
from matchmaker.errors import Conflict, Forbidden
from matchmaker.i18n import gettext as _
from matchmaker.queries import teams
from matchmaker.queries.circumstances import circumstances
from matchmaker.queries.facts import facts_of
from matchmaker.queries.teams import Draft
from matchmaker.services import audit, transitions
from matchmaker.services.index import CorpusIndex


def draft_now(session: Session, corpus: CorpusIndex, need: Need, *, settings: Settings, clock: Clock) -> Draft:
    """A first greedy team for a need as things stand, in a reading session; nothing is written."""
    around = circumstances(session, settings=settings, today=clock.today())
    return teams.draft(session, corpus.current(session), need, around)


def propose(session: Session, actor: Actor, made: Draft, *, clock: Clock) -> Team:
    """Keep a drafted team as forming.

    Raises `Forbidden`, or `Conflict` when the need is not published, nobody covers any of it, or a team of it stands.
    """
    session.execute(select(Need.id).where(Need.id == made.need_id).with_for_update())  # one team per need
    need = session.get_one(Need, made.need_id)
    if not can(actor, Permission.TEAM_PROPOSE, facts_of(need)):
        raise Forbidden(_("您没有权限组建特派团"))
    _check(session, need, made)
    team = Team(
        name=_("%(title)s特派团", title=need.title)[:200],
        level=TeamLevel.CITY,
        status=TeamStatus.FORMING,
        need=need,
        needs=[TeamNeed(need=need)],
        coverage=made.coverage,
        uncovered=made.uncovered,
        made_by=actor.name,
        created_at=clock.now(),
        updated_at=clock.now(),
    )
    team.members = [
        TeamMember(
            expert=session.get_one(Expert, place.expert_id),
            role=MemberRole.MEMBER if number else MemberRole.LEAD,
            capability_id=place.capability_id,
            covers=place.covers,
        )
        for number, place in enumerate(made.places)
    ]
    session.add(team)
    session.flush()
    people = [member.expert_id for member in team.members]
    after = audit.state_of(team) | {"members": people}
    audit.log(session, actor, "create", team, clock=clock, after=after)
    return team


def _check(session: Session, need: Need, made: Draft) -> None:
    if need.status is not NeedStatus.PUBLISHED:
        raise Conflict(_("需求发布后才能组建特派团"))
    if not made.places:
        raise Conflict(_("能力库里没有人能覆盖这条需求，暂时组不成团"))
    standing = teams.standing(session, need.id)
    if standing is not None:
        raise Conflict(_("这条需求已有特派团（第 %(id)s 号），请先终止它", id=standing.id))


def end(session: Session, actor: Actor, team: Team, *, reason: str, clock: Clock) -> None:
    """Give a forming team up; it stays on file."""
    transitions.apply(session, actor, team, "end", clock=clock, reason=reason)


def reform(session: Session, actor: Actor, team: Team, *, reason: str, clock: Clock) -> None:
    """Take an ended team up again. Raises `Conflict` when the need has another one by now."""
    standing = teams.standing(session, team.need_id)
    if standing is not None and standing.id != team.id:
        raise Conflict(_("这条需求已有特派团（第 %(id)s 号），请先终止它", id=standing.id))
    transitions.apply(session, actor, team, "reform", clock=clock, reason=reason)
