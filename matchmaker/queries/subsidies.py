"""Policy measures as readers see them: which, for whom, and what their conditions find on file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from matchmaker.db.models import Organisation, Subsidy, SubsidyStatement, TaskBook, Team, TeamHost
from matchmaker.domain import subsidies as rules
from matchmaker.domain.drafts import comparable, one_line
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.subsidies import Amount, Condition, Evaluated, Line, Measure, OnFile, Said, Terms
from matchmaker.domain.vocabulary import OrganisationKind, SubsidySubject, TargetStatus, TeamStatus
from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import evaluations, scopes

_KINDS = {
    SubsidySubject.TEAM_HOST: OrganisationKind.FIRM,
    SubsidySubject.FIRM: OrganisationKind.FIRM,
    SubsidySubject.AGENCY: OrganisationKind.AGENCY,
}


@dataclass(frozen=True)
class Party:
    """Whose conditions are checked: an organisation, for one of its teams or projects where the measure is theirs."""

    organisation: Organisation
    team: Team | None = None
    project: str = ""
    since: date | None = None  # when the team's service began and, unless it serves on, when it ended
    until: date | None = None

    @property
    def key(self) -> tuple[int, int | None, str]:
        """What tells it from other cases of the same measure."""
        return self.organisation.id, self.team.id if self.team else None, self.project


@dataclass(frozen=True)
class Case:
    """A party's conditions and amount under a measure."""

    subsidy: Subsidy
    party: Party
    lines: list[Line]
    amount: Amount


def read(row: Subsidy) -> Measure:
    """A stored measure as the rules read it."""
    conditions = tuple(Condition.model_validate(one) for one in row.conditions)
    return Measure(conditions, Terms.model_validate(row.details), row.cap_wan)


def is_draft(row: Subsidy) -> bool:
    """Whether a measure is not final."""
    return row.status is not TargetStatus.FINAL


def holds(row: Subsidy, day: date) -> bool:
    """Whether a measure is final and in force on a day."""
    return rules.in_force(row.status, row.valid_from, row.valid_to, day)


def visible(session: Session, actor: Actor, today: date) -> list[Subsidy]:
    """All measures for officers and leaders; for others the final ones in force today."""
    everything = can(actor, Permission.SUBSIDY_DRAFTS_VIEW)
    rows = session.scalars(select(Subsidy).order_by(Subsidy.id))
    return [row for row in rows if everything or holds(row, today)]


def get_visible(session: Session, actor: Actor, subsidy_id: int, today: date) -> Subsidy:
    """One of the measures the actor may read; `NotFound` otherwise."""
    found = session.get(Subsidy, subsidy_id)
    if found is None or not (can(actor, Permission.SUBSIDY_DRAFTS_VIEW) or holds(found, today)):
        raise NotFound(_("没有找到这项政策措施"))
    return found


# Whose conditions


def _of(actor: Actor) -> ColumnElement[bool]:
    """Organisations whose conditions the actor may read: firms in scope, agencies for who sees the whole city."""
    if not (actor.is_system or can(actor, Permission.AUDIT_VIEW)):
        return scopes.firms_of(actor)
    agency = (Organisation.kind == OrganisationKind.AGENCY) & scopes.on_file()
    return or_(scopes.firms_of(actor), agency)


def organisation(session: Session, actor: Actor, organisation_id: int) -> Organisation:
    """A firm or agency whose conditions the actor may read; `NotFound` otherwise."""
    found = session.scalars(select(Organisation).where(Organisation.id == organisation_id, _of(actor))).first()
    if found is None:
        raise NotFound(_("没有找到这家企业"))
    return found


def may_read(session: Session, actor: Actor, one: Organisation) -> bool:
    """Whether the actor may read the conditions of an organisation."""
    mine = select(Organisation.id).where(Organisation.id == one.id, _of(actor))
    return can(actor, Permission.SUBSIDY_VIEW) and session.scalar(mine) is not None


def concerns(row: Subsidy, one: Organisation) -> bool:
    """Whether a measure is for organisations of this kind."""
    return one.kind is _KINDS[read(row).terms.subject]


