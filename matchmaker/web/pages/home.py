"""The first page after sign-in: what each role comes for."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from apiflask import APIBlueprint
from flask import current_app, redirect, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import CapabilityStatus, MeetingStatus, NeedStatus, RegistrationStatus, Role
from matchmaker.i18n import LazyString, lazy_gettext
from matchmaker.i18n import gettext as _
from matchmaker.queries import capabilities, guide, handover, matches, needs, profiles, worklist
from matchmaker.queries.edits import EDITED
from matchmaker.queries.invitations import TO_ARRANGE
from matchmaker.queries.listing import Wanted
from matchmaker.queries.worklist import Waiting
from matchmaker.web.context import clock, current_actor, reading, runtime
from matchmaker.web.filters import day
from matchmaker.web.forms import render
from matchmaker.web.navigation import site
from matchmaker.web.pages.suggestions import declines

bp = APIBlueprint("home", __name__, enable_openapi=False)
SHOWN = 20


@dataclass(frozen=True)
class Task:
    """One line of a to-do list."""

    text: str
    url: str
    detail: str
    when: str


@bp.get("/home")
def index() -> str | Response:
    actor = current_actor()
    if actor.role is Role.LEADER:
        return redirect(url_for("board.show"), 302)
    if actor.role is Role.ADMIN:
        return redirect(url_for("accounts.index"), 302)
    with reading() as session:
        return HOMES[actor.role or Role.CITY](session, actor)


def _firm(session: Session, actor: Actor) -> str:
    page = needs.search(session, actor, Wanted(filters={"firm": str(actor.organisation_id)}, size=SHOWN))
    return render(
        "pages/home/firm.html",
        page=page,
        standings=needs.standings(session, page.rows, clock().now(), bureau=site().bureau_named),
        reasons=needs.reasons(session, page.rows),
        waiting=worklist.to_answer(session, actor),
        asked=worklist.asked_by_firm(session, actor),
        upcoming=worklist.upcoming(session, actor, clock().today()),
        drafts=[need for need in page.rows if need.status in {NeedStatus.DRAFT, NeedStatus.RETURNED}],
    )


def _expert(session: Session, actor: Actor) -> str:
    run, today = runtime(), clock().today()
    index = run.index.current(session)
    found = matches.for_expert(session, index, actor.expert_id or 0, settings=run.settings, today=today)
    upcoming = worklist.upcoming(session, actor, today)
    return render("pages/home/expert.html", found=found, declines=declines(), upcoming=upcoming)


def _institute(session: Session, actor: Actor) -> str:
    institute = actor.organisation_id or 0
    return render(
        "pages/home/institute.html",
        organisation_id=institute,
        experts=profiles.experts_of(session, institute),
        groups=profiles.groups_of(session, institute),
        page=capabilities.search(session, actor, Wanted(filters={"source": str(institute)}, size=SHOWN)),
        invitations=worklist.open_invitations(session, actor),
    )


def _officer(session: Session, actor: Actor) -> str:
    today = clock().today()
    work = worklist.of(session, actor, today)
    return render(
        "pages/home/officer.html",
        tasks=[*_tasks(actor, work)],
        numbers=needs.tally(session, actor),
        mine=handover.looked_after(session, actor.account_id or 0),
        guide=guide.guide(session, actor, today.year) if actor.role is Role.CITY else None,
    )


HOMES: dict[Role, Callable[[Session, Actor], str]] = {
    Role.FIRM: _firm,
    Role.EXPERT: _expert,
    Role.INSTITUTE: _institute,
    Role.COUNTY: _officer,
    Role.CITY: _officer,
}


@dataclass(frozen=True)
class Heap:
    """How a heap of work reads: `text` with %(number)s, where it is done, what the oldest day means."""

    name: str
    text: LazyString
    endpoint: str
    filters: dict[str, str]
    oldest: LazyString
    verb: LazyString
    roles: frozenset[Role] = frozenset({Role.CITY, Role.COUNTY})


CITY_ONLY = frozenset({Role.CITY})
_SUBMITTED = lazy_gettext("最早 %(day)s 提交")
HEAPS = (
    Heap(
        "registrations",
        lazy_gettext("%(number)s 家待核准企业注册"),
        "registrations.index",
        {"status": RegistrationStatus.PENDING.value},
        _SUBMITTED,
        lazy_gettext("核准"),
    ),
    Heap(
        "city_review",
        lazy_gettext("%(number)s 条需求待市级审核"),
        "needs.index",
        {"status": NeedStatus.CITY_REVIEW.value, "sort": "since"},
        _SUBMITTED,
        lazy_gettext("审核"),
        CITY_ONLY,
    ),
    Heap(
        "county_review",
        lazy_gettext("%(number)s 条需求待县级审核"),
        "needs.index",
        {"status": NeedStatus.COUNTY_REVIEW.value, "sort": "since"},
        _SUBMITTED,
        lazy_gettext("审核"),
    ),
    Heap(
        "edited",
        lazy_gettext("%(number)s 条需求发布后被企业修改"),
        "needs.index",
        {"status": EDITED},
        lazy_gettext("最早 %(day)s 修改"),
        lazy_gettext("复核"),
    ),
    Heap(
        "capabilities",
        lazy_gettext("%(number)s 条能力待审核"),
        "capabilities.index",
        {"status": CapabilityStatus.REVIEW.value, "sort": "since"},
        _SUBMITTED,
        lazy_gettext("审核"),
        CITY_ONLY,
    ),
    Heap(
        "overdue_invitations",
        lazy_gettext("%(number)s 份邀请超过答复期"),
        "invitations.index",
        {"status": "overdue"},
        lazy_gettext("最早应于 %(day)s 答复"),
        lazy_gettext("催办"),
    ),
    Heap(
        "agreed_invitations",
        lazy_gettext("%(number)s 份邀请双方已同意，等待安排"),
        "invitations.index",
        {"status": TO_ARRANGE},
        lazy_gettext("最早 %(day)s 同意"),
        lazy_gettext("安排"),
    ),
    Heap(
        "unrecorded",
        lazy_gettext("%(number)s 场活动已过期未登记"),
        "meetings.index",
        {"status": "unrecorded"},
        lazy_gettext("最早 %(day)s 举行"),
        lazy_gettext("登记"),
    ),
    Heap(
        "to_verify",
        lazy_gettext("%(number)s 场活动待核验"),
        "meetings.index",
        {"status": MeetingStatus.HELD.value},
        lazy_gettext("最早 %(day)s 举行"),
        lazy_gettext("核验"),
        CITY_ONLY,
    ),
)


def _tasks(actor: Actor, work: worklist.Worklist) -> list[Task]:
    """The heaps that are not empty and that this build has a page for."""
    return [
        _task(heap, getattr(work, heap.name))
        for heap in HEAPS
        if actor.role in heap.roles and getattr(work, heap.name).number and heap.endpoint in current_app.view_functions
    ]


def _task(heap: Heap, waiting: Waiting) -> Task:
    oldest: date | None = waiting.oldest
    return Task(
        text=_(heap.text, number=waiting.number),
        url=url_for(heap.endpoint, **dict[str, Any](heap.filters)),
        detail=_(heap.oldest, day=day(oldest)) if oldest else "",
        when=str(heap.verb),
    )
