"""Answering from a signed link, without a password: `/a/…` shows the need with its reasons and three buttons."""

from datetime import timedelta
from typing import Any

from apiflask import APIBlueprint
from flask import flash, make_response, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Invitation
from matchmaker.domain.vocabulary import DeclineReason, InvitationStatus, Side
from matchmaker.errors import Conflict, Invalid, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import contacts
from matchmaker.queries import invitations as queries
from matchmaker.queries.pairs import pair
from matchmaker.services import invitations as services
from matchmaker.services import links
from matchmaker.services.links import Grant
from matchmaker.web import pairing
from matchmaker.web.auth import public
from matchmaker.web.context import clock, reading, runtime
from matchmaker.web.forms import form_values, once, refused_form, render
from matchmaker.web.masking import read_by
from matchmaker.web.pages.invitations import told

bp = APIBlueprint("answer", __name__, url_prefix="/a", enable_openapi=False)
TEMPLATE = "pages/answer/show.html"
BY_LINK = 0  # in place of an account, for forms that are sent twice


@bp.get("/<token>")
@public
def show(token: str) -> Response:
    grant = _grant(token)
    with reading() as session:
        response = make_response(render(TEMPLATE, **_page(session, token, grant)))
    response.headers["Referrer-Policy"] = "no-referrer"  # the address is a key
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@bp.post("/<token>")
@public
def answer(token: str) -> Response:
    grant, values = _grant(token), form_values()

    def say(session: Session) -> str:
        if clock().today() > grant.until:
            raise Conflict(_("这个链接已过期，请联系邀请您的工作人员重新发送。"))
        invitation, run = _invitation(session, grant), runtime()
        speaker, said = queries.speaker(session, invitation, grant.side), pairing.reply(values)
        services.answer(session, speaker, invitation, grant.side, said, settings=run.settings, clock=run.clock)
        flash(told(invitation, said.decision))
        return url_for("answer.show", token=token)

    try:
        return once(say, account_id=BY_LINK)
    except Invalid as refused:
        with reading() as session:
            shown = _page(session, token, grant) | {"errors": refused.errors, "values": values}
            return refused_form(TEMPLATE, **shown)


def _grant(token: str) -> Grant:
    return links.read_answer_token(runtime().settings.key(), token)


def _invitation(session: Session, grant: Grant) -> Invitation:
    found = session.get(Invitation, grant.invitation_id)
    if found is None:
        raise NotFound(_("没有找到这份邀请"))
    return found


def _page(session: Session, token: str, grant: Grant) -> dict[str, Any]:
    invitation = _invitation(session, grant)
    party, speaker = queries.counterpart_of(invitation), queries.speaker(session, invitation, grant.side)
    person, agreed = queries.lead_of(session, party), invitation.status is InvitationStatus.ACCEPTED
    read_by(session, speaker)
    firm = invitation.need.firm
    asks_firm = grant.side is Side.FIRM
    return {
        "token": token,
        "invitation": invitation,
        "party": party,
        "side": grant.side,
        "name": firm.contact_name or firm.name if asks_firm else person.name if person else party.name,
        "expired": clock().today() > grant.until,
        "my_turn": grant.side in queries.waiting(invitation),
        "mine": next((each for each in invitation.answers if each.side is grant.side), None),
        "pair": pair(session, runtime().index.current(session), invitation.need, queries.owner_key(party)),
        "firm_contact": contacts.of_firm(session, speaker, firm) if agreed and not asks_firm else None,
        "expert_contact": contacts.of_expert(session, speaker, person) if agreed and asks_firm and person else None,
        "reasons": [(reason.value, _(reason.label)) for reason in DeclineReason],
        "tomorrow": clock().today() + timedelta(days=1),
        "errors": {},
        "values": {},
    }
