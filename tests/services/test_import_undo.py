"""A whole import is taken back: exactly it, whatever came before, between and after."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import select

from matchmaker.db.base import Base
from matchmaker.db.cells import referring
from matchmaker.db.journal import BESIDE
from matchmaker.db.models import Audit, Expert, ImportBatch, ImportChange, Need, Organisation, SearchEntry, Site
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import ImportKind, NeedStatus, Noun, Role
from matchmaker.errors import Conflict, Forbidden, Invalid, MatchmakerError
from matchmaker.queries.import_undo import Survey
from matchmaker.queries.references import CALLED, NOUNS
from matchmaker.services import needs
from matchmaker.services.imports import undo as service
from matchmaker.services.index import CorpusIndex
from tests import factories as make
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
    bring_chain,
    bring_rows,
    load_profile,
)

pytestmark = pytest.mark.both_databases
RISING = {"version", "index_version"}  # never set back, or an old page could overwrite what came between
ORGANISATIONS = FIRMS + INSTITUTES


def business(sessions: Sessions, *, without: frozenset[str] = frozenset()) -> dict[str, list[str]]:
    """Every row of every table that holds records, without the columns that only rise and those named."""
    tables = [table for table in Base.metadata.sorted_tables if table.name not in BESIDE]
    with sessions.read() as session:
        return {
            table.name: sorted(
                repr(tuple(row))
                for row in session.execute(
                    select(*(column for column in table.c if column.name not in RISING | without))
                )
            )
            for table in tables
        }


def undo(
    sessions: Sessions, batch_id: int | None, *, actor: Actor = CITY, rest: bool = False, reason: str = "选错了文件"
) -> Survey:
    with sessions.write() as session:
        batch = session.get_one(ImportBatch, batch_id)
        return service.undo(session, actor, batch, reason=reason, clock=CLOCK, rest=rest)


@pytest.mark.parametrize("place", range(len(CHAIN)))
def test_what_an_import_made_is_gone_and_nothing_else(sessions: Sessions, tmp_path: Path, place: int) -> None:
    load_profile(sessions)
    for kind, rows in CHAIN[:place]:
        bring_rows(sessions, kind, rows, tmp_path)
    before = business(sessions)
    report = bring_rows(sessions, *CHAIN[place], tmp_path)
    assert business(sessions) != before
    found = undo(sessions, report.batch_id)
    assert business(sessions) == before
    assert found.held == []
    again = bring_rows(sessions, *CHAIN[place], tmp_path)
    assert again.created == report.created


def test_the_chain_is_taken_back_from_its_end(sessions: Sessions, tmp_path: Path) -> None:
    load_profile(sessions)
    before = business(sessions)
    batches = [bring_rows(sessions, kind, rows, tmp_path).batch_id for kind, rows in CHAIN]
    with pytest.raises(Conflict, match="没有可以撤销"):
        undo(sessions, batches[1])
    for batch_id in reversed(batches):
        undo(sessions, batch_id)
    assert business(sessions) == before


EDITS: list[tuple[ImportKind, Rows]] = [
    (ImportKind.ORGANISATIONS, [FIRMS[0] | {"联系人": "乙工", "标签": "专精特新"}]),
    (ImportKind.ORGANISATIONS, [INSTITUTES[0] | {"地点名称": "东校区"}]),
    (ImportKind.EXPERTS, [EXPERTS[0] | {"职称": "研究员", "每年可参加次数": 2}]),
    (ImportKind.GROUPS, [GROUPS[0] | {"负责人": "E2", "成员": "E1"}]),
    (ImportKind.NEEDS, [NEEDS[0] | {"主要问题": "改过的问题，合格率只有 60%。"}]),
    (ImportKind.NEEDS, [NEEDS[2] | {"主要问题": "补上了问题，于是送审。"}]),
    (ImportKind.CAPABILITIES, [CAPABILITIES[0] | {"详细说明": "改过的说明。"}]),
    (ImportKind.CAPABILITIES, [CAPABILITIES[2] | {"详细说明": "补上了说明，于是送审。"}]),
]


@pytest.mark.parametrize(("kind", "rows"), EDITS)
def test_edits_get_their_old_values_back(sessions: Sessions, tmp_path: Path, kind: ImportKind, rows: Rows) -> None:
    bring_chain(sessions, tmp_path)
    publish_all(sessions)
    before = business(sessions)
    report = bring_rows(sessions, kind, rows, tmp_path)
    assert report.updated == len(rows)
    assert undo(sessions, report.batch_id).held == []
    assert business(sessions) == before


def publish_all(sessions: Sessions) -> None:
    with sessions.write() as session:
        waiting = session.scalars(select(Need.id).where(Need.status == NeedStatus.CITY_REVIEW)).all()
        needs.publish_many(session, CITY, waiting, clock=CLOCK)


def test_members_an_import_dropped_come_back(sessions: Sessions, tmp_path: Path) -> None:
    bring_chain(sessions, tmp_path)
    bring_rows(sessions, ImportKind.EXPERTS, [EXPERTS[0] | {"专家编号": "E3", "姓名": "何某"}], tmp_path)
    before = business(sessions)
    report = bring_rows(sessions, ImportKind.GROUPS, [GROUPS[0] | {"成员": "E3"}], tmp_path)
    undo(sessions, report.batch_id)
    assert business(sessions) == before


def test_a_second_import_between_keeps_its_rows(sessions: Sessions, tmp_path: Path) -> None:
    bring_chain(sessions, tmp_path)
    first = bring_rows(sessions, ImportKind.NEEDS, [NEEDS[0] | {"需求编号": "N8", "技术需求名称": "甲"}], tmp_path)
    second_rows = [NEEDS[0] | {"需求编号": "N9", "技术需求名称": "乙"}]
    bring_rows(sessions, ImportKind.NEEDS, second_rows, tmp_path)
    undo(sessions, first.batch_id)
    with sessions.read() as session:
        numbers = set(session.scalars(select(Need.external_id)))
    assert numbers == {"N1", "N2", "N3", "N9"}
    assert bring_rows(sessions, ImportKind.NEEDS, second_rows, tmp_path).unchanged == 1


def test_what_was_used_or_changed_since_stays_and_is_named(sessions: Sessions, tmp_path: Path) -> None:
    bring_chain(sessions, tmp_path)
    rows = [NEEDS[0] | {"需求编号": f"M{number}", "技术需求名称": f"第 {number} 项"} for number in range(4)]
    report = bring_rows(sessions, ImportKind.NEEDS, rows, tmp_path)
    with sessions.write() as session:
        invited, edited, published, _free = session.scalars(
            select(Need).where(Need.external_id.like("M%")).order_by(Need.external_id)
        )
        expert = session.scalars(select(Expert)).first()
        make.make_invitation(session, invited, expert)
        needs.comment(session, CITY, edited, "请补充指标", clock=CLOCK)
        needs.review(session, CITY, published, "publish", clock=CLOCK)
    with sessions.read() as session:
        found = service.look(session, CITY, session.get_one(ImportBatch, report.batch_id))
    assert [record.name for record in found.free] == ["第 3 项"]
    reasons = {record.name: "".join(record.reasons) for record in found.held}
    assert "对接邀请 1" in reasons["第 0 项"]
    assert "导入后由 专员 在 2026-06-15 改动过" in reasons["第 1 项"]
    assert "改动过" in reasons["第 2 项"]
    with pytest.raises(Conflict, match=r"3 条记录.*第 0 项、第 1 项、第 2 项"):
        undo(sessions, report.batch_id)
    assert undo(sessions, report.batch_id, rest=True).new == 1
    with sessions.read() as session:
        left = set(session.scalars(select(Need.external_id).where(Need.external_id.like("M%"))))
        batch = session.get_one(ImportBatch, report.batch_id)
        assert (batch.kept, batch.undone_by, batch.undone_reason) == (3, "专员", "选错了文件")
    assert left == {"M0", "M1", "M2"}


def test_a_record_that_later_ones_rest_on_stays(sessions: Sessions, tmp_path: Path) -> None:
    load_profile(sessions)
    report = bring_rows(sessions, ImportKind.ORGANISATIONS, ORGANISATIONS, tmp_path)
    bring_rows(sessions, ImportKind.EXPERTS, EXPERTS, tmp_path)
    undo(sessions, report.batch_id, rest=True)
    with sessions.read() as session:
        assert set(session.scalars(select(Organisation.external_id))) == {"U1"}
        assert set(session.scalars(select(Site.name))) == {"本部", "固安基地"}


def test_the_trail_keeps_what_came_and_went(sessions: Sessions, tmp_path: Path) -> None:
    bring_chain(sessions, tmp_path)
    report = bring_rows(sessions, ImportKind.NEEDS, [NEEDS[0] | {"需求编号": "N8", "技术需求名称": "误传"}], tmp_path)
    with sessions.read() as session:
        need_id = session.scalars(select(Need.id).filter_by(external_id="N8")).one()
    undo(sessions, report.batch_id)
    with sessions.read() as session:
        mine = select(Audit).where(Audit.noun == Noun.NEED, Audit.record_id == need_id).order_by(Audit.id)
        made, gone = session.scalars(mine).all()
        of_batch = select(Audit.action).where(Audit.noun == Noun.IMPORT_BATCH, Audit.record_id == report.batch_id)
        assert session.scalars(of_batch.order_by(Audit.id)).all() == ["import", "undo"]
        entries = select(SearchEntry).where(SearchEntry.noun == Noun.NEED, SearchEntry.record_id == need_id)
        assert session.scalars(entries).all() == []
        undone = set(session.scalars(select(ImportChange.undone).where(ImportChange.batch_id == report.batch_id)))
        assert undone == {True}
        assert (made.action, gone.action) == ("create", "undo")
        assert gone.before["title"] == "误传"
        assert "选错了文件" in gone.reason


def test_a_number_is_never_given_out_again(sessions: Sessions, tmp_path: Path) -> None:
    """Or the next record would seem to have the trail of the one that is gone."""
    bring_chain(sessions, tmp_path)
    numbers = []
    for _ in range(2):
        rows = [NEEDS[0] | {"需求编号": "N8", "技术需求名称": "误传"}]
        report = bring_rows(sessions, ImportKind.NEEDS, rows, tmp_path)
        with sessions.read() as session:
            numbers.append(session.scalars(select(Need.id).filter_by(external_id="N8")).one())
        undo(sessions, report.batch_id)
    assert numbers[0] != numbers[1]


def test_other_processes_match_by_the_old_text_again(sessions: Sessions, tmp_path: Path) -> None:
    bring_chain(sessions, tmp_path)
    publish_all(sessions)
    elsewhere, foam = CorpusIndex(), SEGMENTER.analyse(title="聚氨酯发泡", keywords="", body="")

    def found() -> list[str]:
        with sessions.read() as session:
            index = elsewhere.current(session)
            [best] = index.needs.best(index.query_rows([foam]), None)
            numbers = dict(session.execute(select(Need.id, Need.external_id)).all())
        return [numbers[int(key)] for key, _score in best]

    assert found() == []
    report = bring_rows(sessions, ImportKind.NEEDS, [NEEDS[0] | {"技术需求名称": "聚氨酯发泡工艺"}], tmp_path)
    assert found() == ["N1"]
    undo(sessions, report.batch_id)
    assert found() == []


def test_only_officers_undo_and_only_with_a_reason(sessions: Sessions, tmp_path: Path) -> None:
    load_profile(sessions)
    report = bring_rows(sessions, ImportKind.ORGANISATIONS, ORGANISATIONS, tmp_path)
    for role in (Role.COUNTY, Role.FIRM, Role.LEADER, Role.ADMIN):
        with pytest.raises(Forbidden):
            undo(sessions, report.batch_id, actor=Actor(role, "别人", 9, organisation_id=1, unit_id=1))
    with pytest.raises(Invalid):
        undo(sessions, report.batch_id, reason=" ")
    undo(sessions, report.batch_id)
    with pytest.raises(Conflict, match="没有可以撤销"):
        undo(sessions, report.batch_id)


def _edit(sessions: Sessions, need_id: int) -> None:
    with sessions.write() as session:
        need = session.get(Need, need_id)
        if need is None:
            raise Conflict("gone")
        time.sleep(0.05)
        needs.comment(session, CITY, need, "补充指标", clock=CLOCK)
        need.title = "别人改过的标题"


def _invite(sessions: Sessions, need_id: int) -> None:
    with sessions.write() as session:
        need, expert = session.get(Need, need_id), session.scalars(select(Expert)).first()
        if need is None:
            raise Conflict("gone")
        make.make_invitation(session, need, expert)


@pytest.mark.parametrize("other", [_edit, _invite])
@pytest.mark.parametrize("first", range(3))
def test_undoing_while_somebody_works_with_the_record(
    sessions: Sessions, tmp_path: Path, other: Callable[[Sessions, int], None], first: int
) -> None:
    """One of the two wins; never a record that is half gone."""
    bring_chain(sessions, tmp_path)
    report = bring_rows(sessions, ImportKind.NEEDS, [NEEDS[0] | {"需求编号": "N8", "技术需求名称": "误传"}], tmp_path)
    with sessions.read() as session:
        need_id = session.scalars(select(Need.id).filter_by(external_id="N8")).one()
    start = Barrier(2)

    def attempt(act: Callable[[], object], wait: float) -> bool:
        start.wait()
        time.sleep(wait)
        try:
            act()
        except MatchmakerError:
            return False
        return True

    acts = (lambda: undo(sessions, report.batch_id), lambda: other(sessions, need_id))
    with ThreadPoolExecutor(2) as pool:
        tasks = [pool.submit(attempt, act, 0.02 * first * place) for place, act in enumerate(acts)]
        outcomes = [task.result() for task in tasks]
    assert sorted(outcomes) == [False, True], outcomes
    with sessions.read() as session:
        assert (session.get(Need, need_id) is None) == outcomes[0]


def test_every_table_that_an_import_writes_has_its_record(sessions: Sessions) -> None:
    """A table that refers to a record has a name that people know."""
    named = {column.table.name for name in (*NOUNS, "site") for column in referring().get(name, [])}
    assert named - CALLED.keys() == set()
