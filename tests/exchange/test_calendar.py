"""What calendars are sent, as two independent readers of iCalendar understand it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import vobject
from icalendar import Calendar

from matchmaker.exchange.calendar import Entry, Mailbox, Method, feed, invitation, mailbox

NOW = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)
BASE = "https://match.example.org:8443"
NASTY = "A&B<公司>，焊接; 与, 检测\\n 不换行"
LONG = "铝合金薄板激光焊接热裂纹控制与在线检测" * 9
ENTRY = Entry(
    key="meeting-7",
    sequence=3,
    title=NASTY,
    starts="2026-11-27T09:30",
    ends="2026-11-27T11:00",
    place="京城大学; 主楼, 3 层",
    agenda=(("09:30", "看产线"), ("", "自由交流")),
    bring=f"图纸\r\n样件\n{LONG}",
    secrecy="不拍照",
    path="/meetings/7",
)
BUREAU, READER = Mailbox("某市科技局", "bureau@kjj.example.org"), Mailbox("周, 教授; “甲”", "zhou@example.org")


def sent(entry: Entry = ENTRY, method: Method = Method.REQUEST) -> bytes:
    return invitation(entry, method, base=BASE, stamped=NOW, organizer=BUREAU, attendee=READER)


def event_of(data: bytes) -> Any:
    (event,) = Calendar.from_ical(data).walk("VEVENT")
    return event


def other_view(data: bytes) -> Any:
    return vobject.readOne(data.decode()).vevent


def test_both_readers_see_the_same_meeting() -> None:
    data = sent()
    one, other = event_of(data), other_view(data)
    assert str(one["SUMMARY"]) == other.summary.value == NASTY
    assert str(one["LOCATION"]) == other.location.value == ENTRY.place
    assert str(one["DESCRIPTION"]) == other.description.value
    assert one.decoded("DTSTART") == other.dtstart.value
    assert one.decoded("DTSTART").astimezone(UTC) == datetime(2026, 11, 27, 1, 30, tzinfo=UTC)
    assert one.decoded("DTEND").astimezone(UTC) == datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
    assert one.decoded("DTSTAMP") == NOW
    assert str(one["UID"]) == other.uid.value == "meeting-7@match.example.org"


def test_text_survives_with_all_its_lines() -> None:
    told = str(event_of(sent())["DESCRIPTION"])
    for said in ("09:30 看产线", "自由交流", "图纸\n样件\n", LONG, "不拍照", f"{BASE}/meetings/7"):
        assert said in told


@pytest.mark.parametrize("title", ["A&B<公司>", "甲, 乙; 丙", r"路径 C:\new\temp", "上行\n下行", LONG])
def test_a_title_comes_back_as_it_was(title: str) -> None:
    data = sent(replace(ENTRY, title=title))
    assert str(event_of(data)["SUMMARY"]) == other_view(data).summary.value == title


def test_lines_are_as_the_format_asks() -> None:
    data = sent()
    lines = data.split(b"\r\n")
    assert lines[0] == b"BEGIN:VCALENDAR"
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert max(map(len, lines)) <= 75
    for line in lines:
        line.decode()  # folded between characters, never inside one


def test_only_the_reader_and_the_bureau_stand_in_it() -> None:
    data = sent()
    addresses = {str(event_of(data)[name]) for name in ("ORGANIZER", "ATTENDEE")}
    assert addresses == {"mailto:bureau@kjj.example.org", "mailto:zhou@example.org"}
    assert data.count(b"mailto:") == 2
    assert event_of(data)["ATTENDEE"].params["CN"].startswith("周, 教授")


def test_a_change_replaces_the_first_and_cancelling_takes_it_out() -> None:
    first, later = event_of(sent()), event_of(sent(replace(ENTRY, sequence=5, starts="2026-11-27T10:00")))
    gone_data = sent(replace(ENTRY, sequence=6), Method.CANCEL)
    gone = event_of(gone_data)
    assert first["UID"] == later["UID"] == gone["UID"]
    assert first["SEQUENCE"] < later["SEQUENCE"] < gone["SEQUENCE"]
    assert later.decoded("DTSTART") - first.decoded("DTSTART") == timedelta(minutes=30)
    assert (first["STATUS"], gone["STATUS"]) == ("CONFIRMED", "CANCELLED")
    assert Calendar.from_ical(gone_data)["METHOD"] == "CANCEL"
    assert Calendar.from_ical(sent())["METHOD"] == "REQUEST"


def test_the_zone_is_written_out() -> None:
    calendar = Calendar.from_ical(sent())
    (zone,) = calendar.walk("VTIMEZONE")
    assert zone["TZID"] == event_of(sent())["DTSTART"].params["TZID"] == "Asia/Shanghai"
    assert zone.walk("STANDARD")[0].decoded("TZOFFSETTO") == timedelta(hours=8)


def test_a_feed_holds_all_and_says_which_are_off() -> None:
    off = replace(ENTRY, key="meeting-8", cancelled=True, place="")
    data = feed([ENTRY, off], base=BASE, stamped=NOW, name="我的对接, 活动")
    calendar = Calendar.from_ical(data)
    assert [event["STATUS"] for event in calendar.walk("VEVENT")] == ["CONFIRMED", "CANCELLED"]
    assert calendar["METHOD"] == "PUBLISH"
    assert calendar["X-WR-CALNAME"] == "我的对接, 活动"
    assert b"mailto:" not in data
    assert len(list(vobject.readOne(data.decode()).vevent_list)) == 2


def test_what_json_keeps_is_the_same_entry() -> None:
    assert Entry.read(ENTRY.kept()) == ENTRY
    kept = ENTRY.kept() | {"agenda": [list(line) for line in ENTRY.agenda]}
    assert Entry.read(kept) == ENTRY


def test_an_address_is_taken_out_of_a_sender() -> None:
    assert mailbox("科技局 <a@b.cn>") == Mailbox("科技局", "a@b.cn")
    assert mailbox("a@b.cn", "某局") == Mailbox("某局", "a@b.cn")
