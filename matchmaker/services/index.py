"""This process's index of published needs and listed capabilities, kept level with the database."""

from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Boilerplate, Capability, Corpus, Need, Setting
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import Actor
from matchmaker.matching import Index
from matchmaker.matching.boilerplate import learn_boilerplate
from matchmaker.queries import texts
from matchmaker.services.corpus import ONLY_ROW

LARGEST_DRIFT = 0.2  # beyond it the frozen IDF is worth learning again
FEW = 20
LEARNED_AT = "boilerplate_learned_at"  # the setting that holds the corpus version of the last learning


@dataclass(frozen=True)
class State:
    """An index and the corpus version it holds."""

    index: Index
    version: int


class CorpusIndex:
    """One per process, shared by its threads; two processes see each other's changes through the database.

    `current` costs two small queries when nothing has changed. What has changed is loaded and a new index swapped in;
    whoever still holds the old one reads on undisturbed.
    """

    def __init__(self) -> None:
        """Nothing is loaded until first use."""
        self._state: State | None = None
        self._catching_up = Lock()
        self._fitting = Lock()

    def current(self, session: Session) -> Index:
        """The index as of the corpus version that `session` sees; a reading session only.

        New and edited postings are added with the IDF learned before. It is learned anew when more than a fifth of the
        postings (as a new lexicon makes them all) or the boilerplate has changed; other threads go on meanwhile.
        Raises `ValueError` for a writing session: what it rolls back would stay in the index.
        """
        if session.get_bind().get_execution_options().get("matchmaker_write"):
            raise ValueError("the index is read in a reading session: others must be able to see what it holds")
        with self._catching_up:
            state = self._state = _caught_up(session, self._state or _fit(session))
        if _is_worn(session, state) and self._fitting.acquire(blocking=False):
            try:
                state = self._state = _fit(session)
            finally:
                self._fitting.release()
        return state.index


def _version(session: Session) -> int:
    return session.scalar(select(Corpus.version).where(Corpus.id == ONLY_ROW)) or 0


def _boilerplate(session: Session) -> frozenset[str]:
    return frozenset(session.scalars(select(Boilerplate.sentence_hash)))


def _fit(session: Session) -> State:
    version = _version(session)  # before the rows: what comes between is loaded once more, never missed
    capabilities = texts.capabilities(session, texts.listed())
    needs = texts.needs(session, texts.published())
    return State(Index.fit(capabilities, needs, boilerplate=_boilerplate(session)), version)


def _caught_up(session: Session, state: State) -> State:
    version = _version(session)
    if version == state.version:
        return state
    new_needs, new_capabilities = Need.index_version > state.version, Capability.index_version > state.version
    index = state.index.update(
        capabilities=list(texts.capabilities(session, texts.listed(), new_capabilities)),
        needs=list(texts.needs(session, texts.published(), new_needs)),
        removed_capabilities=_keys(session.scalars(select(Capability.id).where(~texts.listed(), new_capabilities))),
        removed_needs=_keys(session.scalars(select(Need.id).where(~texts.published(), new_needs))),
    )
    return State(index, version)


def _keys(ids: Iterable[int]) -> set[str]:
    return {str(number) for number in ids}


def _is_worn(session: Session, state: State) -> bool:
    return state.index.drift > LARGEST_DRIFT or state.index.boilerplate != _boilerplate(session)


def learn(sessions: Sessions, actor: Actor, *, clock: Clock) -> int:
    """Learn from all postings which sentences are boilerplate; how many there are.

    Whatever is in draft or under review teaches as well. The sentences are hashed, so nothing is segmented again;
    every process fits anew when it next looks.
    """
    with sessions.read() as session:
        version = _version(session)
        hashes = learn_boilerplate([*texts.capabilities(session), *texts.needs(session)])
    with sessions.write() as session:
        session.execute(select(Corpus.id).where(Corpus.id == ONLY_ROW).with_for_update())  # one learner at a time
        known = _boilerplate(session)
        session.execute(delete(Boilerplate).where(Boilerplate.sentence_hash.in_(known - hashes)))
        session.add_all(Boilerplate(sentence_hash=each, learned_on=clock.today()) for each in hashes - known)
        session.merge(Setting(key=LEARNED_AT, value=str(version), account_id=actor.account_id))
    return len(hashes)


def learn_if_due(sessions: Sessions, actor: Actor, *, clock: Clock) -> bool:
    """Learn again if more than a fifth of the postings came or changed since: a list brought in, not one posting."""
    with sessions.read() as session:
        known = session.get(Setting, LEARNED_AT)
        changed = _version(session) - int(known.value if known else 0)
        held = sum(session.scalar(select(func.count(model.id))) or 0 for model in (Need, Capability))
    due = changed > max(FEW, LARGEST_DRIFT * held)
    if due:
        learn(sessions, actor, clock=clock)
    return due
