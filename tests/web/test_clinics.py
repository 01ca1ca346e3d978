"""Technical clinics from the plan to the need: who is told, who fills in what, what is refused, what counts."""

from collections.abc import Callable
from datetime import timedelta
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from docx import Document
from sqlalchemy import select

from matchmaker.db.models import Clinic, ClinicProblem, Expert, Need, Organisation, OutboxMessage
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import MeetingKind, Role
from matchmaker.queries import entries
from matchmaker.services import merging
from tests import factories as make
from tests.support.person import Person
from tests.support.teams import CLOCK
from tests.web.test_exports import cells

Maker = Callable[..., Person]
TODAY, LATER = make.TODAY.isoformat(), (make.TODAY + timedelta(days=1)).isoformat()
SHEET = {"visited": "yes", "people": "王工（总工）", "findings": "焊缝质量不稳", "seen": ""}
SHEET |= {"problem_problem_0": "薄板焊接变形", "problem_advice_0": "改激光焊", "problem_urgency_0": "urgent"}
SHEET |= {"problem_problem_1": "检测靠人眼", "problem_urgency_1": "later"}
MISSED = {"visited": "no", "findings": "企业停产", "seen": ""}


class Cast:
    """Two firms of one unit and one of another, two experts, and who acts for them."""

    def __init__(self, sessions: Sessions, person: Maker) -> None:
        self.sessions = sessions
        with sessions.write() as session:
            unit, other = make.make_unit(session, "甲县"), make.make_unit(session, "乙县")
            firms = [make.make_firm(session, unit, name=name, contact_email="f@x.cn") for name in ("甲厂", "乙厂")]
            firms.append(make.make_firm(session, other, name="丙厂", contact_email="f@x.cn"))
            experts = [make.make_expert(session, name=name, email="e@x.cn") for name in ("周某", "吴某")]
            make.make_group(session, experts[1], experts[0], name="焊接团队")
            self.firm_ids, self.expert_ids = [one.id for one in firms], [one.id for one in experts]
            units = unit.id, other.id
        self.city, self.county = person(Role.CITY), person(Role.COUNTY, unit_id=units[0])
        self.neighbour = person(Role.COUNTY, unit_id=units[1])
        self.firm, self.other_firm = (person(Role.FIRM, organisation_id=one) for one in self.firm_ids[:2])
        self.lead, self.member = (person(Role.EXPERT, expert_id=one) for one in self.expert_ids)

    def plan(self, who: Person | None = None, **more: str) -> int:
        """A round of the first two firms today, led by the first expert."""
        answer = (who or self.city).post("/clinics", ROUND | more)
        assert answer.status_code == 303, answer.text
        return int(answer.location.rpartition("/")[2])

    def visits(self, clinic_id: int) -> list[int]:
        with self.sessions.read() as session:
            return [visit.id for visit in session.get_one(Clinic, clinic_id).visits]

    def step(self, clinic_id: int, action: str, who: Person | None = None, **more: str) -> int:
        return (who or self.city).post(f"/clinics/{clinic_id}/{action}", more).status_code

    def counted(self, year: int = make.TODAY.year) -> int:
        with self.sessions.read() as session:
            return int(entries.values(session, year)["clinic_firms"].amount)

    def letters(self) -> list[tuple[str, str]]:
        with self.sessions.read() as session:
            rows = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
            return [(row.notice, row.dedup_key.split(":")[2]) for row in rows if row.notice.startswith("clinic_")]


ROUND = {"title": "焊接巡诊", "experts": "周某；吴某", "note": ""}
for _place, _firm in enumerate(("甲厂", "乙厂")):
    ROUND |= {f"visit_firm_{_place}": _firm, f"visit_day_{_place}": TODAY}
ROUND |= {"visit_half_0": "morning", "visit_half_1": "afternoon"}


@pytest.fixture
def cast(sessions: Sessions, person: Maker) -> Cast:
    return Cast(sessions, person)


