"""Whom a cell means: organisations, and the experts and groups of one."""

from collections.abc import Hashable
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db.models import Expert, Group, Organisation, Site
from matchmaker.domain.drafts import comparable
from matchmaker.domain.vocabulary import ImportKind, OrganisationKind
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined
from matchmaker.queries.directory import Directory
from matchmaker.queries.merged import duplicates
from matchmaker.queries.scopes import known_experts, on_file
from matchmaker.services.imports.plan import RefusedError

One = TypeVar("One", bound=Hashable)


def only(found: list[One], field: str, text: str, *, next_step: str) -> One:
    """The one record a cell stands for. Raises `RefusedError` for none or several."""
    if len(found) == 1:
        return found[0]
    if found:
        raise RefusedError(field, _("“%(value)s”有 %(count)s 个同名的，请改填编号", value=text, count=len(found)))
    raise RefusedError(field, _("名录中没有“%(value)s”，%(next_step)s", value=text, next_step=next_step))


class Parties:
    """Organisations by number, code and name; people and groups by number and name, read once per organisation."""

    def __init__(self, session: Session) -> None:
        self._session = session
        rows = session.scalars(select(Organisation).where(on_file()).order_by(Organisation.id))
        self._organisations = Directory(
            rows, lambda one: one.external_id, lambda one: one.credit_code, lambda one: one.name
        )
        for gone, kept in duplicates(session, Organisation):
            self._organisations.also(kept, gone.external_id, gone.credit_code, gone.name)
        self._merged = list(duplicates(session, Expert))
        self._experts: dict[int, Directory[Expert]] = {}
        self._groups: dict[int, Directory[Group]] = {}
        self._sites: dict[int, list[Site]] = {}

    def organisation(self, field: str, text: str) -> Organisation:
        """The organisation a cell stands for."""
        step = _("请先导入“%(sheet)s”，或改正填写", sheet=_(ImportKind.ORGANISATIONS.label))
        return only(self._organisations.find(text), field, text, next_step=step)

    def firm(self, field: str, text: str) -> Organisation:
        """The firm a cell stands for."""
        found = self.organisation(field, text)
        if found.kind is not OrganisationKind.FIRM:
            message = _("“%(name)s”是%(kind)s，不是企业，请改正", name=found.name, kind=_(found.kind.label))
            raise RefusedError(field, message)
        return found

    def experts(self, institute: Organisation) -> Directory[Expert]:
        """The experts of an institute."""
        if institute.id not in self._experts:
            theirs = (Expert.institute_id == institute.id, known_experts())
            rows = self._session.scalars(select(Expert).where(*theirs).order_by(Expert.id))
            known = Directory(rows, lambda one: one.external_id, lambda one: one.name)
            for gone, kept in self._merged:
                if institute.id == gone.institute_id:
                    known.also(kept, gone.external_id, gone.name)
            self._experts[institute.id] = known
        return self._experts[institute.id]

    def not_merged(self, institute: Organisation, number: str) -> None:
        """Refuse a row with the number of somebody who was merged into another record: it would come back."""
        for gone, kept in self._merged if number else ():
            if institute.id == gone.institute_id and comparable(number) == comparable(gone.external_id or ""):
                known = kept.external_id or kept.name
                raise RefusedError("external_id", _("已合并到“%(name)s”，请改填其编号或删去本行", name=known))

    def expert(self, field: str, institute: Organisation, text: str) -> Expert:
        """The expert of an institute that a cell stands for."""
        step = _("请先导入该单位的“%(sheet)s”，或改正填写", sheet=_(ImportKind.EXPERTS.label))
        return only(self.experts(institute).find(text), field, text, next_step=step)

    def groups(self, institute: Organisation) -> Directory[Group]:
        """The groups of an institute."""
        if institute.id not in self._groups:
            rows = self._session.scalars(select(Group).where(Group.institute_id == institute.id).order_by(Group.id))
            self._groups[institute.id] = Directory(rows, lambda one: one.external_id, lambda one: one.name)
        return self._groups[institute.id]

    def group(self, field: str, institute: Organisation, text: str) -> Group:
        """The group of an institute that a cell stands for."""
        step = _("请先导入该单位的“%(sheet)s”，或改正填写", sheet=_(ImportKind.GROUPS.label))
        return only(self.groups(institute).find(text), field, text, next_step=step)

    def site(self, institute: Organisation, text: str) -> Site | None:
        """A place of an institute by its name; its first one for an empty cell, None when it has none."""
        if institute.id not in self._sites:
            rows = self._session.scalars(select(Site).where(Site.organisation_id == institute.id).order_by(Site.id))
            self._sites[institute.id] = list(rows)
        sites = self._sites[institute.id]
        if not text:
            return next(iter(sites), None)
        step = _("请改为该单位已登记的地点：%(known)s", known=joined(site.name for site in sites))
        return only(Directory(sites, lambda one: one.name).find(text), "site", text, next_step=step)
