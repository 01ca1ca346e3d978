"""A team at work as its pages show it: who is in it, whom it serves, its task books, what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from matchmaker.db.models import (
    Agreement,
    BookWord,
    City,
    Cluster,
    Expert,
    Milestone,
    Need,
    Organisation,
    SpecialistHost,
    TaskBook,
    Team,
    TeamHost,
    TeamMember,
    Unit,
)
from matchmaker.domain.drafts import comparable
from matchmaker.domain.permissions import Actor, Facts, Permission, can
from matchmaker.domain.task_books import OUTPUTS, day_text, lines
from matchmaker.domain.vocabulary import Audience, BookAnswer, HostKind, MemberRole, OrganisationKind, Role, TeamStatus
from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import masking, scopes, teams
from matchmaker.queries.choices import named
from matchmaker.queries.facts import at_work, facts_of

Found = TypeVar("Found", Agreement, TaskBook, Milestone)
ACADEMICIAN = "院士"


def members_on(team: Team, day: date) -> list[TeamMember]:
    """Who is in the team on a day, the leader first."""
    there = [one for one in team.members if (one.left_on is None or one.left_on > day)]
    there = [one for one in there if one.joined_on is None or one.joined_on <= day]
    return sorted(there, key=lambda one: one.role is not MemberRole.LEAD)


def lead_of(team: Team) -> Expert | None:
    """Who leads the team now."""
    return next((one.expert for one in team.members if one.role is MemberRole.LEAD and one.left_on is None), None)


def hosts_on(team: Team, day: date) -> list[TeamHost]:
    """Whom the team serves on a day."""
    return [one for one in team.hosts if one.since <= day and (one.until is None or one.until >= day)]


def host_name(host: TeamHost | SpecialistHost) -> str:
    """What a host is called."""
    if host.organisation is not None:
        return host.organisation.name
    return named(host.unit) if host.unit else named(host.cluster) if host.cluster else ""


def firms_on(team: Team, day: date) -> list[Organisation]:
    """The firms among the hosts of a day, and those with a need of the team's in a unit or cluster that is a host."""
    hosts = hosts_on(team, day)
    found = {host.organisation.id: host.organisation for host in hosts if host.organisation is not None}
    units = {host.unit_id or (host.cluster.unit_id if host.cluster else None) for host in hosts} - {None}
    found |= {row.need.firm_id: row.need.firm for row in team.needs if row.need.firm.unit_id in units}
    return list(found.values())


def sides_to_come(team: Team, day: date) -> list[Organisation]:
    """The firms that a task book binds: hosts of today and those whose time begins later."""
    coming = [host.organisation for host in team.hosts if host.organisation is not None and host.since > day]
    return list({firm.id: firm for firm in [*firms_on(team, day), *coming]}.values())


@dataclass(frozen=True)
class Flags:
    """What the award lists ask: an academician, members from outside the province, whose team it is."""

    academician: bool
    outside: int
    lead_institute: str


def flags(session: Session, team: Team, today: date) -> Flags:
    """Derived from the members: by their honour, and by where they work (province digits of GB/T 2260)."""
    people = [one.expert for one in members_on(team, today)]
    lead = lead_of(team)
    home = session.scalars(select(City.region_code)).first() or ""
    outside = [one for one in people if one.site is not None and one.site.region_code[:2] != home[:2]]
    honoured = any(ACADEMICIAN in one.honour or ACADEMICIAN in one.title for one in people)
    return Flags(honoured, len(outside), lead.institute.name if lead else "")


def clusters_and_units(session: Session) -> list[tuple[str, str]]:
    """(key, name) of what a team may serve beside firms."""
    units = [(f"{HostKind.UNIT}:{row.id}", named(row)) for row in session.scalars(select(Unit).order_by(Unit.position))]
    rows = session.scalars(select(Cluster).order_by(Cluster.name))
    return units + [(f"{HostKind.CLUSTER}:{row.id}", named(row)) for row in rows]


def get_at_work(session: Session, actor: Actor, number: int) -> Team:
    """A team whose work the actor may read of; `NotFound` otherwise."""
    team = teams.get_visible(session, actor, number)
    if not can(actor, Permission.TEAM_VIEW, at_work(team)):
        raise NotFound(_("特派团还没有为贵单位服务，派驻情况不公开"))
    return team


