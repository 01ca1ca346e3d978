"""A stranger's registration: what it makes, what it may not learn or change, and what the bureau decides."""

from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import Account, Audit, Organisation, OutboxMessage, Registration, Site
from matchmaker.db.session import Sessions
from matchmaker.domain.drafts import RegistrationDraft
from matchmaker.domain.permissions import SYSTEM, Actor
from matchmaker.domain.vocabulary import Noun, RegistrationStatus, Role
from matchmaker.errors import Conflict, Forbidden, Invalid, NotFound, TooMany
from matchmaker.queries import choices, profiles
from matchmaker.queries import registrations as queries
from matchmaker.queries.listing import Wanted
from matchmaker.services import accounts, throttle
from matchmaker.services import registrations as services
from tests import factories as make
from tests.support.firms import credit_code, registration

CLOCK = FixedDayClock(make.TODAY)
HASH = "$hash$"
STRANGER = Actor(role=None, name="王某")


@pytest.fixture
def world(sessions: Sessions) -> SimpleNamespace:
    with sessions.write() as session:
        unit, other = make.make_unit(session), make.make_unit(session, "乙县")
        known = make.make_firm(session, unit, name="老牌焊接有限公司", credit_code=credit_code(7), contact_name="")
        city = make.actor_of(make.make_account(session, Role.CITY))
        county = make.actor_of(make.make_account(session, Role.COUNTY, unit_id=unit.id))
        neighbour = make.actor_of(make.make_account(session, Role.COUNTY, unit_id=other.id))
        found = {"unit": unit.code, "other": other.code, "known": known.id}
        return SimpleNamespace(**found, city=city, county=county, neighbour=neighbour)


def hand_in(session: Session, world: SimpleNamespace, number: int = 1, **changed: Any) -> Registration:
    draft = RegistrationDraft.model_validate(registration(world.unit, number) | changed)
    return services.submit(session, STRANGER, draft, password_hash=HASH, network="192.0.2.0/24", clock=CLOCK)


def decide(session: Session, actor: Actor, one: Registration, action: str, **more: Any) -> None:
    services.decide(session, actor, one, action, clock=CLOCK, **more)


def letters(session: Session) -> list[tuple[str, str]]:
    return [(row.notice, row.recipient) for row in session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))]


