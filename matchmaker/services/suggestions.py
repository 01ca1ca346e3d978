"""Suggestions: stored for each published need, steered by officers, refreshed when something changed."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from matchmaker import __version__
from matchmaker.clock import Clock
from matchmaker.config import Settings
from matchmaker.db.models import Corpus, Need, RefreshRequest, Suggestion
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import SYSTEM, Actor, Facts, Permission, can
from matchmaker.domain.vocabulary import DeclineReason, LabelKind, NeedStatus, Side
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.matching import Gate, Index
from matchmaker.queries import texts
from matchmaker.queries.candidates import Candidate, candidates
from matchmaker.queries.circumstances import Circumstances, circumstances
from matchmaker.queries.facts import facts_of
from matchmaker.queries.invitations import Counterpart, counterpart, owner_key, pair_facts, side_of
from matchmaker.queries.parameters import running
from matchmaker.services import audit, labels
from matchmaker.services.index import CorpusIndex, learn_if_due

TOP = 20
BATCH = 25  # needs per transaction: short enough for others to write in between
AT_ONCE = 25  # needs that are refreshed while somebody waits for the page; the scheduler takes the rest


@dataclass(frozen=True)
class Plan:
    """What is to be stored for a need: who suits it, and which owners have left the index."""

    need_id: int
    found: list[Candidate]
    gone: frozenset[str]
    matcher: str


def plan(session: Session, index: Index, need: Need, around: Circumstances) -> Plan:
    """Rank, judge and explain for one need. Slow; reads only."""
    rows = session.scalars(select(Suggestion).where(Suggestion.need_id == need.id)).all()
    steered = {row.owner_key for row in rows if row.pinned or row.excluded}
    gone = frozenset(row.owner_key for row in rows if row.owner_key not in index.items_of)
    found = candidates(session, index, need, around, top=TOP, also=steered)
    return Plan(need.id, found, gone, f"{__version__}/{_version(session)}/{running(session).version}")


def plan_now(session: Session, corpus: CorpusIndex, need: Need, *, settings: Settings, clock: Clock) -> Plan:
    """Plan for one need as things stand, in a reading session."""
    around = circumstances(session, settings=settings, today=clock.today())
    return plan(session, corpus.current(session), need, around)


def store(session: Session, actor: Actor, made: Plan, *, clock: Clock) -> int:
    """Put a plan in place of what was stored; how many may be invited now. `SYSTEM` acts for jobs.

    An officer's pins and exclusions stay. An owner that left the index stays as "withdrawn" once, to say why it is no
    longer there; others that fell behind go.
    """
    need = session.get_one(Need, made.need_id, with_for_update={"of": Need})  # one refresh of a need at a time
    _may_steer(actor, facts_of(need))
    rows = {row.owner_key: row for row in session.scalars(select(Suggestion).where(Suggestion.need_id == need.id))}
    if need.status is not NeedStatus.PUBLISHED:
        return 0
    free = 0
    for candidate in made.found:
        free += candidate.gate is None
        row = rows.pop(candidate.owner.key, None) or _new(session, need, candidate)
        _write(row, candidate, rank=free, matcher=made.matcher, clock=clock)
    for row in rows.values():
        if row.owner_key in made.gone:
            row.gate, row.gate_detail = Gate.WITHDRAWN.value, ""
        elif not (row.pinned or row.excluded):
            session.delete(row)
    session.flush()
    return free


def refresh(session: Session, actor: Actor, need: Need, index: Index, *, settings: Settings, clock: Clock) -> int:
    """Plan and store for one need in one transaction; `index` comes from `CorpusIndex.current`."""
    around = circumstances(session, settings=settings, today=clock.today())
    return store(session, actor, plan(session, index, need, around), clock=clock)


def refresh_needs(
    sessions: Sessions,
    corpus: CorpusIndex,
    need_ids: Iterable[int],
    *,
    settings: Settings,
    clock: Clock,
    actor: Actor = SYSTEM,
) -> int:
    """Refresh these needs in batches, thinking outside the write transactions; how many were published.

    Whoever asked for one of them by `refresh_request` has been answered.
    """
    ids = sorted(set(need_ids))
    done = 0
    for batch in (ids[first : first + BATCH] for first in range(0, len(ids), BATCH)):
        with sessions.read() as session:
            version = _version(session)  # before the index, which may hold more and never less
            plans = _plans(session, corpus.current(session), batch, settings, clock)
        with sessions.write() as session:
            for made in plans:
                store(session, actor, made, clock=clock)
            asked = delete(RefreshRequest).where(RefreshRequest.need_id.in_(batch))
            session.execute(asked.where(RefreshRequest.corpus_version <= version))
        done += len(plans)
    return done


def refresh_soon(
    sessions: Sessions, corpus: CorpusIndex, need_ids: Collection[int], *, settings: Settings, clock: Clock
) -> int:
    """Refresh the first of these needs now and ask the scheduler for the others; how many others."""
    ids = list(dict.fromkeys(need_ids))
    later = ids[AT_ONCE:]
    if later:
        with sessions.write() as session:
            ask(session, later)
    refresh_needs(sessions, corpus, ids[:AT_ONCE], settings=settings, clock=clock)
    return len(later)


def ask(session: Session, need_ids: Iterable[int]) -> None:
    """Have the scheduler refresh these needs, as the corpus is now."""
    version = _version(session)
    session.add_all(RefreshRequest(need_id=need_id, corpus_version=version) for need_id in need_ids)


def ask_all(session: Session) -> None:
    """Have every published need ranked again: what all pairs are judged by has changed."""
    session.execute(update(Corpus).values(version=Corpus.version + 1))
    ask(session, session.scalars(select(Need.id).where(texts.published())))


def refresh_asked(sessions: Sessions, corpus: CorpusIndex, *, settings: Settings, clock: Clock) -> str:
    """Refresh all needs that `refresh_soon` has left, in the order asked; says how many.

    Two processes may do the same need at once, which changes nothing.
    """
    done = 0
    while True:
        with sessions.read() as session:
            asked = select(RefreshRequest.need_id).where(RefreshRequest.corpus_version <= _version(session))
            oldest = asked.group_by(RefreshRequest.need_id).order_by(func.min(RefreshRequest.id)).limit(BATCH)
            ids = session.scalars(oldest).all()
        if not ids:
            return f"{done} needs matched"
        done += refresh_needs(sessions, corpus, ids, settings=settings, clock=clock)


def refresh_all(sessions: Sessions, corpus: CorpusIndex, *, settings: Settings, clock: Clock) -> str:
    """The nightly refresh of every published need, after learning what is boilerplate; says what it did."""
    learn_if_due(sessions, SYSTEM, clock=clock)
    with sessions.read() as session:
        ids = session.scalars(select(Need.id).where(Need.status == NeedStatus.PUBLISHED)).all()
    done = refresh_needs(sessions, corpus, ids, settings=settings, clock=clock)
    return f"{done} needs matched"


def on_published(
    sessions: Sessions, corpus: CorpusIndex, need_ids: Collection[int], *, settings: Settings, clock: Clock
) -> int:
    """Call after the commit that published these needs, one or a whole list; how many still wait, for seconds."""
    learn_if_due(sessions, SYSTEM, clock=clock)
    return refresh_soon(sessions, corpus, need_ids, settings=settings, clock=clock)


def on_listed(
    sessions: Sessions, corpus: CorpusIndex, owner_keys: Collection[str], *, settings: Settings, clock: Clock
) -> int:
    """Call after the commit that listed, edited or withdrew capabilities of these owners (`expert:12`).

    The needs they suit, and those they were suggested for, are refreshed, the best first; how many still wait.
    """
    learn_if_due(sessions, SYSTEM, clock=clock)
    with sessions.read() as session:
        touched = _needs_of(session, corpus.current(session), owner_keys)
    return refresh_soon(sessions, corpus, touched, settings=settings, clock=clock)


def pin(session: Session, actor: Actor, suggestion: Suggestion, *, clock: Clock) -> None:
    """Keep a suggestion at the top, whatever its rank. Raises `Forbidden`, or `Conflict` for the firm's own people."""
    if suggestion.gate == Gate.OWN_ORGANISATION:
        raise Conflict(_("本单位的人员不能置顶"))
    _steer(session, actor, suggestion, "pin", clock=clock, pinned=True, excluded=False)


