"""Two records of the same organisation or person become one, without losing history; and back again.

The duplicate stays on file with `merged_into_id`; lists, choices and search leave it out, its address leads on. What
was changed for it is kept cell by cell in `Merge.moves`, so that un-merging puts back exactly that.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db import chain
from matchmaker.db.cells import models, read_back, stored, table_of
from matchmaker.db.insert import insert_into
from matchmaker.db.journal import Journal, journal
from matchmaker.db.locks import exclusive
from matchmaker.db.models import Capability, Expert, Merge, Need, NotDuplicate, Organisation, Suggestion
from matchmaker.db.nouns import noun_of
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import Noun, RegistrationStatus, SpecialistKind
from matchmaker.errors import Conflict, Forbidden, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined
from matchmaker.queries import specialists
from matchmaker.services import audit, reasons, subsidies, suggestions
from matchmaker.services.corpus import touch
from matchmaker.services.merge_moves import ALSO, Party, move_all

FIELDS: dict[Noun, tuple[str, ...]] = {  # what can be taken over from the duplicate
    Noun.ORGANISATION: (
        *("name", "institute_type", "credit_code", "external_id", "unit_id", "tags", "about"),
        *("contact_name", "contact_phone", "contact_email"),
    ),
    Noun.EXPERT: (
        *("name", "external_id", "institute_id", "site_id", "title", "honour", "email", "phone"),
        *("capacity", "modes", "travel", "away_from", "away_until", "confirmed_on"),
    ),
}
NUMBERS = frozenset({"credit_code", "external_id"})  # two records cannot have the same one at a time
Move = dict[str, Any]


@dataclass(frozen=True)
class Back:
    """What un-merging does to one row that the merge touched: `left` are cells changed since, which stay."""

    table: str
    row_id: int
    left: tuple[str, ...] = ()
    whole: bool = True  # False: the row is no longer there, or is there again

    @property
    def stays(self) -> bool:
        """Whether something of it is not put back; suggestions are made anew anyway."""
        return self.table != Suggestion.__tablename__ and (bool(self.left) or not self.whole)


def merge(
    session: Session,
    actor: Actor,
    kept: Party,
    gone: Party,
    *,
    take: Collection[str] = (),
    reason: str,
    clock: Clock,
    seen: tuple[int, int] | None = None,
) -> Merge:
    """Put `gone` into `kept`: every reference moves, the fields in `take` are taken over.

    `seen` are the versions of both that were looked at. Raises `Forbidden`, `Invalid` without a reason, `Conflict` when
    the two cannot be one or somebody was faster.
    """
    _may(actor)
    why = reasons.given(reason)
    exclusive(session, "merge")
    _lock(session, kept, gone)
    _fit(kept, gone, seen)
    _one_filing(session, kept, gone)
    before, noun, now = audit.state_of(kept), noun_of(kept), clock.now()
    with journal(session, also=ALSO) as made:
        _take_over(session, kept, gone, [name for name in FIELDS[noun] if name in take])
        move_all(session, gone, kept)
        if isinstance(kept, Organisation):
            subsidies.join_stated(session, actor, kept, clock=clock)
        gone.merged_into_id = kept.id
        gone.updated_at = kept.updated_at = now
    row = Merge(noun=noun, kept_id=kept.id, gone_id=gone.id, made_at=now, made_by=actor.name, reason=why)
    row.moves = [_move_of(touched) for touched in made.touched()]
    session.add(row)
    _after(session, [touched.row for touched in made.touched()])
    _note(session, actor, "merge", row, (kept, gone), before=before, clock=clock, reason=why)
    session.flush()
    session.expire_all()
    return row


def party(session: Session, noun: Noun, number: int) -> Party:
    """The organisation or person. Raises `NotFound`."""
    if noun is Noun.ORGANISATION:
        found: Party | None = session.get(Organisation, number)
    else:
        found = session.get(Expert, number) if noun is Noun.EXPERT else None
    if found is None:
        raise NotFound(_("没有找到这条记录"))
    return found


def _may(actor: Actor) -> None:
    if not can(actor, Permission.MERGE):
        raise Forbidden(_("您没有权限合并记录"))


def _lock(session: Session, *parties: Party) -> None:
    """Nobody else changes or refers to either until commit; both are read anew."""
    model, ids = type(parties[0]), sorted(party.id for party in parties)
    both = select(model).where(model.id.in_(ids)).order_by(model.id).with_for_update(of=model)
    session.scalars(both.execution_options(populate_existing=True)).unique().all()


def _fit(kept: Party, gone: Party, seen: tuple[int, int] | None) -> None:
    if seen is not None and seen != (kept.version, gone.version):
        raise Conflict(_("您打开页面之后，其中一条记录又被改过，请刷新后重新比对"))
    if type(kept) is not type(gone) or kept.id == gone.id:
        raise Conflict(_("请选择两条同类的记录"))
    if kept.merged_into_id is not None or gone.merged_into_id is not None:
        raise Conflict(_("其中一条记录已经合并，请刷新页面"))
    if isinstance(kept, Organisation) and isinstance(gone, Organisation):
        if kept.kind is not gone.kind:
            raise Conflict(_("机构类别不同，不能合并；请先核对类别"))
        if {kept.status, gone.status} != {RegistrationStatus.ACTIVE}:
            raise Conflict(_("其中一家还没有核准，请先办结企业注册"))


def _one_filing(session: Session, kept: Party, gone: Party) -> None:
    for kind in SpecialistKind if isinstance(kept, Expert) else ():
        filed = [specialists.standing(session, each.id, kind) for each in (kept, gone)]
        if all(filed):
            numbers = joined(one.number for one in filed if one)
            raise Conflict(_("两位都有在册的同类科技特派员备案（%(numbers)s），请先终止其中一份", numbers=numbers))


def _take_over(session: Session, kept: Party, gone: Party, names: list[str]) -> None:
    values = {name: getattr(gone, name) for name in names}
    for name in NUMBERS & values.keys():
        setattr(gone, name, None)
    session.flush()  # before the other gets them, and un-merging goes the way back
    for name, value in values.items():
        setattr(kept, name, value)
    session.flush()


def _move_of(touched: Any) -> Move:
    return {
        "table": touched.table,
        "id": touched.row.id,
        "before": touched.before,
        "after": touched.after(),
    }


def _after(session: Session, rows: Collection[Any]) -> None:
    """Tell the indexes of all processes, and have the suggestions concerned made anew."""
    needs: set[int] = set()
    for row in rows:
        if isinstance(row, Need | Capability):
            touch(session, row)
        if isinstance(row, Need):
            needs.add(row.id)
        if isinstance(row, Suggestion):
            needs.add(row.need_id)
    suggestions.ask(session, sorted(needs))


def _note(
    session: Session,
    actor: Actor,
    action: str,
    row: Merge,
    parties: tuple[Party, Party],
    *,
    before: dict[str, Any],
    clock: Clock,
    reason: str,
) -> None:
    """One entry for each of the two, saying with whom and how many rows of which table moved."""
    kept, gone = parties
    moved: dict[str, int] = {}
    for move in row.moves:
        moved[move["table"]] = moved.get(move["table"], 0) + 1
    after = audit.state_of(kept) | {"merge": {"kept": kept.name, "gone": gone.name, "rows": moved}}
    audit.log(session, actor, action, kept, clock=clock, before=before, after=after, reason=reason)
    other = {"merged_into_id": kept.id if action == "merge" else None}
    audit.log(session, actor, action, gone, clock=clock, after=other, reason=reason)


def survey(session: Session, row: Merge) -> list[Back]:
    """What un-merging would do to each row that the merge touched."""
    return [_judge(session, move) for move in row.moves]


def _judge(session: Session, move: Move) -> Back:
    found = session.get(models()[move["table"]], move["id"])
    if (found is None) != (move["after"] is None):
        return Back(move["table"], move["id"], whole=False)
    left = [] if found is None else [name for name, value in move["after"].items() if _now(found, name) != value]
    return Back(move["table"], move["id"], tuple(left))


def _now(row: Any, name: str) -> Any:
    return stored(getattr(row, name))


def unmerge(session: Session, actor: Actor, row: Merge, *, reason: str, clock: Clock) -> list[Back]:
    """Put back what the merge has moved, as far as nobody has changed it since; what happened to each row.

    Raises `Forbidden`, `Invalid` without a reason, `Conflict` when it was undone before or the record that stayed has
    been merged into another one since.
    """
    _may(actor)
    why = reasons.given(reason)
    exclusive(session, "merge")
    session.refresh(row, with_for_update=True)
    kept, gone = party(session, row.noun, row.kept_id), party(session, row.noun, row.gone_id)
    _lock(session, kept, gone)
    if row.undone_at is not None:
        raise Conflict(_("这次合并已经撤销，请刷新页面"))
    if kept.merged_into_id is not None or gone.merged_into_id != kept.id:
        raise Conflict(_("保留的记录后来又被合并，请先撤销那一次合并"))
    before = audit.state_of(kept)
    done = [_put_back(session, move) for move in reversed(row.moves)]
    gone.updated_at = kept.updated_at = clock.now()
    row.undone_at, row.undone_by, row.undone_reason = clock.now(), actor.name, why
    session.flush()
    _after(session, [found for move in row.moves if (found := _row(session, move)) is not None])
    _note(session, actor, "unmerge", row, (kept, gone), before=before, clock=clock, reason=why)
    session.flush()
    session.expire_all()
    return done


def _row(session: Session, move: Move) -> Any:
    return session.get(models()[move["table"]], move["id"])


def _put_back(session: Session, move: Move) -> Back:
    """Take one row's change back; cells that say something else by now stay."""
    found = _judge(session, move)
    model, before = models()[move["table"]], move["before"]
    columns = table_of(model).c
    if not found.whole:
        return found
    if move["after"] is None:
        values = {name: read_back(columns[name], value) for name, value in before.items()}
        return _insert(session, found, insert(model).values(id=move["id"], **values))
    row = session.get_one(model, move["id"])
    for name in move["after"].keys() - set(found.left):
        setattr(row, name, read_back(columns[name], before[name]))
    session.flush()
    return found


