"""The facts on file that an evaluation is scored by: approved logs of the year, milestones, what firms said."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session, object_session

from matchmaker.db.models import Account, Evaluation, Team, Unit
from matchmaker.domain.service_logs import ServiceTotals
from matchmaker.domain.task_books import day_text
from matchmaker.domain.vocabulary import Proof
from matchmaker.i18n import gettext as _
from matchmaker.i18n import with_detail
from matchmaker.queries import service_totals, team_life
from matchmaker.queries.choices import named


def of_team(session: Session, team: Team, year: int) -> dict[str, Any]:
    """A team's facts of a year, as they are kept with its report: numbers only, `tell` makes sentences of them."""
    totals = service_totals.of_teams(session, [team.id], year).get(team.id, service_totals.NOTHING)
    due = [row for row in team_life.milestones(session, team) if row.dropped_at is None and row.due.year <= year]
    book = team_life.signed_book(session, team)
    return _facts(totals) | {
        "milestones": len(due),
        "reached": sum(row.done_on is not None and row.done_on.year <= year for row in due),
        "target_half_days": book.target_half_days if book else None,
        "target_times": book.target_times if book else None,
    }


def of_people(session: Session, team: Team, year: int) -> dict[int, dict[str, Any]]:
    """Expert → their facts of a year within the team; who has no approved log is left out."""
    return {number: _facts(totals) for number, totals in service_totals.of_people(session, team.id, year).items()}


def _facts(totals: ServiceTotals) -> dict[str, Any]:
    return {
        "half_days": totals.half_days,
        "times": totals.times,
        "firms": totals.firms,
        "rated": totals.rated,
        "rating": round(totals.rating, 1) if totals.rating else None,
    }


def tell(proof: Proof, facts: Mapping[str, Any], evaluation: Evaluation | None = None) -> str:
    """What stands beside a criterion; "" where there is nothing on file."""
    if proof is Proof.UNIT:
        return _opinion(evaluation) if evaluation else ""
    teller = _TELLERS.get(proof)
    return teller(facts) if teller and facts else ""


def _opinion(evaluation: Evaluation) -> str:
    """The unit's word, and whose it is."""
    session = object_session(evaluation)
    reviewer = session.get(Account, evaluation.reviewed_by_id) if session and evaluation.reviewed_by_id else None
    unit = session.get(Unit, reviewer.unit_id) if session and reviewer and reviewer.unit_id else None
    return with_detail(evaluation.unit_opinion, named(unit)) if unit else evaluation.unit_opinion


def in_words(facts: Mapping[str, Any]) -> str:
    """A person's facts in a sentence; "" without any."""
    return _("；").join(teller(facts) for teller in (_days, _rating)) if facts.get("times") else ""


def _milestones(facts: Mapping[str, Any]) -> str:
    number = facts.get("milestones") or 0
    return _("到期里程碑 %(due)s 项，完成 %(done)s 项", due=number, done=facts.get("reached") or 0) if number else ""


def _days(facts: Mapping[str, Any]) -> str:
    told = _(
        "服务 %(days)s 天、%(times)s 次", days=day_text(facts.get("half_days") or 0), times=facts.get("times") or 0
    )
    target = facts.get("target_half_days")
    return told + (_("；任务书整个任期目标 %(days)s 天", days=day_text(target)) if target else "")


def _times(facts: Mapping[str, Any]) -> str:
    return _("服务 %(times)s 次", times=facts.get("times") or 0)


def _firms(facts: Mapping[str, Any]) -> str:
    return _("服务企业 %(firms)s 家", firms=facts.get("firms") or 0)


def _rating(facts: Mapping[str, Any]) -> str:
    if not facts.get("rated"):
        return _("还没有企业评分")
    return _("企业评分平均 %(rating)s（满分 5），%(number)s 次", rating=facts["rating"], number=facts["rated"])


_TELLERS = {
    Proof.MILESTONES: _milestones,
    Proof.DAYS: _days,
    Proof.TIMES: _times,
    Proof.FIRMS: _firms,
    Proof.RATING: _rating,
}
