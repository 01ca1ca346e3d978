"""Firms and institutes say whether the record is true: who is asked, who may answer, and what becomes of it."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select

from matchmaker.clock import FixedDayClock
from matchmaker.config import Settings
from matchmaker.db.models import Audit, Expert, Meeting, MeetingConfirmation, MeetingExpert, Organisation, OutboxMessage
from matchmaker.db.session import Sessions
from matchmaker.domain.meetings import Presence, Record
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Attendance, MeetingKind, MeetingStatus, RecordAnswer, Role, Side
from matchmaker.errors import Conflict, Forbidden, Invalid, NotFound
from matchmaker.queries import meeting_words as queries
from matchmaker.queries import worklist
from matchmaker.services import meeting_links, meeting_words, meetings, merging
from tests import factories as make
from tests.support.counting import make_counting

CLOCK = FixedDayClock(make.TODAY)
AGREES, DIFFERS = RecordAnswer.AGREES, RecordAnswer.DIFFERS
CAME, AWAY = Presence(Attendance.ATTENDED), Presence(Attendance.ABSENT)


@pytest.fixture
def world(sessions: Sessions) -> SimpleNamespace:
    """An outbound meeting of three firms, of which one stayed away, recorded by a city officer."""
    with sessions.write() as session:
        make_counting(session)
        unit = make.make_unit(session)
        firms = [make.make_firm(session, unit, contact_email=f"firm{at}@example.org") for at in range(3)]
        host = make.make_institute(session, contact_email="host@example.org")
        expert = make.make_expert(session, host, name="周教授", email="zhou@example.org")
        meeting = make.make_meeting(session, MeetingKind.OUTBOUND, firms, [expert], host)
        city, second = (make.actor_of(make.make_account(session, Role.CITY)) for _ in range(2))
        far = make.make_unit(session).id
        world = SimpleNamespace(
            meeting=meeting.id,
            firms=[firm.id for firm in firms],
            host=host.id,
            expert=expert.id,
            city=city,
            second=second,
            far=make.actor_of(make.make_account(session, Role.COUNTY, unit_id=far)),
            firm=make.actor_of(make.make_account(session, Role.FIRM, organisation_id=firms[0].id)),
            person=make.actor_of(make.make_account(session, Role.EXPERT, expert_id=expert.id)),
            manager=make.actor_of(make.make_account(session, Role.INSTITUTE, organisation_id=host.id)),
        )
    enter(sessions, world)
    return world


def enter(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.write() as session:
        meeting = session.get_one(Meeting, world.meeting)
        firms = dict(zip(world.firms, (CAME, CAME, AWAY), strict=True))
        record = Record(firms, {world.expert: CAME}, "谈了焊接。")
        meetings.record(session, world.city, meeting, record, clock=CLOCK)


def say(
    sessions: Sessions,
    world: SimpleNamespace,
    actor: Actor,
    party: int,
    answer: RecordAnswer | None = AGREES,
    remark: str = "",
    **more: str,
) -> None:
    with sessions.write() as session:
        meeting = session.get_one(Meeting, world.meeting)
        meeting_words.confirm(session, actor, meeting, party, answer, remark=remark, clock=CLOCK, **more)


def standings(sessions: Sessions, world: SimpleNamespace) -> dict[int, tuple[str, bool, bool]]:
    """Party → (what it said, whether outdated, whether an open difference)."""
    with sessions.read() as session:
        found = queries.standings(session.get_one(Meeting, world.meeting))
        return {
            one.party.organisation.id: (one.said.answer.value if one.said else "", one.outdated, one.open_difference)
            for one in found
        }


def waiting(sessions: Sessions, actor: Actor) -> int:
    with sessions.read() as session:
        return worklist.of(session, actor, make.TODAY, review_days=5).differing.number


def test_everybody_who_came_and_the_host_are_asked_once(
    sessions: Sessions, world: SimpleNamespace, settings: Settings
) -> None:
    for _ in range(2):
        with sessions.write() as session:
            meeting_words.ask(session, session.get_one(Meeting, world.meeting), settings=settings, clock=CLOCK)
    with sessions.read() as session:
        letters = {row.recipient: row.payload for row in session.scalars(select(OutboxMessage))}
    assert set(letters) == {"firm0@example.org", "firm1@example.org", "host@example.org"}
    token = letters["host@example.org"]["path"].removeprefix("/v/")
    grant = meeting_links.read_record_token(settings.key(), token)
    assert (grant.meeting_id, grant.organisation_id, grant.expert_id) == (world.meeting, world.host, None)


@pytest.mark.parametrize(
    ("kind", "host_address", "expert_address", "asked"),
    [
        (MeetingKind.INBOUND, "host@example.org", "zhou@example.org", "zhou@example.org"),
        (MeetingKind.INBOUND, "host@example.org", "", "host@example.org"),
        (MeetingKind.OUTBOUND, "", "zhou@example.org", "zhou@example.org"),
        (MeetingKind.OUTBOUND, "host@example.org", "zhou@example.org", "host@example.org"),
    ],
)
def test_the_institutes_side_is_who_can_be_reached(
    sessions: Sessions, settings: Settings, kind: MeetingKind, host_address: str, expert_address: str, asked: str
) -> None:
    with sessions.write() as session:
        firm = make.make_firm(session, make.make_unit(session), contact_email="")
        host = make.make_institute(session, contact_email=host_address)
        expert = make.make_expert(session, host, email=expert_address)
        of_visit = {"host": host} if kind is MeetingKind.OUTBOUND else {}
        meeting = make.make_meeting(session, kind, [firm], [expert], status=MeetingStatus.HELD, **of_visit)
        meeting.firms[0].attendance = meeting.experts[0].attendance = Attendance.ATTENDED
        meeting.recorded_at = CLOCK.now()
        session.flush()
        meeting_words.ask(session, meeting, settings=settings, clock=CLOCK)
        assert [row.recipient for row in session.scalars(select(OutboxMessage))] == [asked]
        assert [party.side for party in queries.parties(meeting)] == [Side.FIRM, Side.EXPERT]


def test_what_was_long_ago_is_not_asked_about(sessions: Sessions, world: SimpleNamespace, settings: Settings) -> None:
    late = FixedDayClock(make.TODAY + timedelta(days=61))
    with sessions.write() as session:
        meeting_words.ask(session, session.get_one(Meeting, world.meeting), settings=settings, clock=late)
        assert session.scalars(select(OutboxMessage)).all() == []


def test_each_side_speaks_for_itself_and_officers_for_any(sessions: Sessions, world: SimpleNamespace) -> None:
    for actor, party in ((world.firm, world.firms[1]), (world.firm, world.host), (world.far, world.firms[0])):
        with pytest.raises(Forbidden):
            say(sessions, world, actor, party, remark="电话里说的")
    say(sessions, world, world.firm, world.firms[0])
    say(sessions, world, world.person, world.host)
    with pytest.raises(Invalid) as refused:
        say(sessions, world, world.city, world.firms[1])
    assert list(refused.value.errors) == ["remark"]
    say(sessions, world, world.city, world.firms[1], remark="6 月 16 日电话")
    with pytest.raises(NotFound):  # it was not there
        say(sessions, world, world.city, world.firms[2], remark="电话")
    said = standings(sessions, world)
    assert said == dict.fromkeys([*world.firms[:2], world.host], ("agrees", False, False))
    with sessions.read() as session:
        rows = {row.organisation_id: row for row in session.scalars(select(MeetingConfirmation))}
        assert [rows[key].on_behalf for key in (*world.firms[:2], world.host)] == [False, True, False]
        assert rows[world.host].expert_id == world.expert
        trail = session.scalars(select(Audit).where(Audit.action == "confirm_record").order_by(Audit.id)).all()
        assert [row.on_behalf for row in trail] == [False, False, True]
    say(sessions, world, world.manager, world.host, DIFFERS, "到会的还有两位博士生")
    assert standings(sessions, world)[world.host] == ("differs", False, True)


def test_a_difference_blocks_nothing_and_waits_for_an_officer(sessions: Sessions, world: SimpleNamespace) -> None:
    with pytest.raises(Invalid):
        say(sessions, world, world.firm, world.firms[0], DIFFERS)
    with pytest.raises(Invalid):
        say(sessions, world, world.firm, world.firms[0], None)
    say(sessions, world, world.firm, world.firms[0], DIFFERS, "张三没有到场")
    assert waiting(sessions, world.city) == 1
    assert waiting(sessions, world.far) == 0
    with sessions.write() as session:
        meetings.verify(session, world.second, session.get_one(Meeting, world.meeting), clock=CLOCK)
    assert waiting(sessions, world.city) == 1
    with sessions.write() as session:
        meeting = session.get_one(Meeting, world.meeting)
        [word] = meeting.confirmations
        with pytest.raises(Forbidden):
            meeting_words.settle(session, world.firm, meeting, word, reason="改了", clock=CLOCK)
        with pytest.raises(Invalid):
            meeting_words.settle(session, world.city, meeting, word, reason=" ", clock=CLOCK)
        meeting_words.settle(session, world.city, meeting, word, reason="电话核对，确已到场", clock=CLOCK)
    assert waiting(sessions, world.city) == 0
    with sessions.write() as session:
        meeting = session.get_one(Meeting, world.meeting)
        with pytest.raises(Conflict):
            meeting_words.settle(session, world.city, meeting, meeting.confirmations[0], reason="再来", clock=CLOCK)
    say(sessions, world, world.firm, world.firms[0], DIFFERS, "还是不对")
    assert waiting(sessions, world.city) == 1


def test_a_record_entered_anew_is_confirmed_anew(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.read() as session:
        seen = meeting_words.record_id(session.get_one(Meeting, world.meeting))
    say(sessions, world, world.firm, world.firms[0], DIFFERS, "张三没有到场", seen=seen)
    with sessions.write() as session:
        meeting = session.get_one(Meeting, world.meeting)
        meetings.reject(session, world.second, meeting, reason="按企业意见更正", clock=CLOCK)
    assert standings(sessions, world) == {}
    assert waiting(sessions, world.city) == 0
    with pytest.raises(Conflict):
        say(sessions, world, world.firm, world.firms[0])
    enter(sessions, world)
    assert standings(sessions, world)[world.firms[0]] == ("differs", True, False)
    with pytest.raises(Conflict):
        say(sessions, world, world.firm, world.firms[0], seen=seen)
    say(sessions, world, world.firm, world.firms[0])
    assert standings(sessions, world)[world.firms[0]] == ("agrees", False, False)
    with sessions.read() as session:
        assert session.scalars(select(func.count(MeetingConfirmation.id))).one() == 1


def test_a_links_holder_is_the_party_it_was_sent_to(sessions: Sessions, world: SimpleNamespace) -> None:
    until = make.TODAY
    with sessions.read() as session:
        firm = meeting_words.speaker(session, meeting_links.RecordGrant(world.meeting, world.firms[0], None, until))
        host = meeting_words.speaker(session, meeting_links.RecordGrant(world.meeting, world.host, None, until))
        person = meeting_words.speaker(
            session, meeting_links.RecordGrant(world.meeting, world.host, world.expert, until)
        )
        with pytest.raises(NotFound):
            meeting_words.speaker(session, meeting_links.RecordGrant(world.meeting, 99_999, None, until))
    assert [firm.role, host.role, person.role] == [Role.FIRM, Role.INSTITUTE, Role.EXPERT]
    for actor, party in ((firm, world.firms[0]), (host, world.host), (person, world.host)):
        say(sessions, world, actor, party)


def joined_by(sessions: Sessions, world: SimpleNamespace, *, in_group: bool) -> Actor:
    """A guest of another institute who came along, perhaps as a member of the host's group."""
    with sessions.write() as session:
        guest = make.make_expert(session, make.make_institute(session), email="guest@example.org")
        meeting = session.get_one(Meeting, world.meeting)
        meeting.group = make.make_group(session, session.get_one(Expert, world.expert), guest) if in_group else None
        session.add(MeetingExpert(meeting_id=meeting.id, expert_id=guest.id, attendance=Attendance.ATTENDED))
        return make.actor_of(make.make_account(session, Role.EXPERT, expert_id=guest.id))


