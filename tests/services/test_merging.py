"""Duplicates become one record and lose nothing; un-merging puts back exactly what was moved."""

import time as clocks
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import time
from threading import Barrier
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from matchmaker.db.cells import models, referring, table_of
from matchmaker.db.models import (
    Account,
    Answer,
    Audit,
    Capability,
    Comment,
    Expert,
    FollowUp,
    Group,
    GroupMember,
    Invitation,
    Label,
    Meeting,
    MeetingExpert,
    MeetingFirm,
    Merge,
    Need,
    NeedRelease,
    Organisation,
    RefreshRequest,
    Site,
    Suggestion,
    Task,
    TeamMember,
)
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import (
    Attendance,
    FollowUpStatus,
    LabelKind,
    MeetingKind,
    MeetingStatus,
    MemberRole,
    Noun,
    RegistrationStatus,
    Role,
    Side,
)
from matchmaker.errors import Conflict, Forbidden, Invalid, MatchmakerError
from matchmaker.queries.counts import tallies
from matchmaker.queries.references import CALLED
from matchmaker.services import merging, needs, snapshots
from matchmaker.services.index import CorpusIndex
from matchmaker.services.merge_moves import CLASHES, constraints_on
from tests import factories as make
from tests.services.twins import CITY, CLOCK, left_over, load, put_together, records, two_firms, two_people
from tests.support.counting import make_counting

pytestmark = pytest.mark.both_databases


def test_every_reference_is_provided_for() -> None:
    """A later table with a unique constraint must say what becomes of two rows that would be one."""
    clashing, unnamed = set(), set()
    for name in ("organisation", "expert"):
        for column in referring()[name]:
            assert "id" in column.table.c, column
            unnamed |= {column.table.name} - CALLED.keys()
            if any(True for _ in constraints_on(column)):
                clashing.add((column.table.name, column.name))
    assert clashing == set(CLASHES)
    assert unnamed == set()


def test_no_other_column_names_a_person_or_a_firm_by_number() -> None:
    """Numbers in columns without a foreign key are moved by name: these are all there are."""
    known = {
        *("comment.record_id", "attachment.record_id", "search_entry.record_id", "import_change.record_id"),
        *("audit.record_id", "audit.account_id", "idempotency.account_id", "import_change.row_id"),
        *("merge.kept_id", "merge.gone_id", "not_duplicate.first_id", "not_duplicate.second_id"),
        *("answer.companion_ids", "blob.id", "audit_link.audit_id", "audit_link.record_id"),
    }
    found = {
        f"{name}.{column.name}"
        for name, model in models().items()
        for column in table_of(model).columns
        if column.name.endswith(("_id", "_ids")) and not column.foreign_keys and column.name != "external_id"
    }
    assert found - known == set()


@pytest.fixture
def firms(sessions: Sessions) -> SimpleNamespace:
    with sessions.write() as session:
        return two_firms(session)


def test_everything_of_a_firm_moves_and_nothing_is_lost(sessions: Sessions, firms: SimpleNamespace) -> None:
    with sessions.write() as session:
        put_together(session, *load(session, firms), take=["contact_phone", "external_id"])
    with sessions.read() as session:
        kept, gone = load(session, firms)
        assert (kept.name, kept.contact_phone, kept.external_id) == ("甲乙精工有限公司", "0316-1234567", "F9")
        assert (gone.merged_into_id, gone.external_id) == (kept.id, None)
        assert {one.table for one in left_over(session, "organisation", gone.id)} == {"site"}  # the folded one
        [row] = session.scalars(select(MeetingFirm).where(MeetingFirm.meeting_id == firms.both)).all()
        assert (row.firm_id, row.attendance, row.people) == (kept.id, Attendance.ATTENDED, "王工")
        need = session.get_one(Need, firms.need)
        assert (need.firm_id, need.external_id) == (kept.id, None)
        assert session.get_one(Account, firms.account).organisation_id == kept.id
        assert session.get_one(Meeting, firms.inbound).site.organisation_id == kept.id
        assert session.get_one(Organisation, firms.older).merged_into_id == kept.id
        places = session.execute(select(Site.name, Site.region_code).where(Site.organisation_id == kept.id)).all()
        names = [name for name, _region in places]
        assert names.count("本部") == 1
        assert f"二厂（第 {gone.id} 号机构）" in names
        entries = session.scalars(select(Audit).where(Audit.action == "merge").order_by(Audit.id)).all()
        assert [entry.record_id for entry in entries] == [kept.id, gone.id]
        assert entries[0].after["merge"]["rows"]["need"] == 1


