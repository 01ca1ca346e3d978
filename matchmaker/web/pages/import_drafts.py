"""A sheet on its way in: what its columns are, what it would do, mending bad cells, bringing it in, how far it is."""

from dataclasses import asdict
from typing import Any

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import flash, make_response, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import ImportDraft
from matchmaker.domain.drafts import ROW_OF, fields_of, one_line
from matchmaker.domain.vocabulary import ImportState
from matchmaker.errors import Conflict, Invalid
from matchmaker.exchange.tables import filled
from matchmaker.i18n import gettext as _
from matchmaker.queries import imports as queries
from matchmaker.queries.listing import Page
from matchmaker.services import imports as services
from matchmaker.services.imports import Report, Table, drafts, mappings
from matchmaker.web.context import clock, current_actor, reading, runtime
from matchmaker.web.forms import once, refused_form, render
from matchmaker.web.mending import BadRow, bad_rows, sent_cells, sent_rows
from matchmaker.web.pages.imports import error_sheet, importers
from matchmaker.web.paging import Listing, wanted

bp = APIBlueprint("import_drafts", __name__, url_prefix="/imports/drafts", enable_openapi=False)
ROWS_A_PAGE = 20
SAMPLES = 3


def _here(draft_id: int, **arguments: Any) -> str:
    return url_for("import_drafts.show", draft_id=draft_id, **arguments)


@bp.get("/<int:draft_id>")
@importers
def show(draft_id: int) -> str | Response:
    """Wherever the sheet is: its columns, its check, its progress, its result."""
    with reading() as session:
        draft = queries.draft(session, current_actor(), draft_id)
        if draft.state in drafts.UNDER_WAY:
            return render("pages/imports/progress.html", **_progress(session, draft))
        if draft.state not in drafts.OPEN:
            return redirect(_result(draft))
        if not draft.mapping:
            return redirect(url_for("import_drafts.columns", draft_id=draft_id))
        return render("pages/imports/preview.html", **_checked(session, draft))


def _result(draft: ImportDraft) -> str:
    return url_for("imports.show", batch_id=draft.batch_id) if draft.batch_id else url_for("imports.index")


def _checked(session: Session, draft: ImportDraft) -> dict[str, Any]:
    sheet = drafts.sheet_in(session, draft)
    report = services.preview(session, current_actor(), sheet, clock=clock())
    fields, asked = fields_of(ROW_OF[draft.kind]), wanted()
    rows = bad_rows(session, sheet, report)
    return {
        "draft": draft,
        "report": report,
        "skipped": sheet.skipped,
        "left_out": sum(services.LEFT_OUT in cells for cells in draft.fixes.values()),
        "read_as": [(heading, _(fields[name].label)) for name, heading in sheet.headings.items()],
        "sheets": sheet.table.sheets,
        "listing": Listing(_page(rows, asked.number), asked),
        "total": len(report.errors),
        "later": draft.all_rows > drafts.AT_ONCE,
    }


def _page(rows: list[BadRow], number: int) -> Page[BadRow]:
    whole: Page[BadRow] = Page(rows, len(rows), number, ROWS_A_PAGE)
    number = min(max(1, number), whole.pages)
    return Page(rows[(number - 1) * ROWS_A_PAGE : number * ROWS_A_PAGE], len(rows), number, ROWS_A_PAGE)


@bp.get("/<int:draft_id>/columns")
@importers
def columns(draft_id: int) -> str:
    """Which column is which field; asked once for every new set of headings."""
    with reading() as session:
        draft = queries.draft(session, current_actor(), draft_id)
        table = drafts.table_of(session, draft)
    mapping = draft.mapping or mappings.proposed(draft.kind, table.headings)
    return render("pages/imports/columns.html", **_columns(draft, table, mapping, {}))


def _columns(draft: ImportDraft, table: Table, mapping: dict[str, str], errors: dict[str, str]) -> dict[str, Any]:
    fields = fields_of(ROW_OF[draft.kind])
    return {
        "draft": draft,
        "table": table,
        "samples": {heading: _samples(table, heading) for heading in table.headings},
        "mapping": mapping,
        "sheet_options": [(name, name) for name in table.sheets],
        "options": [(name, _(a.label) + (_("（必填）") if a.mandatory else "")) for name, a in fields.items()],
        "errors": errors,
    }


def _samples(table: Table, heading: str) -> list[str]:
    found: dict[str, None] = {}
    for row in table.rows:
        cell = row.values.get(heading)
        if filled(cell):
            found.setdefault(one_line(str(cell))[:40])
        if len(found) == SAMPLES:
            break
    return list(found)


@bp.post("/<int:draft_id>/columns")
@importers
def agree(draft_id: int) -> Response:
    """Take the columns as chosen, and remember it for the next sheet with these headings."""
    actor = current_actor()
    with reading() as session:
        draft = queries.draft(session, actor, draft_id)
        table = drafts.table_of(session, draft)
    mapping = {heading: request.form.get(f"column-{place}", "") for place, heading in enumerate(table.headings)}
    try:
        mappings.check_mapping(draft.kind, mapping)
    except Invalid as refusal:
        return refused_form("pages/imports/columns.html", **_columns(draft, table, mapping, refusal.errors))

    def keep(session: Session) -> str:
        drafts.agree(session, actor, drafts.opened(session, actor, draft_id), mapping, clock=clock())
        return _here(draft_id)

    return once(keep)