def party(
    session: Session, actor: Actor, row: Subsidy, organisation_id: int, *, team_id: int | None, project: str
) -> Party:
    """The case of a measure that an address names; `NotFound` when there is none such that the actor may read.

    A team has to be one that serves the firm; a measure by projects needs the project's name, in any spelling.
    """
    measure, one = read(row), organisation(session, actor, organisation_id)
    hosted = _hosted(session, actor, measure.level, one) if measure.terms.subject is SubsidySubject.TEAM_HOST else []
    found = next((each for each in hosted if each.team is not None and each.team.id == team_id), None)
    project = _as_known(session, one, project)
    astray = (team_id is not None and found is None) or bool(project) != measure.terms.per_project
    if astray or not concerns(row, one):
        raise NotFound(_("没有找到这份条件对照"))
    return found or Party(one, project=project)


def projects(session: Session, one: Organisation) -> list[str]:
    """The projects of an organisation for which anything was ever stated, as they were first written."""
    mine = (SubsidyStatement.organisation_id == one.id, SubsidyStatement.project != "")
    rows = session.scalars(select(SubsidyStatement.project).where(*mine).order_by(SubsidyStatement.id))
    return list({comparable(name): name for name in reversed(rows.all())}.values())


def _as_known(session: Session, one: Organisation, project: str) -> str:
    """One project has one name and one cap, however it is typed."""
    project = one_line(project)[:200]
    same = (name for name in projects(session, one) if comparable(name) == comparable(project))
    return next(same, project)


def _hosted(session: Session, actor: Actor, level: str, one: Organisation | None = None) -> list[Party]:
    """Firms with a team that serves or served them, of one level where it matters.

    A team that was given up before any task book was signed served nobody.
    """
    signed = select(TaskBook.id).where(TaskBook.team_id == Team.id, TaskBook.signed_on.is_not(None)).exists()
    statement = (
        select(Organisation, Team, TeamHost.since, TeamHost.until)
        .join(TeamHost, TeamHost.organisation_id == Organisation.id)
        .join(Team, Team.id == TeamHost.team_id)
        .where(_of(actor), *([Organisation.id == one.id] if one else []), *([Team.level == level] if level else []))
        .where(or_(Team.status != TeamStatus.ENDED, signed))
        .order_by(Organisation.name, Team.id, TeamHost.since)
    )
    found: dict[tuple[int, int], Party] = {}
    for firm, team, since, until in session.execute(statement).unique():
        before = found.get((firm.id, team.id))
        ends = {until, before.until} if before else {until}
        last = None if None in ends else max(filter(None, ends))
        found[firm.id, team.id] = Party(firm, team, since=before.since if before else since, until=last)
    return list(found.values())


def _stated_for(session: Session, row: Subsidy, actor: Actor, one: Organisation | None = None) -> list[Party]:
    """Organisations for which something stands stated."""
    rows = standing(session, row, actor, one)
    parties = {
        (each.organisation_id, None, each.project): Party(each.organisation, None, each.project) for each in rows
    }
    return sorted(parties.values(), key=lambda each: (each.organisation.name, each.project))


def standing(session: Session, row: Subsidy, actor: Actor, one: Organisation | None = None) -> list[SubsidyStatement]:
    """What is stated for a measure and was not voided, of one organisation or of all that the actor may read."""
    mine = (SubsidyStatement.subsidy_id == row.id, SubsidyStatement.voided_at.is_(None), _of(actor))
    statement = select(SubsidyStatement).join(Organisation, Organisation.id == SubsidyStatement.organisation_id)
    if one is not None:
        statement = statement.where(Organisation.id == one.id)
    return list(session.scalars(statement.where(*mine).order_by(SubsidyStatement.id)).unique())


# What is found


def cases(session: Session, actor: Actor, row: Subsidy, today: date, one: Organisation | None = None) -> list[Case]:
    """The cases of a measure among those the actor may read: hosts of teams, or whoever had something stated."""
    measure = read(row)
    if measure.terms.subject is SubsidySubject.TEAM_HOST:
        parties = _hosted(session, actor, measure.level, one)
    else:
        parties = _stated_for(session, row, actor, one)
    return _checked(session, actor, row, parties, today)


