"""Specialists 科技特派员: filed, given hosts and agreements, ended and put back on file."""

from datetime import date, timedelta

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.locks import exclusive
from matchmaker.db.models import Cluster, Expert, Organisation, Specialist, SpecialistHost, Unit
from matchmaker.domain.drafts import FilingDraft, TripartiteDraft
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Actor, Facts, Permission, can
from matchmaker.domain.vocabulary import HostKind, OrganisationKind, SpecialistKind, SpecialistStatus
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import specialists as queries
from matchmaker.queries import team_life
from matchmaker.queries.facts import facts_of
from matchmaker.services import audit, reasons, transitions
from matchmaker.services.team_life import PLACES

MISTAKEN = timedelta(days=31)  # how long the end of a year gone by may still be taken for one
MODELS: dict[str, type[Organisation | Unit | Cluster]] = {
    "organisation_id": Organisation,
    "unit_id": Unit,
    "cluster_id": Cluster,
}


def require(actor: Actor, one: Specialist) -> None:
    """Raise `Forbidden` unless the actor keeps this filing: the city, and a unit whose firms they serve."""
    if not can(actor, Permission.SPECIALIST_EDIT, facts_of(one)):
        raise Forbidden(_("科技特派员的备案由市科技局和服务所在地的工作人员管理"))


def require_correcting(actor: Actor) -> None:
    """Raise `Forbidden` for whoever may not change number, kind and day of a filing."""
    if not can(actor, Permission.SPECIALIST_CORRECT):
        raise Forbidden(_("备案编号、类别和日期由市科技局更正"))


def _begin(session: Session, actor: Actor, one: Specialist) -> None:
    require(actor, one)
    exclusive(session, f"specialist:{one.expert_id}")
    session.refresh(one)
    if one.status is SpecialistStatus.ENDED:
        raise Conflict(_("这份备案已终止，不能再改动"))


def file(
    session: Session,
    actor: Actor,
    draft: FilingDraft,
    expert: Expert,
    institute: Organisation | None,
    *,
    hosts: list[str],
    clock: Clock,
    agreed_on: date | None = None,
    reason: str = "",
) -> Specialist:
    """Put an expert on file; `hosts` are keys such as `firm:3`, `institute` None is where the expert works.

    Raises `Forbidden` for a unit's officer without a host of the own unit; `Invalid` for a number that is taken, a
    second filing of the same kind, a day to come.
    """
    exclusive(session, f"specialist:{expert.id}")
    _check(session, draft, expert.id, None, clock)
    one = Specialist(
        expert_id=expert.id,
        institute_id=institute.id if institute else expert.institute_id,
        kind=draft.kind,
        number=draft.number,
        filed_on=draft.filed_on,
        status=SpecialistStatus.ACTIVE,
        status_since=clock.now(),
        entered_by=actor.name,
        created_at=clock.now(),
        updated_at=clock.now(),
    )
    one.hosts = _first_hosts(session, actor, hosts, since=draft.filed_on or clock.today(), agreed_on=agreed_on)
    session.add(one)
    session.flush()
    session.refresh(one)
    told = {"hosts": [team_life.host_name(host) for host in one.hosts]}
    audit.log(session, actor, "create", one, clock=clock, after=audit.state_of(one) | told, reason=reason)
    return one


def _first_hosts(
    session: Session, actor: Actor, keys: list[str], *, since: date, agreed_on: date | None
) -> list[SpecialistHost]:
    hosts = [_host(session, actor, key, since=since) for key in keys]
    for host in hosts:
        host.agreed_on = agreed_on
    if not hosts and not can(actor, Permission.SPECIALIST_EDIT):
        raise Forbidden(_("请填写本地的服务对象；没有服务对象的备案由市科技局登记"))
    return hosts


def _check(session: Session, draft: FilingDraft, expert_id: int, own: int | None, clock: Clock) -> None:
    if draft.kind is None or draft.filed_on is None:
        raise TypeError("a checked draft has a kind and a day")
    if draft.filed_on > clock.today():
        raise Invalid({"filed_on": _("备案日期：晚于今天，请核对；还没有备案的不登记")})
    taken = queries.by_number(session, draft.number)
    if taken is not None and taken.id != own:
        raise Invalid({"number": _("备案编号：已登记给%(name)s，请核对", name=taken.expert.name)})
    _only_one(session, expert_id, draft.kind, own)


def _only_one(session: Session, expert_id: int, kind: SpecialistKind, own: int | None) -> None:
    known = queries.standing(session, expert_id, kind, but=own)
    if known is not None:
        text = _("专家：已是在册的%(kind)s（备案编号 %(number)s），不重复备案", kind=_(kind.label), number=known.number)
        raise Invalid({"expert": text})


def edit(
    session: Session,
    actor: Actor,
    one: Specialist,
    draft: FilingDraft,
    institute: Organisation | None,
    *,
    version: int,
    clock: Clock,
    reason: str,
) -> None:
    """Correct a filing: its kind and day move what past years count, so the city does, and says why.

    Raises as `file`, and `Conflict` when somebody was faster.
    """
    require_correcting(actor)
    _begin(session, actor, one)
    reason = reasons.given(reason)
    if one.version != version:
        raise Conflict(_("您打开页面之后，这条记录又被改过，请对照后重新保存"))
    _check(session, draft, one.expert_id, one.id, clock)
    if draft.kind is None or draft.filed_on is None:
        raise TypeError("a checked draft has a kind and a day")
    before = audit.state_of(one)
    one.number, one.kind, one.filed_on = draft.number, draft.kind, draft.filed_on
    one.institute_id = institute.id if institute else one.expert.institute_id
    one.updated_at = clock.now()
    session.flush()
    audit.log(session, actor, "edit", one, clock=clock, before=before, reason=reason)


