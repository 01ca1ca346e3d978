"""An edit form opens only for those who may save it."""

from collections.abc import Callable

import pytest

from matchmaker.db.models import Expert, Organisation
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import CapabilityStatus, NeedStatus, Role
from tests.factories import make_capability, make_expert, make_firm, make_need, make_unit
from tests.support.person import Person

Maker = Callable[..., Person]


@pytest.fixture
def firm(sessions: Sessions) -> Organisation:
    with sessions.write() as session:
        return make_firm(session, make_unit(session))


@pytest.fixture
def expert(sessions: Sessions) -> Expert:
    with sessions.write() as session:
        return make_expert(session)


def test_a_need_s_form_is_for_its_firm_and_the_city(person: Maker, sessions: Sessions, firm: Organisation) -> None:
    with sessions.write() as session:
        path = f"/needs/{make_need(session, session.get(Organisation, firm.id)).id}"
        other = make_firm(session, make_unit(session, "乙县"))
    assert person(Role.CITY).get(f"{path}/edit").status_code == 200
    assert person(Role.FIRM, organisation_id=firm.id).get(f"{path}/edit").status_code == 200
    strangers = (
        person(Role.FIRM, organisation_id=other.id),
        person(Role.COUNTY, unit_id=firm.unit_id),
        person(Role.LEADER),
    )
    for stranger in strangers:
        assert stranger.get(f"{path}/edit").status_code == 403
        assert stranger.post(path, {"title": "", "version": "1"}).status_code == 403


def test_a_need_under_review_is_closed_to_its_firm(person: Maker, sessions: Sessions, firm: Organisation) -> None:
    with sessions.write() as session:
        mine = session.get(Organisation, firm.id)
        needs = [make_need(session, mine, status=each).id for each in (NeedStatus.CITY_REVIEW, NeedStatus.SOLVED)]
    owner = person(Role.FIRM, organisation_id=firm.id)
    for need in needs:
        assert owner.get(f"/needs/{need}/edit").status_code == 409


def test_a_capability_s_form_is_for_its_owner_and_the_city(person: Maker, sessions: Sessions, expert: Expert) -> None:
    with sessions.write() as session:
        own = session.get(Expert, expert.id)
        listed = f"/capabilities/{make_capability(session, own).id}"
        gone = f"/capabilities/{make_capability(session, own, status=CapabilityStatus.WITHDRAWN).id}"
        other = make_expert(session)
    owner = person(Role.EXPERT, expert_id=expert.id)
    assert owner.get(f"{listed}/edit").status_code == 200
    assert owner.get(f"{gone}/edit").status_code == 409
    assert person(Role.CITY).get(f"{listed}/edit").status_code == 200
    stranger = person(Role.EXPERT, expert_id=other.id)
    assert stranger.get(f"{listed}/edit").status_code == 403
    assert stranger.post(listed, {"title": "", "version": "1"}).status_code == 403