@pytest.mark.both_databases
def test_a_new_firm_waits_unseen_and_takes_part_once_approved(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.write() as session:
        one = hand_in(session, world)
        assert (one.status, one.known, one.account.active) == (RegistrationStatus.PENDING, False, False)
        assert one.organisation.credit_code is None
        assert one.title not in choices.firms(session, world.city)
        with pytest.raises(NotFound):
            profiles.organisation(session, world.city, one.organisation_id)
        decide(session, world.county, one, "approve")
    with sessions.read() as session:
        one = session.scalars(select(Registration)).one()
        firm = one.organisation
        assert (firm.status, firm.credit_code, firm.about) == (
            RegistrationStatus.ACTIVE, credit_code(1), "做铝合金薄板焊接，八十人。",
        )  # fmt: skip
        site = session.scalars(select(Site).where(Site.organisation_id == firm.id)).one()
        assert (site.address, site.unit_id) == ("某路 9 号", firm.unit_id)
        assert (one.account.active, one.account.login, one.decided_by) == (True, "newfirm1", world.county.name)
        assert firm.name in choices.firms(session, world.city)
        assert letters(session) == [("registration_approved", "wang1@example.org")]
        trail = session.scalars(select(Audit).where(Audit.noun == Noun.REGISTRATION).order_by(Audit.id)).all()
        assert [row.action for row in trail] == ["create", "approve"]


def test_a_claim_changes_nothing_on_file_until_approved_and_then_only_fills_gaps(
    sessions: Sessions, world: SimpleNamespace
) -> None:
    with sessions.write() as session:
        before = session.get_one(Organisation, world.known).version
        one = hand_in(session, world, 7, name="我说叫这个有限公司")
        assert one.known
        assert one.organisation_id == world.known
        assert session.get_one(Organisation, world.known).version == before
        assert session.scalar(select(func.count(Organisation.id))) == 1
        decide(session, world.county, one, "approve")
        firm = session.get_one(Organisation, world.known)
        assert (firm.name, firm.contact_name, firm.unit.code) == ("老牌焊接有限公司", "王某", world.unit)
        assert one.account.organisation_id == world.known
        assert session.scalar(select(func.count(Site.id)).where(Site.organisation_id == world.known)) == 1


def test_only_the_unit_s_and_the_city_s_officers_decide(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.write() as session:
        one = hand_in(session, world)
        with pytest.raises(Forbidden):
            decide(session, world.neighbour, one, "approve")
        with pytest.raises(NotFound):
            queries.get_visible(session, world.neighbour, one.id)
        for role in set(Role) - {Role.CITY, Role.COUNTY}:
            with pytest.raises(Forbidden):
                decide(session, Actor(role, "别人", 99, organisation_id=1, unit_id=1, expert_id=1), one, "approve")
        assert one.status is RegistrationStatus.PENDING
        decide(session, world.city, one, "approve")


def test_a_refusal_needs_its_reason_is_told_and_can_be_taken_up_again(
    sessions: Sessions, world: SimpleNamespace
) -> None:
    with sessions.write() as session:
        one = hand_in(session, world)
        with pytest.raises(Invalid):
            decide(session, world.county, one, "refuse")
        decide(session, world.county, one, "refuse", reason="名称与营业执照不符")
        assert (one.organisation.status, one.account.active) == (RegistrationStatus.REFUSED, False)
        message = session.scalars(select(OutboxMessage)).one()
        assert (message.notice, message.payload["reason"]) == ("registration_refused", "名称与营业执照不符")
        decide(session, world.city, one, "reconsider", reason="已更正")
        decide(session, world.city, one, "approve")
        assert one.account.active


def test_an_approval_is_taken_back_while_the_firm_has_written_nothing(
    sessions: Sessions, world: SimpleNamespace
) -> None:
    with sessions.write() as session:
        one = hand_in(session, world)
        decide(session, world.city, one, "approve")
        make.make_need(session, one.organisation)
        with pytest.raises(Conflict, match="已经填报过需求"):
            decide(session, world.city, one, "revoke", reason="核错")
    with sessions.write() as session:
        second = hand_in(session, world, 2)
        decide(session, world.city, second, "approve")
        decide(session, world.city, second, "revoke", reason="核错")
        assert (second.organisation.status, second.organisation.credit_code) == (RegistrationStatus.PENDING, None)
        assert not second.account.active


def test_the_administrator_cannot_unlock_what_the_bureau_has_not_approved(
    sessions: Sessions, world: SimpleNamespace
) -> None:
    with sessions.write() as session:
        one = hand_in(session, world)
        with pytest.raises(Conflict, match="还没有核准"):
            accounts.set_active(session, SYSTEM, one.account, active=True, clock=CLOCK)
        assert not one.account.active


def test_two_firms_with_one_code_the_second_becomes_a_claim_on_the_first(
    sessions: Sessions, world: SimpleNamespace
) -> None:
    with sessions.write() as session:
        first = hand_in(session, world)
        second = hand_in(session, world, 1, contact_name="李某", login="another")
        assert [row.id for row in queries.rivals(session, first)] == [second.id]
        left = second.organisation_id
        decide(session, world.city, first, "approve")
        decide(session, world.city, second, "approve")
        assert second.known
        assert second.account.organisation_id == first.organisation_id
        assert session.get_one(Organisation, left).status is RegistrationStatus.PENDING
        assert session.get_one(Organisation, left).merged_into_id == first.organisation_id
        assert choices.firms(session, world.city).count(first.title) == 1


def test_near_names_are_shown_and_one_can_be_said_to_be_the_firm(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.write() as session:
        known = make.make_firm(session, session.get_one(Organisation, world.known).unit, name="新来焊接乙有限责任公司")
        one = hand_in(session, world)
        assert one.title == "新来焊接乙有限公司"
        assert [row.firm.id for row in queries.near(session, one)] == [known.id]
        with pytest.raises(Conflict, match="另一个信用代码"):
            services.attach(session, world.city, one, session.get_one(Organisation, world.known), clock=CLOCK)
        with pytest.raises(Forbidden):
            services.attach(session, world.neighbour, one, known, clock=CLOCK)
        services.attach(session, world.county, one, known, clock=CLOCK)
        decide(session, world.county, one, "approve")
        assert (known.credit_code, one.account.organisation_id) == (credit_code(1), known.id)
        with pytest.raises(Conflict):
            services.attach(session, world.city, one, known, clock=CLOCK)


def test_a_code_of_an_institute_is_refused_with_its_name(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.write() as session:
        make.make_institute(session, name="某某理工大学", credit_code=credit_code(3))
        one = hand_in(session, world, 3)
        with pytest.raises(Conflict, match="某某理工大学"):
            decide(session, world.city, one, "approve")


def test_a_taken_name_gets_a_number_instead_of_a_refusal(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.write() as session:
        make.make_account(session, Role.CITY, login="wang")
        assert hand_in(session, world, 1, login="Wang").account.login == "wang2"
        assert hand_in(session, world, 2, login="wang").account.login == "wang3"


@pytest.mark.both_databases
def test_a_network_may_hand_in_ten_an_hour(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.write() as session:
        for _ in range(throttle.MOST):
            throttle.take(session, services.ACTION, "192.0.2.0/24", now=CLOCK.now())
        with pytest.raises(TooMany):
            hand_in(session, world)
        throttle.take(session, services.ACTION, "198.51.100.0/24", now=CLOCK.now())
        throttle.take(session, "reset", "192.0.2.0/24", now=CLOCK.now())
        later = CLOCK.now() + throttle.WINDOW * 1.01
        throttle.require_free(session, services.ACTION, "192.0.2.0/24", now=later)


def test_many_are_approved_each_by_itself(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.write() as session:
        ids = [hand_in(session, world, number).id for number in (1, 2)]
        elsewhere = hand_in(session, world, 3, unit=world.other).id
        found = services.approve_many(session, world.county, [*ids, elsewhere, 999], clock=CLOCK)
        assert [outcome.done for outcome in found] == [True, True, False, False]
        page = queries.search(session, world.city, Wanted(filters={"status": "pending"}))
        assert [row.id for row in page.rows] == [elsewhere]
        assert queries.search(session, world.county, Wanted()).total == 2
        active = select(func.count(Account.id)).where(Account.role == Role.FIRM, Account.active)
        assert session.scalar(active) == 2