def _host(session: Session, actor: Actor, key: str, *, since: date) -> SpecialistHost:
    """Whom a key names. Raises `Invalid` for nobody, `Forbidden` for a host outside the officer's unit."""
    kind, _colon, number = key.partition(":")
    column = next((PLACES[word] for word in HostKind if word.value == kind), "")
    found = row_id(number) or 0
    place = session.get(MODELS[column], found) if column else None
    if place is None or (isinstance(place, Organisation) and place.kind is not OrganisationKind.FIRM):
        raise Invalid({"host": _("请从列表中选择服务对象")})
    _require_unit(actor, getattr(place, "unit_id", found))  # a unit is its own
    return SpecialistHost(since=since, added_by=actor.name, **{column: found})


def _require_unit(actor: Actor, unit_id: int | None) -> None:
    facts = Facts(unit_ids=frozenset({unit_id} if unit_id is not None else ()))
    if not can(actor, Permission.SPECIALIST_EDIT, facts):
        raise Forbidden(_("只能登记本地的服务对象"))


def _unit_of(host: SpecialistHost) -> int | None:
    owner = host.organisation or host.cluster
    return owner.unit_id if owner is not None else host.unit_id


def add_host(session: Session, actor: Actor, one: Specialist, key: str, *, since: date, clock: Clock) -> None:
    """Let a specialist serve one more host. Twice is once; ended today it goes on.

    Raises as `file`, and `Invalid` for a day before the filing.
    """
    _begin(session, actor, one)
    if since < one.filed_on:
        raise Invalid({"since": _("从哪天起：不能早于备案日期 %(day)s，请核对", day=one.filed_on.isoformat())})
    host = _host(session, actor, key, since=since)
    known = next((row for row in one.hosts if _same(host, row) and (row.until or date.max) >= clock.today()), None)
    if known is not None and known.until is None:
        return
    if known is None:
        one.hosts.append(host)
    else:
        known.until, host = None, known
    one.updated_at = clock.now()
    session.flush()
    session.refresh(host)
    audit.log(session, actor, "add_host", one, clock=clock, after={"party": team_life.host_name(host)})


def _same(host: SpecialistHost, known: SpecialistHost) -> bool:
    return all(getattr(host, column) == getattr(known, column) for column in MODELS)


def _own_host(actor: Actor, one: Specialist, host_id: int | None) -> SpecialistHost:
    host = next((row for row in one.hosts if row.id == host_id), None)
    if host is None:
        raise Invalid({"host": _("请从列表中选择服务对象")})
    _require_unit(actor, _unit_of(host))
    return host


def end_host(session: Session, actor: Actor, one: Specialist, host_id: int, *, reason: str, clock: Clock) -> None:
    """From tomorrow on the host is no longer served; it stays on file. Raises `Invalid` without a reason."""
    _begin(session, actor, one)
    host = _own_host(actor, one, host_id)
    if host.until is not None:
        raise Conflict(_("这个服务对象已经结束"))
    reason = reasons.given(reason)
    host.until, one.updated_at = max(clock.today(), host.since), clock.now()
    session.flush()
    told = {"party": team_life.host_name(host)}
    audit.log(session, actor, "end_host", one, clock=clock, after=told, reason=reason)


def agree(session: Session, actor: Actor, one: Specialist, draft: TripartiteDraft, *, clock: Clock) -> None:
    """Enter the three-party agreement with a host, or put right what was entered; the scan is attached afterwards.

    Raises `Invalid` for a host of somebody else and for a day to come.
    """
    _begin(session, actor, one)
    host = _own_host(actor, one, row_id(draft.host))
    if draft.agreed_on is None or draft.agreed_on > clock.today():
        raise Invalid({"agreed_on": _("签订日期：晚于今天，请核对；还没有签的不登记")})
    before = _terms(host)
    host.agreed_on, host.agreed_until, one.updated_at = draft.agreed_on, draft.agreed_until, clock.now()
    session.flush()
    after = {"party": team_life.host_name(host)} | _terms(host)
    audit.log(session, actor, "agree", one, clock=clock, before=before, after=after)


def _terms(host: SpecialistHost) -> dict[str, str]:
    days = {"signed_on": host.agreed_on, "valid_until": host.agreed_until}
    return {name: day.isoformat() for name, day in days.items() if day is not None}


def move(
    session: Session,
    actor: Actor,
    one: Specialist,
    action: str,
    *,
    clock: Clock,
    reason: str = "",
    version: int | None = None,
) -> None:
    """End a filing today, or put it back on file. Hosts stay as they are: an ended filing serves nobody.

    Raises `Conflict` where the expert has another filing of the kind by now, and where a year would count somebody
    who was away at its end: who comes back is filed anew.
    """
    exclusive(session, f"specialist:{one.expert_id}")
    session.refresh(one)
    if action == "resume" and queries.standing(session, one.expert_id, one.kind, but=one.id) is not None:
        raise Conflict(_("这位专家已另有同类的在册备案，不能恢复"))
    if action == "resume" and one.ended_on is not None and _long_ago(one.ended_on, clock.today()):
        raise Conflict(
            _("%(day)s已终止，恢复会改动往年的在册人数；重新在册的请按新的备案编号登记", day=one.ended_on.isoformat())
        )
    transitions.apply(session, actor, one, action, clock=clock, reason=reason, version=version)
    one.ended_on = clock.today() if action == "end" else None
    session.flush()


def _long_ago(ended_on: date, today: date) -> bool:
    return ended_on.year < today.year and today - ended_on > MISTAKEN
