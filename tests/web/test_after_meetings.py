"""Pages of what follows from a meeting: tasks, follow-ups by letter and signed in, and the list to be discussed."""

import io
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import Audit, FollowUp, Label, Need, Organisation, OutboxMessage, Task
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import FollowUpStatus, LabelKind, Noun, Role, Side, TaskStatus
from matchmaker.services import follow_ups, merging
from tests import factories as make
from tests.support.follow_ups import held
from tests.support.person import Person

S = FollowUpStatus
DUE = (make.TODAY + timedelta(days=9)).isoformat()


@pytest.fixture
def world(app: Flask, sessions: Sessions, person: Callable[..., Person]) -> SimpleNamespace:
    """A meeting a month ago whose parties have just been asked, and people at the pages."""
    world = held(sessions)
    settings = app.extensions["matchmaker"].settings
    with sessions.write() as session:
        follow_ups.fall_due(session, make.TODAY, settings=settings, clock=FixedDayClock(make.TODAY))
        session.get_one(Need, world.need).status_since = make.NOW - timedelta(days=90)
        world.rows = {(row.firm_id, row.side): row.id for row in session.scalars(select(FollowUp)).unique()}
        letters = session.scalars(select(OutboxMessage).where(OutboxMessage.notice == "follow_up_asked"))
        world.links = {letter.recipient: str(letter.payload["path"]) for letter in letters}
    world.at = SimpleNamespace(
        city=person(Role.CITY),
        county=person(Role.COUNTY, unit_id=world.county.unit_id),
        firm=person(Role.FIRM, organisation_id=world.firms[0]),
        other=person(Role.FIRM, organisation_id=world.firms[1]),
        leader=person(Role.LEADER),
    )
    return world


def statuses(sessions: Sessions) -> dict[int, FollowUpStatus]:
    with sessions.read() as session:
        return dict(session.execute(select(FollowUp.id, FollowUp.status)).all())


def test_one_tap_by_letter_and_opening_changes_nothing(
    visitor: Person, sessions: Sessions, world: SimpleNamespace
) -> None:
    link, row = world.links["firm0@example.org"], world.rows[world.firms[0], Side.FIRM]
    page = visitor.get(link)
    assert page.status_code == 200
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert set(statuses(sessions).values()) == {S.DUE}
    answer = visitor.post(f"{link}/{row}", {"status": "signed"})
    assert answer.status_code == 303, answer.text
    assert statuses(sessions)[row] is S.SIGNED
    assert visitor.post(f"{link}/{row}", {"status": "signed", "amount": "30"}).status_code == 303
    assert "30 万元" in visitor.get(link).text
    with sessions.read() as session:
        assert session.scalar(select(func.count()).where(Label.kind == LabelKind.SIGNED)) == 1


def test_a_link_answers_for_its_own_side_alone(visitor: Person, sessions: Sessions, world: SimpleNamespace) -> None:
    link = world.links["firm0@example.org"]
    for firm, side in ((world.firms[0], Side.EXPERT), (world.firms[1], Side.FIRM)):
        assert visitor.post(f"{link}/{world.rows[firm, side]}", {"status": "contacted"}).status_code == 404
    host = world.links["host@example.org"]
    assert visitor.get(host).text.count('id="row-') == 2
    assert visitor.post(f"{host}/{world.rows[world.firms[1], Side.EXPERT]}", {"status": "contacted"}).status_code == 303
    assert visitor.get(link[:-3] + "xyz").status_code == 404
    assert list(statuses(sessions).values()).count(S.DUE) == 3


def test_an_officer_gets_no_link_that_answers_for_another_units_firm(
    sessions: Sessions, visitor: Person, world: SimpleNamespace
) -> None:
    host_row, firm_row = world.rows[world.firms[0], Side.EXPERT], world.rows[world.firms[0], Side.FIRM]
    assert "/f/" in world.at.county.get(f"/follow-ups/{host_row}").text  # both firms are of this unit
    with sessions.write() as session:
        session.get_one(Organisation, world.firms[1]).unit_id = make.make_unit(session).id
    assert "/f/" not in world.at.county.get(f"/follow-ups/{host_row}").text
    assert "/f/" in world.at.county.get(f"/follow-ups/{firm_row}").text  # the firm's own
    assert "/f/" in world.at.city.get(f"/follow-ups/{host_row}").text


def test_a_link_stays_good_when_the_firm_was_merged(
    sessions: Sessions, visitor: Person, world: SimpleNamespace
) -> None:
    link = world.links["firm0@example.org"]
    with sessions.write() as session:
        gone = session.get_one(Organisation, world.firms[0])
        kept = make.make_firm(session, gone.unit)
        merging.merge(session, world.city, kept, gone, reason="同一家企业", clock=FixedDayClock(make.TODAY))
    assert visitor.get(link).status_code == 200
    row = world.rows[world.firms[0], Side.FIRM]
    assert visitor.post(f"{link}/{row}", {"status": "contacted"}).status_code == 303
    assert statuses(sessions)[row] is S.CONTACTED


