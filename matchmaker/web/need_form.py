"""The need form in three steps: which fields stand on which, what was typed so far, and what is shown beside them.

Each step's page carries the fields of the other steps along hidden, so what is sent is always the whole form, with or
without scripts; between two steps it waits in the person's `FormDraft`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from matchmaker.db.models import Need
from matchmaker.domain.drafts import NeedDraft, as_far_as_sound
from matchmaker.domain.indicators import problem_of, typed_rows, with_rows
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Audience
from matchmaker.errors import Invalid
from matchmaker.i18n import LazyString, lazy_gettext
from matchmaker.queries import classify, similar, texts
from matchmaker.services import form_drafts
from matchmaker.services import needs as services
from matchmaker.services.analysis import analyse_need
from matchmaker.web.context import runtime
from matchmaker.web.forms import OWN_FIELDS, form_values

LISTS = ("releases",)
BESIDE = ("firm", "version", "then", "go", "take")  # sent with the form, not part of what a need says
NOT_KEPT = OWN_FIELDS | {"then", "go", "take"}


@dataclass(frozen=True)
class Step:
    """A screen of the form."""

    title: LazyString
    fields: tuple[str, ...]


STEPS = (
    Step(lazy_gettext("问题"), ("title", "problem", "indicators", "goal")),
    Step(
        lazy_gettext("分类与条件"),
        ("keywords", "field", "industry", "must_have", "budget_wan", "deadline", "cooperation"),
    ),
    Step(lazy_gettext("公开范围与提交"), ("audience", "releases", "declared", "files")),
)


def key_of(need: Need | None) -> str:
    """Under what name the person's unsent words are kept."""
    return f"need:{need.id}" if need is not None else "need:new"


def typed() -> dict[str, Any]:
    """The form as sent, the indicator rows put below the indicators. Raises `Invalid` for half a row."""
    values = form_values(*LISTS)
    rows = typed_rows(values)
    if problem := problem_of(rows):
        raise Invalid({"indicators": problem})
    values["indicators"] = with_rows(values.get("indicators", ""), rows)
    return {name: value for name, value in values.items() if not name.startswith("indicator_")}


def said(values: Mapping[str, Any]) -> dict[str, Any]:
    """What the need says of it: institutes only where they are asked for."""
    own = {name: value for name, value in values.items() if name not in BESIDE and name != "files"}
    return own if own.get("audience") == Audience.CHOSEN else {**own, "releases": []}


def sent_as_typed() -> dict[str, list[str]]:
    """Every field as it stands in the form now, for keeping."""
    fields = request.form.lists()
    return {name: [text.strip() for text in values] for name, values in fields if name not in NOT_KEPT}


def as_kept(values: Mapping[str, Any]) -> dict[str, list[str]]:
    """Values of the form as a `FormDraft` holds them."""
    texts = {name: value if isinstance(value, list) else [str(value)] for name, value in values.items()}
    return {name: value for name, value in texts.items() if name not in NOT_KEPT}


def restored(session: Session, actor: Actor, need: Need | None) -> tuple[dict[str, Any], Any]:
    """The values to begin with and when they were kept (None: nothing was, they are what is on file)."""
    draft = form_drafts.find(session, actor, key_of(need))
    if draft is not None:
        content = draft.content.items()
        values = {name: found if name in LISTS else found[0] for name, found in content if found}
        return {"releases": [], **values}, draft.saved_at
    if need is None:
        return {}, None
    return {**services.content_of(need), "version": need.version}, None


def step_of(errors: Mapping[str, str], *, default: int) -> int:
    """The first step with a field at fault."""
    found = (place for place, step in enumerate(STEPS, start=1) if errors.keys() & {*step.fields, ""})
    return next(found, 1 if "firm" in errors else default)


def draft_so_far(values: Mapping[str, Any]) -> NeedDraft:
    """What is sound of the values, while somebody is still typing."""
    rows = typed_rows({name: text for name, text in values.items() if isinstance(text, str)})
    whole = {**said(values), "indicators": with_rows(str(values.get("indicators") or ""), rows)}
    return as_far_as_sound(NeedDraft, whole)


@dataclass(frozen=True)
class Beside:
    """What the system says to the text so far."""

    fields: list[classify.Hint]
    industries: list[classify.Hint]
    similar: list[similar.Similar]


NOTHING = Beside([], [], [])


def beside(
    session: Session, actor: Actor, draft: NeedDraft, step: int, *, firm_id: int | None, need: Need | None
) -> Beside:
    """Suggestions on the second step, needs like this one on the third."""
    if step == 1 or not (draft.title or draft.problem):
        return NOTHING
    run, segmenter = runtime(), runtime().segmenter
    text = texts.analysed(analyse_need(segmenter, draft).terms)
    index = run.index.current(session)
    if step == 2:
        fields = classify.fields_for(session, index, segmenter, text) if not draft.field else []
        more = [] if draft.industry else classify.industries_for(session, index, segmenter, text, firm_id=firm_id)
        return Beside(fields, more, [])
    found = similar.similar(session, actor, index, text, firm_id=firm_id, but=need.id if need else None)
    return Beside([], [], found)
