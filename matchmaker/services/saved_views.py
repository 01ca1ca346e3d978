"""Views of the ledger that people keep under a name."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.locks import exclusive
from matchmaker.db.models import SavedView
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.errors import Forbidden, Invalid, NotFound
from matchmaker.i18n import gettext as _

LONGEST_NAME = 40
MOST = 30
LONGEST_QUERY = 500


def visible(session: Session, actor: Actor) -> list[SavedView]:
    """The actor's own views, then those that others share, by name."""
    mine = SavedView.account_id == actor.account_id
    rows = session.scalars(select(SavedView).where(or_(mine, SavedView.shared)).order_by(SavedView.name)).all()
    return sorted(rows, key=lambda row: row.account_id != actor.account_id)


def keep(session: Session, actor: Actor, name: str, query: str, *, shared: bool, clock: Clock) -> SavedView:
    """Keep `query` under `name`; a view of that name is replaced.

    Raises `Forbidden` for who does not read the ledger, `Invalid` (field → message) for the name or too many views.
    """
    if not can(actor, Permission.BOARD_VIEW) or actor.account_id is None:
        raise Forbidden(_("您没有权限查看台账"))
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise Invalid({"name": _("名称：请填写 1–%(limit)s 个字", limit=LONGEST_NAME)})
    if len(query) > LONGEST_QUERY:
        raise Invalid({"name": _("筛选条件太长，不能保存；请减少关键词")})
    exclusive(session, f"views:{actor.account_id}")
    own = list(session.scalars(select(SavedView).where(SavedView.account_id == actor.account_id)))
    row = next((one for one in own if one.name == name), None)
    if row is None and len(own) >= MOST:
        raise Invalid({"name": _("最多保存 %(number)s 个视图，请先删除不用的", number=MOST)})
    if row is None:
        row = SavedView(account_id=actor.account_id, name=name, made_at=clock.now())
        session.add(row)
    row.query, row.shared = query, shared
    session.flush()
    return row


def remove(session: Session, actor: Actor, view_id: int) -> str:
    """Forget one of the actor's own views; its name. Raises `NotFound` for anybody else's."""
    row = session.get(SavedView, view_id)
    if row is None or row.account_id != actor.account_id:
        raise NotFound(_("没有找到这个视图"))
    session.delete(row)
    session.flush()
    return row.name
