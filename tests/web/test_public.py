"""What anybody may see: goals, numbers, and open needs that do not say whose they are."""

from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook

from matchmaker.db.models import TechnicalField
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Audience, NeedStatus
from tests.factories import make_firm, make_need, make_unit
from tests.support.counting import make_counting
from tests.support.person import Person


@pytest.fixture
def titles(sessions: Sessions) -> dict[str, list[str]]:
    """Titles that may be shown, and others that may not, all of one named firm."""
    with sessions.write() as session:
        make_counting(session)
        unit = make_unit(session, "丙县")
        session.add(TechnicalField(id=7, position=7, code="equipment", name="装备", name_en="Equipment", source="演示"))
        session.flush()
        firm = make_firm(session, unit, name="临河精铸有限公司", contact_phone="13900001111")
        shown = {"公开的": {"audience": Audience.OPEN, "field_id": 7}, "隐名的": {"audience": Audience.MASKED}}
        hidden = {
            "定向的": {"audience": Audience.CHOSEN},
            "草稿的": {"status": NeedStatus.DRAFT},
            "在审的": {"status": NeedStatus.CITY_REVIEW},
            "已解决的": {"status": NeedStatus.SOLVED},
            "已关闭的": {"status": NeedStatus.CLOSED},
            "临河精铸有限公司的缩松": {},
        }
        for title, values in (shown | hidden).items():
            make_need(session, firm, title=title, problem="秘方在此", **values)
    return {"shown": list(shown), "hidden": list(hidden)}


def test_the_list_names_needs_but_no_firm(visitor: Person, titles: dict[str, list[str]]) -> None:
    page = visitor.get("/open-needs")
    assert page.status_code == 200
    for title in titles["shown"]:
        assert title in page.text
    for text in (*titles["hidden"], "临河", "13900001111", "秘方", "/needs/"):
        assert text not in page.text, text
    assert "丙县" in page.text
    assert "装备" in page.text
    assert "共 2 条" in page.text


@pytest.mark.parametrize("query", ["?q=临河", "?q=秘方", "?q=定向", "?field=nonsense", "?unit=%27"])
def test_nothing_else_can_be_looked_for(query: str, visitor: Person, titles: dict[str, list[str]]) -> None:
    assert "没有符合条件的需求" in visitor.get(f"/open-needs{query}").text


def test_the_list_filters_sorts_and_leaves_as_a_sheet(visitor: Person, titles: dict[str, list[str]]) -> None:
    page = visitor.get("/open-needs?field=equipment").text
    assert "公开的" in page
    assert "隐名的" not in page
    down = visitor.get("/open-needs?sort=-title").text
    assert down.index("隐名的") < down.index(">公开的<br>")
    sheet = visitor.get("/open-needs/export.xlsx?q=的&sort=title")
    rows = CalamineWorkbook.from_filelike(BytesIO(sheet.data)).get_sheet_by_index(0).to_python()
    assert [row[0] for row in rows[1:]] == sorted(titles["shown"])
    assert not any("临河" in str(cell) for row in rows for cell in row)


def test_the_first_page_counts_what_the_list_shows(visitor: Person, titles: dict[str, list[str]]) -> None:
    page = visitor.get("/").text
    assert 'href="/open-needs" aria-label="看 2 条公开的技术需求">2</a>' in page
    assert 'href="/register"' in page
    assert "走进 规则 1 全文" not in page
    assert "outbound 规则 1 全文" in page
    assert "临河" not in page


def test_an_empty_installation_says_what_comes(visitor: Person) -> None:
    assert "还没有公开的技术需求" in visitor.get("/open-needs").text
    assert visitor.get("/").status_code == 200
