"""Signed links of a meeting: only our own, only for what they were made for, and for how long."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer

from matchmaker.domain.vocabulary import Side
from matchmaker.errors import NotFound
from matchmaker.services import links, meeting_links
from matchmaker.services.meeting_links import CHECK_IN_SALT, RECORD_SALT, RecordGrant

NOW, DAY = datetime(2026, 6, 15, 1, 7, tzinfo=UTC), date(2026, 6, 15)
LIFE = timedelta(minutes=15)


def code(meeting_id: int = 12, key: str = "key", now: datetime = NOW) -> str:
    return meeting_links.check_in_token(key, meeting_id, now=now, life=LIFE)[0]


@given(st.integers(0, 3 * 24 * 3600), st.integers(1, 240))
def test_a_code_is_good_for_a_third_of_its_life_at_least(seconds: int, minutes: int) -> None:
    now, life = NOW + timedelta(seconds=seconds), timedelta(minutes=minutes)
    token, until = meeting_links.check_in_token("key", 12, now=now, life=life)
    assert meeting_links.read_check_in_token("key", token) == (12, until)
    assert life / 3 <= until - now <= life


def test_a_code_stays_the_same_and_is_renewed() -> None:
    tokens = [code(now=NOW + timedelta(minutes=after)) for after in range(30)]
    assert len(set(tokens)) in {3, 4}


def foreign_codes() -> dict[str, str]:
    good, other = code(), code(13)
    return {
        "empty": "",
        "cut off": good[:-3],
        "one character changed": ("A" if good[0] != "A" else "B") + good[1:],
        "another meeting's number": other.split(".")[0] + "." + good.split(".")[1],
        "another key": code(key="other key"),
        "another purpose": links.answer_token("key", 12, Side.EXPERT, today=DAY),
        "another content": str(URLSafeSerializer("key", salt=CHECK_IN_SALT).dumps({"id": 12})),
        "no moment": str(URLSafeSerializer("key", salt=CHECK_IN_SALT).dumps([12, 10**30])),
    }


@pytest.mark.parametrize("name", list(foreign_codes()))
def test_any_other_code_is_not_found(name: str) -> None:
    with pytest.raises(NotFound):
        meeting_links.read_check_in_token("key", foreign_codes()[name])


def test_a_receipt_is_for_one_check_in() -> None:
    receipt = meeting_links.receipt("key", 7)
    assert meeting_links.read_receipt("key", receipt) == 7
    assert meeting_links.read_receipt("other", receipt) is None
    assert meeting_links.read_receipt("key", code()) is None
    assert meeting_links.read_receipt("key", "") is None


@pytest.mark.parametrize("expert_id", [None, 5])
def test_a_link_carries_meeting_party_and_last_day(expert_id: int | None) -> None:
    token = meeting_links.record_path("key", 12, 3, expert_id, today=DAY).removeprefix("/v/")
    assert meeting_links.read_record_token("key", token) == RecordGrant(12, 3, expert_id, DAY + timedelta(days=30))
    for wrong in (token[:-2], code(), meeting_links.record_path("other", 12, 3, None, today=DAY)[3:]):
        with pytest.raises(NotFound):
            meeting_links.read_record_token("key", wrong)
    late = URLSafeSerializer("key", salt=RECORD_SALT).dumps([12, 3, 0, 10**9])
    with pytest.raises(NotFound):
        meeting_links.read_record_token("key", str(late))
