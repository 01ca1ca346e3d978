"""Specialists of a sheet: a row per filing, found again by its number; hosts are added and never ended by a sheet."""

from collections.abc import Callable, Hashable, Iterator
from functools import partial
from typing import Any

from sqlalchemy import select

from matchmaker.db.models import Cluster, Expert, Organisation, Specialist, SpecialistHost, Unit
from matchmaker.domain.drafts import SpecialistRow, TripartiteDraft, comparable
from matchmaker.domain.vocabulary import HostKind, SpecialistStatus
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries.directory import Directory
from matchmaker.services import specialists as services
from matchmaker.services.imports.lookup import Parties
from matchmaker.services.imports.plan import Analyses, Desk, Lookup, Plan, RefusedError, Verdict, nothing
from matchmaker.services.imports.sheet import Line


class Specialists:
    """Plans the rows of a sheet of specialists."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._parties = Parties(desk.session)
        self._lines: dict[Hashable, int] = {}
        filed = list(desk.session.scalars(select(Specialist)).unique())
        self._filed = {comparable(one.number): one for one in filed}
        self._standing = {(one.expert_id, one.kind): one for one in filed if one.status is SpecialistStatus.ACTIVE}
        self._units = Directory(desk.session.scalars(select(Unit)), lambda one: one.name)
        self._clusters = Directory(desk.session.scalars(select(Cluster)), lambda one: one.name)

    def plan(self, line: Line) -> Plan:
        """What the row does: files somebody, or corrects a filing and adds hosts to it."""
        row: SpecialistRow = line.row
        self._once(line, "number", comparable(row.number))
        known = self._filed.get(comparable(row.number))
        expert = self._expert(row, known)
        self._once(line, "expert", (expert.id, row.kind))
        keys = [self._host(text) for text in row.hosts]
        self._sound(row, known, expert)
        if known is None:
            return Plan(line, Verdict.CREATED, partial(self._file, row, expert, keys))
        institute = self._institute(row) or known.institute
        same = (known.kind, known.filed_on, known.institute_id) == (row.kind, row.filed_on, institute.id)
        served = _hosts(known)
        there = all(key in served and row.agreed_on in {None, served[key].agreed_on} for key in keys)
        if same and there:
            return Plan(line, Verdict.UNCHANGED, nothing)
        return Plan(line, Verdict.UPDATED, partial(self._update, known, row, institute, keys, same=same))

    def _once(self, line: Line, field: str, said: Hashable) -> None:
        first = self._lines.setdefault((field, said), line.number)
        if first != line.number:
            raise RefusedError(field, _("与第 %(line)s 行重复，请删去其中一行", line=first))

    def lookups(self, row: SpecialistRow) -> Iterator[Lookup]:
        """The sending institute and the hosts."""
        if row.institute:
            yield partial(self._parties.organisation, "institute", row.institute)
        for text in row.hosts:
            yield partial(self._host, text)

    def _expert(self, row: SpecialistRow, known: Specialist | None) -> Expert:
        if known is not None:
            if comparable(known.expert.name) != comparable(row.expert):
                raise RefusedError("number", _("已登记给%(name)s，请核对备案编号", name=known.expert.name))
            return known.expert
        if not row.institute:
            raise RefusedError("institute", _("请填写派出单位，才能确定是哪位专家"))
        return self._parties.expert("expert", self._parties.organisation("institute", row.institute), row.expert)

    def _host(self, text: str) -> str:
        """The key of a host; a unit's or cluster's name goes before a firm's."""
        unit, cluster = self._units.find(text), self._clusters.find(text)
        if unit or cluster:
            return f"{HostKind.UNIT}:{unit[0].id}" if unit else f"{HostKind.CLUSTER}:{cluster[0].id}"
        firm = self._parties.firm("hosts", text)
        if firm.unit_id is None:
            raise RefusedError("hosts", _("“%(name)s”不是本市企业，请改正", name=firm.name))
        return f"{HostKind.FIRM}:{firm.id}"

    def _sound(self, row: SpecialistRow, known: Specialist | None, expert: Expert) -> None:
        today = self._desk.clock.today()
        for name, day in (("filed_on", row.filed_on), ("agreed_on", row.agreed_on)):
            if day is not None and day > today:
                raise RefusedError(name, _("晚于今天，请核对；还没有发生的不登记"))
        if known is not None and known.status is SpecialistStatus.ENDED:
            raise RefusedError("number", _("这份备案已终止，请先在页面上恢复在册，或删去本行"))
        other = self._standing.get((expert.id, row.kind)) if row.kind else None
        if other is not None and other is not known:
            raise RefusedError("expert", _("已在册，备案编号 %(number)s，请改填该编号或删去本行", number=other.number))

    def _institute(self, row: SpecialistRow) -> Organisation | None:
        return self._parties.organisation("institute", row.institute) if row.institute else None

    def _file(self, row: SpecialistRow, expert: Expert, keys: list[str], _analyses: Analyses) -> None:
        desk, institute = self._desk, self._institute(row)
        more = {"hosts": keys, "agreed_on": row.agreed_on, "clock": desk.clock, "reason": desk.note}
        self._done(services.file, desk.session, desk.actor, row, expert, institute, **more)

    def _update(
        self,
        one: Specialist,
        row: SpecialistRow,
        institute: Organisation,
        keys: list[str],
        _analyses: Analyses,
        *,
        same: bool,
    ) -> None:
        desk = self._desk
        who, when = (desk.session, desk.actor, one), {"clock": desk.clock}
        if not same:
            self._done(services.edit, *who, row, institute, version=one.version, reason=desk.note, **when)
        since = max(one.filed_on, row.agreed_on or desk.clock.today())  # not back to a filing of years ago
        for key in keys:
            self._done(services.add_host, *who, key, since=since, **when)
            host = _hosts(one)[key]
            if row.agreed_on not in {None, host.agreed_on}:
                draft = TripartiteDraft(host=str(host.id), agreed_on=row.agreed_on, agreed_until=host.agreed_until)
                self._done(services.agree, *who, draft, **when)

    @staticmethod
    def _done(step: Callable[..., object], *what: Any, **more: Any) -> None:
        try:
            step(*what, **more)
        except (Invalid, Forbidden) as refusal:  # it was sound when it was planned
            raise Conflict(_("导入期间有记录被别人修改，请重新导入")) from refusal


def _hosts(one: Specialist) -> dict[str, SpecialistHost]:
    """The hosts that are served, by key."""
    places = ((HostKind.FIRM, "organisation_id"), (HostKind.UNIT, "unit_id"), (HostKind.CLUSTER, "cluster_id"))
    return {
        f"{kind}:{getattr(host, column)}": host
        for host in one.hosts
        if host.until is None
        for kind, column in places
        if getattr(host, column) is not None
    }
