"""One step for many records of a list: which were chosen, and what came of each."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from matchmaker.db.nouns import noun_of
from matchmaker.domain.ids import row_id
from matchmaker.domain.lifecycle import find_step
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Noun
from matchmaker.errors import Invalid, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import history
from matchmaker.queries.facts import facts_of
from matchmaker.queries.listing import Page, Wanted
from matchmaker.services import transitions
from matchmaker.services.bulk import Outcome
from matchmaker.services.transitions import Record

MOST_TOLD = 200  # refusals named in an address
EVERYTHING = "all"


@dataclass(frozen=True)
class Refused:
    """A record that was left as it was."""

    record_id: int
    title: str
    message: str


def selected_ids(matching: Callable[[], list[int]]) -> list[int]:
    """The checked records, or all that match the list's filters when that was asked. `Invalid` when there are none."""
    if request.form.get("scope") == EVERYTHING:
        ids = matching()
    else:
        ids = [number for number in map(row_id, request.form.getlist("ids")) if number is not None]
    if not ids:
        raise Invalid({"": _("没有可处理的记录：请先勾选，或选择处理符合筛选的全部记录。")})
    return ids


def carried_out(session: Session, move: Callable[[], Iterable[Outcome]]) -> tuple[list[int], dict[str, Any]]:
    """Do `move`; which records it was done for, and the arguments of the result page's address.

    The address names entries of the audit trail, so that the page counts what is in the database.
    """
    after = history.last_entry(session)
    outcomes = list(move())
    session.flush()
    failed = ",".join([str(outcome.record_id) for outcome in outcomes if not outcome.done][:MOST_TOLD])
    done = [outcome.record_id for outcome in outcomes if outcome.done]
    return done, {"after": str(after), "until": str(history.last_entry(session)), "failed": failed}


def number_done(session: Session, actor: Actor, noun: Noun, action: str) -> int:
    """For how many records the step of this address was taken."""
    after, until = (row_id(request.args.get(name)) or 0 for name in ("after", "until"))
    return history.number_done(session, actor, noun, action, after=after, until=until)


def waiting_number(
    session: Session, search: Callable[[Session, Actor, Wanted], Page[Any]], actor: Actor, asked: Wanted, status: str
) -> int:
    """How many of the list's rows, filters and all, are in the state that the step for all starts from."""
    if asked.filters.get("status", status) != status:
        return 0
    return search(session, actor, replace(asked, filters={**asked.filters, "status": status}, size=1)).total


def shown_outcomes(find: Callable[[int], Record], actor: Actor, action: str) -> list[Refused]:
    """The refused records of this address with the reason that stands in the way now."""
    ids = [number for number in map(row_id, request.args.get("failed", "").split(",")) if number is not None]
    return [_refused(record_id, find, actor, action) for record_id in ids[:MOST_TOLD]]


def _refused(record_id: int, find: Callable[[int], Record], actor: Actor, action: str) -> Refused:
    try:
        record = find(record_id)
    except NotFound as error:
        return Refused(record_id, "", str(error))
    step = find_step(noun_of(record), record.status, action)
    here = _("当前状态为“%(status)s”，不能执行此操作", status=_(record.status.label))
    message = transitions.refusal(actor, record, step, facts_of(record)) if step else here
    return Refused(record_id, getattr(record, "title", ""), message or _("现在可以重试"))
