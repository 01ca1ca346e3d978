"""Targets and their splits: who may change them, what is refused and how, history, and two officers at once."""

from datetime import date
from decimal import Decimal
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import select

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import Assessment, Audit, Target, Turnover, Unit
from matchmaker.db.session import Sessions
from matchmaker.domain.drafts import FigureDraft, PromiseDraft, SplitsDraft, TargetDraft, fields_of
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Noun, Role, TargetBasis, TargetStatus
from matchmaker.errors import Conflict, Forbidden, Invalid, StaleEdit
from matchmaker.queries import changes, goals
from matchmaker.queries import targets as queries
from matchmaker.services import targets
from matchmaker.services.targets import Cell
from tests import factories as make
from tests.services.sheets import load_profile

CLOCK = FixedDayClock(make.TODAY)
CITY = Actor(Role.CITY, "专员", None)
SOUND: dict[str, Any] = {"value": "100", "basis": "absolute", "status": "final", "source": "市政府文件 二"}
SPLITS = SplitsDraft(source="局务会", status="final")


@pytest.fixture(autouse=True)
def profile(sessions: Sessions) -> None:
    load_profile(sessions)


def promise(**values: Any) -> PromiseDraft:
    return PromiseDraft.model_validate(SOUND | values)


def add(sessions: Sessions, actor: Actor = CITY, reason: str = "收到文件", **values: Any) -> int:
    draft = TargetDraft.model_validate({"metric": "outbound", "year": "2026", **SOUND, **values})
    with sessions.write() as session:
        return targets.add(session, actor, draft, reason=reason, clock=CLOCK).id


def edit(sessions: Sessions, target_id: int, *, version: int, reason: str = "更正", **values: Any) -> None:
    with sessions.write() as session:
        row = queries.get(session, target_id)
        targets.edit(session, CITY, row, promise(**values), version=version, reason=reason, clock=CLOCK)


@pytest.mark.both_databases
def test_a_target_is_added_changed_withdrawn_and_stands_again(sessions: Sessions) -> None:
    number = add(sessions)
    edit(sessions, number, version=1, value="120", reason="按批示调整")
    with sessions.write() as session:
        targets.withdraw(session, CITY, queries.get(session, number), reason="文件废止", clock=CLOCK)
    with sessions.read() as session:
        assert queries.of_year(session, 2026) == []
        assert [row.id for row in queries.withdrawn(session, 2026)] == [number]
        found = changes.of(session, Noun.TARGET, [number], fields_of(PromiseDraft))
        assert [(one.done, one.reason) for one in found] == [
            *(("撤销", "文件废止"), ("更正", "按批示调整"), ("建立", "收到文件"))
        ]
        assert found[1].fields == [("目标值", "100", "120")]
    with sessions.write() as session:
        targets.restore(session, CITY, queries.get(session, number), reason="又恢复执行", clock=CLOCK)
    with sessions.read() as session:
        (row,) = queries.of_year(session, 2026)
        assert (row.value, row.status, row.unit_label) == (120, TargetStatus.FINAL, "次")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.CITY])
def test_others_change_nothing(sessions: Sessions, role: Role) -> None:
    actor = Actor(role, "某人", 1, unit_id=1, organisation_id=1, expert_id=1)
    with pytest.raises(Forbidden):
        add(sessions, actor)
    with sessions.write() as session:
        row = session.scalars(select(Target)).first()
        metric = queries.metric(session, "outbound")
        with pytest.raises(Forbidden):
            targets.edit(session, actor, row, promise(), version=row.version, reason="x", clock=CLOCK)
        with pytest.raises(Forbidden):
            targets.withdraw(session, actor, row, reason="x", clock=CLOCK)
        with pytest.raises(Forbidden):
            targets.restore(session, actor, row, reason="x", clock=CLOCK)
        with pytest.raises(Forbidden):
            targets.split(session, actor, metric, 2026, cells={}, draft=SPLITS, reason="x", clock=CLOCK)
        with pytest.raises(Forbidden):
            targets.assess(session, actor, metric, 2026, FigureDraft(), version=None, clock=CLOCK)


