"""A team at work: its particulars, whom it serves, agreements, who joins and leaves, its steps, the next term."""

from datetime import date

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.config import Settings
from matchmaker.db.locks import exclusive
from matchmaker.db.models import Agreement, Cluster, Expert, Organisation, Team, TeamHost, TeamMember, TeamNeed, Unit
from matchmaker.domain.drafts import AgreementDraft, TeamDraft
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import HostKind, MemberRole, TeamStatus
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import service_logs, team_drafts
from matchmaker.queries import team_life as queries
from matchmaker.queries.facts import facts_of
from matchmaker.queries.suggestions import tell
from matchmaker.queries.team_drafts import Place
from matchmaker.services import audit, evaluations, milestones, reasons, task_books, teams, transitions
from matchmaker.services.index import CorpusIndex

_HOSTS: dict[str, type[Organisation | Unit | Cluster]] = {
    "organisation_id": Organisation,
    "unit_id": Unit,
    "cluster_id": Cluster,
}
PLACES = {HostKind.FIRM: "organisation_id", HostKind.UNIT: "unit_id", HostKind.CLUSTER: "cluster_id"}


def require(actor: Actor, team: Team) -> None:
    """Raise `Forbidden` unless the actor runs teams."""
    if not can(actor, Permission.TEAM_MANAGE, facts_of(team)):
        raise Forbidden(_("特派团由市科技局工作人员管理"))


def _begin(session: Session, actor: Actor, team: Team) -> None:
    require(actor, team)
    exclusive(session, f"team:{team.id}")
    session.refresh(team)
    if team.status is TeamStatus.ENDED:
        raise Conflict(_("这个特派团已结束，不能再改动"))


def edit(session: Session, actor: Actor, team: Team, draft: TeamDraft, *, version: int, clock: Clock) -> None:
    """Change what is stated of a team. Raises `Forbidden`, and `Conflict` when somebody was faster."""
    _begin(session, actor, team)
    if team.version != version:
        raise Conflict(_("您打开页面之后，这个特派团又被改过，请对照后重新保存"))
    before = audit.state_of(team)
    term = (draft.starts_on, draft.ends_on)
    if queries.signed_book(session, team) is not None and term != (team.starts_on, team.ends_on):
        raise Invalid({"ends_on": _("任期以签订的任务书为准；要改请撤销签订后写新的一版，或者到期后续期")})
    for name in TeamDraft.model_fields:
        setattr(team, name, getattr(draft, name))
    team.updated_at = clock.now()
    session.flush()
    audit.log(session, actor, "edit", team, clock=clock, before=before)


def add_host(session: Session, actor: Actor, team: Team, key: str, *, since: date, clock: Clock) -> TeamHost:
    """Let a team serve a firm, a unit or a cluster; `key` is `firm:3`. Twice is once; ended today it goes on.

    Raises `Invalid` for a key that names nobody.
    """
    _begin(session, actor, team)
    kind, _colon, number = key.partition(":")
    place = next((PLACES[word] for word in HostKind if word.value == kind), "")
    if not place or not number.isdigit():
        raise Invalid({"host": _("请从列表中选择服务对象")})
    if session.get(_HOSTS[place], int(number)) is None:
        raise Invalid({"host": _("请从列表中选择服务对象")})
    same = [one for one in team.hosts if getattr(one, place) == int(number)]
    known = next((one for one in same if one.until is None or one.until >= clock.today()), None)
    if known is not None and known.until is None:
        return known
    host = known or TeamHost(team_id=team.id, since=since, added_by=actor.name, **{place: int(number)})
    host.until = None
    session.add(host)
    session.flush()
    session.refresh(team, ["hosts"])
    audit.log(session, actor, "add_host", team, clock=clock, after={"party": queries.host_name(host)})
    return host


def end_host(session: Session, actor: Actor, team: Team, host_id: int, *, reason: str, clock: Clock) -> None:
    """The team no longer serves a host from tomorrow on; it stays on file. Raises `Invalid` without a reason."""
    _begin(session, actor, team)
    host = next((one for one in team.hosts if one.id == host_id and one.until is None), None)
    if host is None:
        raise Conflict(_("这个服务对象已经结束"))
    reason = reasons.given(reason)
    host.until = max(clock.today(), host.since)
    session.flush()
    told = {"party": queries.host_name(host)}
    audit.log(session, actor, "end_host", team, clock=clock, after=told, reason=reason)


