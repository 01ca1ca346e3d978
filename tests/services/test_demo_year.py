"""The two years that are made up around the story: as many events as asked, nobody twice, nothing said too often."""

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import date, datetime, time, timedelta
from functools import cache

import pytest

from matchmaker.clock import SHANGHAI
from matchmaker.domain.calendar import WorkCalendar
from matchmaker.domain.vocabulary import DeclineReason, MeetingKind
from matchmaker.services import profile
from matchmaker.services.demo.script import Row, Script, read
from matchmaker.services.demo.timeline import Timeline
from matchmaker.services.demo.year import told
from matchmaker.services.demo.year.season import spread, without

SCRIPT = read()
CALENDAR = WorkCalendar({day: works for day, works, _ in profile.workdays()})
DAYS = [date(2025, 1, 2) + timedelta(days=61 * step) for step in range(13)] + [date(2026, 11, 22), date(2027, 2, 6)]
each_day = pytest.mark.parametrize("day", DAYS, ids=date.isoformat)


def line_on(day: date) -> Timeline:
    return Timeline(datetime.combine(day, time(9), SHANGHAI), CALENDAR)


@cache
def story_on(day: date) -> Script:
    return told(SCRIPT, line_on(day))


def events(day: date) -> list[tuple[date, Row]]:
    """What was made up, with the day of each."""
    line, story = line_on(day), story_on(day)
    return [(line.day(row["days_ago"]), row) for key, row in story.meetings.items() if key not in SCRIPT.meetings]


def counted(day: date, year: int) -> Counter[str]:
    line = line_on(day)
    rows = story_on(day).meetings.values()
    return Counter(row["kind"] for row in rows if row["counts"] and line.day(row["days_ago"]).year == year)


@each_day
def test_last_year_is_complete_and_this_year_has_come_as_far_as_it_has(day: date) -> None:
    last, this = counted(day, day.year - 1), counted(day, day.year)
    assert (last["outbound"], last["inbound"]) == (112, 104)
    passed = CALENDAR.progress(day.year, day)
    share = passed.elapsed / passed.total
    assert abs(this["outbound"] - 118 * share) < 14
    assert abs(this["inbound"] - 84 * share) < 12
    if share > 0.3:
        assert this["outbound"] > 1.15 * this["inbound"]


@each_day
def test_events_are_on_working_days_in_the_past(day: date) -> None:
    for held, row in events(day):
        assert CALENDAR.works(held)
        assert line_on(day).opening < held < day
        assert row["start"] < row["end"]


@each_day
def test_every_reference_resolves(day: date) -> None:
    story = story_on(day)
    for _, row in events(day):
        assert {SCRIPT.needs[need]["firm"] for need in row["needs"]} <= set(row["firms"]) <= set(SCRIPT.firms)
        assert set(row["experts"]) <= set(SCRIPT.experts)
        assert len(set(row["experts"])) == len(row["experts"])
        assert {SCRIPT.needs[need]["status"] for need in row["needs"]} <= {"published", "solved", "closed"}
        assert "trip" not in row or row["trip"] in story.trips
        if row["kind"] == MeetingKind.OUTBOUND:
            assert 1 <= len(row["firms"]) <= 5
            assert SCRIPT.experts[row["experts"][0]]["institute"] == row["institute"]
        if "invitation" in row:
            letter = story.invitations[row["invitation"]]
            assert letter["need"] in row["needs"]
            assert letter["status"] == "accepted"
    for letter in story.invitations.values():
        assert letter["need"] in SCRIPT.needs
        assert ("expert" in letter) != ("group" in letter)


@each_day
def test_nobody_is_in_two_places(day: date) -> None:
    """Nobody of the story either: a bus of its own may take a firm to two institutes on one day."""
    line = line_on(day)
    taken: defaultdict[str, set[date]] = defaultdict(set)
    for key, row in story_on(day).meetings.items():
        held = line.day(row["days_ago"])
        for party in {*row["firms"], *row["experts"]} if row["status"] != "cancelled" else ():
            if key not in SCRIPT.meetings:
                assert held not in taken[party], (key, party)
            taken[party].add(held)


