"""Loading the demonstration, once: records and story in one transaction, then what the matcher makes of them."""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Protocol

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.config import Settings
from matchmaker.db.models import Account, Notice, Organisation, Setting, Target, Unit, Workday
from matchmaker.db.session import Sessions
from matchmaker.domain.backtest import Backtest
from matchmaker.domain.calendar import WorkCalendar
from matchmaker.domain.permissions import SYSTEM, Actor
from matchmaker.domain.vocabulary import Role
from matchmaker.errors import Conflict
from matchmaker.i18n import gettext as _
from matchmaker.queries.accounts import actor_of
from matchmaker.queries.backtest import backtest, years_to_try
from matchmaker.queries.installation import DEMO_SETTING
from matchmaker.queries.team_drafts import Draft
from matchmaker.services import accounts, backtests, outbox, pace_warnings, snapshots, suggestions, teams
from matchmaker.services.demo import (
    afterwards,
    applying,
    cast,
    goals,
    invitations,
    judging,
    meetings,
    own_tasks,
    postings,
    reporting,
    rounds,
    serving,
    specialists,
    stating,
    steering,
    times,
    undelivered,
    words,
)
from matchmaker.services.demo.script import Script, read, word
from matchmaker.services.demo.stage import OFFICER, VERIFIER, Stage
from matchmaker.services.demo.timeline import MomentClock, Timeline, last_days
from matchmaker.services.demo.year import told
from matchmaker.services.index import CorpusIndex
from matchmaker.text import Segmenter

PASSWORD = "matchmaker-demo"  # noqa: S105 -- printed at every start, for invented accounts only
SNAPSHOTS = 30  # days
WARNED_AGO = (150, 19)  # days since the pace was looked at
TOLD_OF = 60  # days of which people find notices in their inbox
UNREAD = 9  # days in which people have not looked into their inbox
STAGED, COMPLETE = "staged", "complete"  # values of the setting


class Works(Protocol):
    """The parts of a runtime that loading needs."""

    @property
    def settings(self) -> Settings: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def index(self) -> CorpusIndex: ...


@dataclass(frozen=True)
class DemoAccount:
    """Who may sign in to the demonstration."""

    login: str
    name: str
    role: Role
    password: str

    def __str__(self) -> str:
        """The line that a start prints."""
        return f"account {self.login}, password {self.password}: {_(self.role.label)} {self.name}"


def load_demo(runtime: Works) -> list[DemoAccount]:
    """Fill an empty installation with an invented city year up to the clock's today; who may sign in.

    The city profile must be there. A second call changes nothing. Raises `Conflict` when the database holds
    organisations that are not the demonstration's.
    """
    script = read()
    with runtime.sessions.read() as session:
        state = _state(session)
    with _no_sweeping():
        if state is None:
            _stage(runtime, script)
        if state != COMPLETE:
            _match(runtime, script)
    return [
        DemoAccount(row["login"], row["name"], word(Role, row["role"]), PASSWORD) for row in script.accounts.values()
    ]


@contextmanager
def _no_sweeping() -> Iterator[None]:
    """Tens of thousands of rows are made and all of them stay: looking for cycles among them takes a tenth of it."""
    swept = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if swept:
            gc.enable()


def _state(session: Session) -> str | None:
    """How far loading has come. Raises `Conflict` in somebody's real database."""
    setting = session.get(Setting, DEMO_SETTING)
    if setting is None and session.scalars(select(Organisation.id).limit(1)).first() is not None:
        raise Conflict(_("数据库里已有机构，不能载入演示数据；请换一个空的数据文件夹"))
    return setting.value if setting else None


def _stage(runtime: Works, script: Script) -> None:
    """Everything that people did, in the order in which they did it."""
    segmenter = Segmenter(words.known())
    analyses = postings.analyse(script, segmenter, runtime.clock.today())
    password_hash = accounts.hash_password(PASSWORD)
    with runtime.sessions.write() as session:
        if _state(session) is not None:  # another process was faster
            return
        session.add(Setting(key=DEMO_SETTING, value=STAGED))
        session.flush()
        units = list(session.scalars(select(Unit).order_by(Unit.position)))
        line = Timeline(runtime.clock.now(), _calendar(session))
        asked = frozenset(session.scalars(select(Target.metric_code)))
        stage = Stage(session, runtime.settings, told(script, line), line, analyses, units, asked)
        line.at(line.opening, time(9), lambda clock: cast.assemble(stage, password_hash, clock))
        words.enter(stage, segmenter)
        _plot(stage, password_hash)
        with outbox.quiet(session):  # nobody keeps notices for so long
            line.run(line.now - timedelta(days=TOLD_OF))
        line.run(datetime.max.replace(tzinfo=UTC))
        undelivered.keep_some(stage)
        old = Notice.made_at < line.now - timedelta(days=UNREAD)
        session.execute(update(Notice).where(old).values(read_at=Notice.made_at))


