"""The bureau's own words and pairs of names: list, entering, undoing, as a sheet in and out."""

from collections.abc import Mapping
from typing import Any

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import LexiconEntry
from matchmaker.domain.files import upload
from matchmaker.domain.permissions import Permission
from matchmaker.errors import InputError, Invalid, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import lexicon as queries
from matchmaker.services import lexicon as services
from matchmaker.services import lexicon_sheets as sheets
from matchmaker.text import Lexicon
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.forms import form_values, once, refused_form, render
from matchmaker.web.paging import Listing, all_rows, wanted
from matchmaker.web.sheets import sheet

bp = APIBlueprint("lexicon", __name__, url_prefix="/lexicon", enable_openapi=False)
officers = guard(Permission.LEXICON_EDIT)
TEMPLATE = "pages/lexicon/index.html"


@bp.get("")
@officers
def index() -> str:
    with reading() as session:
        return render(TEMPLATE, **_page(session, {}, {}))


def _page(session: Session, values: Mapping[str, Any], errors: Mapping[str, str]) -> dict[str, Any]:
    asked, bundled = wanted(queries.FILTERS), Lexicon.bundled()
    return {
        "listing": Listing(queries.search(session, asked), asked, queries.DEFAULT_SORT),
        "states": [("valid", _("生效")), ("undone", _("已撤销"))],
        "bundled": (len(bundled.words), len(bundled.links)),
        "values": values,
        "errors": errors,
        "preview": None,
    }


@bp.get("/export.xlsx")
@officers
def export() -> Answer:
    with reading() as session:
        rows = [_row(row) for row in queries.search(session, all_rows(wanted(queries.FILTERS))).rows]
    return sheet(_("词库"), rows)


def _row(row: LexiconEntry) -> dict[str, Any]:
    return {
        _("词语"): row.name,
        _("另一名称"): row.other,
        _("原因"): row.reason,
        _("经办人"): row.made_by,
        _("登记时间"): row.made_at.date().isoformat(),
        _("撤销原因"): row.undone_reason,
    }


@bp.post("")
@officers
def add() -> Response:
    """One entry; or several, a line each, the two names with a tab between them, as copied out of a sheet."""
    actor, values = current_actor(), form_values()
    lines = [line for line in request.form.get("lines", "").splitlines() if line.strip()]
    entries = [_entry(line, values.get("reason", "")) for line in lines] or [
        services.Entry(values.get("name", ""), values.get("other", ""), values.get("reason", ""))
    ]

    def save(session: Session) -> str:
        made = services.add(session, actor, entries, clock=clock())
        flash(_("已加入 %(number)s 条，一分钟内开始按新词库重新分析。", number=len(made)))
        return url_for("lexicon.index")

    try:
        return once(save)
    except Invalid as problem:
        with reading() as session:
            return refused_form(TEMPLATE, **_page(session, values, problem.errors))


def _entry(line: str, reason: str) -> services.Entry:
    """Word, other name and a reason of its own, else the one of the form."""
    name, other, own, *_rest = (*(cell.strip() for cell in line.split("\t")), "", "", "")
    return services.Entry(name, other, own or reason)


@bp.post("/sheet")
@officers
def check() -> Response | str:
    """What a sheet would bring: its new words stand in the form, ready to be added; the other rows with why not."""
    sent = request.files.get("file")
    file = upload(sent.filename or "", sent.stream.read()) if sent else upload("", b"")
    with reading() as session:
        try:
            found = sheets.preview(session, file)
        except InputError as refusal:
            return refused_form(TEMPLATE, **_page(session, {}, {"file": str(refusal)}))
        return render(TEMPLATE, **_page(session, {"lines": found.lines}, {}) | {"preview": found})


@bp.post("/<int:entry_id>/undo")
@officers
def undo(entry_id: int) -> Response:
    actor, reason = current_actor(), request.form.get("reason", "")

    def change(session: Session) -> str:
        row = session.get(LexiconEntry, entry_id)
        if row is None:
            raise NotFound(_("没有找到这条词库记录"))
        services.undo(session, actor, row, reason=reason, clock=clock())
        flash(_("已撤销，一分钟内开始按新词库重新分析。"))
        return url_for("lexicon.index")

    return once(change)
