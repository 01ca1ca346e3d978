"""Answering from a signed link, without a password: `/a/…` shows the need with its reasons and three buttons."""

from datetime import timedelta
from typing import Any

from apiflask import APIBlueprint
from flask import flash
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.domain.pairing import REASONS
from matchmaker.domain.vocabulary import InvitationStatus, Side
from matchmaker.errors import Invalid, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import contacts
from matchmaker.queries import invitations as queries
from matchmaker.queries.pairs import pair
from matchmaker.services import invitations as services
from matchmaker.services import links
from matchmaker.web import half_days, pairing
from matchmaker.web.answering import BY_LINK, linked, standing
from matchmaker.web.auth import public
from matchmaker.web.context import clock, reading, runtime
from matchmaker.web.forms import form_values, once, refused_form, render
from matchmaker.web.pages.invitations import told
from matchmaker.web.security import behind_key

bp = APIBlueprint("answer", __name__, url_prefix="/a", enable_openapi=False)
TEMPLATE = "pages/answer/show.html"


@bp.get("/<token>")
@public
def show(token: str) -> Response:
    with reading() as session:
        return behind_key(render(TEMPLATE, **_page(session, token)))


@bp.post("/<token>")
@public
def answer(token: str) -> Response:
    find, values = linked(token, to_write=True), half_days.chosen(form_values(), "at")

    def say(session: Session) -> str:
        at, run = find(session), runtime()
        said, side = pairing.reply(values), at.side
        if side is None:
            raise NotFound(_("没有找到这份邀请"))
        services.answer(session, at.actor, at.invitation, side, said, settings=run.settings, clock=run.clock)
        flash(told(at.invitation, said.decision))
        half_days.warn_of_pair(session, at.invitation, said.decision)
        return at.urls["home"]

    try:
        return once(say, account_id=BY_LINK)
    except Invalid as refused:
        with reading() as session:
            shown = _page(session, token) | {"errors": refused.errors, "values": values}
            return refused_form(TEMPLATE, **shown)


def _page(session: Session, token: str) -> dict[str, Any]:
    grant = links.read_answer_token(runtime().settings.key(), token)
    at = linked(token)(session)
    invitation, party = at.invitation, queries.counterpart_of(at.invitation)
    person, agreed = queries.lead_of(session, party), invitation.status is InvitationStatus.ACCEPTED
    firm, asks_firm = invitation.need.firm, grant.side is Side.FIRM
    return {
        **standing(session, at),
        "token": token,
        "invitation": invitation,
        "party": party,
        "side": grant.side,
        "name": firm.contact_name or firm.name if asks_firm else person.name if person else party.name,
        "expired": clock().today() > grant.until,
        "my_turn": grant.side in queries.waiting(invitation),
        "mine": queries.answer_of(invitation, grant.side),
        "pair": pair(session, runtime().index.current(session), invitation.need, queries.owner_key(party)),
        "firm_contact": contacts.of_firm(session, at.actor, firm) if agreed and not asks_firm else None,
        "expert_contact": contacts.of_expert(session, at.actor, person) if agreed and asks_firm and person else None,
        "reasons": [(reason.value, _(reason.label)) for reason in REASONS],
        "tomorrow": clock().today() + timedelta(days=1),
        "errors": {},
        "values": {},
    }
