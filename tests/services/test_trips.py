"""Needs that could travel together, and the one step that makes a trip of them."""

from datetime import time, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import FixedDayClock
from matchmaker.config import Settings
from matchmaker.db.models import Group, Meeting, Need, Organisation, Suggestion, Trip
from matchmaker.db.session import Sessions
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import MeetingKind, MeetingStatus, Role
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.queries import trips as queries
from matchmaker.queries.invitations import lead_of
from matchmaker.services import suggestions, trips
from matchmaker.services.index import CorpusIndex
from matchmaker.services.meetings import PersonTaken
from tests import factories as make
from tests.support.counting import add_rule, make_counting
from tests.support.texts import analysed

CLOCK = FixedDayClock(make.TODAY)
DAY = make.TODAY + timedelta(days=14)
HOURS = {"starts": time(9), "ends": time(11)}
WELDING = {"title": "铝合金薄板激光焊接", "text": "激光焊接热裂纹抑制。"}
COATING = {"title": "家具水性涂料", "text": "水性涂料附着力与耐水性。", "keywords": ["水性涂料"]}


class Stage:
    """Two firms, a welding and a coating need, and one university with a group for each."""

    def __init__(self, sessions: Sessions, settings: Settings) -> None:
        self.sessions = sessions
        corpus = CorpusIndex()
        with sessions.write() as session:
            make_counting(session)
            self.unit, self.other_unit = make.make_unit(session), make.make_unit(session)
            self.institute = make.make_institute(session)
            self.welders = self._group(session, **WELDING)
            self.coaters = self._group(session, **COATING)
            self.welding = analysed(session, make.make_need(session, make.make_firm(session, self.unit)))
            self.coating = analysed(
                session,
                make.make_need(
                    session,
                    make.make_firm(session, self.other_unit),
                    title="水性涂料附着力",
                    problem="水性涂料耐水性差。",
                    keywords=["水性涂料"],
                ),
            )
            for text in ("玉米育种", "水稻病害"):
                analysed(session, make.make_capability(session, title=text, text=text, keywords=[]))
            self.city = make.actor_of(make.make_account(session, Role.CITY))
            self.county = make.actor_of(make.make_account(session, Role.COUNTY, unit_id=self.unit.id))
        needs = [self.welding.id, self.coating.id]
        suggestions.on_published(sessions, corpus, needs, settings=settings, clock=CLOCK)

    def _group(self, session: Session, **values: object) -> Group:
        group = make.make_group(session, make.make_expert(session, self.institute))
        analysed(session, make.make_capability(session, group, **values))
        return group

    def options(self, actor: Actor | None = None) -> list[queries.Option]:
        with self.sessions.read() as session:
            found = queries.options(session, actor or self.city, make.TODAY)
            session.expunge_all()
            return found

    def take_up(self, *needs: Need, actor: Actor | None = None, days: int = 14) -> int:
        with self.sessions.write() as session:
            ids = {need.id for need in needs or (self.welding, self.coating)}
            meeting = trips.take_up(
                session,
                actor or self.city,
                self.institute.id,
                ids,
                day=make.TODAY + timedelta(days=days),
                clock=CLOCK,
                **HOURS,
            )
            return meeting.id


@pytest.fixture
def stage(sessions: Sessions, settings: Settings) -> Stage:
    return Stage(sessions, settings)


def test_needs_whose_groups_share_an_institute_are_one_trip(stage: Stage) -> None:
    [option] = stage.options()
    assert option.institute.id == stage.institute.id
    assert {(stop.need.id, stop.group.id) for stop in option.stops} == {
        (stage.welding.id, stage.welders.id),
        (stage.coating.id, stage.coaters.id),
    }
    assert (len(option.firms), len(option.groups), option.place, option.verdict.counts) == (2, 2, "北京市", True)
    assert all(stop.terms and 0 < stop.number <= 100 for stop in option.stops)


def test_a_trip_outside_the_host_regions_says_that_it_does_not_count(stage: Stage) -> None:
    with stage.sessions.write() as session:
        for group in session.scalars(select(Group)):
            group.site.region_code = "130100"
    assert [option.verdict.counts for option in stage.options()] == [False]


