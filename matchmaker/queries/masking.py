"""What a firm is called by whom: a masked need hides its firm until both sides have agreed to meet. The only place."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from matchmaker.db.models import Invitation, Need, Organisation, TechnicalField
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Audience, InvitationStatus, Role, Side
from matchmaker.i18n import gettext as _
from matchmaker.i18n import with_detail
from matchmaker.queries import scopes
from matchmaker.queries.choices import named
from matchmaker.queries.listing import contains


def masked_name(need: Need) -> str:
    """A firm by its technical field and unit alone: 某高端装备制造企业（某某县）."""
    return masked_firm(need.firm, need.field)


def masked_firm(firm: Organisation, field: TechnicalField | None) -> str:
    """The same for a firm of whose technical field is known what a need of it says."""
    kind = _("某%(field)s企业", field=named(field)) if field else _("某企业")
    return with_detail(kind, named(firm.unit)) if firm.unit else kind


@dataclass(frozen=True)
class Names:
    """Which masked needs' firms one reader knows: all, or the own one and those in `agreed`."""

    knows_all: bool
    firm_id: int | None
    agreed: frozenset[int]

    def knows(self, need: Need) -> bool:
        """Whether the reader may know whose need it is."""
        open_ = need.audience is not Audience.MASKED
        return open_ or self.knows_all or self.firm_id == need.firm_id or need.id in self.agreed

    def firm(self, need: Need) -> str:
        """The firm's name, or what stands for it."""
        return need.firm.name if self.knows(need) else masked_name(need)

    def sender(self, invitation: Invitation) -> str:
        """Who sent an invitation; for a firm that is not to be known, its side."""
        hidden = invitation.sent_side is Side.FIRM and not self.knows(invitation.need)
        return _(Side.FIRM.label) if hidden else invitation.sent_by


def names_for(session: Session, actor: Actor) -> Names:
    """What the actor may call the firms behind needs; one query, and none for officers and leaders."""
    firm_id = actor.organisation_id if actor.role is Role.FIRM else None
    if actor.is_system or actor.role in {Role.CITY, Role.COUNTY, Role.LEADER}:
        return Names(knows_all=True, firm_id=firm_id, agreed=frozenset())
    agreed = session.scalars(select(Need.id).where(Need.audience == Audience.MASKED, scopes.agreed_needs(actor)))
    return Names(knows_all=False, firm_id=firm_id, agreed=frozenset(agreed))


def expert_side(invitation: Invitation) -> Names:
    """What the expert side of an invitation may know of its firm, for messages to it."""
    agreed = frozenset({invitation.need_id} if invitation.status is InvitationStatus.ACCEPTED else ())
    return Names(knows_all=False, firm_id=None, agreed=agreed)


def mentions(actor: Actor, text: str, *columns: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Words found in `columns` or, where the actor may know it, in the firm's name; needs and firms are joined."""
    with_name = and_(scopes.named_needs(actor), contains(text, *columns, Organisation.name))
    return or_(contains(text, *columns), with_name) if text else contains(text)


def by_firm(actor: Actor) -> ColumnElement[str]:
    """A sort key for the firm's name that says nothing where the actor may not know it."""
    return case((scopes.named_needs(actor), Organisation.name), else_="")
