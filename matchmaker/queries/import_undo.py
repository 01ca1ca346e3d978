"""What undoing an import would take back, and which records stay because they were changed or used since."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.clock import shanghai_date
from matchmaker.db.cells import cells, models, stored, table_of
from matchmaker.db.journal import DERIVED
from matchmaker.db.models import Audit, ImportBatch, ImportChange
from matchmaker.domain.vocabulary import Noun
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined
from matchmaker.queries.references import CALLED, NOUNS, Reference, name_column, parts, references

TABLES = {noun: table for table, noun in NOUNS.items()}
Key = tuple[Noun, int]
Row = tuple[str, int]


@dataclass(frozen=True)
class Record:
    """A record that an import made (`new`) or edited; `reasons` say why it has to stay as it is, if it has."""

    noun: Noun
    id: int
    name: str
    new: bool
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Survey:
    """Undoing takes back the `free` records; `changes` are what the batch did to each record, free or held."""

    free: list[Record]
    held: list[Record]
    changes: Mapping[Key, list[ImportChange]] = field(repr=False)

    @property
    def new(self) -> int:
        """How many free records would be removed."""
        return sum(record.new for record in self.free)


def survey(session: Session, batch: ImportBatch) -> Survey:
    """Judge every record of a batch that has not been taken back yet."""
    left = (ImportChange.batch_id == batch.id, ~ImportChange.undone)
    return _Judge(session, batch, list(session.scalars(select(ImportChange).where(*left)))).survey()


class _Judge:
    """One look at all the rows of a batch."""

    def __init__(self, session: Session, batch: ImportBatch, changes: list[ImportChange]) -> None:
        self._session = session
        self._batch = batch
        self._of: dict[Row, ImportChange] = {(one.table_name, one.row_id): one for one in changes}
        self._records: dict[Key, list[ImportChange]] = defaultdict(list)
        for one in changes:
            self._records[_key(one)].append(one)
        self._reasons: dict[Key, list[str]] = defaultdict(list)
        self._resting: dict[Key, set[Key]] = defaultdict(set)  # who may only go if the key goes too

    def survey(self) -> Survey:
        self._changed_by_hand()
        self._changed_otherwise()
        self._used()
        self._hold_what_others_rest_on()
        names, made = self._names(), {_key(one) for one in self._of.values() if _is_new(one)}
        every = [
            Record(*key, names.get(key, ""), key in made, tuple(self._reasons.get(key, ())))
            for key in sorted(self._records, key=lambda key: (list(Noun).index(key[0]), key[1]))
        ]
        free, held = [one for one in every if not one.reasons], [one for one in every if one.reasons]
        return Survey(free, held, self._records)

    @cached_property
    def _moment(self) -> int:
        """The entry of the audit trail that stands for the import: what comes later was done since."""
        mine = (Audit.noun == Noun.IMPORT_BATCH, Audit.record_id == self._batch.id, Audit.action == "import")
        return self._session.scalar(select(func.max(Audit.id)).where(*mine)) or 0

    def _changed_by_hand(self) -> None:
        for noun, ids in _by_noun(self._records).items():
            for part in parts(ids):
                later = (Audit.id > self._moment, Audit.noun == noun, Audit.record_id.in_(part))
                rows = select(Audit.record_id, Audit.actor, Audit.at).where(*later).order_by(Audit.id.desc())
                for record_id, actor, at in self._session.execute(rows):
                    said = _("导入后由 %(actor)s 在 %(day)s 改动过", actor=actor, day=shanghai_date(at).isoformat())
                    if not self._reasons[noun, record_id]:
                        self._reasons[noun, record_id].append(said)

    def _changed_otherwise(self) -> None:
        rows = self._rows()
        for place, change in self._of.items():
            now = rows.get(place)
            expected = change.after if now is None or change.after is None else _only(now, change.after)
            there = now is None if change.after is None else now is not None and expected == change.after
            if not there and not self._reasons[_key(change)]:
                self._reasons[_key(change)].append(_("内容与导入后不同"))

    def _rows(self) -> dict[Row, dict[str, Any]]:
        """The rows of the batch as they stand now, as JSON values."""
        found: dict[Row, dict[str, Any]] = {}
        for name, ids in _by_table(self._of).items():
            table = table_of(models()[name])
            columns = [table.c.id, *(table.c[column.name] for column in cells(table) if column.name not in DERIVED)]
            for part in parts(ids):
                for row in self._session.execute(select(*columns).where(table.c.id.in_(part))).mappings():
                    found[name, row["id"]] = {key: stored(value) for key, value in row.items()}
        return found

    def _used(self) -> None:
        """Records the batch made stay when anything refers to them that is not taken back as well."""
        uses: dict[Key, Counter[str]] = defaultdict(Counter)
        for name, ids in _by_table({place: one for place, one in self._of.items() if _is_new(one)}).items():
            for found in references(self._session, name, ids):
                target, source = self._of[name, found.target], self._of.get((found.table, found.row_id))
                if source is not None and _goes_with(source, found):
                    self._resting[_key(source)].add(_key(target))
                else:
                    uses[_key(target)][str(CALLED.get(found.table, found.table))] += 1
        for key, counts in uses.items():
            what = joined(f"{name} {number}" for name, number in counts.items())
            self._reasons[key].append(_("已被使用：%(what)s", what=what))

    def _hold_what_others_rest_on(self) -> None:
        waiting = [key for key, reasons in self._reasons.items() if reasons]
        while waiting:
            for target in self._resting[waiting.pop()]:
                if not self._reasons[target]:
                    self._reasons[target].append(_("被保留的其他记录引用"))
                    waiting.append(target)

    def _names(self) -> dict[Key, str]:
        found: dict[Key, str] = {}
        for noun, ids in _by_noun(self._records).items():
            table = table_of(models()[TABLES[noun]])
            for part in parts(ids):
                statement = select(table.c.id, name_column(models()[TABLES[noun]])).where(table.c.id.in_(part))
                found |= {(noun, number): name for number, name in self._session.execute(statement)}
        return found


def _key(change: ImportChange) -> Key:
    return change.noun, change.record_id


def _is_new(change: ImportChange) -> bool:
    return change.before is None


def _only(row: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: row[name] for name in names}


def _goes_with(source: ImportChange, reference: Reference) -> bool:
    """Whether taking the referring row back ends the reference too."""
    if source.before is None:
        return True
    return reference.column in source.before and source.before[reference.column] != reference.target


def _by_noun(keys: Iterable[Key]) -> dict[Noun, list[int]]:
    found: dict[Noun, list[int]] = defaultdict(list)
    for noun, number in keys:
        found[noun].append(number)
    return found


def _by_table(places: Iterable[Row]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for name, number in places:
        found[name].append(number)
    return found
