"""Every job, run twice for the same day, leaves what one run leaves: the second run changes nothing."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from matchmaker.bootstrap import Runtime
from matchmaker.clock import SystemClock
from matchmaker.config import Settings
from matchmaker.db.base import Base
from matchmaker.db.models import ImportDraft, JobRun, Merge, Organisation, OutboxMessage, RefreshRequest, Target, Task
from matchmaker.domain.vocabulary import (
    Attendance,
    ImportKind,
    ImportState,
    MailFault,
    MeetingKind,
    MeetingStatus,
    NeedStatus,
    Noun,
    Role,
    TargetBasis,
    TargetStatus,
)
from matchmaker.scheduler.jobs import JOBS, Job, Turn
from matchmaker.scheduler.turns import run_turn
from matchmaker.services import blobs, outbox, profile
from tests import factories as make
from tests.support.mail import MailServer
from tests.support.teams import Work

DAY = make.TODAY
WAITING = {"path": "/invitations/1", "title": "等每日汇总"}


@pytest.fixture
def runtime(settings: Settings, mail_server: MailServer) -> Iterator[Runtime]:
    """An installation on an ordinary day: something waits for every job."""
    mail = {"smtp_host": mail_server.host, "smtp_port": mail_server.port}
    runtime = Runtime.build(settings.model_copy(update={"today": DAY, **mail}))
    seeds = profile.read()
    analysed = runtime.segmenter.analyse(title="铝合金薄板激光焊接热裂纹", body="薄板焊后热裂纹，合格率低。")
    terms = {"terms": json.loads(analysed.to_json()), "lexicon_stamp": analysed.stamp}
    with runtime.sessions.write() as session:
        profile.load(session, seeds, clock=runtime.clock)
        unit = make.make_unit(session)
        officer = make.make_account(session, Role.COUNTY, unit_id=unit.id, email="county@example.org")
        outbox.queue(session, "invitation_expired", officer.email, WAITING, dedup_key="waits", clock=runtime.clock)
        _lose_a_letter(session, runtime)
        firm = make.make_firm(session, unit, contact_email="firm@example.org")
        need = make.make_need(session, firm, index_version=1, **terms)
        session.add(RefreshRequest(need_id=need.id, corpus_version=0))
        session.add(
            _sheet(blobs.keep(session, "机构类别,机构全称\n企业,排队铸造（演示）\n".encode(), "text/csv"), runtime)
        )
        _merge_with_a_stray(session, firm)
        session.add(_promise())
        expert = make.make_expert(session)
        make.make_capability(session, expert, index_version=1, **terms)
        asleep = make.make_expert(session, email="asleep@example.org", confirmed_on=DAY - timedelta(days=366))
        make.make_capability(
            session, asleep, confirmed_on=DAY - timedelta(days=366), **terms | {"lexicon_stamp": "old"}
        )
        forgotten = {"confirmed_on": DAY - timedelta(days=800), "warned_on": DAY - timedelta(days=20)}
        make.make_capability(session, make.make_expert(session), **forgotten, **terms)
        make.make_invitation(session, need, expert, answer_by=DAY + timedelta(days=1))
        make.make_invitation(session, need, make.make_expert(session), answer_by=DAY - timedelta(days=1))
        for day in (DAY + timedelta(days=1), DAY - timedelta(days=2)):
            make.make_meeting(session, MeetingKind.INBOUND, [firm], [make.make_expert(session)], day=day)
        _make_past(session, firm)
        Work(session).serving()  # with a milestone in ten days
    yield runtime
    runtime.close()


def _lose_a_letter(session: Session, runtime: Runtime) -> None:
    """A letter that did not arrive, and an officer to be told."""
    make.make_account(session, Role.CITY, email="city@example.org")
    outbox.queue(session, "invitation_expired", "gone@example.org", WAITING, dedup_key="lost", clock=runtime.clock)
    lost = session.scalars(select(OutboxMessage).where(OutboxMessage.dedup_key == "lost")).one()
    outbox.mark_failed(session, lost, MailFault.ADDRESS, "550 5.1.1 no such user", now=runtime.clock.now())


def _make_past(session: Session, firm: Organisation) -> None:
    """A meeting a month ago, a task of it that is due tomorrow, another whose record nobody has confirmed for a week,
    and a need that nobody was found for."""
    day = DAY - timedelta(days=30)
    held = make.make_meeting(session, MeetingKind.INBOUND, [firm], [make.make_expert(session)], day=day)
    held.status = MeetingStatus.HELD
    for row in (*held.firms, *held.experts):
        row.attendance = Attendance.ATTENDED
    week_ago = {"day": DAY - timedelta(days=9), "recorded_at": make.NOW - timedelta(days=8)}
    told = make.make_meeting(session, MeetingKind.INBOUND, [firm], [make.make_expert(session)], **week_ago)
    told.status, told.firms[0].attendance = MeetingStatus.HELD, Attendance.ATTENDED
    task = Task(title="送样检测", owner="企业", due=DAY + timedelta(days=1), made_by="专员", meeting_id=held.id)
    task.organisation_id, task.created_at, task.updated_at = firm.id, make.NOW, make.NOW
    session.add(task)
    make.make_need(session, firm, status_since=make.NOW - timedelta(days=61))


def _merge_with_a_stray(session: Session, firm: Organisation) -> None:
    """A duplicate of the firm for which somebody has posted after the merge."""
    gone = make.make_firm(session, merged_into_id=firm.id)
    made = {"made_at": make.NOW, "made_by": "专员", "reason": "同一家", "moves": []}
    session.add(Merge(noun=Noun.ORGANISATION, kept_id=firm.id, gone_id=gone.id, **made))
    make.make_need(session, gone, status=NeedStatus.DRAFT)


def _promise() -> Target:
    """What nobody has done anything for."""
    how = {"basis": TargetBasis.ABSOLUTE, "status": TargetStatus.FINAL, "unit_label": "次", "source": "文件"}
    return Target(metric_code="inbound", year=DAY.year, value=100, created_at=make.NOW, updated_at=make.NOW, **how)


def _sheet(sha256: str, runtime: Runtime) -> ImportDraft:
    """A list that waits to be brought in."""
    kind, state = ImportKind.ORGANISATIONS, ImportState.QUEUED
    return ImportDraft(
        kind=kind, file_name="a.csv", blob_sha256=sha256, made_at=runtime.clock.now(), mapping={}, fixes={}, state=state
    )


def contents(runtime: Runtime) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table but the runs themselves."""
    tables = [table for table in Base.metadata.sorted_tables if table.name != JobRun.__tablename__]
    with runtime.sessions.read() as session:
        return {table.name: sorted(map(tuple, session.execute(select(*_told(table)))), key=repr) for table in tables}


