"""Two people at the same moment: nothing is doubled, nothing is lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select

from matchmaker.clock import FixedDayClock
from matchmaker.config import Settings
from matchmaker.db.models import Answer, Invitation, Need, OutboxMessage
from matchmaker.db.session import Sessions
from matchmaker.domain.pairing import Proposal, Reply
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Decision, InvitationStatus, MeetingKind, Role, Side
from matchmaker.errors import Conflict
from matchmaker.queries.invitations import counterpart
from matchmaker.services import invitations
from tests import factories as make

CLOCK = FixedDayClock(make.TODAY)


def at_once(*tasks: Callable[[], str]) -> list[str]:
    """Run the tasks at the same moment; each answers with a word, a refusal with "refused"."""
    barrier = Barrier(len(tasks))

    def run(task: Callable[[], str]) -> str:
        barrier.wait(timeout=10)
        try:
            return task()
        except Conflict:
            return "refused"

    with ThreadPoolExecutor(len(tasks)) as pool:
        return sorted(pool.map(run, tasks))


@pytest.mark.both_databases
def test_one_of_many_invitations_of_a_pair_is_sent(sessions: Sessions, settings: Settings) -> None:
    with sessions.write() as session:
        need_id = make.make_need(session).id
        key = f"expert:{make.make_expert(session).id}"
        city = make.actor_of(make.make_account(session, Role.CITY))

    def invite() -> str:
        with sessions.write() as session:
            need, party = session.get_one(Need, need_id), counterpart(session, key)
            proposal = Proposal(MeetingKind.INBOUND)
            invitations.invite(session, city, need, party, proposal, settings=settings, clock=CLOCK)
        return "sent"

    assert at_once(*[invite] * 6) == ["refused"] * 5 + ["sent"]
    with sessions.read() as session:
        assert session.scalar(select(func.count(Invitation.id))) == 1


@pytest.mark.both_databases
def test_both_sides_accept_in_the_same_moment(sessions: Sessions, settings: Settings) -> None:
    with sessions.write() as session:
        firm, expert = make.make_firm(session, make.make_unit(session)), make.make_expert(session)
        invitation_id = make.make_invitation(session, make.make_need(session, firm), expert).id
        firm_user = make.actor_of(make.make_account(session, Role.FIRM, organisation_id=firm.id))
        expert_user = make.actor_of(make.make_account(session, Role.EXPERT, expert_id=expert.id))

    def accept(actor: Actor, side: Side) -> Callable[[], str]:
        def run() -> str:
            with sessions.write() as session:
                invitation = session.get_one(Invitation, invitation_id)
                reply = Reply(Decision.ACCEPT)
                invitations.answer(session, actor, invitation, side, reply, settings=settings, clock=CLOCK)
            return "said"

        return run

    pairs = [(firm_user, Side.FIRM), (expert_user, Side.EXPERT)] * 3  # each double-clicks twice more
    assert at_once(*(accept(*pair) for pair in pairs)) == ["said"] * 6
    with sessions.read() as session:
        assert session.get_one(Invitation, invitation_id).status is InvitationStatus.ACCEPTED
        assert session.scalar(select(func.count(Answer.id))) == 2
        told = select(func.count(OutboxMessage.id)).where(OutboxMessage.notice == "invitation_accepted")
        assert session.scalar(told) == 1  # the firm of this test has no address
