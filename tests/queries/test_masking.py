"""Whose need it is: the rule for one record against the clause for lists, and what stands for a name."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db.models import MeetingNeed, Need, TechnicalField
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import SYSTEM, Actor
from matchmaker.domain.vocabulary import Audience, InvitationStatus, MeetingKind, MeetingStatus, Role
from matchmaker.i18n import use_locale
from matchmaker.queries import scopes
from matchmaker.queries.masking import masked_name, names_for
from tests.factories import (
    make_expert,
    make_firm,
    make_group,
    make_institute,
    make_invitation,
    make_meeting,
    make_need,
    make_unit,
)


def _cast(session: Session) -> tuple[dict[str, Actor], dict[str, int]]:
    """A masked need in each relation to one expert, and everybody who may look at it."""
    unit = make_unit(session, "甲县")
    firm, other = make_firm(session, unit), make_firm(session, unit)
    institute = make_institute(session)
    expert, colleague = make_expert(session, institute), make_expert(session, institute)
    group = make_group(session, colleague, expert)

    def masked(audience: Audience = Audience.MASKED) -> Need:
        return make_need(session, firm, audience=audience)

    needs = {name: masked() for name in ("strange", "asked", "agreed", "through group", "withdrawn", "booked", "off")}
    needs["open"] = masked(Audience.OPEN)
    make_invitation(session, needs["asked"], expert)
    make_invitation(session, needs["agreed"], expert, status=InvitationStatus.ACCEPTED)
    make_invitation(session, needs["through group"], group, status=InvitationStatus.ACCEPTED)
    make_invitation(session, needs["withdrawn"], expert, status=InvitationStatus.WITHDRAWN)
    meeting = make_meeting(session, MeetingKind.INBOUND, [firm], [expert])
    off = make_meeting(session, MeetingKind.INBOUND, [firm], [expert], status=MeetingStatus.CANCELLED)
    _about(session, meeting.id, needs["booked"])
    _about(session, off.id, needs["off"])
    actors = {
        "system": SYSTEM,
        "city": Actor(Role.CITY, "市", 1),
        "leader": Actor(Role.LEADER, "领导", 2),
        "county": Actor(Role.COUNTY, "外县", 3, unit_id=make_unit(session).id),
        "firm": Actor(Role.FIRM, "企业", 4, organisation_id=firm.id),
        "other firm": Actor(Role.FIRM, "同行", 5, organisation_id=other.id),
        "expert": Actor(Role.EXPERT, "专家", 6, expert_id=expert.id),
        "institute": Actor(Role.INSTITUTE, "院所", 7, organisation_id=institute.id),
        "elsewhere": Actor(Role.INSTITUTE, "别的院所", 8, organisation_id=make_institute(session).id),
    }
    return actors, {name: need.id for name, need in needs.items()}


def _about(session: Session, meeting_id: int, need: Need) -> None:
    session.add(MeetingNeed(meeting_id=meeting_id, need_id=need.id))
    session.flush()


AGREED = {"agreed", "through group", "booked", "open"}
KNOWN = {
    **dict.fromkeys(("system", "city", "leader", "county", "firm"), None),
    "other firm": {"open"},
    "expert": AGREED,
    "institute": AGREED,
    "elsewhere": {"open"},
}


@pytest.mark.both_databases
@pytest.mark.parametrize("who", KNOWN)
def test_a_masked_firm_is_known_to_those_who_have_agreed_in_lists_and_one_by_one(sessions: Sessions, who: str) -> None:
    with sessions.write() as session:
        actors, ids = _cast(session)
        listed = set(session.scalars(select(Need.id).where(scopes.named_needs(actors[who]))))
        names = names_for(session, actors[who])
        one_by_one = {need.id for need in session.scalars(select(Need)) if names.knows(need)}
    expected = set(ids) if KNOWN[who] is None else KNOWN[who]
    assert listed == one_by_one == {ids[name] for name in expected}


def test_field_and_unit_stand_for_the_name(sessions: Sessions) -> None:
    with sessions.write() as session:
        field = TechnicalField(position=1, code="f", name="高端装备制造", name_en="high-end equipment", source="")
        session.add(field)
        need = make_need(session, make_firm(session, make_unit(session, "甲县")), audience=Audience.MASKED, field=field)
        assert masked_name(need) == "某高端装备制造企业（甲县）"
        need.field = None
        assert masked_name(need) == "某企业（甲县）"
        need.firm.unit = None
        assert masked_name(need) == "某企业"
        with use_locale("en"):
            assert need.firm.name not in masked_name(need)
