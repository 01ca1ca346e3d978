"""Writing a need: new, edit, from step to step."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from apiflask import APIBlueprint
from flask import flash, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Need
from matchmaker.domain.contact_marks import contact_marks
from matchmaker.domain.drafts import NeedDraft, check
from matchmaker.domain.drafts.need_examples import NEED_EXAMPLES
from matchmaker.domain.ids import row_id
from matchmaker.domain.indicators import COMPARISONS, ROWS, typed_rows
from matchmaker.domain.needs import completeness
from matchmaker.domain.permissions import Actor, Permission
from matchmaker.domain.vocabulary import NeedStatus, Role
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import attachments, choices, industries
from matchmaker.queries import needs as queries
from matchmaker.services import attachments as files
from matchmaker.services import form_drafts
from matchmaker.services import needs as services
from matchmaker.services.analysis import Analysis, analyse_need
from matchmaker.web import need_form
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading, runtime, writing
from matchmaker.web.forms import controls, form_values, once, refused_form, render
from matchmaker.web.matching import needs_published
from matchmaker.web.need_form import LISTS, STEPS, key_of
from matchmaker.web.pages.need_files import allow_larger, sent_files

bp = APIBlueprint("need_forms", __name__, url_prefix="/needs", enable_openapi=False)
bp.url_value_preprocessor(allow_larger)
TEMPLATE = "pages/needs/form.html"
SUBMIT = "submit"


@bp.get("/new")
@guard(Permission.NEED_CREATE)
def new() -> str:
    with reading() as session:
        return _shown(session, None)


@bp.get("/<int:need_id>/edit")
def edit(need_id: int) -> str:
    with reading() as session:
        need = queries.get_visible(session, current_actor(), need_id)
        services.require_editable(current_actor(), need)
        return _shown(session, need)


def _shown(session: Session, need: Need | None) -> str:
    values, kept_at = need_form.restored(session, current_actor(), need)
    step = row_id(request.args.get("step"))
    page = _form(session, values, {}, need=need, step=step or 1)
    return render(TEMPLATE, **page, restored_at=kept_at if step is None else None)


@bp.post("/new")
@guard(Permission.NEED_CREATE)
def step() -> Response:
    """From one step of a new need to another; nothing but the person's own draft is kept."""
    return _step(None)


@bp.post("/<int:need_id>/edit")
def step_edit(need_id: int) -> Response:
    return _step(need_id)


def _step(need_id: int | None) -> Response:
    here = row_id(request.args.get("step")) or 1
    wanted = row_id(request.form.get("go")) or here
    try:
        _keep_draft(need_id, here)
    except Invalid as refusal:
        return _refused(need_id, refusal.errors, step=here)
    if need_id:
        return redirect(url_for("need_forms.edit", need_id=need_id, step=wanted), 303)
    return redirect(url_for("need_forms.new", step=wanted), 303)


def _keep_draft(need_id: int | None, here: int) -> None:
    """Keep what was typed for the next step. Raises `Invalid` for what is wrong on this one."""
    actor, values = current_actor(), need_form.typed()
    values |= _taken(values)
    errors = check(NeedDraft, need_form.said(values))[1]
    wrong = {name: text for name, text in errors.items() if name in STEPS[min(here, len(STEPS)) - 1].fields}
    if wrong:
        raise Invalid(wrong)
    with writing() as session:
        need = queries.get_visible(session, actor, need_id) if need_id else None
        if need is not None:
            services.require_editable(actor, need)
        form_drafts.keep(session, actor, key_of(need), need_form.as_kept(values), clock=clock())


def _taken(values: Mapping[str, Any]) -> dict[str, str]:
    """A suggestion that was taken with one click, as `field:equipment`."""
    name, _colon, code = str(values.get("take", "")).partition(":")
    return {name: code} if name in {"field", "industry"} else {}


@bp.post("")
@guard(Permission.NEED_CREATE)
def create() -> Response:
    actor = current_actor()
    try:
        values = need_form.typed()
        with reading() as session:
            firm_id = _firm_of(session, actor, values)
        draft, analysis = _checked(values)
        sent = sent_files()

        def save(session: Session) -> str:
            _refuse_past(draft)
            need = services.create(session, actor, firm_id, draft, analysis, clock=clock())
            return _saved(session, actor, need, sent, key_of(None))

        return once(save)
    except Invalid as refusal:
        return _refused(None, refusal.errors, step=len(STEPS))


