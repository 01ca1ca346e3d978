"""The table of working days: read as the notices are written, changed with a reason, and followed by every number."""

from datetime import date

import pytest
from sqlalchemy import select

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import Audit, Revision, Workday
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Noun, Role
from matchmaker.errors import Forbidden, Invalid
from matchmaker.exchange.workday_lists import Listed, read_list
from matchmaker.queries import targets
from matchmaker.queries import workdays as queries
from matchmaker.services import workdays
from tests import factories as make

CLOCK = FixedDayClock(date(2026, 12, 1))
CITY = Actor(Role.CITY, "专员")
NOTICE = """一、元旦：1月1日（周五）至3日（周日）放假，共3天。

二、春节：2月5日（农历除夕、周五）至11日（周四）放假调休，共7天。1月31日（周日）、2月20日（周六）上班。
三、清明节：4月3日（周六）至5日（周一）放假，共3天。
四、劳动节：4月30日至5月4日放假调休，共5天；5月8日（周六）上班。"""


def off(*days: tuple[int, int]) -> set[date]:
    return {date(2027, month, day) for month, day in days}


def test_a_notice_is_read_as_it_is_worded() -> None:
    reading = read_list(NOTICE, 2027)
    assert reading.problems == ()
    worked = {one.day for one in reading.days if one.works}
    assert worked == off((1, 31), (2, 20), (5, 8))
    free = {one.day for one in reading.days if not one.works}
    assert off((1, 1), (2, 5), (2, 11), (4, 5), (4, 30), (5, 4)) <= free
    assert len(free) == 3 + 7 + 3 + 5
    assert {one.note for one in reading.days} == {"元旦", "春节", "清明节", "劳动节"}


def test_days_may_stand_in_lines_of_their_own() -> None:
    reading = read_list("2027-02-14 班 春节调休\n2027/2/5 至 2027/2/7 休 春节\n2027.10.1\t放假\t国庆节", 2027)
    assert reading.problems == ()
    assert reading.days[0] == Listed(date(2027, 2, 5), works=False, note="春节")
    assert reading.days[3] == Listed(date(2027, 2, 14), works=True, note="春节调休")
    assert reading.days[4] == Listed(date(2027, 10, 1), works=False, note="国庆节")
    in_english = read_list("2027-02-14 works\n2027-02-17 off Spring Festival", 2027)
    assert in_english.days == (
        Listed(date(2027, 2, 14), works=True),
        Listed(date(2027, 2, 17), works=False, note="Spring Festival"),
    )


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("各单位要妥善安排值班", "没有找到日期"),
        ("春节：2月5日至11日", "放假还是上班"),
        ("2月30日放假", "没有这一天"),
        ("2026年12月31日放假", "不在 2027 年"),
        ("2月11日至5日放假", "不像一个假期"),
        ("2月1日至3月1日放假", "不像一个假期"),
        ("2月5日放假。2月5日上班", "既写了放假又写了上班"),
    ],
)
def test_what_is_not_understood_is_named_with_its_line(line: str, problem: str) -> None:
    (found,) = read_list(f"\n{line}", 2027).problems
    assert found.startswith("第 2 行：")
    assert problem in found


