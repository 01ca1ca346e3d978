"""An organisation keeps its introduction, contact and places; the city keeps what it is."""

from collections.abc import Callable

import pytest

from matchmaker.db.models import Audit, City, Organisation, Region, Site, Unit
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Role
from tests.factories import LOCAL, make_firm, make_institute, make_unit
from tests.support.person import Person

Maker = Callable[..., Person]
ABOUT = {
    "about": "做铝合金壳体，年产 20 万件。",
    "contact_name": "甲工",
    "contact_phone": "0316-0000000",
    "contact_email": "",
}


@pytest.fixture
def firm(sessions: Sessions) -> Organisation:
    with sessions.write() as session:
        session.add_all(Region(code=code, name=name) for code, name in (("110000", "北京市"), ("110108", "海淀区")))
        session.add_all([Region(code="131000", name="某市"), Region(code=LOCAL, name="某县")])
        session.add(
            City(
                code="some",
                name="某市",
                name_en="",
                bureau="",
                product_name="",
                product_name_en="",
                region_code="131000",
                host_regions=["110000"],
            )
        )
        return make_firm(session, make_unit(session))


def kept(sessions: Sessions, row: Organisation) -> Organisation:
    with sessions.read() as session:
        found = session.get_one(Organisation, row.id)
        session.expunge(found)
        return found


def test_a_firm_keeps_its_own_words(person: Maker, sessions: Sessions, firm: Organisation) -> None:
    owner = person(Role.FIRM, organisation_id=firm.id)
    path = f"/organisations/{firm.id}"
    assert "修改单位资料" in owner.get(path).text
    form = owner.get(f"{path}/edit").text
    assert 'name="credit_code"' not in form
    assert owner.post(path, {**ABOUT, "version": "1"}).location == path
    assert "年产 20 万件" in owner.get(path).text
    assert owner.post(path, {**ABOUT, "name": "改名公司", "version": "2"}).status_code == 422
    assert owner.post(path, {**ABOUT, "about": "旧页面", "version": "1"}).status_code == 409
    assert kept(sessions, firm).name == firm.name


def test_strangers_may_not(person: Maker, sessions: Sessions, firm: Organisation) -> None:
    with sessions.write() as session:
        institute, other = make_institute(session), make_firm(session, session.get_one(Unit, firm.unit_id))
    path = f"/organisations/{institute.id}"
    for who in (person(Role.FIRM, organisation_id=firm.id), person(Role.LEADER), person(Role.COUNTY, unit_id=1)):
        assert who.get(f"{path}/edit").status_code == 403
        assert who.post(path, {**ABOUT, "version": "1"}).status_code == 403
        assert who.post(f"{path}/sites", {"site": "x", "region": "110108"}).status_code == 403
    assert person(Role.FIRM, organisation_id=firm.id).get(f"/organisations/{other.id}/edit").status_code == 404


def test_the_city_keeps_name_code_and_unit(person: Maker, sessions: Sessions, firm: Organisation) -> None:
    with sessions.write() as session:
        taken = make_firm(session, credit_code="91110108MA0000000X")
        unit = make_unit(session, "乙县")
    city, path = person(Role.CITY), f"/organisations/{firm.id}"
    values = {**ABOUT, "name": "更名后的公司", "tags": "高新技术企业；小巨人", "unit": unit.code, "version": "1"}
    assert city.post(path, values | {"unit": "没有的单位"}).status_code == 422
    assert city.post(path, values).status_code == 303
    row = kept(sessions, firm)
    assert (row.name, row.tags, row.unit_id) == ("更名后的公司", ["高新技术企业", "小巨人"], unit.id)
    assert taken.credit_code is not None
    with sessions.read() as session:
        last = session.query(Audit).order_by(Audit.id.desc()).first()
        assert (last.action, last.on_behalf) == ("edit", True)
    form = city.get(f"{path}/edit").text
    assert f'<option value="{unit.code}" selected>' in form
    assert 'name="kind"' not in form


def test_places_are_added_and_mended_with_their_region(person: Maker, sessions: Sessions, firm: Organisation) -> None:
    owner, path = person(Role.FIRM, organisation_id=firm.id), f"/organisations/{firm.id}"
    form = owner.get(f"{path}/sites/new").text
    assert "<h1>添加地点</h1>" in form
    place = {"site": "二厂", "address": "某路 9 号", "region": "某县", "unit": ""}
    assert owner.post(f"{path}/sites", place).location == path
    with sessions.read() as session:
        site = session.query(Site).filter_by(name="二厂").one()
        site_id = site.id
        assert (site.region_code, session.get_one(Unit, site.unit_id).region_code) == (LOCAL, LOCAL)
    again = owner.post(f"{path}/sites", place)
    assert again.status_code == 422
    assert "已有同名地点" in again.text
    mended = owner.post(f"{path}/sites/{site_id}", place | {"region": "110108"})
    assert mended.status_code == 303
    with sessions.read() as session:
        row = session.get_one(Site, site_id)
        assert (row.region_code, row.unit_id) == ("110108", None)
        assert session.query(Audit).order_by(Audit.id.desc()).first().after["site.region_code"] == "110108"


def test_a_place_s_region_and_unit_must_fit(person: Maker, sessions: Sessions, firm: Organisation) -> None:
    owner, path = person(Role.FIRM, organisation_id=firm.id), f"/organisations/{firm.id}/sites"
    with sessions.read() as session:
        unit = session.get_one(Unit, firm.unit_id).code
    unknown = owner.post(path, {"site": "某地", "region": "火星"})
    assert unknown.status_code == 422
    assert "没有地域“火星”" in unknown.text
    outside = owner.post(path, {"site": "北京所", "region": "海淀区", "unit": unit})
    assert "责任单位：只有本市的地点填写" in outside.text
    assert owner.post(path, {"site": "开发区厂", "region": "131000", "unit": unit}).status_code == 303
    with sessions.write() as session:
        other = make_institute(session)
        foreign = session.query(Site).filter_by(organisation_id=other.id).one().id
    assert owner.get(f"/organisations/{firm.id}/sites/{foreign}/edit").status_code == 404
