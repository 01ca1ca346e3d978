"""An officer's open items pass to another: all or none, audited one by one, told once, and back."""

from types import SimpleNamespace

import pytest
from sqlalchemy import select

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import Account, Audit, Invitation, Meeting, Need, OutboxMessage
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import InvitationStatus, MeetingKind, MeetingStatus, NeedStatus, Noun, Role
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.queries import handover as queries
from matchmaker.queries import meetings, needs
from matchmaker.queries.listing import Wanted
from matchmaker.services import handover as services
from tests import factories as make

CLOCK = FixedDayClock(make.TODAY)
ADMIN = Actor(Role.ADMIN, "管理员", 901)
OPEN = {NeedStatus.COUNTY_REVIEW, NeedStatus.CITY_REVIEW, NeedStatus.RETURNED, NeedStatus.PUBLISHED}


@pytest.fixture
def world(sessions: Sessions) -> SimpleNamespace:
    """An officer with needs, meetings and invitations in every state; a colleague; two counties."""
    with sessions.write() as session:
        unit, other = make.make_unit(session), make.make_unit(session, "乙县")
        leaver = make.make_account(session, Role.CITY, name="张三", active=False)
        heir = make.make_account(session, Role.CITY, name="李四", email="li@example.org")
        county = make.make_account(session, Role.COUNTY, unit_id=unit.id, name="县甲")
        neighbour = make.make_account(session, Role.COUNTY, unit_id=other.id, name="县乙")
        firm, expert = make.make_firm(session, unit), make.make_expert(session)
        wanted = [make.make_need(session, firm, status=status, officer_id=leaver.id) for status in NeedStatus]
        for status in MeetingStatus:
            kind = MeetingKind.INBOUND
            make.make_meeting(session, kind, [firm], [expert], status=status, officer_id=leaver.id)
        for status in InvitationStatus:
            make.make_invitation(session, wanted[0], expert, status=status, officer_id=leaver.id)
        make.make_need(session, firm, officer_id=heir.id)
        make.make_need(session, firm)
    ids = {"leaver": leaver.id, "heir": heir.id, "county": county.id, "neighbour": neighbour.id}
    return SimpleNamespace(**ids, unit=unit.id)


def give(sessions: Sessions, sender: int, receiver: int, keys: list[str] | None = None, reason: str = "调岗") -> int:
    with sessions.write() as session:
        keys = [item.key for item in queries.open_items(session, sender)] if keys is None else keys
        accounts = session.get_one(Account, sender), session.get_one(Account, receiver)
        return services.hand_over(session, ADMIN, *accounts, keys, reason=reason, clock=CLOCK)


@pytest.mark.both_databases
def test_all_open_items_pass_with_one_letter_and_an_entry_each(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.read() as session:
        items = queries.open_items(session, world.leaver)
        assert {item.status for item in items if item.noun is Noun.NEED} == OPEN
        assert {item.status for item in items} - OPEN == {MeetingStatus.PLANNED, InvitationStatus.OPEN}
        versions = {need.id: need.version for need in session.scalars(select(Need))}
    assert give(sessions, world.leaver, world.heir) == len(items) == 6
    with sessions.read() as session:
        assert queries.number_of(session, world.leaver) == 0
        assert queries.numbers(session) == {world.heir: 7}
        trail = session.scalars(select(Audit).where(Audit.action == queries.ACTION)).all()
        assert {(row.noun, row.record_id) for row in trail} == {(item.noun, item.id) for item in items}
        assert {(row.before["officer"], row.after["officer"], row.reason) for row in trail} == {
            ("张三", "李四", "调岗")
        }
        letter = session.scalars(select(OutboxMessage)).one()
        assert (letter.notice, letter.recipient) == ("handed_over", "li@example.org")
        assert letter.payload["title"] == "技术需求 4 项、对接活动 1 项、对接邀请 1 项"
        assert versions == {need.id: need.version for need in session.scalars(select(Need))}  # no edit is made stale


def test_it_is_undone_by_handing_back(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.write() as session:
        session.get_one(Account, world.leaver).active = True
    give(sessions, world.leaver, world.heir)
    with sessions.read() as session:
        (handed,) = queries.lately(session)
        assert (handed.sender, handed.receiver, handed.number) == ("张三", "李四", 6)
        assert len(handed.still) == 6  # the heir's own need is not among them
    give(sessions, handed.receiver_id, handed.sender_id, list(handed.still), "回来了")
    with sessions.read() as session:
        assert queries.numbers(session) == {world.leaver: 6, world.heir: 1}
        newest, oldest = queries.lately(session)
        assert (newest.number, len(newest.still), len(oldest.still)) == (6, 6, 0)


def test_one_item_that_is_gone_stops_all(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.write() as session:
        keys = [item.key for item in queries.open_items(session, world.leaver)]
        invitation = session.scalars(select(Invitation).where(Invitation.status == InvitationStatus.OPEN)).one()
        invitation.officer_id = world.heir
    with pytest.raises(Conflict, match="换了承办人"):
        give(sessions, world.leaver, world.heir, keys)
    with sessions.read() as session:
        assert queries.number_of(session, world.leaver) == 5
        assert session.scalars(select(Audit)).all() == []


def test_a_county_officer_takes_over_only_the_own_unit_s(sessions: Sessions, world: SimpleNamespace) -> None:
    with pytest.raises(Invalid, match="其中 6 项"):
        give(sessions, world.leaver, world.neighbour)
    assert give(sessions, world.leaver, world.county) == 6


def test_what_is_refused(sessions: Sessions, world: SimpleNamespace) -> None:
    for receiver, keys, reason, field in [
        (world.heir, [], "调岗", "items"),
        (world.heir, ["meeting:x", "team:1"], "调岗", "items"),
        (world.heir, None, " ", "reason"),
        (world.leaver, None, "调岗", "to"),
    ]:
        with pytest.raises(Invalid) as refused:
            give(sessions, world.leaver, receiver, keys, reason)
        assert set(refused.value.errors) == {field}
    with pytest.raises(Invalid):
        give(sessions, world.heir, world.leaver)  # locked: nobody would see to it


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.CITY, Role.ADMIN}))
def test_only_the_city_and_the_administrator_hand_over(sessions: Sessions, world: SimpleNamespace, role: Role) -> None:
    actor = Actor(role, "别人", 99, organisation_id=1, unit_id=world.unit, expert_id=1)
    with sessions.write() as session:
        accounts = session.get_one(Account, world.leaver), session.get_one(Account, world.heir)
        with pytest.raises(Forbidden):
            services.hand_over(session, actor, *accounts, ["need:1"], reason="调岗", clock=CLOCK)


def test_lists_filter_by_officer_for_officers_alone(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.read() as session:
        heir = make.actor_of(session.get_one(Account, world.heir))
        mine, nobody, theirs = ({"officer": value} for value in ("me", "none", str(world.leaver)))
        counts = [needs.search(session, heir, Wanted(filters=f)).total for f in (mine, nobody, theirs)]
        assert counts == [1, 1, len(NeedStatus)]
        assert meetings.search(session, heir, Wanted(filters=mine), make.TODAY).total == 0
        assert meetings.search(session, heir, Wanted(filters=theirs), make.TODAY).total == len(MeetingStatus)
        leader = Actor(Role.LEADER, "领导", world.leaver)
        everything = needs.search(session, leader, Wanted()).total
        assert needs.search(session, leader, Wanted(filters=mine)).total == everything
        assert session.scalars(select(Meeting.officer_id)).first() == world.leaver
