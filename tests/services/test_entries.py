"""Entered records: what is refused and how, what counts, corrections that keep the old, void and back again."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import Absorption, Audit, Organisation, Site, Training, Turnover, Unit
from matchmaker.db.session import Sessions
from matchmaker.domain.drafts import AbsorptionDraft, TrainingDraft, TurnoverDraft
from matchmaker.domain.files import Upload
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import MeetingKind, Noun, Role
from matchmaker.errors import Conflict, Forbidden, Invalid, StaleEdit
from matchmaker.queries import attachments as files
from matchmaker.queries import entries as queries
from matchmaker.services import attachments, entries
from tests import factories as make
from tests.services.sheets import load_profile

CLOCK = FixedDayClock(make.TODAY)
CITY = Actor(Role.CITY, "专员", None)
PDF = Upload("证明.pdf", b"%PDF-1.4 demo")
MODELS = {"absorption": Absorption, "turnover": Turnover, "training": Training}


@pytest.fixture(autouse=True)
def cast(sessions: Sessions) -> None:
    load_profile(sessions)
    with sessions.write() as session:
        unit = session.scalars(select(Unit).limit(1)).one()
        for name in ("甲公司", "乙公司"):
            make.make_firm(session, unit, name=name)
        make.make_institute(session, name="京城大学")
        make.make_institute(session, region=make.HEBEI_ELSEWHERE, name="外地大学")


def enter(
    sessions: Sessions,
    kind: str,
    *,
    actor: Actor = CITY,
    row_id: int | None = None,
    version: int = 1,
    reason: str = "",
    **values: Any,
) -> int:
    model = MODELS[kind]
    draft, write = {
        "absorption": (AbsorptionDraft, entries.write_absorption),
        "turnover": (TurnoverDraft, entries.write_turnover),
        "training": (TrainingDraft, entries.write_training),
    }[kind]
    with sessions.write() as session:
        row = session.get_one(model, row_id) if row_id else model()
        write(session, actor, row, draft.model_validate(values), version=version, reason=reason, clock=CLOCK)
        return row.id


def absorb(sessions: Sessions, **more: Any) -> int:
    values = {"title": "薄板焊接工艺", "firm": "甲公司", "origin": "京城大学", "day": "2026-03-01"}
    return enter(sessions, "absorption", **values | more)


def state(sessions: Sessions, span: str, month: int, total: str, **more: Any) -> int:
    values = {"year": "2026", "span": span, "month": str(month), "total": total, "source": "快报"}
    return enter(sessions, "turnover", **values | more)


def train(sessions: Sessions, **more: Any) -> int:
    values = {"name": "张三", "organisation": "甲公司", "course": "第一期", "certificate": "A1", "day": "2026-03-01"}
    return enter(sessions, "training", **values | more)


def value(sessions: Sessions, code: str, year: int = 2026) -> Any:
    with sessions.read() as session:
        return queries.values(session, year).get(code)


@pytest.mark.both_databases
def test_an_achievement_counts_once_whichever_firms_report_it(sessions: Sessions) -> None:
    first = absorb(sessions)
    absorb(sessions, firm="乙公司", day="2026-04-01")
    absorb(sessions, title="别的成果", day="2025-12-31")
    absorb(sessions, title="新年的成果", day="2026-01-01")
    assert value(sessions, "absorption").amount == 2
    assert first in value(sessions, "absorption").ids
    assert value(sessions, "absorption", 2025).amount == 1
    with sessions.read() as session:
        assert queries.load(session).to_date("absorption", 2026) == 3
    with sessions.write() as session:  # the first one goes: now the other firm's counts
        entries.void(session, CITY, session.get_one(Absorption, first), reason="合同解除", clock=CLOCK)
    assert value(sessions, "absorption").amount == 2
    assert first not in value(sessions, "absorption").ids


def test_a_place_corrected_later_leaves_the_count(sessions: Sessions) -> None:
    absorb(sessions)
    with sessions.write() as session:
        place = session.scalars(select(Site).join(Organisation).where(Organisation.name == "京城大学")).one()
        place.region_code = make.HEBEI_ELSEWHERE
    assert value(sessions, "absorption").amount == 0


@pytest.mark.parametrize(
    ("values", "field", "says"),
    [
        ({"origin": "外地大学"}, "origin", "没有地点"),
        ({"origin": "没有的大学"}, "origin", "请从列表中选择"),
        ({"firm": "没有的公司"}, "firm", "请从列表中选择"),
        ({"day": "2026-06-16"}, "day", "晚于今天"),
        ({"need": "XQ999"}, "need", "请核对或留空"),
        ({"meeting": "999"}, "meeting", "请核对或留空"),
        ({"title": "薄板 焊接工艺"}, "title", "请勿重复登记"),
    ],
)
def test_what_an_absorption_may_not_say(sessions: Sessions, values: dict[str, str], field: str, says: str) -> None:
    absorb(sessions)
    with pytest.raises(Invalid) as refused:
        absorb(sessions, **{"title": "另一成果"} | values)
    assert says in refused.value.errors[field]


def test_it_may_come_from_the_firm_s_own_need_and_meeting(sessions: Sessions) -> None:
    with sessions.write() as session:
        firm = session.scalars(select(Organisation).where(Organisation.name == "甲公司")).one()
        institute = session.scalars(select(Organisation).where(Organisation.name == "京城大学")).one()
        need = make.make_need(session, firm, external_id="XQ001")
        meeting = make.make_meeting(session, MeetingKind.INBOUND, [firm], [make.make_expert(session, institute)])
        meeting_id = meeting.id
    number = absorb(sessions, need="XQ001", meeting=str(meeting_id))
    with sessions.read() as session:
        row = session.get_one(Absorption, number)
        assert (row.need_id, row.meeting_id) == (need.id, meeting_id)
    with pytest.raises(Invalid):
        absorb(sessions, title="另一项", firm="乙公司", need="XQ001")


@pytest.mark.both_databases
def test_running_totals_and_months_come_to_one_number(sessions: Sessions) -> None:
    state(sessions, "to_date", 3, "63.4", hosts="12.7")
    state(sessions, "month", 4, "20.6亿元")
    found = value(sessions, "contract_turnover")
    assert (found.amount, found.through, found.gaps) == (Decimal("84.0"), 4, ())
    hosts = value(sessions, "contract_turnover_hosts")
    assert (hosts.amount, hosts.through) == (Decimal("12.7"), 3)  # April's document does not say
    with pytest.raises(Invalid) as refused:
        state(sessions, "to_date", 3, "64")
    assert "请更正那一条" in refused.value.errors["month"]
    with pytest.raises(Invalid):
        state(sessions, "quarter", 6, "64")  # the month of April is in it; and June is over only in July
    with pytest.raises(Invalid) as refused:
        state(sessions, "month", 7, "5")
    assert "晚于今天" in refused.value.errors["month"]


@pytest.mark.both_databases
def test_a_correction_gives_its_reason_and_keeps_the_old_number(sessions: Sessions) -> None:
    number = state(sessions, "to_date", 3, "63.4")
    with pytest.raises(Invalid) as refused:
        state(sessions, "to_date", 3, "64.3", row_id=number)
    assert "reason" in refused.value.errors
    state(sessions, "to_date", 3, "64.3", row_id=number, reason="抄录有误")
    assert value(sessions, "contract_turnover").amount == Decimal("64.3")
    with sessions.read() as session:
        last = session.scalars(select(Audit).where(Audit.noun == Noun.TURNOVER).order_by(Audit.id.desc())).first()
        assert (Decimal(last.before["total"]), Decimal(last.after["total"])) == (Decimal("63.4"), Decimal("64.3"))
        assert last.reason == "抄录有误"
    with pytest.raises(StaleEdit):
        state(sessions, "to_date", 3, "65", row_id=number, version=1, reason="旧页面")


@pytest.mark.both_databases
def test_people_are_counted_once_a_year(sessions: Sessions) -> None:
    train(sessions)
    train(sessions, course="第二期", certificate="A2", day="2026-05-01")
    train(sessions, name="李四", certificate="A3")
    train(sessions, certificate="A0", day="2025-12-31", course="去年的")
    assert value(sessions, "broker_training").amount == 2
    assert value(sessions, "broker_training", 2025).amount == 1
    with pytest.raises(Invalid) as refused:
        train(sessions, certificate="A9")
    assert "请勿重复登记" in refused.value.errors["name"]
    with pytest.raises(Invalid) as refused:
        train(sessions, name="王五", certificate="A3")
    assert "李四" in refused.value.errors["certificate"]


@pytest.mark.both_databases
@pytest.mark.parametrize("make_one", [absorb, train, lambda sessions: state(sessions, "month", 2, "5")])
def test_nothing_is_deleted(sessions: Sessions, make_one: Any) -> None:
    number = make_one(sessions)
    with sessions.read() as session:
        noun = session.scalars(select(Audit.noun).order_by(Audit.id.desc())).first()
    model = MODELS[noun.value]

    def turn(act: Any, reason: str = "有误") -> None:
        with sessions.write() as session:
            act(session, CITY, session.get_one(model, number), reason=reason, clock=CLOCK)

    with pytest.raises(Invalid):
        turn(entries.void, " ")
    turn(entries.void)
    with pytest.raises(Conflict):
        turn(entries.void)
    turn(entries.restore)
    with pytest.raises(Conflict):
        turn(entries.restore)
    with sessions.read() as session:
        row = session.get_one(model, number)
        assert (row.voided_at, row.voided_by, row.entered_by) == (None, "", "专员")


def test_what_took_its_place_bars_the_way_back(sessions: Sessions) -> None:
    for model, first in ((Absorption, absorb(sessions)), (Turnover, state(sessions, "month", 2, "5"))):
        with sessions.write() as session:
            entries.void(session, CITY, session.get_one(model, first), reason="重录", clock=CLOCK)
        _ = absorb(sessions) if model is Absorption else state(sessions, "month", 2, "6")
        with sessions.write() as session, pytest.raises(Conflict):
            entries.restore(session, CITY, session.get_one(model, first), reason="恢复", clock=CLOCK)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.CITY])
def test_only_the_city_enters(sessions: Sessions, role: Role) -> None:
    actor = Actor(role, "某人", 1, unit_id=1, organisation_id=1, expert_id=1)
    number = absorb(sessions)
    with pytest.raises(Forbidden):
        absorb(sessions, actor=actor, title="另一项")
    with pytest.raises(Forbidden):
        train(sessions, actor=actor)
    with pytest.raises(Forbidden):
        state(sessions, "month", 2, "5", actor=actor)
    with sessions.write() as session:
        row = session.get_one(Absorption, number)
        for act in (entries.void, entries.restore):
            with pytest.raises(Forbidden):
                act(session, actor, row, reason="x", clock=CLOCK)
        with pytest.raises(Forbidden):
            attachments.attach(session, actor, row, attachments.check(PDF), clock=CLOCK)


def test_proof_is_kept_with_the_record(sessions: Sessions) -> None:
    number = absorb(sessions)
    with sessions.write() as session:
        row = session.get_one(Absorption, number)
        kept = attachments.attach(session, CITY, row, attachments.check(PDF), clock=CLOCK)
        attachments.void(session, CITY, row, kept, reason="传错了", clock=CLOCK)
    with sessions.read() as session:
        (found,) = files.of_record(session, Noun.ABSORPTION, number)
        assert (found.file_name, found.voided_by) == ("证明.pdf", "专员")
        assert files.of_record(session, Noun.NEED, number) == []


def test_days_are_days_in_china(sessions: Sessions) -> None:
    absorb(sessions, day=date(2025, 12, 31).isoformat())
    assert (value(sessions, "absorption", 2025).amount, value(sessions, "absorption").amount) == (1, 0)