def test_every_change_asks_why(sessions: Sessions) -> None:
    with pytest.raises(Invalid) as refused:
        add(sessions, reason=" ")
    assert "请写明" in refused.value.errors["reason"]
    number = add(sessions)
    with pytest.raises(Invalid):
        edit(sessions, number, version=1, reason="")


@pytest.mark.both_databases
def test_one_text_states_one_number_but_two_texts_may_disagree(sessions: Sessions) -> None:
    add(sessions)
    with pytest.raises(Invalid) as refused:
        add(sessions, value="110")
    assert "同一出处" in refused.value.errors["source"]
    add(sessions, source="另一文件", value="110")
    add(sessions, basis="growth", value="10")
    with sessions.read() as session:
        found = {(row.source, row.basis, row.value, row.unit_label) for row in queries.of_year(session, 2026)}
    assert found == {
        ("市政府文件 二", TargetBasis.ABSOLUTE, 100, "次"),
        ("另一文件", TargetBasis.ABSOLUTE, 110, "次"),
        ("市政府文件 二", TargetBasis.GROWTH, 10, "%"),
    }


@pytest.mark.both_databases
def test_a_withdrawn_one_does_not_come_back_beside_its_successor(sessions: Sessions) -> None:
    number = add(sessions)
    with sessions.write() as session:
        targets.withdraw(session, CITY, queries.get(session, number), reason="x", clock=CLOCK)
    add(sessions, value="130")
    with sessions.write() as session, pytest.raises(Conflict):
        targets.restore(session, CITY, queries.get(session, number), reason="x", clock=CLOCK)
    with pytest.raises(Conflict):
        edit(sessions, number, version=2, value="140")


