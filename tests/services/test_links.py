"""Signed links: only our own, only for what they were made for."""

from datetime import date, timedelta

import pytest
from itsdangerous import URLSafeSerializer

from matchmaker.domain.vocabulary import Side
from matchmaker.errors import NotFound
from matchmaker.services import follow_up_links, links, meeting_links, team_links

DAY = date(2026, 6, 15)


def test_a_link_carries_invitation_side_and_last_day() -> None:
    grant = links.read_answer_token("key", links.answer_token("key", 12, Side.EXPERT, today=DAY))
    assert grant == links.Grant(12, Side.EXPERT, DAY + timedelta(days=30))


def test_links_that_are_out_already_stay_good() -> None:
    """How contents are signed may never change: letters with these lie in mailboxes."""

    def sent(salt: str, content: object) -> str:
        return str(URLSafeSerializer("key", salt=salt).dumps(content))

    until, end = DAY.toordinal(), DAY
    assert links.read_answer_token("key", sent("invitation-answer", [12, "expert", until])).until == end
    assert links.read_companion_token("key", sent("invitation-companion", [12, 5, until])) == (12, 5, end)
    assert links.read_confirmation_token("key", sent("confirmation", ["expert:5", until])).owner_key == "expert:5"
    assert links.read_preferences_token("key", sent("notice-preferences", 7)) == 7
    assert meeting_links.read_record_token("key", sent("meeting-record", [12, 3, 0, until])).expert_id is None
    assert meeting_links.read_receipt("key", sent("meeting-check-in-receipt", 7)) == 7
    assert follow_up_links.read("key", sent("follow-up", [12, 30, 3, 5, until])).expert_id == 5
    assert team_links.read("key", sent("task-book", [4, 0, 5, until])).organisation_id is None


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