def exclude(session: Session, actor: Actor, suggestion: Suggestion, reason: str, *, clock: Clock) -> None:
    """Leave a candidate out, for a stated reason, until the officer takes it back."""
    if not reason.strip():
        raise Invalid({"reason": _("请写明为何不合适")})
    _steer(session, actor, suggestion, "exclude", clock=clock, pinned=False, excluded=True, reason=reason.strip())


def undo(session: Session, actor: Actor, suggestion: Suggestion, *, clock: Clock) -> None:
    """Take a pin or an exclusion back."""
    _steer(session, actor, suggestion, "undo", clock=clock, pinned=False, excluded=False)


def dismiss(
    session: Session, actor: Actor, need: Need, party: Counterpart, reason: DeclineReason, *, clock: Clock, item: int
) -> Suggestion:
    """An expert says of a need "not for me": it is not suggested to them, nor they for it, until they take it back."""
    _is_theirs(session, actor, need, party)
    key = owner_key(party)
    row = session.scalar(select(Suggestion).where(Suggestion.need_id == need.id, Suggestion.owner_key == key))
    if row is None:
        row = Suggestion(need_id=need.id, owner_key=key, capability_id=item, rank=0, score=0.0, reasons=[])
        row.pinned, row.excluded, row.matcher_version, row.made_at = False, False, "", clock.now()
        session.add(row)
        session.flush()
    _mark(session, actor, row, "dismiss", clock=clock, pinned=False, excluded=True, reason=reason.label)
    labels.note(session, actor, need.id, key, LabelKind.DECLINED, clock=clock, side=Side.EXPERT, reason=reason)
    return row


