"""Sheets for import tests, all invented, and what an import left behind."""

from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from matchmaker.clock import FixedDayClock
from matchmaker.db.base import Base
from matchmaker.db.models import Account
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import ImportKind, Role
from matchmaker.exchange.tables import save_rows
from matchmaker.services import profile
from matchmaker.services.imports import Report, bring_in
from matchmaker.text import Segmenter
from tests.factories import TODAY, make_account

CLOCK = FixedDayClock(TODAY)
CITY = Actor(Role.CITY, "专员", 1)
SEGMENTER = Segmenter()
Rows = list[dict[str, Any]]

FIRMS: Rows = [
    {"机构编号": "F1", "机构类别": "企业", "机构全称": "甲乙精工（演示）", "责任单位": "固安县", "联系人": "甲工"},
    {
        "机构编号": "F2",
        "机构类别": "企业",
        "机构全称": "丙丁热控（演示）",
        "责任单位": "广阳区",
        "标签": "高新技术企业",
    },
]
INSTITUTES: Rows = [
    {"机构编号": "U1", "机构类别": "高校", "机构全称": "某某大学", "院所类型": "高校", "所在地域": "海淀区"},
    {
        "机构编号": "U1", "机构类别": "高校", "机构全称": "某某大学", "院所类型": "高校",
        "地点名称": "固安基地", "所在地域": "131022",
    },
]  # fmt: skip
EXPERTS: Rows = [
    {"专家编号": "E1", "姓名": "周某", "职称": "教授", "所在院所": "U1", "每年可参加次数": 6},
    {"专家编号": "E2", "姓名": "林某", "职称": "副教授", "所在院所": "某某大学", "工作地点": "固安基地"},
]
GROUPS: Rows = [{"团队编号": "G1", "团队名称": "焊接团队", "所在院所": "U1", "负责人": "E1", "成员": "E2；周某"}]
NEEDS: Rows = [
    {
        "需求编号": f"N{number}", "企业": firm, "技术需求名称": title, "主要问题": problem,
        "关键词": "焊接；铝合金", "技术领域": "高端装备制造", "拟投入资金（万元）": 50, "需求时限": "2026-12-31",
    }
    for number, (firm, title, problem) in enumerate([
        ("F1", "6061 薄板激光焊热裂纹", "焊后出现热裂纹，合格率只有 78%。"),
        ("丙丁热控（演示）", "水冷板氦检漏率偏高", "返修率在 6% 上下。"),
        ("F2", "只写了名称的需求", ""),
    ], start=1)
]  # fmt: skip
CAPABILITIES: Rows = [
    {
        "能力编号": "C1", "所属单位": "U1", "专家": "E1", "能力类型": "研究方向",
        "能力名称": "铝合金激光焊接", "详细说明": "研究热裂纹的形成与抑制。",
    },
    {
        "能力编号": "C2", "所属单位": "U1", "科研项目团队": "焊接团队", "能力类型": "中试",
        "能力名称": "焊接中试线", "详细说明": "可当天焊样。",
    },
    {
        "能力编号": "C3", "所属单位": "某某大学", "能力类型": "仪器平台",
        "能力名称": "氦质谱检漏台", "详细说明": "",
    },
]  # fmt: skip
CHAIN = [
    (ImportKind.ORGANISATIONS, FIRMS + INSTITUTES),
    (ImportKind.EXPERTS, EXPERTS),
    (ImportKind.GROUPS, GROUPS),
    (ImportKind.NEEDS, NEEDS),
    (ImportKind.CAPABILITIES, CAPABILITIES),
]


def write(path: Path, rows: Rows) -> Path:
    save_rows(path, list(dict.fromkeys(name for row in rows for name in row)), rows, guard_formulas=False)
    return path


def load_profile(sessions: Sessions) -> None:
    """The city's profile, and the officer who brings lists in."""
    with sessions.write() as session:
        profile.load(session, profile.read(), clock=CLOCK)
        if session.get(Account, CITY.account_id) is None:
            make_account(session, Role.CITY, name=CITY.name)


def bring(sessions: Sessions, kind: ImportKind, path: Path, **options: Any) -> Report:
    return bring_in(sessions, lambda: SEGMENTER, options.pop("actor", CITY), kind, path, clock=CLOCK, **options)


def bring_rows(sessions: Sessions, kind: ImportKind, rows: Rows, folder: Path, **options: Any) -> Report:
    return bring(sessions, kind, write(folder / f"{kind.value}.xlsx", rows), **options)


def bring_chain(sessions: Sessions, folder: Path) -> None:
    load_profile(sessions)
    for kind, rows in CHAIN:
        report = bring_rows(sessions, kind, rows, folder)
        assert report.errors == ()


def count(sessions: Sessions, model: type[Base]) -> int:
    with sessions.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def everything(sessions: Sessions) -> dict[str, list[str]]:
    """Every row of every table, for "changes nothing"."""
    with sessions.read() as session:
        return {table.name: sorted(map(repr, session.execute(select(table)))) for table in Base.metadata.sorted_tables}
