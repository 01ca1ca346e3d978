"""A member leaves while the manager saves the group: one of them wins, and nobody is seated by an old page."""

from threading import Barrier, Thread

import pytest

from matchmaker.db.models import Group
from matchmaker.db.session import Sessions
from matchmaker.domain.drafts import GroupDraft
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Role
from matchmaker.errors import Conflict
from matchmaker.services import experts
from tests.factories import make_expert, make_group
from tests.services.sheets import CLOCK

pytestmark = pytest.mark.both_databases


def test_leaving_and_saving_at_once(sessions: Sessions) -> None:
    with sessions.write() as session:
        lead = make_expert(session)
        member = make_expert(session, lead.institute)
        group = make_group(session, lead, member)
        known = group.version
        manager = Actor(Role.INSTITUTE, "管理员", 1, organisation_id=lead.institute_id)
    me = Actor(Role.EXPERT, "成员", 2, expert_id=member.id)
    together, done = Barrier(2), []

    def leave() -> None:
        with sessions.write() as session:
            experts.leave(session, me, session.get_one(Group, group.id), clock=CLOCK)

    def save() -> None:
        with sessions.write() as session:
            row = session.get_one(Group, group.id)
            seats = experts.Seats(lead.id, [member.id])
            experts.write_group(
                session, manager, row, GroupDraft(name="改名"), institute_id=row.institute_id, site_id=None,
                seats=seats, version=known, clock=CLOCK,
            )  # fmt: skip

    def run(name: str, act: object) -> None:
        together.wait()
        try:
            act()
            done.append(name)
        except Conflict:
            pass

    threads = [Thread(target=run, args=pair) for pair in (("left", leave), ("saved", save))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with sessions.read() as session:
        seated = member.id in experts.members_of(session, group.id)
    assert done
    assert seated is ("left" not in done)
