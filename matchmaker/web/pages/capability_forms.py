"""Writing a capability: new, edit, and what would make it better."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from apiflask import APIBlueprint
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Capability
from matchmaker.domain.drafts import CapabilityDraft, as_far_as_sound, check
from matchmaker.domain.drafts.capability_examples import CAPABILITY_EXAMPLES
from matchmaker.domain.ids import row_id
from matchmaker.domain.offers import alike, completeness
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import CapabilityStatus, Role
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import capabilities as queries
from matchmaker.queries.owners import Record
from matchmaker.services import capabilities as services
from matchmaker.services import form_drafts
from matchmaker.services.analysis import analyse_capability
from matchmaker.web.auth import allow
from matchmaker.web.context import clock, current_actor, reading, runtime
from matchmaker.web.forms import controls, form_values, once, refused_form, render
from matchmaker.web.matching import capabilities_changed

bp = APIBlueprint("capability_forms", __name__, url_prefix="/capabilities", enable_openapi=False)
TEMPLATE = "pages/capabilities/form.html"
BESIDE = ("owner", "version", "then")
SUBMIT, ANYWAY = "submit", "anyway"  # the second one although something alike is there
writers = allow(Role.EXPERT, Role.INSTITUTE, Role.CITY)


@bp.get("/new")
@writers
def new() -> str:
    owner = request.args.get("owner", "")
    with reading() as session:
        values, kept_at = _restored(session, key_of(None))
        if not values or owner not in {"", values.get("owner")}:
            values, kept_at = {"owner": owner}, None
        return render(TEMPLATE, **(_form(session, values, {}) | {"restored_at": kept_at}))


@bp.post("")
@writers
def create() -> Response:
    actor, values = current_actor(), form_values()
    key = str(values.get("owner", ""))
    try:
        draft, analysis = _checked(values)
        with reading() as session:
            twins = _twins(session, queries.owner_by_key(session, key), draft)
            if twins:
                return refused_form(TEMPLATE, **_form(session, values, {}, twins=twins))

        def save(session: Session) -> str:
            row = services.create(session, actor, queries.owner_by_key(session, key), draft, analysis, clock=clock())
            return _saved(session, actor, row, key_of(None))

        return once(save)
    except Invalid as refusal:
        with reading() as session:
            return refused_form(TEMPLATE, **_form(session, values, refusal.errors))


@bp.get("/<int:capability_id>/edit")
def edit(capability_id: int) -> str:
    actor = current_actor()
    with reading() as session:
        capability = queries.get_visible(session, actor, capability_id)
        services.require_editable(actor, capability)
        values, kept_at = _restored(session, key_of(capability))
        values = values or {**services.content_of(capability), "version": capability.version}
        return render(TEMPLATE, **(_form(session, values, {}, capability=capability) | {"restored_at": kept_at}))


@bp.post("/<int:capability_id>")
def update(capability_id: int) -> Response:
    actor, values = current_actor(), form_values()
    owners: set[str] = set()
    try:
        draft, analysis = _checked(values)
        with reading() as session:
            row = queries.get_visible(session, actor, capability_id)
            services.require_editable(actor, row)
            twins = _twins(session, queries.owner_by_key(session, row.owner_key), draft, but=capability_id)
            if twins and row.status in services.OPEN_TO_GAPS:
                return refused_form(TEMPLATE, **_form(session, values, {}, capability=row, twins=twins))
        version = row_id(values.get("version")) or 0

        def save(session: Session) -> str:
            row = queries.get_visible(session, actor, capability_id)
            edited = services.edit(session, actor, row, draft, analysis, version=version, clock=clock())
            owners.update({row.owner_key} if edited and row.status is CapabilityStatus.LISTED else ())
            return _saved(session, actor, row, key_of(row))

        answer = once(save)
    except Invalid as refusal:
        with reading() as session:
            row = queries.get_visible(session, actor, capability_id)
            services.require_editable(actor, row)
            return refused_form(TEMPLATE, **_form(session, values, refusal.errors, capability=row))
    capabilities_changed(owners)
    return answer


@bp.post("/gauge")
@writers
def gauge() -> str:
    """How complete the form is while somebody fills it in; a piece of the page."""
    return render("pages/needs/_gauge.html", complete=completeness(_typed(form_values())))


def _own(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in BESIDE}


def _typed(values: Mapping[str, Any]) -> CapabilityDraft:
    return as_far_as_sound(CapabilityDraft, _own(values))


def _checked(values: Mapping[str, Any]) -> tuple[CapabilityDraft, Any]:
    draft, errors = check(CapabilityDraft, _own(values))
    if draft is None:
        raise Invalid(errors)
    return draft, analyse_capability(runtime().segmenter, draft)


def _twins(session: Session, owner: Record, draft: CapabilityDraft, *, but: int | None = None) -> list[tuple[int, str]]:
    """(id, title) of what the owner offers already in nearly the same words, unless it was said to be another thing."""
    if request.form.get("then") != SUBMIT:
        return []
    others = queries.wordings_of(session, owner, but=but)
    return [(each, others[each][0]) for each in alike(draft, others)]


def key_of(capability: Capability | None) -> str:
    """Under what name the person's unsent words are kept."""
    return f"capability:{capability.id}" if capability is not None else "capability:new"


def _restored(session: Session, key: str) -> tuple[dict[str, Any], datetime | None]:
    """What was typed before and not sent, and when; nothing and None otherwise."""
    draft = form_drafts.find(session, current_actor(), key)
    if draft is None:
        return {}, None
    return {name: texts[0] for name, texts in draft.content.items() if texts}, draft.saved_at


def _saved(session: Session, actor: Actor, row: Capability, key: str) -> str:
    form_drafts.drop(session, actor, [key])
    if request.form.get("then") in {SUBMIT, ANYWAY} and row.status in services.OPEN_TO_GAPS:
        services.submit(session, actor, row, clock=clock())
        flash(_("已提交审核。审核通过后会用于推荐。"))
    else:
        flash(_("已保存。"))
    return url_for("capabilities.show", capability_id=row.id)


def _form(
    session: Session,
    values: Mapping[str, Any],
    errors: Mapping[str, str],
    *,
    capability: Capability | None = None,
    twins: list[tuple[int, str]] | None = None,
) -> dict[str, Any]:
    owner = str(values.get("owner", ""))
    owners = queries.owners_for(session, current_actor())
    if not owners and owner:
        owners = [(owner, queries.owner_by_key(session, owner).name)]
    return {
        "capability": capability,
        "key": key_of(capability),
        "restored_at": None,
        "controls": controls(CapabilityDraft, values, errors),
        "examples": CAPABILITY_EXAMPLES,
        "complete": completeness(_typed(values)),
        "twins": twins or [],
        "errors": errors,
        "version": values.get("version", ""),
        "owner": owner,
        "owners": owners,
        "may_submit": capability is None or capability.status in services.OPEN_TO_GAPS,
    }
