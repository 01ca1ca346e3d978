"""Checking in at a meeting: the organiser's page with the code, and the page that a phone opens by it."""

from datetime import timedelta
from typing import Any

from apiflask import APIBlueprint
from flask import flash, request, url_for
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import CheckIn, Meeting
from matchmaker.domain.check_ins import Arrival
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Permission, can
from matchmaker.errors import Conflict, Forbidden, Invalid, NotFound
from matchmaker.exchange import qr
from matchmaker.i18n import gettext as _
from matchmaker.queries import meetings as queries
from matchmaker.queries.facts import facts_of
from matchmaker.services import check_ins as services
from matchmaker.services import meeting_links
from matchmaker.services.accounts import network_of
from matchmaker.web.auth import public
from matchmaker.web.context import clock, current_actor, reading, runtime
from matchmaker.web.forms import form_values, once, refused_form, render
from matchmaker.web.security import behind_key

bp = APIBlueprint("check_in", __name__, enable_openapi=False)
DESK, PHONE = "pages/meetings/check_in.html", "pages/check_in/show.html"
BY_CODE = 0  # in place of an account, for forms that are sent twice
FIRM, EXPERT = "firm", "expert"


@bp.get("/meetings/<int:meeting_id>/check-in")
def desk(meeting_id: int) -> str:
    with reading() as session:
        return render(DESK, **_desk(session, meeting_id))


@bp.post("/meetings/<int:meeting_id>/check-in")
def tick(meeting_id: int) -> Response:
    """The organiser ticks off the parties named, or a companion who is on no list."""
    actor, values = current_actor(), form_values("parties")
    arrivals = [_arrival(party, {}) for party in values["parties"]]
    if values.get("name") or values.get("organisation") or not arrivals:
        arrivals.append(_arrival("", values))

    def save(session: Session) -> str:
        meeting = queries.get_visible(session, actor, meeting_id)
        for arrival in arrivals:
            services.by_officer(session, actor, meeting, arrival, clock=clock())
        flash(_("已签到 %(number)s 项。登记结果时会作为建议带出，仍由登记人确认。", number=len(arrivals)))
        return url_for("check_in.desk", meeting_id=meeting_id)

    try:
        return once(save)
    except Invalid as refused:
        with reading() as session:
            return refused_form(DESK, **_desk(session, meeting_id) | {"errors": refused.errors, "values": values})


@bp.post("/meetings/<int:meeting_id>/check-in/<int:check_in_id>/void")
def void(meeting_id: int, check_in_id: int) -> Response:
    actor, reason = current_actor(), request.form.get("reason", "")

    def save(session: Session) -> str:
        meeting = queries.get_visible(session, actor, meeting_id)
        services.void(session, actor, meeting, _of(meeting, check_in_id), reason=reason, clock=clock())
        flash(_("这条签到已作废。"))
        return url_for("check_in.desk", meeting_id=meeting_id)

    return once(save)


def _desk(session: Session, meeting_id: int) -> dict[str, Any]:
    actor = current_actor()
    meeting = queries.get_visible(session, actor, meeting_id)
    if not can(actor, Permission.MEETING_RECORD, facts_of(meeting)):
        raise Forbidden(_("您没有权限登记这场活动的签到"))
    still_open, today = meeting.status in services.OPEN, clock().today()
    link, until = _link(meeting_id) if still_open and meeting.day == today else ("", None)
    return {
        "meeting": meeting,
        "link": link,
        "until": until,
        "code": Markup(qr.svg(link)) if link else "",  # noqa: S704 -- drawn by us
        "may_tick": still_open and meeting.day <= today,
        "may_void": still_open,
        "here": {(row.firm_id, row.expert_id) for row in meeting.check_ins},
        "errors": {},
        "values": {},
    }


def _link(meeting_id: int) -> tuple[str, Any]:
    settings = runtime().settings
    life = timedelta(minutes=settings.check_in_minutes)
    token, until = meeting_links.check_in_token(settings.key(), meeting_id, now=clock().now(), life=life)
    return settings.public_url + url_for("check_in.show", token=token), until


def _of(meeting: Meeting, check_in_id: int) -> CheckIn:
    found = next((row for row in meeting.check_ins if row.id == check_in_id), None)
    if found is None:
        raise NotFound(_("没有找到这条签到，可能已经作废"))
    return found


@bp.get("/i/<token>")
@public
def show(token: str) -> Response:
    """What the code leads to. Opening it changes nothing."""
    with reading() as session:
        return behind_key(render(PHONE, **_phone(session, token)))


@bp.post("/i/<token>")
@public
def check_in(token: str) -> Response:
    settings, values = runtime().settings, form_values()
    meeting_id, until = meeting_links.read_check_in_token(settings.key(), token)
    if clock().now() > until:
        raise Conflict(_("这个二维码已过期。请再扫一次会场的二维码，重新签到。"))
    network = network_of(request.remote_addr or "")

    def save(session: Session) -> str:
        meeting = _meeting(session, meeting_id)
        arrival = _arrival(values.get("party", ""), values)
        row = services.by_code(session, meeting, arrival, network=network, clock=clock())
        return url_for("check_in.show", token=token, r=meeting_links.receipt(settings.key(), row.id))

    try:
        return once(save, account_id=BY_CODE)
    except Invalid as refused:
        with reading() as session:
            return refused_form(PHONE, **_phone(session, token) | {"errors": refused.errors, "values": values})


def _phone(session: Session, token: str) -> dict[str, Any]:
    key = runtime().settings.key()
    meeting_id, until = meeting_links.read_check_in_token(key, token)
    meeting, mine = _meeting(session, meeting_id), meeting_links.read_receipt(key, request.args.get("r", ""))
    return {
        "token": token,
        "meeting": meeting,
        "expired": clock().now() > until,
        "closed": meeting.status not in services.OPEN or meeting.day != clock().today(),
        "mine": next((row for row in meeting.check_ins if row.id == mine), None),
        "errors": {},
        "values": {},
    }


def _meeting(session: Session, meeting_id: int) -> Meeting:
    found = session.get(Meeting, meeting_id)
    if found is None:
        raise NotFound(_("没有找到这场活动"))
    return found


def _arrival(party: str, values: dict[str, Any]) -> Arrival:
    """`firm:12`, `expert:5`, or anything else for who is on no list."""
    kind, _separator, number = party.partition(":")
    name, organisation = values.get("name", ""), values.get("organisation", "")
    if kind == FIRM:
        return Arrival(name, "", firm_id=row_id(number) or 0)
    if kind == EXPERT:
        return Arrival(name, "", expert_id=row_id(number) or 0)
    return Arrival(name, organisation)
