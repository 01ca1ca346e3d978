"""Records that goals other than visits count, and what they come to: `values(session, year)` is asked by all pages."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, func, select, true
from sqlalchemy.orm import Session, aliased

from matchmaker.db.models import Absorption, Assessment, City, Organisation, Site, Training, Turnover
from matchmaker.domain.entries import (
    Achievement,
    Figure,
    Trained,
    Verdict,
    YearSum,
    judge_achievements,
    judge_firms,
    judge_people,
    year_sum,
)
from matchmaker.domain.metrics import EntryCode
from matchmaker.domain.specialists import METRICS, Filing, on_file
from matchmaker.errors import Invalid, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined
from matchmaker.queries import clinics, exchanges, scopes, specialists
from matchmaker.queries.counts import host_regions
from matchmaker.queries.listing import Page, Sorts, Wanted, contains, fetch

FILTERS = ("year", "state")
STANDS, VOID = "stands", "void"
DEFAULT_SORT = "-day"
COUNTED = (EntryCode.ABSORPTION, EntryCode.TRAINING, EntryCode.CLINICS, EntryCode.INSTITUTES)
ON_FILE = tuple(METRICS)  # people on file at a year's end, or now: years are not added up
Row = TypeVar("Row", Absorption, Turnover, Training)


@dataclass(frozen=True)
class Value:
    """What a metric has reached in a year, in its own unit, and the records it is made of.

    `ids` are of absorptions, turnover rows, trainings, clinics' visits, specialists or institutes by metric; none for a
    figure that was only stated (`source`).
    `through`: the last month that turnover figures cover, `gaps` the months before it that nobody has stated.
    """

    amount: Decimal
    ids: tuple[int, ...] = ()
    through: int | None = None
    gaps: tuple[int, ...] = ()
    source: str = ""


@dataclass(frozen=True)
class Entries:
    """All that is entered, judged: what each year comes to, and what became of each record."""

    by_year: Mapping[int, Mapping[str, Value]]
    stated: Mapping[int, Mapping[str, Value]]
    absorptions: Mapping[int, Verdict]
    trainings: Mapping[int, Verdict]
    clinic_visits: Mapping[int, Verdict]
    filings: Sequence[Filing]
    today: date = date.max

    def values(self, year: int) -> dict[str, Value]:
        """Metric code → value; nothing for a metric of which nobody has entered anything for the year.

        Absorptions, trainings, firms of clinics and institutes are counted, so theirs is 0 then.
        """
        counted = {code.value: Value(Decimal(0)) for code in COUNTED}
        filed = {code.value: self._on_file(code.value, year) for code in ON_FILE}
        return {**self.stated.get(year, {}), **counted, **filed, **self.by_year.get(year, {})}

    def _on_file(self, code: str, year: int) -> Value:
        known = self.filings if year <= self.today.year else ()  # nobody is on file in a year to come
        found = on_file(known, code, date(year, 12, 31))
        return Value(Decimal(len(found)), tuple(found.values()))

    def to_date(self, code: str, year: int) -> Decimal | None:
        """All years up to `year` together; a stated figure is what its year's end shows and is not added up."""
        if code not in set(EntryCode):
            found = self.stated.get(year, {}).get(code)
            return found.amount if found else None
        if code in ON_FILE:
            return self._on_file(code, year).amount
        past = [values[code].amount for known, values in self.by_year.items() if known <= year and code in values]
        return sum(past, Decimal(0)) if past else None


def values(session: Session, year: int, today: date = date.max) -> dict[str, Value]:
    """What every entered metric has reached in `year`, by metric code; six queries, however many records there are."""
    return load(session, today).values(year)


