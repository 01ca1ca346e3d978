"""A team in its yearly evaluation, for tests."""

from datetime import date

from sqlalchemy import select

from matchmaker.db.models import Evaluation
from matchmaker.domain.drafts import TeamDraft, check
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Role
from matchmaker.services import evaluation_rounds as rounds
from matchmaker.services import evaluations as services
from matchmaker.services import team_life
from tests import factories as make
from tests.support.teams import CLOCK, Work

YEAR = make.TODAY.year
DUE = date(YEAR, 12, 20)
FULL = {"tasks": "30", "service": "20", "industry": "15", "effect": "20", "firms": "10", "unit": "5"}
PERSON = {"times": "20", "days": "20", "problems": "20", "training": "5", "firms": "10"}


class Judged(Work):
    """A serving team with approved and rated logs, and a second officer of the city."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.second = make.actor_of(make.make_account(self.session, Role.CITY))
        self.serving()

    def open(self) -> Evaluation:
        self.round = rounds.prepare(self.session, self.city, YEAR, due_on=DUE, clock=CLOCK)
        assert rounds.open_round(self.session, self.city, self.round, clock=CLOCK) == 1
        return self.session.scalars(select(Evaluation)).unique().one()

    def report(self, row: Evaluation, actor: Actor | None = None, *, submit: bool = True) -> None:
        who, words = actor or self.lead, {"tasks": "小试完成"}
        services.report(self.session, who, row, words, people={}, version=row.version, clock=CLOCK)
        if submit:
            services.move(self.session, who, row, "submit", clock=CLOCK)

    def review(self, row: Evaluation, actor: Actor | None = None) -> None:
        services.review(self.session, actor or self.county, row, "属实", clock=CLOCK)

    def score(self, row: Evaluation, actor: Actor | None = None, **points: str) -> None:
        people = {one.expert_id: PERSON for one in row.people}
        who, version = actor or self.city, row.version
        services.score(self.session, who, row, FULL | points, people=people, remark="", version=version, clock=CLOCK)

    def scored(self, **points: str) -> Evaluation:
        row = self.open()
        self.report(row)
        self.review(row)
        self.score(row, **points)
        return row

    def published(self, **points: str) -> Evaluation:
        row = self.scored(**points)
        rounds.publish(self.session, self.second, self.round, clock=CLOCK)
        return row

    def provincial(self) -> None:
        """The team becomes a provincial one, as an officer enters it."""
        stated = {"name": self.team.name, "starts_on": self.team.starts_on, "ends_on": self.team.ends_on}
        draft, _errors = check(TeamDraft, stated | {"level": "province"})
        assert draft is not None
        team_life.edit(self.session, self.city, self.team, draft, version=self.team.version, clock=CLOCK)
