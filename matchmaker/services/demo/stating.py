"""What an officer of the demonstration has stated for the conditions of a measure that is for projects."""

from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Subsidy, Team
from matchmaker.domain.drafts import HoldsDraft, SumDraft
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import ConditionKind
from matchmaker.queries import subsidies as queries
from matchmaker.queries.subsidies import Party
from matchmaker.services import subsidies
from matchmaker.services.demo.script import Script

SUMS = (Decimal("268.4"), Decimal(60))  # 万元, one after the other


def state(session: Session, script: Script, team: Team, officer: Actor, *, clock: Clock) -> None:
    """A project of a team's firm under the first measure that asks by project: its figures, one question left open."""
    rows = session.scalars(select(Subsidy).order_by(Subsidy.id))
    row = next((one for one in rows if queries.read(one).terms.per_project), None)
    if row is None:
        return
    whose, document = Party(team.need.firm, None, team.need.title), script.phrases["stated_document"][0]
    conditions = queries.read(row).conditions
    sums = iter(SUMS)
    for condition in [one for one in conditions if one.kind is ConditionKind.AMOUNT][: len(SUMS)]:
        paid = SumDraft.model_validate({"amount_wan": str(next(sums)), "document": document})
        subsidies.state(session, officer, row, whose, condition=condition, draft=paid, reason="", clock=clock)
    first = next((one for one in conditions if one.kind is ConditionKind.STATED), None)
    if first is not None:
        yes = HoldsDraft.model_validate({"holds": "yes", "document": document})
        subsidies.state(session, officer, row, whose, condition=first, draft=yes, reason="", clock=clock)
