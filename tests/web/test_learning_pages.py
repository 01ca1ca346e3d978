"""What stands near a need and a capability, policy prose, and whom nothing can be matched to."""

import html
import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

from sqlalchemy import select

from matchmaker.db.models import Audit, Boilerplate, Capability, Label, Need
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Audience, LabelKind, NeedStatus, Noun, Role
from tests import factories as make
from tests.support.person import Person
from tests.support.texts import analysed
from tests.support.world import World

Maker = Callable[..., Person]
PROSE = "我们将认真贯彻落实上级部门的决策部署，加快推进高质量发展。"


def test_a_need_s_neighbours_are_told_apart_and_masked(
    world: World, city: Person, firm_user: Person, expert_user: Person, sessions: Sessions
) -> None:
    with sessions.write() as session:
        need = session.get_one(Need, world.need.id)
        said = {"title": need.title, "problem": need.problem, "keywords": need.keywords}
        analysed(session, make.make_need(session, need.firm, status=NeedStatus.DRAFT, **said))
        other = make.make_firm(session, make.make_unit(session, "乙县"), name="隐名部件厂")
        analysed(session, make.make_need(session, other, audience=Audience.MASKED, **said))
        solved = analysed(session, make.make_need(session, other, status=NeedStatus.SOLVED, **said))
        helper = make.make_expert(session, name="钱解决")
        key = f"expert:{helper.id}"
        session.add(Label(need_id=solved.id, owner_key=key, kind=LabelKind.SIGNED, made_at=make.NOW, made_by="系统"))
    path = f"/needs/{world.need.id}/neighbours"
    assert path in city.get(f"/needs/{world.need.id}").text
    found = {"city": city.get(path).text, "firm": firm_user.get(path).text, "expert": expert_user.get(path).text}
    for who, page in found.items():
        assert ("同一企业很可能填报过" in page) is (who != "expert"), who
        assert "类似问题已经解决过" in page
        assert "别处也有类似的问题" in page
        assert ("钱解决" in page) is (who == "city"), who
    elsewhere = {who: page[page.index("别处也有") :] for who, page in found.items()}
    assert "隐名部件厂" in elsewhere["city"]
    assert "隐名部件厂" not in elsewhere["firm"]
    assert "隐名部件厂" not in elsewhere["expert"]


def test_a_capability_names_those_like_it_but_not_its_owner_s(
    world: World, expert_user: Person, sessions: Sessions
) -> None:
    with sessions.write() as session:
        mine = session.scalars(select(Capability).where(Capability.expert_id == world.expert.id)).first()
        assert mine is not None
        said = {"title": mine.title, "text": mine.text, "keywords": mine.keywords}
        own = analysed(session, make.make_capability(session, session.merge(world.expert), **said))
        other = analysed(session, make.make_capability(session, make.make_expert(session, name="同行甲"), **said))
        number, own_id, other_id = mine.id, own.id, other.id
    page = expert_user.get(f"/capabilities/{number}").text
    section = page[page.index('id="similar"') :]
    assert "同行甲" in section
    assert f"/capabilities/{other_id}" in section
    assert f"/capabilities/{own_id}" not in section


def test_officers_let_policy_prose_in_and_mark_a_sentence_by_hand(
    world: World, city: Person, firm_user: Person, sessions: Sessions
) -> None:
    assert firm_user.get("/boilerplate").status_code == 403
    assert "还没有学到套话" in city.get("/boilerplate").text
    assert city.post("/boilerplate", {"sentence": PROSE, "reason": ""}).status_code == 422
    assert city.post("/boilerplate", {"sentence": PROSE + "再来一句。", "reason": "都在写"}).status_code == 422
    assert city.post("/boilerplate", {"sentence": PROSE, "reason": "都在写"}).status_code == 303
    page = city.get("/boilerplate").text
    [undo] = re.findall(r"/boilerplate/[0-9a-f]+/in", page)
    with sessions.write() as session:
        firm = session.get_one(Need, world.need.id).firm
        need = analysed(session, make.make_need(session, firm, problem=f"焊缝开裂。{PROSE}"))
        number = need.id
    shown = city.get(f"/needs/{number}").text
    assert "灰色文字为常见套话" in shown
    assert city.post(undo, {"reason": ""}).status_code == 422
    assert city.post(undo, {"reason": "这句有用"}).status_code == 303
    assert "灰色文字为常见套话" not in city.get(f"/needs/{number}").text
    with sessions.read() as session:
        assert session.scalars(select(Boilerplate.by_hand)).all() == [False]
        told = session.scalars(select(Audit.reason).where(Audit.noun == Noun.LEXICON).order_by(Audit.id)).all()
    assert told == ["都在写", "这句有用"]


