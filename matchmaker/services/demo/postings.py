"""What is offered and what is asked for: each capability listed, each need led to the state the script names."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time

from sqlalchemy import select

from matchmaker.clock import Clock
from matchmaker.db.models import Capability, TechnicalField
from matchmaker.domain.drafts import CapabilityDraft, NeedDraft
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import NeedStatus
from matchmaker.services import capabilities, needs
from matchmaker.services.analysis import Analysis, analyse_capability, analyse_need
from matchmaker.services.demo.script import Row, Script, word
from matchmaker.services.demo.stage import Stage
from matchmaker.services.demo.timeline import months_before
from matchmaker.text import Segmenter

OFFERED, LISTED, NEWLY_OFFERED = 344, 340, 6  # days ago
BEFORE_FIRST_USE = 22  # days between posting a need and the first plan or invitation for it
PLANNED_BEFORE = 8  # days between planning a meeting and the meeting
TO_COUNTY, TO_CITY = 5, 9  # days until the county and then the city has reviewed


def capability_draft(row: Row) -> CapabilityDraft:
    """A capability of the script as somebody would type it in."""
    return CapabilityDraft.model_validate({name: row[name] for name in ("kind", "title", "text", "keywords")})


def need_draft(row: Row, today: date, fields: frozenset[str]) -> NeedDraft:
    """A need of the script; a technical field that this city does not have is left out."""
    names = ("title", "problem", "indicators", "goal", "keywords", "must_have", "budget_wan", "cooperation")
    more = {
        "field": row["field"] if row["field"] in fields else "",
        "deadline": months_before(today, -row["deadline_months"]),
        "declared": True,
    }
    return NeedDraft.model_validate({name: row[name] for name in names} | more)


def analyse(script: Script, segmenter: Segmenter, today: date) -> Mapping[str, Analysis]:
    """Every text segmented, by key: slow work to be done before the transaction."""
    offered = {key: analyse_capability(segmenter, capability_draft(row)) for key, _, row in script.capabilities()}
    asked = {key: analyse_need(segmenter, need_draft(row, today, frozenset())) for key, row in script.needs.items()}
    return offered | asked


def offer(stage: Stage) -> None:
    """Every expert posts and submits, and the city officer lists; what was offered lately still waits."""
    for key, owner, row in stage.script.capabilities():
        _offer_one(stage, key, owner, row)


def _offer_one(stage: Stage, key: str, owner: str, row: Row) -> None:
    line, session = stage.timeline, stage.session
    made: list[Capability] = []

    def post(clock: Clock) -> None:
        party = stage.experts.get(owner) or stage.groups[owner]
        actor, draft = stage.expert(owner), capability_draft(row)
        analysis, number = stage.analyses[key], stage.script.numbers[key]
        made.append(capabilities.create(session, actor, party, draft, analysis, clock=clock, external_id=number))
        capabilities.submit(session, actor, made[0], clock=clock)

    def list_it(clock: Clock) -> None:
        capabilities.review(session, stage.officer, made[0], "list", clock=clock)

    waits = "status" in row
    line.at(line.day(NEWLY_OFFERED if waits else OFFERED), time(14), post)
    if not waits:
        line.at(line.day(LISTED), time(15), list_it)


@dataclass(frozen=True)
class Course:
    """When a need was posted and reviewed, in days ago, and how far it has come."""

    posted: int
    county: int
    city: int


def ask(stage: Stage) -> None:
    """Every firm posts its needs, and they are reviewed as far as the script says."""
    fields = frozenset(stage.session.scalars(select(TechnicalField.code)))
    places: dict[str, int] = {}
    for key, row in stage.script.needs.items():
        place = places[row["status"]] = places.get(row["status"], -1) + 1
        _ask_one(stage, key, row, _course(stage.script, key, row["status"], place), fields)


def _course(script: Script, key: str, status: str, place: int) -> Course:
    used = first_use(script, key)
    if used:
        posted = used + BEFORE_FIRST_USE
        return Course(posted, posted - TO_COUNTY, posted - TO_CITY)
    waiting = {
        NeedStatus.DRAFT: Course(2 + 3 * place, 0, 0),
        NeedStatus.COUNTY_REVIEW: Course(1 + 3 * place, 0, 0),
        NeedStatus.CITY_REVIEW: Course(10 + 4 * place, 5 + 3 * place, 0),
    }
    usual = 30 + 9 * place
    return waiting.get(word(NeedStatus, status), Course(usual, usual - TO_COUNTY, usual - TO_CITY))


def first_use(script: Script, key: str) -> int:
    """Days ago when the need was first planned or invited for; 0 if never."""
    planned = [row["days_ago"] + PLANNED_BEFORE for row in script.meetings.values() if key in row["needs"]]
    sent = [row["sent_days_ago"] for row in script.invitations.values() if row["need"] == key]
    return max([*planned, *sent], default=0)


def _ask_one(stage: Stage, key: str, row: Row, course: Course, fields: frozenset[str]) -> None:
    line, session = stage.timeline, stage.session
    status = word(NeedStatus, row["status"])

    def post(clock: Clock) -> None:
        draft = need_draft(row, line.today, fields)
        firm_id = stage.organisations[row["firm"]].id
        actor, number = stage.firm(row["firm"]), stage.script.numbers[key]
        stage.needs[key] = needs.create(
            session, actor, firm_id, draft, stage.analyses[key], clock=clock, external_id=number
        )

    def move(days_ago: int, at: time, action: str, who: str, reason: str = "") -> None:
        def act(clock: Clock) -> None:
            actor = _who(stage, row["firm"], who)
            needs.review(session, actor, stage.needs[key], action, clock=clock, reason=reason)

        line.at(line.day(days_ago), at, act)

    line.at(line.day(course.posted), time(9, 10), post)
    for days_ago, at, action, who in _moves(status, course, row):
        move(days_ago, at, action, who, row.get("reason", ""))


def _moves(status: NeedStatus, course: Course, row: Row) -> list[tuple[int, time, str, str]]:
    """(days ago, time, action, who) that lead to `status`."""
    submit = (course.posted, time(9, 40), "submit", "firm")
    county = (course.county, time(10, 20), "county_pass", "county")
    publish = (course.city, time(11), "publish", "city")
    refuse = {NeedStatus.RETURNED: "return", NeedStatus.DECLINED: "decline"}
    moves = {
        NeedStatus.DRAFT: [],
        NeedStatus.COUNTY_REVIEW: [submit],
        NeedStatus.CITY_REVIEW: [submit, county],
        NeedStatus.PUBLISHED: [submit, county, publish],
        NeedStatus.SOLVED: [submit, county, publish, (row.get("solved_days_ago", 1), time(16), "solve", "firm")],
    }
    return moves.get(status, [submit, (course.county, time(10, 20), refuse.get(status, ""), "county")])


def _who(stage: Stage, firm: str, who: str) -> Actor:
    if who == "firm":
        return stage.firm(firm)
    return stage.officer if who == "city" else stage.reviewer(stage.organisations[firm].unit_id)
