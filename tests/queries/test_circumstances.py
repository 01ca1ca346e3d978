"""Absences and confirmations decide who is suggested at all."""

from datetime import timedelta

import pytest

from matchmaker.config import Settings
from matchmaker.db.session import Sessions
from matchmaker.matching import Facts, shut_gates
from matchmaker.queries.circumstances import circumstances
from matchmaker.queries.owners import owners
from tests.factories import NOW, TODAY, make_capability, make_expert, make_group, make_institute

pytestmark = pytest.mark.both_databases


@pytest.mark.parametrize(
    ("first", "last", "shut"),
    [(-1, 7, True), (0, 7, True), (0, 6, False), (1, 30, False), (-30, -1, False)],
)
def test_an_absence_bars_only_when_it_leaves_no_day_to_answer(
    sessions: Sessions, settings: Settings, first: int, last: int, *, shut: bool
) -> None:
    days = {"away_from": TODAY + timedelta(days=first), "away_until": TODAY + timedelta(days=last)}
    with sessions.write() as session:
        lead = make_expert(session, **days)
        group = make_group(session, lead, make_expert(session, lead.institute))
    keys = [f"expert:{lead.id}", f"group:{group.id}"]
    with sessions.read() as session:
        around = circumstances(session, settings=settings, today=TODAY)
        found = owners(session, keys)
        assert [around.away_until(found[key]) is not None for key in keys] == [shut, shut]


def test_the_gate_says_until_when() -> None:
    [barred] = shut_gates(Facts(away_until=TODAY))
    assert (barred.gate.value, str(barred.detail)) == ("away", f"外出到 {TODAY}")


def test_an_organisation_s_own_offers_age_by_the_newest(sessions: Sessions, settings: Settings) -> None:
    long_ago = NOW - timedelta(days=900)
    with sessions.write() as session:
        kept, left, person_s = (make_institute(session) for _ in range(3))
        for house in (kept, left):
            make_capability(session, house, created_at=long_ago)
        make_capability(session, kept, created_at=long_ago, confirmed_on=TODAY - timedelta(days=30))
        make_capability(session, make_expert(session, person_s), created_at=long_ago)
        ids = [house.id for house in (kept, left, person_s)]
    with sessions.read() as session:
        around = circumstances(session, settings=settings, today=TODAY)
        found = owners(session, [f"organisation:{number}" for number in ids])
        ages = [around.unconfirmed_for(found[f"organisation:{number}"]) for number in ids]
        assert ages == [30, 900, None]
