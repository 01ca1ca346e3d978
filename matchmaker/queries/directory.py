"""Finding a record by what a person wrote for it: a number, a code or a name."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db.models import Organisation, Region, TechnicalField, Unit
from matchmaker.domain.drafts import comparable
from matchmaker.domain.vocabulary import OrganisationKind
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined
from matchmaker.queries.choices import named

Found = TypeVar("Found", bound=Hashable)
_CODE, _REGION_CODE = 0, 2  # places in the directories of regions and of units


class Directory(Generic[Found]):
    """Records under their names. A name that several records share finds none of them."""

    def __init__(self, records: Iterable[Found], *names: Callable[[Found], str | None]) -> None:
        """`names` go from the surest to the least sure: a record's number is asked before anybody's name."""
        self._names = names
        self._tables: list[dict[str, list[Found]]] = [defaultdict(list) for _name in names]
        self._records: dict[Found, None] = {}
        for record in records:
            self.add(record)

    def add(self, record: Found) -> None:
        """Make one more record known, or a known one under what it is called now."""
        self._records[record] = None
        for table, name in zip(self._tables, self._names, strict=True):
            key = comparable(name(record) or "")
            if key and record not in table[key]:
                table[key].append(record)

    def also(self, record: Found, *called: str | None) -> None:
        """Let `record` be found under further names, one for each sort, where nobody else has them."""
        for table, name in zip(self._tables, called, strict=True):
            if key := comparable(name or ""):
                table.setdefault(key, [record])

    def every(self) -> list[Found]:
        """All records in the order they came."""
        return list(self._records)

    def find(self, text: str) -> list[Found]:
        """The records that the surest matching name stands for; empty when nobody has it."""
        key = comparable(text)
        return next((list(table[key]) for table in self._tables if key in table), [])

    def by(self, place: int, text: str | None) -> list[Found]:
        """The records with this name of one sort (its place in the constructor)."""
        return list(self._tables[place].get(comparable(text or ""), []))


def technical_field(session: Session, text: str) -> TechnicalField:
    """The technical field with this code or name. Raises `Invalid` naming the ones there are."""
    exact = session.scalars(select(TechnicalField).where(TechnicalField.code == text)).one_or_none()
    if exact is not None:
        return exact
    fields = list(session.scalars(select(TechnicalField).order_by(TechnicalField.position)))
    found = Directory(fields, lambda row: row.code, lambda row: row.name, lambda row: row.name_en).find(text)
    if not found:
        known = joined(named(row) for row in fields)
        raise Invalid(
            {"field": _("技术领域：没有“%(value)s”，请改为以下之一：%(known)s", value=text[:40], known=known)}
        )
    return found[0]


def institutes(session: Session, names: Iterable[str]) -> list[Organisation]:
    """The institutes with these full names, numbers or credit codes, in their order. Raises `Invalid` naming others."""
    names = list(names)
    if not names:
        return []
    institute = Organisation.kind == OrganisationKind.INSTITUTE
    rows = session.scalars(select(Organisation).where(institute, Organisation.merged_into_id.is_(None)))
    known = Directory(rows, lambda row: row.external_id, lambda row: row.credit_code, lambda row: row.name)
    found = {name: known.find(name) for name in names}
    wrong = [name for name, rows in found.items() if len(rows) != 1]
    if wrong:
        message = _("定向院所：名录中没有“%(names)s”，请填写院所全称或编号", names=joined(wrong)[:80])
        raise Invalid({"releases": message})
    return list(dict.fromkeys(rows[0] for rows in found.values()))


def units(session: Session) -> Directory[Unit]:
    """The responsible units by code, name, region code and English name."""
    rows = session.scalars(select(Unit).order_by(Unit.position))
    return Directory(
        rows, lambda row: row.code, lambda row: row.name, lambda row: row.region_code, lambda row: row.name_en
    )


def region_code(known: Directory[Region], text: str) -> str:
    """The code of a region by name or code; a code that is not in the table passes when its province is.

    Raises `Invalid` for what is unknown or stands for several.
    """
    found = known.find(text)
    if len(found) == 1:
        return found[0].code
    if found:
        raise Invalid({"region": _("“%(value)s”不止一处，请填写六位行政区划代码", value=text)})
    if len(text) == 6 and text.isdecimal() and known.by(_CODE, f"{text[:2]}0000"):
        return text
    raise Invalid({"region": _("没有地域“%(value)s”，请填写六位行政区划代码，例如 110108", value=text)})


def unit_of_region(known: Directory[Unit], code: str) -> Unit | None:
    """A county's unit; a city's code says nothing about the unit."""
    return None if code.endswith("00") else next(iter(known.by(_REGION_CODE, code)), None)


def regions(session: Session) -> Directory[Region]:
    """The regions by code and by name."""
    return Directory(session.scalars(select(Region)), lambda row: row.code, lambda row: row.name)