@pytest.mark.both_databases
def test_a_round_from_plan_to_need_and_what_it_counts(cast: Cast) -> None:
    clinic = cast.plan()
    parties = [f"firm-{one}" for one in cast.firm_ids[:2]] + [f"expert-{one}" for one in cast.expert_ids]
    assert cast.letters() == [("clinic_planned", party) for party in parties]
    first, second = cast.visits(clinic)
    assert "诊断单待填" in cast.lead.get("/home").text
    assert "2 张巡诊诊断单待填" in cast.county.get("/home").text
    assert cast.step(clinic, "hold") == 409  # nobody has said who was visited
    assert cast.lead.post(f"/clinics/sheets/{first}/fill", SHEET).status_code == 303
    assert cast.step(clinic, "hold") == 409
    assert cast.county.post(f"/clinics/sheets/{second}/fill", MISSED).status_code == 303
    assert (cast.counted(), cast.step(clinic, "hold"), cast.counted()) == (0, 303, 1)
    again = cast.plan(visit_day_0=LATER, visit_day_1=LATER, visit_half_0="afternoon", visit_half_1="morning")
    assert cast.counted() == 1, "what is only planned does not count"
    problem = _problems(cast)[0]
    page = f"/clinics/sheets/{first}"
    made = {cast.firm.post(f"{page}/needs", {"problem": str(problem)}).location for _time in range(2)}
    made |= {cast.county.post(f"{page}/needs", {"problem": str(problem)}).location}
    assert len(made) == 1, "asked for three times, made once"
    with cast.sessions.read() as session:
        [need] = session.scalars(select(Need)).all()
        drafted = f"/needs/{need.id}"
        assert (need.firm_id, need.title, "改激光焊" in need.problem) == (cast.firm_ids[0], "薄板焊接变形", True)
    assert page in cast.firm.get(made.pop()).text
    assert drafted in cast.firm.get(page).text
    assert drafted not in cast.lead.get(page).text, "a draft is the firm's own"
    printed = cast.lead.get(f"{page}/sheet.docx")
    text = "\n".join(_texts(Document(BytesIO(printed.data))))
    assert all(part in text for part in ("甲厂", "王工（总工）", "薄板焊接变形", "改激光焊", "紧急（一个月内）"))
    head, *rows = cells(cast.city, "/clinics/export.xlsx?status=held")
    assert [(row[head.index("企业")], row[head.index("是否计入")]) for row in rows] == [("甲厂", "计入"), ("乙厂", "")]
    assert cast.step(clinic, "reopen", reason="写错了") == 303
    assert cast.counted() == 0
    assert cast.step(again, "cancel", reason="停产") == 303
    assert cast.letters()[-4:] == [("clinic_cancelled", party) for party in _by_time(cast, parties)]


def _by_time(cast: Cast, parties: list[str]) -> list[str]:
    """The second round goes to the other firm first."""
    return [parties[1], parties[0], *parties[2:]]


def _problems(cast: Cast) -> list[int]:
    with cast.sessions.read() as session:
        return list(session.scalars(select(ClinicProblem.id).order_by(ClinicProblem.id)))


def _texts(document: Any) -> list[str]:
    cells_ = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return [*(paragraph.text for paragraph in document.paragraphs), *cells_]


def test_a_firm_counts_once_however_often_it_is_visited(cast: Cast) -> None:
    last_year = make.TODAY.replace(year=make.TODAY.year - 1)
    with cast.sessions.write() as session:
        people = [make.make_expert(session)]
        firms = [session.get_one(Organisation, one) for one in cast.firm_ids]
        for firms_of, back in ((firms[:2], True), (firms, False)):
            clinic = make.make_clinic(session, firms_of, *people, status="held")
            for visit in clinic.visits:
                visit.visited = True
                visit.day = last_year if back else visit.day
    with cast.sessions.read() as session:
        found = entries.load(session)
        totals = [found.to_date("clinic_firms", make.TODAY.year - back) for back in (2, 1, 0)]
        assert (cast.counted(make.TODAY.year - 1), cast.counted(), totals) == (2, 1, [None, 2, 3])


def test_who_sees_and_does_what(cast: Cast) -> None:
    clinic = cast.plan(cast.county)
    first, second = cast.visits(clinic)
    seen = {name: getattr(cast, name).get(f"/clinics/{clinic}").status_code for name in vars(cast) if name in PEOPLE}
    assert seen == dict.fromkeys(PEOPLE, 200) | {"neighbour": 404}
    assert cast.other_firm.get(f"/clinics/sheets/{first}").status_code == 404, "another firm's sheet"
    assert "甲厂" not in cast.other_firm.get(f"/clinics/{clinic}").text
    assert cast.member.post(f"/clinics/sheets/{first}/fill", SHEET).status_code == 403, "the lead fills in"
    assert cast.firm.post(f"/clinics/sheets/{first}/fill", SHEET).status_code == 403
    assert cast.lead.post("/clinics", ROUND).status_code == 403
    assert cast.step(clinic, "cancel", cast.firm, reason="x") == 403
    assert cast.county.post("/clinics", ROUND | {"visit_firm_0": "丙厂"}).status_code == 422, "another unit's firm"
    assert cast.lead.post(f"/clinics/sheets/{second}/fill", SHEET).status_code == 303
    assert cast.county.post(f"/clinics/sheets/{second}/fill", SHEET).status_code == 409, "somebody was faster"
    problem = _problems(cast)[0]
    assert cast.lead.post(f"/clinics/sheets/{second}/needs", {"problem": str(problem)}).status_code == 403
    assert cast.firm.post(f"/clinics/sheets/{first}/needs", {"problem": str(problem)}).status_code == 404


