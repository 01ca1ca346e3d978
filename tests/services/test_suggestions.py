"""Who is suggested for a need, who is left out and why, and what an officer's word is worth."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from matchmaker.clock import FixedDayClock
from matchmaker.config import Settings
from matchmaker.db.models import (
    Answer,
    Audit,
    Capability,
    Corpus,
    Expert,
    MeetingNeed,
    Need,
    Organisation,
    RefreshRequest,
    Suggestion,
)
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import SYSTEM, Actor
from matchmaker.domain.vocabulary import (
    Decision,
    DeclineReason,
    InvitationStatus,
    MeetingKind,
    MeetingStatus,
    NeedStatus,
    Role,
    Side,
)
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.queries.candidates import MOST_LEFT_OUT
from matchmaker.queries.suggestions import tell
from matchmaker.services import suggestions, transitions
from matchmaker.services.index import CorpusIndex
from tests import factories as make
from tests.support.texts import analysed

TODAY = make.TODAY
CLOCK = FixedDayClock(TODAY)


class Stage:
    """A published need and some people who do something else; everybody added after them suits the need."""

    def __init__(self, sessions: Sessions, settings: Settings) -> None:
        self.sessions, self.settings, self.corpus = sessions, settings, CorpusIndex()
        with sessions.write() as session:
            self.unit = make.make_unit(session)
            self.firm = make.make_firm(session, self.unit)
            self.need = analysed(session, make.make_need(session, self.firm, keywords=["激光焊接", "热裂纹"]))
            self.city = make.actor_of(make.make_account(session, Role.CITY))
            for text in ("玉米育种", "水稻病害识别", "桥梁健康监测"):
                analysed(session, make.make_capability(session, title=text, text=text, keywords=[]))

    def expert(self, institute: Organisation | None = None, text: str = "", **values: object) -> Expert:
        with self.sessions.write() as session:
            expert = make.make_expert(session, institute, **values)
            more = {"title": text, "text": text, "keywords": []} if text else {}
            analysed(session, make.make_capability(session, expert, **more))
            return expert

    def refresh(self) -> dict[str, Suggestion]:
        suggestions.on_published(self.sessions, self.corpus, [self.need.id], settings=self.settings, clock=CLOCK)
        return self.rows()

    def rows(self) -> dict[str, Suggestion]:
        with self.sessions.read() as session:
            found = session.scalars(select(Suggestion).where(Suggestion.need_id == self.need.id))
            rows = {row.owner_key: row for row in found.all()}
            session.expunge_all()  # keep what was read
            return rows

    def gates(self) -> dict[str, str | None]:
        return {key: row.gate for key, row in self.refresh().items()}

    def declined(self, expert: Expert, reason: DeclineReason, days_ago: int, need: Need | None = None) -> None:
        with self.sessions.write() as session:
            status = InvitationStatus.DECLINED
            invitation = make.make_invitation(session, need or self.need, expert, status=status)
            given = make.NOW - timedelta(days=days_ago)
            said = {"side": Side.EXPERT, "decision": Decision.DECLINE, "reason": reason, "given_at": given}
            session.add(Answer(invitation_id=invitation.id, given_by="专家", **said))

    def steer(self, action: str, expert: Expert, *, actor: Actor | None = None, reason: str = "不对口") -> None:
        with self.sessions.write() as session:
            row = session.scalars(select(Suggestion).where(Suggestion.owner_key == f"expert:{expert.id}")).one()
            if action == "exclude":
                suggestions.exclude(session, actor or self.city, row, reason, clock=CLOCK)
            else:
                getattr(suggestions, action)(session, actor or self.city, row, clock=CLOCK)


@pytest.fixture
def stage(sessions: Sessions, settings: Settings) -> Iterator[Stage]:
    return Stage(sessions, settings)


def key(expert: Expert) -> str:
    return f"expert:{expert.id}"


@pytest.mark.both_databases
def test_who_suits_is_suggested_with_reasons_and_who_does_not_is_not(stage: Stage) -> None:
    welder = stage.expert()
    rows = stage.refresh()
    assert list(rows) == [key(welder)]
    row = rows[key(welder)]
    assert (row.gate, row.rank) == (None, 1)
    assert row.score > 0
    assert 0 < sum(reason["share"] for reason in row.reasons) <= 1.0001
    assert any("激光焊接" in reason["term"] for reason in row.reasons)


def test_what_the_need_asks_and_the_owner_does_not_speak_of_is_named(stage: Stage) -> None:
    welder = stage.expert(text="铝合金激光焊接工艺与装备")
    missing = [r["term"] for r in stage.refresh()[key(welder)].reasons if r.get("missing")]
    assert missing == ["热裂纹"]


def test_ranks_count_those_who_may_be_invited(stage: Stage) -> None:
    for _ in range(25):
        stage.expert()
    ranks = sorted(row.rank for row in stage.refresh().values())
    assert ranks == list(range(1, 21))


def test_gates_do_not_eat_up_the_places(stage: Stage) -> None:
    full = [stage.expert(capacity=0, text=stage.need.problem) for _ in range(70)]
    free = stage.expert(text="激光焊接")
    gates = stage.gates()
    assert gates.pop(key(free)) is None
    assert set(gates.values()) == {"capacity"}
    assert len(gates) == MOST_LEFT_OUT < len(full)


def test_gate_own_organisation(stage: Stage) -> None:
    insider = stage.expert(stage.firm)
    assert stage.gates() == {key(insider): "own_organisation"}


@pytest.mark.parametrize(("months", "gate"), [(11, None), (13, "stale")])
def test_gate_stale_profile(stage: Stage, months: int, gate: str | None) -> None:
    expert = stage.expert(confirmed_on=TODAY - timedelta(days=round(months * 30.4)))
    assert stage.gates() == {key(expert): gate}


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("status", "day", "gate"),
    [
        (MeetingStatus.PLANNED, TODAY, "capacity"),
        (MeetingStatus.CANCELLED, TODAY, None),
        (MeetingStatus.VERIFIED, date(TODAY.year - 1, 12, 31), None),
    ],
)
def test_gate_capacity_used_up_this_year(stage: Stage, status: MeetingStatus, day: date, gate: str | None) -> None:
    expert = stage.expert(capacity=1)
    with stage.sessions.write() as session:
        firm, person = session.merge(stage.firm), session.merge(expert)
        make.make_meeting(session, MeetingKind.INBOUND, [firm], [person], status=status, day=day)
    assert stage.gates() == {key(expert): gate}


def test_an_agreement_without_a_meeting_takes_a_place_and_its_meeting_no_second_one(stage: Stage) -> None:
    expert = stage.expert(capacity=2)
    with stage.sessions.write() as session:
        firm, person, need = session.merge(stage.firm), session.merge(expert), session.merge(stage.need)
        make.make_invitation(session, need, person, status=InvitationStatus.ACCEPTED)
        other = make.make_need(session, firm)
        make.make_invitation(session, other, person, status=InvitationStatus.ACCEPTED)
    assert stage.gates() == {key(expert): "capacity"}
    with stage.sessions.write() as session:
        meeting = make.make_meeting(session, MeetingKind.INBOUND, [session.merge(firm)], [session.merge(person)])
        session.add_all(MeetingNeed(meeting_id=meeting.id, need_id=each) for each in (need.id, other.id))
    assert stage.gates() == {key(expert): None}


def test_gate_must_have_keyword(stage: Stage) -> None:
    with stage.sessions.write() as session:
        analysed(session, session.get_one(Need, stage.need.id)).must_have = ["热裂纹", "6061"]
    without = stage.expert(text="铝合金激光焊接热裂纹")
    having = stage.expert(text="6061 铝合金激光焊接热裂纹")
    rows = stage.refresh()
    assert {name: row.gate for name, row in rows.items()} == {key(without): "keyword", key(having): None}
    assert rows[key(without)].gate_detail == "6061"


def test_gate_withdrawn(stage: Stage) -> None:
    expert = stage.expert()
    assert stage.gates() == {key(expert): None}
    with stage.sessions.write() as session:
        offer = session.scalars(select(Capability).where(Capability.expert_id == expert.id)).one()
        transitions.apply(session, SYSTEM, offer, "withdraw", clock=CLOCK, reason="不再从事")
    assert stage.gates() == {key(expert): "withdrawn"}


@pytest.mark.parametrize(
    ("reason", "days_ago", "gate"),
    [
        (DeclineReason.NO_TIME, 30, "declined"),
        (DeclineReason.NO_TIME, 31, None),
        (DeclineReason.CONDITIONS, 60, "declined"),
        (DeclineReason.ALREADY_SOLVED, 400, "declined"),
        (DeclineReason.NOT_MY_FIELD, 400, None),  # no label: taken back since; see test_labels
    ],
)
def test_gate_declined_recently_by_reason(stage: Stage, reason: DeclineReason, days_ago: int, gate: str | None) -> None:
    expert = stage.expert()
    stage.declined(expert, reason, days_ago)
    assert stage.gates() == {key(expert): gate}


def test_a_decline_says_why_and_until_when(stage: Stage) -> None:
    busy, done = stage.expert(), stage.expert()
    stage.declined(busy, DeclineReason.NO_TIME, 10)
    stage.declined(done, DeclineReason.ALREADY_SOLVED, 10)
    rows = stage.refresh()
    said = {who: tell(rows[key(who)].gate, rows[key(who)].gate_detail) for who in (busy, done)}
    until = (TODAY + timedelta(days=20)).isoformat()
    assert said[busy] == f"近期已谢绝：10 天前谢绝（近期没有时间），{until} 后可再推荐"
    assert said[done] == "近期已谢绝：10 天前谢绝（问题已解决），不再推荐"


def test_a_decline_rests_this_need_only_a_conflict_the_whole_firm(stage: Stage) -> None:
    busy, partial = stage.expert(), stage.expert()
    with stage.sessions.write() as session:
        other = make.make_need(session, session.merge(stage.firm))
    stage.declined(busy, DeclineReason.NO_TIME, 1, other)
    stage.declined(partial, DeclineReason.CONFLICT, 500, other)
    assert stage.gates() == {key(busy): None, key(partial): "conflict"}


def test_a_group_is_judged_by_its_lead(stage: Stage) -> None:
    with stage.sessions.write() as session:
        group = make.make_group(session, make.make_expert(session, capacity=0))
        analysed(session, make.make_capability(session, group))
    assert stage.gates() == {f"group:{group.id}": "capacity"}


@pytest.mark.both_databases
def test_pins_and_exclusions_survive_a_refresh(stage: Stage) -> None:
    pinned, excluded, other = stage.expert(), stage.expert(), stage.expert()
    stage.refresh()
    stage.steer("pin", pinned)
    stage.steer("exclude", excluded)
    for _ in range(25):
        stage.expert(text="铝合金薄板激光焊接热裂纹控制，激光焊接，热裂纹，薄板")
    rows = stage.refresh()
    assert rows[key(pinned)].pinned
    assert (rows[key(excluded)].excluded, rows[key(excluded)].steer_reason) == (True, "不对口")
    assert key(other) not in rows


def test_undo_takes_both_back_and_everything_is_audited(stage: Stage) -> None:
    expert = stage.expert()
    stage.refresh()
    for action in ("pin", "exclude", "undo"):
        stage.steer(action, expert)
    row = stage.rows()[key(expert)]
    assert (row.pinned, row.excluded, row.steered_by) == (False, False, "")
    with stage.sessions.read() as session:
        trail = session.scalars(select(Audit).where(Audit.noun == "suggestion").order_by(Audit.id)).all()
        said = [(each.action, each.reason) for each in trail]
        assert trail[1].after["excluded"] is True
    assert said == [("pin", ""), ("exclude", "不对口"), ("undo", "")]


def test_only_the_city_and_the_own_county_steer_and_say_why(stage: Stage) -> None:
    expert = stage.expert()
    stage.refresh()
    with stage.sessions.write() as session:
        county = make.actor_of(make.make_account(session, Role.COUNTY, unit_id=stage.unit.id))
        other = make.actor_of(make.make_account(session, Role.COUNTY, unit_id=make.make_unit(session).id))
        firm = make.actor_of(make.make_account(session, Role.FIRM, organisation_id=stage.firm.id))
    for stranger in (other, firm):
        with pytest.raises(Forbidden):
            stage.steer("exclude", expert, actor=stranger)
    with pytest.raises(Invalid):
        stage.steer("exclude", expert, actor=county, reason=" ")
    stage.steer("exclude", expert, actor=county)
    assert stage.rows()[key(expert)].steered_by == county.name


def test_the_own_people_are_not_pinned(stage: Stage) -> None:
    insider = stage.expert(stage.firm)
    stage.refresh()
    with pytest.raises(Conflict):
        stage.steer("pin", insider)


@pytest.mark.both_databases
def test_a_new_capability_reaches_the_needs_it_suits(stage: Stage) -> None:
    stage.refresh()
    expert = stage.expert()
    waiting = suggestions.on_listed(stage.sessions, stage.corpus, [key(expert)], settings=stage.settings, clock=CLOCK)
    assert waiting == 0
    assert list(stage.rows()) == [key(expert)]


@pytest.mark.both_databases
def test_a_long_list_is_left_to_the_scheduler(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suggestions, "AT_ONCE", 2)
    stage.expert()
    with stage.sessions.write() as session:
        ids = [stage.need.id, *(analysed(session, make.make_need(session)).id for _ in range(4))]
    told = {"settings": stage.settings, "clock": CLOCK}
    assert suggestions.on_published(stage.sessions, stage.corpus, ids, **told) == 3
    assert matched(stage) == set(ids[:2])
    assert suggestions.refresh_asked(stage.sessions, stage.corpus, **told) == "3 needs matched"
    assert matched(stage) == set(ids)
    assert suggestions.refresh_asked(stage.sessions, stage.corpus, **told) == "0 needs matched"


def test_a_request_made_meanwhile_is_not_forgotten(stage: Stage) -> None:
    with stage.sessions.read() as session:
        version = session.scalars(select(Corpus.version)).one()
    with stage.sessions.write() as session:
        session.add_all(RefreshRequest(need_id=stage.need.id, corpus_version=each) for each in (version, version + 1))
    told = {"settings": stage.settings, "clock": CLOCK}
    suggestions.refresh_needs(stage.sessions, stage.corpus, [stage.need.id], **told)
    with stage.sessions.read() as session:
        assert list(session.scalars(select(RefreshRequest.corpus_version))) == [version + 1]


def matched(stage: Stage) -> set[int]:
    with stage.sessions.read() as session:
        return set(session.scalars(select(Suggestion.need_id)))


def test_the_night_refreshes_every_published_need_and_no_other(stage: Stage) -> None:
    stage.expert()
    with stage.sessions.write() as session:
        analysed(session, make.make_need(session))
        closed = analysed(session, make.make_need(session, status=NeedStatus.CLOSED))
    said = suggestions.refresh_all(stage.sessions, stage.corpus, settings=stage.settings, clock=CLOCK)
    assert said == "2 needs matched"
    with stage.sessions.read() as session:
        assert session.scalars(select(Suggestion).where(Suggestion.need_id == closed.id)).all() == []
        assert len(session.scalars(select(Suggestion)).all()) == 2


def test_the_same_data_give_the_same_list(stage: Stage) -> None:
    for number in range(8):
        stage.expert(text=f"铝合金激光焊接，第{number}项")
    first = {name: (row.score, row.rank, row.reasons) for name, row in stage.refresh().items()}
    stage.corpus = CorpusIndex()
    assert {name: (row.score, row.rank, row.reasons) for name, row in stage.refresh().items()} == first


def test_one_refresh_in_a_transaction_of_its_own(stage: Stage) -> None:
    expert = stage.expert()
    with stage.sessions.read() as session:
        index = stage.corpus.current(session)
    with stage.sessions.write() as session:
        need = session.get_one(Need, stage.need.id)
        free = suggestions.refresh(session, stage.city, need, index, settings=stage.settings, clock=CLOCK)
    assert (free, list(stage.rows())) == (1, [key(expert)])


@pytest.mark.both_databases
def test_several_refreshes_of_one_need_at_once_leave_one_row_per_owner(stage: Stage) -> None:
    experts = [stage.expert() for _ in range(5)]
    with ThreadPoolExecutor(6) as pool:
        assert len(list(pool.map(lambda _: stage.refresh(), range(6)))) == 6
    with stage.sessions.read() as session:
        keys = session.scalars(select(Suggestion.owner_key)).all()
    assert sorted(keys) == sorted(key(expert) for expert in experts)