@each_day
def test_nobody_exceeds_their_capacity(day: date) -> None:
    line, load = line_on(day), Counter[tuple[str, int]]()
    for row in story_on(day).meetings.values():
        if row["status"] != "cancelled":
            load.update((expert, line.day(row["days_ago"]).year) for expert in row["experts"])
    limits = {key: row["capacity_per_year"] for key, row in SCRIPT.experts.items() if "capacity_per_year" in row}
    assert all(count <= limits.get(expert, 8) for (expert, _), count in load.items())


@each_day
def test_a_visit_is_an_event_of_its_own(day: date) -> None:
    """Without a trip, one host on one day counts once; so does one firm on one day."""
    line = line_on(day)
    keys = Counter(
        (row["kind"], row.get("trip"), row.get("institute") or row["firms"][0], line.day(row["days_ago"]))
        for row in story_on(day).meetings.values()
        if row["counts"]
    )
    assert max(keys.values()) == 1


@each_day
def test_nothing_is_said_more_than_twice(day: date) -> None:
    """No run of twenty characters stands in more than two of the minutes and messages."""
    story = story_on(day)
    said = [row["minutes"] for row in story.meetings.values() if "minutes" in row]
    said += [letter["message"] for letter in story.invitations.values()]
    runs = Counter(run for text in said for run in {text[at : at + 20] for at in range(len(text) - 19)})
    assert [run for run, count in runs.items() if count > 2] == []
    assert len(set(said)) == len(said)


@each_day
def test_minutes_say_who_does_what_by_when(day: date) -> None:
    for held, row in events(day):
        if row["counts"]:
            assert "月" in row["minutes"]
            assert "{" not in row["minutes"]
            assert any(SCRIPT.firms[firm]["contact_name"] in row["minutes"] for firm in row["firms"]) or any(
                SCRIPT.experts[expert]["name"][0] in row["minutes"] for expert in row["experts"]
            ), held


def test_invitations_are_answered_before_the_day() -> None:
    day = DAYS[-2]
    story = story_on(day)
    for _, row in events(day):
        letter = story.invitations.get(row.get("invitation", ""))
        if letter is not None:
            last = min(answer["days_ago"] for answer in letter["answers"])
            assert letter["sent_days_ago"] > last > row["days_ago"]


def test_people_decline_for_every_reason() -> None:
    letters = story_on(DAYS[-2]).invitations.values()
    reasons = {answer["reason"] for letter in letters for answer in letter["answers"] if "reason" in answer}
    assert reasons | {DeclineReason.PASSED_ON} == set(DeclineReason)
    assert sum("passed_to" in letter for letter in letters) == 2
    notes = [answer.get("note") for letter in letters for answer in letter["answers"] if answer.get("on_behalf")]
    assert len(notes) > 10
    assert all(notes)


def test_what_does_not_count_is_there_too() -> None:
    found = Counter(row["why_not"] for _, row in events(DAYS[-2]) if not row["counts"])
    assert found == {
        "elsewhere": 1,
        "online": 1,
        "not_at_firm": 1,
        "nobody_of_host": 1,
        "cancelled": 4,
        "not_verified": 2,
    }


def test_the_season_is_felt() -> None:
    days = spread(CALENDAR, 2025, 400, "test")
    months = Counter(day.month for day in days)
    assert months[4] > 2.5 * months[8]
    assert months[10] > 1.5 * months[1]
    festival = [day for day in days if date(2025, 1, 20) <= day <= date(2025, 2, 10)]
    assert len(festival) < 10
    assert days == sorted(days)


def test_a_day_that_is_taken_takes_the_nearest() -> None:
    first, second, third = date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 16)
    assert without([first, second, third], [date(2026, 3, 10)]) == [first, third]
    assert without([first], [second, third]) == []


def fingerprint() -> str:
    story = story_on(DAYS[-2])
    told_rows = [dict(story.meetings), dict(story.invitations), dict(story.trips)]
    return hashlib.sha256(json.dumps(told_rows, default=str).encode()).hexdigest()


@pytest.mark.parametrize("seed", ["1", "77"])
def test_no_seed_of_the_process_matters(seed: str) -> None:
    command = f"import {__name__} as here; print(here.fingerprint())"
    environment = os.environ | {"PYTHONHASHSEED": seed}
    told_there = subprocess.run(
        [sys.executable, "-c", command], env=environment, capture_output=True, text=True, check=True
    )
    assert told_there.stdout.strip() == fingerprint()
