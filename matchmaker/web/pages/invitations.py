"""Invitations: the list, one invitation, and what each side or an officer says to it. Sending: `invitation_forms`."""

from datetime import timedelta
from typing import Any

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Invitation
from matchmaker.domain import pairing as pairs
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import Decision, InvitationStatus, MeetingKind, Noun, Side
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.i18n import lazy_gettext
from matchmaker.queries import choices, contacts, history
from matchmaker.queries import invitations as queries
from matchmaker.queries.arranged import meeting_id_of
from matchmaker.queries.circumstances import declined_by
from matchmaker.queries.facts import facts_of
from matchmaker.queries.pairs import pair
from matchmaker.services import invitation_notices
from matchmaker.services import invitations as services
from matchmaker.services.invitation_texts import chat_text
from matchmaker.web import half_days, pairing
from matchmaker.web.answering import signed_in, standing
from matchmaker.web.context import clock, current_actor, reading, runtime
from matchmaker.web.forms import form_values, once, refused_form, render
from matchmaker.web.masking import firm_name, sender, without_firm
from matchmaker.web.paging import Listing, all_rows, wanted
from matchmaker.web.sheets import sheet

bp = APIBlueprint("invitations", __name__, url_prefix="/invitations", enable_openapi=False)
TEMPLATE = "pages/invitations/show.html"
DERIVED = [(queries.OVERDUE, lazy_gettext("超过答复期")), (queries.TO_ARRANGE, lazy_gettext("等待安排"))]
STATUSES = [*((each.value, each.label) for each in InvitationStatus), *DERIVED]
REASONS = [(each.value, each.label) for each in pairs.REASONS]


@bp.get("")
def index() -> str:
    actor, asked, today = current_actor(), wanted(queries.FILTERS), clock().today()
    with reading() as session:
        page = queries.search(session, actor, asked, today)
        return render(
            "pages/invitations/index.html",
            listing=Listing(page, asked, queries.DEFAULT_SORT),
            tally=queries.tally(session, actor, today),
            late={row.id for row in page.rows if queries.is_overdue(row, today)},
            waiting={row.id: queries.waiting(row) for row in page.rows},
            units=choices.units(session),
            statuses=[(value, _(label)) for value, label in STATUSES],
            kinds=[(kind.value, _(kind.label)) for kind in MeetingKind],
        )


@bp.get("/export.xlsx")
def export() -> Answer:
    actor, asked, today = current_actor(), all_rows(wanted(queries.FILTERS)), clock().today()
    with reading() as session:
        rows = [_row(invitation) for invitation in queries.search(session, actor, asked, today).rows]
    return sheet(_("对接邀请"), rows)


def _row(invitation: Invitation) -> dict[str, Any]:
    party, said = queries.counterpart_of(invitation), {each.side: each for each in invitation.answers}
    sides = {side: _(said[side].decision.label) if side in said else "" for side in Side}
    return {
        _("编号"): invitation.id,
        _("需求"): invitation.need.title,
        _("企业"): firm_name(invitation.need),
        _("专家或团队"): party.name,
        _("院所"): party.institute.name,
        _("形式"): _(invitation.kind.label),
        _("建议日期"): invitation.proposed_on,
        _("状态"): _(invitation.status.label),
        _(Side.FIRM.label): sides[Side.FIRM],
        _(Side.EXPERT.label): sides[Side.EXPERT],
        _("代录"): _("是") if any(each.on_behalf for each in invitation.answers) else "",
        _("答复期限"): invitation.answer_by,
        _("发出人"): sender(invitation),
    }


@bp.get("/<int:invitation_id>")
def show(invitation_id: int) -> str:
    with reading() as session:
        return render(TEMPLATE, **_page(session, queries.get_visible(session, current_actor(), invitation_id)))