def test_a_guest_of_another_institute_does_not_speak_for_the_host(
    sessions: Sessions, world: SimpleNamespace, settings: Settings
) -> None:
    guest = joined_by(sessions, world, in_group=False)
    with pytest.raises(Forbidden):
        say(sessions, world, guest, world.host)
    with sessions.write() as session:
        session.get_one(Organisation, world.host).contact_email = ""
        meeting_words.ask(session, session.get_one(Meeting, world.meeting), settings=settings, clock=CLOCK)
        assert "guest@example.org" not in set(session.scalars(select(OutboxMessage.recipient)))


def test_a_difference_is_taken_back_by_who_named_it_or_the_manager(sessions: Sessions, world: SimpleNamespace) -> None:
    member = joined_by(sessions, world, in_group=True)
    for first, over in ((world.manager, member), (world.manager, world.person), (world.person, member)):
        say(sessions, world, first, world.host, DIFFERS, "人数不对")
        with pytest.raises(Forbidden, match="已说明有出入"):
            say(sessions, world, over, world.host)
        assert standings(sessions, world)[world.host] == ("differs", False, True)
        say(sessions, world, world.manager, world.host)
    say(sessions, world, member, world.host, DIFFERS, "时间不对")
    say(sessions, world, member, world.host)
    assert standings(sessions, world)[world.host] == ("agrees", False, False)


