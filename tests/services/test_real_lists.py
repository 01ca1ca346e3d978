"""The bureau's job at its real size: needs and papers from workbooks, published in bulk, spoilt, brought in again.

The texts are real and stay outside the repository; firms, and who owns which paper, are invented here.
"""

import json
from itertools import islice
from pathlib import Path

import pytest
from sqlalchemy import func, select

from matchmaker.db.models import Audit, Capability, Corpus, Need
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import CapabilityStatus, ImportKind, NeedStatus
from matchmaker.services import capabilities, needs
from tests.services.sheets import CITY, CLOCK, Rows, bring, bring_rows, count, everything, load_profile, write
from tests.support.data import data_file

pytestmark = pytest.mark.both_databases
UNITS = ["固安县", "广阳区", "安次区", "永清县", "香河县", "三河市"]
FIRM_COUNT, PAPER_COUNT = 40, 500


def firms() -> Rows:
    return [
        {"机构编号": f"F{n}", "机构类别": "企业", "机构全称": f"第{n}精工（演示）", "责任单位": UNITS[n % len(UNITS)]}
        for n in range(FIRM_COUNT)
    ]


def real_needs() -> Rows:
    lines = data_file("bdci2019_need_achievement", "needs_dev_and_unlabelled.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [
        {"需求编号": row["id"], "企业": f"F{n % FIRM_COUNT}", "技术需求名称": row["title"], "主要问题": row["text"]}
        for n, row in enumerate(rows)
    ]


def papers() -> list[dict[str, object]]:
    with data_file("chinaxiv", "papers.jsonl").open(encoding="utf-8") as lines:
        found = (json.loads(line) for line in lines)
        return list(islice((row for row in found if row["institutions"]), PAPER_COUNT))


def institutes(rows: list[dict[str, object]]) -> Rows:
    names = sorted({str(row["institutions"][0]) for row in rows})  # type: ignore[index]
    return [
        {
            "机构编号": f"U{n}", "机构类别": "院所高校", "机构全称": name,
            "院所类型": "高等院校" if name.endswith("大学") else "科研院所",
            "所在地域": "110108" if n % 2 else "120104",
        }
        for n, name in enumerate(names)
    ]  # fmt: skip


def experts(rows: Rows) -> Rows:
    return [{"专家编号": "E1", "姓名": f"研究员{n}", "所在院所": row["机构编号"]} for n, row in enumerate(rows)]


def offers(rows: list[dict[str, object]]) -> Rows:
    return [
        {
            "能力编号": row["id"], "所属单位": row["institutions"][0],  # type: ignore[index]
            "专家": "E1" if n % 2 else "", "能力类型": "成果", "能力名称": row["title"],
            "详细说明": row["abstract"], "关键词": "；".join(map(str, row["keywords"])),  # type: ignore[call-overload]
        }
        for n, row in enumerate(rows)
    ]  # fmt: skip


@pytest.fixture
def lists(sessions: Sessions, tmp_path: Path) -> list[tuple[ImportKind, Path, int]]:
    """Organisations and experts brought in; the needs' and capabilities' workbooks ready, with their row counts."""
    wanted, written = real_needs(), papers()
    load_profile(sessions)
    places = institutes(written)
    for kind, rows in ((ImportKind.ORGANISATIONS, firms() + places), (ImportKind.EXPERTS, experts(places))):
        report = bring_rows(sessions, kind, rows, tmp_path)
        assert (report.failed, report.created) == (0, len(rows))
    made = ((ImportKind.NEEDS, wanted), (ImportKind.CAPABILITIES, offers(written)))
    return [(kind, write(tmp_path / f"{kind.value}.xlsx", rows), len(rows)) for kind, rows in made]


@pytest.mark.slow
def test_real_lists_come_in_and_are_published(sessions: Sessions, lists: list[tuple[ImportKind, Path, int]]) -> None:
    for kind, path, size in lists:
        report = bring(sessions, kind, path)
        assert report.errors == ()
        assert report.created == size
    assert [size for _, _, size in lists] == [284, PAPER_COUNT]
    with sessions.read() as session:
        by_status = dict(session.execute(select(Need.status, func.count()).group_by(Need.status)).all())
        assert by_status == {NeedStatus.CITY_REVIEW: 281, NeedStatus.DRAFT: 3}  # three have no text
        waiting = list(session.scalars(select(Need.id).where(Need.status == NeedStatus.CITY_REVIEW)))
        offered = list(session.scalars(select(Capability.id)))
    with sessions.write() as session:
        assert all(outcome.done for outcome in needs.publish_many(session, CITY, waiting, clock=CLOCK))
        assert all(outcome.done for outcome in capabilities.list_many(session, CITY, offered, clock=CLOCK))
    with sessions.read() as session:
        published = select(func.count()).where(Need.status == NeedStatus.PUBLISHED)
        listed = select(func.count()).where(Capability.status == CapabilityStatus.LISTED)
        assert (session.scalar(published), session.scalar(listed)) == (281, PAPER_COUNT)
        versions = [*session.scalars(select(Need.index_version).where(Need.id.in_(waiting)))]
        versions += session.scalars(select(Capability.index_version))
        assert len(set(versions)) == len(versions)
        assert max(versions) == session.scalars(select(Corpus.version)).one()
    before = everything(sessions)
    for kind, path, size in lists:
        again = bring(sessions, kind, path)
        assert (again.created, again.updated, again.unchanged, again.failed) == (0, 0, size, 0)
    assert everything(sessions) == before


SPOILT = [
    ("技术需求名称", "", "不能为空"),
    ("企业", "查无此厂", "请先导入"),
    ("需求编号", None, "重复"),
    ("主要问题", "长" * 3001, "上限"),
    ("主要问题", "锟斤拷", "乱码"),
    ("拟投入资金（万元）", "面议", "整数"),
    ("需求时限", "2026-02-30", "有效日期"),
    ("合作方式", "都行", "以下之一"),
    ("技术领域", "炼金术", "以下之一"),
    ("关键词", "；".join(str(n) for n in range(60)), "最多"),
]


def test_twenty_rows_spoilt_in_ten_ways_are_named_and_nothing_else_is_lost(sessions: Sessions, tmp_path: Path) -> None:
    load_profile(sessions)
    bring_rows(sessions, ImportKind.ORGANISATIONS, firms(), tmp_path)
    rows = real_needs()
    spoilt = {10 + 13 * n: SPOILT[n % 10] for n in range(20)}
    for place, (column, value, _) in spoilt.items():
        if value is None:  # a number is a key within a firm
            rows[place] |= {name: rows[place - 1][name] for name in ("企业", "需求编号")}
        else:
            rows[place][column] = value
    refused = bring_rows(sessions, ImportKind.NEEDS, rows, tmp_path)
    assert (refused.written, count(sessions, Need), count(sessions, Audit)) == (False, 0, FIRM_COUNT)
    report = bring_rows(sessions, ImportKind.NEEDS, rows, tmp_path, good_rows=True)
    assert (report.created, report.failed) == (264, 20)
    told = {error.line: error for error in report.errors}
    assert set(told) == {place + 2 for place in spoilt}
    for place, (column, _, reason) in spoilt.items():
        assert told[place + 2].column == column
        assert reason in told[place + 2].message
    with sessions.read() as session:
        kept = set(session.scalars(select(Need.external_id)))
    assert kept >= {row["需求编号"] for place, row in enumerate(rows) if place not in spoilt}
    again = bring_rows(sessions, ImportKind.NEEDS, rows, tmp_path, good_rows=True)
    assert (again.changed, again.unchanged, again.failed) == (0, 264, 20)