def agreements(session: Session, team: Team) -> list[Agreement]:
    """A team's agreements, the newest first, void ones too."""
    rows = select(Agreement).where(Agreement.team_id == team.id)
    return list(session.scalars(rows.order_by(Agreement.signed_on.desc(), Agreement.id.desc())))


def agreements_seen(session: Session, actor: Actor, team: Team) -> list[Agreement]:
    """Those of a team's agreements that the actor may read: a host its own."""
    return [row for row in agreements(session, team) if can(actor, Permission.TEAM_VIEW, facts_of(row))]


def without_agreement(session: Session, team: Team, today: date) -> list[str]:
    """The names of the hosts with whom nothing valid is signed."""
    standing = [row for row in agreements(session, team) if row.voided_at is None]
    signed = {row.host_id for row in standing if row.valid_until is None or row.valid_until >= today}
    return [host_name(host) for host in hosts_on(team, today) if host.id not in signed]


def books(session: Session, team: Team) -> list[TaskBook]:
    """All versions, the newest first."""
    return list(session.scalars(select(TaskBook).where(TaskBook.team_id == team.id).order_by(TaskBook.number.desc())))


def newest(session: Session, team: Team) -> TaskBook | None:
    """The version that was written last."""
    return next(iter(books(session, team)), None)


def signed_book(session: Session, team: Team) -> TaskBook | None:
    """The version that was signed last."""
    return next((book for book in books(session, team) if book.signed_on is not None), None)


def milestones(session: Session, team: Team) -> list[Milestone]:
    """What the signed book promises, in order of the days; dropped ones last."""
    rows = session.scalars(select(Milestone).where(Milestone.team_id == team.id))
    return sorted(rows, key=lambda row: (row.dropped_at is not None, row.due, row.id))


def get(session: Session, actor: Actor, model: type[Found], number: int) -> Found:
    """A record of a team that the actor may see; `NotFound` otherwise."""
    mine = select(model).join(Team, Team.id == model.team_id).where(model.id == number, scopes.teams(actor))
    found = session.scalars(mine).unique().first()
    if found is None or not can(actor, Permission.TEAM_VIEW, facts_of(found)):
        raise NotFound(_("没有找到这条记录"))
    return found


@dataclass(frozen=True)
class BookSide:
    """One side whose yes a task book needs: a host firm or the leading expert, and what it has said."""

    name: str
    greeted: str
    email: str
    facts: Facts
    organisation_id: int | None
    expert_id: int | None
    word: BookWord | None

    @property
    def key(self) -> str:
        """How a form names the side."""
        return f"firm:{self.organisation_id}" if self.organisation_id else f"expert:{self.expert_id}"

    @property
    def agrees(self) -> bool:
        """Whether it has said yes to this version."""
        return self.word is not None and self.word.answer is BookAnswer.AGREES

    def heard_from(self, actor: Actor) -> bool:
        """Whether the actor speaks for this side, or takes down 代录 what it said: a unit's officer for its firms."""
        return can(actor, Permission.TASK_BOOK_ANSWER, self.facts)

    def remark_for(self, actor: Actor) -> bool:
        """Whether the actor reads what the side wants changed: no other firm does, nor another unit."""
        return actor.role is Role.EXPERT or can(actor, Permission.TEAM_VIEW, self.facts)


def _side(firm: Organisation, word: BookWord | None) -> BookSide:
    return BookSide(firm.name, firm.contact_name or firm.name, firm.contact_email, facts_of(firm), firm.id, None, word)


def sides(team: Team, book: TaskBook, today: date) -> list[BookSide]:
    """The firms that are or will be served and the leading expert, with what they said of this version."""
    said = {(word.organisation_id, word.expert_id): word for word in book.words}
    found = [_side(firm, said.get((firm.id, None))) for firm in sides_to_come(team, today)]
    lead = lead_of(team)
    if lead is not None:
        facts = Facts(expert_ids=frozenset({lead.id}))
        found.append(BookSide(lead.name, lead.name, lead.email, facts, None, lead.id, said.get((None, lead.id))))
    return found