@bp.post("/<int:need_id>")
def update(need_id: int) -> Response:
    actor = current_actor()
    changed: list[int] = []
    try:
        values = need_form.typed()
        draft, analysis = _checked(values)
        sent, version = sent_files(), row_id(values.get("version")) or 0

        def save(session: Session) -> str:
            need = queries.get_visible(session, actor, need_id)
            services.require_editable(actor, need)
            _refuse_past(draft, need.deadline)
            edited = services.edit(session, actor, need, draft, analysis, version=version, clock=clock())
            changed.extend([need_id] if edited and need.status is NeedStatus.PUBLISHED else [])
            return _saved(session, actor, need, sent, key_of(need))

        answer = once(save)
    except Invalid as refusal:
        return _refused(need_id, refusal.errors, step=len(STEPS))
    needs_published(changed)
    return answer


@bp.post("/gauge")
@guard(Permission.NEED_CREATE)
def gauge() -> str:
    """How complete the need is by now, for the page to swap in."""
    draft = need_form.draft_so_far(form_values(*LISTS))
    return render("pages/needs/_gauge.html", complete=completeness(draft))


def _refused(need_id: int | None, errors: Mapping[str, str], *, step: int) -> Response:
    """The form again with what was sent, at the first step where something is wrong."""
    actor, values = current_actor(), form_values(*LISTS)
    with reading() as session:
        need = queries.get_visible(session, actor, need_id) if need_id else None
        if need is not None:
            services.require_editable(actor, need)
        at = need_form.step_of(errors, default=step)
        return refused_form(TEMPLATE, **_form(session, values, errors, need=need, step=at), restored_at=None)


def _checked(values: Mapping[str, Any]) -> tuple[NeedDraft, Analysis]:
    draft, errors = check(NeedDraft, need_form.said(values))
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


def _saved(session: Session, actor: Actor, need: Need, sent: list[files.Checked], key: str) -> str:
    """Keep the files too, and submit where the button said so; with a gap nothing at all is saved."""
    for file in sent:
        files.attach(session, actor, need, file, clock=clock())
    if request.form.get("then") == SUBMIT and need.status in services.OPEN_TO_GAPS:
        services.submit(session, actor, need, clock=clock())
        flash(_("已提交审核。审核进度会显示在本页。"))
    else:
        flash(_("已保存。"))
    form_drafts.drop(session, actor, [key])
    if contact_marks(need.title, need.problem, need.indicators, need.goal):
        flash(_("正文里像是有联系方式。正文发布后人人可见，请删去；双方同意见面后，系统会显示双方的联系方式。"), "warn")
    return url_for("needs.show", need_id=need.id)


def _form(
    session: Session, values: Mapping[str, Any], errors: Mapping[str, str], *, need: Need | None, step: int
) -> dict[str, Any]:
    actor, step = current_actor(), min(max(step, 1), len(STEPS))
    draft = need_form.draft_so_far(values)
    firm_id = need.firm_id if need is not None else actor.organisation_id if actor.role is Role.FIRM else None
    options = {
        "field": choices.technical_fields(session),
        "industry": industries.choices(),
        "releases": choices.institutes(session),
    }
    return {
        "need": need,
        "step": step,
        "steps": STEPS,
        "controls": {item.name: item for item in controls(NeedDraft, values, errors, options)},
        "values": values,
        "rows": typed_rows({name: text for name, text in values.items() if isinstance(text, str)}),
        "row_numbers": range(1, ROWS + 1),
        "comparisons": COMPARISONS,
        "examples": NEED_EXAMPLES,
        "errors": errors,
        "complete": completeness(draft),
        "beside": need_form.beside(session, actor, draft, step, firm_id=firm_id, need=need),
        "draft": draft,
        "key": key_of(need),
        "files": attachments.of_need(session, actor, need) if need is not None else [],
        "firms": choices.firms(session, actor) if need is None and actor.is_bureau else [],
        "may_submit": need is None or need.status in services.OPEN_TO_GAPS,
    }