def of_organisation(session: Session, actor: Actor, row: Subsidy, one: Organisation, today: date) -> list[Case]:
    """The same for one organisation, which has a case even with nothing on file, unless the measure asks by project."""
    found = cases(session, actor, row, today, one)
    if found or read(row).terms.per_project:
        return found
    return _checked(session, actor, row, [Party(one)], today)


def case(session: Session, actor: Actor, row: Subsidy, whose: Party, today: date) -> Case:
    """One case."""
    return _checked(session, actor, row, [whose], today)[0]


def _checked(session: Session, actor: Actor, row: Subsidy, parties: list[Party], today: date) -> list[Case]:
    measure, teams = read(row), [each.team for each in parties if each.team is not None]
    said = _said(standing(session, row, actor))
    signed, evaluated = _signed(session, teams), _evaluated(session, today)
    found = []
    for each in parties:
        stated = said.get(each.key, {})
        facts = _facts(each.team, signed, evaluated, stated)
        sums = {code: one.amount_wan for code, one in stated.items() if one.amount_wan is not None}
        found.append(Case(row, each, rules.check(measure, facts), rules.amount(measure, sums)))
    return found


def _said(rows: Iterable[SubsidyStatement]) -> dict[tuple[int, int | None, str], dict[str, Said]]:
    found: dict[tuple[int, int | None, str], dict[str, Said]] = {}
    for row in rows:
        amount = None if row.amount_wan is None else Decimal(row.amount_wan)
        said = Said(row.holds, amount, row.document, row.entered_by, row.by_firm)
        found.setdefault((row.organisation_id, row.team_id, row.project), {})[row.condition] = said
    return found


def _signed(session: Session, teams: Iterable[Team]) -> dict[int, date]:
    """Team → the day on which its task book was signed last."""
    ids = [team.id for team in teams]
    signed = (TaskBook.team_id.in_(ids), TaskBook.signed_on.is_not(None))
    rows = session.execute(select(TaskBook.team_id, func.max(TaskBook.signed_on)).where(*signed).group_by("team_id"))
    return {team_id: day for team_id, day in rows if day is not None}


def _evaluated(session: Session, today: date) -> dict[int, Evaluated]:
    """Team → its last published evaluation, of this year or of the one before."""
    return {
        one.team_id: Evaluated(year, one.in_line, one.province_grade)
        for year in (today.year - 1, today.year)
        for one in evaluations.published(session, year)
    }


def _facts(
    team: Team | None,
    signed: Mapping[int, date],
    evaluated: Mapping[int, Evaluated],
    stated: Mapping[str, Said],
) -> OnFile:
    if team is None:
        return OnFile(stated=stated)
    return OnFile(
        team_level=team.level,
        book_signed_on=signed.get(team.id),
        platform=team.platform,
        platform_level=team.platform_level,
        platform_on=team.platform_on,
        evaluated=evaluated.get(team.id),
        stated=stated,
    )


def statements(session: Session, row: Subsidy, whose: Party) -> list[SubsidyStatement]:
    """Everything ever stated for a case, the newest first, void ones too; for who may read the case."""
    organisation_id, team_id, project = whose.key
    mine = (SubsidyStatement.subsidy_id == row.id, SubsidyStatement.organisation_id == organisation_id)
    same = (SubsidyStatement.project == project, SubsidyStatement.team_id.is_not_distinct_from(team_id))
    rows = select(SubsidyStatement).where(*mine, *same).order_by(SubsidyStatement.id.desc())
    return list(session.scalars(rows).unique())


def statement(session: Session, actor: Actor, statement_id: int) -> SubsidyStatement:
    """One statement about an organisation that the actor may read; `NotFound` otherwise."""
    rows = select(SubsidyStatement).join(Organisation, Organisation.id == SubsidyStatement.organisation_id)
    found = session.scalars(rows.where(SubsidyStatement.id == statement_id, _of(actor))).unique().first()
    if found is None:
        raise NotFound(_("没有找到这条填报"))
    return found