@pytest.mark.both_databases
def test_of_two_officers_who_edit_at_once_one_is_told(sessions: Sessions) -> None:
    number, together, told = add(sessions), Barrier(2), []

    def change(value: str) -> None:
        with sessions.read() as session:
            known = queries.get(session, number).version
        together.wait()
        try:
            edit(sessions, number, version=known, value=value)
        except Conflict:
            told.append(value)

    threads = [Thread(target=change, args=(value,)) for value in ("110", "120")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 1
    with sessions.read() as session:
        assert str(int(queries.get(session, number).value)) in {"110", "120"} - set(told)
        edits = session.scalars(select(Audit).where(Audit.noun == Noun.TARGET, Audit.action == "edit")).all()
    assert len(edits) == 1


def test_a_stale_edit_shows_both_texts(sessions: Sessions) -> None:
    number = add(sessions)
    edit(sessions, number, version=1, value="120")
    with pytest.raises(StaleEdit) as refused:
        edit(sessions, number, version=1, value="130")
    assert (refused.value.yours["value"], refused.value.theirs["value"]) == (130, 120)


# Splits


def split(sessions: Sessions, cells: dict[int, Cell], **more: Any) -> int:
    with sessions.write() as session:
        metric = queries.metric(session, "outbound")
        options = {"draft": SPLITS, "reason": "局务会确定", "clock": CLOCK} | more
        return targets.split(session, CITY, metric, 2026, cells=cells, **options)


def splits(sessions: Sessions) -> dict[int, tuple[int, int]]:
    with sessions.read() as session:
        return {unit: (int(row.value), row.version) for unit, row in queries.splits(session, "outbound", 2026).items()}


def units(sessions: Sessions) -> list[int]:
    with sessions.read() as session:
        return list(session.scalars(select(Unit.id).order_by(Unit.position)))


@pytest.mark.both_databases
def test_splits_are_saved_together_and_emptied_again(sessions: Sessions) -> None:
    first, second, third = units(sessions)[:3]
    cells = {first: Cell(Decimal(40), None), second: Cell(Decimal(60), None), third: Cell(None, None)}
    assert split(sessions, cells) == 2
    assert splits(sessions) == {first: (40, 1), second: (60, 1)}
    again = {first: Cell(Decimal(40), 1), second: Cell(None, 1), third: Cell(Decimal(55), None)}
    assert split(sessions, again) == 2  # the first is as it was
    assert splits(sessions) == {first: (40, 1), third: (55, 1)}
    back = {first: Cell(Decimal(40), 1), second: Cell(Decimal(5), None), third: Cell(None, 1)}
    assert split(sessions, back, draft=SplitsDraft(source="新的文件", status="draft")) == 3
    assert splits(sessions) == {first: (40, 2), second: (5, 1)}
    with sessions.read() as session:
        assert queries.of_city(session) == [row for row in queries.of_city(session) if row.unit_id is None]
        reasons = session.scalars(select(Audit.reason).where(Audit.noun == Noun.TARGET)).all()
    assert set(reasons) == {"局务会确定"}


@pytest.mark.both_databases
def test_a_grid_that_somebody_saved_in_between_is_refused_whole(sessions: Sessions) -> None:
    first, second = units(sessions)[:2]
    split(sessions, {first: Cell(Decimal(40), None), second: Cell(None, None)})
    with pytest.raises(StaleEdit) as refused:
        split(sessions, {first: Cell(Decimal(45), None), second: Cell(Decimal(9), None)})
    assert len(refused.value.yours) == 1
    assert splits(sessions) == {first: (40, 1)}
    with pytest.raises(Invalid):
        split(sessions, {first: Cell(Decimal(45), 1)}, reason="")


# What is said of a year


@pytest.mark.both_databases
def test_explanations_are_kept_in_versions(sessions: Sessions) -> None:
    def say(version: int | None, **values: str) -> None:
        with sessions.write() as session:
            metric, draft = queries.metric(session, "platforms"), FigureDraft.model_validate(values)
            targets.assess(session, CITY, metric, 2025, draft, version=version, clock=CLOCK)

    with sessions.write() as session:
        make.make_stated_metric(session)
    say(None, explanation="在册数来自台账", value="966", source="台账")
    with pytest.raises(StaleEdit):
        say(None, explanation="另一人的文字")
    say(1, explanation="年末核对后更正", value="970", source="台账")
    with sessions.read() as session:
        (row,) = session.scalars(select(Assessment)).all()
        assert (row.explanation, row.value, row.version) == ("年末核对后更正", 970, 2)
        found = next(one for one in goals.of_year(session, 2025, CLOCK.today()) if one.metric.code == "platforms")
        assert found.value is not None
        assert (found.value.amount, found.value.source) == (970, "台账")
        (goal,) = found.goals  # cumulative: what the year's end shows, not years added up
        assert (goal.actual, goal.deviation) == (970, -30)
        said = changes.of(session, Noun.ASSESSMENT, [row.id], fields_of(FigureDraft))
        assert ("实际数", "966", "970") in said[0].fields


def test_nothing_grows_from_a_year_that_still_runs(sessions: Sessions) -> None:
    number = add(sessions, metric="inbound", year="2027", basis="growth", value="10")
    with sessions.read() as session:
        for today, base in ((date(2026, 12, 31), None), (date(2027, 1, 1), 0)):
            found = next(one for one in goals.of_year(session, 2027, today) if one.metric.code == "inbound")
            (goal,) = (one for one in found.goals if one.target.id == number)
            assert goal.asked.base == base  # what was counted, once the year is over


def test_the_profile_s_baseline_is_what_growth_starts_from(sessions: Sessions) -> None:
    with sessions.read() as session:
        (row,) = session.scalars(select(Turnover)).all()
        assert (row.year, row.total, row.hosts) == (2022, Decimal("226.7"), Decimal("40.35"))
        metrics = goals.of_year(session, 2023, CLOCK.today())
        found = next(one for one in metrics if one.metric.code == "contract_turnover")
        growth = next(goal for goal in found.goals if goal.target.basis is TargetBasis.GROWTH)
        assert growth.asked.amount == Decimal("249.37")
        assert goals.disputed_years(session, CLOCK.today()) == [2023, 2025]
