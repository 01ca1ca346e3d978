"""Search entries follow every change, in its transaction, and can be made anew."""

from collections.abc import Callable

import pytest
from sqlalchemy import delete, insert, select, update

from matchmaker.db.models import (
    Expert,
    GroupMember,
    MeetingFirm,
    Need,
    Organisation,
    SearchEntry,
    Setting,
)
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Audience, MeetingKind, MemberRole, Noun
from matchmaker.services import search
from tests.factories import (
    make_capability,
    make_expert,
    make_firm,
    make_group,
    make_institute,
    make_meeting,
    make_need,
    make_team,
    make_unit,
)

pytestmark = pytest.mark.both_databases
Texts = Callable[[], dict[tuple[Noun, int], str]]


@pytest.fixture
def texts(sessions: Sessions) -> Texts:
    """Everything the entries say, names included, by kind and id."""

    def read() -> dict[tuple[Noun, int], str]:
        with sessions.read() as session:
            return {(row.noun, row.record_id): row.text + row.names for row in session.scalars(select(SearchEntry))}

    return read


def current(sessions: Sessions) -> bool:
    with sessions.read() as session:
        return search.is_current(session)


def test_an_edit_is_found_at_once_and_the_old_text_no_more(sessions: Sessions, texts: Texts) -> None:
    with sessions.write() as session:
        need = make_need(session, title="缩松")
    with sessions.write() as session:
        row = session.get_one(Need, need.id)
        row.title, row.keywords = "气孔", ["真空"]
    found = texts()[Noun.NEED, need.id]
    assert "气孔" in found
    assert "真空" in found
    assert "缩松" not in found


def test_what_is_rolled_back_leaves_nothing(sessions: Sessions, texts: Texts) -> None:
    with sessions.write() as session:
        need = make_need(session, title="缩松")
    before = texts()
    with sessions.write() as session:
        session.get_one(Need, need.id).title = "气孔"
        make_need(session, title="裂纹")
        session.rollback()
    assert texts() == before


def test_a_part_taken_back_leaves_the_rest(sessions: Sessions, texts: Texts) -> None:
    with sessions.write() as session:
        kept = make_need(session, title="缩松")
        kept_id = kept.id
        with session.begin_nested() as part:
            lost = make_need(session, title="裂纹")
            kept.title = "气孔"
            session.flush()
            lost_id = lost.id
            part.rollback()
    assert "缩松" in texts()[Noun.NEED, kept_id]
    assert (Noun.NEED, lost_id) not in texts()


def test_a_new_name_is_said_everywhere(sessions: Sessions, texts: Texts) -> None:
    with sessions.write() as session:
        firm, institute = make_firm(session, make_unit(session)), make_institute(session)
        expert = make_expert(session, institute)
        group = make_group(session, expert)
        need = make_need(session, firm, audience=Audience.MASKED)
        own, shared = make_capability(session, expert), make_capability(session, group)
        meeting = make_meeting(session, MeetingKind.OUTBOUND, [firm], [expert], institute)
        team = make_team(session, need, expert)
        by_firm = {(Noun.NEED, need.id), (Noun.TEAM, team.id), (Noun.MEETING, meeting.id), (Noun.ORGANISATION, firm.id)}
        by_institute = {
            (Noun.ORGANISATION, institute.id),
            (Noun.EXPERT, expert.id),
            (Noun.GROUP, group.id),
            (Noun.MEETING, meeting.id),
            (Noun.CAPABILITY, own.id),
            (Noun.CAPABILITY, shared.id),
        }
        by_expert = {(Noun.EXPERT, expert.id), (Noun.GROUP, group.id), (Noun.CAPABILITY, own.id)}
        by_expert |= {(Noun.MEETING, meeting.id), (Noun.TEAM, team.id)}
        by_group = {(Noun.GROUP, group.id), (Noun.CAPABILITY, shared.id)}
    with sessions.write() as session:
        for record, name in ((firm, "临河"), (institute, "清河"), (expert, "欧阳"), (group, "凝固")):
            session.get_one(type(record), record.id).name = name
    for name, keys in (("临河", by_firm), ("清河", by_institute), ("欧阳", by_expert), ("凝固", by_group)):
        assert {key for key, text in texts().items() if name in text} == keys, name


