"""Planning a trip or a route: first who and where, then each stop's time, people and needs; one more stop later."""

from collections.abc import Callable
from typing import Any

from apiflask import APIBlueprint
from flask import abort, flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.domain.journeys import MOST_STOPS, JourneyPlan
from matchmaker.domain.permissions import plans_meetings
from matchmaker.domain.vocabulary import MeetingKind
from matchmaker.errors import Conflict, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined
from matchmaker.queries import absences, journey_choices
from matchmaker.queries import availability as times
from matchmaker.queries import journeys as queries
from matchmaker.queries.journeys import Journey
from matchmaker.queries.meetings import Clash
from matchmaker.services import journeys as services
from matchmaker.services.meeting_plans import plan_of as plan_of_meeting
from matchmaker.services.meetings import PersonTaken
from matchmaker.web import half_days, pairing
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.forms import form_values, once, refused_form, render
from matchmaker.web.pages.journey_values import KINDS, LISTS, NOUN, numbers, plan_of, stop_of

bp = APIBlueprint("journey_forms", __name__, enable_openapi=False)
CHOOSE, FORM, STOP = "pages/journeys/choose.html", "pages/journeys/form.html", "pages/journeys/stop.html"
SLOTS = (("09:00", "10:30"), ("11:00", "12:00"), ("14:00", "15:30"), ("16:00", "17:30"))


@bp.before_request
def only_planners() -> None:
    if not plans_meetings(current_actor()):
        abort(403)


@bp.get(f"/{NOUN}/new")
def new(noun: str) -> str | Response:
    """The page that asks who and where; once both are known and "next" was pressed, the form."""
    asked = request.args
    travellers, places = numbers(asked.getlist("travellers")), numbers(asked.getlist("places"))
    with reading() as session:
        errors = _missing(noun, travellers, places) if asked.get("step") else {}
        if asked.get("step") and not errors:
            plan = JourneyPlan(KINDS[noun], _day(asked.get("day", "")), travellers, journey_choices.blank(places))
            return render(FORM, **_form(session, noun, plan, _slots(len(places)) | {"day": asked.get("day", "")}))
        page = _chooser(session, noun, travellers, places) | {"errors": errors}
        return refused_form(CHOOSE, **page) if errors else render(CHOOSE, **page)


def _day(text: str) -> Any:
    try:
        return pairing.day({"day": text}, "day")
    except Invalid:
        return None


def _missing(noun: str, travellers: tuple[int, ...], places: tuple[int, ...]) -> dict[str, str]:
    trip = KINDS[noun] is MeetingKind.OUTBOUND
    found: dict[str, str] = {}
    if not travellers:
        found["travellers"] = _("请至少选择一家企业") if trip else _("请至少选择一位专家")
    if not 0 < len(places) <= MOST_STOPS:
        found["places"] = _("一天安排 1 到 %(limit)s 站", limit=MOST_STOPS)
    return found


def _chooser(session: Session, noun: str, travellers: tuple[int, ...], places: tuple[int, ...]) -> dict[str, Any]:
    kind, asked = KINDS[noun], request.args
    return {
        "noun": noun,
        "travellers": journey_choices.travellers(session, kind, asked.get("who", "").strip()[:100], travellers),
        "places": journey_choices.places(session, kind, asked.get("where", "").strip()[:100], places),
        "chosen": {"travellers": travellers, "places": places},
        "values": asked,
    }


def _slots(number: int) -> dict[str, str]:
    """Usual times of a day, one stop after another; later ones are left open."""
    found: dict[str, str] = {}
    for at, (starts, ends) in enumerate(SLOTS[:number]):
        found |= {f"stop_{at}_starts": starts, f"stop_{at}_ends": ends}
    return found


def _form(
    session: Session,
    noun: str,
    plan: JourneyPlan,
    values: dict[str, Any],
    *,
    errors: dict[str, str] | None = None,
    clashes: list[Clash] | None = None,
) -> dict[str, Any]:
    free = times.whole_days(session, times.of_plan(plan), clock().today()) if plan.stops else []
    return {
        "slots": half_days.day_choices(free),
        "noun": noun,
        "plan": plan,
        "stops": journey_choices.stops(session, current_actor(), plan),
        "travellers": journey_choices.travellers(session, plan.kind, "", plan.travellers),
        "values": values,
        "errors": errors or {},
        "clashes": clashes or [],
    }


