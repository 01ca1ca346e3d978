"""What the number shown means: calibrated by the job or by hand, and back to plain likeness."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.locks import exclusive
from matchmaker.db.models import Calibration
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import Noun
from matchmaker.errors import Conflict, Forbidden
from matchmaker.i18n import gettext as _
from matchmaker.queries.calibration import Found, newest
from matchmaker.queries.parameters import running
from matchmaker.services import audit, reasons

MEASURED = ("good", "method", "before", "base", "after")


def adopt(session: Session, actor: Actor, found: Found, *, clock: Clock) -> Calibration:
    """Let the curve hold from now on.

    Raises `Forbidden`, `Conflict` when none was found or other numbers rank by now.
    """
    _may(actor)
    verdict = found.verdict
    if verdict.curve is None:
        raise Conflict(_(verdict.refusal.label) if verdict.refusal else _("没有可用的校准"))
    exclusive(session, "calibration")
    if running(session).version != found.parameters_version:
        raise Conflict(_("匹配参数刚刚换过，请重新校准"))
    return _put(session, actor, found, asdict(verdict.curve), clock=clock)


def end(session: Session, actor: Actor, *, reason: str, clock: Clock) -> Calibration:
    """Show plain likeness from now on; the job leaves it at that until somebody calibrates by hand.

    Raises `Forbidden`, `Invalid` without a reason, `Conflict` when nothing is calibrated.
    """
    _may(actor)
    why = reasons.given(reason)
    exclusive(session, "calibration")
    now = newest(session)
    if now is None or not now.scores:
        raise Conflict(_("现在显示的就是未校准的相似度"))
    return _put(session, actor, None, {}, reason=why, clock=clock, by_hand=True)


def renew(session: Session, actor: Actor, found: Found, *, clock: Clock) -> str:
    """The job's part: take over a curve of new labels, end one that they no longer bear out; what was done.

    Nothing is done where an officer has ended it, or where the labels are the same as before.
    """
    exclusive(session, "calibration")
    now, verdict = newest(session), found.verdict
    if now is not None and now.by_hand and not now.scores:
        return "ended by hand"
    if verdict.curve is None:
        if now is not None and now.scores:
            _put(session, actor, None, {}, reason=verdict.refusal.label if verdict.refusal else "", clock=clock)
        return f"not calibrated: {verdict.refusal}"
    if now is not None and now.scores and _counts(now) == (verdict.labels, verdict.good, found.parameters_version):
        return f"{now.labels} labels as before"
    row = adopt(session, actor, found, clock=clock)
    return f"calibrated by {row.labels} labels"


def _counts(row: Calibration) -> tuple[int, int, int]:
    return row.labels, row.figures["good"], row.parameters_version


def _may(actor: Actor) -> None:
    if not can(actor, Permission.LEXICON_EDIT):
        raise Forbidden(_("匹配参数由市科技局工作人员调整"))


def _put(
    session: Session,
    actor: Actor,
    found: Found | None,
    curve: Mapping[str, Any],
    *,
    clock: Clock,
    reason: str = "",
    by_hand: bool = False,
) -> Calibration:
    row = Calibration(
        scores=list(curve.get("scores", ())),
        shares=list(curve.get("shares", ())),
        parameters_version=found.parameters_version if found else running(session).version,
        labels=found.verdict.labels if found else 0,
        figures=_figures(found) if found else {},
        by_hand=by_hand,
        reason=reason,
        made_by=actor.name,
        made_at=clock.now(),
    )
    session.add(row)
    session.flush()
    audit.write(
        session,
        actor,
        action="calibrate" if found else "uncalibrate",
        noun=Noun.PARAMETERS,
        record_id=row.id,
        at=row.made_at,
        after={"labels": row.labels, "figures": row.figures},
        reason=reason,
    )
    return row


def _figures(found: Found) -> dict[str, Any]:
    verdict = found.verdict
    told = {name: getattr(verdict, name) for name in MEASURED}
    return told | {"gain": vars(verdict.gain), "bins": [asdict(each) for each in verdict.bins]}
