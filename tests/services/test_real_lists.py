"""The bureau's job at its real size: needs and papers from workbooks, published in bulk, spoilt, brought in again.

The texts are real and stay outside the repository; firms, and who owns which paper, are invented here.
"""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from matchmaker.db.models import Audit, Capability, Corpus, Need
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import CapabilityStatus, ImportKind, NeedStatus
from matchmaker.services import capabilities, needs
from tests.services.sheets import CITY, CLOCK, bring, bring_rows, count, everything, load_profile, write
from tests.support.real_lists import PAPER_COUNT, experts, firms, institutes, offers, papers, real_needs

pytestmark = pytest.mark.both_databases


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
    trail = count(sessions, Audit)
    refused = bring_rows(sessions, ImportKind.NEEDS, rows, tmp_path)
    assert (refused.written, count(sessions, Need), count(sessions, Audit)) == (False, 0, trail)
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