def load(session: Session, today: date = date.max) -> Entries:
    """Everything entered and not void, judged; years after `today`'s show nobody on file."""
    found: dict[int, dict[str, Value]] = defaultdict(dict)
    absorptions, trainings, diagnosed = _achievements(session), _people(session), clinics.diagnosed(session)
    achieved, trained, visited = judge_achievements(absorptions), judge_people(trainings), judge_firms(diagnosed)
    for code, rows, verdicts in (
        (EntryCode.ABSORPTION, absorptions, achieved),
        (EntryCode.TRAINING, trainings, trained),
        (EntryCode.CLINICS, diagnosed, visited),
    ):
        for year, ids in _counted(rows, verdicts).items():
            found[year][code.value] = Value(Decimal(len(ids)), tuple(ids))
    for year, met in exchanges.by_year(session).items():
        found[year][EntryCode.INSTITUTES.value] = Value(Decimal(len(met)), tuple(sorted(met)))
    for year, sums in _turnover(session).items():
        found[year] |= sums
    return Entries(found, _stated(session), achieved, trained, visited, specialists.filings(session), today)


def _counted(rows: list[Any], verdicts: Mapping[int, Verdict]) -> dict[int, list[int]]:
    ids: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        if verdicts[row.id] is Verdict.COUNTED:
            ids[row.day.year].append(row.id)
    return ids


def in_host_regions(session: Session) -> ColumnElement[bool]:
    """Sites in one of the city's host regions (same province digits)."""
    codes = session.scalars(select(City.host_regions)).first() or []
    return func.substr(Site.region_code, 1, 2).in_([code[:2] for code in codes])


def _achievements(session: Session) -> list[Achievement]:
    there = set(session.scalars(select(Site.organisation_id).where(in_host_regions(session)).distinct()))
    rows = session.execute(
        select(Absorption.id, Absorption.title, Absorption.origin_id, Absorption.day)
        .where(Absorption.voided_at.is_(None))
        .order_by(Absorption.day, Absorption.id)
    )
    return [Achievement(*row, in_regions=row.origin_id in there) for row in rows]


def _people(session: Session) -> list[Trained]:
    rows = session.execute(
        select(Training.id, Training.name, Training.organisation, Training.day)
        .where(Training.voided_at.is_(None))
        .order_by(Training.day, Training.id)
    )
    return [Trained(*row) for row in rows]


def figures(session: Session, year: int | None = None) -> list[Turnover]:
    """The turnover rows that stand, of one year or all, in their order."""
    standing = select(Turnover).where(Turnover.voided_at.is_(None))
    mine = standing.where(Turnover.year == year) if year is not None else standing
    return list(session.scalars(mine.order_by(Turnover.year, Turnover.month, Turnover.id)))


def figure(row: Turnover) -> Figure:
    """A turnover row as `domain.entries` reads it."""
    return Figure(row.id, row.span, row.month, row.total)


def _turnover(session: Session) -> dict[int, dict[str, Value]]:
    total: dict[int, list[Figure]] = defaultdict(list)
    hosts: dict[int, list[Figure]] = defaultdict(list)
    for row in figures(session):
        total[row.year].append(figure(row))
        if row.hosts is not None:
            hosts[row.year].append(Figure(row.id, row.span, row.month, row.hosts))
    found: dict[int, dict[str, Value]] = defaultdict(dict)
    for code, by_year in ((EntryCode.TURNOVER, total), (EntryCode.TURNOVER_HOSTS, hosts)):
        for year, mine in by_year.items():
            found[year][code.value] = _value(year_sum(mine))
    return found


def _value(sums: YearSum | None) -> Value:
    if sums is None:
        raise ValueError("a year without figures has no sum")
    return Value(sums.amount, sums.ids, sums.through, sums.gaps)


def _stated(session: Session) -> dict[int, dict[str, Value]]:
    found: dict[int, dict[str, Value]] = defaultdict(dict)
    for row in session.scalars(select(Assessment).where(Assessment.value.is_not(None))):
        if row.metric_code not in set(EntryCode) and row.value is not None:
            found[row.year][row.metric_code] = Value(row.value, source=row.source)
    return found


def get(session: Session, model: type[Row], row_id: int) -> Row:
    """One record; `NotFound` when there is none."""
    found = session.get(model, row_id)
    if found is None:
        raise NotFound(_("没有找到这条记录"))
    return found