def _page(session: Session, invitation: Invitation) -> dict[str, Any]:
    actor, party = current_actor(), queries.counterpart_of(invitation)
    facts, person = facts_of(invitation), queries.lead_of(session, queries.counterpart_of(invitation))
    agreed = invitation.status is InvitationStatus.ACCEPTED
    officer = can(actor, Permission.INVITATION_ON_BEHALF, facts)
    return {
        **standing(session, signed_in(invitation.id)(session)),
        "invitation": invitation,
        "party": party,
        "person": person,
        "pair": pair(session, runtime().index.current(session), invitation.need, queries.owner_key(party)),
        "answers": {each.side: each for each in invitation.answers},
        "waiting": queries.waiting(invitation),
        "rests": declined_by(invitation),
        "late": queries.is_overdue(invitation, clock().today()),
        "my_side": _own_side(actor, invitation),
        "on_behalf": [side for side in Side if officer and invitation.status is InvitationStatus.OPEN],
        "may_withdraw": services.may_withdraw(actor, invitation) and _may(actor, invitation, "withdraw"),
        "may_reopen": _may(actor, invitation, "reopen"),
        "meeting_id": meeting_id_of(session, actor, invitation),
        "may_plan": agreed and can(actor, Permission.MEETING_PLAN, facts),
        "firm_contact": contacts.of_firm(session, actor, invitation.need.firm) if agreed else None,
        "expert_contact": contacts.of_expert(session, actor, person) if agreed and person else None,
        "texts": _texts(actor, invitation, officer=officer),
        "timeline": without_firm(history.timeline(session, Noun.INVITATION, invitation.id), invitation.need),
        "reasons": [(value, _(label)) for value, label in REASONS],
        "tomorrow": clock().today() + timedelta(days=1),
        "errors": {},
        "values": {},
    }


def _may(actor: Actor, invitation: Invitation, action: str) -> bool:
    return services.may_take(actor, invitation, action)


def _own_side(actor: Actor, invitation: Invitation) -> Side | None:
    """The side this person may answer for, while an answer counts."""
    side = queries.side_of(actor, facts_of(invitation))
    return side if invitation.status is InvitationStatus.OPEN else None


def _texts(actor: Actor, invitation: Invitation, *, officer: bool) -> list[tuple[Side, str]]:
    """A message to paste for each side that has to answer, except one's own.

    Only an officer, who may take answers down anyway, is given links that need no password: with the other side's
    link a party could answer for it.
    """
    run, found, own = runtime(), [], queries.side_of(actor, facts_of(invitation))
    for side in sorted(queries.waiting(invitation) - {own}):
        path = url_for("invitations.show", invitation_id=invitation.id)
        if officer:
            path = invitation_notices.answer_path(invitation, side, settings=run.settings, clock=run.clock)
        link = f"{run.settings.public_url}{path}"
        late = queries.is_overdue(invitation, run.clock.today())
        found.append((side, chat_text(invitation, side, link, sender=actor.name, late=late)))
    return found


@bp.post("/<int:invitation_id>/answer")
def answer(invitation_id: int) -> Response:
    actor, values = current_actor(), half_days.chosen(form_values(), "at")
    on_behalf = values.get("on_behalf") == "1"

    def say(session: Session) -> str:
        invitation = queries.get_visible(session, actor, invitation_id)
        side = pairing.word(Side, values, "side") or _own_side(actor, invitation)
        if side is None:
            raise Invalid({"side": _("请选择替哪一方登记")})
        run, said = runtime(), pairing.reply(values)
        services.answer(
            session, actor, invitation, side, said, settings=run.settings, clock=run.clock, on_behalf=on_behalf
        )
        flash(told(invitation, said.decision))
        half_days.warn_of_pair(session, invitation, said.decision)
        return url_for("invitations.show", invitation_id=invitation_id)

    return _carried_out(say, invitation_id, values)


def told(invitation: Invitation, decision: Decision) -> str:
    """What to say after an answer."""
    if invitation.status is InvitationStatus.ACCEPTED:
        return _("双方都已同意，现在可以看到对方的联系方式。")
    if decision is Decision.DECLINE:
        return _("已婉拒，谢谢您告知原因。")
    if decision is Decision.ANOTHER_TIME:
        return _("已把新的时间转给对方，等待对方答复。")
    return _("已记下您的同意，等待对方答复。")


@bp.post("/<int:invitation_id>/<any(withdraw, reopen):action>")
def act(invitation_id: int, action: str) -> Response:
    actor, reason = current_actor(), request.form.get("reason", "")
    step = {"withdraw": services.withdraw, "reopen": services.reopen}[action]

    def move(session: Session) -> str:
        invitation, run = queries.get_visible(session, actor, invitation_id), runtime()
        step(session, actor, invitation, reason, settings=run.settings, clock=run.clock)
        flash(_("邀请已撤回。") if action == "withdraw" else _("邀请已恢复。"))
        return url_for("invitations.show", invitation_id=invitation_id)

    return once(move)


def _carried_out(save: Any, invitation_id: int, values: dict[str, Any]) -> Response:
    try:
        return once(save)
    except Invalid as refused:
        with reading() as session:
            shown = _page(session, queries.get_visible(session, current_actor(), invitation_id))
            return refused_form(TEMPLATE, **(shown | {"errors": refused.errors, "values": values}))