def agree(session: Session, actor: Actor, team: Team, draft: AgreementDraft, *, clock: Clock) -> Agreement:
    """Enter what was signed with a host; its scan is attached afterwards.

    Raises `Invalid` for a host of another team and a day to come.
    """
    _begin(session, actor, team)
    host_id = row_id(draft.host) or 0
    if host_id not in {one.id for one in team.hosts}:
        raise Invalid({"host": _("请从列表中选择服务对象")})
    if draft.signed_on is None or draft.signed_on > clock.today():
        raise Invalid({"signed_on": _("签订日期：晚于今天，请核对；还没有签的不登记")})
    row = Agreement(
        team_id=team.id,
        host_id=host_id,
        signed_on=draft.signed_on,
        valid_until=draft.valid_until,
        note=draft.note,
        entered_by=actor.name,
        created_at=clock.now(),
        updated_at=clock.now(),
    )
    session.add(row)
    session.flush()
    audit.log(session, actor, "create", row, clock=clock)
    audit.log(session, actor, "agree", team, clock=clock, after={"party": queries.host_name(row.host)})
    return row


def void_agreement(session: Session, actor: Actor, row: Agreement, *, reason: str, clock: Clock) -> None:
    """Say that an agreement is none; it stays on file. Raises `Invalid` without a reason, `Conflict` when void."""
    require(actor, row.team)
    if row.voided_at is not None:
        raise Conflict(_("这份协议已经作废"))
    reason = reasons.given(reason)
    before = audit.state_of(row)
    row.voided_by, row.voided_at, row.updated_at = actor.name, clock.now(), clock.now()
    session.flush()
    audit.log(session, actor, "void", row, clock=clock, before=before, reason=reason)


def change_member(
    session: Session,
    actor: Actor,
    team: Team,
    *,
    leaves: int | None,
    joins: Expert | None,
    day: date,
    reason: str,
    clock: Clock,
    place: Place | None = None,
) -> None:
    """Somebody leaves a signed team, joins it, or takes another's place and role; `day` is the first of the new state.

    `place` says what who joins covers.
    Raises `Invalid` where nobody would lead or be left, for a person of another team, and without a reason.
    """
    _begin(session, actor, team)
    if not reason.strip():
        raise Invalid({"reason": _("请填写变更原因")})
    there = {one.id: one for one in team.members if one.left_on is None}
    going = there.get(leaves) if leaves is not None else None
    _check_change(team, going, joins)
    _check_day(session, team, going, day, clock)
    if joins is not None:
        teams.checked_people(session, _afterwards(team, going, joins), today=clock.today(), team=team)
    told = {}
    if going is not None:
        going.left_on = day
        told["leaves"] = going.expert.name
    if joins is not None:
        _join(session, team, joins, going=going, day=day, place=place)
        told["joins"] = joins.name
    team.updated_at = clock.now()
    session.flush()
    session.refresh(team, ["members"])
    teams.cover_again(team)
    about = {"person": " → ".join(told.values()), **told}
    audit.log(session, actor, "change_member", team, clock=clock, after=about, reason=reason.strip())
    evaluations.follow_members(session, actor, team, clock=clock)


def look_at(
    session: Session, corpus: CorpusIndex, team: Team, person: Expert, *, settings: Settings, clock: Clock
) -> Place | None:
    """What somebody would cover of the team's needs, None where nothing on file says so; asked before the transaction.

    Raises `Invalid` naming the gate (own organisation, conflict, not released …) that one of the needs shuts.
    """
    needs = [row.need for row in team.needs]
    index, pool = teams.pool_now(
        session, corpus, needs, settings=settings, clock=clock, also=[person.id], team_id=team.id
    )
    key = str(person.id)
    if key in pool.barred:
        why = tell(*pool.barred[key])
        raise Invalid({"joins": _("加入的专家：%(name)s不能参加，%(why)s", name=person.name, why=why)})
    return team_drafts.draft(session, index, pool, [person.id]).places[0] if key in pool.roster.at else None


def _check_change(team: Team, going: TeamMember | None, joins: Expert | None) -> None:
    if going is None and joins is None:
        raise Invalid({"leaves": _("请选择退出的成员，或填写加入的专家")})
    if going is not None and going.role is MemberRole.LEAD and joins is None:
        raise Invalid({"joins": _("团长退出时，请填写接任团长的专家")})
    if joins is None:
        return
    if any(one.expert_id == joins.id and one.left_on is None for one in team.members):
        raise Invalid({"joins": _("这位专家已经在团里")})


def _check_day(session: Session, team: Team, going: TeamMember | None, day: date, clock: Clock) -> None:
    if day > clock.today():
        raise Invalid({"day": _("变更日期：晚于今天，请核对；还没有发生的不登记")})
    if team.starts_on is not None and day < team.starts_on:
        raise Invalid({"day": _("变更日期：早于特派团的任期（%(day)s 起），请核对", day=team.starts_on.isoformat())})
    if going is not None and going.joined_on is not None and day < going.joined_on:
        raise Invalid({"day": _("变更日期：早于这位成员加入的日期（%(day)s）", day=going.joined_on.isoformat())})
    served = service_logs.last_day(session, team, going.expert_id) if going is not None else None
    if served is not None and served >= day:
        raise Invalid({"day": _("变更日期：这位成员 %(day)s 还有服务日志，请填写之后的日期", day=served.isoformat())})


