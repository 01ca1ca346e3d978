"""What anybody may see: numbers without names, and the open needs without their firms."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session, defer

from matchmaker.db.models import Capability, Meeting, Need, Organisation, TechnicalField, Unit
from matchmaker.domain.vocabulary import Audience, CapabilityStatus, MeetingStatus, NeedStatus
from matchmaker.queries.choices import named
from matchmaker.queries.listing import Page, Wanted, contains, fetch

FILTERS = ("field", "unit")
DEFAULT_SORT = "-published"
SORTS = {
    "id": Need.id,
    "title": Need.title,
    "field": TechnicalField.position,
    "unit": Unit.position,
    "published": Need.published_at,
    "deadline": Need.deadline,
}


@dataclass(frozen=True)
class Numbers:
    """Totals without names."""

    needs: int
    capabilities: int
    meetings: int


@dataclass(frozen=True)
class OpenNeed:
    """A published need as a stranger may read it: nothing in it says whose it is."""

    id: int
    title: str
    field: str
    unit: str
    keywords: Sequence[str]
    published_at: datetime | None
    deadline: date | None


def numbers(session: Session, today: date) -> Numbers:
    """Open needs, listed capabilities, and meetings verified this year."""
    this_year = Meeting.day.between(date(today.year, 1, 1), date(today.year, 12, 31))
    statements = (
        select(func.count()).select_from(Need).join(Organisation, Organisation.id == Need.firm_id).where(_open()),
        select(func.count()).select_from(Capability).where(Capability.status == CapabilityStatus.LISTED),
        select(func.count()).select_from(Meeting).where(Meeting.status == MeetingStatus.VERIFIED, this_year),
    )
    return Numbers(*(session.scalar(statement) or 0 for statement in statements))


def open_needs(session: Session, wanted: Wanted) -> Page[OpenNeed]:
    """The needs that still look for somebody and are for everybody, narrowed by field, unit and words of the title."""
    statement = (
        select(Need)
        .join(Organisation, Organisation.id == Need.firm_id)
        .outerjoin(Unit, Unit.id == Organisation.unit_id)
        .outerjoin(TechnicalField, TechnicalField.id == Need.field_id)
        .where(_open(), contains(wanted.text, Need.title))
        .options(defer(Need.terms))
    )
    for name, column in (("field", TechnicalField.code), ("unit", Unit.code)):
        if wanted.filters.get(name):
            statement = statement.where(column == wanted.filters[name])
    page = fetch(session, statement, wanted, SORTS, default=DEFAULT_SORT)
    return Page(rows=[_without_firm(need) for need in page.rows], total=page.total, number=page.number, size=page.size)


def _open() -> ColumnElement[bool]:
    """Published, not for chosen institutes alone, and with a title that does not name the firm."""
    return and_(
        Need.status == NeedStatus.PUBLISHED,
        Need.audience != Audience.CHOSEN,
        ~Need.title.contains(Organisation.name),
    )


def _without_firm(need: Need) -> OpenNeed:
    return OpenNeed(
        id=need.id,
        title=need.title,
        field=named(need.field) if need.field else "",
        unit=named(need.firm.unit) if need.firm.unit else "",
        keywords=need.keywords,
        published_at=need.published_at,
        deadline=need.deadline,
    )
