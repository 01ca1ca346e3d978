"""Trips and routes: lists, one with its meetings, its details, who is on the bus. Planning: `journey_forms`."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import abort, flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Meeting, Organisation, Trip
from matchmaker.db.nouns import noun_of
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Permission, plans_meetings
from matchmaker.domain.vocabulary import MeetingKind
from matchmaker.errors import Conflict, Invalid, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import attendees, choices, history, receptions
from matchmaker.queries import journeys as queries
from matchmaker.queries.attendees import Attendee
from matchmaker.queries.journeys import Journey
from matchmaker.queries.meeting_choices import firms_named
from matchmaker.queries.meetings import Clash
from matchmaker.queries.untold import untold
from matchmaker.services import journeys as services
from matchmaker.services import letters, preparing
from matchmaker.services.meeting_plans import plan_of
from matchmaker.services.meetings import PersonTaken
from matchmaker.web import pairing
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.forms import form_values, once, refused_form, render
from matchmaker.web.pages.journey_values import KINDS, NOUN, details_of
from matchmaker.web.paging import Listing, wanted
from matchmaker.web.sheets import sheet

bp = APIBlueprint("journeys", __name__, enable_openapi=False)
SHOW, LIST = "pages/journeys/show.html", "pages/journeys/index.html"
EDIT, PEOPLE = "pages/journeys/edit.html", "pages/journeys/people.html"


@bp.get("/trips/all", defaults={"noun": "trips"})
@bp.get("/routes", defaults={"noun": "routes"})
@guard(Permission.BOARD_VIEW)
def index(noun: str) -> str:
    actor, asked = current_actor(), wanted()
    with reading() as session:
        page = queries.search(session, actor, KINDS[noun], asked)
        return render(
            LIST,
            noun=noun,
            listing=Listing(page, asked, queries.DEFAULT_SORT),
            meetings=queries.meetings_of(session, page.rows),
            may_plan=plans_meetings(actor),
        )


@bp.get(f"/{NOUN}/<int:journey_id>")
@guard(Permission.BOARD_VIEW)
def show(noun: str, journey_id: int) -> str:
    with reading() as session:
        return render(SHOW, **_page(session, noun, _get(session, noun, journey_id)))


def _get(session: Session, noun: str, journey_id: int) -> Journey:
    return queries.get_visible(session, current_actor(), KINDS[noun], journey_id)


def _page(session: Session, noun: str, journey: Journey, errors: dict[str, str] | None = None) -> dict[str, Any]:
    actor, stops = current_actor(), queries.stops_of(session, journey)
    to_come = queries.planned(stops)
    people = attendees.on_the_bus(session, actor, stops)
    firms = {row.firm_id: row.firm for meeting in to_come for row in meeting.firms}
    may_change = queries.in_reach(actor, stops)
    return {
        "noun": noun,
        "journey": journey,
        "meetings": stops,
        "to_come": {meeting.id for meeting in to_come},
        "receptions": receptions.of(session, [meeting.id for meeting in stops]),
        "is_current": receptions.is_current,
        "people": people,
        "firms": list(firms.values()) if isinstance(journey, Trip) else [],
        "known_firms": choices.firms(session, actor) if may_change and to_come and isinstance(journey, Trip) else [],
        "may_change": may_change,
        "letters": letters.of_all(session, [meeting.id for meeting in stops]) if may_change else {},
        "may_issue": {meeting.id for meeting in stops if letters.may_issue(actor, meeting)},
        "untold": _untold(session, to_come) if may_change else [],
        "to_join": _joinable(session, journey) if may_change else [],
        "again": _again(noun, stops) if plans_meetings(actor) else None,
        "timeline": history.timeline(session, noun_of(journey), journey.id),
        "errors": errors or {},
        "clashes": [],
        "values": request.form,
    }


def _untold(session: Session, to_come: Iterable[Meeting]) -> list[str]:
    those = [meeting for meeting in to_come if preparing.is_to_come(meeting, clock())]
    return list(dict.fromkeys(label for meeting in those for label in untold(session, meeting).values()))


def _joinable(session: Session, journey: Journey) -> list[tuple[int, str]]:
    alone = queries.to_join(session, current_actor(), journey)
    return [(each.id, f"{each.starts:%H:%M}–{each.ends:%H:%M} {each.title}") for each in alone]


def _again(noun: str, stops: list[Meeting]) -> str | None:
    """Where the same people and places are planned for another day."""
    plans = [plan_of(meeting) for meeting in stops]
    trip = KINDS[noun] is MeetingKind.OUTBOUND
    who = dict.fromkeys(one for plan in plans for one in (plan.firm_ids if trip else plan.expert_ids))
    where = dict.fromkeys(one for plan in plans for one in ((plan.host_id,) if trip else plan.firm_ids) if one)
    return url_for("journey_forms.new", noun=noun, step=2, travellers=list(who), places=list(where)) if where else None


@bp.get(f"/{NOUN}/<int:journey_id>/edit")
def edit(noun: str, journey_id: int) -> str:
    with reading() as session:
        journey = _get(session, noun, journey_id)
        if not queries.in_reach(current_actor(), queries.stops_of(session, journey)):
            abort(403)
        return render(EDIT, noun=noun, journey=journey, values=_as_typed(journey), errors={}, clashes=[])


def _as_typed(journey: Journey) -> dict[str, Any]:
    names = ("title", "day", "gathering", "transport", "seats", "contact", "note", "version")
    departs = f"{journey.departs:%H:%M}" if journey.departs else ""
    return {name: getattr(journey, name) for name in names} | {"departs": departs}


@bp.post(f"/{NOUN}/<int:journey_id>/edit")
def update(noun: str, journey_id: int) -> Response:
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        services.change(
            session,
            actor,
            _get(session, noun, journey_id),
            details_of(values),
            title=values.get("title", ""),
            day=pairing.day(values, "day"),
            clock=clock(),
            version=row_id(values.get("version")),
            reason=values.get("reason", ""),
        )
        flash(_("已保存。"))
        return url_for("journeys.show", noun=noun, journey_id=journey_id)

    return _carried_out(save, noun, journey_id, values, template=EDIT)


def _carried_out(save: Any, noun: str, journey_id: int, values: dict[str, Any], *, template: str) -> Response:
    """Save; what is refused comes back on the page it was sent from."""
    errors: dict[str, str] = {}
    clashes: list[Clash] = []
    try:
        return once(save)
    except PersonTaken as taken:
        clashes = taken.clashes
    except Invalid as refused:
        errors = refused.errors
    with reading() as session:
        journey = _get(session, noun, journey_id)
        page = {"noun": noun, "journey": journey, "values": values, "errors": errors}
        page = page if template == EDIT else _page(session, noun, journey, errors)
        answer = refused_form(template, **page | {"clashes": clashes})
    answer.status_code = Conflict.http_status if clashes else answer.status_code
    return answer


@bp.post(f"/{NOUN}/<int:journey_id>/tell")
def tell(noun: str, journey_id: int) -> Response:
    """One letter to each party with what was changed of the day since the last."""
    actor = current_actor()

    def save(session: Session) -> str:
        journey = _get(session, noun, journey_id)
        preparing.tell(session, actor, queries.planned(queries.stops_of(session, journey)), clock=clock())
        flash(_("已告知各方，每方一封信和新的日历。"))
        return url_for("journeys.show", noun=noun, journey_id=journey_id)

    return once(save)


@bp.post(f"/{NOUN}/<int:journey_id>/drop")
def drop(noun: str, journey_id: int) -> Response:
    """Call one of the day's meetings off."""
    return _part_with(noun, journey_id, services.drop_stop, _("已取消这一站，参加方会收到通知。"))


