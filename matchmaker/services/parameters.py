"""Which numbers the ranking runs with: taken over from tuning, or brought back. Nothing of it is deleted."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.locks import exclusive
from matchmaker.db.models import ParameterSet
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import Noun
from matchmaker.errors import Conflict, Forbidden, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.matching.tuning import changed
from matchmaker.queries.parameters import Tuned, running
from matchmaker.services import audit, suggestions


def adopt(session: Session, actor: Actor, found: Tuned, *, clock: Clock) -> ParameterSet:
    """Let what tuning has chosen hold from now on.

    Raises `Conflict` when it refused, or when other parameters have come into use since it began.
    """
    verdict = found.verdict
    if verdict is None or found.refusal:
        raise Conflict(found.refusal)
    exclusive(session, "parameters")
    if running(session) != found.running:
        raise Conflict("other parameters have come into use meanwhile; tune again")
    figures = {
        "labels": found.said.labels,
        "needs": found.said.needs,
        "before": verdict.before,
        "after": verdict.after,
        "gain": vars(verdict.gain),
    }
    return _put(session, actor, changed(verdict.chosen), figures, "", clock=clock)


def revert(session: Session, actor: Actor, version: int, *, reason: str, clock: Clock) -> ParameterSet:
    """Let an earlier version (0: the built-in numbers) hold again, as a version of its own.

    Raises `NotFound` for a version there never was.
    """
    exclusive(session, "parameters")
    before = session.get(ParameterSet, version)
    if before is None and version != 0:
        raise NotFound(f"no parameters of version {version}")
    return _put(session, actor, before.values if before else {}, {"version": version}, reason, clock=clock)


def _put(
    session: Session, actor: Actor, values: Mapping[str, Any], figures: Mapping[str, Any], reason: str, *, clock: Clock
) -> ParameterSet:
    """Every process fits its index anew when it next looks, and published needs are ranked again."""
    if not can(actor, Permission.LEXICON_EDIT):
        raise Forbidden(_("匹配参数由市科技局工作人员调整"))
    old = changed(running(session).parameters)
    row = ParameterSet(
        values=dict(values), figures=dict(figures), reason=reason, made_by=actor.name, made_at=clock.now()
    )
    session.add(row)
    session.flush()
    suggestions.ask_all(session)
    audit.write(
        session,
        actor,
        action="adopt",
        noun=Noun.PARAMETERS,
        record_id=row.id,
        at=row.made_at,
        before={"values": old},
        after={"values": row.values, "figures": row.figures},
        reason=reason,
    )
    return row
