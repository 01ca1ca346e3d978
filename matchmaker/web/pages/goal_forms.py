"""Adding, changing, withdrawing and restoring a target of the city; every change asks why."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from apiflask import APIBlueprint
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Target
from matchmaker.domain.drafts import Draft, PromiseDraft, TargetDraft, check, fields_of
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Permission
from matchmaker.domain.vocabulary import Noun
from matchmaker.errors import Invalid, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import changes
from matchmaker.queries import targets as queries
from matchmaker.queries.choices import named
from matchmaker.services import targets as services
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.filters import amount
from matchmaker.web.forms import controls, form_values, once, refused_form, render

bp = APIBlueprint("goal_forms", __name__, url_prefix="/goals/targets", enable_openapi=False)
TEMPLATE = "pages/goals/form.html"
BESIDE = ("reason", "version")  # fields of the form that are not the draft's
FIRST = ("metric", "year")
D = TypeVar("D", bound=Draft)


def drafted(model: type[D], values: Mapping[str, Any]) -> D:
    """The fields of a draft among those sent. Raises `Invalid`."""
    draft, errors = check(model, {name: values.get(name, "") for name in model.model_fields})
    if draft is None:
        raise Invalid(errors)
    return draft


@bp.get("/new")
@guard(Permission.TARGET_EDIT)
def new() -> str:
    values = {"year": clock().today().year} | {
        name: request.args.get(name, "") for name in FIRST if name in request.args
    }
    with reading() as session:
        return render(TEMPLATE, **_form(session, None, values, {}))


@bp.post("")
@guard(Permission.TARGET_EDIT)
def create() -> Response:
    values = form_values()

    def save(session: Session) -> str:
        draft = drafted(TargetDraft, values)
        row = services.add(session, current_actor(), draft, reason=values.get("reason", ""), clock=clock())
        flash(_("已录入。"))
        return url_for("goals.show", year=row.year)

    return _answered(save, values, None)


@bp.get("/<int:target_id>/edit")
@guard(Permission.TARGET_EDIT)
def edit(target_id: int) -> str:
    with reading() as session:
        row = _own(session, target_id)
        return render(TEMPLATE, **_form(session, row, _values(row), {}))


@bp.post("/<int:target_id>")
@guard(Permission.TARGET_EDIT)
def update(target_id: int) -> Response:
    values = form_values()

    def save(session: Session) -> str:
        row, version = _own(session, target_id), row_id(values.get("version")) or 0
        draft, reason = drafted(PromiseDraft, values), values.get("reason", "")
        services.edit(session, current_actor(), row, draft, version=version, reason=reason, clock=clock())
        flash(_("已保存。"))
        return url_for("goals.show", year=row.year)

    return _answered(save, values, target_id)


@bp.post("/<int:target_id>/withdraw")
@guard(Permission.TARGET_EDIT)
def withdraw(target_id: int) -> Response:
    return _turned(target_id, services.withdraw, _("已撤销，仍留存备查。"))


@bp.post("/<int:target_id>/restore")
@guard(Permission.TARGET_EDIT)
def restore(target_id: int) -> Response:
    return _turned(target_id, services.restore, _("已恢复。"))


def _turned(target_id: int, turn: Callable[..., None], said: str) -> Response:
    def go(session: Session) -> str:
        row = _own(session, target_id)
        turn(session, current_actor(), row, reason=request.form.get("reason", ""), clock=clock())
        flash(said)
        return url_for("goals.show", year=row.year)

    return once(go)


def _own(session: Session, target_id: int) -> Target:
    """A target of the city; those of units are saved together on their page."""
    row = queries.get(session, target_id)
    if row.unit_id is not None:
        raise NotFound(_("单位的分解目标请在分解页面修改"))
    return row


def _answered(save: Callable[[Session], str], values: Mapping[str, Any], target_id: int | None) -> Response:
    try:
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            row = _own(session, target_id) if target_id is not None else None
            return refused_form(TEMPLATE, **_form(session, row, values, refusal.errors))


def _values(row: Target) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in PromiseDraft.model_fields}
    return values | {"value": amount(row.value, digits=4), "version": row.version}


def _form(session: Session, row: Target | None, values: Mapping[str, Any], errors: Mapping[str, str]) -> dict[str, Any]:
    model = PromiseDraft if row else TargetDraft
    metrics = [(one.code, named(one)) for one in queries.metrics(session)]
    found = controls(model, values, errors, {"metric": metrics})
    fields = fields_of(PromiseDraft)
    return {
        "target": row,
        "year": row.year if row else values.get("year", ""),
        "controls": sorted(found, key=lambda item: item.name not in FIRST),
        "values": values,
        "errors": errors,
        "changes": changes.of(session, Noun.TARGET, [row.id], fields) if row else [],
    }
