"""What an older ledger says of who came, in the ways people write it."""

from typing import Any

import pytest

from matchmaker.domain.drafts import HistoryRow, check
from matchmaker.domain.drafts.history import read_attendance
from matchmaker.domain.meetings import Presence
from matchmaker.domain.vocabulary import Attendance, NeedStatus

CAME, EXCUSED, ABSENT = (Presence(word) for word in (Attendance.ATTENDED, Attendance.EXCUSED, Attendance.ABSENT))
ROW: dict[str, Any] = {
    "day": "2025-03-05", "kind": "走进", "firm": "甲厂", "institute": "某大学", "experts": "张某；李某",
    "attendance": "到会",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("到会", (CAME, CAME, CAME)),
        ("全部到会", (CAME, CAME, CAME)),
        ("均到会；张某缺席", (CAME, ABSENT, CAME)),
        ("企业：到会，张某、李某请假", (CAME, EXCUSED, EXCUSED)),
        ("甲厂到会；张某未到；李某出席", (CAME, ABSENT, CAME)),
        ("到会；李某代替（王某）", (CAME, CAME, Presence(Attendance.STAND_IN, "王某"))),
        ("firm attended; 张某 excused; 李某 stand-in (Wang)", (CAME, EXCUSED, Presence(Attendance.STAND_IN, "Wang"))),
    ],
)
def test_ways_to_say_who_came(text: str, found: tuple[Presence, ...]) -> None:
    draft, faults = check(HistoryRow, ROW | {"attendance": text})
    assert faults == {}
    assert draft is not None
    assert draft.outcomes() == dict(zip(("企业", "张某", "李某"), found, strict=True))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("张某到会", "没有写明“企业”"),
        ("到会；赵某请假", "“赵某”不是本行"),
        ("来了不少人", "看不懂“来了不少人”"),
        ("到会；李某代替", "由谁代替"),
    ],
)
def test_what_cannot_be_read_is_said(text: str, said: str) -> None:
    _draft, faults = check(HistoryRow, ROW | {"attendance": text})
    assert list(faults) == ["attendance"]
    assert said in faults["attendance"]


def test_a_group_alone_stands_for_its_lead() -> None:
    draft, faults = check(HistoryRow, ROW | {"experts": "", "group": "焊接团队"})
    assert faults == {}
    assert draft is not None
    assert draft.outcomes() == {"企业": CAME, "焊接团队": CAME}
    assert list(check(HistoryRow, ROW | {"experts": ""})[1]) == ["experts"]


def test_nobody_is_assumed_to_have_come() -> None:
    with pytest.raises(ValueError, match="没有写明"):
        read_attendance("", ["企业"])
    assert "attendance" in check(HistoryRow, ROW | {"attendance": ""})[1]


@pytest.mark.parametrize(
    ("result", "status"),
    [("已解决，节拍提高一成", NeedStatus.SOLVED), ("已签约", NeedStatus.SOLVED), ("Signed in May", NeedStatus.SOLVED),
     ("未解决", NeedStatus.CLOSED), ("", NeedStatus.CLOSED)],
)  # fmt: skip
def test_how_a_need_of_the_ledger_ended(result: str, status: NeedStatus) -> None:
    draft, _faults = check(HistoryRow, ROW | {"result": result})
    assert draft is not None
    assert draft.need_status is status
