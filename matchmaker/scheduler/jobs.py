"""The table of jobs. The runner, the command `jobs`, health, metrics and the docs read it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from matchmaker.bootstrap import Runtime
from matchmaker.clock import SystemClock, shanghai_date
from matchmaker.delivery.post import deliver
from matchmaker.domain.permissions import SYSTEM
from matchmaker.i18n import LazyString
from matchmaker.i18n import lazy_gettext as _
from matchmaker.queries.backtest import backtest, years_to_try
from matchmaker.queries.calibration import fit
from matchmaker.scheduler.schedule import Daily, Every, Schedule, Weekly
from matchmaker.services import (
    backtests,
    calibration,
    confirmations,
    dead_letters,
    digests,
    escalation,
    follow_ups,
    housekeeping,
    index,
    meeting_words,
    merging,
    milestones,
    pace_warnings,
    reanalysis,
    reminders,
    reports,
    search,
    snapshots,
    suggestions,
    tasks,
)
from matchmaker.services.imports.queue import run_queued

FREQUENT = timedelta(hours=1)  # runs of jobs with a shorter period are not kept for ever

Effect = Callable[[Session], str]


@dataclass(frozen=True)
class Turn:
    """One slot of a job, and the civil day it is for."""

    slot: datetime
    day: date


@dataclass(frozen=True)
class Job:
    """Something that happens by itself.

    `prepare` does the slow or outside part, in transactions of its own where it needs any, and returns the effect. The
    effect is carried out in the one transaction that also marks the slot done, and says in a few words what it did.
    Both may happen more than once (a process dies, a lease ends): the second time must change nothing.
    `catch_up` is how many missed slots are made good after an outage; `days_back` how many days before the slot the
    day lies that the job is for; `lease` how long one process may take before another tries.
    A job that is `shared` has no slots: every host does it each time, because its work is claimed piece by piece. So it
    goes on when the time of the host was set back into slots that are done.
    """

    name: str
    label: LazyString
    schedule: Schedule
    prepare: Callable[[Runtime, Turn], Effect]
    catch_up: int = 1
    days_back: int = 0
    lease: timedelta = timedelta(minutes=15)
    shared: bool = False

    def turn(self, runtime: Runtime, slot: datetime) -> Turn:
        """The slot with its day; where the day is fixed by a setting, always that day."""
        day = shanghai_date(slot) - timedelta(days=self.days_back)
        return Turn(slot, runtime.settings.today or day)


def _snapshot(runtime: Runtime, turn: Turn) -> Effect:
    def effect(session: Session) -> str:
        rows = snapshots.take(session, SYSTEM, turn.day, runtime.clock)
        ends = f"audit trail {rows[0].audit_number} {rows[0].audit_hash}" if rows else ""
        return ", ".join([*(f"{row.metric_code} {row.value}" for row in rows), ends])

    return effect


def _refresh(runtime: Runtime, _turn: Turn) -> Effect:
    result = suggestions.refresh_all(runtime.sessions, runtime.index, settings=runtime.settings, clock=runtime.clock)
    return lambda _session: result


def _refresh_asked(runtime: Runtime, _turn: Turn) -> Effect:
    result = suggestions.refresh_asked(runtime.sessions, runtime.index, settings=runtime.settings, clock=runtime.clock)
    return lambda _session: result


def _reanalyse(runtime: Runtime, _turn: Turn) -> Effect:
    done = reanalysis.reanalyse(runtime.sessions, runtime.segmenter)
    return lambda _session: f"{done} postings"


def _learn(runtime: Runtime, _turn: Turn) -> Effect:
    found = index.learn(runtime.sessions, SYSTEM, clock=runtime.clock)
    return lambda _session: f"{found} sentences"


def _calibrate(runtime: Runtime, _turn: Turn) -> Effect:
    with runtime.sessions.read() as session:
        found = fit(session, runtime.index.current(session))
    return lambda session: calibration.renew(session, SYSTEM, found, clock=runtime.clock)


def _search(runtime: Runtime, _turn: Turn) -> Effect:
    changed = search.rebuild_if_stale(runtime.sessions)
    return lambda _session: f"{changed} entries"


def _imports(runtime: Runtime, _turn: Turn) -> Effect:
    result = run_queued(runtime.sessions, lambda: runtime.segmenter, clock=runtime.clock, now=SystemClock().now)
    return lambda _session: result


def _outbox(runtime: Runtime, _turn: Turn) -> Effect:
    result = deliver(runtime.sessions, runtime.settings)
    return lambda _session: result


def _remind_invitations(runtime: Runtime, turn: Turn) -> Effect:
    return lambda session: reminders.remind_of_invitations(
        session, turn.day, settings=runtime.settings, clock=runtime.clock
    )


def _expire_invitations(runtime: Runtime, turn: Turn) -> Effect:
    return lambda session: reminders.tell_of_expired_invitations(
        session, turn.day, settings=runtime.settings, clock=runtime.clock
    )


def _freeze(runtime: Runtime, turn: Turn) -> Effect:
    fresh = confirmations.limits(runtime.settings)
    return lambda session: confirmations.freeze(session, SYSTEM, turn.day, fresh=fresh, clock=runtime.clock)


def _remind_confirmations(runtime: Runtime, turn: Turn) -> Effect:
    return lambda session: confirmations.remind(session, turn.day, settings=runtime.settings, clock=runtime.clock)


def _remind_meetings(runtime: Runtime, turn: Turn) -> Effect:
    return lambda session: reminders.remind_of_meetings(session, turn.day, clock=runtime.clock)


def _nag_unrecorded(runtime: Runtime, turn: Turn) -> Effect:
    return lambda session: reminders.nag_unrecorded(session, turn.day, clock=runtime.clock)


def _remind_of_words(runtime: Runtime, turn: Turn) -> Effect:
    return lambda session: meeting_words.remind(session, turn.day, settings=runtime.settings, clock=runtime.clock)


def _remind_tasks(runtime: Runtime, turn: Turn) -> Effect:
    return lambda session: tasks.remind(session, turn.day, clock=runtime.clock)


def _remind_milestones(runtime: Runtime, turn: Turn) -> Effect:
    return lambda session: milestones.remind(session, turn.day, clock=runtime.clock)


def _follow_up(runtime: Runtime, turn: Turn) -> Effect:
    return lambda session: follow_ups.fall_due(session, turn.day, settings=runtime.settings, clock=runtime.clock)


def _escalate(runtime: Runtime, turn: Turn) -> Effect:
    return lambda session: escalation.tell(session, turn.day, settings=runtime.settings, clock=runtime.clock)


def _warn(runtime: Runtime, turn: Turn) -> Effect:
    return lambda session: pace_warnings.check(session, turn.day, clock=runtime.clock)


def _reports(runtime: Runtime, turn: Turn) -> Effect:
    return lambda session: reports.tell_due(session, turn.day, settings=runtime.settings, clock=runtime.clock)


def _backtest(runtime: Runtime, turn: Turn) -> Effect:
    with runtime.sessions.read() as session:
        found = backtest(session, years_to_try(session, turn.day))

    def effect(session: Session) -> str:
        backtests.keep(session, found, turn.day)
        return f"{len(found.trials)} forecasts of {len(found.years)} years"

    return effect


def _tell_dead(runtime: Runtime, turn: Turn) -> Effect:
    return lambda session: dead_letters.tell(session, turn.day, clock=runtime.clock)


def _digest(runtime: Runtime, turn: Turn) -> Effect:
    return lambda session: digests.send(session, turn.day, clock=runtime.clock)


def _purge(runtime: Runtime, _turn: Turn) -> Effect:
    life = timedelta(minutes=runtime.settings.session_absolute_minutes)
    frequent = [job.name for job in JOBS if job.schedule.period < FREQUENT]
    return lambda session: housekeeping.purge(session, session_life=life, frequent=frequent, now=runtime.clock.now())


def _gather(_runtime: Runtime, _turn: Turn) -> Effect:
    return lambda session: f"{merging.gather(session)} rows"


JOBS: tuple[Job, ...] = (
    Job("outbox", _("发送通知"), Every(20), _outbox, shared=True),
    Job("match_asked", _("计算新发布、新上架带来的推荐"), Every(10), _refresh_asked, shared=True),
    Job("lexicon", _("按新词库重新分析文字"), Every(60), _reanalyse, lease=timedelta(hours=1)),
    Job("imports", _("导入排队的名录"), Every(5), _imports, shared=True),
    Job("snapshot", _("每日计数快照"), Daily(time(2, 0)), _snapshot, catch_up=7, days_back=1),
    Job("freeze", _("冻结两年未确认的能力"), Daily(time(2, 15)), _freeze),
    Job("match_refresh", _("刷新推荐"), Daily(time(2, 30)), _refresh, lease=timedelta(hours=1)),
    Job("invitation_reminder", _("对接邀请答复提醒"), Daily(time(8, 30)), _remind_invitations),
    Job("invitation_expiry", _("对接邀请逾期告知"), Daily(time(8, 40)), _expire_invitations),
    Job("confirmation_reminder", _("资料年度确认提醒"), Daily(time(8, 50)), _remind_confirmations),
    Job("meeting_reminder", _("次日对接活动提醒"), Daily(time(9, 0)), _remind_meetings),
    Job("meeting_unrecorded", _("对接活动登记催办"), Daily(time(9, 10)), _nag_unrecorded),
    Job("record_reminder", _("活动记录确认提醒"), Daily(time(9, 15)), _remind_of_words),
    Job("task_reminder", _("待办到期提醒"), Daily(time(8, 20)), _remind_tasks),
    Job("milestone_reminder", _("特派团里程碑到期提醒"), Daily(time(8, 25)), _remind_milestones),
    Job("follow_up", _("对接后 30、90、180 天跟踪回访"), Daily(time(9, 30)), _follow_up),
    Job("escalation", _("久未对接需求提请会商"), Daily(time(9, 40)), _escalate),
    Job("pace_warning", _("目标进度预警"), Daily(time(9, 20)), _warn),
    Job("report_due", _("提醒签发月报、季报"), Daily(time(8, 10)), _reports),
    Job("dead_letters", _("告知没有送达的信件"), Daily(time(9, 30)), _tell_dead),
    Job("backtest", _("回测往年的年底预计"), Daily(time(2, 20)), _backtest),
    Job("search", _("补齐搜索条目"), Every(600), _search),
    Job("digest", _("每日通知汇总"), Daily(time(17, 0)), _digest),
    Job("boilerplate", _("学习套话"), Weekly(6, time(3, 0)), _learn),
    Job("calibration", _("校准匹配分"), Weekly(6, time(3, 15)), _calibrate),
    Job("merged", _("归并合并后仍记在重复记录上的内容"), Daily(time(3, 40)), _gather),
    Job("purge", _("清理过期会话和表单记录"), Daily(time(3, 30)), _purge),
)


def find(name: str, jobs: tuple[Job, ...] = JOBS) -> Job | None:
    return next((job for job in jobs if job.name == name), None)
