"""What an administrator types in for a new account, turned into what it is attached to."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from matchmaker.db.models import Expert, Organisation, Unit
from matchmaker.domain.vocabulary import OrganisationKind, Role
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries.scopes import on_file

KINDS = {Role.FIRM: OrganisationKind.FIRM, Role.INSTITUTE: OrganisationKind.INSTITUTE}


def role_of(text: str) -> Role:
    """The role with this value; `Invalid` for any other text."""
    found = next((role for role in Role if role.value == text), None)
    if found is None:
        raise Invalid({"role": _("请选择角色")})
    return found


def attached(session: Session, role: Role, values: Mapping[str, str]) -> dict[str, Any]:
    """The one id that the role needs, found by name: organisation, expert or unit; none for the others."""
    if role in KINDS:
        named = (Organisation.name == values.get("belongs", "")) & (Organisation.kind == KINDS[role]) & on_file()
        return {"organisation_id": _one(session, Organisation, named)}
    if role is Role.EXPERT:
        name, _at, institute = values.get("belongs", "").partition("@")
        clause: ColumnElement[bool] = Expert.name == name.strip()
        if institute.strip():
            clause = clause & Expert.institute.has(Organisation.name == institute.strip())
        return {"expert_id": _one(session, Expert, clause)}
    if role is Role.COUNTY:
        return {"unit_id": _one(session, Unit, Unit.code == values.get("unit", ""), "unit")}
    return {}


def _one(
    session: Session, model: type[Organisation | Expert | Unit], clause: ColumnElement[bool], field: str = "belongs"
) -> int:
    ids = list(session.scalars(select(model.id).where(clause).limit(2)))
    if not ids:
        raise Invalid({field: _("没有找到所属的机构、专家或责任单位，请填写全称")})
    if len(ids) > 1:
        raise Invalid({field: _("同名的不止一个，专家请按“姓名@单位全称”填写")})
    return int(ids[0])