PEOPLE = ("city", "county", "neighbour", "firm", "other_firm", "lead", "member")
WRONG = [
    ({"experts": ""}, "请填写专家团队，或至少一位专家"),
    ({"experts": "没有这人"}, "专家库中没有“没有这人”"),
    ({"group": "没有这队"}, "没有名为“没有这队”的团队"),
    ({"visit_firm_0": "没有这厂"}, "没有名为“没有这厂”的企业"),
    ({"visit_firm_1": "甲厂"}, "同一家企业在一次巡诊中只列一次"),
    ({"visit_half_1": "morning"}, "同一个半天只能去一家企业"),
    (dict.fromkeys((name for name in ROUND if name.startswith("visit_")), ""), "至少安排一家"),
]


def test_what_cannot_be_is_refused_by_field_and_keeps_what_was_typed(cast: Cast) -> None:
    for more, said in WRONG:
        answer = cast.city.post("/clinics", ROUND | more)
        assert (answer.status_code, said in answer.text, "焊接巡诊" in answer.text) == (422, True, True), more
    clinic = cast.plan(group="焊接团队", experts="", visit_day_0=LATER)
    first, second = sorted(cast.visits(clinic), key=lambda one: one == cast.visits(clinic)[-1])
    assert cast.city.post(f"/clinics/sheets/{second}/fill", SHEET).status_code == 422, "before the day"
    assert cast.city.post(f"/clinics/sheets/{first}/fill", SHEET | {"people": ""}).status_code == 422
    assert cast.city.post(f"/clinics/sheets/{first}/fill", SHEET | {"visited": "no"}).status_code == 422
    assert "吴某" in cast.city.get(f"/clinics/{clinic}").text.split("组长")[0].split("专家组")[1], "the group's lead"


def test_nobody_is_at_two_places(cast: Cast) -> None:
    clinic = cast.plan()
    clash = cast.city.post("/clinics", ROUND | {"experts": "吴某"})
    assert (clash.status_code, "参加技术巡诊“焊接巡诊”" in clash.text) == (422, True)
    with cast.sessions.write() as session:
        firm = session.get_one(Organisation, cast.firm_ids[2])
        expert = session.get_one(Expert, cast.expert_ids[0])
        make.make_meeting(session, MeetingKind.INBOUND, [firm], [expert], day=make.TODAY + timedelta(days=1))
    moved = ROUND | {"version": "1", "visit_day_0": LATER, "visit_day_1": LATER}
    clash = cast.city.post(f"/clinics/{clinic}/edit", moved)
    assert (clash.status_code, "已有安排：第" in clash.text) == (422, True)
    change = ROUND | {"version": "1", "experts": "吴某", "visit_firm_1": "丙厂"}
    assert cast.city.post(f"/clinics/{clinic}/edit", change).status_code == 303
    assert cast.city.post(f"/clinics/{clinic}/edit", change).status_code == 409, "an older version"
    told = cast.letters()[4:]
    kinds = {"clinic_changed", "clinic_planned", "clinic_cancelled"}
    assert {kind for kind, party in told if party.startswith("firm")} == kinds
    assert ("clinic_cancelled", f"expert-{cast.expert_ids[0]}") in told
    assert cast.county.post(f"/clinics/{clinic}/edit", change).status_code == 403, "firms of two units are the city's"