@bp.post(f"/{NOUN}")
def create(noun: str) -> Response:
    actor, values = current_actor(), half_days.chosen_day(form_values(*LISTS))

    def save(session: Session) -> str:
        plan = plan_of(KINDS[noun], values)
        journey = services.plan(session, actor, plan, clock=clock())
        flash(_("已安排 %(count)s 场活动。", count=len(plan.stops)))
        _warn(session, journey, plan)
        return url_for("journeys.show", noun=noun, journey_id=journey.id)

    def again(session: Session, refused: dict[str, Any]) -> Response:
        return refused_form(FORM, **_form(session, noun, _readable(noun, values), values, **refused))

    return _carried_out(save, again)


def _readable(noun: str, values: dict[str, Any]) -> JourneyPlan:
    """As much of the plan as the form needs to be shown again, whatever else was typed."""
    ids = [values.get(f"stop_{at}_organisation", "") for at in range(MOST_STOPS)]
    places = journey_choices.blank(numbers(ids))
    return JourneyPlan(KINDS[noun], _day(values.get("day", "")), numbers(values["travellers"]), places)


def _warn(session: Session, journey: Journey, plan: JourneyPlan) -> None:
    """What the officer may have agreed on all the same: little time between two stops, who is away, too few seats."""
    if tight := plan.tight():
        flash(_("第 %(stops)s 站与上一站之间不到 20 分钟，请留出路上的时间。", stops=joined(tight)), "warn")
    stops = queries.stops_of(session, journey)
    half_days.warn_of(session, stops)
    experts = {one for stop in stops for one in plan_of_meeting(stop).expert_ids}
    if away := absences.away_on(session, experts, journey.day):
        flash(_("请再确认：%(away)s。", away=absences.told(away)), "warn")
    if journey.seats is not None and journey.seats < len(plan.travellers):
        flash(
            _("座位 %(seats)s 个，少于同行的 %(count)s 方。", seats=journey.seats, count=len(plan.travellers)), "warn"
        )


def _carried_out(save: Callable[[Session], str], again: Callable[[Session, dict[str, Any]], Response]) -> Response:
    """Save; what is refused comes back in the form, a clash with a link to the other meeting and status 409."""
    try:
        return once(save)
    except PersonTaken as taken:
        refused: dict[str, Any] = {"clashes": taken.clashes}
    except Invalid as invalid:
        refused = {"errors": invalid.errors}
    with reading() as session:
        answer = again(session, refused)
    if "clashes" in refused:
        answer.status_code = Conflict.http_status
    return answer


@bp.get(f"/{NOUN}/<int:journey_id>/stop")
def stop(noun: str, journey_id: int) -> str:
    """One more stop: where, then when, whom and about what."""
    places = numbers(request.args.getlist("place"))[:1]
    with reading() as session:
        return render(STOP, **_stop_form(session, noun, journey_id, places, _slots(0)))


def _stop_form(
    session: Session,
    noun: str,
    journey_id: int,
    places: tuple[int, ...],
    values: dict[str, Any],
    *,
    errors: dict[str, str] | None = None,
    clashes: list[Clash] | None = None,
) -> dict[str, Any]:
    kind, where = KINDS[noun], request.args.get("where", "").strip()[:100]
    journey = queries.get_visible(session, current_actor(), kind, journey_id)
    there = [plan_of_meeting(each) for each in queries.planned(queries.stops_of(session, journey))]
    ids = [one for each in there for one in (each.firm_ids if kind is MeetingKind.OUTBOUND else each.expert_ids)]
    plan = JourneyPlan(kind, journey.day, tuple(dict.fromkeys(ids)), journey_choices.blank(places))
    found = journey_choices.places(session, kind, where, places)
    page = _form(session, noun, plan, values, errors=errors, clashes=clashes)
    return page | {"journey": journey, "places": found, "where": where}


@bp.post(f"/{NOUN}/<int:journey_id>/stops")
def add_stop(noun: str, journey_id: int) -> Response:
    actor, values = current_actor(), form_values(*LISTS)

    def save(session: Session) -> str:
        journey = queries.get_visible(session, actor, KINDS[noun], journey_id)
        services.add_stop(session, actor, journey, stop_of(values, 0), clock=clock())
        flash(_("已增加一站，参加方会收到通知。"))
        return url_for("journeys.show", noun=noun, journey_id=journey_id)

    def again(session: Session, refused: dict[str, Any]) -> Response:
        places = numbers([values.get("stop_0_organisation", "")])
        return refused_form(STOP, **_stop_form(session, noun, journey_id, places, values, **refused))

    return _carried_out(save, again)
