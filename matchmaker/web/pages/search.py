"""The global search: one box in the bar of every page, one page of what it finds."""

from typing import Any

from apiflask import APIBlueprint
from flask import request, url_for

from matchmaker.domain.permissions import Facts, Permission
from matchmaker.domain.vocabulary import Noun
from matchmaker.queries import search as queries
from matchmaker.web.auth import guard
from matchmaker.web.context import current_actor, reading, runtime
from matchmaker.web.forms import render
from matchmaker.web.paging import MAX_PAGE, PAGE, TEXT

bp = APIBlueprint("search", __name__, enable_openapi=False)
ADDRESSES = {
    Noun.NEED: ("needs.show", "need_id"),
    Noun.CAPABILITY: ("capabilities.show", "capability_id"),
    Noun.EXPERT: ("profiles.expert", "expert_id"),
    Noun.GROUP: ("profiles.group", "group_id"),
    Noun.ORGANISATION: ("profiles.organisation", "organisation_id"),
    Noun.MEETING: ("meetings.show", "meeting_id"),
    Noun.TEAM: ("teams.show", "team_id"),
}


@bp.get("/search")
@guard(Permission.CAPABILITY_VIEW, Facts(public=True))
def index() -> str:
    asked = queries.read(runtime().segmenter, request.args.get(TEXT, ""))
    noun, number = _noun(request.args.get("noun", "")), _number(request.args.get(PAGE, ""))
    with reading() as session:
        heaps = queries.search(session, current_actor(), asked, noun, number)
        return render(
            "pages/search/index.html",
            asked=asked,
            noun=noun,
            heaps=heaps,
            shown=[heap for heap in heaps if noun in {None, heap.noun}],
            total=sum(heap.page.total for heap in heaps),
            longest=queries.LONGEST,
            address=_address,
            page_of=_page_of,
        )


def _noun(text: str) -> Noun | None:
    return next((noun for noun in ADDRESSES if noun.value == text), None)


def _number(text: str) -> int:
    return max(1, min(int(text), MAX_PAGE)) if text.isascii() and text.isdigit() else 1


def _address(noun: Noun, record_id: int) -> str:
    endpoint, argument = ADDRESSES[noun]
    return url_for(endpoint, **dict[str, Any]({argument: record_id}))


def _page_of(noun: Noun | None, number: int = 1) -> str:
    """This search among one kind of record, or among all."""
    page = number if number > 1 else None
    return url_for("search.index", q=request.args.get(TEXT, ""), noun=noun.value if noun else None, page=page)
