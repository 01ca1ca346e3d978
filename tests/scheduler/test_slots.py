"""One slot, one effect: claims, leases, fences, catching up, giving up."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from matchmaker.bootstrap import Runtime
from matchmaker.clock import SystemClock
from matchmaker.config import Settings
from matchmaker.db.models import Audit, JobRun
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import SYSTEM
from matchmaker.domain.vocabulary import Noun
from matchmaker.i18n import lazy_gettext
from matchmaker.queries import jobs as queries
from matchmaker.scheduler.jobs import Effect, Job, Turn
from matchmaker.scheduler.schedule import Every
from matchmaker.scheduler.turns import run_due, run_turn, wanted_slots
from matchmaker.services import audit, jobs

AT = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)
LEASE = timedelta(minutes=1)
pytestmark = pytest.mark.both_databases


def take(sessions: Sessions, owner: str, now: datetime) -> jobs.Slot | None:
    with sessions.write() as session:
        return jobs.claim(session, "tick", AT, owner=owner, lease=LEASE, now=now)


def test_one_owner_at_a_time_and_the_next_after_the_lease(sessions: Sessions) -> None:
    first = take(sessions, "a", AT)
    assert first is not None
    assert take(sessions, "b", AT + LEASE - timedelta(seconds=1)) is None
    second = take(sessions, "b", AT + LEASE + timedelta(seconds=1))
    assert second is not None
    assert (first.attempts, second.attempts) == (1, 2)


def test_a_done_slot_is_never_taken_again(sessions: Sessions) -> None:
    slot = take(sessions, "a", AT)
    assert slot is not None
    with sessions.write() as session:
        jobs.finish(session, slot, "did it", now=AT)
    assert take(sessions, "b", AT + timedelta(days=400)) is None


def test_a_late_owner_is_refused_and_its_effect_is_gone(sessions: Sessions) -> None:
    late = take(sessions, "a", AT)
    assert late is not None
    assert take(sessions, "b", AT + 2 * LEASE) is not None

    def finish_late() -> None:
        with sessions.write() as session:
            note(session)
            jobs.finish(session, late, "too late", now=AT + 2 * LEASE)

    with pytest.raises(jobs.FencedError):
        finish_late()
    with sessions.read() as session:
        assert session.scalar(select(func.count(Audit.id))) == 0


def test_five_attempts_and_the_slot_is_dead(sessions: Sessions) -> None:
    now = AT
    for attempt in range(1, jobs.MAX_ATTEMPTS + 1):
        slot = take(sessions, "a", now)
        assert slot is not None, attempt
        assert slot.attempts == attempt
        with sessions.write() as session:
            jobs.fail(session, slot, "broken", now=now)
        assert take(sessions, "a", now + timedelta(seconds=29)) is None  # not at once
        now += timedelta(hours=3)
    assert take(sessions, "a", now) is None
    with sessions.read() as session:
        run = queries.last_run(session, "tick")
        assert run is not None
        assert queries.state(run, now=now, max_attempts=jobs.MAX_ATTEMPTS) is queries.RunState.DEAD
        assert run.error == "broken"
        assert queries.given_up(session, now=now, max_attempts=jobs.MAX_ATTEMPTS) == {"tick": 1}


def test_stopping_gives_slots_back_at_once(sessions: Sessions) -> None:
    assert take(sessions, "a", AT) is not None
    with sessions.write() as session:
        jobs.release(session, "a", now=AT + timedelta(seconds=1))
    assert take(sessions, "b", AT + timedelta(seconds=2)) is not None


# With a job


@pytest.fixture
def runtime(settings: Settings) -> Iterator[Runtime]:
    runtime = Runtime.build(settings)
    yield runtime
    runtime.close()


def note(session: object) -> str:
    audit.write(session, SYSTEM, action="tick", noun=Noun.JOB, record_id=1, at=AT)  # type: ignore[arg-type]
    return "noted"


def ticking(prepare: Callable[[Runtime, Turn], Effect], *, catch_up: int = 5) -> Job:
    return Job("tick", lazy_gettext("测试"), Every(3600), prepare, catch_up=catch_up)


def runs(runtime: Runtime) -> list[JobRun]:
    with runtime.sessions.read() as session:
        found = list(session.scalars(select(JobRun).order_by(JobRun.slot)))
        session.expunge_all()
        return found


def test_a_new_job_starts_with_the_last_slot_and_later_makes_good_what_was_missed(runtime: Runtime) -> None:
    job = ticking(lambda _runtime, _turn: note)
    now = SystemClock().now()
    due = job.schedule.due(now, 5)
    assert wanted_slots(runtime, job) == due[-1:]
    with runtime.sessions.write() as session:  # it had run three slots ago, then the host was down
        slot = jobs.claim(session, "tick", due[1], owner="a", lease=LEASE, now=due[1])
        assert slot is not None
        jobs.finish(session, slot, "", now=due[1])
    run_due(runtime, job, "b", stopping=lambda: False)
    assert [run.slot for run in runs(runtime)] == due[1:]
    assert all(run.done_at for run in runs(runtime))
    assert wanted_slots(runtime, job) == []


def test_effect_and_mark_are_one(runtime: Runtime) -> None:
    def fails(session: object) -> str:
        note(session)
        raise RuntimeError("half way")

    job = ticking(lambda _runtime, _turn: fails)
    assert run_turn(runtime, job, Turn(AT, AT.date()), "a") is None
    with runtime.sessions.read() as session:
        assert session.scalar(select(func.count(Audit.id))) == 0
    (run,) = runs(runtime)
    assert run.done_at is None
    assert "half way" in run.error


def test_a_slot_taken_over_while_it_is_prepared_keeps_only_the_new_owners_effect(runtime: Runtime) -> None:
    def is_overtaken(runtime: Runtime, turn: Turn) -> Effect:
        now = SystemClock().now() + timedelta(hours=1)
        with runtime.sessions.write() as session:
            slot = jobs.claim(session, "tick", turn.slot, owner="b", lease=LEASE, now=now)
            assert slot is not None
            note(session)
            jobs.finish(session, slot, "by b", now=now)
        return note

    assert run_turn(runtime, ticking(is_overtaken), Turn(AT, AT.date()), "a") is None
    with runtime.sessions.read() as session:
        assert session.scalar(select(func.count(Audit.id))) == 1
    assert [run.result for run in runs(runtime)] == ["by b"]


def test_a_shared_job_goes_on_when_the_host_s_time_was_set_back(runtime: Runtime) -> None:
    job = Job("tick", lazy_gettext("测试"), Every(20), lambda _runtime, _turn: note, shared=True)
    tomorrow = SystemClock().now() + timedelta(days=1)
    with runtime.sessions.write() as session:
        jobs.beat(session, "before", now=tomorrow, job="tick", result="done in what is now the future")
    for _ in range(2):
        run_due(runtime, job, "me", stopping=lambda: False)
    with runtime.sessions.read() as session:
        assert session.scalar(select(func.count(Audit.id))) == 2
    (run,) = runs(runtime)
    assert (run.owner, run.result) == ("me", "noted")
    assert run.done_at is not None
    assert run.done_at < tomorrow


def test_a_fixed_day_is_the_day_of_every_turn(settings: Settings) -> None:
    fixed = Runtime.build(settings.model_copy(update={"today": AT.date()}))
    job = ticking(lambda _runtime, _turn: note)
    assert job.turn(fixed, SystemClock().now()).day == AT.date()
    fixed.close()