def absorptions(session: Session, wanted: Wanted) -> Page[Absorption]:
    """The absorptions asked for."""
    firm, origin_ = aliased(Organisation), aliased(Organisation)
    statement = (
        select(Absorption)
        .join(firm, firm.id == Absorption.firm_id)
        .join(origin_, origin_.id == Absorption.origin_id)
        .where(_in_year(wanted, Absorption.day), contains(wanted.text, Absorption.title, firm.name, origin_.name))
    )
    sorts: Sorts = {
        "id": Absorption.id,
        "day": Absorption.day,
        "title": Absorption.title,
        "amount": Absorption.amount_wan,
        "firm": firm.name,
        "origin": origin_.name,
    }
    return fetch(session, _standing(statement, Absorption, wanted), wanted, sorts, default=DEFAULT_SORT)


def turnovers(session: Session, wanted: Wanted) -> Page[Turnover]:
    """The turnover figures asked for."""
    year = wanted.filters.get("year", "")
    mine = Turnover.year == int(year) if _is_year(year) else true()
    statement = select(Turnover).where(mine, contains(wanted.text, Turnover.source, Turnover.note))
    when = Turnover.year * 100 + Turnover.month
    sorts: Sorts = {"id": Turnover.id, "day": when, "total": Turnover.total, "source": Turnover.source}
    return fetch(session, _standing(statement, Turnover, wanted), wanted, sorts, default=DEFAULT_SORT)


def trainings(session: Session, wanted: Wanted) -> Page[Training]:
    """The trainings asked for."""
    columns = (Training.name, Training.organisation, Training.course, Training.certificate)
    statement = select(Training).where(_in_year(wanted, Training.day), contains(wanted.text, *columns))
    sorts: Sorts = {
        "id": Training.id,
        "day": Training.day,
        "name": Training.name,
        "organisation": Training.organisation,
        "course": Training.course,
    }
    return fetch(session, _standing(statement, Training, wanted), wanted, sorts, default=DEFAULT_SORT)


def _is_year(text: str) -> bool:
    return len(text) == 4 and text.isascii() and text.isdigit() and int(text) > 0


def _in_year(wanted: Wanted, day: Any) -> ColumnElement[bool]:
    text = wanted.filters.get("year", "")
    if not _is_year(text):
        return true()
    found: ColumnElement[bool] = day.between(date(int(text), 1, 1), date(int(text), 12, 31))
    return found


def _standing(statement: Select[Any], model: type[Row], wanted: Wanted) -> Select[Any]:
    state = wanted.filters.get("state", "")
    if state not in {STANDS, VOID}:
        return statement
    voided = model.voided_at.is_not(None)
    return statement.where(voided if state == VOID else ~voided)


def years(session: Session, model: type[Row]) -> list[int]:
    """The years of which there are records, the newest first."""
    column: Any = Turnover.year if model is Turnover else getattr(model, "day")  # noqa: B009 -- mypy: one has no day
    first, last = session.execute(select(func.min(column), func.max(column))).one()
    ends = [one.year if isinstance(one, date) else one for one in (first, last)]
    return list(range(ends[1], ends[0] - 1, -1)) if first is not None else []


def origins(session: Session) -> list[str]:
    """Names of the organisations an achievement may come from: those present in the host regions."""
    there = select(Site.organisation_id).where(in_host_regions(session))
    names = select(Organisation.name).where(Organisation.id.in_(there), scopes.on_file())
    return list(session.scalars(names.order_by(Organisation.name).distinct()))


def origin(session: Session, name: str) -> int:
    """The organisation of this name. Raises `Invalid` for none or several, and for one without a place there."""
    wanted = (Organisation.name == name) | (Organisation.credit_code == name)
    found = session.scalars(select(Organisation.id).where(wanted, scopes.on_file())).all()
    if len(found) != 1:
        raise Invalid({"origin": _("来源单位：名录中没有“%(name)s”，请从列表中选择或先登记该单位", name=name[:40])})
    there = select(Site.id).where(Site.organisation_id == found[0], in_host_regions(session))
    if session.scalars(there.limit(1)).first() is None:
        regions = joined(host_regions(session).values())
        raise Invalid(
            {"origin": _("来源单位：%(name)s在%(regions)s没有地点，不能计入，请核对", name=name[:40], regions=regions)}
        )
    return found[0]