def test_an_institute_sees_its_own_people_whom_nothing_can_be_matched_to(
    world: World, city: Person, person: Maker, sessions: Sessions
) -> None:
    with sessions.write() as session:
        mine, other = make.make_expert(session, name="本所无能力"), make.make_expert(session, name="外所无能力")
        institute = mine.institute_id
        assert other.institute_id != institute
    manager = person(Role.INSTITUTE, organisation_id=institute)
    assert "/suggestions/unmatched" in manager.get("/capabilities").text
    page = manager.get("/suggestions/unmatched").text
    assert "本所无能力" in page
    assert "外所无能力" not in page
    assert "外所无能力" in city.get("/suggestions/unmatched").text


def test_officers_keep_the_bureau_s_own_words(world: World, city: Person, firm_user: Person) -> None:
    assert firm_user.get("/lexicon").status_code == 403
    assert "还没有本市补充的词" in city.get("/lexicon").text
    refused = city.post("/lexicon", {"name": "QZX-9", "other": "强制旋压", "reason": ""})
    assert refused.status_code == 422
    assert "请填写原因" in refused.text
    sent = {"name": "", "lines": "QZX-9\t强制旋压\n反拉深\t\n", "reason": "企业用代号"}
    assert city.post("/lexicon", sent).status_code == 303
    page = city.get("/lexicon").text
    assert "QZX-9" in page
    assert "反拉深" in page
    undo = re.findall(r"/lexicon/\d+/undo", page)
    assert len(undo) == 2
    assert city.post(undo[0], {"reason": "有歧义"}).status_code == 303
    assert "有歧义" in city.get("/lexicon?state=undone").text
    assert len(re.findall(r"/lexicon/\d+/undo", city.get("/lexicon?state=valid").text)) == 1
    assert city.get("/lexicon/export.xlsx").status_code == 200


def test_words_go_out_as_a_sheet_and_come_back(world: World, city: Person, firm_user: Person) -> None:
    sent = {"lines": "QZX-9\t强制旋压\t企业用代号\n反拉深\n=SUM(A1)代号", "reason": "新工艺"}
    assert city.post("/lexicon", sent).status_code == 303
    book = city.get("/lexicon/export.xlsx").data
    for undo in re.findall(r"/lexicon/\d+/undo", city.get("/lexicon").text):
        assert city.post(undo, {"reason": "重来"}).status_code == 303

    def check(name: str, data: bytes) -> Any:
        return city.post("/lexicon/sheet", {"file": (BytesIO(data), name)})

    page = check("词库.xlsx", book)
    assert "表里有 3 条新词" in page.text
    lines = html.unescape(re.search(r'name="lines"[^>]*>([^<]*)<', page.text)[1]).strip()
    assert sorted(lines.splitlines()) == ["=SUM(A1)代号\t\t新工艺", "QZX-9\t强制旋压\t企业用代号", "反拉深\t\t新工艺"]
    assert city.post("/lexicon", {"lines": lines, "reason": "按表导入"}).status_code == 303
    assert len(re.findall(r"/lexicon/\d+/undo", city.get("/lexicon?state=valid").text)) == 3
    assert "企业用代号" in city.get("/lexicon?state=valid").text
    again = check("词库.xlsx", book).text
    assert "表里有 0 条新词" in again
    assert "已在词库里" in again
    table = ["说明：本市词库", "词语,另一名称,原因", "甲法,乙法；丙法,同物异名", ",漏了词语,", "qzx-9,强制旋压,"]
    rows = "\n".join(table).encode("gb18030")
    told = check("words.csv", rows).text
    assert "表里有 2 条新词" in told
    assert "第 4 行" in told
    assert "第 5 行" in told
    assert check("words.csv", "一,二\n".encode()).status_code == 422
    assert check("words.txt", rows).status_code == 422
    assert check("words.xlsx", b"PK not a book").status_code == 422
    assert firm_user.post("/lexicon/sheet", {"file": (BytesIO(rows), "words.csv")}).status_code == 403
