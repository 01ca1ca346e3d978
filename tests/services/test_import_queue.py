"""Sheets the scheduler brings in: as a whole or not at all, whoever dies meanwhile."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from matchmaker.db.models import Account, ImportBatch, ImportDraft, Need
from matchmaker.db.session import Sessions
from matchmaker.domain.files import Upload
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import ImportKind, ImportState, Role
from matchmaker.errors import Conflict, Forbidden
from matchmaker.queries.accounts import actor_of
from matchmaker.services.imports import drafts
from matchmaker.services.imports.queue import LEASE, MOST_ATTEMPTS, run_queued
from matchmaker.text import Segmenter
from tests.factories import make_account
from tests.services.sheets import CLOCK, FIRMS, NEEDS, SEGMENTER, Rows, bring_rows, count, load_profile, write

pytestmark = pytest.mark.both_databases
NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
LATER = NOW + LEASE + timedelta(seconds=1)


@pytest.fixture
def officer(sessions: Sessions, tmp_path: Path) -> Actor:
    load_profile(sessions)
    bring_rows(sessions, ImportKind.ORGANISATIONS, FIRMS, tmp_path)
    with sessions.write() as session:
        return actor_of(make_account(session, Role.CITY))


def queued(sessions: Sessions, officer: Actor, folder: Path, rows: Rows = NEEDS, **options: Any) -> int:
    file = Upload("需求.xlsx", write(folder / "n.xlsx", rows).read_bytes())
    table = drafts.read(ImportKind.NEEDS, file)
    with sessions.write() as session:
        draft = drafts.begin(session, officer, ImportKind.NEEDS, file, table, clock=CLOCK)
        drafts.queue(draft, good_rows=options.get("good_rows", False))
        return draft.id


def run(sessions: Sessions, now: datetime = NOW, segmenter: Any = None) -> str:
    return run_queued(sessions, segmenter or (lambda: SEGMENTER), clock=CLOCK, now=lambda: now)


def state(sessions: Sessions, draft_id: int) -> ImportDraft:
    with sessions.read() as session:
        draft = session.get_one(ImportDraft, draft_id)
        session.expunge(draft)
        return draft


def change(sessions: Sessions, draft_id: int, **values: Any) -> None:
    with sessions.write() as session:
        draft = session.get_one(ImportDraft, draft_id)
        for name, value in values.items():
            setattr(draft, name, value)


def test_what_waits_is_brought_in_oldest_first(sessions: Sessions, officer: Actor, tmp_path: Path) -> None:
    first = queued(sessions, officer, tmp_path)
    second = queued(sessions, officer, tmp_path, [NEEDS[0] | {"预期目标": "合格率 99%"}])
    assert run(sessions) == "2 sheets"
    done = [state(sessions, one) for one in (first, second)]
    assert [(one.state, one.error, one.lease_until) for one in done] == [(ImportState.DONE, "", None)] * 2
    assert [one.done_rows for one in done] == [3, 1]
    with sessions.read() as session:
        batches = {one.id: one for one in session.scalars(select(ImportBatch))}
        made, edited = (batches[one.batch_id] for one in done if one.batch_id)
        assert ((made.created, made.updated), (edited.created, edited.updated)) == ((3, 0), (0, 1))
        assert made.made_by == officer.name
        assert session.scalars(select(Need.goal).filter_by(external_id="N1")).one() == "合格率 99%"
    assert run(sessions) == "0 sheets"


def test_a_sheet_that_says_nothing_new_is_done_without_a_batch(
    sessions: Sessions, officer: Actor, tmp_path: Path
) -> None:
    for _ in range(2):
        last = queued(sessions, officer, tmp_path)
        run(sessions)
    assert (state(sessions, last).state, state(sessions, last).batch_id) == (ImportState.DONE, None)


def test_a_bad_row_fails_the_whole_and_says_what_to_do(sessions: Sessions, officer: Actor, tmp_path: Path) -> None:
    rows = [*NEEDS, NEEDS[0] | {"需求编号": "N9", "企业": "没有这家"}]
    draft_id = queued(sessions, officer, tmp_path, rows)
    run(sessions)
    failed = state(sessions, draft_id)
    assert failed.state is ImportState.FAILED
    assert failed.error.startswith("有 1 行有误，全部没有导入。")
    assert count(sessions, Need) == 0
    with sessions.write() as session:
        drafts.queue(drafts.opened(session, officer, draft_id), good_rows=True)
    run(sessions)
    assert state(sessions, draft_id).state is ImportState.DONE
    assert count(sessions, Need) == 3


def test_a_process_that_dies_leaves_nothing_and_another_takes_over(
    sessions: Sessions, officer: Actor, tmp_path: Path
) -> None:
    draft_id = queued(sessions, officer, tmp_path)

    def dies() -> Segmenter:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(sessions, segmenter=dies)
    assert (count(sessions, Need), state(sessions, draft_id).state) == (0, ImportState.RUNNING)
    assert run(sessions) == "0 sheets"  # it might still be alive
    assert run(sessions, LATER) == "1 sheets"
    assert (count(sessions, Need), state(sessions, draft_id).state) == (3, ImportState.DONE)


def test_a_fault_that_is_not_the_sheets_gives_it_back_at_once(
    sessions: Sessions, officer: Actor, tmp_path: Path
) -> None:
    draft_id = queued(sessions, officer, tmp_path)

    def broken() -> Segmenter:
        raise OSError("no memory")

    for attempt in range(1, MOST_ATTEMPTS + 1):
        with pytest.raises(OSError, match="no memory"):
            run(sessions, segmenter=broken)
        left = state(sessions, draft_id)
        assert (left.state, left.lease_until, left.attempts) == (ImportState.QUEUED, None, attempt)
    assert run(sessions) == "0 sheets"
    assert state(sessions, draft_id).state is ImportState.FAILED


def test_one_that_was_given_up_for_dead_writes_nothing(sessions: Sessions, officer: Actor, tmp_path: Path) -> None:
    draft_id, others = queued(sessions, officer, tmp_path), []

    def slow() -> Segmenter:
        if not others:
            others.append(run(sessions, LATER))
        return SEGMENTER

    assert run(sessions, segmenter=slow) == "1 sheets"
    assert others == ["1 sheets"]
    assert (count(sessions, Need), count(sessions, ImportBatch)) == (3, 2)  # the firms' batch and one of needs
    assert state(sessions, draft_id).state is ImportState.DONE


def test_after_some_attempts_it_is_failed(sessions: Sessions, officer: Actor, tmp_path: Path) -> None:
    draft_id = queued(sessions, officer, tmp_path)
    change(sessions, draft_id, state=ImportState.RUNNING, attempts=MOST_ATTEMPTS, lease_until=NOW)
    assert run(sessions, LATER) == "0 sheets"
    failed = state(sessions, draft_id)
    assert failed.state is ImportState.FAILED
    assert "3 次都没有完成，没有写入任何内容" in failed.error
    assert count(sessions, Need) == 0


def test_whoever_was_locked_brings_nothing_in(sessions: Sessions, officer: Actor, tmp_path: Path) -> None:
    draft_id = queued(sessions, officer, tmp_path)
    with sessions.write() as session:
        session.get_one(Account, officer.account_id).active = False
    run(sessions)
    assert (state(sessions, draft_id).state, count(sessions, Need)) == (ImportState.FAILED, 0)
    assert "账号已停用" in state(sessions, draft_id).error


def test_only_what_still_waits_can_be_cancelled(sessions: Sessions, officer: Actor, tmp_path: Path) -> None:
    draft_id = queued(sessions, officer, tmp_path)
    with sessions.write() as session:
        drafts.cancel(session, officer, draft_id)
    assert state(sessions, draft_id).state is ImportState.CHECKED
    assert run(sessions) == "0 sheets"
    change(sessions, draft_id, state=ImportState.RUNNING, lease_until=LATER)
    with sessions.write() as session, pytest.raises(Conflict, match="不能取消"):
        drafts.cancel(session, officer, draft_id)
    with sessions.write() as session, pytest.raises(Conflict, match="不能再改"):
        drafts.opened(session, officer, draft_id)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.CITY])
def test_nobody_else_may(sessions: Sessions, officer: Actor, tmp_path: Path, role: Role) -> None:
    draft_id, stranger = queued(sessions, officer, tmp_path), Actor(role, "某人", 99)
    for step in (drafts.cancel, drafts.opened):
        with sessions.write() as session, pytest.raises(Forbidden):
            step(session, stranger, draft_id)