@bp.post(f"/{NOUN}/<int:journey_id>/leave")
def leave(noun: str, journey_id: int) -> Response:
    """Take a meeting out of the day without calling it off."""
    return _part_with(noun, journey_id, services.leave, _("已移出，活动照常举行，参加方会收到通知。"))


def _part_with(noun: str, journey_id: int, step: Callable[..., None], said: str) -> Response:
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        journey = _get(session, noun, journey_id)
        meeting = _chosen(queries.stops_of(session, journey), values)
        step(session, actor, journey, meeting, reason=values.get("reason", ""), clock=clock())
        flash(said)
        return url_for("journeys.show", noun=noun, journey_id=journey_id)

    return _carried_out(save, noun, journey_id, values, template=SHOW)


@bp.post(f"/{NOUN}/<int:journey_id>/join")
def join(noun: str, journey_id: int) -> Response:
    """Take in a meeting of the day that was planned by itself."""
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        journey = _get(session, noun, journey_id)
        meeting = _chosen(queries.to_join(session, actor, journey), {"meeting": values.get("join")})
        services.join(session, actor, journey, meeting, clock=clock())
        flash(_("已编入，参加方会收到通知。"))
        return url_for("journeys.show", noun=noun, journey_id=journey_id)

    return _carried_out(save, noun, journey_id, values, template=SHOW)


