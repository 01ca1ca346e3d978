"""Writing a need: new, edit."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from apiflask import APIBlueprint
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Need
from matchmaker.domain.contact_marks import contact_marks
from matchmaker.domain.drafts import NeedDraft, check
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Actor, Permission
from matchmaker.domain.vocabulary import NeedStatus, Role
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import choices
from matchmaker.queries import needs as queries
from matchmaker.services import needs as services
from matchmaker.services.analysis import analyse_need
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading, runtime
from matchmaker.web.forms import controls, form_values, once, refused_form, render
from matchmaker.web.matching import needs_published

bp = APIBlueprint("need_forms", __name__, url_prefix="/needs", enable_openapi=False)
TEMPLATE = "pages/needs/form.html"
BESIDE = ("firm", "version", "then")  # sent with the form, not part of what a need says
SUBMIT = "submit"


@bp.get("/new")
@guard(Permission.NEED_CREATE)
def new() -> str:
    with reading() as session:
        return render(TEMPLATE, **_form(session, {}, {}))


@bp.post("")
@guard(Permission.NEED_CREATE)
def create() -> Response:
    actor, values = current_actor(), form_values()
    try:
        with reading() as session:
            firm_id = _firm_of(session, actor, values)
        draft, analysis = _checked(values)

        def save(session: Session) -> str:
            _refuse_past(draft)
            need = services.create(session, actor, firm_id, draft, analysis, clock=clock())
            return _saved(session, actor, need)

        return once(save)
    except Invalid as refusal:
        with reading() as session:
            return refused_form(TEMPLATE, **_form(session, values, refusal.errors))


@bp.get("/<int:need_id>/edit")
def edit(need_id: int) -> str:
    actor = current_actor()
    with reading() as session:
        need = queries.get_visible(session, actor, need_id)
        services.require_editable(actor, need)
        values = {**services.content_of(need), "version": need.version}
        return render(TEMPLATE, **_form(session, values, {}, need=need))


@bp.post("/<int:need_id>")
def update(need_id: int) -> Response:
    actor, values = current_actor(), form_values()
    changed: list[int] = []
    try:
        draft, analysis = _checked(values)
        version = row_id(values.get("version")) or 0

        def save(session: Session) -> str:
            need = queries.get_visible(session, actor, need_id)
            services.require_editable(actor, need)
            _refuse_past(draft, need.deadline)
            edited = services.edit(session, actor, need, draft, analysis, version=version, clock=clock())
            changed.extend([need_id] if edited and need.status is NeedStatus.PUBLISHED else [])
            return _saved(session, actor, need)

        answer = once(save)
    except Invalid as refusal:
        with reading() as session:
            need = queries.get_visible(session, actor, need_id)
            services.require_editable(actor, need)
            return refused_form(TEMPLATE, **_form(session, values, refusal.errors, need=need))
    needs_published(changed)
    return answer


def _checked(values: Mapping[str, Any]) -> tuple[NeedDraft, Any]:
    draft, errors = check(NeedDraft, {name: value for name, value in values.items() if name not in BESIDE})
    if draft is None:
        raise Invalid(errors)
    return draft, analyse_need(runtime().segmenter, draft)


def _refuse_past(draft: NeedDraft, known: date | None = None) -> None:
    errors = services.past_deadline(draft, clock().today(), known=known)
    if errors:
        raise Invalid(errors)


def _firm_of(session: Session, actor: Actor, values: Mapping[str, Any]) -> int:
    if actor.role is Role.FIRM and actor.organisation_id is not None:
        return actor.organisation_id
    return choices.firm_id(session, actor, str(values.get("firm", "")))


def _saved(session: Session, actor: Actor, need: Need) -> str:
    """Submit as well where the button said so; with a gap nothing is saved and the form is shown again."""
    if request.form.get("then") == SUBMIT and need.status in services.OPEN_TO_GAPS:
        services.submit(session, actor, need, clock=clock())
        flash(_("已提交审核。审核进度会显示在本页。"))
    else:
        flash(_("已保存。"))
    if contact_marks(need.title, need.problem, need.indicators, need.goal):
        flash(_("正文里像是有联系方式。正文发布后人人可见，请删去；双方同意见面后，系统会显示双方的联系方式。"), "warn")
    return url_for("needs.show", need_id=need.id)


def _form(
    session: Session, values: Mapping[str, Any], errors: Mapping[str, str], *, need: Need | None = None
) -> dict[str, Any]:
    actor = current_actor()
    return {
        "need": need,
        "controls": controls(NeedDraft, values, errors, {"field": choices.technical_fields(session)}),
        "errors": errors,
        "version": values.get("version", ""),
        "firm": values.get("firm", ""),
        "firms": choices.firms(session, actor) if need is None and actor.is_bureau else [],
        "may_submit": need is None or need.status in services.OPEN_TO_GAPS,
    }
