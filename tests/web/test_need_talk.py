"""Files, versions and the talk between a firm and its reviewers, on the need's page."""

import re
from collections.abc import Callable
from io import BytesIO

import pytest
from sqlalchemy import func, select

from matchmaker.db.models import Account, Attachment, Blob, Comment, Expert, Group, Need, OutboxMessage
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import InvitationStatus, NeedStatus, Role
from tests.exchange.test_plain_text import docx, xlsx
from tests.factories import (
    make_account,
    make_expert,
    make_firm,
    make_group,
    make_institute,
    make_invitation,
    make_need,
    make_unit,
)
from tests.support.person import Person

Maker = Callable[..., Person]
FILE = docx("图样说明")


class World:
    """A published need of one firm, its county and city officers, and an expert it may agree with."""

    def __init__(self, person: Maker, sessions: Sessions) -> None:
        self.sessions = sessions
        with sessions.write() as session:
            unit, elsewhere = make_unit(session, "甲县"), make_unit(session, "乙县")
            firm = make_firm(session, unit, contact_name="王某", contact_email="firm@example.org")
            institute = make_institute(session)
            expert, colleague = make_expert(session, institute), make_expert(session, institute)
            group = make_group(session, colleague, expert)
            need = make_need(session, firm, title="原来的名称")
            other = make_firm(session, unit)
            self.need, self.expert, self.group, self.firm = need.id, expert.id, group.id, firm.id
        self.path = f"/needs/{self.need}"
        self.owner = person(Role.FIRM, organisation_id=firm.id)
        self.city = person(Role.CITY, email="city@example.org", name="市专员")
        self.county = person(Role.COUNTY, unit_id=unit.id, email="county@example.org", name="县专员")
        self.elsewhere = person(Role.COUNTY, unit_id=elsewhere.id)
        self.leader = person(Role.LEADER)
        self.scholar = person(Role.EXPERT, expert_id=self.expert)
        self.manager = person(Role.INSTITUTE, organisation_id=institute.id)
        self.rival = person(Role.FIRM, organisation_id=other.id)

    def attach(self, who: Person, name: str = "图纸.docx", content: bytes = FILE) -> int:
        return who.post(f"{self.path}/files", {"files": (BytesIO(content), name)}).status_code

    def file(self) -> str:
        with self.sessions.read() as session:
            return f"{self.path}/files/{session.scalars(select(Attachment.id).order_by(Attachment.id)).first()}"

    def letters(self) -> list[tuple[str, dict[str, str]]]:
        with self.sessions.read() as session:
            rows = session.scalars(select(OutboxMessage).where(OutboxMessage.notice == "need_comment"))
            return [(row.recipient, row.payload) for row in rows.all()]


@pytest.fixture
def world(person: Maker, sessions: Sessions) -> World:
    return World(person, sessions)


# Files


def test_its_firm_and_the_officers_read_a_file_and_nobody_else(world: World) -> None:
    assert world.attach(world.owner) == 303
    path = world.file()
    for who in (world.owner, world.city, world.county, world.leader):
        answer = who.get(path)
        assert answer.status_code == 200
        assert answer.data == FILE
        assert answer.headers["Content-Disposition"].startswith("attachment;")
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert "图纸.docx" in who.get(world.path).text
    for who in (world.scholar, world.manager, world.rival, world.elsewhere):
        assert who.get(path).status_code == 404
        assert "图纸.docx" not in who.get(world.path).text


@pytest.mark.parametrize("through_group", [True, False])
def test_the_expert_side_reads_it_once_both_have_agreed(world: World, through_group: bool) -> None:
    world.attach(world.owner)
    with world.sessions.write() as session:
        need = session.get_one(Need, world.need)
        party = session.get_one(Group, world.group) if through_group else session.get_one(Expert, world.expert)
        invitation = make_invitation(session, need, party)
    assert world.scholar.get(world.file()).status_code == 404
    with world.sessions.write() as session:
        session.merge(invitation).status = InvitationStatus.ACCEPTED
    assert world.scholar.get(world.file()).status_code == 200
    assert "图纸.docx" in world.scholar.get(world.path).text


def test_a_file_is_kept_once_taken_away_with_a_reason_and_stays_on_file(world: World) -> None:
    world.attach(world.owner)
    world.attach(world.owner, "同一份.docx")
    assert world.attach(world.owner, "表.xlsx", xlsx("指标")) == 303
    assert world.owner.post(f"{world.file()}/void", {"reason": " "}).status_code == 422
    assert world.owner.post(f"{world.file()}/void", {"reason": "传错了"}).status_code == 303
    assert world.owner.post(f"{world.file()}/void", {"reason": "再来"}).status_code == 409
    page = world.city.get(world.path).text
    assert "已作废" in page
    assert "作废附件" in page  # in the timeline
    with world.sessions.read() as session:
        assert session.scalar(select(func.count(Attachment.id))) == 2
        assert session.scalar(select(func.count()).select_from(Blob)) == 2
    assert world.city.get(world.file()).data == FILE


def test_strangers_attach_nothing_nor_does_anybody_while_it_is_reviewed(world: World) -> None:
    for who in (world.scholar, world.rival, world.leader):
        assert world.attach(who) == 403
    with world.sessions.write() as session:
        session.get_one(Need, world.need).status = NeedStatus.CITY_REVIEW
    assert world.attach(world.owner) == 409
    assert world.attach(world.city) == 303


