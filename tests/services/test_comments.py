"""Reviewer and owner talk about a capability; each hears of what the other says."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import Account, Audit, Capability, Comment, Notice, OutboxMessage
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import CapabilityStatus, Role
from matchmaker.errors import Forbidden, Invalid
from matchmaker.services import capabilities
from tests import factories as make

CLOCK = FixedDayClock(make.TODAY)


@dataclass
class Talk:
    session: Session
    capability: Capability
    city: Actor
    expert: Actor
    manager: Actor

    def say(self, actor: Actor, body: str = "请补充样件照片。") -> None:
        capabilities.comment(self.session, actor, self.capability, body, clock=CLOCK)

    def told(self) -> list[Role]:
        statement = select(Account.role).join(Notice, Notice.account_id == Account.id).order_by(Account.role)
        return list(self.session.scalars(statement))


@pytest.fixture
def talk(sessions: Sessions) -> Iterator[Talk]:
    with sessions.write() as session:
        expert = make.make_expert(session, email="expert@example.org")
        accounts = [
            make.make_account(session, Role.CITY, email="city@example.org"),
            make.make_account(session, Role.EXPERT, expert_id=expert.id),
            make.make_account(session, Role.INSTITUTE, organisation_id=expert.institute_id),
        ]
        capability = make.make_capability(session, expert, status=CapabilityStatus.REVIEW)
        yield Talk(session, capability, *map(make.actor_of, accounts))


def test_the_owner_and_the_institute_hear_of_an_officer_s_remark(talk: Talk) -> None:
    talk.say(talk.city)
    assert talk.told() == [Role.EXPERT, Role.INSTITUTE]
    [letter] = talk.session.scalars(select(OutboxMessage))
    assert (letter.recipient, letter.payload["message"]) == ("expert@example.org", "请补充样件照片。")
    assert talk.session.scalars(select(Audit.action).where(Audit.action == "comment")).all() == ["comment"]


@pytest.mark.parametrize("who", ["expert", "manager"])
def test_the_city_hears_of_the_reply(talk: Talk, who: str) -> None:
    talk.say(getattr(talk, who), "照片下周补上。")
    assert talk.told() == [Role.CITY]


def test_a_return_with_its_reason_is_told_as_well(talk: Talk) -> None:
    capabilities.review(talk.session, talk.city, talk.capability, "return", clock=CLOCK, reason="太笼统")
    assert talk.told() == [Role.EXPERT, Role.INSTITUTE]
    assert talk.session.scalars(select(Comment.body)).all() == ["太笼统"]


def test_a_firm_and_other_experts_do_not_take_part(talk: Talk) -> None:
    firm = make.make_firm(talk.session, make.make_unit(talk.session))
    strangers = [
        make.make_account(talk.session, Role.FIRM, organisation_id=firm.id),
        make.make_account(talk.session, Role.EXPERT, expert_id=make.make_expert(talk.session).id),
        make.make_account(talk.session, Role.LEADER),
    ]
    for account in strangers:
        with pytest.raises(Forbidden):
            talk.say(make.actor_of(account))
    assert talk.session.scalars(select(Comment)).all() == []


@pytest.mark.parametrize("body", ["  ", "字" * 2001, "本段为机密★内容"])
def test_nothing_too_much_or_secret_is_not_kept(talk: Talk, body: str) -> None:
    with pytest.raises(Invalid):
        talk.say(talk.city, body)
    assert talk.session.scalars(select(Comment)).all() == []
