"""Planning a meeting: choose who, then where and when; from an accepted invitation both are filled in."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, time
from typing import Any

from apiflask import APIBlueprint
from flask import abort, flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Invitation, Meeting
from matchmaker.domain.ids import row_id
from matchmaker.domain.meetings import Plan
from matchmaker.domain.permissions import Permission, can, plans_meetings
from matchmaker.domain.vocabulary import MeetingKind
from matchmaker.errors import Conflict, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import absences, choices, invitations, meeting_choices
from matchmaker.queries import availability as times
from matchmaker.queries import meetings as queries
from matchmaker.queries.facts import facts_of
from matchmaker.services import meetings as services
from matchmaker.services.meeting_plans import is_moved, plan_of, prefilled
from matchmaker.web import half_days
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.forms import form_values, once, refused_form, render

bp = APIBlueprint("meeting_forms", __name__, url_prefix="/meetings", enable_openapi=False)
FORM = "pages/meetings/form.html"
CHOOSE = "pages/meetings/choose.html"
LISTS = ("firm_ids", "expert_ids", "need_ids")


@bp.before_request
def only_planners() -> None:
    if not plans_meetings(current_actor()):
        abort(403)


@bp.get("/new")
def new() -> str | Response:
    """The form, once it is known what kind of meeting with whom; else the page that asks that."""
    with reading() as session:
        if request.args.get("invitation"):
            number = row_id(request.args["invitation"]) or 0
            invitation = invitations.get_visible(session, current_actor(), number)
            return render(FORM, **_form(session, prefilled(session, invitation), invitation=invitation))
        if not request.args.get("kind"):
            return render(CHOOSE, **_chooser(session, {}))
        try:
            return render(FORM, **_form(session, _begun(session)))
        except Invalid as refusal:
            return refused_form(CHOOSE, **_chooser(session, refusal.errors))


def _chooser(session: Session, errors: dict[str, str]) -> dict[str, Any]:
    return {
        "kinds": list(MeetingKind),
        "institutes": meeting_choices.institutes(session),
        "firms": choices.firms(session, current_actor()),
        "values": request.args,
        "errors": errors,
    }


def _begun(session: Session) -> Plan:
    """The plan as far as the first page says it."""
    kind = _kind(request.args.get("kind", ""))
    firm_ids = meeting_choices.firms_named(session, current_actor(), request.args.get("firms", ""))
    if not firm_ids:
        raise Invalid({"firms": _("请填写企业")})
    if kind is MeetingKind.INBOUND and len(firm_ids) > 1:
        raise Invalid({"firms": _("入企活动只能有一家企业，几家企业请分别安排")})
    host = request.args.get("host", "").strip()
    if kind is MeetingKind.OUTBOUND and not host:
        raise Invalid({"host": _("请填写接待院所")})
    host_id = meeting_choices.institute_named(session, host) if host and kind is not MeetingKind.INBOUND else None
    return Plan(kind=kind, host_id=host_id, firm_ids=tuple(firm_ids))


def _kind(text: str) -> MeetingKind:
    found = next((kind for kind in MeetingKind if kind.value == text), None)
    if found is None:
        raise Invalid({"kind": _("请选择活动类型")})
    return found


@bp.post("")
def create() -> Response:
    actor, values = current_actor(), half_days.chosen(form_values(*LISTS), "starts", "ends")

    def save(session: Session) -> str:
        meeting = services.schedule(
            session, actor, _plan(session, values), clock=clock(), invitation=_invitation(session, values)
        )
        flash(_("已安排。活动当天起可以登记结果。"))
        _warn(session, meeting)
        return url_for("meetings.show", meeting_id=meeting.id)

    return _carried_out(save, values)


@bp.get("/<int:meeting_id>/edit")
def edit(meeting_id: int) -> str:
    actor = current_actor()
    with reading() as session:
        meeting = queries.get_visible(session, actor, meeting_id)
        if not can(actor, Permission.MEETING_PLAN, facts_of(meeting)):
            abort(403)
        return render(FORM, **_form(session, plan_of(meeting), meeting=meeting))


@bp.post("/<int:meeting_id>/plan")
def update(meeting_id: int) -> Response:
    actor, values = current_actor(), half_days.chosen(form_values(*LISTS), "starts", "ends")

    def save(session: Session) -> str:
        meeting = queries.get_visible(session, actor, meeting_id)
        version, plan, reason = row_id(values.get("version")), _plan(session, values), values.get("reason", "")
        if is_moved(meeting, plan) and not reason:
            raise Invalid({"reason": _("改期或换地点请写明原因，会告诉各方")})
        services.change(session, actor, meeting, plan, clock=clock(), version=version, reason=reason)
        flash(_("已更改。"))
        _warn(session, meeting)
        return url_for("meetings.show", meeting_id=meeting_id)

    return _carried_out(save, values, meeting_id=meeting_id)


def _warn(session: Session, meeting: Meeting) -> None:
    """Say who is away then or does not name it as free; the officer may have agreed on it with them all the same."""
    half_days.warn_of(session, [meeting])
    away = absences.away_on(session, [row.expert_id for row in meeting.experts], meeting.day)
    if away:
        flash(_("请再确认：%(away)s。", away=absences.told(away)), "warn")


def _carried_out(save: Any, values: dict[str, Any], meeting_id: int | None = None) -> Response:
    """Save; what is refused comes back in the form, a clash with a link to the other meeting and status 409."""
    errors: dict[str, str] = {}
    clashes: list[queries.Clash] = []
    try:
        return once(save)
    except services.PersonTaken as taken:
        clashes = taken.clashes
    except Invalid as refusal:
        errors = refusal.errors
    with reading() as session:
        meeting = queries.get_visible(session, current_actor(), meeting_id) if meeting_id is not None else None
        plan = _plan(session, values, strict=False)
        context = _form(session, plan, meeting=meeting, invitation=_invitation(session, values))
        context |= {"errors": errors, "clashes": clashes, "values": values}
        answer = refused_form(FORM, **context)
    answer.status_code = Conflict.http_status if clashes else answer.status_code
    return answer


def _invitation(session: Session, values: dict[str, Any]) -> Invitation | None:
    number = row_id(values.get("invitation"))
    return invitations.get_visible(session, current_actor(), number) if number is not None else None


def _form(
    session: Session, plan: Plan, *, meeting: Meeting | None = None, invitation: Invitation | None = None
) -> dict[str, Any]:
    offered = meeting_choices.choices(session, current_actor(), plan)
    free = times.offer(session, times.of_plan(plan), clock().today(), except_id=meeting.id if meeting else None)
    return {
        "slots": half_days.choices(free.half_days),
        "silent": free.silent,
        "nothing_common": free.asked and not free.half_days,
        "plan": plan,
        "choices": offered,
        "groups": [(group.id, group.name) for group in offered.groups],
        "trips": [(trip.id, f"{trip.day.isoformat()} {trip.title}") for trip in offered.trips],
        "meeting": meeting,
        "invitation": invitation,
        "errors": {},
        "clashes": [],
        "values": {},
    }


def _plan(session: Session, values: dict[str, Any], *, strict: bool = True) -> Plan:
    """The plan sent. Names typed in are looked up and refused if unknown; not `strict`, they are left for the form."""
    plan = Plan(
        kind=_kind(values.get("kind", "")),
        day=_day(values.get("day", "")),
        starts=_time(values.get("starts", "")),
        ends=_time(values.get("ends", "")),
        title=values.get("title", ""),
        host_id=row_id(values.get("host_id")),
        site_id=row_id(values.get("site_id")),
        group_id=row_id(values.get("group_id")),
        trip_id=row_id(values.get("trip_id")),
        trip_title=values.get("trip_title", ""),
        route_id=row_id(values.get("route_id")),
        firm_ids=_numbers(values["firm_ids"]),
        expert_ids=_numbers(values["expert_ids"]),
        need_ids=_numbers(values["need_ids"]),
    )
    if not strict:
        return plan
    firms = meeting_choices.firms_named(session, current_actor(), values.get("firm_names", ""))
    experts = meeting_choices.experts_named(session, values.get("expert_names", ""))
    return replace(plan, firm_ids=(*plan.firm_ids, *firms), expert_ids=(*plan.expert_ids, *experts))


def _numbers(texts: Iterable[str]) -> tuple[int, ...]:
    return tuple(number for number in map(row_id, texts) if number is not None)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _time(text: str) -> time | None:
    try:
        return time.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return None
