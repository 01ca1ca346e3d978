"""What a need said at different times, and what lies between two of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db.models import Need, NeedVersion, TechnicalField
from matchmaker.domain.differences import Kind, Piece, pieces
from matchmaker.domain.drafts import NeedDraft, fields_of
from matchmaker.domain.vocabulary import Audience, Cooperation
from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined
from matchmaker.queries.choices import named
from matchmaker.queries.industries import industry_named

NOW = 0  # in place of a version's number: as it stands


@dataclass(frozen=True)
class Version:
    """`number` is 0 for the need as it stands; `until` when it was replaced, by whom."""

    number: int
    until: datetime | None
    by: str
    content: Mapping[str, Any]


@dataclass(frozen=True)
class Difference:
    """One field that two versions have in different words."""

    label: str
    pieces: list[Piece]


def every(session: Session, need: Need, content: Mapping[str, Any]) -> list[Version]:
    """The need as it stands (`content`), then what it said before, newest first."""
    rows = select(NeedVersion).where(NeedVersion.need_id == need.id).order_by(NeedVersion.number.desc())
    kept = [Version(row.number, row.made_at, row.made_by, row.content) for row in session.scalars(rows)]
    return [Version(NOW, None, "", content), *kept]


def one(versions: list[Version], number: int) -> Version:
    """The version with this number; `NotFound` when there is none."""
    found = next((version for version in versions if version.number == number), None)
    if found is None:
        raise NotFound(_("没有这个版本"))
    return found


def differences(session: Session, before: Version, after: Version) -> list[Difference]:
    """Field by field what changed, in the form's order; a field that both have alike is left out."""
    read = _reader(session)
    found = []
    for name, about in fields_of(NeedDraft).items():
        told = pieces(read(name, before.content.get(name)), read(name, after.content.get(name)))
        if any(piece.kind is not Kind.SAME for piece in told):
            found.append(Difference(_(about.label), told))
    return found


def _reader(session: Session) -> Callable[[str, Any], str]:
    fields = {row.code: named(row) for row in session.scalars(select(TechnicalField))}
    readers: dict[str, Callable[[Any], str]] = {
        "field": lambda code: fields.get(code, code),
        "industry": industry_named,
        "cooperation": lambda value: _(Cooperation(value).label),
        "audience": lambda value: _(Audience(value).label),
        "declared": lambda value: _("是") if value else _("否"),
    }

    def read(name: str, value: Any) -> str:
        if value in (None, "", []):
            return ""
        if name in readers:
            return readers[name](value)
        return joined(map(str, value)) if isinstance(value, list) else str(value)

    return read
