"""What a form or a filter offers to choose from."""

from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db.models import Organisation, Region, TechnicalField, Unit
from matchmaker.domain.drafts import comparable
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import OrganisationKind
from matchmaker.errors import Invalid
from matchmaker.i18n import current_locale
from matchmaker.i18n import gettext as _
from matchmaker.queries import scopes

MOST_FIRMS = 3000


class Named(Protocol):
    """A row of the city profile, or of the regions."""

    @property
    def name(self) -> str: ...
    @property
    def name_en(self) -> str: ...


def named(row: Named) -> str:
    """Its name in the reader's language, in Chinese where there is no English one."""
    return (current_locale() == "en" and row.name_en) or row.name


def units(session: Session) -> list[tuple[str, str]]:
    """(code, name) of the responsible units."""
    return [(row.code, named(row)) for row in session.scalars(select(Unit).order_by(Unit.position))]


def unit_codes(session: Session) -> dict[int, str]:
    """Id → code of the responsible units."""
    return {row.id: row.code for row in session.scalars(select(Unit))}


def technical_fields(session: Session) -> list[tuple[str, str]]:
    """(code, name) of the technical fields."""
    rows = session.scalars(select(TechnicalField).order_by(TechnicalField.position))
    return [(row.code, named(row)) for row in rows]


def provinces(session: Session) -> list[tuple[str, str]]:
    """Code and name of every province on file."""
    rows = session.scalars(select(Region).where(Region.code.endswith("0000")).order_by(Region.code))
    return [(row.code, named(row)) for row in rows]


def institutes(session: Session) -> list[tuple[str, str]]:
    """(name, name) of the institutes a need can be released to."""
    statement = select(Organisation.name).where(Organisation.kind == OrganisationKind.INSTITUTE, scopes.on_file())
    return [(name, name) for name in session.scalars(statement.order_by(Organisation.name))]


def firms(session: Session, actor: Actor) -> list[str]:
    """The names of the firms the actor may act for, by name."""
    statement = select(Organisation.name).where(scopes.firms_of(actor)).order_by(Organisation.name)
    return list(session.scalars(statement.limit(MOST_FIRMS)))


def firm_id(session: Session, actor: Actor, text: str) -> int:
    """The firm with this name or credit code among those the actor may act for; `Invalid` when there is none or two."""
    wanted = text.strip()
    mine = select(Organisation).where(scopes.firms_of(actor), Organisation.kind == OrganisationKind.FIRM)
    either = (Organisation.name == wanted) | (Organisation.credit_code == wanted)
    found = [row.id for row in session.scalars(mine.where(either)) if comparable(wanted)]
    if len(found) != 1:
        raise Invalid({"firm": _("没有名为“%(name)s”的企业，请从列表中选择或填写统一社会信用代码", name=wanted[:40])})
    return found[0]
