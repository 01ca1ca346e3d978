"""The pages of one kind of entered record: list, sheet, form, the record with its proof, void and back again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Meeting, Need
from matchmaker.db.nouns import Entry
from matchmaker.domain.drafts import Draft, fields_of
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Permission, can
from matchmaker.domain.vocabulary import Noun
from matchmaker.errors import Invalid, NotFound
from matchmaker.i18n import LazyString, lazy_gettext
from matchmaker.i18n import gettext as _
from matchmaker.queries import attachments, changes
from matchmaker.queries import entries as queries
from matchmaker.queries.facts import facts_of
from matchmaker.queries.listing import Page, Wanted
from matchmaker.services import attachments as files
from matchmaker.services import blobs
from matchmaker.services import entries as services
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.downloads import sent_out
from matchmaker.web.forms import controls, form_values, once, refused_form, render
from matchmaker.web.pages.goal_forms import drafted
from matchmaker.web.pages.need_files import MOST_READ, sent_files
from matchmaker.web.paging import Listing, all_rows, wanted
from matchmaker.web.sheets import sheet

STATES = ((queries.STANDS, lazy_gettext("有效")), (queries.VOID, lazy_gettext("已作废")))
Suggestions = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Column:
    """A column of a list and its sheet: its heading, what stands in it, and the key it is sorted by, if any."""

    label: LazyString
    cell: Callable[[Any], Any]
    sort: str = ""


@dataclass(frozen=True)
class Kind:
    """What the pages must know of a kind of record; `name` is also its address.

    The first column leads to the record. `judged` says of records by id what became of them in the count, `suggested`
    offers names for fields, `values` is a record as its form has it, `begun` a form as an address fills it in.
    """

    name: str
    noun: Noun
    model: type[Any]
    draft: type[Draft]
    title: LazyString
    add: LazyString
    empty: LazyString
    search: Callable[[Session, Wanted], Page[Any]]
    write: Callable[..., Entry]
    columns: tuple[Column, ...]
    values: Callable[[Any], dict[str, Any]]
    judged: Callable[[Session], Callable[[Any], str]]
    suggested: Callable[[Session], Suggestions] = lambda _session: {}
    begun: Callable[[Session], dict[str, Any]] = lambda _session: {}


def blueprint(kind: Kind) -> APIBlueprint:
    """All pages of a kind."""
    bp = APIBlueprint(kind.name, __name__, url_prefix=f"/{kind.name}", enable_openapi=False)
    _add_lists(bp, kind)
    _add_record(bp, kind)  # before what is posted to its address: the first rule decides what an impossible number is
    _add_forms(bp, kind)
    _add_files(bp, kind)
    _add_kept_files(bp, kind)
    return bp


def _add_lists(bp: APIBlueprint, kind: Kind) -> None:
    @bp.get("")
    @guard(Permission.BOARD_VIEW)
    def index() -> str:
        asked = wanted(queries.FILTERS)
        with reading() as session:
            return render(
                "pages/entries/index.html",
                kind=kind,
                listing=Listing(kind.search(session, asked), asked, queries.DEFAULT_SORT),
                years=[(str(year), str(year)) for year in queries.years(session, kind.model)],
                states=STATES,
                judged=kind.judged(session),
            )

    @bp.get("/export.xlsx")
    @guard(Permission.BOARD_VIEW)
    def export() -> Answer:
        with reading() as session:
            found, judged = kind.search(session, all_rows(wanted(queries.FILTERS))).rows, kind.judged(session)
            rows = [_sheet_row(kind, row, judged(row)) for row in found]
        return sheet(str(kind.title), rows)


def _sheet_row(kind: Kind, row: Any, verdict: str) -> dict[str, Any]:
    told = {str(column.label): column.cell(row) for column in kind.columns}
    more = {_("计数"): verdict, _("登记人"): row.entered_by, _("备注"): row.note}
    return {_("编号"): row.id} | told | more


def _add_forms(bp: APIBlueprint, kind: Kind) -> None:
    @bp.get("/new")
    @guard(Permission.ENTRY_EDIT)
    def new() -> str:
        with reading() as session:
            return render(FORM, **_form(session, kind, None, kind.begun(session), {}))

    @bp.post("")
    @guard(Permission.ENTRY_EDIT)
    def create() -> Response:
        return _written(kind, None)

    @bp.get("/<int:entry_id>/edit")
    @guard(Permission.ENTRY_EDIT)
    def edit(entry_id: int) -> str:
        with reading() as session:
            row = queries.get(session, kind.model, entry_id)
            return render(FORM, **_form(session, kind, row, kind.values(row) | {"version": row.version}, {}))

    @bp.post("/<int:entry_id>")
    @guard(Permission.ENTRY_EDIT)
    def update(entry_id: int) -> Response:
        return _written(kind, entry_id)


FORM = "pages/entries/form.html"


def _written(kind: Kind, entry_id: int | None) -> Response:
    values = form_values()

    def save(session: Session) -> str:
        row = queries.get(session, kind.model, entry_id) if entry_id is not None else kind.model()
        draft, version = drafted(kind.draft, values), row_id(values.get("version")) or 0
        reason = values.get("reason", "")
        kind.write(session, current_actor(), row, draft, version=version, reason=reason, clock=clock())
        flash(_("已保存。证明材料可以在本页上传。"))
        return url_for(f"{kind.name}.show", entry_id=row.id)

    try:
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            row = queries.get(session, kind.model, entry_id) if entry_id is not None else None
            return refused_form(FORM, **_form(session, kind, row, values, refusal.errors))


def _form(
    session: Session, kind: Kind, row: Any, values: Mapping[str, Any], errors: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "kind": kind,
        "row": row,
        "controls": controls(kind.draft, values, errors),
        "suggested": kind.suggested(session),
        "values": values,
        "errors": errors,
    }


def _add_record(bp: APIBlueprint, kind: Kind) -> None:
    @bp.get("/<int:entry_id>")
    @guard(Permission.BOARD_VIEW)
    def show(entry_id: int) -> str:
        with reading() as session:
            row = queries.get(session, kind.model, entry_id)
            return render(
                "pages/entries/show.html",
                kind=kind,
                row=row,
                verdict=kind.judged(session)(row),
                files=attachments.of_record(session, kind.noun, entry_id),
                changes=changes.of(session, kind.noun, [entry_id], fields_of(kind.draft)),
                may_edit=can(current_actor(), Permission.ENTRY_EDIT),
                may_see=_may_see,
            )

    @bp.post("/<int:entry_id>/void")
    @guard(Permission.ENTRY_EDIT)
    def void(entry_id: int) -> Response:
        return _turned(kind, entry_id, services.void, _("已作废，不再计入，仍留存备查。"))

    @bp.post("/<int:entry_id>/restore")
    @guard(Permission.ENTRY_EDIT)
    def restore(entry_id: int) -> Response:
        return _turned(kind, entry_id, services.restore, _("已恢复。"))


def _may_see(record: Need | Meeting) -> bool:
    """Whether the reader may open what a record came from."""
    view = Permission.NEED_VIEW if isinstance(record, Need) else Permission.MEETING_VIEW
    return can(current_actor(), view, facts_of(record))


def _turned(kind: Kind, entry_id: int, turn: Callable[..., None], said: str) -> Response:
    def go(session: Session) -> str:
        row = queries.get(session, kind.model, entry_id)
        turn(session, current_actor(), row, reason=request.form.get("reason", ""), clock=clock())
        flash(said)
        return url_for(f"{kind.name}.show", entry_id=entry_id)

    return once(go)


def _add_files(bp: APIBlueprint, kind: Kind) -> None:
    @bp.url_value_preprocessor
    def allow_larger(endpoint: str | None, _values: dict[str, Any] | None) -> None:
        """Read a file somewhat too large, so that the refusal can name it."""
        if endpoint == f"{kind.name}.attach":
            request.max_content_length = MOST_READ

    @bp.post("/<int:entry_id>/files")
    @guard(Permission.ENTRY_EDIT)
    def attach(entry_id: int) -> Response:
        sent = sent_files()
        if not sent:
            raise Invalid({files.FIELD: _("请选择文件")})

        def save(session: Session) -> str:
            row = queries.get(session, kind.model, entry_id)
            for file in sent:
                files.attach(session, current_actor(), row, file, clock=clock())
            flash(_("已上传 %(number)s 个附件。", number=len(sent)))
            return url_for(f"{kind.name}.show", entry_id=entry_id, _anchor="files")

        return once(save)


def _add_kept_files(bp: APIBlueprint, kind: Kind) -> None:
    @bp.get("/<int:entry_id>/files/<int:attachment_id>")
    @guard(Permission.BOARD_VIEW)
    def download(entry_id: int, attachment_id: int) -> Answer:
        with reading() as session:
            row = _file(session, kind, entry_id, attachment_id)
            data = blobs.read(session, row.blob_sha256)
            return sent_out(data, row.media_type, row.file_name, plain=f"attachment-{row.id}")

    @bp.post("/<int:entry_id>/files/<int:attachment_id>/void")
    @guard(Permission.ENTRY_EDIT)
    def void_file(entry_id: int, attachment_id: int) -> Response:
        def go(session: Session) -> str:
            entry, row = queries.get(session, kind.model, entry_id), _file(session, kind, entry_id, attachment_id)
            reason = request.form.get("reason", "")
            files.void(session, current_actor(), entry, row, reason=reason, clock=clock())
            flash(_("已作废：%(name)s", name=row.file_name))
            return url_for(f"{kind.name}.show", entry_id=entry_id, _anchor="files")

        return once(go)


def _file(session: Session, kind: Kind, entry_id: int, attachment_id: int) -> Any:
    found = attachments.of_record(session, kind.noun, entry_id)
    row = next((one for one in found if one.id == attachment_id), None)
    if row is None:
        raise NotFound(_("没有找到这个附件"))
    return row
