"""Sending an invitation: one short form, from a suggestion or by hand."""

from datetime import timedelta
from typing import Any

from apiflask import APIBlueprint
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Expert
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Permission, can
from matchmaker.domain.vocabulary import MeetingKind, OrganisationKind, Side
from matchmaker.errors import Forbidden, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import absences, needs
from matchmaker.queries import invitations as queries
from matchmaker.queries.pairs import pair
from matchmaker.services import invitations as services
from matchmaker.web import half_days, pairing
from matchmaker.web.context import clock, current_actor, reading, runtime
from matchmaker.web.forms import form_values, once, refused_form, render

bp = APIBlueprint("invitation_forms", __name__, url_prefix="/invitations", enable_openapi=False)
TEMPLATE = "pages/invitations/form.html"


@bp.get("/new")
def new() -> str:
    """The form for `?need=…&owner=expert:12`."""
    with reading() as session:
        return render(TEMPLATE, **_form(session, request.args.to_dict()))


def _form(session: Session, values: dict[str, Any]) -> dict[str, Any]:
    actor = current_actor()
    need = needs.get_visible(session, actor, row_id(values.get("need")) or 0)
    party = queries.counterpart(session, values.get("owner", ""))
    facts = queries.pair_facts(session, need, party)
    if not can(actor, Permission.INVITATION_CREATE, facts):
        raise Forbidden(_("您没有权限就这条需求发出邀请"))
    services.check_published(need.status)
    by_person = isinstance(party, Expert) or party.institute.kind is not OrganisationKind.INSTITUTE
    usual = MeetingKind.INBOUND if by_person else MeetingKind.OUTBOUND
    return {
        "need": need,
        "party": party,
        "offers": queries.side_of(actor, facts) is Side.EXPERT,
        "owner": values.get("owner", ""),
        "pair": pair(session, runtime().index.current(session), need, queries.owner_key(party)),
        "standing": queries.open_between(session, need, party),
        "away": absences.coming(session, party, clock().today()),
        "kinds": [(kind.value, _(kind.label)) for kind in MeetingKind],
        "values": {"kind": usual.value, **values},
        "tomorrow": clock().today() + timedelta(days=1),
        "answer_days": runtime().settings.invitation_answer_days,
        "slots": half_days.of_pair(session, need, party),
        "errors": {},
    }


@bp.post("")
def create() -> Response:
    actor, values = current_actor(), half_days.chosen(form_values(), "at")

    def send(session: Session) -> str:
        need = needs.get_visible(session, actor, row_id(values.get("need")) or 0)
        party, run = queries.counterpart(session, values.get("owner", "")), runtime()
        offered = row_id(values.get("capability")) or None
        said = pairing.proposal(values)
        invitation = services.invite(
            session, actor, need, party, said, settings=run.settings, clock=run.clock, capability_id=offered
        )
        flash(_("邀请已发出。没有邮箱的一方不会收到邮件，请复制下面的文字用微信或电话告知。"))
        half_days.warn_of_pair(session, invitation)
        return url_for("invitations.show", invitation_id=invitation.id)

    try:
        return once(send)
    except Invalid as refused:
        with reading() as session:
            return refused_form(TEMPLATE, **(_form(session, values) | {"errors": refused.errors}))