@pytest.mark.parametrize("take", [(), ("contact_phone", "external_id", "name", "tags")])
def test_unmerging_puts_back_exactly_that(sessions: Sessions, firms: SimpleNamespace, take: tuple[str, ...]) -> None:
    before = records(sessions)
    with sessions.write() as session:
        number = put_together(session, *load(session, firms), take=take).id
    with sessions.write() as session:
        done = merging.unmerge(session, CITY, session.get_one(Merge, number), reason="看错了", clock=CLOCK)
        assert [one for one in done if one.left or not one.whole] == []
    after = records(sessions)
    assert after == before


def test_what_was_changed_since_stays_when_unmerging(sessions: Sessions, firms: SimpleNamespace) -> None:
    with sessions.write() as session:
        number = put_together(session, *load(session, firms), take=["contact_phone"]).id
        session.get_one(Organisation, firms.kept).contact_phone = "0316-7654321"
        other = make.make_firm(session, name="丙")
        session.get_one(Need, firms.need).firm_id = other.id
    with sessions.write() as session:
        row = session.get_one(Merge, number)
        told = {(one.table, one.row_id): one for one in merging.survey(session, row)}
        assert told["organisation", firms.kept].left == ("contact_phone",)
        assert told["need", firms.need].left == ("firm_id",)
        merging.unmerge(session, CITY, row, reason="看错了", clock=CLOCK)
    with sessions.read() as session:
        kept, gone = load(session, firms)
        assert (kept.contact_phone, gone.merged_into_id) == ("0316-7654321", None)
        assert session.get_one(Need, firms.need).firm_id == other.id
        assert session.get_one(Account, firms.account).organisation_id == gone.id


@pytest.fixture
def people(sessions: Sessions) -> SimpleNamespace:
    with sessions.write() as session:
        return two_people(session)


def test_everything_of_a_person_moves(sessions: Sessions, people: SimpleNamespace) -> None:
    with sessions.write() as session:
        put_together(session, *load(session, people, Expert))
    with sessions.read() as session:
        key = f"expert:{people.kept}"
        assert left_over(session, "expert", people.gone) == []
        members = select(GroupMember.expert_id, GroupMember.role).where(GroupMember.group_id == people.group)
        assert session.execute(members).all() == [(people.kept, MemberRole.LEAD)]
        [place] = session.scalars(select(TeamMember).where(TeamMember.team_id == people.team)).all()
        assert (place.expert_id, place.role, place.covers) == (people.kept, MemberRole.LEAD, ["热裂纹"])
        [guest] = session.scalars(select(MeetingExpert).where(MeetingExpert.meeting_id == people.meeting)).all()
        assert (guest.expert_id, guest.attendance) == (people.kept, Attendance.EXCUSED)
        [pair] = session.scalars(select(Suggestion).where(Suggestion.need_id == people.need)).all()
        assert (pair.owner_key, pair.pinned, pair.steer_reason) == (key, True, "熟悉")
        labels = session.execute(select(Label.owner_key, Label.kind).order_by(Label.kind)).all()
        assert labels == [(key, LabelKind.ACCEPTED), (key, LabelKind.HELD)]
        assert session.scalars(select(Answer)).one().companion_ids == [people.kept]
        assert session.get_one(Invitation, people.invitation).expert_id == people.kept
        assert session.get_one(Account, people.account).expert_id == people.kept
        assert session.scalars(select(RefreshRequest.need_id)).all() == [people.need]


def test_unmerging_people_puts_back_exactly_that(sessions: Sessions, people: SimpleNamespace) -> None:
    before = records(sessions)
    with sessions.write() as session:
        number = put_together(session, *load(session, people, Expert), take=["external_id", "phone"]).id
    with sessions.write() as session:
        merging.unmerge(session, CITY, session.get_one(Merge, number), reason="两个人", clock=CLOCK)
    assert records(sessions) == before


def test_the_index_of_every_process_knows_the_owner(sessions: Sessions, people: SimpleNamespace) -> None:
    elsewhere = CorpusIndex()

    def owner() -> str:
        with sessions.read() as session:
            return elsewhere.current(session).owner_of[str(people.offer)]

    assert owner() == f"expert:{people.gone}"
    with sessions.write() as session:
        number = put_together(session, *load(session, people, Expert)).id
    assert owner() == f"expert:{people.kept}"
    with sessions.write() as session:
        merging.unmerge(session, CITY, session.get_one(Merge, number), reason="两个人", clock=CLOCK)
    assert owner() == f"expert:{people.gone}"


