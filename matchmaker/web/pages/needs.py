"""Needs: the list, one need, and its steps. Writing one: `need_forms`."""

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Need
from matchmaker.domain.contact_marks import contact_marks
from matchmaker.domain.ids import row_id
from matchmaker.domain.needs import completeness
from matchmaker.domain.permissions import Actor, Facts, Permission, can
from matchmaker.domain.vocabulary import NeedStatus, Noun
from matchmaker.i18n import gettext as _
from matchmaker.i18n import lazy_gettext, with_detail
from matchmaker.queries import attachments, choices, clinics, contacts, edits, history, suggestions, tasks
from matchmaker.queries import needs as queries
from matchmaker.queries.edits import EDITED
from matchmaker.queries.facts import facts_of
from matchmaker.queries.funnel import Reached
from matchmaker.queries.industries import industry_named
from matchmaker.queries.standings import Standing
from matchmaker.services import needs as services
from matchmaker.web import buttons
from matchmaker.web.auth import guard
from matchmaker.web.bulk import carried_out, number_done, selected_ids, shown_outcomes, waiting_number
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.filters import label
from matchmaker.web.forms import once, render
from matchmaker.web.masking import knows_firm
from matchmaker.web.matching import needs_published
from matchmaker.web.pages.need_sheet import row_of
from matchmaker.web.paging import Listing, all_rows, wanted
from matchmaker.web.sheets import sheet
from matchmaker.web.standing import where_they_sit

bp = APIBlueprint("needs", __name__, url_prefix="/needs", enable_openapi=False)
YEARS = 3  # to choose from
anybody = guard(Permission.NEED_VIEW, Facts(public=True))
TRACK = {
    NeedStatus.DRAFT: lazy_gettext("填报"),
    NeedStatus.COUNTY_REVIEW: lazy_gettext("县级审核"),
    NeedStatus.CITY_REVIEW: lazy_gettext("市级审核"),
    NeedStatus.PUBLISHED: lazy_gettext("对接"),
    NeedStatus.SOLVED: lazy_gettext("解决"),
}


@bp.get("")
@anybody
def index() -> str:
    actor, asked = current_actor(), wanted(queries.FILTERS)
    with reading() as session:
        page = queries.search(session, actor, asked)
        return render(
            "pages/needs/index.html",
            listing=Listing(page, asked, queries.DEFAULT_SORT),
            standings=where_they_sit(session, page.rows),
            tally=(tally := queries.tally(session, actor)),
            states=[(status.value, with_detail(label(status), number)) for status, number in tally.items()]
            + ([(EDITED, _("发布后被企业修改"))] if actor.is_bureau else []),
            units=choices.units(session),
            technical_fields=choices.technical_fields(session),
            reached=[(one.value, label(one)) for one in Reached] if can(actor, Permission.BOARD_VIEW) else [],
            years=_years(asked.filters.get("year", "")),
            may_create=can(actor, Permission.NEED_CREATE),
            may_publish=can(actor, Permission.NEED_CITY_REVIEW),
            ready=waiting_number(session, queries.search, actor, asked, NeedStatus.CITY_REVIEW.value),
        )


def _years(chosen: str) -> list[tuple[str, str]]:
    """The last years, and the one that is chosen."""
    last = [str(clock().today().year - back) for back in range(YEARS)]
    return [(year, year) for year in dict.fromkeys([*last, *([chosen] if chosen.isdecimal() else [])])]


@bp.get("/export.xlsx")
@anybody
def export() -> Answer:
    actor, asked = current_actor(), all_rows(wanted(queries.FILTERS))
    with reading() as session:
        found = queries.search(session, actor, asked).rows
        standings = where_they_sit(session, found)
        rows = [row_of(need, standings[need.id]) for need in found]
    return sheet(_("技术需求"), rows)