def _plot(stage: Stage, password_hash: str) -> None:
    """Put down what everybody does after the opening."""
    postings.offer(stage)
    postings.ask(stage)
    applying.apply(stage, password_hash)
    invitations.exchange(stage)
    meetings.hold(stage)
    times.state(stage)
    goals.enter(stage)
    afterwards.follow(stage)
    own_tasks.give(stage)
    reporting.issue(stage)
    _take_snapshots(stage)
    _warn(stage)


def _calendar(session: Session) -> WorkCalendar:
    return WorkCalendar({row.day: row.works for row in session.scalars(select(Workday))})


def _take_snapshots(stage: Stage) -> None:
    for day in last_days(stage.timeline.today, SNAPSHOTS):
        stage.timeline.at(day, time(23, 50), lambda clock: snapshots.take(stage.session, SYSTEM, clock.today(), clock))


def _warn(stage: Stage) -> None:
    """The warnings that people found in their inbox lately."""
    for ago in WARNED_AGO:
        day = stage.timeline.day(ago)
        stage.timeline.at(
            day, time(9, 20), lambda clock: pace_warnings.check(stage.session, clock.today(), clock=clock)
        )


def _match(runtime: Works, script: Script) -> None:
    """Suggestions for every published need, what the officer made of some, and the teams proposed."""
    settings, clock = runtime.settings, runtime.clock
    suggestions.refresh_all(runtime.sessions, runtime.index, settings=settings, clock=clock)
    with runtime.sessions.read() as session:
        drafts: list[Draft] = []
        for row in script.teams.values():
            needs = [steering.need_of(session, script, key) for key in row["needs"]]
            busy = {place.expert_id for draft in drafts for place in draft.places}
            if row.get("life"):
                busy |= serving.without_a_place(session, clock.today())
            drafts.append(teams.draft_now(session, runtime.index, needs, settings=settings, clock=clock, reserved=busy))
        tested = backtest(session, years_to_try(session, clock.today()))
        _conclude(runtime, script, drafts, tested)


def _conclude(runtime: Works, script: Script, drafts: Iterable[Draft], tested: Backtest) -> None:
    with runtime.sessions.write() as session:
        setting = session.get_one(Setting, DEMO_SETTING, with_for_update=True)
        if setting.value == COMPLETE:  # another process was faster
            return
        officer, verifier = (_account(session, script, key) for key in (OFFICER, VERIFIER))
        steering.steer(session, officer, script, clock=runtime.clock)
        backtests.keep(session, tested, runtime.clock.today())
        _form_teams(session, runtime, script, drafts, officer, verifier)
        setting.value = COMPLETE


def _account(session: Session, script: Script, key: str) -> Actor:
    login = script.accounts[key]["login"]
    return actor_of(session.scalars(select(Account).where(Account.login == login)).one())


def _form_teams(session: Session, runtime: Works, script: Script, drafts: Iterable[Draft], *officers: Actor) -> None:
    """The teams of the script, each as far as it has come."""
    today, formed, officer = runtime.clock.today(), {}, officers[0]
    for (key, row), draft in zip(script.teams.items(), drafts, strict=True):
        moment = MomentClock(serving.begun(today) if row.get("life") else runtime.clock.now())
        formed[key] = teams.propose(session, officer, draft, clock=moment)
    calendar = _calendar(session)
    serving.work(session, runtime.settings, script, formed, officers, clock=runtime.clock, calendar=calendar)
    rounds.go(session, script, officer, clock=runtime.clock, calendar=calendar)
    specialists.file(session, runtime.settings, script, officers, clock=runtime.clock, calendar=calendar)
    judging.judge(session, script, officer, clock=runtime.clock)
    stating.state(session, script, next(iter(formed.values())), officer, clock=runtime.clock)