@bp.post("/<int:draft_id>/elsewhere")
@importers
def elsewhere(draft_id: int) -> Response:
    """Another sheet of the book, or another line for the header."""
    actor, line = current_actor(), request.form.get("header_line", "").strip()
    number = int(line) if line.isascii() and line.isdigit() and len(line) < 8 else 0

    def keep(session: Session) -> str:
        draft = drafts.opened(session, actor, draft_id)
        drafts.read_elsewhere(session, draft, request.form.get("sheet", "")[:200], number)
        return url_for("import_drafts.columns", draft_id=draft_id)

    return once(keep)


@bp.post("/<int:draft_id>/cells")
@importers
def mend(draft_id: int) -> Response:
    """Keep what was typed into the bad cells, and check again."""
    actor, page = current_actor(), request.args.get("page", "1")
    with reading() as session:
        sheet = drafts.sheet_in(session, queries.draft(session, actor, draft_id))

    def keep(session: Session) -> str:
        draft = drafts.opened(session, actor, draft_id)
        if "back_in" in request.form:
            drafts.take_back_in(draft)
        else:
            drafts.mend(draft, sheet, sent_cells(), sent_rows())
        flash(_("已保存修改，下面是重新检查的结果。"))
        return _here(draft_id, page=page)

    return once(keep)


@bp.post("/<int:draft_id>/run")
@importers
def run(draft_id: int) -> Response:
    """Bring the sheet in, all of it or what is sound of it: now, or by the scheduler when it is long."""
    actor, good_rows = current_actor(), request.form.get("rows") == "good"
    with reading() as session:
        draft = queries.draft(session, actor, draft_id)
        prepared = None if draft.all_rows > drafts.AT_ONCE else _prepared(session, draft, good_rows=good_rows)

    def carry_out(session: Session) -> str:
        mine = drafts.opened(session, actor, draft_id)
        if not mine.mapping:
            raise Conflict(_("请先确认各列的含义"))
        if prepared is None:
            drafts.queue(mine, good_rows=good_rows)
            return _here(draft_id)
        report = services.carry_out(session, actor, prepared, clock=clock(), good_rows=good_rows)
        drafts.settle(mine, report)
        return _told(mine, report)

    return once(carry_out)


def _prepared(session: Session, draft: ImportDraft, *, good_rows: bool) -> services.Prepared:
    sheet = drafts.sheet_in(session, draft)
    cut = runtime()
    return services.prepare(session, lambda: cut.segmenter, current_actor(), sheet, clock=clock(), good_rows=good_rows)


def _told(draft: ImportDraft, report: Report) -> str:
    """Say what came of it; where to go."""
    if not report.written:
        return _here(draft.id)
    if report.batch_id is None:
        flash(_("%(file)s 与已有记录完全一致，没有需要导入的内容。", file=report.file_name))
    else:
        flash(_("已导入：新增 %(new)s 行，更新 %(changed)s 行。", new=report.created, changed=report.updated))
    return _result(draft)


@bp.get("/<int:draft_id>/progress")
@importers
def progress(draft_id: int) -> Response:
    """The part of the page that says how far it is; htmx asks for it, and is sent on when it is over."""
    with reading() as session:
        draft = queries.draft(session, current_actor(), draft_id)
        if draft.state in drafts.UNDER_WAY and "HX-Request" in request.headers:
            return make_response(render("pages/imports/_progress.html", **_progress(session, draft)))
    if "HX-Request" not in request.headers:
        return redirect(_here(draft_id))
    answer = make_response("")
    answer.headers["HX-Redirect"] = _here(draft_id)
    return answer


def _progress(session: Session, draft: ImportDraft) -> dict[str, Any]:
    return {
        "draft": draft,
        "queued": draft.state is ImportState.QUEUED,
        "before": queries.queued_before(session, draft),
        "share": draft.done_rows / draft.all_rows if draft.all_rows else 0,
    }


@bp.post("/<int:draft_id>/cancel")
@importers
def cancel(draft_id: int) -> Response:
    actor = current_actor()

    def take_out(session: Session) -> str:
        drafts.cancel(session, actor, draft_id)
        flash(_("已取消排队，没有导入任何内容。"))
        return _here(draft_id)

    return once(take_out)


@bp.post("/<int:draft_id>/drop")
@importers
def drop(draft_id: int) -> Response:
    actor = current_actor()

    def give_up(session: Session) -> str:
        drafts.drop(drafts.opened(session, actor, draft_id))
        flash(_("已放弃，没有导入任何内容。"))
        return url_for("imports.index")

    return once(give_up)


@bp.get("/<int:draft_id>/errors.xlsx")
@importers
def errors(draft_id: int) -> Answer:
    """All bad cells as a sheet, before anything is brought in."""
    with reading() as session:
        sheet = drafts.sheet_in(session, queries.draft(session, current_actor(), draft_id))
        report = services.preview(session, current_actor(), sheet, clock=clock())
    return error_sheet([asdict(error) for error in report.errors])
