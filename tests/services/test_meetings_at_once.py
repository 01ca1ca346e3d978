"""Thirty people book the same expert in the same moment, on two hosts: one gets the hour, the others are told whose."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import time
from multiprocessing import get_context

import pytest
from sqlalchemy import func, select

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import Meeting
from matchmaker.db.session import Sessions
from matchmaker.domain.meetings import Plan
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import MeetingKind, Role
from matchmaker.services import meetings
from tests import factories as make

CLOCK = FixedDayClock(make.TODAY)
HOSTS, THREADS = 2, 15


def book_on_one_host(url: str, city: Actor, plans: list[Plan]) -> list[str]:
    """All of `plans` at once, each in its own thread; what came of each."""
    sessions = Sessions(url)

    def book(plan: Plan) -> str:
        try:
            with sessions.write() as session:
                return str(meetings.schedule(session, city, plan, clock=CLOCK).id)
        except meetings.PersonTaken as taken:
            return f"taken by {taken.clashes[0].meeting_id}"

    with ThreadPoolExecutor(len(plans)) as pool:
        outcomes = list(pool.map(book, plans))
    sessions.close()
    return outcomes


@pytest.mark.both_databases
def test_one_of_thirty_bookings_succeeds(sessions: Sessions) -> None:
    with sessions.write() as session:
        city = make.actor_of(make.make_account(session, Role.CITY))
        expert = make.make_expert(session)
        others = [make.make_expert(session) for _ in range(3)]
        firms = [make.make_firm(session, make.make_unit(session)) for _ in range(HOSTS * THREADS)]
        sites = [make.site_of(session, firm).id for firm in firms]
    plans = [
        Plan(
            kind=MeetingKind.INBOUND,
            day=make.TODAY,
            starts=time(9, index),  # all overlap, none are equal
            ends=time(11, index),
            site_id=site,
            firm_ids=(firm.id,),
            # the same people in different orders, which would be a deadlock if they were locked as they come
            expert_ids=tuple(one.id for one in ([expert, *others] if index % 2 else [*reversed(others), expert])),
        )
        for index, (firm, site) in enumerate(zip(firms, sites, strict=True))
    ]
    shares = [plans[:THREADS], plans[THREADS:]]
    with ProcessPoolExecutor(HOSTS, mp_context=get_context("spawn")) as hosts:
        runs = [hosts.submit(book_on_one_host, sessions.url, city, share) for share in shares]
        outcomes = [outcome for run in runs for outcome in run.result(timeout=120)]
    booked = [outcome for outcome in outcomes if outcome.isdigit()]
    assert len(booked) == 1, outcomes
    assert sorted(set(outcomes) - set(booked)) == [f"taken by {booked[0]}"]
    with sessions.read() as session:
        assert session.scalar(select(func.count(Meeting.id))) == 1
