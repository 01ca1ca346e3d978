"""What goals other than visits count, as sheets: absorbed achievements, turnover figures, people trained.

A row is checked and written as the page does it, so that a sheet cannot say what a form may not.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, Generic, TypeVar

from sqlalchemy import select

from matchmaker.db.models import Absorption, Training, Turnover
from matchmaker.domain.drafts import AbsorptionDraft, Draft, TrainingDraft, TurnoverDraft, comparable
from matchmaker.domain.entries import Figure
from matchmaker.domain.vocabulary import TurnoverSpan
from matchmaker.errors import Conflict, Invalid, StaleEdit
from matchmaker.i18n import gettext as _
from matchmaker.queries import choices
from matchmaker.queries import entries as queries
from matchmaker.services import entries as services
from matchmaker.services.imports.plan import Analyses, Desk, Lookup, Plan, RefusedError, Verdict, nothing
from matchmaker.services.imports.sheet import Line

Row = TypeVar("Row", Absorption, Turnover, Training)
Values = dict[str, Any]
REFERENCES = {"need": "need_id", "meeting": "meeting_id"}  # a draft's field → the column with what it means


@dataclass(frozen=True)
class Sort(Generic[Row]):
    """A kind of entry: its record, which one on file a row is about, what the row says, and how it is written.

    `once` are the things that one row of a file only may say, by the field at fault in a second one.
    """

    model: type[Row]
    same: Callable[[Desk, Any], Row | None]
    values: Callable[[Desk, Row, Any], Values]
    once: Callable[[Values], Iterator[tuple[str, Hashable]]]
    write: Callable[..., Row]


class Entries(Generic[Row]):
    """Plans the rows of a sheet of entries of one sort."""

    def __init__(self, sort: Sort[Row], desk: Desk) -> None:
        self._sort: Sort[Row] = sort
        self._desk = desk
        self._lines: dict[Hashable, int] = {}

    def plan(self, line: Line) -> Plan:
        """What the row adds, or corrects: a blank cell leaves what is on file."""
        try:
            found = self._sort.same(self._desk, line.row)
            draft = line.row if found is None else _filled(found, line)
            row = self._sort.model() if found is None else found
            values = self._sort.values(self._desk, row, draft)
        except Invalid as refusal:
            field, message = next(iter(refusal.errors.items()))
            raise RefusedError(field, message) from refusal
        for field, said in self._sort.once(values):
            first = self._lines.setdefault((field, said), line.number)
            if first != line.number:
                raise RefusedError(field, _("与第 %(line)s 行重复，请删去其中一行", line=first))
        if found is not None and all(getattr(found, name) == value for name, value in values.items()):
            return Plan(line, Verdict.UNCHANGED, nothing)
        verdict = Verdict.CREATED if found is None else Verdict.UPDATED
        return Plan(line, verdict, partial(self._write, row, draft))

    def lookups(self, _row: Any) -> Iterable[Lookup]:
        """What a row refers to is looked up with everything else it says."""
        return ()

    def _write(self, row: Row, draft: Draft, _analyses: Analyses) -> None:
        desk, version = self._desk, row.version or 0
        try:
            self._sort.write(desk.session, desk.actor, row, draft, version=version, reason=desk.note, clock=desk.clock)
        except (Invalid, StaleEdit) as refusal:  # it was sound when it was planned
            raise Conflict(_("导入期间有记录被别人修改，请重新导入")) from refusal


def _filled(row: Row, line: Line) -> Draft:
    """The row of the file, its blank cells as they are on file."""
    draft: Draft = line.row
    blank = type(draft).model_fields.keys() - line.given
    return draft.model_copy(update={name: _standing(row, name) for name in blank})


def _standing(row: Row, name: str) -> Any:
    return str(getattr(row, REFERENCES[name]) or "") if name in REFERENCES else getattr(row, name)


def _same_absorption(desk: Desk, draft: AbsorptionDraft) -> Absorption | None:
    firm = choices.firm_id(desk.session, desk.actor, draft.firm)
    return services.same_absorption(desk.session, firm, queries.origin(desk.session, draft.origin), draft.title)


def _absorbed_once(values: Values) -> Iterator[tuple[str, Hashable]]:
    yield "title", (values["firm_id"], values["origin_id"], comparable(values["title"]))


def _same_turnover(desk: Desk, draft: TurnoverDraft) -> Turnover | None:
    rows = queries.figures(desk.session, draft.year or 0)
    return next((row for row in rows if (row.span, row.month) == (draft.span, draft.month)), None)


def _stated_once(values: Values) -> Iterator[tuple[str, Hashable]]:
    figure = Figure(0, values["span"], values["month"], Decimal(0))
    running = figure.span is TurnoverSpan.TO_DATE
    for month in [figure.month] if running else figure.months:
        yield "month", (values["year"], running, month)


def _same_training(desk: Desk, draft: TrainingDraft) -> Training | None:
    that_day = (Training.day == draft.day, Training.voided_at.is_(None))
    rows = desk.session.scalars(select(Training).where(*that_day).order_by(Training.id))
    return next((row for row in rows if services.training_key(row) == services.training_key(draft)), None)


def _trained_once(values: Values) -> Iterator[tuple[str, Hashable]]:
    yield "name", (values["day"], *(comparable(values[name]) for name in ("name", "organisation", "course")))
    if values["certificate"]:
        yield "certificate", values["certificate"]


ABSORPTIONS = Sort(
    Absorption,
    _same_absorption,
    lambda desk, row, draft: services.absorption_values(desk.session, desk.actor, row, draft, clock=desk.clock),
    _absorbed_once,
    services.write_absorption,
)
TURNOVER = Sort(
    Turnover,
    _same_turnover,
    lambda desk, row, draft: services.turnover_values(desk.session, row, draft, clock=desk.clock),
    _stated_once,
    services.write_turnover,
)
TRAININGS = Sort(
    Training,
    _same_training,
    lambda desk, row, draft: services.training_values(desk.session, row, draft, clock=desk.clock),
    _trained_once,
    services.write_training,
)
