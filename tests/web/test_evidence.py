"""Evidence and verification through the pages: what is shown, kept, voided, and signed only as it was seen."""

import io
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from matchmaker.db.models import Meeting
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import MeetingStatus, Role
from tests.support.meetings import attach, make_world, outbound, planned, press, recorded
from tests.support.person import Person


@pytest.fixture
def world(sessions: Sessions, person: Callable[..., Person]) -> SimpleNamespace:
    return make_world(sessions, person)


def test_nobody_signs_a_record_they_have_not_seen(world: SimpleNamespace, sessions: Sessions) -> None:
    path = planned(world.city, outbound(world))
    recorded(world, path)
    seen = re.search(r'name="version" value="(\d+)"', world.other.get(path).text)
    assert seen
    assert press(world.other, path, "reject", {"reason": "人数不符"}).status_code == 303
    recorded(world, path)
    for old in ({"version": seen[1]}, {}):
        stale = world.other.post(f"{path}/verify", old)
        assert stale.status_code == 409
        assert "又被改过" in stale.text
        assert "刷新后查看最新情况" in stale.text
        for action in ("reject", "cancel"):
            assert world.other.post(f"{path}/{action}", {"reason": "x", **old}).status_code == 409
    with sessions.read() as session:
        assert session.scalars(select(Meeting.status)).one() is MeetingStatus.HELD
    assert press(world.other, path, "verify").status_code == 303
    assert world.other.post(f"{path}/unverify", {"reason": "x", "version": seen[1]}).status_code == 409


def test_evidence_goes_in_and_out_under_its_own_name(world: SimpleNamespace) -> None:
    path = planned(world.city, outbound(world))
    sheet = b"%PDF-1.7 signed"

    def attach(name: str, data: bytes) -> Any:
        sent = {"kind": "sign_in", "file": (io.BytesIO(data), name)}
        return world.city.post(f"{path}/evidence", sent, content_type="multipart/form-data")

    assert attach("签到表 1.pdf", sheet).status_code == 303
    page = world.leader.get(path).text
    assert "签到表 1.pdf" in page
    assert "缺签到表" not in page
    link = re.search(r'href="([^"]*/evidence/\d+)"', page)
    assert link
    file = world.leader.get(link[1])
    assert file.data == sheet
    disposition = file.headers["Content-Disposition"]
    assert disposition.startswith("attachment; ")
    assert "filename*=UTF-8''%E7%AD%BE%E5%88%B0%E8%A1%A8%201.pdf" in disposition
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    refused = attach("签到表.pdf", b"MZ not a pdf")
    assert refused.status_code == 422
    assert "文件内容不是 pdf" in refused.text
    assert attach("page.html", b"<script>").status_code == 422


def test_a_photo_is_shown_and_sealed_off_and_a_paper_only_saved(world: SimpleNamespace) -> None:
    path = planned(world.city, outbound(world))
    photo = b"\x89PNG\r\n\x1a\n a photo"
    assert attach(world.city, path, "现场.png", photo).status_code == 303
    assert attach(world.city, path, "报告.pdf", b"%PDF-1.7", kind="other").status_code == 303
    page = world.other.get(path).text
    shown = re.findall(r'<img class="thumb" src="([^"]+)"', page)
    assert len(shown) == 1
    answer = world.other.get(shown[0])
    assert answer.data == photo
    assert answer.headers["Content-Disposition"].startswith("inline; ")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    paper = re.findall(r'href="([^"]*/evidence/\d+)"', page)[1]
    assert world.other.get(f"{paper}/view").status_code == 404
    assert world.other.get(paper).headers["Content-Disposition"].startswith("attachment; ")


@pytest.mark.parametrize(
    ("name", "size", "said"),
    [("现场.pdf", 10, "文件内容不是 pdf"), ("现场.png", 25, "文件超过 20 MB"), ("x", 0, "文件是空的")],
)
def test_a_refused_file_leaves_what_was_typed(world: SimpleNamespace, name: str, size: int, said: str) -> None:
    path = planned(world.city, outbound(world))
    typed = {f"firm_{world.firm}": "attended", "minutes": "写了一半的纪要"}
    answer = attach(world.city, path, name, b"x" * (size * 1024 * 1024 if size == 25 else size), **typed)
    assert answer.status_code == 422
    assert f'<p class="error" id="e-file">附件“{name}”：{said}' in answer.text
    assert "写了一半的纪要" in answer.text
    assert '<option value="attended" selected>' in answer.text


def test_a_file_beyond_reading_is_refused_on_the_page(world: SimpleNamespace) -> None:
    path = planned(world.city, outbound(world))
    answer = attach(world.city, path, "现场.png", b"x" * 61 * 1024 * 1024)
    assert answer.status_code == 422
    assert "文件超过 20 MB" in answer.text
    assert 'id="record-form"' in answer.text


def test_a_kept_file_leaves_what_was_typed_and_one_chosen_beside_the_record_is_kept(world: SimpleNamespace) -> None:
    path = planned(world.city, outbound(world))
    answer = attach(world.city, path, "现场.png", b"\x89PNG\r\n\x1a\n 1", minutes="写了一半的纪要")
    assert answer.status_code == 200
    assert "已上传：现场.png" in answer.text
    assert "写了一半的纪要" in answer.text
    sent = {f"firm_{world.firm}": "attended", f"expert_{world.lead}": "attended", "minutes": "谈了焊接。"}
    sheet = {"kind": "sign_in", "file": (io.BytesIO(b"%PDF-1.7"), "签到表.pdf")}
    assert world.city.post(f"{path}/record", {**sent, **sheet}, content_type="multipart/form-data").status_code == 303
    page = world.other.get(path).text
    assert "签到表.pdf" in page
    assert "缺签到表" not in page


def test_a_wrong_file_is_voided_before_verification_only(world: SimpleNamespace, person: Callable[..., Person]) -> None:
    path = planned(world.city, outbound(world))
    attach(world.city, path, "错的.png", b"\x89PNG\r\n\x1a\n 1")
    attach(world.city, path, "对的.png", b"\x89PNG\r\n\x1a\n 2")
    recorded(world, path)
    steps = re.findall(r'action="([^"]*/evidence/\d+/void)"', world.city.get(path).text)
    assert len(steps) == 2
    assert world.leader.post(steps[0], {"reason": "x"}).status_code == 403
    old = re.search(r'name="version" value="(\d+)"', world.other.get(path).text)
    assert old
    assert world.city.post(steps[0], {"reason": "传错了"}).status_code == 303
    page = world.other.get(path).text
    assert "已作废" in page
    assert "作废材料" in page
    assert page.count('class="thumb"') == 1
    wrong = steps[0].removesuffix("/void")
    assert world.county.get(wrong).status_code == 200
    firm = person(Role.FIRM, organisation_id=world.firm)
    assert firm.get(steps[1].removesuffix("/void")).status_code == 200
    assert firm.get(wrong).status_code == firm.get(f"{wrong}/view").status_code == 404  # somebody else's, perhaps
    assert "错的.png" not in firm.get(path).text
    assert world.other.post(f"{path}/verify", {"version": old[1]}).status_code == 409
    assert press(world.other, path, "verify").status_code == 303
    assert "先撤销核验" in world.city.get(path).text
    assert world.city.post(steps[1], {"reason": "迟了"}).status_code == 409
    assert attach(world.city, path, "迟了.png", b"\x89PNG\r\n\x1a\n 3").status_code == 409
