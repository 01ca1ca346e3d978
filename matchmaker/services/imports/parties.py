"""Organisations of a sheet: one row per place; rows of the same organisation belong together."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import select

from matchmaker.db.models import Organisation, Site
from matchmaker.domain.drafts import OrganisationRow, comparable
from matchmaker.domain.vocabulary import RegistrationStatus
from matchmaker.i18n import gettext as _
from matchmaker.queries import directory
from matchmaker.queries.merged import duplicates
from matchmaker.queries.scopes import on_file
from matchmaker.services import organisations, records
from matchmaker.services.imports.places import Places, site_named
from matchmaker.services.imports.plan import Desk, Lookup, Plan, RefusedError, Verdict
from matchmaker.services.imports.sheet import Line

COLUMNS = (
    "external_id", "credit_code", "name", "kind", "institute_type",
    "about", "contact_name", "contact_phone", "contact_email",
)  # fmt: skip
KEYS = ("external_id", "credit_code", "name")


@dataclass(eq=False)
class Known:
    """An organisation on file, or one that an earlier row of the sheet brings in.

    `sites` holds its places by name, None for one that the sheet brings in; `seen` those the sheet has named so far.
    """

    external_id: str | None = None
    credit_code: str | None = None
    name: str = ""
    record: Organisation | None = None
    sites: dict[str, Site | None] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    first: Line | None = None


class Organisations:
    """Plans the rows of a sheet of organisations."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._places = Places(desk)
        self._known: directory.Directory[Known] = directory.Directory(
            self._on_file(), lambda one: one.external_id, lambda one: one.credit_code, lambda one: one.name
        )

        self._merged: directory.Directory[Organisation] = directory.Directory(
            [], lambda one: one.external_id, lambda one: one.credit_code, lambda one: one.name
        )
        for gone, kept in duplicates(desk.session, Organisation):
            self._merged.also(kept, gone.external_id, gone.credit_code, gone.name)

    def _on_file(self) -> list[Known]:
        rows = self._desk.session.scalars(select(Organisation).where(on_file()).order_by(Organisation.id))
        found = {row.id: Known(row.external_id, row.credit_code, row.name, row) for row in rows}
        for site in self._desk.session.scalars(select(Site).order_by(Site.id)):
            if site.organisation_id in found:
                found[site.organisation_id].sites[comparable(site.name)] = site
        return list(found.values())

    def plan(self, line: Line) -> Plan:
        """What the row does: to the organisation, to one of its places, or nothing."""
        row: OrganisationRow = line.row
        known = self._match(row) or Known()
        values = self._values(line, known.first)
        site = site_named(known.sites, row)
        place = self._places.describe(row, site)
        self._remember(known, line, comparable(place.get("name", "")), site)
        if not records.differs(site, place) or not place:
            place = {}
        changed = records.differs(known.record, values) and (known.first is line or bool(values))
        verdict = Verdict.UNCHANGED
        if changed or place:
            verdict = Verdict.UPDATED if known.record else Verdict.CREATED
        return Plan(line, verdict, lambda _analyses: self._write(known, values, place, site))

    def lookups(self, row: OrganisationRow) -> Iterator[Lookup]:
        """The responsible unit and the region."""
        if row.unit:
            yield partial(self._places.unit, row.unit)
        if row.region:
            yield partial(self._places.region, row.region)

    def _match(self, row: OrganisationRow) -> Known | None:
        """The organisation that the row's number, code or name stands for; the surest one decides."""
        found: Known | None = None
        for place, key in enumerate(KEYS):
            hits = self._known.by(place, getattr(row, key))
            if hits and found is not None and found not in hits and key != "name":
                raise RefusedError(key, _("已属于另一家机构“%(name)s”，请核对编号和信用代码", name=hits[0].name))
            if found is None and len(hits) > 1:
                raise RefusedError(key, _("同名机构有 %(count)s 家，请填写机构编号或统一社会信用代码", count=len(hits)))
            found = found or next(iter(hits), None)
        if found is None:
            self._not_merged(row)
        else:
            self._same(found, row)
        return found

    def _not_merged(self, row: OrganisationRow) -> None:
        """A row of a record that was merged into another would bring the duplicate back."""
        for place, key in enumerate(KEYS):
            for kept in self._merged.by(place, getattr(row, key)):
                raise RefusedError(key, _("已合并到“%(name)s”，请改填该机构的编号和全称，或删去本行", name=kept.name))

    @staticmethod
    def _same(found: Known, row: OrganisationRow) -> None:
        """Found by a name or code but under another number: not the same organisation, and not a safe guess."""
        if row.external_id and comparable(row.external_id) == comparable(found.external_id or ""):
            return
        for key in ("external_id", "credit_code"):
            mine, theirs = getattr(row, key), getattr(found, key)
            if mine and theirs and mine != theirs:
                message = _("“%(name)s”已登记为“%(value)s”，与本行不同，请核对", name=found.name, value=theirs)
                raise RefusedError(key, message)

    def _values(self, line: Line, first: Line | None) -> dict[str, Any]:
        """Column → value of the cells that are filled in and were not in the organisation's first row."""
        row: OrganisationRow = line.row
        names = [name for name in (*COLUMNS, "tags", "unit") if name in line.given]
        for name in names if first else []:
            self._agrees(name, first, line)
        fresh = [name for name in names if first is None or name not in first.given]
        values = {name: getattr(row, name) for name in fresh if name in COLUMNS}
        if "tags" in fresh:
            values["tags"] = list(row.tags)
        if "unit" in fresh:
            values["unit_id"] = self._places.unit(row.unit).id
        return values

    @staticmethod
    def _agrees(name: str, first: Line | None, line: Line) -> None:
        if first and name in first.given and getattr(first.row, name) != getattr(line.row, name):
            raise RefusedError(name, _("与第 %(line)s 行同一机构的内容不一致，请改为一致", line=first.number))

    def _remember(self, known: Known, line: Line, place: str, site: Site | None) -> None:
        row: OrganisationRow = line.row
        if known.first is not None and place in known.seen | {""}:
            message = _("与第 %(line)s 行重复，请删去其中一行，或为另一地点填写地点名称", line=known.first.number)
            raise RefusedError("name", message)
        known.external_id = row.external_id or known.external_id
        known.credit_code = row.credit_code or known.credit_code
        known.name = row.name or known.name
        known.first = known.first or line
        known.seen.add(place)
        if place:
            known.sites.setdefault(place, site)
        self._known.add(known)

    def _write(self, known: Known, values: dict[str, Any], place: dict[str, Any], site: Site | None) -> None:
        desk = self._desk
        if known.record is None:
            known.record = Organisation(status=RegistrationStatus.ACTIVE, tags=[])
        organisations.save(
            desk.session, desk.actor, known.record, values, clock=desk.clock, site=site, place=place, reason=desk.note
        )
