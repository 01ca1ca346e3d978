"""The first hour of a bureau that starts empty: each step's state is read off what is on file."""

from sqlalchemy import select

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import Account, Setting
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import NeedStatus, Role
from matchmaker.queries.guide import StepName, guide, has_accounts
from matchmaker.services.guide import hide
from tests import factories as make

CITY, COLLEAGUE = Actor(Role.CITY, "专员", 1), Actor(Role.CITY, "同事", 2)


def test_one_step_after_the_other_is_done(sessions: Sessions) -> None:
    with sessions.write() as session:

        def now() -> StepName | None:
            return guide(session, CITY, 2026).next

        assert now() is StepName.PROFILE
        assert not has_accounts(session)
        unit = make.make_unit(session)
        assert now() is StepName.ORGANISATIONS
        firm = make.make_firm(session, unit, status="pending")
        institute = make.make_institute(session)
        assert now() is StepName.ORGANISATIONS  # a registration that waits is nobody on file yet
        firm = make.make_firm(session, unit)
        assert now() is StepName.EXPERTS
        expert = make.make_expert(session, institute)
        assert now() is StepName.POSTINGS
        need = make.make_need(session, firm, status=NeedStatus.CITY_REVIEW)
        make.make_capability(session, expert)
        assert now() is StepName.PEOPLE
        make.make_account(session, Role.CITY)
        assert has_accounts(session)
        assert now() is StepName.PEOPLE
        make.make_account(session, Role.EXPERT, expert_id=expert.id)
        assert now() is StepName.PUBLISH
        assert guide(session, CITY, 2026).number_done == 5
        make.make_need(session, firm, status=NeedStatus.PUBLISHED)
        assert now() is None
        assert not guide(session, CITY, 2026).shown
        assert need.status is NeedStatus.CITY_REVIEW


def test_it_is_put_away_by_one_person_and_taken_out_again(sessions: Sessions) -> None:
    clock = FixedDayClock(make.TODAY)
    with sessions.write() as session:
        people = [make.actor_of(make.make_account(session, Role.CITY)) for _ in range(2)]
        for hidden in (True, True):
            hide(session, people[0], hidden=hidden, clock=clock)
        assert [guide(session, actor, 2026).shown for actor in people] == [False, True]
        hide(session, people[0], hidden=False, clock=clock)
        assert guide(session, people[0], 2026).shown
        assert session.scalars(select(Setting)).all() == []
        assert len(session.scalars(select(Account)).all()) == 2