@pytest.mark.both_databases
def test_a_year_is_entered_whole_and_the_calendar_follows(sessions: Sessions) -> None:
    with sessions.write() as session:
        assert queries.unknown_years(session, CLOCK.today()) == [2026, 2027]
        session.add(Workday(day=date(2026, 10, 1), works=False, note="国庆节"))
        workdays.set_day(session, CITY, Listed(date(2027, 3, 1), False, "写错的一天"), reason="试", clock=CLOCK)
        assert queries.unknown_years(session, CLOCK.today()) == [2026, 2027]  # for one day makes no list
        assert not targets.calendar(session, 2027).progress(2027, date(2027, 5, 1)).known
    with sessions.write() as session:
        before = session.scalar(select(Revision.number)) or 0
        assert workdays.set_year(session, CITY, 2027, NOTICE, reason="国办通知", clock=CLOCK) == 13
    with sessions.read() as session:
        calendar = targets.calendar(session, 2027)
        assert not calendar.works(date(2027, 2, 5))
        assert calendar.works(date(2027, 1, 31))
        assert calendar.works(date(2027, 3, 1))  # the list replaces what stood there
        assert session.get(Workday, date(2026, 10, 1)) is not None
        assert queries.unknown_years(session, CLOCK.today()) == [2026]
        assert calendar.progress(2027, date(2027, 5, 1)).known
        assert session.scalar(select(Revision.number)) == before + 1  # forecasts that were kept are made anew
        change, _day = queries.history(session, 2027)
        assert (change.actor, change.reason) == ("专员", "国办通知")
        assert ("2027-03-01", "放假 写错的一天", "") in change.fields
        assert ("2027-02-20", "", "上班 春节") in change.fields


def test_a_holiday_that_moves_moves_the_progress(sessions: Sessions) -> None:
    with sessions.write() as session:
        workdays.set_year(session, CITY, 2027, NOTICE, reason="国办通知", clock=CLOCK)
        was = targets.calendar(session, 2027).progress(2027, date(2027, 3, 1))
        workdays.set_day(session, CITY, Listed(date(2027, 2, 1), False, "大雪"), reason="停工", clock=CLOCK)
        now = targets.calendar(session, 2027).progress(2027, date(2027, 3, 1))
        assert (now.elapsed, now.total) == (was.elapsed - 1, was.total - 1)
        workdays.set_day(session, CITY, Listed(date(2027, 2, 1), True), reason="照常", clock=CLOCK)
        assert session.get(Workday, date(2027, 2, 1)) is None  # as the weekday rule has it
        assert targets.calendar(session, 2027).progress(2027, date(2027, 3, 1)) == was
        actions = session.scalars(select(Audit.action).where(Audit.noun == Noun.WORKDAY).order_by(Audit.id)).all()
        assert actions == ["list", "edit", "edit"]


def test_nothing_is_changed_without_right_reason_or_effect(sessions: Sessions) -> None:
    day = Listed(date(2027, 3, 1), works=False)
    with sessions.write() as session:
        for role in (Role.COUNTY, Role.LEADER, Role.ADMIN, Role.FIRM):
            with pytest.raises(Forbidden):
                workdays.set_day(session, Actor(role, "别人"), day, reason="因", clock=CLOCK)
            with pytest.raises(Forbidden):
                workdays.set_year(session, Actor(role, "别人"), 2027, NOTICE, reason="因", clock=CLOCK)
        for wanted, reason, field in ((day, " ", "reason"), (Listed(day.day, True), "因", "day")):
            with pytest.raises(Invalid) as refused:
                workdays.set_day(session, CITY, wanted, reason=reason, clock=CLOCK)
            assert set(refused.value.errors) == {field}
        for text, field in (("3月1日上班", "text"), (f"{NOTICE}\n乱写", "text"), ("", "text")):
            with pytest.raises(Invalid) as refused:
                workdays.set_year(session, CITY, 2027, text, reason="因", clock=CLOCK)
            assert set(refused.value.errors) == {field}
        assert session.scalars(select(Workday)).all() == []
        assert session.scalars(select(Audit)).all() == []


def test_a_year_is_shown_month_by_month(sessions: Sessions) -> None:
    with sessions.write() as session:
        workdays.set_year(session, CITY, 2027, NOTICE, reason="国办通知", clock=CLOCK)
        months = queries.months(2027, queries.rows(session, 2027))
        progress = targets.calendar(session, 2027).progress(2027, make.TODAY)
    assert [month.number for month in months] == list(range(1, 13))
    assert sum(month.working for month in months) == progress.total
    assert [day.day for week in months[1].weeks for day in week if day] == list(range(1, 29))
    assert all(len(week) == 7 for month in months for week in month.weeks)
