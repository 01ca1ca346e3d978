"""An older ledger of meetings 往年对接台账: one row per firm and event, several rows to a meeting."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import defer

from matchmaker.db.models import Group, Meeting, Need, Organisation, Site
from matchmaker.domain.drafts import FIRM, HistoryRow, NeedDraft, comparable
from matchmaker.domain.meetings import Presence
from matchmaker.domain.vocabulary import Audience, MeetingKind, MeetingStatus, MemberRole, OrganisationKind
from matchmaker.errors import Conflict
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined
from matchmaker.queries.directory import Directory
from matchmaker.services.experts import members_of
from matchmaker.services.imports.events import Event, Person, Registry, Told
from matchmaker.services.imports.lookup import Parties
from matchmaker.services.imports.places import Places
from matchmaker.services.imports.plan import Analyses, Desk, Lookup, Plan, RefusedError, Verdict, nothing
from matchmaker.services.imports.sheet import Line

Key = tuple[Any, ...]


class History:
    """Plans the rows of an older ledger. What it brings in is recorded, never verified."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._parties = Parties(desk.session)
        self._places = Places(desk)
        self._lines: dict[Key, int] = {}
        self._registry = Registry(desk)
        self._events: dict[Key, Event] = {}
        self._people: dict[tuple[int, str], Person] = {}
        self._needs: dict[tuple[int, str], Told] = {}
        self._sites: dict[int, list[Site]] = {}

    def plan(self, line: Line) -> Plan:
        """What the row adds to which meeting."""
        row: HistoryRow = line.row
        kind, day = row.event
        if day > self._desk.clock.today():
            raise RefusedError("day", _("往年台账只收已经举行的活动，日期不能晚于今天"))
        firm = self._parties.firm("firm", row.firm)
        institute = self._institute(row)
        people = self._presences(row, institute)
        self._once((day, kind, comparable(row.trip), institute.id, firm.id, comparable(row.need)), line)
        event = self._event(line, firm, institute)
        if event.known is not None and self._is_on_file(row, event.known, firm, people):
            return Plan(line, Verdict.UNCHANGED, nothing)
        told = self._told(row, firm)
        self._join(event, line, firm, people)
        if told is not None:
            event.needs.setdefault(told, row)
        verdict = Verdict.UPDATED if event.known else Verdict.CREATED
        new = told.draft if told is not None and told.record is None else None
        return Plan(line, verdict, lambda done: self._write(event, done), new)

    def lookups(self, row: HistoryRow) -> Iterator[Lookup]:
        """The firm, the institute, its people and group, the place."""
        if row.firm:
            yield partial(self._parties.firm, "firm", row.firm)
        if not row.institute:
            return
        institute = partial(self._institute, row)
        yield institute
        for name in row.experts:
            yield lambda name=name: self._person(row, institute(), name)  # type: ignore[misc]
        if row.group:
            yield lambda: self._parties.group("group", institute(), row.group)
        if row.firm and row.site:
            yield lambda: self._site(row, self._parties.firm("firm", row.firm), institute())

    def _once(self, key: Key, line: Line) -> None:
        if key in self._lines:
            raise RefusedError("firm", _("与第 %(line)s 行重复，请删去其中一行", line=self._lines[key]))
        self._lines[key] = line.number

    def _write(self, event: Event, analyses: Analyses) -> None:
        if any(told.draft not in analyses for told in event.needs if told.record is None):
            raise Conflict(_("导入期间有记录被别人修改，请重新导入"))
        self._registry.write(event, dict(analyses))

    def _institute(self, row: HistoryRow) -> Organisation:
        found = self._parties.organisation("institute", row.institute)
        if found.kind is not OrganisationKind.INSTITUTE:
            message = _("“%(name)s”是%(kind)s，不是院所高校，请改正", name=found.name, kind=_(found.kind.label))
            raise RefusedError("institute", message)
        return found

    def _person(self, row: HistoryRow, institute: Organisation, name: str) -> Person:
        """The expert of the institute, or a new one where the row says so."""
        key = (institute.id, comparable(name))
        if key not in self._people:
            found = self._parties.experts(institute).find(name)
            if found or not row.create_experts:
                record = self._parties.expert("experts", institute, name)
                key = (institute.id, f"#{record.id}")
                self._people.setdefault(key, Person(record.name, institute, record))
            else:
                self._people[key] = Person(name, institute)
        return self._people[key]

    def _presences(self, row: HistoryRow, institute: Organisation) -> dict[Person, Presence]:
        outcomes = row.outcomes()
        if row.experts:
            return {self._person(row, institute, name): outcomes[name] for name in row.experts}
        return {self._lead(self._parties.group("group", institute, row.group)): outcomes[row.group]}

    def _lead(self, group: Group) -> Person:
        places = members_of(self._desk.session, group.id)
        lead = next((number for number, role in places.items() if role is MemberRole.LEAD), None)
        known = [one for one in self._parties.experts(group.institute).every() if one.id == lead]
        if not known:
            raise RefusedError("group", _("这个团队还没有登记成员，请填写专家"))
        return self._people.setdefault(
            (group.institute_id, f"#{lead}"), Person(known[0].name, group.institute, known[0])
        )

    def _site(self, row: HistoryRow, firm: Organisation, institute: Organisation) -> Site | None:
        """The place visited, by its name or its region: the host's, or the firm's for a visit to the firm."""
        if row.kind is MeetingKind.ONLINE:
            return None
        owner = firm if row.kind is MeetingKind.INBOUND else institute
        sites = self._sites_of(owner)
        if not sites:
            step = _("“%(name)s”还没有登记地点，请先在“机构”名录中补上", name=owner.name)
            raise RefusedError("site", step)
        if not row.site:
            local = [site for site in sites if site.unit_id is not None]
            return (local or sites)[0] if owner is firm else sites[0]
        return self._named(sites, row.site)

    def _named(self, sites: list[Site], text: str) -> Site:
        found = Directory(sites, lambda one: one.name, lambda one: one.address).find(text)
        if len(found) != 1:
            found = [site for site in sites if self._lies_in(site, text)]
        if len(found) == 1:
            return found[0]
        known = joined(site.name for site in sites)
        raise RefusedError("site", _("没有认出这个地点，请改为该单位已登记的地点：%(known)s", known=known))

    def _lies_in(self, site: Site, text: str) -> bool:
        try:
            code = self._places.region(text)
        except RefusedError:
            return False
        return site.region_code.startswith(code.rstrip("0") if code.endswith("00") else code)

    def _sites_of(self, owner: Organisation) -> list[Site]:
        if owner.id not in self._sites:
            rows = select(Site).where(Site.organisation_id == owner.id).order_by(Site.id)
            self._sites[owner.id] = list(self._desk.session.scalars(rows))
        return self._sites[owner.id]

    def _event(self, line: Line, firm: Organisation, institute: Organisation) -> Event:
        """The event that the row belongs to; a first row makes it, later ones must agree with it."""
        row: HistoryRow = line.row
        kind, day = row.event
        host = None if kind is MeetingKind.INBOUND else institute
        whose = {MeetingKind.OUTBOUND: institute.id, MeetingKind.INBOUND: firm.id}
        key: Key = (kind, day, whose.get(kind, (institute.id, firm.id)), comparable(row.trip))
        site = self._site(row, firm, institute)
        group = self._parties.group("group", institute, row.group) if row.group and host else None
        if key not in self._events:
            trip = row.trip if kind is MeetingKind.OUTBOUND else ""
            known = self._known(row, firm, host)
            self._events[key] = Event(kind, day, host, site, group, trip, known=known, line=line.number)
        self._agrees(self._events[key], site, group)
        return self._events[key]

    @staticmethod
    def _agrees(event: Event, site: Site | None, group: Group | None) -> None:
        for field, mine, theirs in (("site", site, event.site), ("group", group, event.group)):
            if mine is not theirs:
                message = _("与第 %(line)s 行是同一场活动，这一栏却不一致，请改为一致", line=event.line)
                raise RefusedError(field, message)

    def _known(self, row: HistoryRow, firm: Organisation, host: Organisation | None) -> Meeting | None:
        """The meeting on file that the row is about."""
        same = (Meeting.day == row.day, Meeting.kind == row.kind, Meeting.status != MeetingStatus.CANCELLED)
        rows = self._desk.session.scalars(select(Meeting).where(*same).order_by(Meeting.id)).all()
        return next((meeting for meeting in rows if _is_about(meeting, row, firm, host)), None)

    def _is_on_file(self, row: HistoryRow, known: Meeting, firm: Organisation, people: dict[Person, Presence]) -> bool:
        """Whether the meeting says already what the row says. Raises `RefusedError` when it says something else."""
        mine = next((one for one in known.firms if one.firm_id == firm.id), None)
        if mine is None and known.from_history and known.status is MeetingStatus.HELD:
            return False
        if mine is not None and known.from_history and self._says(row, known, people):
            return True
        message = _(
            "这一天的活动已经在册（第 %(id)s 号“%(title)s”），与本行不完全相同；请到活动页面处理，或删去本行",
            id=known.id,
            title=known.title,
        )
        raise RefusedError("day", message)

    @staticmethod
    def _says(row: HistoryRow, known: Meeting, people: dict[Person, Presence]) -> bool:
        there = {one.expert_id: one.attendance for one in known.experts}
        same = all(person.record and there.get(person.record.id) is seen.attendance for person, seen in people.items())
        needs = {comparable(one.need.title) for one in known.needs}
        return same and row.minutes in known.minutes and (not row.need or comparable(row.need) in needs)

    def _told(self, row: HistoryRow, firm: Organisation) -> Told | None:
        """The need that the row names: the firm's own with this title, or one to be made of it."""
        if not row.need:
            return None
        key = (firm.id, comparable(row.need))
        if key not in self._needs:
            rows = select(Need).where(Need.firm_id == firm.id).options(defer(Need.terms)).order_by(Need.id)
            titles = {comparable(one.title): one for one in self._desk.session.scalars(rows)}
            record = titles.get(key[1])
            draft = None if record else NeedDraft(title=row.need, audience=Audience.MASKED)
            self._needs[key] = Told(firm, row.need, record, draft)
        return self._needs[key]

    @staticmethod
    def _join(event: Event, line: Line, firm: Organisation, people: dict[Person, Presence]) -> None:
        """Put the row's parties into its event. Raises `RefusedError` when another row says otherwise of one."""
        row: HistoryRow = line.row
        clashes = [seen for one, seen in people.items() if event.people.get(one, seen) != seen]
        if event.firms.get(firm, row.outcomes()[FIRM]) != row.outcomes()[FIRM] or clashes:
            message = _("与第 %(line)s 行是同一场活动，同一方的到会情况却不一致，请改为一致", line=event.line)
            raise RefusedError("attendance", message)
        event.firms[firm] = row.outcomes()[FIRM]
        event.people |= people
        result = _("结果：%(result)s", result=row.result) if row.result else ""
        event.said.setdefault(firm.name, []).extend(filter(None, (row.minutes, result)))


def _is_about(meeting: Meeting, row: HistoryRow, firm: Organisation, host: Organisation | None) -> bool:
    if host is not None and meeting.host_id != host.id:
        return False
    if row.kind is MeetingKind.OUTBOUND:
        return comparable(meeting.trip.title if meeting.trip else "") == comparable(row.trip)
    return firm.id in {one.firm_id for one in meeting.firms}
