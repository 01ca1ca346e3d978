"""Last year's ledger comes in: several rows to a meeting, recorded, and not counted before somebody else verifies."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from matchmaker.db.models import Audit, Expert, Meeting, Need, Trip
from matchmaker.db.session import Sessions
from matchmaker.domain.meetings import EvidenceGap
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.permissions import SYSTEM
from matchmaker.domain.rules import WhyNot
from matchmaker.domain.vocabulary import (
    Attendance,
    Audience,
    ImportKind,
    MeetingKind,
    MeetingStatus,
    NeedStatus,
    Noun,
    Role,
)
from matchmaker.errors import Conflict
from matchmaker.queries.counts import lines_if_verified, tallies
from matchmaker.queries.meetings import clashes, gaps_of
from matchmaker.services import meetings
from matchmaker.services.imports import Report
from tests import factories as make
from tests.services.sheets import CLOCK, FIRMS, Rows, bring_chain, bring_rows
from tests.services.test_import_undo import business, undo

pytestmark = pytest.mark.both_databases
OUT = {
    "日期": "2025年3月5日",
    "方式": "走进",
    "企业": "F1",
    "院所": "某某大学",
    "专家": "周某",
    "科研项目团队": "焊接团队",
    "到会情况": "到会",
    "纪要摘要": "看了焊接中试线，谈了薄板热裂纹。",
}
IN = {
    "日期": "2025-04-10",
    "方式": "请进（入企）",
    "企业": "丙丁热控（演示）",
    "院所": "U1",
    "专家": "E1",
    "到会情况": "企业到会；E1 到会",
    "纪要摘要": "到车间看了检漏。",
    "结果": "已签约",
    "技术需求名称": "旧检漏台改造",
}
LEDGER: Rows = [
    OUT,
    OUT | {"企业": "丙丁热控（演示）", "纪要摘要": "谈了水冷板检漏。", "技术需求名称": "水冷板氦检漏率偏高"},
    IN,
]


@pytest.fixture
def chain(sessions: Sessions, tmp_path: Path) -> None:
    bring_chain(sessions, tmp_path)


def bring(sessions: Sessions, folder: Path, rows: Rows, **options: bool) -> Report:
    with sessions.write() as session:
        officer = make.actor_of(make.make_account(session, Role.CITY, name="导入人"))
    return bring_rows(sessions, ImportKind.HISTORY, rows, folder, actor=officer, **options)


def test_rows_of_one_visit_are_one_meeting(sessions: Sessions, tmp_path: Path, chain: None) -> None:
    report = bring(sessions, tmp_path, LEDGER)
    assert (report.created, report.errors) == (3, ())
    with sessions.read() as session:
        out, into = session.scalars(select(Meeting).order_by(Meeting.id)).all()
        assert (out.kind, out.day, out.status) == (MeetingKind.OUTBOUND, date(2025, 3, 5), MeetingStatus.HELD)
        assert out.host is not None
        assert out.group is not None
        assert (out.host.name, out.group.name, out.site.name) == ("某某大学", "焊接团队", "本部")
        assert [row.firm.external_id for row in out.firms] == ["F1", "F2"]
        assert [(row.expert.name, row.attendance) for row in out.experts] == [("周某", Attendance.ATTENDED)]
        assert "甲乙精工（演示）：看了焊接中试线" in out.minutes
        assert "丙丁热控（演示）：谈了水冷板检漏。" in out.minutes
        assert [row.need.external_id for row in out.needs] == ["N2"]
        assert out.from_history
        assert (out.recorded_by, out.verified_by) == ("导入人", "")
        assert (into.kind, into.host_id, [row.firm.external_id for row in into.firms]) == ("inbound", None, ["F2"])
        assert into.minutes == "到车间看了检漏。\n结果：已签约"
        old = into.needs[0].need
        assert (old.title, old.status, old.audience) == ("旧检漏台改造", NeedStatus.SOLVED, Audience.MASKED)
        assert gaps_of(out) == [EvidenceGap.HISTORY]
        trail = session.scalars(select(Audit.action).where(Audit.noun == Noun.MEETING)).all()
        assert trail == ["import", "import"]


def test_importing_the_ledger_again_changes_nothing(sessions: Sessions, tmp_path: Path, chain: None) -> None:
    bring(sessions, tmp_path, LEDGER)
    before = business(sessions)
    again = bring(sessions, tmp_path, LEDGER)
    assert (again.unchanged, again.changed, again.failed) == (3, 0, 0)
    after = business(sessions)
    assert {name for name in before if before[name] != after[name]} == {"account"}


def test_a_firm_that_was_forgotten_joins_its_meeting(sessions: Sessions, tmp_path: Path, chain: None) -> None:
    bring(sessions, tmp_path, LEDGER[:1])
    report = bring(sessions, tmp_path, LEDGER[:2])
    assert (report.unchanged, report.updated) == (1, 1)
    with sessions.read() as session:
        meeting = session.scalars(select(Meeting)).one()
        assert [row.firm.external_id for row in meeting.firms] == ["F1", "F2"]
        assert "谈了水冷板检漏。" in meeting.minutes
    joined = business(sessions)
    undo(sessions, report.batch_id)
    with sessions.read() as session:
        assert [row.firm.external_id for row in session.scalars(select(Meeting)).one().firms] == ["F1"]
    assert bring(sessions, tmp_path, LEDGER[:2]).updated == 1
    assert len(joined["meeting_firm"]) == 2


def test_an_undone_ledger_leaves_nothing(sessions: Sessions, tmp_path: Path, chain: None) -> None:
    before = business(sessions)
    rows = [*LEDGER, IN | {"日期": "2025-05-01", "专家": "新来的", "新专家建档": "是", "到会情况": "到会"}]
    rows[0] = rows[0] | {"行程": "春季走进"}
    report = bring(sessions, tmp_path, rows)
    undo(sessions, report.batch_id)
    after = business(sessions)
    assert {name for name in before if before[name] != after[name]} == {"account"}


@pytest.mark.parametrize(
    ("changed", "column", "said"),
    [
        ({"企业": "没有的厂"}, "企业", "请先导入“机构”"),
        ({"企业": "U1"}, "企业", "不是企业"),
        ({"院所": "没有的大学"}, "院所", "请先导入“机构”"),
        ({"院所": "F1"}, "院所", "不是院所高校"),
        ({"专家": "没有的人"}, "专家", "请先导入该单位的“专家”"),
        ({"科研项目团队": "没有的团队"}, "科研项目团队", "请先导入该单位的“科研项目团队”"),
        ({"地点": "火星"}, "地点", "请改为该单位已登记的地点：本部、固安基地"),
        ({"日期": "2030-01-01"}, "日期", "不能晚于今天"),
        ({"日期": "不久以前"}, "日期", "日期"),
        ({"方式": "喝茶"}, "方式", "请改为以下之一"),
        ({"到会情况": "李四请假"}, "到会情况", "不是本行的企业或专家"),
        ({"到会情况": "周某到会"}, "到会情况", "没有写明“企业”"),
        ({"到会情况": "企业到会；周某代替"}, "到会情况", "由谁代替"),
        ({"到会情况": ""}, "到会情况", "不能为空"),
        ({"专家": "", "科研项目团队": ""}, "专家", "请填写专家"),
    ],
)
def test_a_bad_line_is_named_with_what_to_do(
    sessions: Sessions, tmp_path: Path, chain: None, changed: dict[str, str], column: str, said: str
) -> None:
    report = bring(sessions, tmp_path, [OUT | {"地点": ""} | changed, LEDGER[1]])
    found = [(error.line, error.column) for error in report.errors]
    assert found == [(2, column)]
    assert said in report.errors[0].message
    assert not report.written


def test_the_sheet_says_whether_unknown_experts_are_put_on_file(
    sessions: Sessions, tmp_path: Path, chain: None
) -> None:
    rows = [OUT | {"专家": "周某；新来的", "新专家建档": "是"}, LEDGER[1] | {"专家": "新来的", "新专家建档": "是"}]
    assert bring(sessions, tmp_path, rows).errors == ()
    with sessions.read() as session:
        new = session.scalars(select(Expert).filter_by(name="新来的")).one()
        assert new.confirmed_on is None  # so nobody is matched with them before they have confirmed
        people = session.scalars(select(Meeting)).one().experts
        assert [row.expert.name for row in people] == ["周某", "新来的"]


def test_rows_of_one_meeting_must_agree(sessions: Sessions, tmp_path: Path, chain: None) -> None:
    elsewhere = LEDGER[1] | {"地点": "固安基地"}
    absent = LEDGER[1] | {"到会情况": "企业到会；周某缺席"}
    twice = OUT | {"纪要摘要": "又写了一遍"}
    messages = [bring(sessions, tmp_path, [OUT, other]).errors[0].message for other in (elsewhere, absent, twice)]
    assert ["一栏却不一致" in messages[0], "到会情况却不一致" in messages[1], "重复" in messages[2]] == [True] * 3


def test_two_trips_on_one_day_are_two_meetings(sessions: Sessions, tmp_path: Path, chain: None) -> None:
    bring(sessions, tmp_path, [OUT | {"行程": "上午一车"}, LEDGER[1] | {"行程": "下午一车"}])
    with sessions.read() as session:
        assert len(session.scalars(select(Meeting)).all()) == 2
        assert set(session.scalars(select(Trip.title))) == {"上午一车", "下午一车"}


def test_what_is_on_file_already_is_not_doubled(sessions: Sessions, tmp_path: Path, chain: None) -> None:
    bring(sessions, tmp_path, LEDGER[:1])
    other = bring(sessions, tmp_path, [OUT | {"到会情况": "企业缺席；周某到会", "纪要摘要": "不同的纪要"}])
    assert "已经在册" in other.errors[0].message
    with sessions.write() as session:
        meeting = session.scalars(select(Meeting)).one()
        verifier = make.actor_of(make.make_account(session, Role.CITY))
        meetings.verify(session, verifier, meeting, clock=CLOCK)
    late = bring(sessions, tmp_path, [LEDGER[1]])
    assert "已经在册" in late.errors[0].message


def test_nothing_counts_before_somebody_else_has_verified(sessions: Sessions, tmp_path: Path, chain: None) -> None:
    excused_only = IN | {"企业": "F1", "技术需求名称": "", "到会情况": "企业到会；E1请假"}
    without_minutes = OUT | {"日期": "2025-06-01", "纪要摘要": ""}
    bring(sessions, tmp_path, [*LEDGER, excused_only, without_minutes])
    with sessions.write() as session:
        waiting = session.scalars(select(Meeting).order_by(Meeting.id)).all()
        importer = make.Actor(Role.CITY, "导入人", waiting[0].recorded_by_id)
        verifier = make.actor_of(make.make_account(session, Role.CITY))
        assert {code: sums.total for code, sums in tallies(session, 2025).items()} == {"outbound": 0, "inbound": 0}
        told = lines_if_verified(session, waiting, verifier.account_id)
        counting = {one.id for one in waiting for line in told[one.id].values() if line.verdict.counts}
        assert told[waiting[1].id][MetricCode.INBOUND].verdict.counts
        excused = told[waiting[2].id][MetricCode.INBOUND].verdict.reasons
        assert [reason.why for reason in excused] == [WhyNot.NO_EXPERT]
        own = lines_if_verified(session, waiting, importer.account_id)
        assert own[waiting[0].id][MetricCode.OUTBOUND].verdict.reasons[0].why is WhyNot.SAME_PERSON
        seen = {one.id: one.version for one in waiting}
        refused = meetings.verify_many(session, importer, seen, clock=CLOCK)
        assert not any(outcome.done for outcome in refused)
        outcomes = meetings.verify_many(session, verifier, seen, clock=CLOCK)
        assert [outcome.done for outcome in outcomes] == [True, True, True, False]
        assert "缺纪要" in outcomes[-1].message
        counted = {line.facts.id for sums in tallies(session, 2025).values() for line in sums.counted}
        assert counted == counting - {waiting[3].id}
        assert len(counted) == 2


def test_a_stale_look_verifies_nothing(sessions: Sessions, tmp_path: Path, chain: None) -> None:
    bring(sessions, tmp_path, LEDGER[:1])
    with sessions.write() as session:
        meeting = session.scalars(select(Meeting)).one()
        verifier = make.actor_of(make.make_account(session, Role.CITY))
        [outcome] = meetings.verify_many(session, verifier, {meeting.id: meeting.version - 1}, clock=CLOCK)
        assert not outcome.done
        with pytest.raises(Conflict):
            meetings.verify(session, verifier, meeting, clock=CLOCK, version=0)


def test_hours_that_nobody_knows_take_nobodys_time(sessions: Sessions, tmp_path: Path, chain: None) -> None:
    bring(sessions, tmp_path, LEDGER[:1])
    with sessions.read() as session:
        meeting = session.scalars(select(Meeting)).one()
        people = [row.expert_id for row in meeting.experts]
        assert clashes(session, people, meeting.day, (meeting.starts, meeting.ends)) == []


def test_a_place_is_found_by_its_region_too(sessions: Sessions, tmp_path: Path, chain: None) -> None:
    bring(sessions, tmp_path, [OUT | {"地点": "海淀区"}])
    with sessions.read() as session:
        meeting = session.scalars(select(Meeting)).one()
        assert meeting.site is not None
        assert meeting.site.name == "本部"


def test_needs_made_of_old_lines_are_never_matched(sessions: Sessions, tmp_path: Path, chain: None) -> None:
    bring(sessions, tmp_path, [IN | {"结果": "未达成"}])
    with sessions.read() as session:
        need = session.scalars(select(Need).filter_by(title="旧检漏台改造")).one()
        assert need.status is NeedStatus.CLOSED
        assert need.firm.name == FIRMS[1]["机构全称"]
        assert need.terms


def test_what_the_command_brings_in_any_officer_verifies(sessions: Sessions, tmp_path: Path, chain: None) -> None:
    report = bring_rows(sessions, ImportKind.HISTORY, LEDGER, tmp_path, actor=SYSTEM)
    assert report.errors == ()
    with sessions.write() as session:
        verifier = make.actor_of(make.make_account(session, Role.CITY))
        seen = dict.fromkeys(session.scalars(select(Meeting.id)))
        assert all(outcome.done for outcome in meetings.verify_many(session, verifier, seen, clock=CLOCK))
        assert {code: sums.total for code, sums in tallies(session, 2025).items()} == {"outbound": 1, "inbound": 1}