def undo_dismissal(session: Session, actor: Actor, suggestion: Suggestion, *, clock: Clock) -> None:
    """The expert takes "not for me" back. Raises `Forbidden` for anybody else, and for an officer's exclusion."""
    need, party = session.get_one(Need, suggestion.need_id), counterpart(session, suggestion.owner_key)
    _is_theirs(session, actor, need, party)
    if suggestion.steered_by != actor.name:
        raise Forbidden(_("这是工作人员排除的，请联系工作人员恢复"))
    labels.drop(session, need.id, suggestion.owner_key, LabelKind.DECLINED)
    _mark(session, actor, suggestion, "undo", clock=clock, pinned=False, excluded=False)


def reclaim(session: Session, actor: Actor, need: Need, party: Counterpart, *, clock: Clock) -> None:
    """The expert takes "not my field" back, whether it was said of a suggestion or in an answer to an invitation.

    Raises `Forbidden` for anybody else.
    """
    _is_theirs(session, actor, need, party)
    key = owner_key(party)
    row = session.scalar(select(Suggestion).where(Suggestion.need_id == need.id, Suggestion.owner_key == key))
    if row is not None and row.excluded and row.steered_by == actor.name:
        _mark(session, actor, row, "undo", clock=clock, pinned=False, excluded=False)
    labels.drop(session, need.id, key, LabelKind.DECLINED)
    audit.log(session, actor, "reclaim", need, clock=clock, before={"owner": key}, after={})


def _is_theirs(session: Session, actor: Actor, need: Need, party: Counterpart) -> None:
    if side_of(actor, pair_facts(session, need, party)) is not Side.EXPERT:
        raise Forbidden(_("只有专家本人可以标记不合适"))


def _steer(
    session: Session,
    actor: Actor,
    suggestion: Suggestion,
    action: str,
    *,
    clock: Clock,
    pinned: bool,
    excluded: bool,
    reason: str = "",
) -> None:
    _may_steer(actor, facts_of(session.get_one(Need, suggestion.need_id)))
    _mark(session, actor, suggestion, action, clock=clock, pinned=pinned, excluded=excluded, reason=reason)


def _mark(
    session: Session,
    actor: Actor,
    suggestion: Suggestion,
    action: str,
    *,
    clock: Clock,
    pinned: bool,
    excluded: bool,
    reason: str = "",
) -> None:
    before = audit.state_of(suggestion)
    suggestion.pinned, suggestion.excluded = pinned, excluded
    suggestion.steer_reason, suggestion.steered_by = reason, actor.name if pinned or excluded else ""
    session.flush()
    audit.log(session, actor, action, suggestion, clock=clock, before=before, reason=reason)


def _may_steer(actor: Actor, facts: Facts) -> None:
    if not can(actor, Permission.SUGGESTION_STEER, facts):
        raise Forbidden(_("您没有权限调整这条需求的推荐"))


def _plans(session: Session, index: Index, ids: Sequence[int], settings: Settings, clock: Clock) -> list[Plan]:
    around = circumstances(session, settings=settings, today=clock.today())
    needs = session.scalars(select(Need).where(Need.id.in_(ids), Need.status == NeedStatus.PUBLISHED)).all()
    return [plan(session, index, need, around) for need in needs]


def _version(session: Session) -> int:
    return session.scalar(select(Corpus.version)) or 0


def _needs_of(session: Session, index: Index, owner_keys: Collection[str]) -> list[int]:
    """Needs that suit these owners, the best first, then those they are suggested for now."""
    best: dict[int, float] = {}
    for key in owner_keys:
        for match in index.rank_needs(key, TOP) if key in index.items_of else ():
            best[int(match.key)] = max(match.score, best.get(int(match.key), 0.0))
    shown = session.scalars(select(Suggestion.need_id).where(Suggestion.owner_key.in_(owner_keys)).distinct())
    return [*sorted(best, key=lambda need: -best[need]), *(need for need in shown if need not in best)]


def _new(session: Session, need: Need, candidate: Candidate) -> Suggestion:
    row = Suggestion(need_id=need.id, owner_key=candidate.owner.key, pinned=False, excluded=False)
    session.add(row)
    return row


def _write(row: Suggestion, candidate: Candidate, *, rank: int, matcher: str, clock: Clock) -> None:
    row.capability_id = candidate.item
    row.rank = rank
    row.score = candidate.score
    row.reasons = candidate.reasons
    row.gate = candidate.gate.value if candidate.gate is not None else None
    row.gate_detail = candidate.detail
    row.matcher_version = matcher
    row.made_at = clock.now()
