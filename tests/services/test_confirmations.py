"""Once a year somebody says that it still holds; who does not is asked, then no longer suggested."""

from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from matchmaker.config import Settings
from matchmaker.db.models import Audit, Capability, Corpus, Expert, Organisation, OutboxMessage
from matchmaker.db.session import Sessions
from matchmaker.delivery.letters import Letterhead, compose
from matchmaker.domain.freshness import freshness
from matchmaker.domain.permissions import SYSTEM, Actor
from matchmaker.domain.vocabulary import CapabilityStatus, Role
from matchmaker.errors import Forbidden, NotFound
from matchmaker.queries import confirmations as queries
from matchmaker.services import confirmations
from matchmaker.services.index import CorpusIndex
from tests.factories import TODAY, make_capability, make_expert, make_group
from tests.services.sheets import CITY, CLOCK

pytestmark = pytest.mark.both_databases
FRESH = freshness(12, 24)
HEAD = Letterhead(sender="对接 <match@example.org>", public_url="https://match.example.org", signature="某市科技局")
LONG_AGO = datetime(2023, 1, 5, tzinfo=UTC)


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def me(expert: Expert) -> Actor:
    return Actor(Role.EXPERT, expert.name, 1, expert_id=expert.id)


def manager(institute: Organisation) -> Actor:
    return Actor(Role.INSTITUTE, "管理员", 2, organisation_id=institute.id)


def confirm(sessions: Sessions, actor: Actor, *keys: str) -> confirmations.Confirmed:
    with sessions.write() as session:
        return confirmations.confirm(session, actor, keys, clock=CLOCK)


def due(sessions: Sessions, actor: Actor) -> set[str]:
    with sessions.read() as session:
        return {item.key for item in queries.due(session, actor, FRESH, TODAY)}


def test_who_is_asked_for_what(sessions: Sessions) -> None:
    with sessions.write() as session:
        lead = make_expert(session, confirmed_on=days_ago(352))
        member = make_expert(session, lead.institute, confirmed_on=days_ago(350))
        group = make_group(session, lead, member)
        old = make_capability(session, lead, confirmed_on=days_ago(400))
        make_capability(session, lead, confirmed_on=days_ago(100), created_at=LONG_AGO)
        make_capability(session, lead, created_at=LONG_AGO, status=CapabilityStatus.DRAFT)
        of_group = make_capability(session, group, created_at=LONG_AGO)
        of_house = make_capability(session, lead.institute, created_at=LONG_AGO)
        make_capability(session, created_at=LONG_AGO)
    own = {f"expert:{lead.id}", f"capability:{old.id}", f"capability:{of_group.id}"}
    assert due(sessions, me(lead)) == own
    assert due(sessions, me(member)) == set()
    assert due(sessions, manager(lead.institute)) == own | {f"capability:{of_house.id}"}
    assert due(sessions, CITY) == set()


def test_confirming_is_marked_once_a_day_and_on_behalf(sessions: Sessions) -> None:
    with sessions.write() as session:
        expert = make_expert(session, confirmed_on=days_ago(500))
        row = make_capability(session, expert, confirmed_on=days_ago(500))
    keys = f"expert:{expert.id}", f"capability:{row.id}"
    done = confirm(sessions, CITY, *keys)
    assert (done.number, done.owner_keys) == (2, {f"expert:{expert.id}"})
    assert confirm(sessions, me(expert), *keys).number == 0
    with sessions.read() as session:
        assert session.get_one(Expert, expert.id).confirmed_on == TODAY
        assert session.get_one(Capability, row.id).confirmed_on == TODAY
        trail = session.execute(select(Audit.action, Audit.on_behalf)).all()
        assert [tuple(each) for each in trail] == [("confirm", True), ("confirm", True)]


def test_nobody_confirms_for_strangers(sessions: Sessions) -> None:
    with sessions.write() as session:
        expert, stranger = make_expert(session, confirmed_on=days_ago(500)), make_expert(session)
        row = make_capability(session, expert, created_at=LONG_AGO)
        firm = Actor(Role.FIRM, "企业", 3, organisation_id=expert.institute_id)
        others = [me(stranger), manager(stranger.institute), firm]
    for actor in others:
        for key in (f"expert:{expert.id}", f"capability:{row.id}"):
            with pytest.raises(Forbidden):
                confirm(sessions, actor, key)
    for nonsense in ("expert:999999", "need:1", "capability", "expert:x"):
        with pytest.raises(NotFound):
            confirm(sessions, CITY, nonsense)


def test_frozen_after_two_years_still_listed_and_back_at_once(sessions: Sessions) -> None:
    with sessions.write() as session:
        expert = make_expert(session)
        told_of = {"created_at": LONG_AGO, "warned_on": days_ago(14)}
        old = make_capability(session, expert, confirmed_on=days_ago(731), **told_of)
        held = make_capability(session, expert, confirmed_on=days_ago(730), **told_of)
    index = CorpusIndex()

    def matched() -> set[str]:
        with sessions.read() as session:
            return set(index.current(session).owner_of)

    assert matched() == {str(old.id), str(held.id)}
    with sessions.write() as session:
        told = confirmations.freeze(session, SYSTEM, TODAY, fresh=FRESH, clock=CLOCK)
    assert told == "1 capabilities frozen"
    with sessions.write() as session:
        assert confirmations.freeze(session, SYSTEM, TODAY, fresh=FRESH, clock=CLOCK) == "0 capabilities frozen"
    assert matched() == {str(held.id)}
    with sessions.read() as session:
        assert session.get_one(Capability, old.id).status is CapabilityStatus.LISTED
        before = session.scalars(select(Corpus.version)).one()
    assert confirm(sessions, me(expert), f"capability:{old.id}").number == 1
    assert matched() == {str(old.id), str(held.id)}
    with sessions.read() as session:
        thawed = session.get_one(Capability, old.id)
        assert (thawed.frozen_on, thawed.warned_on) == (None, None)
        assert session.scalars(select(Corpus.version)).one() == before + 1


