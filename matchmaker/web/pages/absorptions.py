"""Absorbed achievements 成果吸纳."""

from collections.abc import Callable
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from matchmaker.db.models import Absorption, Meeting
from matchmaker.domain.drafts import AbsorptionDraft
from matchmaker.domain.ids import row_id
from matchmaker.domain.vocabulary import Noun
from matchmaker.i18n import lazy_gettext
from matchmaker.queries import choices, meetings
from matchmaker.queries import entries as queries
from matchmaker.queries.choices import named
from matchmaker.services import entries as services
from matchmaker.web.context import current_actor
from matchmaker.web.entry_pages import Column, Kind, Suggestions, blueprint
from matchmaker.web.filters import label


def _values(row: Absorption) -> dict[str, Any]:
    names = ("title", "day", "amount_wan", "note")
    return {name: getattr(row, name) for name in names} | {
        "firm": row.firm.name,
        "origin": row.origin.name,
        "need": row.need_id or "",
        "meeting": row.meeting_id or "",
    }


def _judged(session: Session) -> Callable[[Absorption], str]:
    verdicts = queries.load(session).absorptions
    return lambda row: label(verdicts[row.id]) if row.id in verdicts else ""


def _suggested(session: Session) -> Suggestions:
    return {"firm": choices.firms(session, current_actor()), "origin": queries.origins(session)}


def _begun(session: Session) -> dict[str, Any]:
    """From a meeting's page: the firm, and whose expert came."""
    number = row_id(request.args.get("meeting", ""))
    if number is None:
        return {}
    meeting: Meeting = meetings.get_visible(session, current_actor(), number)
    origin = meeting.host or next((row.expert.institute for row in meeting.experts), None)
    return {
        "meeting": number,
        "firm": meeting.firms[0].firm.name if meeting.firms else "",
        "origin": origin.name if origin else "",
        "need": meeting.needs[0].need_id if meeting.needs else "",
    }


KIND = Kind(
    name="absorptions",
    noun=Noun.ABSORPTION,
    model=Absorption,
    draft=AbsorptionDraft,
    title=lazy_gettext("成果吸纳"),
    add=lazy_gettext("登记成果吸纳"),
    empty=lazy_gettext("企业用上一项京津成果，就登记一条，附上合同或证明；同一成果只计一次。"),
    search=queries.absorptions,
    write=services.write_absorption,
    columns=(
        Column(lazy_gettext("成果名称"), lambda row: row.title, "title"),
        Column(lazy_gettext("吸纳企业"), lambda row: row.firm.name, "firm"),
        Column(lazy_gettext("责任单位"), lambda row: named(row.firm.unit) if row.firm.unit else ""),
        Column(lazy_gettext("来源单位"), lambda row: row.origin.name, "origin"),
        Column(lazy_gettext("吸纳日期"), lambda row: row.day.isoformat(), "day"),
        Column(lazy_gettext("金额（万元）"), lambda row: row.amount_wan, "amount"),
    ),
    values=_values,
    judged=_judged,
    suggested=_suggested,
    begun=_begun,
)
bp = blueprint(KIND)
