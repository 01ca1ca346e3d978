"""Needs and capabilities of a sheet."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import defer

from matchmaker.db.models import Capability, Expert, Group, Need, Organisation
from matchmaker.domain.drafts import CapabilityDraft, CapabilityRow, NeedDraft, NeedRow, missing
from matchmaker.domain.vocabulary import CapabilityStatus, NeedStatus
from matchmaker.errors import Conflict, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import directory
from matchmaker.queries.industries import industry
from matchmaker.services import capabilities, needs, transitions
from matchmaker.services.capabilities import Owner
from matchmaker.services.imports.lookup import Parties
from matchmaker.services.imports.natural import Seen, natural_key, on_file
from matchmaker.services.imports.plan import Analyses, Desk, Lookup, Plan, Posting, RefusedError, Verdict, nothing
from matchmaker.services.imports.sheet import Line


def _given(line: Line, model: type[Posting]) -> dict[str, Any]:
    return {name: getattr(line.row, name) for name in model.model_fields if name in line.given}


def _analysis(analyses: Analyses, draft: Posting) -> Any:
    """The terms made before the transaction; missing when somebody changed the record since."""
    try:
        return analyses[draft]
    except KeyError:
        raise Conflict(_("导入期间有记录被别人修改，请重新导入")) from None


@contextmanager
def _refused(field: str) -> Iterator[None]:
    """What a look-up refuses is the row's fault in this field."""
    try:
        yield
    except Invalid as refusal:
        raise RefusedError(field, str(refusal)) from refusal