def test_nothing_is_frozen_that_its_owner_was_not_written_to_about(sessions: Sessions, settings: Settings) -> None:
    with sessions.write() as session:
        expert = make_expert(session, confirmed_on=TODAY, email="zhou@example.org")
        lead = make_expert(session, expert.institute, confirmed_on=TODAY, email="lead@example.org")
        group = make_group(session, lead, expert)
        old = [make_capability(session, expert, created_at=LONG_AGO, title=f"旧能力{each}") for each in range(7)]
        kept = make_capability(session, expert, created_at=LONG_AGO, confirmed_on=days_ago(716))
        of_group = make_capability(session, group, created_at=LONG_AGO)
        gone = make_capability(session, lead, created_at=LONG_AGO, status=CapabilityStatus.WITHDRAWN)

    def night_and_morning(offset: int) -> tuple[str, str]:
        day = TODAY + timedelta(days=offset)
        with sessions.write() as session:
            frozen = confirmations.freeze(session, SYSTEM, day, fresh=FRESH, clock=CLOCK)
        with sessions.write() as session:
            return frozen, confirmations.remind(session, day, settings=settings, clock=CLOCK).rpartition(", ")[2]

    assert night_and_morning(0) == ("0 capabilities frozen", "2 warned")
    with sessions.read() as session:
        sent = {row.recipient: row for row in session.scalars(select(OutboxMessage))}
        letters = {recipient: row.payload for recipient, row in sent.items()}
        text = compose(sent["zhou@example.org"], HEAD).get_content()
        assert f"共 7 条），自 {TODAY + timedelta(days=14)} 起将被冻结" in text
        assert "- 旧能力4" in text
        assert "旧能力5" not in text
        assert letters.keys() == {"zhou@example.org", "lead@example.org"}
        assert letters["zhou@example.org"]["freezing"] == [f"旧能力{each}" for each in range(5)]
        assert letters["zhou@example.org"]["number"] == 7
        assert letters["zhou@example.org"]["until"] == (TODAY + timedelta(days=14)).isoformat()
        assert session.get_one(Capability, gone.id).warned_on is None
        version = session.get_one(Capability, old[0].id).version
        assert version == old[0].version, "whoever has it open for editing is not disturbed"
    assert night_and_morning(1) == ("0 capabilities frozen", "1 warned")  # the one confirmed 716 days before
    assert confirm(sessions, me(expert), f"capability:{old[0].id}").number == 1
    assert night_and_morning(13) == ("0 capabilities frozen", "0 warned")
    assert night_and_morning(14) == ("7 capabilities frozen", "0 warned")
    with sessions.read() as session:
        frozen = set(session.scalars(select(Capability.id).where(Capability.frozen_on.is_not(None))))
        assert frozen == {*(row.id for row in old[1:]), of_group.id}
        assert session.get_one(Capability, kept.id).warned_on == TODAY + timedelta(days=1)


def test_two_confirm_the_same_at_once(sessions: Sessions) -> None:
    with sessions.write() as session:
        expert = make_expert(session, confirmed_on=days_ago(500))
    numbers, together = [], Barrier(2)

    def go(actor: Actor) -> None:
        together.wait()
        numbers.append(confirm(sessions, actor, f"expert:{expert.id}").number)

    threads = [Thread(target=go, args=(actor,)) for actor in (me(expert), CITY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == [0, 1]


def test_letters_go_before_after_and_later_once_each(sessions: Sessions, settings: Settings) -> None:
    with sessions.write() as session:
        expert = make_expert(session, confirmed_on=TODAY, email="zhou@example.org")
        make_capability(session, expert, confirmed_on=TODAY)
        house = make_capability(session, expert.institute, confirmed_on=TODAY)
        make_expert(session, expert.institute, confirmed_on=TODAY, email="")
        session.get_one(Organisation, house.organisation_id).contact_email = "office@example.org"
    lapses = FRESH.lapses(TODAY)
    sent: dict[int, int] = {}
    for offset in (-30, -15, -14, -13, 0, 1, 2, 60, 90, 91, 120):
        with sessions.write() as session:
            confirmations.remind(session, lapses + timedelta(days=offset), settings=settings, clock=CLOCK)
            sent[offset] = len(session.scalars(select(OutboxMessage.id)).all())
    assert sent == {-30: 0, -15: 0, -14: 2, -13: 2, 0: 2, 1: 4, 2: 4, 60: 4, 90: 6, 91: 6, 120: 6}
    with sessions.read() as session:
        letters = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()
        assert {letter.recipient for letter in letters} == {"zhou@example.org", "office@example.org"}
        assert [letter.payload["lapsed"] for letter in letters] == [False, False, True, True, True, True]
        assert all(letter.payload["path"].startswith("/c/") for letter in letters)


def test_what_was_confirmed_is_not_asked_again(sessions: Sessions, settings: Settings) -> None:
    with sessions.write() as session:
        expert = make_expert(session, confirmed_on=days_ago(366))
    confirm(sessions, me(expert), f"expert:{expert.id}")
    with sessions.write() as session:
        assert confirmations.remind(session, TODAY, settings=settings, clock=CLOCK) == "0 asked to confirm, 0 warned"