def _insert(session: Session, found: Back, statement: Any) -> Back:
    try:
        with session.begin_nested():
            session.execute(statement)
            chain.touch(session, found.table, [found.row_id])
    except IntegrityError:  # its place has been taken, or what it belongs to is gone
        return Back(found.table, found.row_id, whole=False)
    return found


def gather(session: Session) -> int:
    """Move what has come to refer to a merged record since, by somebody who had it open then; how many rows.

    The nightly job calls it. What is moved joins the merge's own moves and goes back with them.
    """
    exclusive(session, "merge")
    number = 0
    parties = (Merge.undone_at.is_(None), Merge.noun.in_(FIELDS))
    for row in session.scalars(select(Merge).where(*parties).order_by(Merge.id)):
        gone = party(session, row.noun, row.gone_id)
        if gone.merged_into_id is None:
            continue
        with journal(session, also=ALSO) as made:
            move_all(session, gone, party(session, row.noun, gone.merged_into_id))
        number += _keep(session, row, made)
    return number


def _keep(session: Session, row: Merge, made: Journal) -> int:
    rows = made.touched()
    if rows:
        row.moves = [*row.moves, *map(_move_of, rows)]
        _after(session, [touched.row for touched in rows])
        session.flush()
        session.expire_all()
    return len(rows)