def test_an_event_of_two_duplicates_counts_once(sessions: Sessions) -> None:
    with sessions.write() as session:
        make_counting(session)
        unit = make.make_unit(session)
        kept, gone = (make.make_firm(session, unit, name=name) for name in ("甲乙精工有限公司", "甲乙精工"))
        recorder, verifier = (make.make_account(session, Role.CITY).id for _ in range(2))
        for firm, hour in ((kept, 9), (gone, 14)):
            meeting = make.make_meeting(
                session,
                MeetingKind.INBOUND,
                [firm],
                [make.make_expert(session)],
                status=MeetingStatus.VERIFIED,
                starts=time(hour),
                ends=time(hour + 2),
                recorded_by_id=recorder,
                verified_by_id=verifier,
            )
            for row in (*meeting.firms, *meeting.experts):
                row.attendance = Attendance.ATTENDED
        session.flush()
        assert tallies(session, make.TODAY.year)["inbound"].total == 2
        taken = snapshots.take(session, merging.Actor(role=None, name="system"), make.TODAY, CLOCK)
        inbound = next(one for one in taken if one.metric_code == "inbound")
        number = put_together(session, kept, gone).id
        found = snapshots.recount(session, inbound)
        assert (found.value, len(found.removed), found.reproduced) == (1, 1, False)
        merging.unmerge(session, CITY, session.get_one(Merge, number), reason="两家", clock=CLOCK)
        assert snapshots.recount(session, inbound).reproduced


def test_what_cannot_be_merged(sessions: Sessions, firms: SimpleNamespace) -> None:
    with sessions.write() as session:
        kept, gone = load(session, firms)
        institute, pending = make.make_institute(session), make.make_firm(session, status=RegistrationStatus.PENDING)
        for one, other, said in ((kept, kept, "两条"), (kept, institute, "类别不同"), (kept, pending, "没有核准")):
            with pytest.raises(Conflict, match=said):
                put_together(session, one, other)
        with pytest.raises(Invalid):
            put_together(session, kept, gone, reason=" ")
        with pytest.raises(Conflict, match="又被改过"):
            put_together(session, kept, gone, seen=(kept.version, gone.version + 1))
        with pytest.raises(Forbidden):
            merging.merge(session, Actor(Role.COUNTY, "县", 1, unit_id=1), kept, gone, reason="同一家", clock=CLOCK)
        number = put_together(session, kept, gone).id
        with pytest.raises(Conflict, match="已经合并"):
            put_together(session, *load(session, firms))
        merging.unmerge(session, CITY, session.get_one(Merge, number), reason="看错了", clock=CLOCK)
        with pytest.raises(Conflict, match="已经撤销"):
            merging.unmerge(session, CITY, session.get_one(Merge, number), reason="看错了", clock=CLOCK)


def test_of_two_answers_to_one_question_none_is_lost(sessions: Sessions, firms: SimpleNamespace) -> None:
    earlier, later = (make.NOW.replace(hour=hour) for hour in (9, 15))
    stamps = {"created_at": make.NOW, "updated_at": make.NOW}
    with sessions.write() as session:
        asked = {"meeting_id": firms.both, "side": Side.FIRM, "days": 30, "due": make.TODAY, **stamps}
        gone = FollowUp(
            firm_id=firms.gone,
            status=FollowUpStatus.SIGNED,
            amount_wan=80,
            answered_by="王工",
            answered_at=later,
            **asked,
        )
        kept = FollowUp(
            firm_id=firms.kept,
            status=FollowUpStatus.CONTACTED,
            remark="通过一次电话",
            answered_by="李经理",
            answered_at=earlier,
            **asked,
        )
        session.add_all([gone, kept])
        session.flush()
        task = Task(title="寄样", owner="李经理", due=make.TODAY, made_by="专员", meeting_id=firms.both, **stamps)
        task.follow_up_id = kept.id
        session.add(task)
    before = records(sessions)
    with sessions.write() as session:
        number = put_together(session, *load(session, firms)).id
    with sessions.read() as session:
        row = session.scalars(select(FollowUp)).one()
        assert (row.firm_id, row.status, row.amount_wan) == (firms.kept, FollowUpStatus.SIGNED, 80)
        assert all(said in row.remark for said in ("李经理", "已联系", "通过一次电话"))
        assert session.scalars(select(Task)).one().follow_up_id == row.id
    with sessions.write() as session:
        merging.unmerge(session, CITY, session.get_one(Merge, number), reason="两家", clock=CLOCK)
    assert records(sessions) == before