class Needs:
    """Plans the rows of a sheet of needs. Complete ones go to city review, incomplete ones stay drafts."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._parties = Parties(desk.session)
        self._seen = Seen()
        self._of_firm: dict[int, list[Need]] = {}
        self._codes: dict[str, str] = {}

    def plan(self, line: Line) -> Plan:
        """What the row does to a need."""
        row: NeedRow = line.row
        firm = self._parties.firm("firm", row.firm)
        self._seen.once(natural_key(firm.id, row.external_id, row.title), line, "title")
        known = on_file(self._needs_of(firm), "title", row.external_id, row.title)
        given = _given(line, NeedDraft) | self._field(row) | self._industry(row) | self._releases(row)
        if known is None:
            draft = NeedDraft.model_validate(given)
            return Plan(line, Verdict.CREATED, lambda done: self._create(firm, row, draft, done), draft)
        content = needs.content_of(known)
        draft = NeedDraft.model_validate(content | given)
        if draft.model_dump(mode="json") == content:
            return Plan(line, Verdict.UNCHANGED, nothing)
        if known.status in needs.ENDED:
            raise RefusedError("title", _("这条需求%(status)s，内容不能再改，请删去本行", status=_(known.status.label)))
        return Plan(line, Verdict.UPDATED, lambda done: self._edit(known, draft, done), draft)

    def lookups(self, row: NeedRow) -> Iterator[Lookup]:
        """The firm, the technical field, the industry and the institutes it is released to."""
        if row.firm:
            yield partial(self._parties.firm, "firm", row.firm)
        yield from (partial(look_up, row) for look_up in (self._field, self._industry, self._releases))

    def _needs_of(self, firm: Organisation) -> list[Need]:
        if firm.id not in self._of_firm:
            rows = select(Need).where(Need.firm_id == firm.id).options(defer(Need.terms)).order_by(Need.id)
            self._of_firm[firm.id] = list(self._desk.session.scalars(rows))
        return self._of_firm[firm.id]

    def _field(self, row: NeedRow) -> dict[str, str]:
        """The technical field by its code, whatever the cell calls it."""
        if not row.field:
            return {}
        if row.field not in self._codes:
            with _refused("field"):
                self._codes[row.field] = directory.technical_field(self._desk.session, row.field).code
        return {"field": self._codes[row.field]}

    def _industry(self, row: NeedRow) -> dict[str, str]:
        """The industry by its code, whatever the cell calls it."""
        with _refused("industry"):
            return {"industry": industry(row.industry).code} if row.industry else {}

    def _releases(self, row: NeedRow) -> dict[str, list[str]]:
        """The institutes a chosen audience consists of, by their full names."""
        if not row.releases:
            return {}
        with _refused("releases"):
            return {"releases": [one.name for one in directory.institutes(self._desk.session, row.releases)]}

    def _create(self, firm: Organisation, row: NeedRow, draft: NeedDraft, analyses: Analyses) -> None:
        desk = self._desk
        needs.create(
            desk.session,
            desk.actor,
            firm.id,
            draft,
            _analysis(analyses, draft),
            clock=desk.clock,
            external_id=row.external_id or None,
            status=NeedStatus.DRAFT if missing(draft) else NeedStatus.CITY_REVIEW,
            reason=desk.note,
        )

    def _edit(self, need: Need, draft: NeedDraft, analyses: Analyses) -> None:
        desk, analysis = self._desk, _analysis(analyses, draft)
        needs.edit(
            desk.session, desk.actor, need, draft, analysis, version=need.version, clock=desk.clock, reason=desk.note
        )
        if need.status in needs.OPEN_TO_GAPS and not missing(draft):
            for action in ("submit", "county_pass"):
                transitions.apply(desk.session, desk.actor, need, action, clock=desk.clock, reason=desk.note)


class Capabilities:
    """Plans the rows of a sheet of capabilities. Complete ones go to review, incomplete ones stay drafts."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._parties = Parties(desk.session)
        self._seen = Seen()
        self._of_source: dict[int, list[Capability]] = {}

    def plan(self, line: Line) -> Plan:
        """What the row does to a capability."""
        row: CapabilityRow = line.row
        source = self._parties.organisation("organisation", row.organisation)
        owner = self._owner(row, source)
        known = self._on_file(row, source, owner, line)
        given = _given(line, CapabilityDraft)
        if known is None:
            draft = CapabilityDraft.model_validate(given)
            return Plan(line, Verdict.CREATED, lambda done: self._create(owner, row, draft, done), draft)
        content = capabilities.content_of(known)
        draft = CapabilityDraft.model_validate(content | given)
        if draft.model_dump(mode="json") == content:
            return Plan(line, Verdict.UNCHANGED, nothing)
        if known.status is CapabilityStatus.WITHDRAWN:
            raise RefusedError("title", _("这条能力已撤下，内容不能再改，请删去本行"))
        return Plan(line, Verdict.UPDATED, lambda done: self._edit(known, draft, done), draft)

    def lookups(self, row: CapabilityRow) -> Iterator[Lookup]:
        """The organisation and whoever offers it there."""
        if row.organisation:
            yield lambda: self._owner(row, self._parties.organisation("organisation", row.organisation))

    def _owner(self, row: CapabilityRow, source: Organisation) -> Owner:
        if row.expert:
            return self._parties.expert("expert", source, row.expert)
        return self._parties.group("group", source, row.group) if row.group else source

    def _on_file(self, row: CapabilityRow, source: Organisation, owner: Owner, line: Line) -> Capability | None:
        """Numbered ones are found by number in the organisation, others by title among the owner's."""
        key = natural_key(source.id, row.external_id, row.title)
        self._seen.once(key if row.external_id else (type(owner), owner.id, *key), line, "title")
        mine = self._capabilities_of(source)
        if not row.external_id:
            mine = [one for one in mine if _owned_by(one, owner)]
        known = on_file(mine, "title", row.external_id, row.title)
        if known is not None and not _owned_by(known, owner):
            field = "expert" if row.expert else "group"
            raise RefusedError(field, _("这个编号的能力属于另一位专家或团队，请核对编号"))
        return known

    def _capabilities_of(self, source: Organisation) -> list[Capability]:
        if source.id not in self._of_source:
            rows = select(Capability).where(Capability.source_id == source.id).options(defer(Capability.terms))
            self._of_source[source.id] = list(self._desk.session.scalars(rows.order_by(Capability.id)))
        return self._of_source[source.id]

    def _create(self, owner: Owner, row: CapabilityRow, draft: CapabilityDraft, analyses: Analyses) -> None:
        desk = self._desk
        capabilities.create(
            desk.session,
            desk.actor,
            owner,
            draft,
            _analysis(analyses, draft),
            clock=desk.clock,
            external_id=row.external_id or None,
            status=CapabilityStatus.DRAFT if missing(draft) else CapabilityStatus.REVIEW,
            reason=desk.note,
        )

    def _edit(self, capability: Capability, draft: CapabilityDraft, analyses: Analyses) -> None:
        desk, analysis = self._desk, _analysis(analyses, draft)
        capabilities.edit(
            desk.session,
            desk.actor,
            capability,
            draft,
            analysis,
            version=capability.version,
            clock=desk.clock,
            reason=desk.note,
        )
        if capability.status in capabilities.OPEN_TO_GAPS and not missing(draft):
            transitions.apply(desk.session, desk.actor, capability, "submit", clock=desk.clock, reason=desk.note)


def _owned_by(capability: Capability, owner: Owner) -> bool:
    if isinstance(owner, Expert):
        return capability.expert_id == owner.id
    return capability.group_id == owner.id if isinstance(owner, Group) else capability.organisation_id == owner.id
