"""Three firms, two institutes and who plans a day among them."""

from dataclasses import replace
from datetime import date, time, timedelta
from types import SimpleNamespace
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.clock import FixedDayClock
from matchmaker.domain.journeys import JourneyPlan, Stop
from matchmaker.domain.vocabulary import MeetingKind, Role
from tests import factories as make
from tests.support.counting import make_counting

CLOCK = FixedDayClock(make.TODAY)
DAY = make.TODAY + timedelta(days=7)
HOURS = ((time(9), time(10, 30)), (time(11), time(12)), (time(14), time(15, 30)))


def make_journeys(session: Session) -> SimpleNamespace:
    make_counting(session)
    units = [make.make_unit(session, name) for name in ("甲县", "乙县", "丙县")]
    firms = [
        make.make_firm(session, unit, name=f"{letter}公司", contact_name=f"{letter}经理", contact_phone=f"0316-{at}")
        for at, (unit, letter) in enumerate(zip(units, "ABC", strict=True))
    ]
    hosts = [
        make.make_institute(session, name=name, contact_email=f"{name}@example.org") for name in ("甲大学", "乙所")
    ]
    experts = [make.make_expert(session, host, name=name) for host, name in zip(hosts, ("张三", "李四"), strict=True)]
    return SimpleNamespace(
        firms=firms,
        hosts=hosts,
        experts=experts,
        needs=[make.make_need(session, firm, title=f"{firm.name}的难题") for firm in firms],
        works=[make.site_of(session, firm).id for firm in firms],
        campuses=[make.site_of(session, host).id for host in hosts],
        city=make.actor_of(make.make_account(session, Role.CITY)),
        other=make.actor_of(make.make_account(session, Role.CITY)),
        leader=make.actor_of(make.make_account(session, Role.LEADER)),
        county=make.actor_of(make.make_account(session, Role.COUNTY, unit_id=units[0].id)),
        manager=make.actor_of(make.make_account(session, Role.INSTITUTE, organisation_id=hosts[0].id)),
        stranger=make.actor_of(make.make_account(session, Role.INSTITUTE, organisation_id=hosts[1].id)),
        firm=make.actor_of(make.make_account(session, Role.FIRM, organisation_id=firms[0].id)),
    )


def route(world: SimpleNamespace, day: date = DAY, **changed: Any) -> JourneyPlan:
    """One expert, three firms, one after another."""
    stops = tuple(
        Stop(organisation_id=firm.id, site_id=works, starts=starts, ends=ends, need_ids=(need.id,))
        for firm, works, need, (starts, ends) in zip(world.firms, world.works, world.needs, HOURS, strict=True)
    )
    plan = JourneyPlan(MeetingKind.INBOUND, day, (world.experts[0].id,), stops)
    return replace(plan, **changed)


def trip(world: SimpleNamespace, day: date = DAY, **changed: Any) -> JourneyPlan:
    """Three firms, two institutes on one bus."""
    stops = tuple(
        Stop(
            organisation_id=host.id,
            site_id=campus,
            starts=starts,
            ends=ends,
            expert_ids=(expert.id,),
            need_ids=tuple(need.id for need in world.needs),
        )
        for host, campus, expert, (starts, ends) in zip(
            world.hosts, world.campuses, world.experts, HOURS[:2], strict=True
        )
    )
    plan = JourneyPlan(MeetingKind.OUTBOUND, day, tuple(firm.id for firm in world.firms), stops)
    return replace(plan, **changed)
