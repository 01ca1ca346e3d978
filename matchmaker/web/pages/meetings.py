"""Meetings: the list, one meeting and its steps. Planning one: `meeting_forms`; its record: `meeting_record`."""

from collections.abc import Callable

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import abort, flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.domain.permissions import Permission, can, plans_meetings
from matchmaker.domain.vocabulary import MeetingKind, MeetingStatus
from matchmaker.i18n import gettext as _
from matchmaker.queries import choices, meeting_gaps, meeting_words, old_ledger
from matchmaker.queries import meetings as queries
from matchmaker.services import meetings as services
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.forms import once, render
from matchmaker.web.pages.meeting_page import TEMPLATE, page_of
from matchmaker.web.pages.meeting_sheet import row_of
from matchmaker.web.paging import Listing, all_rows, wanted
from matchmaker.web.sheets import sheet

bp = APIBlueprint("meetings", __name__, url_prefix="/meetings", enable_openapi=False)
WITH_REASON: dict[str, Callable[..., None]] = {
    "cancel": services.cancel,
    "restore": services.restore,
    "reject": services.reject,
    "unverify": services.unverify,
}


@bp.get("")
def index() -> str:
    actor, asked, today = current_actor(), wanted(queries.FILTERS), clock().today()
    with reading() as session:
        page = queries.search(session, actor, asked, today)
        return render(
            "pages/meetings/index.html",
            listing=Listing(page, asked, queries.DEFAULT_SORT),
            unrecorded={row.id for row in page.rows if queries.is_unrecorded(row, today)},
            gaps={row.id: queries.gaps_of(row) for row in page.rows},
            waiting=queries.count_unrecorded(session, actor, today),
            units=choices.units(session),
            kinds=list(MeetingKind),
            statuses=list(MeetingStatus),
            evidence=meeting_gaps.options(),
            said=meeting_words.options(),
            may_plan=plans_meetings(actor),
            old=old_ledger.count(session, actor) if can(actor, Permission.MEETING_VERIFY) else 0,
        )


@bp.get("/export.xlsx")
def export() -> Answer:
    actor, asked, today = current_actor(), all_rows(wanted(queries.FILTERS)), clock().today()
    with reading() as session:
        rows = [row_of(meeting) for meeting in queries.search(session, actor, asked, today).rows]
    return sheet(_("对接活动"), rows)


@bp.get("/<int:meeting_id>")
def show(meeting_id: int) -> str:
    with reading() as session:
        meeting = queries.get_visible(session, current_actor(), meeting_id)
        return render(TEMPLATE, **page_of(session, meeting))


def _version() -> int:
    """What the page showed whoever pressed the button; a form that does not say is as good as an old one."""
    return request.form.get("version", default=0, type=int)


@bp.post("/<int:meeting_id>/verify")
@guard(Permission.MEETING_VERIFY)
def verify(meeting_id: int) -> Response:
    actor, version = current_actor(), _version()

    def save(session: Session) -> str:
        meeting = queries.get_visible(session, actor, meeting_id)
        services.verify(session, actor, meeting, clock=clock(), version=version)
        flash(_("已核验。是否计数见“计数规则的判断”。"))
        return url_for("meetings.show", meeting_id=meeting_id)

    return once(save)


@bp.post("/<int:meeting_id>/<action>")
def act(meeting_id: int, action: str) -> Response:
    actor, reason, version = current_actor(), request.form.get("reason", ""), _version()
    if action not in WITH_REASON:
        abort(404)

    def move(session: Session) -> str:
        meeting = queries.get_visible(session, actor, meeting_id)
        WITH_REASON[action](session, actor, meeting, reason=reason, clock=clock(), version=version)
        flash(_("已完成。"))
        return url_for("meetings.show", meeting_id=meeting_id)

    return once(move)
