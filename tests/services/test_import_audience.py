"""A sheet of needs with industry, audience and declaration; and one that holds what it must not."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from matchmaker.db.models import ImportBatch, Need
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Audience, ImportKind, NeedStatus
from tests.services.sheets import FIRMS, INSTITUTES, bring_rows, load_profile

BASE = {"企业": "F1", "主要问题": "焊后出现热裂纹，合格率只有 78%。"}


@pytest.fixture
def folder(sessions: Sessions, tmp_path: Path) -> Path:
    load_profile(sessions)
    bring_rows(sessions, ImportKind.ORGANISATIONS, FIRMS + INSTITUTES, tmp_path)
    return tmp_path


def bring(sessions: Sessions, folder: Path, *rows: dict[str, Any], **options: Any) -> list[tuple[int, str, str]]:
    report = bring_rows(sessions, ImportKind.NEEDS, [BASE | row for row in rows], folder, **options)
    return [(error.line, error.column, error.message) for error in report.errors]


def needs(sessions: Sessions) -> dict[str, tuple[Any, ...]]:
    with sessions.read() as session:
        return {
            need.title: (
                need.industry_code,
                need.audience,
                [row.institute.name for row in need.releases],
                need.declared,
                need.status,
            )
            for need in session.scalars(select(Need))
        }


@pytest.mark.both_databases
def test_the_new_columns_are_read_under_their_other_names(sessions: Sessions, folder: Path) -> None:
    full = {"技术需求名称": "甲", "行业": "C36", "公开范围": "匿名", "涉密声明": "是"}
    directed = {"技术需求名称": "乙", "行业": "汽车制造业", "公开范围": "定向发布", "定向院所": "U1", "涉密声明": "否"}
    assert bring(sessions, folder, full, directed) == []
    review = NeedStatus.CITY_REVIEW
    assert needs(sessions) == {
        "甲": ("36", Audience.MASKED, [], True, review),
        "乙": ("36", Audience.CHOSEN, ["某某大学"], False, review),
    }
    assert bring(sessions, folder, full, directed) == []
    blank = {"技术需求名称": "甲", "行业": "", "公开范围": "", "涉密声明": ""}
    assert bring(sessions, folder, blank) == []
    assert needs(sessions)["甲"] == ("36", Audience.MASKED, [], True, review)


def test_a_sheet_without_the_declaration_comes_in_as_before_and_stays_undeclared(
    sessions: Sessions, folder: Path
) -> None:
    assert bring(sessions, folder, {"技术需求名称": "甲"}) == []
    assert needs(sessions)["甲"] == (None, Audience.OPEN, [], False, NeedStatus.CITY_REVIEW)
    assert bring(sessions, folder, {"技术需求名称": "甲", "预期目标": "合格率 95%"}) == []


def test_what_no_list_knows_is_named_with_its_column(sessions: Sessions, folder: Path) -> None:
    wrong = {"技术需求名称": "甲", "行业": "造飞机", "公开范围": "定向", "定向院所": "没有的大学", "涉密声明": "大概"}
    columns = {column for _line, column, _message in bring(sessions, folder, wrong)}
    assert columns == {"行业", "定向院所", "涉密声明"}
    assert needs(sessions) == {}


def test_a_row_with_a_mark_is_refused_and_its_words_are_not_kept(sessions: Sessions, folder: Path) -> None:
    marked = {"技术需求名称": "乙", "主要问题": "某型号导引头，机 密★20年"}
    [(line, column, message)] = bring(sessions, folder, {"技术需求名称": "甲"}, marked, good_rows=True)
    assert (line, column) == (3, "主要问题")
    assert "涉密标记" in message
    assert list(needs(sessions)) == ["甲"]
    with sessions.read() as session:
        assert "导引头" not in str(session.scalars(select(ImportBatch.errors)).all())