def book_text(book: TaskBook) -> dict[str, str]:
    """A version as label → text, for reading and for comparing two."""
    outputs = [f"{_(label)} {book.outputs[name]}" for name, label in OUTPUTS.items() if book.outputs.get(name)]
    return {
        _("双方"): book.parties,
        _("服务期"): f"{book.starts_on.isoformat()} – {book.ends_on.isoformat()}",
        _("要解决的问题和指标"): lines(book.problems, "firm", "problem", "indicator"),
        _("里程碑"): lines(book.milestones, "due", "title"),
        _("服务天数目标"): day_text(book.target_half_days),
        _("服务次数目标"): str(book.target_times or ""),
        _("预期产出"): _("；").join(outputs),
        _("经费安排"): book.funds,
        _("知识产权"): book.property_terms,
        _("保密约定"): book.confidentiality,
    }


def expert_named(session: Session, text: str) -> list[Expert]:
    """The experts whom a name, or a name with the institute behind it (`周某（某大学）`, `周某 (某大学)`), may mean."""
    wanted = text.replace("(", "（").strip()
    rows = session.scalars(
        select(Expert).where(scopes.known_experts(), Expert.name == wanted.partition("（")[0].strip())
    )
    found = list(rows.unique())
    exact = [one for one in found if comparable(wanted) == comparable(f"{one.name}（{one.institute.name}）")]
    return exact or found


def serving(session: Session, expert_id: int, day: date) -> list[Team]:
    """The teams in service that an expert belongs to on a day."""
    standing = or_(TeamMember.left_on.is_(None), TeamMember.left_on > day)
    mine = (TeamMember.expert_id == expert_id, standing, Team.status == TeamStatus.SERVING)
    rows = select(Team).join(TeamMember, TeamMember.team_id == Team.id).where(*mine).order_by(Team.id)
    return list(session.scalars(rows).unique())


def serving_teams(session: Session, actor: Actor) -> Sequence[Team]:
    """The teams in service that the actor may see."""
    mine = (scopes.teams(actor), Team.status == TeamStatus.SERVING)
    return session.scalars(select(Team).where(*mine).order_by(Team.name)).unique().all()


def local_firm(session: Session, actor: Actor, text: str) -> Organisation | None:
    """The local firm with this name."""
    mine = (scopes.firms_of(actor), Organisation.kind == OrganisationKind.FIRM, Organisation.name == text.strip())
    return session.scalars(select(Organisation).where(*mine)).first()


def begun_book(team: Team, book: TaskBook | None, today: date, *, years: int) -> dict[str, Any]:
    """What a form of the task book begins with: the newest version, or what the needs and the members say.

    `years` is the usual term. A need released to chosen institutes is not put in by itself: every side reads the book.
    """
    if book is not None:
        return {
            "parties": book.parties,
            "starts_on": book.starts_on,
            "ends_on": book.ends_on,
            "target_days": day_text(book.target_half_days),
            "target_times": book.target_times,
            "funds": book.funds,
            "property_terms": book.property_terms,
            "confidentiality": book.confidentiality,
            **book.outputs,
            **_flat("problem", book.problems),
            **_flat("milestone", book.milestones),
        }
    lead = lead_of(team)
    people = _("、").join(one.expert.name for one in members_on(team, today))
    told = [
        _("服务对象：%(names)s", names=_("、").join(host_name(host) for host in hosts_on(team, today))),
        _("特派团：%(name)s（%(people)s）", name=team.name, people=people),
        _("团长单位：%(name)s", name=lead.institute.name if lead else ""),
    ]
    problems = [_problem(team, row.need) for row in team.needs if row.need.audience is not Audience.CHOSEN]
    first = team.starts_on or today
    last = team.ends_on or date(first.year + years, first.month, min(first.day, 28))
    return {"parties": "\n".join(told), "starts_on": first, "ends_on": last, **_flat("problem", problems)}


def _problem(team: Team, need: Need) -> dict[str, str]:
    known = need.audience is not Audience.MASKED or need.firm_id in {host.organisation_id for host in team.hosts}
    firm = need.firm.name if known else masking.masked_name(need)
    return {"problem": need.problem, "indicator": need.indicators, "firm": firm}


def _flat(prefix: str, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {f"{prefix}_{name}_{n}": value for n, row in enumerate(rows) for name, value in row.items()}


def next_term(session: Session, team: Team) -> Team | None:
    """The team that this one was renewed as, the latest; one that was given up before it was signed does not count."""
    rows = select(Team).where(Team.renewed_from_id == team.id).order_by(Team.id.desc())
    found = session.scalars(rows).unique()
    return next((one for one in found if one.status is not TeamStatus.ENDED or signed_book(session, one)), None)
