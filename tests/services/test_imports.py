"""Lists come in whole, are found again, and every bad row is named."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from matchmaker.db.models import (
    Audit,
    Capability,
    Corpus,
    Expert,
    Group,
    GroupMember,
    ImportBatch,
    Need,
    NeedVersion,
    Organisation,
    Site,
)
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import CapabilityStatus, ImportKind, MemberRole, NeedStatus, Noun, OwnerKind, Role
from matchmaker.errors import Forbidden, InputError
from matchmaker.queries.texts import analysed
from matchmaker.services import capabilities, needs
from matchmaker.services.analysis import analyse_capability
from matchmaker.services.imports import bring_in
from matchmaker.text import Segmenter
from tests.services.sheets import (
    CAPABILITIES,
    CHAIN,
    CITY,
    CLOCK,
    EXPERTS,
    FIRMS,
    GROUPS,
    INSTITUTES,
    NEEDS,
    SEGMENTER,
    Rows,
    bring,
    bring_chain,
    bring_rows,
    count,
    everything,
    load_profile,
    write,
)

pytestmark = pytest.mark.both_databases
ORGANISATIONS = FIRMS + INSTITUTES


def changed(rows: Rows, place: int, **values: Any) -> Rows:
    return [row | values if number == place else row for number, row in enumerate(rows)]


def test_the_chain_of_lists_comes_in(sessions: Sessions, tmp_path: Path) -> None:
    bring_chain(sessions, tmp_path)
    with sessions.read() as session:
        statuses = dict(session.execute(select(Need.external_id, Need.status)).all())
        rows = session.scalars(select(Capability))
        offers = {row.external_id: (row.owner_key.partition(":")[0], row.status) for row in rows}
        sites = dict(session.execute(select(Site.name, Site.region_code).join(Organisation).where(
            Organisation.external_id == "U1"
        )).all())  # fmt: skip
        firm = session.scalars(select(Organisation).filter_by(external_id="F1")).one()
        places = session.execute(select(Site.region_code, Site.unit_id).filter_by(organisation_id=firm.id)).all()
        assert places == [("131022", firm.unit_id)]
        assert firm.unit_id is not None
        roles = dict(session.execute(select(Expert.external_id, GroupMember.role).join(Expert)).all())
        works = dict(session.execute(select(Expert.name, Site.name).join(Site)).all())
        need = session.scalars(select(Need).filter_by(external_id="N1")).one()
        assert need.field is not None
        assert need.field.code == "equipment"
        assert need.keywords == ["焊接", "铝合金"]
        assert analysed(need.terms).fields["title"][0].terms[0] == "6061"
    assert statuses == {"N1": NeedStatus.CITY_REVIEW, "N2": NeedStatus.CITY_REVIEW, "N3": NeedStatus.DRAFT}
    assert offers == {
        "C1": (OwnerKind.EXPERT, CapabilityStatus.REVIEW),
        "C2": (OwnerKind.GROUP, CapabilityStatus.REVIEW),
        "C3": (OwnerKind.ORGANISATION, CapabilityStatus.DRAFT),
    }
    assert sites == {"本部": "110108", "固安基地": "131022"}
    assert roles == {"E1": MemberRole.LEAD, "E2": MemberRole.MEMBER}
    assert works == {"周某": "本部", "林某": "固安基地"}


def test_importing_again_changes_nothing(sessions: Sessions, tmp_path: Path) -> None:
    bring_chain(sessions, tmp_path)
    before = everything(sessions)
    for kind, rows in CHAIN:
        report = bring_rows(sessions, kind, rows, tmp_path)
        assert (report.created, report.updated, report.unchanged, report.failed) == (0, 0, len(rows), 0)
        assert report.batch_id is None
    assert everything(sessions) == before


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_other_kinds_of_file_say_the_same(sessions: Sessions, tmp_path: Path, suffix: str) -> None:
    bring_chain(sessions, tmp_path)
    for kind, rows in CHAIN:
        report = bring(sessions, kind, write(tmp_path / f"again{suffix}", rows))
        assert (report.unchanged, report.failed, report.changed) == (len(rows), 0, 0)


@pytest.mark.parametrize(("kind", "rows"), CHAIN)
def test_two_imports_at_once_make_no_twins(sessions: Sessions, tmp_path: Path, kind: ImportKind, rows: Rows) -> None:
    load_profile(sessions)
    for earlier, theirs in CHAIN[: [one for one, _ in CHAIN].index(kind)]:
        bring_rows(sessions, earlier, theirs, tmp_path)
    path = write(tmp_path / "twice.xlsx", rows)
    with ThreadPoolExecutor(2) as pool:
        reports = [task.result() for task in [pool.submit(bring, sessions, kind, path) for _ in range(2)]]
    assert sorted(report.created for report in reports) == [0, len(rows)]
    assert sorted(report.unchanged for report in reports) == [0, len(rows)]


def test_a_dry_run_counts_and_writes_nothing(sessions: Sessions, tmp_path: Path) -> None:
    load_profile(sessions)
    before = everything(sessions)
    report = bring_rows(sessions, ImportKind.ORGANISATIONS, ORGANISATIONS, tmp_path, dry_run=True)
    assert (report.created, report.written) == (4, False)
    assert everything(sessions) == before


def test_all_or_none_is_the_default(sessions: Sessions, tmp_path: Path) -> None:
    load_profile(sessions)
    rows = changed(ORGANISATIONS, 1, 责任单位="没有这个县")
    report = bring_rows(sessions, ImportKind.ORGANISATIONS, rows, tmp_path)
    assert (report.failed, report.written) == (1, False)
    assert count(sessions, Organisation) == 0
    assert count(sessions, Audit) == 0
    with sessions.read() as session:
        batch = session.scalars(select(ImportBatch)).one()
        assert (batch.created, batch.failed) == (0, 1)
        assert batch.errors[0]["line"] == 3


def test_good_rows_leaves_out_only_the_bad_ones(sessions: Sessions, tmp_path: Path) -> None:
    load_profile(sessions)
    rows = changed(ORGANISATIONS, 1, 责任单位="没有这个县")
    report = bring_rows(sessions, ImportKind.ORGANISATIONS, rows, tmp_path, good_rows=True)
    assert (report.created, report.failed, report.written) == (3, 1, True)
    error = report.errors[0]
    assert (error.line, error.column, error.value) == (3, "责任单位", "没有这个县")
    assert "固安县" in error.message
    assert count(sessions, Organisation) == 2


BAD_NEEDS = [
    ({"技术需求名称": ""}, "技术需求名称", "不能为空"),
    ({"企业": "没有这家企业"}, "企业", "请先导入“机构”"),
    ({"企业": "某某大学"}, "企业", "不是企业"),
    ({"需求编号": "N1"}, "需求编号", "与第 2 行重复"),
    ({"需求时限": "明年"}, "需求时限", "2026-12-31"),
    ({"拟投入资金（万元）": "面议"}, "拟投入资金（万元）", "整数"),
    ({"技术领域": "炼金术"}, "技术领域", "高端装备制造"),
    ({"主要问题": "长" * 3001}, "主要问题", "3001"),
    ({"主要问题": "锟斤拷锟斤拷"}, "主要问题", "乱码"),
    ({"合作方式": "看情况"}, "合作方式", "合作研发"),
]


def test_every_bad_row_is_named_and_nothing_else_is_lost(sessions: Sessions, tmp_path: Path) -> None:
    load_profile(sessions)
    bring_rows(sessions, ImportKind.ORGANISATIONS, ORGANISATIONS, tmp_path)
    rows = [NEEDS[0] | {"需求编号": f"N{number}", "技术需求名称": f"需求 {number}"} for number in range(1, 31)]
    spoilt = {place: BAD_NEEDS[place % 10] for place in range(5, 25)}
    for place, (values, _, _) in spoilt.items():
        rows[place] = rows[place] | values
    report = bring_rows(sessions, ImportKind.NEEDS, rows, tmp_path, good_rows=True)
    assert (report.created, report.failed) == (10, 20)
    told = {error.line: error for error in report.errors}
    assert set(told) == {place + 2 for place in spoilt}
    for place, (values, column, reason) in spoilt.items():
        error = told[place + 2]
        assert error.column == column
        assert error.value == str(values[column])[:60]
        assert reason in error.message
        assert error.describe("n.xlsx").startswith(f"n.xlsx:{place + 2}: 列“{column}”")
    before = everything(sessions)
    again = bring_rows(sessions, ImportKind.NEEDS, rows, tmp_path, good_rows=True)
    assert (again.created, again.updated, again.unchanged, again.failed) == (0, 0, 10, 20)
    after = everything(sessions)
    assert {name for name in before if before[name] != after[name]} == {"import_batch"}


BAD_ROWS_OF_OTHERS = [
    (ImportKind.ORGANISATIONS, {"统一社会信用代码": "91350100M000100Y44"}, "校验位"),
    (ImportKind.ORGANISATIONS, {"机构编号": "F2", "机构全称": "另一家"}, "不一致"),
    (ImportKind.ORGANISATIONS, {"机构编号": "F9", "机构全称": "丙丁热控（演示）"}, "与本行不同"),
    (ImportKind.ORGANISATIONS, {"所在地域": "火星"}, "没有地域"),
    (ImportKind.ORGANISATIONS, {"责任单位": "", "通讯地址": "某路 1 号"}, "必须填写地域"),
    (ImportKind.ORGANISATIONS, {"电子邮箱": "不对"}, "电子邮箱"),
    (ImportKind.EXPERTS, {"所在院所": "没有的大学"}, "请先导入“机构”"),
    (ImportKind.EXPERTS, {"工作地点": "月球校区"}, "固安基地"),
    (ImportKind.EXPERTS, {"专家编号": "E2"}, "重复"),
    (ImportKind.GROUPS, {"负责人": "E9"}, "请先导入该单位的“专家”"),
    (ImportKind.CAPABILITIES, {"专家": "E9"}, "请先导入该单位的“专家”"),
    (ImportKind.CAPABILITIES, {"科研项目团队": "G1"}, "只能填一个"),
    (ImportKind.CAPABILITIES, {"能力类型": ""}, "研究方向"),
    (ImportKind.CAPABILITIES, {"能力编号": "C2"}, "属于另一位"),
]


@pytest.mark.parametrize(("kind", "values", "reason"), BAD_ROWS_OF_OTHERS)
def test_other_bad_rows_say_why(
    sessions: Sessions, tmp_path: Path, kind: ImportKind, values: dict[str, str], reason: str
) -> None:
    bring_chain(sessions, tmp_path)
    rows = dict(CHAIN)[kind]
    columns = {
        "统一社会信用代码": "",
        "通讯地址": "",
        "电子邮箱": "",
        "所在地域": "",
        "工作地点": "",
        "科研项目团队": "",
    }
    bad = [columns | rows[0] | values, *rows[1:2]]
    report = bring_rows(sessions, kind, bad, tmp_path, dry_run=True)
    assert reason in "".join(error.describe("x") for error in report.errors)


def test_a_changed_row_updates_and_leaves_a_trail(sessions: Sessions, tmp_path: Path) -> None:
    bring_chain(sessions, tmp_path)
    with sessions.write() as session:
        ids = list(session.scalars(select(Need.id)))
        outcomes = needs.publish_many(session, CITY, ids, clock=CLOCK)
        assert [outcome.done for outcome in outcomes] == [True, True, False]
    with sessions.read() as session:
        before = session.scalars(select(Corpus.version)).one()
    report = bring_rows(sessions, ImportKind.NEEDS, changed(NEEDS, 0, 主要问题="改过的问题"), tmp_path)
    assert (report.created, report.updated, report.unchanged) == (0, 1, 2)
    with sessions.read() as session:
        need = session.scalars(select(Need).filter_by(external_id="N1")).one()
        assert (need.problem, need.status) == ("改过的问题", NeedStatus.PUBLISHED)
        assert need.index_version > before
        assert "改" in "".join(sentence.text for sentence in analysed(need.terms).fields["body"])
        version = session.scalars(select(NeedVersion)).one()
        assert version.content["problem"] == NEEDS[0]["主要问题"]
        trail = session.scalars(select(Audit).filter_by(action="edit", noun=Noun.NEED)).one()
        assert trail.before == {"problem": NEEDS[0]["主要问题"]}
        assert trail.after == {"problem": "改过的问题"}
        assert trail.reason == "导入 needs.xlsx"


def test_an_empty_cell_leaves_what_is_on_file(sessions: Sessions, tmp_path: Path) -> None:
    bring_chain(sessions, tmp_path)
    rows = [{"需求编号": "N1", "企业": "F1", "技术需求名称": NEEDS[0]["技术需求名称"], "预期目标": "合格率 99%"}]
    report = bring_rows(sessions, ImportKind.NEEDS, rows, tmp_path)
    assert report.updated == 1
    with sessions.read() as session:
        need = session.scalars(select(Need).filter_by(external_id="N1")).one()
        assert (need.problem, need.goal, need.budget_wan) == (NEEDS[0]["主要问题"], "合格率 99%", 50)


def test_a_row_made_complete_moves_on(sessions: Sessions, tmp_path: Path) -> None:
    bring_chain(sessions, tmp_path)
    bring_rows(sessions, ImportKind.NEEDS, changed(NEEDS, 2, 主要问题="补上了"), tmp_path)
    bring_rows(sessions, ImportKind.CAPABILITIES, changed(CAPABILITIES, 2, 详细说明="补上了"), tmp_path)
    with sessions.read() as session:
        assert session.scalars(select(Need.status).filter_by(external_id="N3")).one() is NeedStatus.CITY_REVIEW
        offer = session.scalars(select(Capability).filter_by(external_id="C3")).one()
        assert offer.status is CapabilityStatus.REVIEW


def test_people_and_organisations_are_updated_in_place(sessions: Sessions, tmp_path: Path) -> None:
    bring_chain(sessions, tmp_path)
    bring_rows(sessions, ImportKind.EXPERTS, changed(EXPERTS, 1, 职称="教授"), tmp_path)
    bring_rows(sessions, ImportKind.GROUPS, changed(GROUPS, 0, 负责人="林某", 成员="E1"), tmp_path)
    firms = changed(ORGANISATIONS, 0, 机构全称="甲乙精工股份（演示）", 联系人="乙工")
    report = bring_rows(sessions, ImportKind.ORGANISATIONS, firms, tmp_path)
    assert (report.updated, report.unchanged) == (1, 3)
    with sessions.read() as session:
        assert session.scalars(select(Expert.title).filter_by(external_id="E2")).one() == "教授"
        roles = dict(session.execute(select(Expert.external_id, GroupMember.role).join(Expert)).all())
        assert roles == {"E2": MemberRole.LEAD, "E1": MemberRole.MEMBER}
        firm = session.scalars(select(Organisation).filter_by(external_id="F1")).one()
        assert (firm.name, firm.contact_name) == ("甲乙精工股份（演示）", "乙工")
        assert session.scalars(select(Group)).one().name == "焊接团队"


def test_without_numbers_names_are_the_key(sessions: Sessions, tmp_path: Path) -> None:
    load_profile(sessions)
    for kind, rows in CHAIN:
        bare = [{name: cell for name, cell in row.items() if not name.endswith("编号")} for row in rows]
        names = {"F1": "甲乙精工（演示）", "F2": "丙丁热控（演示）", "U1": "某某大学", "E1": "周某", "E2；周某": "林某"}
        bare = [{name: names.get(cell, cell) for name, cell in row.items()} for row in bare]
        assert bring_rows(sessions, kind, bare, tmp_path).errors == ()
        again = bring_rows(sessions, kind, bare, tmp_path)
        assert (again.unchanged, again.changed, again.failed) == (len(rows), 0, 0)


def test_a_known_organisation_takes_on_its_number_and_code(sessions: Sessions, tmp_path: Path) -> None:
    load_profile(sessions)
    bare = [{"机构类别": "企业", "机构全称": "甲乙精工(演示)"}]
    bring_rows(sessions, ImportKind.ORGANISATIONS, bare, tmp_path)
    full = [
        {"机构编号": "F1", "统一社会信用代码": "91350100M000100Y43", "机构类别": "企业", "机构全称": "甲乙精工（演示）"}
    ]
    assert bring_rows(sessions, ImportKind.ORGANISATIONS, full, tmp_path).updated == 1
    with sessions.read() as session:
        firm = session.scalars(select(Organisation)).one()
        assert (firm.external_id, firm.credit_code) == ("F1", "91350100M000100Y43")


def test_formulas_and_markup_are_kept_as_text(sessions: Sessions, tmp_path: Path) -> None:
    load_profile(sessions)
    name = '=HYPERLINK("x")<script>alert(1)</script>'
    rows = [{"机构类别": "企业", "机构全称": name}]
    bring(sessions, ImportKind.ORGANISATIONS, write(tmp_path / "x.csv", rows))
    with sessions.read() as session:
        assert session.scalars(select(Organisation.name)).one() == name


def test_a_file_that_cannot_be_read_says_what_to_do(sessions: Sessions, tmp_path: Path) -> None:
    path = tmp_path / "needs.csv"
    path.write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(InputError, match="UTF-8 编码"):
        bring(sessions, ImportKind.NEEDS, path)
    path.write_text("技术需求名称\n焊接\n", "utf-8")
    with pytest.raises(InputError, match="缺少列“企业”"):
        bring(sessions, ImportKind.NEEDS, path)
    path.write_text("技术需求名称,企业\n", "utf-8")
    with pytest.raises(InputError, match="没有任何数据行"):
        bring(sessions, ImportKind.NEEDS, path)


def test_a_broken_line_is_a_bad_row_among_good_ones(sessions: Sessions, tmp_path: Path) -> None:
    bring_chain(sessions, tmp_path)
    path = tmp_path / "needs.jsonl"
    good = json.dumps({"id": "J1", "title": "新的需求", "text": "问题", "organisation": "F1"}, ensure_ascii=False)
    path.write_text(f"{good}\n{{broken\n", "utf-8")
    report = bring(sessions, ImportKind.NEEDS, path, good_rows=True)
    assert (report.created, report.failed, report.errors[0].line) == (1, 1, 2)


def test_unknown_columns_are_reported(sessions: Sessions, tmp_path: Path) -> None:
    load_profile(sessions)
    report = bring_rows(sessions, ImportKind.ORGANISATIONS, changed(FIRMS, 0, 备注="x"), tmp_path)
    assert report.ignored == ("备注",)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.CITY])
def test_only_the_city_imports(sessions: Sessions, tmp_path: Path, role: Role) -> None:
    with pytest.raises(Forbidden):
        bring_rows(sessions, ImportKind.ORGANISATIONS, FIRMS, tmp_path, actor=Actor(role, "某人", 2))


def test_somebody_elses_change_during_the_import_is_noticed(sessions: Sessions, tmp_path: Path) -> None:
    """A capability edited between planning and writing is planned and segmented again, not overwritten blindly."""
    bring_chain(sessions, tmp_path)
    row = {name: cell for name, cell in CAPABILITIES[0].items() if name != "详细说明"} | {"关键词": "新词"}
    path = write(tmp_path / "c.xlsx", [row])
    edited = False

    def segmenter() -> Segmenter:
        nonlocal edited
        if not edited:
            edited = True
            with sessions.write() as session:
                mine = session.scalars(select(Capability).filter_by(external_id="C1")).one()
                draft = capabilities.draft_of(mine).model_copy(update={"text": "所有人刚改的"})
                analysis = analyse_capability(SEGMENTER, draft)
                capabilities.edit(session, CITY, mine, draft, analysis, version=mine.version, clock=CLOCK)
        return SEGMENTER

    report = bring_in(sessions, segmenter, CITY, ImportKind.CAPABILITIES, path, clock=CLOCK)
    assert report.updated == 1
    with sessions.read() as session:
        mine = session.scalars(select(Capability).filter_by(external_id="C1")).one()
        assert (mine.text, mine.keywords) == ("所有人刚改的", ["新词"])
