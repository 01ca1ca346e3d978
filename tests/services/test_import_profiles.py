"""The columns of profiles and capabilities that say more than who and what."""

from datetime import date
from pathlib import Path

import pytest

from matchmaker.db.models import Capability, Expert, Organisation
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import ImportKind, Maturity
from tests.services.sheets import CAPABILITIES, EXPERTS, FIRMS, bring_chain, bring_rows

pytestmark = pytest.mark.both_databases


def test_wishes_maturity_numbers_and_introductions_come_in(sessions: Sessions, tmp_path: Path) -> None:
    bring_chain(sessions, tmp_path)
    wishes = {"称号": "国家杰青", "拟服务内容": "微对接；入企诊断", "出行意愿": "每周五", "外出开始": "2026年7月1日"}
    rows = [EXPERTS[0] | wishes | {"外出结束": "2026/7/9"}]
    assert bring_rows(sessions, ImportKind.EXPERTS, rows, tmp_path).errors == ()
    rows = [CAPABILITIES[0] | {"能力类型": "发明专利", "技术成熟度": "中试", "专利号": "zl 2020 1 0123456.7"}]
    assert bring_rows(sessions, ImportKind.CAPABILITIES, rows, tmp_path).errors == ()
    assert bring_rows(sessions, ImportKind.CAPABILITIES, rows, tmp_path).unchanged == 1
    rows = [FIRMS[0] | {"企业简介": "做铝合金壳体。"}]
    assert bring_rows(sessions, ImportKind.ORGANISATIONS, rows, tmp_path).errors == ()
    with sessions.read() as session:
        expert = session.query(Expert).filter_by(external_id="E1").one()
        assert (expert.honour, expert.modes, expert.travel) == ("国家杰青", ["micro_meeting", "diagnosis"], "每周五")
        assert (expert.away_from, expert.away_until) == (date(2026, 7, 1), date(2026, 7, 9))
        offer = session.query(Capability).filter_by(external_id="C1").one()
        assert (offer.maturity, offer.ip_number) == (Maturity.PILOT, "ZL202010123456.7")
        assert session.query(Organisation).filter_by(external_id="F1").one().about == "做铝合金壳体。"


def test_wrong_cells_are_named(sessions: Sessions, tmp_path: Path) -> None:
    bring_chain(sessions, tmp_path)
    bad = EXPERTS[0] | {"服务方式": "微对接；跳舞", "外出开始": "2026-07-09", "外出结束": "2026-07-01"}
    report = bring_rows(sessions, ImportKind.EXPERTS, [bad], tmp_path)
    assert [error.column for error in report.errors] == ["服务方式"]
    assert "没有“跳舞”这一项" in report.errors[0].message
    report = bring_rows(sessions, ImportKind.EXPERTS, [bad | {"服务方式": "特派团"}], tmp_path)
    assert [error.column for error in report.errors] == ["外出结束"]
    report = bring_rows(sessions, ImportKind.CAPABILITIES, [CAPABILITIES[0] | {"专利号": "ZL 2020"}], tmp_path)
    assert [error.column for error in report.errors] == ["专利号"]