def test_marks_and_wrong_kinds_are_refused_at_the_file(world: World) -> None:
    assert world.attach(world.owner, "机密★.docx") == 422
    assert world.attach(world.owner, "说明.docx", docx("机", "密级")) == 422
    assert world.attach(world.owner, "表.xlsx", b"not a sheet") == 422
    assert world.attach(world.owner, "说明.txt", "密级：机密".encode("gb18030")) == 422
    with world.sessions.read() as session:
        assert session.scalar(select(func.count()).select_from(Blob)) == 0


# Versions


def edit(world: World, who: Person, **words: str) -> None:
    version = re.search(r'name="version" value="(\d+)"', who.get(f"{world.path}/edit").text)[1]
    fields = {"title": "原来的名称", "problem": "合格率 78%", "declared": "1", "version": version, **words}
    assert who.post(world.path, fields).status_code == 303


def test_any_two_versions_are_compared_word_by_word(world: World) -> None:
    edit(world, world.owner)
    edit(world, world.owner, problem="合格率 92%", cooperation="joint")
    page = world.city.get(f"{world.path}/versions?old=2&new=0").text
    assert "合格率 <del>78%</del><ins>92%</ins>" in page
    assert "<ins>合作研发</ins>" in page
    assert "技术需求名称" not in page[page.index("<h2>") :]
    same = world.city.get(f"{world.path}/versions?old=2&new=2").text
    assert "这两个版本的内容一样" in same
    assert world.city.get(f"{world.path}/versions?old=9").status_code == 404
    assert "历史版本 2 个" in world.owner.get(world.path).text


def test_strangers_see_no_versions_and_a_need_without_has_no_page(world: World) -> None:
    assert world.city.get(f"{world.path}/versions").status_code == 404
    edit(world, world.owner)
    assert world.county.get(f"{world.path}/versions").status_code == 200
    for who in (world.scholar, world.rival, world.elsewhere):
        assert who.get(f"{world.path}/versions").status_code == 404


# Talk


def test_an_officer_s_remark_goes_to_the_firm_and_its_reply_to_the_officer_in_charge(world: World) -> None:
    with world.sessions.write() as session:
        session.get_one(Need, world.need).status = NeedStatus.CITY_REVIEW
    world.city.post(f"{world.path}/comments", {"body": "请补充样件尺寸"})
    assert [(to, said["message"]) for to, said in world.letters()] == [("firm@example.org", "请补充样件尺寸")]
    world.city.post(f"{world.path}/publish")
    assert "给审核人员留言或回复" in world.owner.get(world.path).text
    assert world.owner.post(f"{world.path}/comments", {"body": "300×200 mm"}).status_code == 303
    assert [to for to, _said in world.letters()][1:] == ["city@example.org"]
    page = world.city.get(world.path).text
    assert "请补充样件尺寸" in page
    assert "300×200 mm" in page


def test_a_reply_nobody_is_in_charge_of_goes_to_the_unit_s_officers(world: World) -> None:
    with world.sessions.write() as session:
        session.get_one(Need, world.need).status = NeedStatus.COUNTY_REVIEW
    world.owner.post(f"{world.path}/comments", {"body": "什么时候能审？"})
    assert [to for to, _said in world.letters()] == ["county@example.org"]


def test_who_passes_or_publishes_is_in_charge(world: World) -> None:
    def officer() -> str:
        with world.sessions.read() as session:
            return session.get_one(Account, session.get_one(Need, world.need).officer_id).name

    with world.sessions.write() as session:
        session.get_one(Need, world.need).status = NeedStatus.COUNTY_REVIEW
    world.county.post(f"{world.path}/county_pass")
    assert officer() == "县专员"
    world.city.post(f"{world.path}/publish")
    assert officer() == "市专员"


def test_the_firm_talks_while_it_is_reviewed_and_strangers_never(world: World) -> None:
    with world.sessions.write() as session:
        session.get_one(Need, world.need).status = NeedStatus.COUNTY_REVIEW
        make_account(session, Role.CITY)
    assert "给审核人员留言或回复" in world.owner.get(world.path).text
    for who in (world.leader, world.rival, world.scholar):
        assert who.post(f"{world.path}/comments", {"body": "看看"}).status_code in {403, 404}
    with world.sessions.read() as session:
        assert session.scalar(select(func.count(Comment.id))) == 0


# What else stands there


def test_the_page_tells_insiders_of_quality_audience_and_a_missing_declaration(world: World) -> None:
    with world.sessions.write() as session:
        need = session.get_one(Need, world.need)
        need.status, need.declared, need.industry_code = NeedStatus.CITY_REVIEW, False, "34"
    page = world.city.get(world.path).text
    assert "企业还没有作出“不含涉密内容声明”" in page
    assert "完整度" in page
    assert "通用设备制造业" in page
    assert "企业还没有作出" not in world.owner.get(world.path).text
    with world.sessions.write() as session:
        session.get_one(Need, world.need).status = NeedStatus.PUBLISHED
    outside = world.scholar.get(world.path).text
    assert "通用设备制造业" in outside
    assert "完整度" not in outside
    assert "向院所和专家公开" not in outside
