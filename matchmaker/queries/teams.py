"""Specialist teams: lists, and one visible team with what it covers."""

from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, Select, and_, or_, select, true
from sqlalchemy.orm import Session, aliased, defer

from matchmaker.db.models import Capability, Cluster, Need, Organisation, Team, TeamNeed
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import NeedStatus, TeamStatus
from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import masking, scopes
from matchmaker.queries.capabilities import by_id
from matchmaker.queries.choices import named
from matchmaker.queries.listing import Page, Sorts, Wanted, contains, fetch

FILTERS = ("status",)
DEFAULT_SORT = "-id"
MOST_CHOICES = 200
SORTS: Sorts = {
    "id": Team.id,
    "name": Team.name,
    "status": Team.status,
    "coverage": Team.coverage,
    "made": Team.created_at,
}


def get_visible(session: Session, actor: Actor, team_id: int) -> Team:
    """The team, if the actor is one of those who may know of it; `NotFound` otherwise."""
    found = session.scalar(select(Team).where(Team.id == team_id, scopes.teams(actor)))
    if found is None:
        raise NotFound(_("没有找到这个特派团"))
    return found


def search(session: Session, actor: Actor, wanted: Wanted) -> Page[Team]:
    """The teams the actor may know of: filtered, sorted, cut."""
    statement = (
        select(Team)
        .join(Need, Need.id == Team.need_id)
        .join(Organisation, Organisation.id == Need.firm_id)
        .where(scopes.teams(actor), _narrowed(wanted))
    )
    if wanted.text:
        statement = statement.where(Team.id.in_(_mentioning(actor, wanted.text)))
    return fetch(session, statement, wanted, {**SORTS, "firm": masking.by_firm(actor)}, default=DEFAULT_SORT)


def _mentioning(actor: Actor, words: str) -> Select[int]:
    """Teams by their name, a need of theirs that the actor may read, or its firm where the actor may know it."""
    team, need = aliased(Team), Need
    found = select(TeamNeed.team_id).join(team, team.id == TeamNeed.team_id).join(need, need.id == TeamNeed.need_id)
    firms = found.join(Organisation, Organisation.id == need.firm_id).correlate(None)
    of_need = and_(scopes.needs(actor), masking.mentions(actor, words, need.title))
    return firms.where(or_(contains(words, team.name), of_need))


def _narrowed(wanted: Wanted) -> ColumnElement[bool]:
    status = wanted.filters.get("status", "")
    return Team.status == status if status in {each.value for each in TeamStatus} else true()


def standing(session: Session, need_ids: Collection[int], *, but: int | None = None) -> Team | None:
    """A team of one of these needs that has not ended, `but` one team; or None."""
    of_needs = select(TeamNeed.team_id).where(TeamNeed.need_id.in_(need_ids))
    statement = select(Team).where(Team.id.in_(of_needs), Team.status != TeamStatus.ENDED, Team.id != (but or 0))
    return session.scalars(statement.order_by(Team.id)).first()


def items_of(session: Session, team: Team) -> dict[int, Capability]:
    """The capabilities that the members' terms were found in."""
    covered = [term["capability_id"] for member in team.members for term in member.covers]
    return by_id(session, {*covered, *(member.capability_id for member in team.members if member.capability_id)})


def clusters(session: Session) -> list[tuple[int, str]]:
    """The industrial clusters of the profile, in its order: id and name for a choice."""
    return [(row.id, named(row)) for row in session.scalars(select(Cluster).order_by(Cluster.id))]


def open_needs(session: Session, *, cluster_id: int | None = None, text: str = "") -> list[Need]:
    """Published needs without a standing team, the newest first; of the firms at a cluster's place, if it has one."""
    busy = select(TeamNeed.need_id).join(Team, Team.id == TeamNeed.team_id).where(Team.status != TeamStatus.ENDED)
    statement = (
        select(Need)
        .join(Organisation, Organisation.id == Need.firm_id)
        .where(Need.status == NeedStatus.PUBLISHED, Need.id.not_in(busy), contains(text, Need.title, Organisation.name))
        .options(defer(Need.terms))
        .order_by(Need.id.desc())
    )
    cluster = session.get(Cluster, cluster_id) if cluster_id else None
    if cluster is not None and cluster.unit_id is not None:
        statement = statement.where(Organisation.unit_id == cluster.unit_id)
    return list(session.scalars(statement.limit(MOST_CHOICES)).unique())


def needs_seen(session: Session, actor: Actor, of_teams: Iterable[Team]) -> dict[int, list[TeamNeed]]:
    """Team → its needs that the actor may read; another firm's chosen-audience need is none of theirs."""
    rows = {team.id: team.needs for team in of_teams}
    ids = {row.need_id for needs in rows.values() for row in needs}
    seen = set(session.scalars(select(Need.id).where(Need.id.in_(ids), scopes.needs(actor))))
    return {number: [row for row in needs if row.need_id in seen] for number, needs in rows.items()}
