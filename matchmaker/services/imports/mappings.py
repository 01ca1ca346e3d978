"""Which column of a sheet is which field: proposed by what the headings say, agreed to once, remembered."""

import hashlib
from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.insert import insert_into
from matchmaker.db.models import ImportMapping
from matchmaker.domain.drafts import ROW_OF, comparable, fields_of, heading_key, match_headings
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import ImportKind
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined
from matchmaker.services.imports.sheet import lacking

IGNORED = ""  # the field of a column that is left out
COUNTERS = frozenset({"序号", "行号", "顺序号", "no", "no."})  # columns that only count the rows of this sheet


def proposed(kind: ImportKind, headings: Iterable[str]) -> dict[str, str]:
    """Heading → field as far as the headings say it themselves, `IGNORED` for the others."""
    every = list(headings)
    found, _unknown = match_headings(ROW_OF[kind], every)
    fields = {heading: field for field, heading in found.items()}
    return {heading: fields.get(heading, IGNORED) for heading in every}


def agreed(session: Session, kind: ImportKind, headings: Iterable[str]) -> dict[str, str] | None:
    """How a sheet with these headings is read without asking: as remembered, or as all its headings say."""
    every = list(headings)
    row = session.scalars(
        select(ImportMapping).where(ImportMapping.kind == kind, ImportMapping.headings_sha256 == _digest(every))
    ).one_or_none()
    known = fields_of(ROW_OF[kind])
    if row is not None:
        fields = {heading: row.mapping.get(comparable(heading), IGNORED) for heading in every}
        fields = {heading: field if field in known else IGNORED for heading, field in fields.items()}
        return None if lacking(kind, fields.values()) else fields
    mapping = proposed(kind, every)
    strange = [one for one, field in mapping.items() if field == IGNORED and heading_key(one) not in COUNTERS]
    return mapping if not strange and not lacking(kind, mapping.values()) else None


def check_mapping(kind: ImportKind, mapping: Mapping[str, str]) -> None:
    """Raises `Invalid` unless every field has one column at most, and those every row needs have one."""
    chosen = [field for field in mapping.values() if field != IGNORED]
    twice = sorted({field for field in chosen if chosen.count(field) > 1})
    fields = fields_of(ROW_OF[kind])
    if unknown := set(chosen) - set(fields):
        raise Invalid({"": _("没有“%(name)s”这个字段，请删去", name=unknown.pop())})
    if twice:
        label = joined(_(fields[field].label) for field in twice)
        raise Invalid({"": _("“%(columns)s”对应了不止一列，请只留一列，其余选“不导入”", columns=label)})
    if missing := lacking(kind, chosen):
        message = _("还没有指定“%(columns)s”是哪一列，这是必填的列，请选择", columns=joined(missing))
        raise Invalid({"": message})


def remember(session: Session, actor: Actor, kind: ImportKind, mapping: Mapping[str, str], *, clock: Clock) -> None:
    """Keep how a sheet with these headings is read, for whoever brings in the next one."""
    values = {
        "mapping": {comparable(heading): field for heading, field in mapping.items()},
        "used_at": clock.now(),
        "used_by": actor.name,
    }
    insert = insert_into(session, ImportMapping, kind=kind, headings_sha256=_digest(mapping), **values)
    session.execute(insert.on_conflict_do_update(index_elements=["kind", "headings_sha256"], set_=values))


def _digest(headings: Iterable[str]) -> str:
    """Of the headings in any order, so that a column moved asks nothing."""
    return hashlib.sha256("\n".join(sorted(map(comparable, headings))).encode()).hexdigest()