def _chosen(meetings: Iterable[Meeting], values: Mapping[str, Any]) -> Meeting:
    wanted_id = row_id(values.get("meeting"))
    found = next((each for each in meetings if each.id == wanted_id), None)
    if found is None:
        raise NotFound(_("没有找到这场活动"))
    return found


@bp.post("/trips/<int:journey_id>/firms")
def add_firm(journey_id: int) -> Response:
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        trip = _trip(session, journey_id)
        found = firms_named(session, actor, values.get("firms", ""))
        if len(found) != 1:
            raise Invalid({"firms": _("请填写一家企业")})
        services.add_firm(session, actor, trip, session.get_one(Organisation, found[0]), clock=clock())
        flash(_("已增加同行企业，并已通知。"))
        return url_for("journeys.show", noun="trips", journey_id=journey_id)

    return _carried_out(save, "trips", journey_id, values, template=SHOW)


@bp.post("/trips/<int:journey_id>/firms/<int:firm_id>/drop")
def drop_firm(journey_id: int, firm_id: int) -> Response:
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        trip, firm = _trip(session, journey_id), session.get(Organisation, firm_id)
        if firm is None:
            raise NotFound(_("没有找到这家机构"))
        services.drop_firm(session, actor, trip, firm, reason=values.get("reason", ""), clock=clock())
        flash(_("已去掉这家企业，并已通知。"))
        return url_for("journeys.show", noun="trips", journey_id=journey_id)

    return _carried_out(save, "trips", journey_id, values, template=SHOW)


def _trip(session: Session, journey_id: int) -> Trip:
    found = queries.get_visible(session, current_actor(), MeetingKind.OUTBOUND, journey_id)
    if not isinstance(found, Trip):
        raise Conflict(_("没有找到这个行程或路线"))
    return found


@bp.get(f"/{NOUN}/<int:journey_id>/people")
@guard(Permission.BOARD_VIEW)
def people(noun: str, journey_id: int) -> str:
    """The bus list, for the printer."""
    with reading() as session:
        journey = _get(session, noun, journey_id)
        stops = queries.stops_of(session, journey)
        listed = attendees.on_the_bus(session, current_actor(), stops)
        return render(PEOPLE, noun=noun, journey=journey, meetings=stops, people=listed)


@bp.get(f"/{NOUN}/<int:journey_id>/people.xlsx")
@guard(Permission.BOARD_VIEW)
def people_sheet(noun: str, journey_id: int) -> Answer:
    with reading() as session:
        journey = _get(session, noun, journey_id)
        found = attendees.on_the_bus(session, current_actor(), queries.stops_of(session, journey))
        rows = [_row(number, one) for number, one in enumerate(found, 1)]
        return sheet(_("车辆名单-%(title)s", title=journey.title), rows)


def _row(number: int, one: Attendee) -> dict[str, Any]:
    return {
        _("座位"): number,
        _("单位"): one.organisation,
        _("责任单位"): one.unit,
        _("姓名"): one.name,
        _("职务"): one.title,
        _("联系电话"): one.phone,
    }
