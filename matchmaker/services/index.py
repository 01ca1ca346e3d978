"""This process's index of published needs and listed capabilities, kept level with the database."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from threading import Lock, Thread

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Boilerplate, Capability, Corpus, Need, Setting
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import Actor
from matchmaker.matching import Index
from matchmaker.matching.boilerplate import Learned, learned_sentences
from matchmaker.matching.parameters import Parameters
from matchmaker.matching.related import Related
from matchmaker.matching.weights import Weights
from matchmaker.queries import texts
from matchmaker.queries.boilerplate import left_out
from matchmaker.queries.parameters import running
from matchmaker.services.corpus import ONLY_ROW

LARGEST_DRIFT = 0.2  # beyond it the frozen IDF is worth learning again
FEW = 20
RELATED_DIMENSIONS = 150  # 50 cost a quarter of the processor time and found nothing (docs/benchmarks.md)
LEARNED_AT = "boilerplate_learned_at"  # the setting that holds the corpus version of the last learning


@dataclass(frozen=True)
class State:
    """An index, the corpus version it holds, and the numbers that held then (adopting others raises the version)."""

    index: Index
    version: int
    numbers: Parameters


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
        self._relating = Lock()
        self._related: tuple[Weights, Related | None] | None = None

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

    def related(self, session: Session) -> Related | None:
        """The related lane as it was last learned, perhaps None yet: it takes seconds and is learned in the background.

        It belongs to a fit of the index; a newer fit makes it learned anew, and the older one serves meanwhile.
        """
        index = self.current(session)
        stale = self._related is None or self._related[0] is not index.weights
        if stale and self._relating.acquire(blocking=False):
            Thread(target=self._relate, args=(index,), daemon=True).start()
        return self._related[1] if self._related is not None else None

    @property
    def relating(self) -> bool:
        """Whether the related lane is still learned for the first time; with few capabilities it then has nothing."""
        return self._related is None

    def _relate(self, index: Index) -> None:
        try:
            self._related = index.weights, Related.fit(index, RELATED_DIMENSIONS)
        finally:
            self._relating.release()


def _version(session: Session) -> int:
    return session.scalar(select(Corpus.version).where(Corpus.id == ONLY_ROW)) or 0


def _fit(session: Session) -> State:
    version = _version(session)  # before the rows: what comes between is loaded once more, never missed
    capabilities = texts.capabilities(session, texts.listed())
    needs = texts.needs(session, texts.published())
    numbers = running(session).parameters
    index = Index.fit(capabilities, needs, boilerplate=left_out(session), parameters=numbers)
    return State(index, version, numbers)


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
    return State(index, version, running(session).parameters)


def _keys(ids: Iterable[int]) -> set[str]:
    return {str(number) for number in ids}


def _is_worn(session: Session, state: State) -> bool:
    if state.numbers != state.index.weights.parameters:
        return True
    return state.index.drift > LARGEST_DRIFT or state.index.boilerplate != left_out(session)


def learn(sessions: Sessions, actor: Actor, *, clock: Clock) -> int:
    """Learn from all postings which sentences are boilerplate; how many there are.

    Whatever is in draft or under review teaches as well. The sentences are hashed, so nothing is segmented again;
    every process fits anew when it next looks.
    """
    with sessions.read() as session:
        version = _version(session)
        found = learned_sentences([*texts.capabilities(session), *texts.needs(session)])
    with sessions.write() as session:
        session.execute(select(Corpus.id).where(Corpus.id == ONLY_ROW).with_for_update())  # one learner at a time
        _keep(session, found, clock=clock)
        session.merge(Setting(key=LEARNED_AT, value=str(version), account_id=actor.account_id))
    return len(found)


def _keep(session: Session, found: Mapping[str, Learned], *, clock: Clock) -> None:
    """Put what was learned in place of what was; what officers have decided stays."""
    rows = {row.sentence_hash: row for row in session.scalars(select(Boilerplate))}
    for key, row in rows.items():
        row.organisations = found[key].organisations if key in found else 0
        row.sentence = found[key].sentence if key in found else row.sentence
        if key not in found and row.by_hand is None:
            session.delete(row)
    session.add_all(
        Boilerplate(sentence_hash=key, learned_on=clock.today(), **vars(each))
        for key, each in found.items()
        if key not in rows
    )


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