@pytest.mark.parametrize(
    ("terms", "added"),
    [
        ({"host_types": ["other"]}, 0),
        ({"regions": ["120000"]}, 0),
        ({"regions": ["110000"]}, 1),
        ({"unit": "firm_host_day"}, 2),
    ],
)
def test_what_a_trip_adds_is_said_by_the_rule_of_the_day(stage: Stage, terms: dict[str, Any], added: int) -> None:
    with stage.sessions.write() as session:
        add_rule(session, MetricCode.OUTBOUND, 2, make.TODAY, terms=terms)
    [option] = stage.options()
    assert option.verdict.added == added
    assert bool(option.verdict.reasons) is (added == 0)


def test_a_county_is_offered_only_its_own_needs(stage: Stage) -> None:
    assert stage.options(stage.county) == []


def test_an_excluded_group_takes_no_part(stage: Stage) -> None:
    with stage.sessions.write() as session:
        for row in session.scalars(select(Suggestion).where(Suggestion.owner_key == f"group:{stage.coaters.id}")):
            suggestions.exclude(session, stage.city, row, "已毕业", clock=CLOCK)
    assert stage.options() == []


@pytest.mark.parametrize(("score", "trips"), [(0.3, 1), (0.25, 0)])
def test_only_a_good_match_is_worth_a_journey(stage: Stage, score: float, trips: int) -> None:
    with stage.sessions.write() as session:
        for row in session.scalars(select(Suggestion).where(Suggestion.owner_key == f"group:{stage.coaters.id}")):
            row.score = score
    assert len(stage.options()) == trips


def test_one_step_makes_a_trip_with_one_planned_outbound_meeting(stage: Stage) -> None:
    meeting_id = stage.take_up()
    with stage.sessions.read() as session:
        meeting = session.get_one(Meeting, meeting_id)
        [trip] = session.scalars(select(Trip)).all()
        assert (meeting.kind, meeting.status, meeting.day) == (MeetingKind.OUTBOUND, MeetingStatus.PLANNED, DAY)
        assert (meeting.trip_id, trip.day, meeting.host_id) == (trip.id, DAY, stage.institute.id)
        assert {row.firm_id for row in meeting.firms} == {stage.welding.firm_id, stage.coating.firm_id}
        assert {row.need_id for row in meeting.needs} == {stage.welding.id, stage.coating.id}
        assert len(meeting.experts) == 2
        assert [each.id for each in queries.recent(session, stage.city)] == [trip.id]
    assert stage.options() == []
    with pytest.raises(Conflict, match="不存在"):
        stage.take_up()


def test_stops_may_be_left_out(stage: Stage) -> None:
    meeting_id = stage.take_up(stage.coating)
    with stage.sessions.read() as session:
        assert [row.need_id for row in session.get_one(Meeting, meeting_id).needs] == [stage.coating.id]


def test_the_day_lies_ahead_and_something_is_chosen(stage: Stage) -> None:
    with pytest.raises(Invalid) as refused:
        stage.take_up(days=0)
    assert list(refused.value.errors) == ["day"]
    stranger = Need(id=0)
    with pytest.raises(Invalid) as refused:
        stage.take_up(stranger)
    assert list(refused.value.errors) == ["needs"]


def test_somebody_who_is_already_taken_is_named(stage: Stage) -> None:
    with stage.sessions.write() as session:
        expert = lead_of(session, session.get_one(Group, stage.welders.id))
        firm = session.get_one(Organisation, stage.welding.firm_id)
        make.make_meeting(session, MeetingKind.INBOUND, [firm], [expert], day=DAY)
    with pytest.raises(PersonTaken):
        stage.take_up()


def test_watchers_and_firms_do_not_take_up(stage: Stage) -> None:
    with stage.sessions.write() as session:
        leader = make.actor_of(make.make_account(session, Role.LEADER))
    with pytest.raises(Forbidden):
        stage.take_up(actor=leader)
