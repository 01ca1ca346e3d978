"""Another officer verifies an older ledger on one page, seeing what each meeting will count as."""

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from matchmaker.db.models import Account, Meeting
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import ImportKind, MeetingStatus, Role
from tests import factories as make
from tests.services.sheets import bring_chain, bring_rows
from tests.services.test_import_history import IN, LEDGER, OUT
from tests.support.person import Person

Maker = Callable[..., Person]
PAGE = "/meetings/old-ledger"


@pytest.fixture
def world(person: Maker, sessions: Sessions, tmp_path: Path) -> SimpleNamespace:
    bring_chain(sessions, tmp_path)
    importer = person(Role.CITY)
    with sessions.read() as session:
        actor = make.actor_of(session.scalars(select(Account).order_by(Account.id.desc())).first())
    rows = [*LEDGER, IN | {"企业": "F1", "到会情况": "企业到会；E1请假"}, OUT | {"日期": "2025-06-01", "纪要摘要": ""}]
    report = bring_rows(sessions, ImportKind.HISTORY, rows, tmp_path, actor=actor)
    return SimpleNamespace(importer=importer, verifier=person(Role.CITY), batch=report.batch_id)


def statuses(sessions: Sessions) -> list[MeetingStatus]:
    with sessions.read() as session:
        return list(session.scalars(select(Meeting.status).order_by(Meeting.id)))


def test_a_ledger_is_verified_by_another_officer(world: SimpleNamespace, sessions: Sessions) -> None:
    assert f'href="{PAGE}?batch={world.batch}"' in world.verifier.get(f"/imports/{world.batch}").text
    page = world.verifier.get(f"{PAGE}?batch={world.batch}").text
    assert "您可以核验其中 3 场，核验后计数 2 场。" in page
    assert "缺纪要" in page
    assert "没有在计数地区工作的专家到场" in page
    done = world.verifier.post(f"{PAGE}/verify?batch={world.batch}", {"scope": "all"})
    assert "已核验 3 场。" in world.verifier.get(done.location).text
    assert statuses(sessions) == ["verified", "verified", "verified", "held"]
    ledger = world.verifier.get("/board/outbound/2025").text
    assert "（历史补录）" in ledger
    assert "历史补录，无附件" in ledger


def test_only_the_checked_ones(world: SimpleNamespace, sessions: Sessions) -> None:
    boxes = sorted(re.findall(r'name="ids" value="(\d+-\d+)"', world.verifier.get(PAGE).text))
    assert len(boxes) == 3
    world.verifier.post(f"{PAGE}/verify", {"ids": boxes[1]})
    assert statuses(sessions) == ["held", "verified", "held", "held"]
    stale = f"{boxes[0].partition('-')[0]}-99"
    answer = world.verifier.post(f"{PAGE}/verify", {"ids": stale})
    assert "没有核验：" in world.verifier.get(answer.location).text
    assert statuses(sessions) == ["held", "verified", "held", "held"]


def test_who_brought_it_in_verifies_nothing(world: SimpleNamespace, sessions: Sessions) -> None:
    page = world.importer.get(PAGE).text
    assert "由您导入，请另一位工作人员核验" in page
    assert 'name="ids"' not in page
    with sessions.read() as session:
        box = next(f"{one.id}-{one.version}" for one in session.scalars(select(Meeting)))
    world.importer.post(f"{PAGE}/verify", {"ids": box})
    assert set(statuses(sessions)) == {"held"}


def test_others_do_not_see_it(world: SimpleNamespace, person: Maker, sessions: Sessions) -> None:
    with sessions.write() as session:
        unit = make.make_unit(session).id
    for other in (person(Role.COUNTY, unit_id=unit), person(Role.LEADER)):
        assert other.get(PAGE).status_code == 403
        assert other.post(f"{PAGE}/verify", {"scope": "all"}).status_code == 403


def test_lists_say_where_it_came_from(world: SimpleNamespace) -> None:
    assert "历史补录" in world.verifier.get("/meetings").text
    assert "时间未记" in world.verifier.get("/meetings").text
    assert "核验历史补录 4 场" in world.verifier.get("/meetings").text
    assert world.verifier.get(f"{PAGE}/export.xlsx").status_code == 200
    assert "没有待核验" not in world.verifier.get(f"{PAGE}?year=2025").text
    assert "没有符合条件的活动" in world.verifier.get(f"{PAGE}?year=2024").text


def test_the_template_has_its_columns(world: SimpleNamespace) -> None:
    assert world.verifier.get("/imports/template/history.xlsx").status_code == 200
    assert "往年对接台账" in world.verifier.get("/imports").text
