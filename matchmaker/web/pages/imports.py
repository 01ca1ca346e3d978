"""Bringing lists in: choose a file, see what it would do, do it; the batches so far."""

from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import flash, request, url_for
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
from matchmaker.services import blobs
from matchmaker.services import imports as services
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading, runtime
from matchmaker.web.forms import once, refused_form, render
from matchmaker.web.paging import Listing, wanted
from matchmaker.web.sheets import sheet

bp = APIBlueprint("imports", __name__, url_prefix="/imports", enable_openapi=False)
importers = guard(Permission.IMPORT_RUN)
KINDS = {kind.value: kind for kind in ImportKind}
MOST_ROWS = 5_000  # what a page can wait for; larger lists go through the command
SHOWN_ERRORS = 200
MEDIA_TYPE = "application/octet-stream"
NEXT = {ImportKind.NEEDS: ("needs.index", "city_review"), ImportKind.CAPABILITIES: ("capabilities.index", "review")}


@bp.get("")
@importers
def index() -> str:
    with reading() as session:
        return render("pages/imports/index.html", **_index(session, {}))


def _index(session: Session, errors: dict[str, str]) -> dict[str, Any]:
    asked = wanted(queries.FILTERS)
    return {
        "listing": Listing(queries.search(session, current_actor(), asked), asked, queries.DEFAULT_SORT),
        "kinds": [(kind.value, _(kind.label)) for kind in ImportKind],
        "columns": {kind: fields_of(model) for kind, model in ROW_OF.items()},
        "technical_fields": [name for _code, name in choices.technical_fields(session)],
        "chosen": request.form.get("kind", ImportKind.NEEDS.value),
        "errors": errors,
    }


@bp.get("/template/<kind>.xlsx")
@importers
def template(kind: str) -> Answer:
    """An empty sheet with a column for each field."""
    model = ROW_OF[_kind(kind)]
    return sheet(_(KINDS[kind].label), [dict.fromkeys((_(about.label) for about in fields_of(model).values()), "")])


@bp.post("")
@importers
def check() -> Response:
    """Keep the file and go on to what it would do; one that cannot be read is told on the form."""
    kind, sent = KINDS.get(request.form.get("kind", "")), request.files.get("file")
    file = upload(sent.filename or "", sent.stream.read()) if sent else upload("", b"")
    if sent:
        sent.stream.seek(0)
    try:
        found = _acceptable(kind, file)
    except InputError as refusal:
        unreadable = isinstance(refusal, services.UnreadableError)
        said = _("文件打不开或内容损坏，请另存为 xlsx 或 UTF-8 编码的 CSV 再上传") if unreadable else str(refusal)
        with reading() as session:
            return refused_form("pages/imports/index.html", **_index(session, {"file": said}))

    def keep(session: Session) -> str:
        sha256 = blobs.keep(session, file.data, MEDIA_TYPE)
        return url_for("imports.preview", kind=found.kind.value, sha256=sha256, name=file.file_name)

    return once(keep)


def _acceptable(kind: ImportKind | None, file: Upload) -> services.Sheet:
    if kind is None:
        raise InputError(_("请选择名录类别"))
    if not file.data or len(file.data) > MAX_BYTES or Path(file.file_name).suffix.lower() not in TABLE_SUFFIXES:
        raise InputError(_("请选择一个不超过 20 MB 的 xlsx、csv 或 jsonl 文件"))
    return _read(kind, file.file_name, file.data)


def _read(kind: ImportKind, name: str, data: bytes) -> services.Sheet:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"list{Path(name).suffix.lower()}"
        path.write_bytes(data)
        found = services.read_sheet(kind, path, file_name=name)
    if len(found.raw) > MOST_ROWS:
        raise InputError(_("一次最多 %(most)s 行，请拆分后再上传，或由管理员用命令导入", most=MOST_ROWS))
    return found


def _kind(value: str) -> ImportKind:
    if value not in KINDS:
        raise NotFound(_("没有这类名录"))
    return KINDS[value]


def _kept(session: Session, kind: str, sha256: str, name: str) -> services.Sheet:
    return _read(_kind(kind), upload(name, b"").file_name, blobs.read(session, sha256))


@bp.get("/check/<kind>/<sha256>")
@importers
def preview(kind: str, sha256: str) -> str:
    """What the file would do; nothing is written."""
    name = request.args.get("name", "")
    with reading() as session:
        found = _kept(session, kind, sha256, name)
        report = services.preview(session, current_actor(), found, clock=clock())
    errors = [asdict(error) for error in report.errors]
    return render(
        "pages/imports/preview.html",
        kind=found.kind,
        sha256=sha256,
        report=report,
        errors=errors[:SHOWN_ERRORS],
        total=len(errors),
    )


@bp.post("/check/<kind>/<sha256>")
@importers
def run(kind: str, sha256: str) -> Response:
    """Bring the file in: all of it, or what is sound of it."""
    actor, name = current_actor(), request.form.get("name", "")
    good_rows = request.form.get("rows") == "good"
    with reading() as session:
        found = _kept(session, kind, sha256, name)
        prepared = services.prepare(
            session, lambda: runtime().segmenter, actor, found, clock=clock(), good_rows=good_rows
        )

    def carry_out(session: Session) -> str:
        report = services.carry_out(session, actor, prepared, clock=clock(), good_rows=good_rows)
        if report.batch_id is None:
            flash(_("%(file)s 与已有记录完全一致，没有需要导入的内容。", file=report.file_name))
            return url_for("imports.index")
        if report.written:
            flash(_("已导入：新增 %(new)s 行，更新 %(changed)s 行。", new=report.created, changed=report.updated))
        else:
            flash(_("有误，全部没有导入。请按下表改正后重新上传。"), "bad")
        return url_for("imports.show", batch_id=report.batch_id)

    return once(carry_out)


@bp.get("/<int:batch_id>")
@importers
def show(batch_id: int) -> str:
    with reading() as session:
        batch = queries.get(session, current_actor(), batch_id)
        endpoint, status = NEXT.get(batch.kind, ("", ""))
        waiting = url_for(endpoint, status=status) if endpoint else ""
        errors = batch.errors[:SHOWN_ERRORS]
        return render("pages/imports/show.html", batch=batch, waiting=waiting, errors=errors, total=len(batch.errors))


@bp.get("/<int:batch_id>/errors.xlsx")
@importers
def errors(batch_id: int) -> Answer:
    """The bad rows as a sheet, to be worked through beside the original."""
    with reading() as session:
        batch = queries.get(session, current_actor(), batch_id)
        rows = [
            {_("行"): one["line"], _("列"): one["column"], _("值"): one["value"], _("原因和处理"): one["message"]}
            for one in batch.errors
        ]
    return sheet(_("有误的行"), rows)