def _told(table: Table) -> list[Any]:
    return [column for column in table.columns if column.name not in {"made_at", "learned_on"}]


def run(runtime: Runtime, job: Job, seconds: int) -> None:
    slot = SystemClock().now() + timedelta(seconds=seconds)
    assert run_turn(runtime, job, Turn(slot, DAY), "me") is not None


@pytest.mark.both_databases
@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_the_second_run_changes_nothing(job: Job, runtime: Runtime, mail_server: MailServer) -> None:
    if job.name == "outbox":  # something to send
        for other in JOBS[1:]:
            run(runtime, other, 0)
    before = contents(runtime)
    run(runtime, job, 1)
    once, letters = contents(runtime), len(mail_server.messages)
    run(runtime, job, 2)
    assert contents(runtime) == once
    assert len(mail_server.messages) == letters
    if job.name not in {"purge", "boilerplate", "calibration"}:  # these have nothing to do on an ordinary day
        assert once != before


@pytest.mark.both_databases
def test_all_jobs_of_two_hosts_at_their_slots_leave_what_one_leaves(runtime: Runtime) -> None:
    for job in JOBS:
        slot = datetime(2026, 6, 15, 2, tzinfo=UTC)
        first = run_turn(runtime, job, Turn(slot, DAY), "one")
        assert first is not None
        assert run_turn(runtime, job, Turn(slot, DAY), "other") is None
