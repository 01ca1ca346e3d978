"""Verifying meetings of an older ledger, many at once, after seeing what each will count as."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Meeting
from matchmaker.domain.ids import row_id
from matchmaker.domain.meetings import REQUIRED_TO_VERIFY
from matchmaker.domain.permissions import Permission
from matchmaker.domain.vocabulary import MeetingKind
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined
from matchmaker.queries import counts
from matchmaker.queries import old_ledger as queries
from matchmaker.queries.meetings import gaps_of
from matchmaker.services import meetings as services
from matchmaker.web.auth import guard
from matchmaker.web.bulk import EVERYTHING
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.filters import label
from matchmaker.web.forms import once, render
from matchmaker.web.pages.meeting_sheet import row_of
from matchmaker.web.paging import Listing, all_rows, wanted
from matchmaker.web.sheets import sheet

bp = APIBlueprint("old_ledger", __name__, url_prefix="/meetings/old-ledger", enable_openapi=False)
verifiers = guard(Permission.MEETING_VERIFY)


@bp.get("")
@verifiers
def index() -> str:
    actor, asked = current_actor(), wanted(queries.FILTERS)
    with reading() as session:
        page = queries.search(session, actor, asked)
        every = queries.every(session, actor, asked)
        lines = counts.lines_if_verified(session, every, actor.account_id)
        obstacles = {meeting.id: _obstacle(meeting) for meeting in every}
        ready = [meeting for meeting in every if not obstacles[meeting.id]]
        return render(
            "pages/meetings/old_ledger.html",
            listing=Listing(page, asked, queries.DEFAULT_SORT),
            lines=lines,
            obstacles=obstacles,
            ready=len(ready),
            counted=sum(any(line.verdict.counts for line in lines[one.id].values()) for one in ready),
            batches=queries.batches(session),
            kinds=[(kind.value, label(kind)) for kind in MeetingKind],
        )


def _obstacle(meeting: Meeting) -> str:
    """Why the reader cannot verify the meeting, "" when nothing is in the way."""
    gaps = [gap for gap in gaps_of(meeting) if gap in REQUIRED_TO_VERIFY]
    if gaps:
        return _("材料不全，不能核验：%(gaps)s", gaps=joined(_(gap.label) for gap in gaps))
    if meeting.recorded_by_id == current_actor().account_id:
        return _("由您导入，请另一位工作人员核验")
    return ""


@bp.get("/export.xlsx")
@verifiers
def export() -> Answer:
    with reading() as session:
        rows = [row_of(one) for one in queries.search(session, current_actor(), all_rows(wanted(queries.FILTERS))).rows]
    return sheet(_("待核验的历史补录"), rows)


@bp.post("/verify")
@verifiers
def verify() -> Response:
    """Verify the checked meetings, or all that match the filters and that the officer may verify."""
    actor = current_actor()
    seen = _seen()

    def carry_out(session: Session) -> str:
        outcomes = services.verify_many(session, actor, seen, clock=clock())
        failed = [outcome for outcome in outcomes if not outcome.done]
        flash(_("已核验 %(count)s 场。", count=len(outcomes) - len(failed)))
        for outcome in failed[:3]:
            flash(_("第 %(id)s 号没有核验：%(why)s", id=outcome.record_id, why=outcome.message), "bad")
        if len(failed) > 3:
            flash(_("另有 %(count)s 场没有核验，原因见下表。", count=len(failed) - 3), "bad")
        return url_for("old_ledger.index", **dict[str, Any](wanted(queries.FILTERS).filters))

    return once(carry_out)


def _seen() -> dict[int, int | None]:
    """Meeting → the version that was shown beside its box."""
    if request.form.get("scope") == EVERYTHING:
        with reading() as session:
            every = queries.every(session, current_actor(), wanted(queries.FILTERS))
            return {meeting.id: meeting.version for meeting in every if not _obstacle(meeting)}
    pairs = [text.partition("-") for text in request.form.getlist("ids")]
    found = {number: row_id(version) for text, _dash, version in pairs if (number := row_id(text)) is not None}
    if not found:
        raise Invalid({"": _("没有可处理的记录：请先勾选，或选择处理符合筛选的全部记录。")})
    return found
