"""Research groups 科研项目团队: made and edited by their institute and the city; members may leave."""

from collections.abc import Mapping
from typing import Any

from apiflask import APIBlueprint
from flask import flash, make_response, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Group, Organisation
from matchmaker.domain.drafts import GroupDraft, check
from matchmaker.domain.ids import row_id
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import groups as queries
from matchmaker.queries import profiles
from matchmaker.services import experts as services
from matchmaker.services import records
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.forms import form_values, once, render
from matchmaker.web.matching import capabilities_changed
from matchmaker.web.pages.expert_forms import institute_of, keepers

bp = APIBlueprint("group_forms", __name__, url_prefix="/groups", enable_openapi=False)
TEMPLATE = "pages/profiles/group_form.html"
FIND = "find"  # the button that looks for people, and the field that says for whom
FEW, MOST_FOUND = 24, 40  # people shown without being looked for, and of those looked for


@bp.get("/new")
@keepers
def new() -> str:
    with reading() as session:
        institute = institute_of(session, current_actor(), request.args.get("institute", ""))
        return render(TEMPLATE, **_form(session, {"members": []}, {}, institute=institute))


@bp.post("")
@keepers
def create() -> Response:
    values = form_values("members")
    if request.form.get("then") == FIND:
        return make_response(_asked_again(values, {}))

    def save(session: Session) -> str:
        institute = institute_of(session, current_actor(), str(values.get("institute", "")))
        row = _write(session, Group(), values, institute)
        flash(_("已建立团队。请为团队填报能力，审核上架后即可推荐。"))
        return url_for("profiles.group", group_id=row.id)

    try:
        return once(save)
    except Invalid as refusal:
        return make_response(_asked_again(values, refusal.errors), 422)


@bp.get("/<int:group_id>/edit")
def edit(group_id: int) -> str:
    with reading() as session:
        group = profiles.group(session, group_id)
        records.require_editable(current_actor(), group)
        return render(TEMPLATE, **_form(session, _values(group), {}, group=group))


@bp.post("/<int:group_id>")
def update(group_id: int) -> Response:
    values = form_values("members")
    if request.form.get("then") == FIND:
        return make_response(_asked_again(values, {}, group_id))
    owners: set[str] = set()

    def save(session: Session) -> str:
        group = profiles.group(session, group_id)
        _write(session, group, values, group.institute)
        owners.add(f"group:{group_id}")
        flash(_("已保存。"))
        return url_for("profiles.group", group_id=group_id)

    try:
        answer = once(save)
    except Invalid as refusal:
        return make_response(_asked_again(values, refusal.errors, group_id), 422)
    capabilities_changed(owners)
    return answer


@bp.post("/<int:group_id>/leave")
def leave(group_id: int) -> Response:
    def go(session: Session) -> str:
        group = profiles.group(session, group_id)
        services.leave(session, current_actor(), group, clock=clock())
        flash(_("您已退出“%(name)s”。", name=group.name))
        return url_for("profiles.group", group_id=group_id)

    return once(go)


def _asked_again(values: Mapping[str, Any], errors: Mapping[str, str], group_id: int | None = None) -> str:
    """The form with what was sent: to look for people by name, or because something is wrong with it."""
    with reading() as session:
        if group_id is None:
            institute = institute_of(session, current_actor(), str(values.get("institute", "")))
            return render(TEMPLATE, **_form(session, values, errors, institute=institute))
        group = profiles.group(session, group_id)
        records.require_editable(current_actor(), group)
        return render(TEMPLATE, **_form(session, values, errors, group=group))


def _write(session: Session, group: Group, values: Mapping[str, Any], institute: Organisation) -> Group:
    draft, errors = check(GroupDraft, {"name": values.get("name", "")})
    if draft is None:
        raise Invalid(errors)
    members = [number for number in map(row_id, values["members"]) if number is not None]
    return services.write_group(
        session,
        current_actor(),
        group,
        draft,
        institute_id=institute.id,
        site_id=row_id(values.get("site")),
        seats=services.Seats(row_id(values.get("lead")), members),
        version=row_id(values.get("version")),
        clock=clock(),
    )


def _values(group: Group) -> dict[str, Any]:
    return {
        "name": group.name,
        "site": group.site_id or "",
        "lead": queries.lead_of(group),
        "members": [str(member.expert_id) for member in group.members],
        "version": group.version,
    }


def _form(
    session: Session,
    values: Mapping[str, Any],
    errors: Mapping[str, str],
    *,
    group: Group | None = None,
    institute: Organisation | None = None,
) -> dict[str, Any]:
    place = group.institute if group else institute
    people = queries.people_of(session, place.id) if place else []
    known = {number for number, _name in people}
    if group:  # who came from elsewhere stays where they are
        people += [(one.expert_id, one.expert.name) for one in group.members if one.expert_id not in known]
    return {
        "group": group,
        "institute": place,
        "people": [(str(number), name) for number, name in people],
        **_choice(people, values),
        "sites": queries.sites_of(session, place.id) if place else [],
        "values": values,
        "errors": errors,
    }


def _choice(people: list[tuple[int, str]], values: Mapping[str, Any]) -> dict[str, Any]:
    """Who is chosen, and of the others those looked for; all of them where they are few."""
    chosen, wanted = values.get("members", ()), str(values.get(FIND, "")).strip()
    named = [(str(number), name) for number, name in people]
    others = [(key, name) for key, name in named if key not in chosen]
    if wanted:
        found = [(key, name) for key, name in others if wanted.casefold() in name.casefold()]
    else:
        found = others if len(named) <= FEW else []
    return {
        "chosen": [(key, name) for key, name in named if key in chosen],
        "found": found[:MOST_FOUND],
        "more": len(found) - MOST_FOUND,
        "wanted": wanted,
        "searched": len(named) > FEW,
    }
