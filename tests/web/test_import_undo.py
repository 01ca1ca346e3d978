"""The officer takes an import back on its page."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from matchmaker.db.models import Expert, ImportBatch, Need, Organisation
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import ImportKind, Role
from tests import factories as make
from tests.services.sheets import FIRMS, INSTITUTES, NEEDS, bring_chain, bring_rows, count, load_profile
from tests.support.person import Person

Maker = Callable[..., Person]


@pytest.fixture
def officer(person: Maker) -> Person:
    return person(Role.CITY)


def test_an_import_is_taken_back_on_its_page(officer: Person, sessions: Sessions, tmp_path: Path) -> None:
    load_profile(sessions)
    batch = bring_rows(sessions, ImportKind.ORGANISATIONS, FIRMS + INSTITUTES, tmp_path).batch_id
    assert f'href="/imports/{batch}/undo"' in officer.get(f"/imports/{batch}").text
    page = officer.get(f"/imports/{batch}/undo").text
    assert "撤销全部 3 条" in page
    assert "甲乙精工（演示）" in page
    refused = officer.post(f"/imports/{batch}/undo", {"reason": " "})
    assert refused.status_code == 422
    assert "请填写原因" in refused.text
    assert count(sessions, Organisation) == 3
    done = officer.post(f"/imports/{batch}/undo", {"reason": "选错了文件"})
    result = officer.get(done.location).text
    assert "已撤销：移除 3 条，恢复 0 条。" in result
    assert "选错了文件" in result
    assert count(sessions, Organisation) == 0
    assert "已撤销" in officer.get("/imports").text
    assert "这次导入已经撤销" in officer.get(f"/imports/{batch}/undo").text


def test_what_is_in_use_is_listed_with_its_page_and_stays(officer: Person, sessions: Sessions, tmp_path: Path) -> None:
    bring_chain(sessions, tmp_path)
    rows = [NEEDS[0] | {"需求编号": f"M{number}", "技术需求名称": f"第 {number} 项"} for number in range(2)]
    batch = bring_rows(sessions, ImportKind.NEEDS, rows, tmp_path).batch_id
    page = officer.get(f"/imports/{batch}/undo").text
    with sessions.write() as session:
        used = session.scalars(select(Need).filter_by(external_id="M0")).one()
        make.make_invitation(session, used, session.scalars(select(Expert)).first())
        used_id = used.id
    assert 'name="rest"' not in page
    late = officer.post(f"/imports/{batch}/undo", {"reason": "误传"})  # the page was opened before the invitation
    assert late.status_code == 422
    assert "第 0 项" in late.text
    assert count(sessions, Need) == 5
    page = officer.get(f"/imports/{batch}/undo").text
    assert "只撤销其余 1 条" in page
    assert re.search(rf'href="/needs/{used_id}">第 0 项.*?已被使用：对接邀请 1', page, re.DOTALL)
    officer.post(f"/imports/{batch}/undo", {"reason": "误传", "rest": "1"})
    with sessions.read() as session:
        assert set(session.scalars(select(Need.external_id))) == {"N1", "N2", "N3", "M0"}
        assert session.get_one(ImportBatch, batch).kept == 1
    assert "部分撤销" in officer.get("/imports").text


@pytest.mark.parametrize("role", [Role.COUNTY, Role.LEADER])
def test_others_may_not(person: Maker, sessions: Sessions, tmp_path: Path, role: Role) -> None:
    load_profile(sessions)
    batch = bring_rows(sessions, ImportKind.ORGANISATIONS, FIRMS, tmp_path).batch_id
    with sessions.write() as session:
        unit = make.make_unit(session).id
    other = person(role, **({"unit_id": unit} if role is Role.COUNTY else {}))
    assert other.get(f"/imports/{batch}/undo").status_code == 403
    assert other.post(f"/imports/{batch}/undo", {"reason": "误传"}).status_code == 403
    assert count(sessions, Organisation) == 2
