"""The bureau's own words, in force in every process without a restart."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from matchmaker.bootstrap import Runtime
from matchmaker.clock import FixedDayClock
from matchmaker.config import Settings
from matchmaker.db.models import Audit, Capability, LexiconEntry, Need, RefreshRequest
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Noun, Role
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.queries import texts
from matchmaker.services import lexicon
from matchmaker.services.lexicon import Entry
from matchmaker.services.reanalysis import reanalyse
from tests import factories as make
from tests.support.texts import analysed

CITY = Actor(Role.CITY, "周科长", account_id=None)
CLOCK = FixedDayClock(make.TODAY)
PAIR = Entry("QZX-9", "强制旋压工艺", "企业都用代号，专家都写全称")


@pytest.fixture
def processes(sessions: Sessions, settings: Settings) -> Iterator[list[Runtime]]:
    """Two of them on one database."""
    found = [Runtime.build(settings) for _ in range(2)]
    yield found
    for each in found:
        each.close()


def stage(sessions: Sessions) -> tuple[int, str]:
    """A need that says the code, and the one expert who knows it by its full name."""
    with sessions.write() as session:
        need = analysed(session, make.make_need(session, title="QZX-9开裂", problem="QZX-9后开裂。", keywords=[]))
        expert = make.make_expert(session)
        said = {"title": "强制旋压工艺", "text": "强制旋压工艺的裂纹控制。", "keywords": []}
        analysed(session, make.make_capability(session, expert, **said))
        for title in ("玉米育种", "水质监测"):
            analysed(session, make.make_capability(session, title=title, text=title, keywords=[]))
        return need.id, f"expert:{expert.id}"


def found_by(runtime: Runtime, need_id: int) -> list[str]:
    with runtime.sessions.read() as session:
        text = texts.analysed(session.get_one(Need, need_id).terms)
        [matches] = runtime.index.current(session).rank_owners([text])
        return [match.key for match in matches]


@pytest.mark.both_databases
def test_a_new_pair_is_found_by_every_process_and_no_longer_once_undone(
    sessions: Sessions, processes: list[Runtime]
) -> None:
    need_id, expert = stage(sessions)
    before = {runtime.segmenter.stamp for runtime in processes}
    versions = {}
    with sessions.read() as session:
        versions = {row.id: row.version for row in session.scalars(select(Capability))}
    assert all(expert not in found_by(runtime, need_id) for runtime in processes)
    with sessions.write() as session:
        [row] = lexicon.add(session, CITY, [PAIR], clock=CLOCK)
        number = row.id
    [stamp] = {runtime.segmenter.stamp for runtime in processes}
    assert stamp not in before
    assert all(expert not in found_by(runtime, need_id) for runtime in processes)  # until the job has been
    assert reanalyse(sessions, processes[1].segmenter) == 4
    assert reanalyse(sessions, processes[0].segmenter) == 0
    assert [found_by(runtime, need_id) for runtime in processes] == [[expert], [expert]]
    with sessions.read() as session:
        assert {row.id: row.version for row in session.scalars(select(Capability))} == versions
        assert session.scalars(select(RefreshRequest.need_id)).all() == [need_id]
    with sessions.write() as session:
        lexicon.undo(session, CITY, session.get_one(LexiconEntry, number), reason="代号有歧义", clock=CLOCK)
    assert reanalyse(sessions, processes[0].segmenter) == 4
    assert {runtime.segmenter.stamp for runtime in processes} == before
    assert all(expert not in found_by(runtime, need_id) for runtime in processes)


def test_what_was_saved_meanwhile_is_not_cut_again_from_older_words(
    sessions: Sessions, processes: list[Runtime], monkeypatch: pytest.MonkeyPatch
) -> None:
    need_id, _expert = stage(sessions)
    with sessions.write() as session:
        lexicon.add(session, CITY, [PAIR], clock=CLOCK)
    segmenter = processes[0].segmenter
    plain = segmenter.analyse

    def slowly(*, title: str = "", **fields: object) -> object:
        if title.startswith("QZX-9开裂"):
            with sessions.write() as session:
                need = session.get_one(Need, need_id)
                need.title, need.terms = "改过的标题", {}
        return plain(title=title, **fields)  # type: ignore[arg-type]

    monkeypatch.setattr(segmenter, "analyse", slowly)
    assert reanalyse(sessions, segmenter) == 3
    with sessions.read() as session:
        need = session.get_one(Need, need_id)
        assert (need.title, need.terms) == ("改过的标题", {})


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (Entry("", "", "原因"), "name"),
        (Entry("旋压", "", ""), "reason"),
        (Entry("\uff2f\uff2c\uff25\uff24", "oled", "原因"), "other"),
        (Entry("旋" * 61, "", "原因"), "name"),
        (Entry("旋压", "。。", "原因"), "other"),
    ],
)
def test_what_says_nothing_is_refused(sessions: Sessions, entry: Entry, field: str) -> None:
    with sessions.write() as session, pytest.raises(Invalid) as refused:
        lexicon.add(session, CITY, [entry], clock=CLOCK)
    assert field in refused.value.errors


def test_all_or_none_and_nothing_twice(sessions: Sessions) -> None:
    with sessions.write() as session:
        lexicon.add(session, CITY, [PAIR, Entry("反拉深", "", "新工艺")], clock=CLOCK)
        told = session.scalars(select(Audit.action).where(Audit.noun == Noun.LEXICON)).all()
        assert told == ["add", "add"]
    for known in (Entry("强制旋压工艺", "qzx-9", "反过来"), Entry("OLED", "有机发光二极管", "自带的")):
        with sessions.write() as session, pytest.raises(Conflict):
            lexicon.add(session, CITY, [known], clock=CLOCK)
    with pytest.raises(Invalid, match="第 2 条"), sessions.write() as session:
        lexicon.add(session, CITY, [Entry("新词一", "", "原因"), Entry("", "", "原因")], clock=CLOCK)
    with sessions.read() as session:
        assert len(session.scalars(select(LexiconEntry)).all()) == 2
    with sessions.write() as session, pytest.raises(Forbidden):
        lexicon.add(session, Actor(Role.COUNTY, "县里", unit_id=1), [Entry("词", "", "原因")], clock=CLOCK)
