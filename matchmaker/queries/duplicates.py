"""Records that may be the same organisation or person, and what was merged so far."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from matchmaker.db.models import City, Expert, Merge, NotDuplicate, Organisation, Region, Unit
from matchmaker.domain.drafts import comparable
from matchmaker.domain.likeness import folded
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import Noun, Word
from matchmaker.errors import Forbidden, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import scopes

MOST_ALIKE = 12  # a telephone that more records share is a switchboard's, and says nothing
Pair = tuple[int, int]
Record = Row[*tuple[object, ...]]


class Sign(Word):
    """What two records have in common; the strongest first."""

    CODE = "code", "信用代码相同"
    NAME = "name", "名称相同（不计公司类型、括号和市名）"
    PERSON = "person", "同一单位，姓名相同"
    EMAIL = "email", "邮箱相同"
    PHONE = "phone", "电话相同"


@dataclass(frozen=True)
class Candidate:
    """Two records of one kind that look like one, the older first, and why."""

    noun: Noun
    first_id: int
    second_id: int
    first: str
    second: str
    place: str
    signs: tuple[Sign, ...]


def _only_for_mergers(actor: Actor) -> None:
    if not can(actor, Permission.MERGE):
        raise Forbidden(_("您没有权限查看疑似重复的记录"))


def candidates(session: Session, actor: Actor, noun: Noun, text: str = "") -> list[Candidate]:
    """Every pair that looks alike and was not set apart, those with the strongest signs first.

    One or two queries; the pairs are found in memory by equal keys, never by comparing all with all.
    """
    _only_for_mergers(actor)
    rows, keys = (_organisations if noun is Noun.ORGANISATION else _experts)(session)
    apart = _apart(session, noun)
    signs = {pair: found for pair, found in _pairs(rows, keys).items() if pair not in apart}
    by_id = {row.id: row for row in rows}
    found = [_candidate(noun, by_id[one], by_id[other], named) for (one, other), named in signs.items()]
    wanted = comparable(text)
    found = [one for one in found if wanted in comparable(f"{one.first} {one.second} {one.place}")]
    order = list(Sign)
    return sorted(found, key=lambda one: ([order.index(sign) for sign in one.signs], one.first_id, one.second_id))


def _candidate(noun: Noun, one: Record, other: Record, signs: Iterable[Sign]) -> Candidate:
    ranked = tuple(sign for sign in Sign if sign in set(signs))
    return Candidate(noun, one.id, other.id, one.name, other.name, one.place or "", ranked)


Keys = list[tuple[Sign, Callable[[Record], object]]]


def _organisations(session: Session) -> tuple[list[Record], Keys]:
    columns = (Organisation.id, Organisation.name, Organisation.kind, Organisation.credit_code)
    contact = (Organisation.contact_phone, Organisation.contact_email, Unit.name.label("place"))
    statement = select(*columns, *contact).outerjoin(Unit, Unit.id == Organisation.unit_id)
    rows: list[Record] = list[Any](session.execute(statement.where(scopes.on_file()).order_by(Organisation.id)))
    places = _places(session)
    keys: Keys = [
        (Sign.CODE, lambda row: row.credit_code and (row.kind, row.credit_code.upper())),
        (Sign.NAME, lambda row: (row.kind, folded(row.name, places))),
        (Sign.EMAIL, lambda row: row.contact_email and (row.kind, row.contact_email.casefold())),
        (Sign.PHONE, lambda row: row.contact_phone and (row.kind, _digits(row.contact_phone))),
    ]
    return rows, keys


def _places(session: Session) -> list[str]:
    """The names of the city and its province, with and without 市 and 省, by which a name may begin."""
    city = session.scalars(select(City)).first()
    if city is None:
        return []
    province = session.scalar(select(Region.name).where(Region.code == f"{city.region_code[:2]}0000")) or ""
    return [city.name, city.name.removesuffix("市"), province, province.removesuffix("省")]


def _experts(session: Session) -> tuple[list[Record], Keys]:
    columns = (
        Expert.id,
        Expert.name,
        Expert.institute_id,
        Expert.email,
        Expert.phone,
        Organisation.name.label("place"),
    )
    statement = select(*columns).join(Organisation, Organisation.id == Expert.institute_id)
    rows: list[Record] = list[Any](session.execute(statement.where(scopes.known_experts()).order_by(Expert.id)))
    keys: Keys = [
        (Sign.PERSON, lambda row: (row.institute_id, comparable(row.name))),
        (Sign.EMAIL, lambda row: row.email and row.email.casefold()),
        (Sign.PHONE, lambda row: row.phone and _digits(row.phone)),
    ]
    return rows, keys


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())


def _pairs(rows: Collection[Record], keys: Keys) -> dict[Pair, list[Sign]]:
    found: dict[Pair, list[Sign]] = defaultdict(list)
    for sign, key_of in keys:
        heaps: dict[object, list[int]] = defaultdict(list)
        for row in rows:
            if key := key_of(row):
                heaps[key].append(row.id)
        for pair in _alike(heaps.values()):
            found[pair].append(sign)
    return found


def _alike(heaps: Iterable[list[int]]) -> Iterator[Pair]:
    for heap in heaps:
        if len(heap) <= MOST_ALIKE:
            yield from combinations(heap, 2)


def _apart(session: Session, noun: Noun) -> set[Pair]:
    rows = session.execute(select(NotDuplicate.first_id, NotDuplicate.second_id).where(NotDuplicate.noun == noun))
    return {(first, second) for first, second in rows}


def set_apart(session: Session, actor: Actor, noun: Noun) -> list[NotDuplicate]:
    """The pairs that were said to be two, newest first."""
    _only_for_mergers(actor)
    mine = select(NotDuplicate).where(NotDuplicate.noun == noun).order_by(NotDuplicate.id.desc())
    return list(session.scalars(mine))


def merges(session: Session, actor: Actor, noun: Noun) -> list[Merge]:
    """What was merged so far, newest first; undone ones too."""
    _only_for_mergers(actor)
    return list(session.scalars(select(Merge).where(Merge.noun == noun).order_by(Merge.id.desc())))


def merge(session: Session, actor: Actor, merge_id: int) -> Merge:
    """One merge; `NotFound` if there is none."""
    _only_for_mergers(actor)
    found = session.get(Merge, merge_id)
    if found is None or found.noun is Noun.NEED:
        raise NotFound(_("没有这次合并"))
    return found


def names(session: Session, noun: Noun, ids: Collection[int]) -> dict[int, str]:
    """Id → name, merged records too."""
    model = Organisation if noun is Noun.ORGANISATION else Expert
    return {row.id: row.name for row in session.execute(select(model.id, model.name).where(model.id.in_(ids)))}
