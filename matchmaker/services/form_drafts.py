"""What somebody has typed into a form and not yet sent: kept for them alone, until it is sent, discarded or old."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.insert import insert_into
from matchmaker.db.models import FormDraft
from matchmaker.domain.permissions import Actor
from matchmaker.domain.secrecy import refusal, secrecy_mark
from matchmaker.errors import Forbidden, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.services import idempotency

LARGEST = 64 * 1024  # bytes of one draft as JSON
MOST = 50  # drafts of one account
KEPT = timedelta(days=60)
# Fields that say something in an untouched form.
PRESET = re.compile(r"owner|version|audience|indicator_\d+_comparison")
Typed = Mapping[str, list[str]]


def keep(session: Session, actor: Actor, key: str, typed: Typed, *, clock: Clock, form_id: str = "") -> datetime:
    """Keep what stands in the form, in place of what was kept before; when it was kept.

    What arrives after the form itself, whose one-time `form_id` has been used by then, is not kept: it was sent.
    Raises `Forbidden` for whoever has no account, `Invalid` for a text with a mark of classification, of which nothing
    is kept, and for more than an account may hold.
    """
    account_id = _account(actor)
    check(typed)
    content = {name: values for name, values in typed.items() if any(values)}
    if len(json.dumps(content, ensure_ascii=False).encode()) > LARGEST:
        raise Invalid({"": _("内容太长，没有自动保存；请及时点“存为草稿”")})
    if form_id and idempotency.carried_out(session, account_id, form_id):
        return clock.now()
    others = select(func.count()).where(FormDraft.account_id == account_id, FormDraft.key != key)
    if (session.scalar(others) or 0) >= MOST:
        raise Invalid({"": _("未提交的草稿太多，没有自动保存；请先提交或删去旧的草稿")})
    now = clock.now()
    insert = insert_into(session, FormDraft, account_id=account_id, key=key, content=content, saved_at=now)
    newer = {"content": content, "saved_at": now}
    session.execute(insert.on_conflict_do_update(index_elements=["account_id", "key"], set_=newer))
    return now


def check(typed: Typed) -> None:
    """Raise `Invalid` when a text has a mark of classification."""
    marks = {name: mark for name, values in typed.items() if (mark := secrecy_mark("\n".join(values)))}
    if marks:
        raise Invalid({name: refusal(_("正在填写的内容"), mark) for name, mark in marks.items()})


def find(session: Session, actor: Actor, key: str) -> FormDraft | None:
    """What the actor has typed into this form before, if it was kept and is more than the form began with."""
    mine = (FormDraft.account_id == actor.account_id, FormDraft.key == key)
    draft = session.scalars(select(FormDraft).where(*mine)).one_or_none()
    typed = draft is not None and any(not PRESET.fullmatch(name) for name in draft.content)
    return draft if typed else None


def drop(session: Session, actor: Actor, keys: Iterable[str]) -> None:
    """Forget what was typed: it has been sent, or is not wanted any more."""
    mine = (FormDraft.account_id == actor.account_id, FormDraft.key.in_(list(keys)))
    session.execute(delete(FormDraft).where(*mine))


def _account(actor: Actor) -> int:
    if actor.account_id is None:
        raise Forbidden(_("请先登录"))
    return actor.account_id
