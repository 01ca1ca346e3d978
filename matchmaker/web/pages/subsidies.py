"""Policy measures: their list, one with its cases, the conditions of one firm, one case. A comparison, no promise."""

from functools import partial
from typing import Any

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import request, url_for
from sqlalchemy.orm import Session

from matchmaker.db.models import Subsidy
from matchmaker.domain.drafts import About, ForceDraft, HoldsDraft, SumDraft, fields_of
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.subsidies import Amount, Line
from matchmaker.domain.vocabulary import ConditionKind, ConditionState, Noun
from matchmaker.i18n import LazyString, lazy_gettext, with_detail
from matchmaker.i18n import gettext as _
from matchmaker.queries import changes
from matchmaker.queries import subsidies as queries
from matchmaker.queries.subsidies import Case, Party
from matchmaker.services import subsidies as services
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.filters import label
from matchmaker.web.forms import render
from matchmaker.web.sheets import sheet

bp = APIBlueprint("subsidies", __name__, url_prefix="/subsidies", enable_openapi=False)
reader = guard(Permission.SUBSIDY_VIEW)
CASE = {"firm": About("企业"), "case": About("特派团或项目"), "condition": About("条件")}


@bp.get("")
@reader
def index() -> str:
    actor, today = current_actor(), clock().today()
    with reading() as session:
        rows = queries.visible(session, actor, today)
        return render(
            "pages/subsidies/index.html",
            rows=[(row, queries.read(row)) for row in rows],
            in_force={row.id for row in rows if queries.holds(row, today)},
            drafts=any(queries.is_draft(row) for row in rows),
        )


@bp.get("/<int:subsidy_id>")
@reader
def show(subsidy_id: int) -> str:
    actor, today = current_actor(), clock().today()
    with reading() as session:
        row = queries.get_visible(session, actor, subsidy_id, today)
        found = queries.cases(session, actor, row, today)
        return render(
            "pages/subsidies/show.html",
            subsidy=row,
            measure=queries.read(row),
            in_force=queries.holds(row, today),
            is_draft=queries.is_draft(row),
            found=[(address(one.subsidy, one.party), case_cells(one)) for one in found],
            changes=_history(session, actor, row),
        )


def _history(session: Session, actor: Actor, row: Subsidy) -> list[changes.Change]:
    """What was decided and stated, for who sees the whole city: it names firms."""
    fields = fields_of(ForceDraft) | CASE | fields_of(HoldsDraft) | fields_of(SumDraft)
    return changes.of(session, Noun.SUBSIDY, [row.id], fields) if can(actor, Permission.AUDIT_VIEW) else []


@bp.get("/<int:subsidy_id>/export.xlsx")
@reader
def export(subsidy_id: int) -> Answer:
    """The cases of a measure for the finance office: what the page shows."""
    actor, today = current_actor(), clock().today()
    with reading() as session:
        row = queries.get_visible(session, actor, subsidy_id, today)
        measure = {
            _("政策措施"): row.name,
            _("条款"): row.source,
            _("上限（万元）"): row.cap_wan,
            _("状态"): label(row.status),
            _("说明"): notice(),
        }
        rows = [case_cells(one) | measure for one in queries.cases(session, actor, row, today)]
        name = row.name
    return sheet(_("%(name)s条件对照", name=name), rows)


def notice() -> str:
    """What every page and sheet of measures says."""
    return _("条件对照，仅供参考，不代表能够获得或将要拨付。")


bp.add_app_template_global(notice, "subsidy_notice")


def case_cells(one: Case) -> dict[str, Any]:
    """A case as a row of page and sheet; what is the same for all of a measure stands above the page's table."""
    whose = one.party
    return {
        _("企业"): whose.organisation.name,
        _("特派团或项目"): whose.team.name if whose.team else whose.project,
        **({_("驻在时间"): period(whose)} if whose.since else {}),
        **{line.condition.text: said(line) for line in one.lines},
        _("条件都具备时按公式（万元）"): _number(one.amount),
        _("说法"): how(one.amount),
    }


def _number(amount: Amount) -> float | None:
    return None if amount.wan is None or amount.by == "ceiling" else float(amount.wan)


def said(line: Line) -> str:
    """What a check found, on one line: `已具备：2026-05-20 签订`."""
    found = with_detail(line.found, by_whom(line)) if line.stated else line.found
    return _("%(state)s：%(found)s", state=label(line.state), found=found)