@pytest.mark.both_databases
def test_a_party_with_a_long_name_and_no_contact_person_can_speak(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.write() as session:
        firm = session.get_one(Organisation, world.firms[0])
        firm.name, firm.contact_name = "Institute for Advanced Manufacturing " * 5, ""
        session.flush()
        grant = meeting_links.RecordGrant(world.meeting, firm.id, None, make.TODAY)
        actor = meeting_words.speaker(session, grant)
    say(sessions, world, actor, world.firms[0])
    with sessions.read() as session:
        assert session.scalars(select(MeetingConfirmation.given_by)).one() == actor.name


def test_a_link_stays_good_when_its_party_was_merged(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.write() as session:
        gone = session.get_one(Organisation, world.firms[0])
        kept = make.make_firm(session, gone.unit)
        merging.merge(session, world.city, kept, gone, reason="同一家企业", clock=CLOCK)
        number = kept.id
    with sessions.write() as session:
        grant = meeting_links.RecordGrant(world.meeting, world.firms[0], None, make.TODAY)
        assert meeting_words.party_id(session, grant) == number
        actor = meeting_words.speaker(session, grant)
    say(sessions, world, actor, number)
    assert standings(sessions, world)[number] == ("agrees", False, False)


def test_a_difference_sends_the_verifier_back_to_look(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.read() as session:
        seen = session.get_one(Meeting, world.meeting).version
    say(sessions, world, world.manager, world.host)
    say(sessions, world, world.firm, world.firms[0], DIFFERS, "张三没有到场")
    with sessions.write() as session, pytest.raises(Conflict, match="又被改过"):
        meetings.verify(session, world.second, session.get_one(Meeting, world.meeting), clock=CLOCK, version=seen)


def test_what_is_said_of_a_record_bears_no_mark(sessions: Sessions, world: SimpleNamespace) -> None:
    with pytest.raises(Invalid, match="涉密"):
        say(sessions, world, world.firm, world.firms[0], DIFFERS, "机密★10年 图纸参数")