def _afterwards(team: Team, going: TeamMember | None, joins: Expert) -> list[int]:
    """The experts of the team after the change, the leader first."""
    stay = [one for one in team.members if one.left_on is None and one is not going]
    stay.sort(key=lambda one: one.role is not MemberRole.LEAD)
    leads = going is not None and going.role is MemberRole.LEAD
    ids = [one.expert_id for one in stay]
    return [joins.id, *ids] if leads else [*ids, joins.id]


def _join(
    session: Session, team: Team, joins: Expert, *, going: TeamMember | None, day: date, place: Place | None
) -> None:
    role = going.role if going is not None else MemberRole.MEMBER
    again = next((one for one in team.members if one.expert_id == joins.id), None)
    if again is not None:  # somebody who has left comes back
        again.left_on, again.role = None, role
    else:
        again = TeamMember(team_id=team.id, expert_id=joins.id, role=role, covers=[], joined_on=day)
        session.add(again)
    if place is not None:
        again.covers, again.capability_id = place.covers, place.capability_id
    if going is not None:
        going.role = MemberRole.MEMBER


def move(
    session: Session,
    actor: Actor,
    team: Team,
    action: str,
    *,
    clock: Clock,
    reason: str = "",
    version: int | None = None,
) -> None:
    """Take a team one step on or back.

    Raises `Conflict` when something is missing: hosts before a task book is begun, both sides' yes and the signed scan
    before it counts as signed, a signed book before a team that has ended goes on.
    """
    if action == "reform":
        _not_signed(session, team)
        teams.reform(session, actor, team, reason=reason, clock=clock)
        return
    exclusive(session, f"team:{team.id}")
    session.refresh(team)
    if action == "draft" and not queries.hosts_on(team, clock.today()):
        raise Conflict(_("请先登记服务对象，再起草任务书"))
    if action == "resume":
        if queries.signed_book(session, team) is None:
            raise Conflict(_("这个特派团没有签过任务书，只能恢复组建"))
        teams.require_free(session, team)
    if action == "sign":
        task_books.require_ready(session, team, clock=clock)
    transitions.apply(session, actor, team, action, clock=clock, reason=reason, version=version)
    if action == "sign":
        milestones.promise(session, actor, task_books.signed(session, actor, team, clock=clock), clock=clock)
    elif action == "unsign":
        task_books.unsigned(session, actor, team, clock=clock)


def _not_signed(session: Session, team: Team) -> None:
    if queries.signed_book(session, team) is not None:
        raise Conflict(_("这个特派团签过任务书，请恢复派驻或续期"))


def renew(session: Session, actor: Actor, team: Team, *, reason: str, clock: Clock) -> Team:
    """Begin the next term: a new team with the members, hosts and needs of the one that has ended, linked to it.

    Raises `Conflict` for a team that has not ended, was never signed, or has been renewed.
    """
    require(actor, team)
    exclusive(session, f"team:{team.id}")
    session.refresh(team)
    if team.status is not TeamStatus.ENDED or queries.signed_book(session, team) is None:
        raise Conflict(_("签过任务书并已结束的特派团才能续期"))
    if queries.next_term(session, team) is not None:
        raise Conflict(_("这个特派团已经续期"))
    teams.require_free(session, team)
    new = _next_term(team, actor, clock)
    session.add(new)
    session.flush()
    audit.log(session, actor, "create", new, clock=clock, reason=reason.strip())
    audit.log(session, actor, "renew", team, clock=clock, after={"renewed_as": new.id}, reason=reason.strip())
    return new


def _next_term(team: Team, actor: Actor, clock: Clock) -> Team:
    today = clock.today()
    new = Team(
        name=team.name,
        level=team.level,
        status=TeamStatus.FORMING,
        need_id=team.need_id,
        coverage=team.coverage,
        uncovered=team.uncovered,
        made_by=actor.name,
        renewed_from_id=team.id,
        created_at=clock.now(),
        updated_at=clock.now(),
    )
    new.needs = [TeamNeed(need_id=row.need_id, terms=row.terms) for row in team.needs]
    new.members = [
        TeamMember(expert_id=one.expert_id, role=one.role, capability_id=one.capability_id, covers=one.covers)
        for one in queries.members_on(team, today)
    ]
    new.hosts = [
        TeamHost(
            organisation_id=one.organisation_id,
            unit_id=one.unit_id,
            cluster_id=one.cluster_id,
            since=today,
            added_by=actor.name,
        )
        for one in queries.hosts_on(team, today)
    ]
    return new