def by_whom(line: Line) -> str:
    """Whose word a stated condition is."""
    if line.said is None:
        return ""
    text = _("企业填报：%(name)s") if line.said.by_firm else _("工作人员填报：%(name)s")
    return text % {"name": line.said.by}


def period(whose: Party) -> str:
    """From when to when a team serves or served the firm."""
    if whose.since is None:
        return ""
    until = whose.until.isoformat() if whose.until else _("至今")
    return f"{whose.since.isoformat()} – {until}"


bp.add_app_template_global(by_whom, "subsidy_by_whom")
bp.add_app_template_global(period, "subsidy_period")


def how(amount: Amount) -> str:
    """By what an amount came about."""
    words = {
        "formula": _("按公式"),
        "cap": _("到上限"),
        "joint": _("受各级资金合计限制"),
        "ceiling": _("文件只写最高数"),
        "waiting": _("待填报金额"),
    }
    return words[amount.by] + (_("，各级资金合计未核") if amount.unchecked else "")


bp.add_app_template_global(how, "subsidy_how")


# One firm, one case


@bp.get("/firms/<int:organisation_id>")
@reader
def of_firm(organisation_id: int) -> str:
    """All measures for one firm or agency: what of each is met and what is missing."""
    actor, today = current_actor(), clock().today()
    with reading() as session:
        one = queries.organisation(session, actor, organisation_id)
        rows = [row for row in queries.visible(session, actor, today) if queries.concerns(row, one)]
        found = [(row, queries.read(row), queries.of_organisation(session, actor, row, one, today)) for row in rows]
        return render(
            "pages/subsidies/firm.html",
            organisation=one,
            found=found,
            drafts=any(queries.is_draft(row) for row in rows),
            in_force={row.id for row in rows if queries.holds(row, today)},
            may_state=services.may_state(actor, Party(one)),
            address=address,
            lacking=lacking,
            projects=queries.projects(session, one),
        )


def lacking(one: Case) -> int:
    """How many conditions of a case are not met, or not known."""
    return sum(line.state is not ConditionState.MET for line in one.lines)


def address(row: Subsidy, whose: Party, endpoint: str = "subsidies.case", **more: Any) -> str:
    """The page of a case, or another one about it."""
    which: dict[str, Any] = {"team": whose.team.id if whose.team else None, "project": whose.project or None}
    return url_for(endpoint, subsidy_id=row.id, organisation_id=whose.organisation.id, **which, **more)


def asked(session: Session, subsidy_id: int, organisation_id: int) -> tuple[Subsidy, Party]:
    """The measure and the party that an address names."""
    actor = current_actor()
    row = queries.get_visible(session, actor, subsidy_id, clock().today())
    project = request.args.get("project", "")
    team_id = row_id(request.args.get("team"))
    return row, queries.party(session, actor, row, organisation_id, team_id=team_id, project=project)


@bp.get("/<int:subsidy_id>/firms/<int:organisation_id>")
@reader
def case(subsidy_id: int, organisation_id: int) -> str:
    actor, today = current_actor(), clock().today()
    with reading() as session:
        row, whose = asked(session, subsidy_id, organisation_id)
        return render(
            "pages/subsidies/case.html",
            subsidy=row,
            measure=queries.read(row),
            case=queries.case(session, actor, row, whose, today),
            is_draft=queries.is_draft(row),
            in_force=queries.holds(row, today),
            statements=queries.statements(session, row, whose),
            texts={one.code: one.text for one in queries.read(row).conditions},
            may_state=services.may_state(actor, whose),
            may_change=partial(services.may_change, actor),
            where=where,
            state_at=lambda code: address(row, whose, "subsidy_forms.state", code=code),
        )


def where(line: Line, whose: Party) -> tuple[str, str]:
    """Where what a condition asks is entered, (address, label); empty where it is stated or judged elsewhere."""
    if whose.team is None:
        return (url_for("teams.index"), _("看特派团")) if line.condition.kind in RECORDS else ("", "")
    if line.condition.kind not in RECORDS:
        return "", ""
    endpoint, text = RECORDS[line.condition.kind]
    return url_for(endpoint, team_id=whose.team.id), str(text)


RECORDS: dict[ConditionKind, tuple[str, LazyString]] = {
    ConditionKind.TEAM_LEVEL: ("team_life.show", lazy_gettext("看特派团")),
    ConditionKind.TASK_BOOK: ("task_books.show", lazy_gettext("看任务书")),
    ConditionKind.PLATFORM: ("team_life.show", lazy_gettext("看特派团的共建平台")),
    ConditionKind.EVALUATION: ("team_life.show", lazy_gettext("看特派团")),
}
