"""What a person reads: every notice, with its link, in the reader's language."""

from email import message_from_bytes
from email.policy import default

import pytest

from matchmaker.db.models import OutboxMessage
from matchmaker.delivery.letters import LONGEST_CHAT, Letterhead, chat, compose, message_id
from matchmaker.services.outbox import letters
from tests.factories import NOW

HEAD = Letterhead("bureau@kjj.example.org", "https://match.example.org", "某市科技局")
FULL = {
    "path": "/a/token",
    "title": "铝合金薄板焊接 <A&B>",
    "name": "周教授",
    "firm": "某某部件（演示）",
    "expert": "周铭辉",
    "institute": "某某大学",
    "day": "2026-07-01",
    "time": "09:00",
    "place": "地点 某路1号",
    "answer_by": "2026-06-20",
    "reason": "请补充指标",
    "message": "盼复",
    "sender": "专员",
}


def message(notice: str, payload: dict[str, str], key: str = "key") -> OutboxMessage:
    return OutboxMessage(
        id=1, dedup_key=key, recipient="reader@example.org", notice=notice, payload=payload, made_at=NOW
    )


@pytest.mark.parametrize("notice", sorted(letters()))
def test_every_notice_reads_as_a_letter_with_its_link(notice: str) -> None:
    letter = message_from_bytes(compose(message(notice, FULL), HEAD).as_bytes(), policy=default)
    text = letter.get_content()
    assert FULL["title"] in letter["Subject"]
    assert "\n" not in letter["Subject"]
    assert "https://match.example.org/a/token" in text
    for said in (
        "周教授，您好：",
        "原因：请补充指标",
        "企业：某某部件（演示）",
        "日期：2026-07-01",
        "某市科技局",
        FULL["title"],
    ):
        assert said in text
    assert (letter["From"], letter["To"]) == ("bureau@kjj.example.org", "reader@example.org")


@pytest.mark.parametrize("notice", sorted(letters()))
def test_what_is_not_known_leaves_no_trace(notice: str) -> None:
    text = compose(message(notice, {"path": "/needs/1", "title": "题"}), HEAD).get_content()
    assert "https://match.example.org/needs/1" in text
    assert "None" not in text
    assert "：\n" not in text.replace("您好：\n", "").replace("请点此查看：\n", "")


@pytest.mark.parametrize("notice", sorted(letters()))
def test_a_text_for_a_chat_is_short_and_ends_with_its_link(notice: str) -> None:
    link = "https://match.example.org/a/" + "t" * 60
    text = chat(notice, FULL, link)
    assert FULL["title"] in text
    assert "企业：某某部件（演示）" in text
    firms = "、".join(f"{number}号精密部件有限公司" for number in range(20))
    crowded = chat(notice, FULL | {"firm": firms}, link)
    for each in (text, crowded):
        assert each.endswith(f"\n{link}")
        assert len(each) <= LONGEST_CHAT
    assert firms not in crowded
    assert "日期：2026-07-01" in crowded  # what is short still finds room


def test_a_message_has_one_id_for_ever_and_another_has_another() -> None:
    once, again = (compose(message("need_published", FULL, "a"), HEAD)["Message-ID"] for _ in range(2))
    assert once == again == message_id("a", HEAD.sender)
    assert once.endswith("@kjj.example.org>")
    assert compose(message("need_published", FULL, "b"), HEAD)["Message-ID"] != once


def test_nobody_writes_headers_through_a_title() -> None:
    letter = compose(message("need_published", FULL | {"title": "题\r\nBcc: x@example.org"}), HEAD)
    assert letter["Bcc"] is None
    assert "\nBcc:" not in letter.as_string()
