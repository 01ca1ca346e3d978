"""可约时间: the free half-days of an expert, the visiting days of an institute, when visits suit a firm."""

from collections.abc import Callable
from typing import Any

from apiflask import APIBlueprint
from flask import flash, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.domain.availability import WEEKDAYS, Half
from matchmaker.domain.vocabulary import OrganisationKind
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import availability as queries
from matchmaker.queries import profiles
from matchmaker.services import availability as services
from matchmaker.services.availability import Party
from matchmaker.web import half_days, pairing
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.forms import form_values, once, refused_form, render

bp = APIBlueprint("availability", __name__, enable_openapi=False)
NOUN = "<any(experts, organisations):noun>"
TEMPLATE = "pages/availability/show.html"
HALVES = {"day": tuple(Half), **{half.value: (half,) for half in Half}}


@bp.get(f"/{NOUN}/<int:party_id>/availability")
def show(noun: str, party_id: int) -> str:
    with reading() as session:
        return render(TEMPLATE, **_page(session, noun, party_id))


def _party(session: Session, noun: str, party_id: int) -> Party:
    actor = current_actor()
    found = profiles.expert(session, party_id) if noun == "experts" else None
    party: Party = found or profiles.organisation(session, actor, party_id)
    services.require(actor, party)
    return party


def _page(session: Session, noun: str, party_id: int) -> dict[str, Any]:
    party, today = _party(session, noun, party_id), clock().today()
    row = queries.row_of(session, party)
    said = queries.read(row)
    coming = sorted(
        (when for when in said.dates if when.day >= today), key=lambda when: (when.day, when.half != Half.MORNING)
    )
    return {
        "noun": noun,
        "party": party,
        "row": row,
        "heading_text": title_of(party),
        "week": [
            (str(half_days.WEEKDAYS[day]), [(half.value, _(half.label), f"{day}-{half}") for half in Half])
            for day in WEEKDAYS
        ],
        "ticked": {f"{day}-{half}" for day, half in said.weekly},
        "dates": [
            (key, text, said.dates[when]) for when, (key, text) in zip(coming, half_days.choices(coming), strict=True)
        ],
        "parts": [("day", _("全天")), *((half.value, _(half.label)) for half in Half)],
        "values": {},
        "errors": {},
    }


def title_of(party: Party) -> str:
    """What the times are called: an institute has visiting days, a firm days that suit it."""
    kind = getattr(party, "kind", None)
    if kind is OrganisationKind.FIRM:
        return _("适合来访的时间")
    return _("可约时间") if kind is None else _("开放日")


@bp.post(f"/{NOUN}/<int:party_id>/availability/week")
def week(noun: str, party_id: int) -> Response:
    ticked = set(form_values("weekly")["weekly"])
    wanted = [(day, half) for day in WEEKDAYS for half in Half if f"{day}-{half}" in ticked]

    def save(session: Session, party: Party) -> None:
        services.state_week(session, current_actor(), party, wanted, clock=clock())
        flash(_("已保存每周的可约时间。") if wanted else _("已清空：没有填写每周的可约时间。"))

    return _carried_out(noun, party_id, save)


@bp.post(f"/{NOUN}/<int:party_id>/availability/days")
def add_day(noun: str, party_id: int) -> Response:
    values = form_values()

    def save(session: Session, party: Party) -> None:
        parts, free = HALVES.get(values.get("part", ""), tuple(Half)), values.get("free") != "no"
        services.state_day(session, current_actor(), party, pairing.day(values, "day"), parts, free=free, clock=clock())
        flash(_("已记下这一天。"))

    return _carried_out(noun, party_id, save, values)


@bp.post(f"/{NOUN}/<int:party_id>/availability/days/drop")
def drop_day(noun: str, party_id: int) -> Response:
    values = form_values()

    def save(session: Session, party: Party) -> None:
        services.take_back_day(session, current_actor(), party, values.get("key", ""), clock=clock())
        flash(_("已去掉。"))

    return _carried_out(noun, party_id, save)


def _carried_out(
    noun: str, party_id: int, save: Callable[[Session, Party], None], values: dict[str, Any] | None = None
) -> Response:
    def act(session: Session) -> str:
        save(session, _party(session, noun, party_id))
        return url_for("availability.show", noun=noun, party_id=party_id)

    try:
        return once(act)
    except Invalid as refused:
        with reading() as session:
            page = _page(session, noun, party_id) | {"errors": refused.errors, "values": values or {}}
            return refused_form(TEMPLATE, **page)
