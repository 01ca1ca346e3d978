"""What is offered and what is asked for: each capability listed, each need led to the state the script names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time

from sqlalchemy import select

from matchmaker.clock import Clock
from matchmaker.db.models import Capability, TechnicalField
from matchmaker.domain.drafts import CapabilityDraft, NeedDraft
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Audience, CapabilityStatus, NeedStatus
from matchmaker.services import capabilities, needs
from matchmaker.services.analysis import Analysis, analyse_capability, analyse_need
from matchmaker.services.demo.audience import audiences
from matchmaker.services.demo.chance import between, chance
from matchmaker.services.demo.confirming import confirm_later
from matchmaker.services.demo.script import Row, Script, word
from matchmaker.services.demo.stage import Stage
from matchmaker.services.demo.timeline import Timeline, months_before
from matchmaker.services.demo.year.cast import ended_ago
from matchmaker.text import Segmenter

NEWLY_OFFERED = 6  # days ago
AT_THE_START = 0.75  # share of the capabilities that were posted in the first weeks
TO_LIST = (1, 9)  # days until a capability is listed
BEFORE_FIRST_USE = (22, 45)  # days between posting a need and the first plan or invitation for it
NEVER_USED = (20, 400)  # days since a need was posted that nobody met about yet
PLANNED_BEFORE = 8  # days between planning a meeting and the meeting
TO_COUNTY, TO_CITY = (2, 8), (3, 10)  # days until the county, and then the city, has reviewed
AFTER_LAST_USE = 40  # days between posting a need that nobody met about and its end
ENDED = frozenset({NeedStatus.SOLVED, NeedStatus.CLOSED})
ASKED = frozenset({"return", "decline", "close"})  # steps for which a reason is given


def capability_draft(row: Row) -> CapabilityDraft:
    """A capability of the script as somebody would type it in."""
    return CapabilityDraft.model_validate({name: row[name] for name in ("kind", "title", "text", "keywords")})


def need_draft(
    row: Row, today: date, fields: frozenset[str], audience: Audience = Audience.OPEN, releases: Iterable[str] = ()
) -> NeedDraft:
    """A need of the script; a technical field that this city does not have is left out. `releases` are names."""
    names = ("title", "problem", "indicators", "goal", "keywords", "must_have", "budget_wan", "cooperation")
    more = {
        "field": row["field"] if row["field"] in fields else "",
        "deadline": months_before(today, -row["deadline_months"]),
        "declared": True,
        "industry": row.get("industry", ""),
        "audience": audience,
        "releases": tuple(releases),
    }
    return NeedDraft.model_validate({name: row[name] for name in names} | more)


def analyse(script: Script, segmenter: Segmenter, today: date) -> Mapping[str, Analysis]:
    """Every text segmented, by key: slow work to be done before the transaction."""
    offered = {key: analyse_capability(segmenter, capability_draft(row)) for key, _, row in script.capabilities()}
    rows = {key: row for need, row in script.needs.items() for key, row in _wordings(need, row).items()}
    asked = {key: analyse_need(segmenter, need_draft(row, today, frozenset())) for key, row in rows.items()}
    return offered | asked


def _wordings(key: str, row: Row) -> dict[str, Row]:
    """What a need says now and, where it was edited, what it said first, by the key of the analysis."""
    return {key: row} | ({first_of(key): {**row, **row["first"]}} if "first" in row else {})


def first_of(key: str) -> str:
    """The key for what a need said before it was edited."""
    return f"{key}/first"


def offer(stage: Stage) -> None:
    """Every expert posts and submits, and the city officer lists; what was offered lately still waits."""
    for key, owner, row in stage.script.capabilities():
        _offer_one(stage, key, owner, row)


def _offer_one(stage: Stage, key: str, owner: str, row: Row) -> None:
    line, session = stage.timeline, stage.session
    made: list[Capability] = []

    def post(clock: Clock) -> None:
        party = stage.experts.get(owner) or stage.groups.get(owner) or stage.organisations[owner]
        actor, draft = stage.owner(owner), capability_draft(row)
        analysis, number = stage.analyses[key], stage.script.numbers[key]
        made.append(capabilities.create(session, actor, party, draft, analysis, clock=clock, external_id=number))
        if row.get("status") != CapabilityStatus.DRAFT:
            capabilities.submit(session, actor, made[0], clock=clock)

    def list_it(clock: Clock) -> None:
        capabilities.review(session, stage.officer, made[0], "list", clock=clock)

    if "status" in row:
        line.at(line.day(NEWLY_OFFERED), time(14), post)
        return
    days_ago = _offered(line, key)
    listed = line.day(days_ago - between(*TO_LIST, "listed", key))
    line.at(line.day(days_ago), time(14), post)
    line.at(listed, time(15), list_it)
    confirm_later(stage, owner, made, listed)


def _offered(line: Timeline, key: str) -> int:
    """Days ago when a capability was posted: most in the first weeks, the others at any time since."""
    since = (line.today - line.opening).days
    if chance("offered", key) < AT_THE_START:
        return since - between(2, 40, "offered on", key)
    return between(TO_LIST[1] + 2, since - 41, "offered on", key)


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
    uses, whose = first_uses(stage.script), audiences(stage.script)
    for key, row in stage.script.needs.items():
        place = places[row["status"]] = places.get(row["status"], -1) + 1
        course = _course(key, row, uses.get(key, 0), place)
        audience, institutes = whose[key]
        names = [stage.script.institutes[one]["name"] for one in institutes]
        drafts = {
            wording: need_draft(said, stage.timeline.today, fields, audience, names)
            for wording, said in _wordings(key, row).items()
        }
        _ask_one(stage, key, row, course, drafts)


def _course(key: str, row: Row, used: int, place: int) -> Course:
    status = word(NeedStatus, row["status"])
    waiting = {
        NeedStatus.DRAFT: Course(row.get("posted_days_ago", 2 + 3 * place), 0, 0),
        NeedStatus.COUNTY_REVIEW: Course(row.get("posted_days_ago", 1 + 2 * place), 0, 0),
        NeedStatus.CITY_REVIEW: Course(5 + 3 * place, 2 + 2 * place, 0),
    }
    if status in waiting:
        return waiting[status]
    unused = row.get("posted_days_ago") or between(*NEVER_USED, "posted", key)
    usual = used + between(*BEFORE_FIRST_USE, "posted", key) if used else unused
    posted = max(usual, ended_ago(row) + AFTER_LAST_USE if status in ENDED else 0)
    county = posted - between(*TO_COUNTY, "county", key)
    return Course(posted, county, county - between(*TO_CITY, "city", key))


def first_uses(script: Script) -> Mapping[str, int]:
    """Need → days ago when it was first planned or invited for; left out if never."""
    found: dict[str, int] = {}
    uses = [(row["days_ago"] + PLANNED_BEFORE, row["needs"]) for row in script.meetings.values()]
    uses += [(row["sent_days_ago"], [row["need"]]) for row in script.invitations.values()]
    for days_ago, keys in uses:
        found |= {key: max(days_ago, found.get(key, 0)) for key in keys}
    return found


def _ask_one(stage: Stage, key: str, row: Row, course: Course, drafts: Mapping[str, NeedDraft]) -> None:
    line, session = stage.timeline, stage.session
    first = first_of(key) if first_of(key) in drafts else key

    def post(clock: Clock) -> None:
        firm_id = stage.organisations[row["firm"]].id
        actor, number = stage.firm(row["firm"]), stage.script.numbers[key]
        stage.needs[key] = needs.create(
            session, actor, firm_id, drafts[first], stage.analyses[first], clock=clock, external_id=number
        )

    def move(days_ago: int, at: time, action: str, who: str) -> None:
        reason = row.get("reason") or stage.script.phrases["closed"][0]

        def act(clock: Clock) -> None:
            actor = _who(stage, row["firm"], who)
            needs.review(
                session, actor, stage.needs[key], action, clock=clock, reason=reason if action in ASKED else ""
            )

        line.at(line.day(days_ago), at, act)

    line.at(line.day(course.posted), time(9, 10), post)
    for days_ago, at, action, who in _moves(word(NeedStatus, row["status"]), course, row):
        move(days_ago, at, action, who)
    if first != key:
        line.at(
            line.day(row["edited_days_ago"]), time(10, 30), lambda clock: _edit(stage, key, row, drafts[key], clock)
        )


def _edit(stage: Stage, key: str, row: Row, draft: NeedDraft, clock: Clock) -> None:
    """The firm writes its published need anew."""
    need, actor = stage.needs[key], stage.firm(row["firm"])
    needs.edit(stage.session, actor, need, draft, stage.analyses[key], version=need.version, clock=clock)


def _moves(status: NeedStatus, course: Course, row: Row) -> list[tuple[int, time, str, str]]:
    """(days ago, time, action, who) that lead to `status`."""
    submit = (course.posted, time(9, 40), "submit", "firm")
    county = (course.county, time(10, 20), "county_pass", "county")
    publish = (course.city, time(11), "publish", "city")
    refuse = {NeedStatus.RETURNED: "return", NeedStatus.DECLINED: "decline"}
    ended = (ended_ago(row), time(16))
    moves = {
        NeedStatus.DRAFT: [],
        NeedStatus.COUNTY_REVIEW: [submit],
        NeedStatus.CITY_REVIEW: [submit, county],
        NeedStatus.PUBLISHED: [submit, county, publish],
        NeedStatus.SOLVED: [submit, county, publish, (*ended, "solve", "firm")],
        NeedStatus.CLOSED: [submit, county, publish, (*ended, "close", "firm")],
    }
    return moves.get(status, [submit, (course.county, time(10, 20), refuse.get(status, ""), "county")])


def _who(stage: Stage, firm: str, who: str) -> Actor:
    if who == "firm":
        return stage.firm(firm)
    return stage.officer if who == "city" else stage.reviewer(stage.organisations[firm].unit_id)
