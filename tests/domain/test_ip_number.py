"""Numbers of patents: Chinese ones are counted, others only have to look like one."""

import pytest

from matchmaker.domain.drafts import CapabilityDraft, check
from matchmaker.domain.ip_number import tidy_ip_number


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ZL 2020 1 0123456.7", "ZL202010123456.7"),
        ("zl\uff12\uff10\uff12\uff10 2 0123456\uff0eX", "ZL202020123456.X"),
        ("202010123456.7", "202010123456.7"),
        ("ZL 98 1 12345.6", "ZL98112345.6"),
        ("CN 112345678 B", "CN112345678B"),
        ("CN1234567A", "CN1234567A"),
        ("2021SR0123456", "2021SR0123456"),
        ("PCT/CN2020/123456", "PCT/CN2020/123456"),
        ("US 10123456 B2", "US10123456B2"),
        ("国械注准20203010123", "国械注准20203010123"),
        ("", ""),
    ],
)
def test_sound_numbers_are_kept_in_one_form(typed: str, kept: str) -> None:
    assert tidy_ip_number(typed) == kept


@pytest.mark.parametrize(
    "typed", ["ZL 2020 1 012345.7", "CN 12345", "ZL202010123456", "正在申请", "见附件；另有2项", "<b>1"]
)
def test_others_are_refused(typed: str) -> None:
    assert tidy_ip_number(typed) is None


def test_the_form_names_the_field_and_what_to_do() -> None:
    draft, errors = check(CapabilityDraft, {"kind": "patent", "title": "焊接夹具", "ip_number": "ZL 2020"})
    assert draft is None
    assert errors["ip_number"].startswith("专利号或登记号：")
    assert "ZL 2020 1 0123456.7" in errors["ip_number"]
