"""What was true on a day: a row per metric, kept as it was, which a recount reproduces or corrects aloud."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db import chain
from matchmaker.db.chain import Head
from matchmaker.db.insert import insert_into
from matchmaker.db.models import Snapshot
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.rules import rule_on
from matchmaker.domain.tally import Tally
from matchmaker.errors import Forbidden
from matchmaker.i18n import gettext as _
from matchmaker.queries.counts import rules, tallies

CLOSING = 1  # the month in which the year before is still being verified
NO_RULE = 0  # the number stored for a day before the first rule


@dataclass(frozen=True)
class Recount:
    """A stored snapshot against the same count made now; ids of meetings."""

    snapshot: Snapshot
    value: int
    added: frozenset[int]
    removed: frozenset[int]
    same_inputs: bool

    @property
    def reproduced(self) -> bool:
        """Whether the count comes out as it was stored."""
        return self.value == self.snapshot.value and not self.added and not self.removed


def take(session: Session, actor: Actor, day: date, clock: Clock) -> list[Snapshot]:
    """Store both metrics of the day's year as they stand, counting meetings up to `day`.

    In January those of the year before too, whose last meetings are verified by then. A snapshot taken before for the
    same day is left as it was and returned. For jobs only: raises `Forbidden`.
    """
    if not can(actor, Permission.SYSTEM_ONLY):
        raise Forbidden(_("快照只由系统任务生成"))
    dated = rules(session)
    sealed = chain.seal_now(session)  # what is counted below stands in the trail up to here
    found = []
    for last in _last_days(day):
        for code, sums in tallies(session, last.year, until=last).items():
            rule = rule_on(dated, code, last)
            more = {"year": last.year, "rule_number": rule.number if rule else NO_RULE, **_anchor(sealed)}
            found.append(_store(session, day, sums, more, clock=clock))
    return found


def _last_days(day: date) -> list[date]:
    """The last day counted of each year that `day` says something about."""
    return [day, date(day.year - 1, 12, 31)] if day.month == CLOSING else [day]


def recount(session: Session, snapshot: Snapshot) -> Recount:
    """Count again what `snapshot` counted, and say what differs."""
    found = tallies(session, snapshot.year, until=snapshot.day)[MetricCode(snapshot.metric_code)]
    now, then = frozenset(_ids(found)), frozenset(snapshot.inputs)
    return Recount(
        snapshot=snapshot,
        value=found.total,
        added=now - then,
        removed=then - now,
        same_inputs=found.fingerprint == snapshot.fingerprint,
    )


def _ids(sums: Tally) -> list[int]:
    return [line.facts.id for line in sums.counted]


def _anchor(head: Head) -> dict[str, object]:
    """Where the audit trail ended, so that somebody who cuts off its end is found out."""
    return {"audit_number": head.number, "audit_hash": head.hash}


def _store(session: Session, day: date, sums: Tally, more: dict[str, object], *, clock: Clock) -> Snapshot:
    values = {
        "metric_code": sums.metric.value,
        "day": day,
        "value": sums.total,
        "inputs": _ids(sums),
        "fingerprint": sums.fingerprint,
        "made_at": clock.now(),
        **more,
    }
    insert = insert_into(session, Snapshot, **values)
    session.execute(insert.on_conflict_do_nothing(index_elements=["metric_code", "day", "year"]))
    key = (Snapshot.metric_code == sums.metric.value, Snapshot.day == day, Snapshot.year == values["year"])
    return session.scalars(select(Snapshot).where(*key)).one()
