"""One step for many records of a list: which were chosen, and what came of each."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask import request

from matchmaker.db.nouns import noun_of
from matchmaker.domain.ids import row_id
from matchmaker.domain.lifecycle import find_step
from matchmaker.domain.permissions import Actor
from matchmaker.errors import Invalid, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries.facts import facts_of
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


def told(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """The outcome as arguments of the result page's address."""
    outcomes = list(outcomes)
    failed = [str(outcome.record_id) for outcome in outcomes if not outcome.done]
    return {"done": str(len(outcomes) - len(failed)), "failed": ",".join(failed[:MOST_TOLD])}


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
