"""Bringing lists in: choose a file, download a template; what was brought in so far."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.domain.drafts import ROW_OF, fields_of
from matchmaker.domain.files import MAX_BYTES, Upload, upload
from matchmaker.domain.permissions import Permission
from matchmaker.domain.vocabulary import ImportKind
from matchmaker.errors import InputError, NotFound
from matchmaker.exchange.tables import TABLE_SUFFIXES
from matchmaker.i18n import gettext as _
from matchmaker.queries import choices
from matchmaker.queries import imports as queries
from matchmaker.services.imports import UnreadableError, drafts
from matchmaker.services.imports import template as templates
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.filters import moment
from matchmaker.web.forms import once, refused_form, render
from matchmaker.web.paging import Listing, all_rows, wanted
from matchmaker.web.sheets import download, sheet

bp = APIBlueprint("imports", __name__, url_prefix="/imports", enable_openapi=False)
importers = guard(Permission.IMPORT_RUN)
KINDS = {kind.value: kind for kind in ROW_OF}
SHOWN_ERRORS = 200
NEXT = {ImportKind.NEEDS: ("needs.index", "city_review"), ImportKind.CAPABILITIES: ("capabilities.index", "review")}


@bp.get("")
@importers
def index() -> str:
    with reading() as session:
        return render("pages/imports/index.html", **_index(session, {}))


def _index(session: Session, errors: dict[str, str]) -> dict[str, Any]:
    asked, actor = wanted(queries.FILTERS), current_actor()
    return {
        "listing": Listing(queries.search(session, actor, asked), asked, queries.DEFAULT_SORT),
        "waiting": queries.open_drafts(session, actor),
        "kinds": [(kind.value, _(kind.label)) for kind in KINDS.values()],
        "columns": {kind: fields_of(model) for kind, model in ROW_OF.items()},
        "technical_fields": [name for _code, name in choices.technical_fields(session)],
        "chosen": request.form.get("kind") or request.args.get("kind") or ImportKind.NEEDS.value,
        "errors": errors,
        "most_rows": drafts.MOST_ROWS,
    }


@bp.get("/export.xlsx")
@importers
def export() -> Answer:
    """The batches as they are listed."""
    with reading() as session:
        page = queries.search(session, current_actor(), all_rows(wanted(queries.FILTERS)))
        rows = [
            {
                _("时间"): moment(batch.made_at),
                _("类别"): _(batch.kind.label),
                _("文件"): batch.file_name,
                _("导入人"): batch.made_by,
                _("新增"): batch.created,
                _("更新"): batch.updated,
                _("未变"): batch.unchanged,
                _("有误"): batch.failed,
                _("撤销时间"): moment(batch.undone_at) if batch.undone_at else "",
                _("撤销原因"): batch.undone_reason,
            }
            for batch in page.rows
        ]
    return sheet(_("导入记录"), rows)


@bp.get("/template/<kind>.xlsx")
@importers
def template(kind: str) -> Answer:
    """A sheet to fill in, with an example, lists to choose from and explanations."""
    if kind not in KINDS:
        raise NotFound(_("没有这类名录"))
    with reading() as session:
        return download(_(KINDS[kind].label), templates.template(session, KINDS[kind]))


@bp.post("")
@importers
def check() -> Response:
    """Keep the file and go on to what it would do; one that cannot be read is told on the form."""
    kind, sent = KINDS.get(request.form.get("kind", "")), request.files.get("file")
    file = upload(sent.filename or "", sent.stream.read()) if sent else upload("", b"")
    if sent:
        sent.stream.seek(0)
    try:
        wanted_kind = _acceptable(kind, file)
        table = drafts.read(wanted_kind, file)
    except InputError as refusal:
        unreadable = isinstance(refusal, UnreadableError)
        said = _("文件打不开或内容损坏，请另存为 xlsx 或 UTF-8 编码的 CSV 再上传") if unreadable else str(refusal)
        with reading() as session:
            return refused_form("pages/imports/index.html", **_index(session, {"file": said}))

    def keep(session: Session) -> str:
        draft = drafts.begin(session, current_actor(), wanted_kind, file, table, clock=clock())
        return url_for("import_drafts.show", draft_id=draft.id)

    return once(keep)


def _acceptable(kind: ImportKind | None, file: Upload) -> ImportKind:
    if kind is None:
        raise InputError(_("请选择名录类别"))
    if not file.data or len(file.data) > MAX_BYTES or Path(file.file_name).suffix.lower() not in TABLE_SUFFIXES:
        raise InputError(_("请选择一个不超过 20 MB 的 xlsx、csv 或 jsonl 文件"))
    return kind


@bp.get("/<int:batch_id>")
@importers
def show(batch_id: int) -> str:
    with reading() as session:
        batch = queries.get(session, current_actor(), batch_id)
        endpoint, status = NEXT.get(batch.kind, ("", ""))
        waiting = url_for(endpoint, status=status) if endpoint else ""
        if batch.kind is ImportKind.HISTORY:
            waiting = url_for("old_ledger.index", batch=batch.id)
        errors = batch.errors[:SHOWN_ERRORS]
        return render("pages/imports/show.html", batch=batch, waiting=waiting, errors=errors, total=len(batch.errors))


@bp.get("/<int:batch_id>/errors.xlsx")
@importers
def errors(batch_id: int) -> Answer:
    """The bad rows as a sheet, to be worked through beside the original."""
    with reading() as session:
        return error_sheet(queries.get(session, current_actor(), batch_id).errors)


def error_sheet(found: Iterable[Mapping[str, Any]]) -> Answer:
    """Bad cells as a sheet."""
    rows = [
        {_("行"): one["line"], _("列"): one["column"], _("值"): one["value"], _("原因和处理"): one["message"]}
        for one in found
    ]
    return sheet(_("有误的行"), rows)
