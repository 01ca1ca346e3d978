"""Signed links: only our own, only for what they were made for."""

from datetime import date, timedelta

import pytest
from itsdangerous import URLSafeSerializer

from matchmaker.domain.vocabulary import Side
from matchmaker.errors import NotFound
from matchmaker.services import links

DAY = date(2026, 6, 15)


def test_a_link_carries_invitation_side_and_last_day() -> None:
    grant = links.read_answer_token("key", links.answer_token("key", 12, Side.EXPERT, today=DAY))
    assert grant == links.Grant(12, Side.EXPERT, DAY + timedelta(days=30))


def _forged() -> dict[str, str]:
    good = links.answer_token("key", 12, Side.EXPERT, today=DAY)
    other = links.answer_token("key", 13, Side.EXPERT, today=DAY)
    return {
        "empty": "",
        "cut off": good[:-3],
        "one character changed": ("A" if good[0] != "A" else "B") + good[1:],
        "payload of another": other.split(".")[0] + "." + good.split(".")[1],
        "another key": links.answer_token("other key", 12, Side.EXPERT, today=DAY),
        "another purpose": URLSafeSerializer("key", salt="check-in").dumps([12, "expert", DAY.toordinal()]),
        "another content": URLSafeSerializer("key", salt=links.ANSWER_SALT).dumps({"id": 12}),
        "unknown side": URLSafeSerializer("key", salt=links.ANSWER_SALT).dumps([12, "nobody", DAY.toordinal()]),
    }


@pytest.mark.parametrize("name", list(_forged()))
def test_anything_else_is_not_found(name: str) -> None:
    with pytest.raises(NotFound):
        links.read_answer_token("key", _forged()[name])