def test_a_change_keeps_who_was_named_and_who_leads(cast: Cast) -> None:
    with cast.sessions.write() as session:
        make.make_expert(session, name="郑某", email="z@x.cn")
    clinic = cast.plan(group="焊接团队", experts="郑某", visit_day_0=LATER, visit_day_1=LATER)
    shown = cast.city.get(f"/clinics/{clinic}/edit").text
    named = unescape(shown.partition('name="experts"')[2].partition('value="')[2].partition('"')[0])
    change = ROUND | {"group": "焊接团队", "experts": named, "visit_day_0": LATER, "visit_day_1": LATER, "note": "换车"}
    before = cast.letters()
    assert cast.city.post(f"/clinics/{clinic}/edit", change | {"version": "1"}).status_code == 303
    assert _going(cast, clinic) == [("吴某", "member"), ("周某", "member"), ("郑某", "lead")]
    assert not any(kind == "clinic_cancelled" for kind, _party in cast.letters()[len(before) :])
    fewer = change | {"experts": "郑某；吴某", "version": "2"}
    assert cast.city.post(f"/clinics/{clinic}/edit", fewer).status_code == 303
    assert _going(cast, clinic) == [("吴某", "member"), ("郑某", "lead")], "whom the form does not name stays at home"


def _going(cast: Cast, clinic_id: int) -> list[tuple[str, str]]:
    with cast.sessions.read() as session:
        return sorted((row.expert.name, row.role.value) for row in session.get_one(Clinic, clinic_id).experts)


def test_what_counts_is_moved_with_a_reason_and_seen_by_two(cast: Cast) -> None:
    clinic = cast.plan()
    first, second = cast.visits(clinic)
    for sheet in (first, second):
        assert cast.county.post(f"/clinics/sheets/{sheet}/fill", SHEET).status_code == 303
    earlier = (make.TODAY - timedelta(days=400)).isoformat()
    change = ROUND | {"visit_day_0": earlier, "version": _version(cast, clinic)}
    for more, said in (({}, "请填写改期原因"), ({"reason": "写错"}, "由市科技局补录")):
        answer = cast.county.post(f"/clinics/{clinic}/edit", change | more)
        assert (answer.status_code, said in answer.text) == (422, True)
    assert cast.city.post(f"/clinics/{clinic}/edit", change).status_code == 422
    assert cast.city.post(f"/clinics/{clinic}/edit", change | {"reason": "写错"}).status_code == 303
    assert cast.step(clinic, "hold", cast.county) == 409, "whoever took the sheets down does not let them count"
    assert (cast.step(clinic, "hold"), cast.counted()) == (303, 1)
    assert cast.step(clinic, "reopen", reason="没有去") == 303
    assert cast.step(clinic, "cancel", reason="没有去") == 303
    answer = cast.county.post(f"/clinics/sheets/{first}/needs", {"problem": str(_problems(cast)[0])})
    assert answer.status_code == 409, "no need of a round that is off"


def _version(cast: Cast, clinic_id: int) -> str:
    with cast.sessions.read() as session:
        return str(session.get_one(Clinic, clinic_id).version)


def test_merged_firms_keep_both_sheets(cast: Cast) -> None:
    clinic = cast.plan()
    first, second = cast.visits(clinic)
    cast.lead.post(f"/clinics/sheets/{first}/fill", SHEET)
    cast.lead.post(f"/clinics/sheets/{second}/fill", MISSED)
    answer = cast.city.post(f"/clinics/sheets/{first}/needs", {"problem": str(_problems(cast)[0])})
    assert answer.status_code == 303
    with cast.sessions.write() as session:
        gone, kept = (session.get_one(Organisation, one) for one in cast.firm_ids[:2])
        officer = make.actor_of(make.make_account(session, Role.CITY))
        merging.merge(session, officer, kept, gone, reason="同一家", clock=CLOCK)
    with cast.sessions.read() as session:
        [visit] = session.get_one(Clinic, clinic).visits
        assert (visit.firm_id, visit.visited, len(visit.problems)) == (cast.firm_ids[1], True, 2)
        assert "企业停产" in visit.findings
        assert "焊缝质量不稳" in visit.findings


def test_the_form_reads_names_with_institutes_as_it_writes_them_in_either_language(cast: Cast) -> None:
    with cast.sessions.write() as session:
        there = session.get_one(Expert, cast.expert_ids[0]).institute.name
        make.make_expert(session, make.make_institute(session, name="另一所"), name="周某")
    clinic_id = cast.plan(experts=f"周某（{there}）")
    for language, shown in (("zh_CN", f"周某（{there}）"), ("en", f"周某 ({there})")):
        cast.city.get(f"/?lang={language}")
        assert shown in cast.city.get(f"/clinics/{clinic_id}/edit").text
        with cast.sessions.read() as session:
            version = session.get_one(Clinic, clinic_id).version
        saved = cast.city.post(f"/clinics/{clinic_id}/edit", ROUND | {"experts": shown, "version": str(version)})
        assert saved.status_code == 303, saved.text
