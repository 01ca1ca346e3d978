"""Somebody at an invitation, signed in or behind a signed link: where they stand and what they may do next."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from matchmaker.db.models import Invitation
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import Decision, DeclineReason, InvitationStatus, MeetingKind, Side
from matchmaker.errors import Conflict, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.i18n import short_day, with_detail
from matchmaker.queries import colleagues
from matchmaker.queries import invitations as queries
from matchmaker.queries.choices import named
from matchmaker.queries.facts import facts_of
from matchmaker.queries.invitations import answer_of, counterpart_of
from matchmaker.services import answers, companions, links, passing
from matchmaker.services.links import Grant
from matchmaker.web import half_days
from matchmaker.web.context import clock, current_actor, runtime
from matchmaker.web.masking import knows_firm, read_by

BY_LINK = 0  # in place of an account, for forms that are sent twice


@dataclass(frozen=True)
class At:
    """Who is at which invitation, on which side (None: an officer or onlooker), and the addresses they work with."""

    actor: Actor
    invitation: Invitation
    side: Side | None
    urls: dict[str, str]


Finder = Callable[[Session], At]


def signed_in(invitation_id: int) -> Finder:
    """The signed-in person at an invitation they may know of."""

    def find(session: Session) -> At:
        actor = current_actor()
        invitation = queries.get_visible(session, actor, invitation_id)
        urls = {
            "home": url_for("invitations.show", invitation_id=invitation_id),
            "take_back": url_for("colleagues.take_back", invitation_id=invitation_id),
            "pass": url_for("colleagues.choose", invitation_id=invitation_id),
            "bring": url_for("colleagues.bring", invitation_id=invitation_id),
        }
        return At(actor, invitation, queries.side_of(actor, facts_of(invitation)), urls)

    return find


def linked(token: str, *, to_write: bool = False) -> Finder:
    """Whoever holds a signed link, with the rights of its side's own person; `to_write` asks that it still lives."""
    grant = links.read_answer_token(runtime().settings.key(), token)
    if to_write and clock().today() > grant.until:
        raise Conflict(_("这个链接已过期，请联系邀请您的工作人员重新发送。"))

    def find(session: Session) -> At:
        invitation = invitation_of(session, grant)
        speaker = queries.speaker(session, invitation, grant.side)
        read_by(session, speaker)
        urls = {
            "home": url_for("answer.show", token=token),
            "take_back": url_for("colleagues.take_back_by_link", token=token),
            "pass": url_for("colleagues.choose_by_link", token=token),
            "bring": url_for("colleagues.bring_by_link", token=token),
        }
        return At(speaker, invitation, grant.side, urls)

    return find


def invitation_of(session: Session, grant: Grant) -> Invitation:
    """What a link is about. Raises `NotFound` if it is gone."""
    found = session.get(Invitation, grant.invitation_id)
    if found is None:
        raise NotFound(_("没有找到这份邀请"))
    return found


def standing(session: Session, at: At) -> dict[str, Any]:
    """What a page shows beside the answers: the place, what comes next, and what may still be done."""
    invitation, bringing = at.invitation, companions.may_bring(at.actor, at.invitation)
    passed = colleagues.chain(session, invitation)
    return {
        "urls": at.urls,
        "slots": half_days.of_pair(session, invitation.need, counterpart_of(invitation)),
        "day_passed": invitation.proposed_on is not None and invitation.proposed_on <= clock().today(),
        "where": where(invitation),
        "next_steps": next_steps(invitation, at.side) if at.side else [],
        "may_take_back": at.side is not None and answers.may_take_back(session, invitation, at.side, now=clock().now()),
        "may_pass": passing.may_pass(session, at.actor, invitation),
        "mates": colleagues.mates(session, invitation) if bringing else [],
        "most_mates": companions.MOST,
        "companions": colleagues.named(session, colleagues.companions_of(invitation)),
        "chain": [(each, _may_see(at.actor, each)) for each in passed] if len(passed) > 1 else [],
        "passed_to": _passed_to(session, invitation),
    }


def _may_see(actor: Actor, invitation: Invitation) -> bool:
    return can(actor, Permission.INVITATION_VIEW, facts_of(invitation))


def _passed_to(session: Session, invitation: Invitation) -> str:
    onward = colleagues.successor(session, invitation)
    return counterpart_of(onward).name if onward is not None else ""


def where(invitation: Invitation) -> str:
    """Where the two are to meet, as far as this reader may know it."""
    need, party = invitation.need, counterpart_of(invitation)
    if invitation.kind is MeetingKind.ONLINE:
        return _("线上")
    if invitation.kind is MeetingKind.OUTBOUND:
        return with_detail(party.institute.name, party.site.name) if party.site else party.institute.name
    place = named(need.firm.unit) if need.firm.unit else ""
    if knows_firm(need):
        return with_detail(need.firm.name, place) if place else need.firm.name
    return _("%(place)s的企业现场，双方同意后告知地址", place=place or _("企业所在地"))


def next_steps(invitation: Invitation, side: Side) -> list[str]:
    """What happens now that this side has answered, in order; nothing before it has."""
    mine = answer_of(invitation, side)
    if mine is None or (side in queries.waiting(invitation)):
        return []
    if invitation.status is InvitationStatus.ACCEPTED:
        return [_("工作人员会联系双方，定下时间、地点，并发出活动通知。"), *_keep_free(invitation)]
    if invitation.status is InvitationStatus.DECLINED and mine.decision is Decision.DECLINE:
        return [_after_decline(mine.reason, side)]
    if invitation.status is not InvitationStatus.OPEN:
        return []
    asked, day = _(side.other.label), short_day(invitation.answer_by)
    return [
        _("等%(side)s在 %(day)s前答复。", side=asked, day=day),
        _("有了结果会马上通知您，不用回来查看。"),
        *_keep_free(invitation),
    ]


def _keep_free(invitation: Invitation) -> list[str]:
    """A day to keep in one's calendar."""
    if invitation.proposed_on is None or invitation.proposed_on <= clock().today():
        return []
    day, at = short_day(invitation.proposed_on), invitation.proposed_at
    return [_("请先在日历上留出 %(when)s。", when=f"{day} {at:%H:%M}" if at else day)]


def _after_decline(reason: DeclineReason | None, side: Side) -> str:
    if reason is DeclineReason.NOT_MY_FIELD and side is Side.EXPERT:
        return _("以后不再向您推荐这条需求和与它相近的需求；可以在“给我的需求”页面恢复。")
    if reason is DeclineReason.PASSED_ON:
        return _("邀请由您的同事继续答复，您不需要再做什么。")
    return _("已告知对方，您不需要再做什么。")