def set_apart(session: Session, actor: Actor, noun: Noun, one: int, other: int, *, clock: Clock) -> None:
    """Say that two records only look alike; they are not shown again."""
    _may(actor)
    if noun not in FIELDS or one == other:
        raise Conflict(_("请选择两条同类的记录"))
    keep_apart(session, actor, noun, one, other, clock=clock)


def keep_apart(session: Session, actor: Actor, noun: Noun, one: int, other: int, *, clock: Clock) -> None:
    """Remember it and say so in the trail of both; the caller has asked who may."""
    first, second = sorted((one, other))
    values = {"noun": noun, "first_id": first, "second_id": second, "made_at": clock.now(), "made_by": actor.name}
    statement = insert_into(session, NotDuplicate, **values)
    session.execute(statement.on_conflict_do_nothing(index_elements=["noun", "first_id", "second_id"]))
    for number in (first, second):
        audit.write(
            session, actor, action="apart", noun=noun, record_id=number, at=clock.now(), after={"from": [first, second]}
        )


def put_beside(session: Session, actor: Actor, noun: Noun, one: int, other: int, *, clock: Clock) -> None:
    """Take `set_apart` back: the pair is shown again when it still looks alike."""
    _may(actor)
    keep_beside(session, actor, noun, one, other, clock=clock)


def keep_beside(session: Session, actor: Actor, noun: Noun, one: int, other: int, *, clock: Clock) -> None:
    """Take `keep_apart` back; the caller has asked who may."""
    first, second = sorted((one, other))
    mine = (NotDuplicate.noun == noun, NotDuplicate.first_id == first, NotDuplicate.second_id == second)
    session.execute(delete(NotDuplicate).where(*mine))
    for number in (first, second):
        audit.write(session, actor, action="beside", noun=noun, record_id=number, at=clock.now())
