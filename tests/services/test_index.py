"""Every process sees what another one changed, at once and without missing any of it."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import Boilerplate, Capability, Need
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import SYSTEM
from matchmaker.domain.vocabulary import CapabilityStatus, NeedStatus
from matchmaker.matching import Index
from matchmaker.queries import texts
from matchmaker.services import index as indexes
from matchmaker.services import transitions
from matchmaker.services.index import CorpusIndex
from tests import factories as make
from tests.support.texts import analysed

CLOCK = FixedDayClock(make.TODAY)
PROSE = "在市委市政府的正确领导下，深入贯彻落实党中央决策部署，全面推进高质量发展。"


def look(corpus: CorpusIndex, sessions: Sessions) -> Index:
    with sessions.read() as session:
        return corpus.current(session)


def best(index: Index, need: Need) -> list[str]:
    [found] = index.rank_owners([texts.analysed(need.terms)], 5)
    return [match.key for match in found]


def add_capability(sessions: Sessions, **values: object) -> Capability:
    with sessions.write() as session:
        return analysed(session, make.make_capability(session, **values))


def add_need(sessions: Sessions, **values: object) -> Need:
    with sessions.write() as session:
        return analysed(session, make.make_need(session, **values))


@pytest.fixture
def need(sessions: Sessions) -> Need:
    for _ in range(12):
        add_capability(sessions, title="玉米育种", text="耐旱玉米新品种选育与栽培技术。", keywords=["玉米"])
    return add_need(sessions)


@pytest.mark.both_databases
def test_a_new_posting_is_found_by_an_index_that_was_there_before(sessions: Sessions, need: Need) -> None:
    ours, others = CorpusIndex(), CorpusIndex()
    assert best(look(ours, sessions), need) == best(look(others, sessions), need) == []
    new = add_capability(sessions)
    assert best(look(ours, sessions), need) == best(look(others, sessions), need) == [new.owner_key]


def test_nothing_changed_is_the_same_index(sessions: Sessions, need: Need) -> None:
    corpus = CorpusIndex()
    assert look(corpus, sessions) is look(corpus, sessions)


def test_an_edited_posting_is_found_by_its_new_words_and_the_learned_weights_stay(
    sessions: Sessions, need: Need
) -> None:
    corpus, edited = CorpusIndex(), add_capability(sessions, title="水稻", text="水稻病害识别。", keywords=[])
    before = look(corpus, sessions)
    assert best(before, need) == []
    with sessions.write() as session:
        row = session.get_one(Capability, edited.id)
        row.title, row.text = "焊接", "6061 铝合金薄板激光焊接热裂纹。"
        analysed(session, row)
    after = look(corpus, sessions)
    assert best(after, need) == [edited.owner_key]
    assert after.weights is before.weights


def test_what_is_withdrawn_or_closed_is_gone(sessions: Sessions, need: Need) -> None:
    corpus, offer = CorpusIndex(), add_capability(sessions)
    assert best(look(corpus, sessions), need) == [offer.owner_key]
    assert [match.key for match in look(corpus, sessions).rank_needs(offer.owner_key)] == [str(need.id)]
    with sessions.write() as session:
        transitions.apply(session, SYSTEM, session.get_one(Need, need.id), "solve", clock=CLOCK)
    assert look(corpus, sessions).rank_needs(offer.owner_key) == []
    with sessions.write() as session:
        row = session.get_one(Capability, offer.id)
        transitions.apply(session, SYSTEM, row, "withdraw", clock=CLOCK, reason="过期")
    assert best(look(corpus, sessions), need) == []


def test_drafts_and_reviews_are_not_in(sessions: Sessions) -> None:
    add_need(sessions, status=NeedStatus.CITY_REVIEW)
    add_capability(sessions, status=CapabilityStatus.REVIEW)
    index = look(CorpusIndex(), sessions)
    assert (len(index.items), len(index.needs)) == (0, 0)


def test_weights_are_learned_anew_when_much_has_changed(sessions: Sessions, need: Need) -> None:
    corpus = CorpusIndex()
    before = look(corpus, sessions)
    for _ in range(6):
        add_capability(sessions)
    after = look(corpus, sessions)
    assert after.weights is not before.weights
    assert after.drift == 0


def test_a_posting_without_terms_does_no_harm(sessions: Sessions) -> None:
    with sessions.write() as session:
        owner = make.make_capability(session).owner_key
        make.make_need(session)
    index = look(CorpusIndex(), sessions)
    assert index.rank_needs(owner) == []


def test_a_writing_session_is_refused(sessions: Sessions) -> None:
    with sessions.write() as session, pytest.raises(ValueError, match="reading session"):
        CorpusIndex().current(session)


def test_threads_share_one_index(sessions: Sessions, need: Need) -> None:
    corpus, offer = CorpusIndex(), add_capability(sessions)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: best(look(corpus, sessions), need), range(32)))
    assert found == [[offer.owner_key]] * 32


@pytest.mark.both_databases
def test_another_process_publishes_and_we_see_it(sessions: Sessions, need: Need) -> None:
    corpus = CorpusIndex()
    look(corpus, sessions)
    program = (
        "import sys; from matchmaker.db.session import Sessions; from tests import factories as make;"
        "from tests.support.texts import analysed\n"
        "with Sessions(sys.argv[1]).write() as session:\n"
        "    print(analysed(session, make.make_capability(session)).owner_key)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, sessions.url], capture_output=True, text=True, check=True, timeout=60
    )
    assert best(look(corpus, sessions), need) == [run.stdout.strip()]


@pytest.mark.both_databases
def test_boilerplate_is_learned_once_and_used_by_everybody(sessions: Sessions, need: Need) -> None:
    corpus = CorpusIndex()
    assert look(corpus, sessions).boilerplate == frozenset()
    for number in range(6):
        add_need(sessions, problem=f"{PROSE}第{number}种材料的耐腐蚀问题。")
    assert indexes.learn(sessions, SYSTEM, clock=CLOCK) == 1
    with sessions.read() as session:
        assert look(corpus, sessions).boilerplate == frozenset(session.scalars(select(Boilerplate.sentence_hash)))
    assert not indexes.learn_if_due(sessions, SYSTEM, clock=CLOCK)
    for number in range(21):
        add_capability(sessions, text=f"第{number}项成果。")
    assert indexes.learn_if_due(sessions, SYSTEM, clock=CLOCK)