def test_parts_that_come_and_go_are_followed(sessions: Sessions, texts: Texts) -> None:
    with sessions.write() as session:
        unit = make_unit(session)
        firm, other = make_firm(session, unit, name="临河"), make_firm(session, unit, name="清河")
        lead, member = make_expert(session), make_expert(session, name="欧阳")
        group = make_group(session, lead)
        meeting = make_meeting(session, MeetingKind.INBOUND, [firm], [lead])
        meeting_id = meeting.id
    with sessions.write() as session:
        session.add(GroupMember(group_id=group.id, expert_id=member.id, role=MemberRole.MEMBER))
        session.scalars(select(MeetingFirm)).one().firm_id = other.id
    assert "欧阳" in texts()[Noun.GROUP, group.id]
    assert "清河" in texts()[Noun.MEETING, meeting_id]
    assert "临河" not in texts()[Noun.MEETING, meeting_id]
    with sessions.write() as session:
        session.delete(session.scalars(select(GroupMember).where(GroupMember.expert_id == member.id)).one())
    assert "欧阳" not in texts()[Noun.GROUP, group.id]


def test_merging_moves_the_names_of_what_went_along(sessions: Sessions, texts: Texts) -> None:
    with sessions.write() as session:
        unit = make_unit(session)
        firm, twice = make_firm(session, unit, name="临河"), make_firm(session, unit, name="清河")
        need = make_need(session, twice)
    with sessions.write() as session:
        session.execute(update(Need).values(firm_id=firm.id))  # past the session, as a merge of many tables does it
        session.merge(twice).merged_into_id = firm.id
    assert "临河" in texts()[Noun.NEED, need.id]
    with sessions.write() as session:
        session.execute(update(Need).values(firm_id=twice.id))
        session.get_one(Organisation, twice.id).merged_into_id = None
    assert "清河" in texts()[Noun.NEED, need.id]


def test_a_rebuild_fills_an_empty_table_and_changes_nothing_after(sessions: Sessions, texts: Texts) -> None:
    with sessions.write() as session:
        make_team(session, make_need(session), make_expert(session))
    before = texts()
    with sessions.write() as session:
        session.execute(delete(SearchEntry))
    assert not current(sessions)
    assert search.rebuild_if_stale(sessions) == len(before) > 0
    assert texts() == before
    assert current(sessions)
    assert search.rebuild_if_stale(sessions) == 0
    assert search.rebuild(sessions) == 0


def test_a_rebuild_makes_bulk_copies_and_removals_good(sessions: Sessions, texts: Texts) -> None:
    with sessions.write() as session:
        expert, other = make_expert(session), make_expert(session)
        values = {column.name: getattr(expert, column.name) for column in Expert.__table__.columns}
    search.rebuild(sessions)
    with sessions.write() as session:
        copy = {**values, "id": 9_999, "name": "欧阳"}
        session.execute(insert(Expert.__table__), [copy])
        session.execute(delete(Expert.__table__).where(Expert.__table__.c.id == other.id))
    assert not current(sessions)
    assert search.rebuild_if_stale(sessions) == 2
    assert "欧阳" in texts()[Noun.EXPERT, 9_999]
    assert (Noun.EXPERT, other.id) not in texts()


def test_entries_made_by_other_rules_are_made_anew(sessions: Sessions, texts: Texts) -> None:
    with sessions.write() as session:
        need = make_need(session, title="缩松")
    search.rebuild(sessions)
    with sessions.write() as session:
        session.execute(update(SearchEntry).values(text="old", title="old"))
        session.merge(Setting(key=search.FOLDED_BY, value="0"))
    assert not current(sessions)
    assert search.rebuild_if_stale(sessions) > 0
    assert "缩松" in texts()[Noun.NEED, need.id]
