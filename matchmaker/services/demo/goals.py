"""What the bureau entered besides visits: targets, absorbed achievements, contract turnover, people trained."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import partial
from typing import Any

from sqlalchemy import select

from matchmaker.clock import Clock
from matchmaker.db.models import Absorption, City, Training, Turnover
from matchmaker.domain.drafts import (
    AbsorptionDraft,
    FigureDraft,
    PromiseDraft,
    TargetDraft,
    TrainingDraft,
    TurnoverDraft,
)
from matchmaker.domain.files import upload
from matchmaker.domain.vocabulary import MeetingStatus, TargetBasis, TargetStatus, TurnoverSpan
from matchmaker.queries import targets as target_queries
from matchmaker.services import attachments, entries, targets
from matchmaker.services.demo import papers
from matchmaker.services.demo.chance import between, chance
from matchmaker.services.demo.script import Row
from matchmaker.services.demo.stage import Stage
from matchmaker.services.demo.timeline import Act

OFTEN = 0.5  # of verified meetings, something of what was offered there is put to use
UNTIL_USED = (20, 75)  # days
PROVEN = 4  # every so many absorptions have their proof on file
AT = time(15)
PUT_TO_USE = frozenset({"achievement", "patent", "pilot", "expertise", "service"})
FIRST_TO_BE_USED = ("achievement", "patent")


def enter(stage: Stage) -> None:
    """Everything, each on the day it became known; nothing that is still to come."""
    told = stage.script.goals
    _promise(stage, told.get("targets", ()))
    _absorb(stage)
    _state(stage, told.get("turnover", ()))
    _train(stage, told.get("courses", ()))
    _assess(stage, told.get("assessments", ()))


def _known(stage: Stage, rows: Iterable[Row]) -> Iterator[Row]:
    """Those about a metric for which the city has goals."""
    return (row for row in rows if row["metric"] in stage.goals)


def _promise(stage: Stage, rows: Iterable[Row]) -> None:
    year = stage.timeline.today.year
    for row in _known(stage, rows):
        _later(stage, date(year, 1, 8), partial(_target, stage, row))
        if "first" in row:
            _later(stage, date(year, 7, 6), partial(_changed, stage, row))


def _said(row: Row, value: Any) -> dict[str, Any]:
    basis, status = TargetBasis.ABSOLUTE.value, TargetStatus.DEMO.value
    return {"value": str(value), "basis": basis, "status": status, "source": "演示", "note": row["note"]}


def _target(stage: Stage, row: Row, clock: Clock) -> None:
    year = {"metric": row["metric"], "year": str(stage.timeline.today.year)}
    draft = TargetDraft.model_validate(_said(row, row.get("first", row["value"])) | year)
    targets.add(stage.session, stage.officer, draft, reason="年度工作安排（演示）", clock=clock)


def _changed(stage: Stage, row: Row, clock: Clock) -> None:
    mine = target_queries.of_year(stage.session, stage.timeline.today.year)
    target = next(one for one in mine if one.metric_code == row["metric"])
    draft, version = PromiseDraft.model_validate(_said(row, row["value"])), target.version
    targets.edit(stage.session, stage.officer, target, draft, version=version, reason=row["reason"], clock=clock)


def _absorb(stage: Stage) -> None:
    """Half of the verified meetings lead to something: what somebody there offers and no other firm has taken yet."""
    taken: set[str] = set()
    hosts = [code[:2] for code in stage.session.scalars(select(City.host_regions)).one()]
    past = (row for row in stage.script.meetings.items() if row[1]["status"] == MeetingStatus.VERIFIED.value)
    for number, (key, row) in enumerate(sorted(past, key=lambda item: (-item[1]["days_ago"], item[0]))):
        found = _offered(stage, row, taken, hosts)
        if found is None or not row["needs"] or chance("put to use", key) > OFTEN:
            continue
        person, title = found
        taken.add(title)
        day = stage.timeline.day(row["days_ago"]) + timedelta(days=between(*UNTIL_USED, "used after", key))
        use = Use(key, need=row["needs"][0], person=person, title=title, proven=number % PROVEN == 0)
        _later(stage, day, partial(_absorption, stage, use))


def _offered(stage: Stage, row: Row, taken: set[str], hosts: list[str]) -> tuple[str, str] | None:
    """An expert who was there, and what they offer; those of the host regions only."""
    offers = [
        (offer["kind"] not in FIRST_TO_BE_USED, person, offer["title"])
        for person in row["experts"]
        for offer in stage.script.experts[person]["capabilities"]
        if offer["kind"] in PUT_TO_USE and offer["title"] not in taken and _there(stage, person, hosts)
    ]
    return min(offers)[1:] if offers else None


def _there(stage: Stage, person: str, hosts: list[str]) -> bool:
    institute = stage.script.institutes[stage.script.experts[person]["institute"]]
    return any(site["region_code"][:2] in hosts for site in institute["sites"])


@dataclass(frozen=True)
class Use:
    """What came of a meeting: for which need, whose offer was put to use; `proven`: with a file that says so."""

    meeting: str
    need: str
    person: str
    title: str
    proven: bool


def _absorption(stage: Stage, use: Use, clock: Clock) -> None:
    expert, need = stage.script.experts[use.person], stage.needs[use.need]
    draft = AbsorptionDraft(
        title=use.title,
        firm=need.firm.name,
        origin=stage.organisations[expert["institute"]].name,
        day=clock.today(),
        amount_wan=between(2, 40, "worth", use.meeting) * 5,
        need=str(need.id),
        meeting=str(stage.meetings[use.meeting].id),
    )
    entry = Absorption()
    entries.write_absorption(stage.session, stage.officer, entry, draft, version=0, reason="", clock=clock)
    if use.proven:
        lines = ["成果应用证明（演示）", use.title, need.firm.name, clock.today().isoformat()]
        file = attachments.check(upload("成果应用证明.pdf", papers.minutes_sheet(lines)))
        attachments.attach(stage.session, stage.officer, entry, file, clock=clock)


def _state(stage: Stage, rows: Iterable[Row]) -> None:
    for row in rows:
        year = stage.timeline.today.year - row["years_ago"]
        for month, (total, hosts) in row["months"].items():
            day = date(year + int(month) // 12, int(month) % 12 + 1, 9)
            _later(stage, day, partial(_figure, stage, year, int(month), (total, hosts)))
        if corrected := row.get("corrected"):
            day = date(year, corrected["month"] + 1, 20)
            _later(stage, day, partial(_correct, stage, year, corrected))


def _figure(stage: Stage, year: int, month: int, amounts: tuple[float, float], clock: Clock) -> None:
    said = {
        "year": str(year),
        "span": TurnoverSpan.TO_DATE.value,
        "month": str(month),
        "total": str(amounts[0]),
        "hosts": str(amounts[1]),
        "source": stage.script.phrases["turnover_source"][0],
    }
    draft = TurnoverDraft.model_validate(said)
    entries.write_turnover(stage.session, stage.officer, Turnover(), draft, version=0, reason="", clock=clock)


def _correct(stage: Stage, year: int, fix: Row, clock: Clock) -> None:
    mine = (Turnover.year == year, Turnover.month == fix["month"])
    row = stage.session.scalars(select(Turnover).where(*mine)).one()
    values = {name: getattr(row, name) for name in TurnoverDraft.model_fields} | {"total": str(fix["total"])}
    draft, version = TurnoverDraft.model_validate(values), row.version
    entries.write_turnover(stage.session, stage.officer, row, draft, version=version, reason=fix["reason"], clock=clock)


def _train(stage: Stage, rows: Iterable[Row]) -> None:
    for number, row in enumerate(rows):
        day = date(stage.timeline.today.year - row["years_ago"], row["month"], 18)
        _later(stage, day, partial(_course, stage, number, row))


def _course(stage: Stage, number: int, row: Row, clock: Clock) -> None:
    """The people of one course: each of another firm; some were in the course before as well."""
    surnames, names = stage.script.phrases["trainee_surnames"], stage.script.phrases["trainee_names"]
    firms = [row["name"] for row in stage.script.firms.values()]
    for place in range(row["people"]):
        person = row["first"] + place
        draft = TrainingDraft(
            name=surnames[person % len(surnames)] + names[person % len(names)],
            organisation=firms[person % len(firms)],
            course=row["title"],
            certificate=f"DEMO-{clock.today().year}-{number + 1}{place + 1:03d}",
            day=clock.today(),
        )
        entries.write_training(stage.session, stage.officer, Training(), draft, version=0, reason="", clock=clock)


def _assess(stage: Stage, rows: Iterable[Row]) -> None:
    for row in _known(stage, rows):
        year = stage.timeline.today.year - row["years_ago"]
        _later(stage, date(year + 1, 1, 20), partial(_assessment, stage, year, row))


def _assessment(stage: Stage, year: int, row: Row, clock: Clock) -> None:
    values = {"explanation": row["explanation"], "value": str(row.get("value", "")), "source": row.get("source", "")}
    metric = target_queries.metric(stage.session, row["metric"])
    draft = FigureDraft.model_validate(values)
    targets.assess(stage.session, stage.officer, metric, year, draft, version=None, clock=clock)


def _later(stage: Stage, day: date, act: Act) -> None:
    """On the day or the next working day, unless that is still to come."""
    day = stage.timeline.workday(day)
    if stage.timeline.opening <= day <= stage.timeline.today:
        stage.timeline.at(day, AT, act)
