"""Who comes instead, said before the day: told to the others, on the sheets, proposed to the record, counted."""

import re
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from matchmaker.db.models import Audit, Expert, Meeting, MeetingExpert, Organisation, OutboxMessage
from matchmaker.db.session import Sessions
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.vocabulary import Role
from matchmaker.queries import replay
from matchmaker.queries.counts import tallies
from tests import factories as make
from tests.support.meetings import make_world, outbound, planned, press
from tests.support.person import Person


@pytest.fixture
def world(sessions: Sessions, person: Callable[..., Person]) -> SimpleNamespace:
    ids = make_world(sessions, person)
    with sessions.write() as session:
        for number, address in ((ids.lead, "zhang@example.org"), (ids.member, "li@example.org")):
            session.get_one(Expert, number).email = address
        session.get_one(Organisation, ids.firm).contact_email = "firm@example.org"
    ids.expert = person(Role.EXPERT, expert_id=ids.lead)
    ids.own = person(Role.FIRM, organisation_id=ids.firm)
    ids.path = planned(ids.city, outbound(ids))
    return ids


def told(sessions: Sessions, notice: str) -> dict[str, str]:
    with sessions.read() as session:
        rows = session.scalars(select(OutboxMessage).where(OutboxMessage.notice == notice))
        return {row.recipient: row.payload["reason"] for row in rows}


def chosen(page: str, name: str) -> str:
    field = re.search(rf'<select id="f-{name}".*?</select>', page, re.DOTALL)
    assert field, page
    found = re.search(r'value="(\w+)" selected', field[0])
    return found[1] if found else ""


def test_a_firm_sends_somebody_else(world: SimpleNamespace, sessions: Sessions) -> None:
    sent = {"party": f"firm:{world.firm}", "who": "李工 A&B<主管>", "reason": "经理出差"}
    assert world.expert.post(f"{world.path}/stand-in", sent).status_code == 403
    assert world.own.post(f"{world.path}/stand-in", sent | {"who": ""}).status_code == 422
    assert world.own.post(f"{world.path}/stand-in", sent).status_code == 303
    assert "由李工 A&amp;B&lt;主管&gt;参加" in world.expert.get(world.path).text
    assert "李工 A&amp;B&lt;主管&gt;" in world.city.get(f"{world.path}/sign-in").text
    letters = told(sessions, "stand_in_named")
    assert "zhang@example.org" in letters
    assert "firm@example.org" not in letters
    assert "经理出差" in letters["zhang@example.org"]
    page = world.city.get(world.path).text
    assert chosen(page, f"firm_{world.firm}") == "stand_in"
    assert "告知由他人参加" in page


def test_a_colleague_on_file_counts_as_who_they_are(world: SimpleNamespace, sessions: Sessions) -> None:
    sent = {"party": f"expert:{world.lead}", "colleague": world.member}
    assert world.expert.post(f"{world.path}/stand-in", sent).status_code == 303
    assert "li@example.org" in told(sessions, "meeting_planned")
    assert "firm@example.org" in told(sessions, "stand_in_named")
    sheet = world.city.get(f"{world.path}/sign-in").text
    assert "李四" in sheet
    assert "张三" not in sheet
    page = world.city.get(world.path).text
    assert (chosen(page, f"expert_{world.lead}"), chosen(page, f"expert_{world.member}")) == ("excused", "")

    record = {f"firm_{world.firm}": "attended", f"expert_{world.member}": "attended", "minutes": "谈了焊接。"}
    doubled = record | {f"expert_{world.lead}": "stand_in", f"expert_{world.lead}_people": "李四"}
    refused = world.city.post(f"{world.path}/record", doubled)
    assert refused.status_code == 422
    assert "请登记为请假" in refused.text
    assert world.city.post(f"{world.path}/record", record | {f"expert_{world.lead}": "excused"}).status_code == 303
    assert press(world.other, world.path, "verify").status_code == 303
    assert "已计数" in world.city.get(world.path).text
    with sessions.read() as session:
        year, code = make.TODAY.year, MetricCode.OUTBOUND
        assert tallies(session, year)[code].total == replay.tallies(replay.state(session), year)[code].total == 1


def test_coming_oneself_after_all_takes_the_colleague_off(world: SimpleNamespace, sessions: Sessions) -> None:
    party = {"party": f"expert:{world.lead}"}
    world.expert.post(f"{world.path}/stand-in", party | {"colleague": world.member})
    back = party | {"colleague": world.member, "back": "1"}
    assert world.city.post(f"{world.path}/stand-in", back).status_code == 303
    assert "li@example.org" in told(sessions, "meeting_left")
    with sessions.read() as session:
        assert session.scalars(select(MeetingExpert.expert_id)).all() == [world.lead]
        done = session.scalars(select(Audit).where(Audit.action.like("%_stand_in")).order_by(Audit.id)).all()
        assert [(row.action, row.on_behalf) for row in done] == [("name_stand_in", False), ("drop_stand_in", True)]


def test_who_is_taken_elsewhere_cannot_stand_in_and_who_sent_somebody_is_free(
    world: SimpleNamespace, sessions: Sessions
) -> None:
    elsewhere = planned(world.city, outbound(world, expert_ids=[world.member], starts="08:30", ends="09:30"))
    sent = {"party": f"expert:{world.lead}", "colleague": world.member}
    refused = world.expert.post(f"{world.path}/stand-in", sent)
    assert refused.status_code == 409
    assert "李四 在" in refused.text
    assert press(world.city, elsewhere, "cancel", {"reason": "改期"}).status_code == 303
    assert world.expert.post(f"{world.path}/stand-in", sent).status_code == 303
    assert planned(world.city, outbound(world, starts="09:00", ends="10:00"))  # 张三 has the time again


def test_nobody_is_replaced_once_the_day_has_passed(world: SimpleNamespace, sessions: Sessions) -> None:
    with sessions.write() as session:
        session.scalars(select(Meeting)).one().day -= timedelta(days=1)
    assert "换人参加" not in world.own.get(world.path).text
    sent = {"party": f"firm:{world.firm}", "who": "李工"}
    assert world.own.post(f"{world.path}/stand-in", sent).status_code == 409