def test_stopping_says_why_and_a_change_says_so_too(visitor: Person, world: SimpleNamespace) -> None:
    link, row = world.links["firm1@example.org"], world.rows[world.firms[1], Side.FIRM]
    refused = visitor.post(f"{link}/{row}", {"status": "stopped"})
    assert refused.status_code == 422
    assert "请写明为什么停止" in refused.text
    assert visitor.post(f"{link}/{row}", {"status": "contacted"}).status_code == 303
    assert visitor.post(f"{link}/{row}", {"status": "progressing"}).status_code == 422
    assert visitor.post(f"{link}/{row}", {"status": "progressing", "remark": "又谈上了"}).status_code == 303


def test_signed_in_people_see_their_own(sessions: Sessions, world: SimpleNamespace) -> None:
    mine, theirs = world.rows[world.firms[0], Side.FIRM], world.rows[world.firms[1], Side.FIRM]
    assert f"/follow-ups/{mine}" in world.at.firm.get("/home").text
    assert world.at.firm.get(f"/follow-ups/{theirs}").status_code == 404
    assert world.at.firm.post(f"/follow-ups/{theirs}", {"status": "contacted"}).status_code == 404
    assert world.at.leader.post(f"/follow-ups/{mine}", {"status": "contacted"}).status_code == 403
    assert world.at.firm.post(f"/follow-ups/{mine}", {"status": "contacted"}).status_code == 303
    assert world.at.county.post(f"/follow-ups/{theirs}", {"status": "contacted"}).status_code == 422
    told = {"status": "contacted", "remark": "6 月 15 日电话"}
    assert world.at.county.post(f"/follow-ups/{theirs}", told).status_code == 303
    assert "代录" in world.at.city.get(f"/follow-ups/{theirs}").text


def test_the_same_tap_twice_is_one_answer(sessions: Sessions, visitor: Person, world: SimpleNamespace) -> None:
    link, row = world.links["firm0@example.org"], world.rows[world.firms[0], Side.FIRM]
    for _ in range(2):
        assert visitor.post(f"{link}/{row}", {"status": "contacted", "form_id": "once-only"}).status_code == 303
    with sessions.read() as session:
        moved = select(func.count()).where(Audit.noun == Noun.FOLLOW_UP, Audit.action == "contact")
        assert session.scalar(moved) == 1


def test_the_list_is_the_sheet(world: SimpleNamespace) -> None:
    assert world.at.city.get("/follow-ups?status=due").text.count("<tr>") == 1 + 4
    sheet = world.at.city.get("/follow-ups/export.xlsx?side=firm").data
    rows = CalamineWorkbook.from_filelike(io.BytesIO(sheet)).get_sheet_by_index(0).to_python()
    assert len(rows) == 1 + 2
    assert world.at.firm.get("/follow-ups").text.count("<tr>") == 1 + 1


def test_an_officer_gives_a_task_and_its_owner_closes_it(sessions: Sessions, world: SimpleNamespace) -> None:
    form = f"/tasks/new?meeting={world.meeting}"
    assert world.at.firm.get(form).status_code == 404
    assert world.at.county.get(form).status_code == 200
    assert world.at.county.post(form, {"title": "送样"}).status_code == 422
    sent = {"title": "送样检测 A&B<公司>", "owner": f"organisation:{world.firms[0]}", "due": DUE}
    answer = world.at.county.post(form, sent)
    assert answer.status_code == 303, answer.text
    path = answer.location
    assert world.at.other.get(path).status_code == 404
    assert world.at.other.post(f"{path}/finish", {"reason": "办好了"}).status_code == 404
    assert "A&amp;B&lt;公司&gt;" in world.at.firm.get("/home").text
    assert world.at.firm.post(f"{path}/finish", {"reason": ""}).status_code == 422
    assert world.at.firm.post(f"{path}/finish", {"reason": "已送"}).status_code == 303
    assert world.at.firm.post(f"{path}/verify", {"reason": "已送"}).status_code == 404
    with sessions.read() as session:
        assert session.scalars(select(Task.status)).all() == [TaskStatus.DONE]
    assert "送样检测" in world.at.city.get(f"/meetings/{world.meeting}").text
    assert "送样检测" not in world.at.other.get(f"/meetings/{world.meeting}").text


def test_the_list_to_be_discussed(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.write() as session:
        lonely = make.make_need(session, status_since=make.NOW - timedelta(days=70), title="没有人来的题目").id
    assert world.at.firm.get("/escalation").status_code == 403
    assert "没有人来的题目" in world.at.city.get("/escalation").text
    assert "没有人来的题目" in world.at.leader.get("/escalation").text
    assert world.at.county.get(f"/escalation/{lonely}").status_code == 404  # another unit's
    page = f"/escalation/{lonely}"
    assert world.at.city.post(page, {"outcome": "rewrite", "text": "写清楚"}).status_code == 422
    assert world.at.city.post(page, {"outcome": "rewrite", "text": "写清楚", "due": DUE}).status_code == 303
    assert "写清楚" in world.at.city.get(page).text
    assert "没有人来的题目" not in world.at.city.get("/escalation?talked=no").text
    assert world.at.leader.post(page, {"outcome": "watch", "text": "看看"}).status_code == 403
