"""What was changed in records, field by field, read off the audit trail: who, when, from what to what, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db.models import Audit
from matchmaker.domain.drafts import About
from matchmaker.domain.vocabulary import Noun
from matchmaker.i18n import gettext as _
from matchmaker.i18n import lazy_pgettext

DONE = {
    "create": lazy_pgettext("done", "建立"),
    "edit": lazy_pgettext("done", "更正"),
    "withdraw": lazy_pgettext("done", "撤销"),
    "restore": lazy_pgettext("done", "恢复"),
    "void": lazy_pgettext("done", "作废"),
    "state": lazy_pgettext("done", "填报"),
    "attach": lazy_pgettext("done", "上传附件"),
    "void_attachment": lazy_pgettext("done", "作废附件"),
}
MOST = 100


@dataclass(frozen=True)
class Change:
    """One entry of the trail; `fields` are (label, before, after) of what is shown on a form."""

    record_id: int
    at: datetime
    actor: str
    done: str
    fields: list[tuple[str, str, str]]
    reason: str


def of(session: Session, noun: Noun, ids: Iterable[int], fields: Mapping[str, About]) -> list[Change]:
    """The newest `MOST` changes of these records; `fields` as their drafts declare them."""
    mine = select(Audit).where(Audit.noun == noun, Audit.record_id.in_(ids))
    rows = session.scalars(mine.order_by(Audit.id.desc()).limit(MOST))
    return [Change(row.record_id, row.at, row.actor, _done(row), _fields(row, fields), row.reason) for row in rows]


def _done(row: Audit) -> str:
    return str(DONE.get(row.action, row.action)) + (f" {file}" if (file := row.after.get("file")) else "")


def _fields(row: Audit, fields: Mapping[str, About]) -> list[tuple[str, str, str]]:
    told = [
        (_(about.label), _text(about, row.before.get(name)), _text(about, row.after.get(name)))
        for name, about in fields.items()
    ]
    return [(label, before, after) for label, before, after in told if before != after]


def _text(about: About, value: Any) -> str:
    if value and about.words:
        return _(about.words(value).label)
    return "" if value is None else _short(str(value))


def _short(text: str) -> str:
    """A stored amount without the zeros that columns add."""
    return text.rstrip("0").rstrip(".") if text.replace(".", "", 1).isdigit() and "." in text else text