def test_later_merges_are_undone_first(sessions: Sessions, firms: SimpleNamespace) -> None:
    with sessions.write() as session:
        third = make.make_firm(session, name="甲乙精工股份有限公司")
        before = session.get_one(Need, firms.need).firm_id
        first = put_together(session, *load(session, firms)).id
        second = put_together(session, third, session.get_one(Organisation, firms.kept)).id
        assert session.get_one(Organisation, firms.gone).merged_into_id == third.id
        with pytest.raises(Conflict, match="先撤销"):
            merging.unmerge(session, CITY, session.get_one(Merge, first), reason="看错了", clock=CLOCK)
        for number in (second, first):
            merging.unmerge(session, CITY, session.get_one(Merge, number), reason="看错了", clock=CLOCK)
        assert session.get_one(Need, firms.need).firm_id == before


@pytest.mark.parametrize("first", range(3))
def test_somebody_posts_for_the_duplicate_meanwhile(sessions: Sessions, firms: SimpleNamespace, first: int) -> None:
    """Whoever is faster: in the end nothing refers to the duplicate."""
    start = Barrier(2)

    def join() -> None:
        with sessions.write() as session:
            put_together(session, *load(session, firms))

    def post() -> None:
        with sessions.write() as session:
            gone = session.get_one(Organisation, firms.gone)
            clocks.sleep(0.03)
            make.make_need(session, gone, title="同时填报")

    def attempt(act: Callable[[], None], wait: float) -> None:
        start.wait()
        clocks.sleep(wait)
        act()

    with ThreadPoolExecutor(2) as pool:
        tasks = [pool.submit(attempt, act, 0.03 * first * place) for place, act in enumerate((join, post))]
        for task in tasks:
            task.result()
    with sessions.write() as session:
        merging.gather(session)
        posted = session.scalars(select(Need).filter_by(title="同时填报")).one()
        assert posted.firm_id == firms.kept
        assert merging.gather(session) == 0
        moved = [move["id"] for move in session.scalars(select(Merge)).one().moves if move["table"] == "need"]
        assert posted.id in moved


def test_two_officers_merge_both_ways_at_once(sessions: Sessions, firms: SimpleNamespace) -> None:
    start = Barrier(2)

    def join(turned: bool) -> bool:
        start.wait()
        try:
            with sessions.write() as session:
                pair = load(session, firms)
                put_together(session, *(pair[::-1] if turned else pair))
        except MatchmakerError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(join, (False, True)))
    assert sorted(outcomes) == [False, True]
    with sessions.read() as session:
        kept, gone = load(session, firms)
        assert sorted([kept.merged_into_id is None, gone.merged_into_id is None]) == [False, True]


def test_needs_released_to_a_duplicate_institute(sessions: Sessions) -> None:
    with sessions.write() as session:
        kept, gone = make.make_institute(session), make.make_institute(session)
        expert, group = make.make_expert(session, gone, external_id="E1"), None
        make.make_expert(session, kept, external_id="E1")
        group = make.make_group(session, expert)
        need = make.make_need(session)
        session.add_all(NeedRelease(need_id=need.id, institute_id=one.id) for one in (kept, gone))
        offer = make.make_capability(session, expert)
        put_together(session, kept, gone)
        rows = session.scalars(select(NeedRelease.institute_id)).all()
        assert rows == [kept.id]
        moved = session.get_one(Expert, expert.id)
        assert (moved.institute_id, moved.external_id) == (kept.id, None)
        assert session.get_one(Group, group.id).institute_id == kept.id
        assert session.get_one(Capability, offer.id).source_id == kept.id


def test_a_submitted_need_keeps_its_way(sessions: Sessions, firms: SimpleNamespace) -> None:
    """The record that stays goes on with what came: its officers and accounts work with it at once."""
    with sessions.write() as session:
        put_together(session, *load(session, firms))
        need = session.get_one(Need, firms.need)
        actor = make.actor_of(session.get_one(Account, firms.account))
        needs.comment(session, actor, need, "谢谢", clock=CLOCK)
        assert session.scalars(select(Comment.body).where(Comment.noun == Noun.NEED)).all() == ["谢谢"]
