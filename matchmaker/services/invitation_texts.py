"""An invitation as one message short enough for a chat, with its link at the end."""

from matchmaker.db.models import Invitation
from matchmaker.domain.vocabulary import Side
from matchmaker.i18n import gettext as _
from matchmaker.i18n import short_day
from matchmaker.queries.invitations import counterpart_of
from matchmaker.queries.masking import expert_side


def chat_text(invitation: Invitation, side: Side, link: str, *, sender: str, late: bool = False) -> str:
    """What to paste for `side`: who asks whom about what, when, until when to answer (`late`: that is past), where."""
    need, party = invitation.need, counterpart_of(invitation)
    if side is Side.EXPERT:
        firm = expert_side(invitation).firm(need)
        opening = _("%(party)s，您好！%(firm)s有一项技术需求想请教：", party=party.name, firm=firm)
    else:
        who = f"{party.institute.name} {party.name}"
        opening = _("%(firm)s，您好！为贵单位的需求找到了可能对口的%(who)s：", firm=need.firm.name, who=who)
    lines = [
        _("【对接邀请】") + opening,
        _("“%(title)s”", title=need.title),
        _("形式：%(kind)s%(when)s", kind=_(invitation.kind.label), when=_when(invitation)),
        invitation.message,
        _until(invitation, late=late) + link,
        f"—— {sender}",
    ]
    return "\n".join(line for line in lines if line)


def _until(invitation: Invitation, *, late: bool) -> str:
    if late:
        return _("已过答复期，请尽快答复，点开即可：")
    return _("请在 %(day)s前答复，点开即可：", day=short_day(invitation.answer_by))


def _when(invitation: Invitation) -> str:
    day = invitation.proposed_on
    if day is None:
        return _("，时间另定")
    said = _("，建议 %(day)s", day=short_day(day))
    return f"{said} {invitation.proposed_at:%H:%M}" if invitation.proposed_at else said