@bp.get("/<int:need_id>")
def show(need_id: int) -> str:
    actor = current_actor()
    with reading() as session:
        need = queries.get_visible(session, actor, need_id)
        sees_history = queries.sees_history(actor, need)
        standing = where_they_sit(session, [need])[need.id]
        return render(
            "pages/needs/show.html",
            need=need,
            standing=standing,
            sees_history=sees_history,
            steps=_track(need, standing),
            buttons=buttons.of(actor, need),
            may_edit=buttons.may(services.require_editable, actor, need),
            changes=edits.changes(session, need) if can(actor, Permission.NEED_COUNTY_REVIEW, facts_of(need)) else [],
            marks=contact_marks(need.title, need.problem, need.indicators, need.goal) if sees_history else [],
            reason=queries.reasons(session, [need]).get(need.id, "") if sees_history else "",
            contact=contacts.of_firm(session, actor, need.firm) if knows_firm(need) else None,
            panel=suggestions.panel(session, actor, need, today=clock().today()) if need.published_at else None,
            timeline=history.timeline(session, Noun.NEED, need.id) if sees_history else [],
            versions=queries.versions(session, need) if sees_history else [],
            may_comment=services.may_comment(actor, need),
            files=attachments.of_need(session, actor, need),
            industry=industry_named(need.industry_code),
            diagnosed=clinics.behind(session, need.id) if sees_history else None,
            tasks=tasks.of_need(session, actor, need),
            may_give=actor.is_bureau and can(actor, Permission.TASK_GIVE, facts_of(need)),
            complete=completeness(services.draft_of(need)) if sees_history else None,
        )


def _track(need: Need, standing: Standing) -> list[tuple[str, str]]:
    """The way of a need and the place it has reached; a side way (returned, declined, closed) ends after filling in."""
    now = "now late" if standing.late else "now"
    if need.status not in TRACK:
        return [(str(TRACK[NeedStatus.DRAFT]), "done"), (label(need.status), now)]
    here = list(TRACK).index(need.status)
    names = [str(text) for text in TRACK.values()]
    if need.status is NeedStatus.PUBLISHED:
        names[here] = standing.holder
    done = here + 1 if need.status is NeedStatus.SOLVED else here
    return [(name, "done" if place < done else now if place == here else "") for place, name in enumerate(names)]


@bp.post("/<int:need_id>/<action>")
def act(need_id: int, action: str) -> Response:
    actor, reason = current_actor(), request.form.get("reason", "")
    published: list[int] = []

    def move(session: Session) -> str:
        need = queries.get_visible(session, actor, need_id)
        step = services.review(session, actor, need, action, clock=clock(), reason=reason)
        published.extend([need_id] if step.target is NeedStatus.PUBLISHED else [])
        flash(_("已完成：%(action)s", action=_(step.label)))
        return url_for("needs.show", need_id=need_id)

    answer = once(move)
    needs_published(published)
    return answer


@bp.post("/<int:need_id>/comments")
def comment(need_id: int) -> Response:
    actor, body = current_actor(), request.form.get("body", "")

    def add(session: Session) -> str:
        services.comment(session, actor, queries.get_visible(session, actor, need_id), body, clock=clock())
        return url_for("needs.show", need_id=need_id, _anchor="history")

    return once(add)


@bp.post("/<int:need_id>/check")
def check(need_id: int) -> Response:
    actor, version = current_actor(), row_id(request.form.get("version")) or 0

    def confirm(session: Session) -> str:
        services.check(session, actor, queries.get_visible(session, actor, need_id), version=version, clock=clock())
        flash(_("已复核，修改后的内容继续公开。"))
        return url_for("needs.show", need_id=need_id)

    return once(confirm)


@bp.post("/bulk/publish")
@guard(Permission.NEED_CITY_REVIEW)
def publish_many() -> Response:
    actor = current_actor()
    with reading() as session:
        ids = selected_ids(lambda: [need.id for need in _matching(session, actor)])

    done: list[int] = []

    def publish(session: Session) -> str:
        published, told = carried_out(session, lambda: services.publish_many(session, actor, ids, clock=clock()))
        done.extend(published)
        return url_for("needs.published", **told)

    answer = once(publish)
    needs_published(done)
    return answer


def _matching(session: Session, actor: Actor) -> list[Need]:
    asked = all_rows(wanted(queries.FILTERS))
    return [need for need in queries.search(session, actor, asked).rows if need.status is NeedStatus.CITY_REVIEW]


@bp.get("/bulk/publish")
@guard(Permission.NEED_CITY_REVIEW)
def published() -> str:
    """What came of publishing many: how many are done, which were refused and why."""
    actor = current_actor()
    with reading() as session:
        failed = shown_outcomes(lambda record_id: queries.get_visible(session, actor, record_id), actor, "publish")
        done = number_done(session, actor, Noun.NEED, "publish")
        return render("pages/needs/published.html", done=done, failed=failed)
