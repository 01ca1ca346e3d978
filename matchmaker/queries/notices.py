"""A person's inbox: how much is unread, the list, and how often they want to be written to."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.db.models import Account, Notice, NoticePreference
from matchmaker.domain.notices import BY_NAME, Kind, kinds_for
from matchmaker.domain.vocabulary import Frequency
from matchmaker.queries.listing import Page, Sorts, Wanted, fetch

FILTERS = ("state", "kind")
UNREAD, READ = "unread", "read"
MOST_COUNTED = 99  # more than that is said as 99+
DEFAULT_SORT = "unread"
SORTS: Sorts = {"id": Notice.id, "unread": Notice.read_at.is_not(None), "made": Notice.made_at}


def unread(session: Session, account_id: int) -> int:
    """How many notices wait, at most one more than `MOST_COUNTED`; read on every page from an index alone."""
    mine = select(Notice.account_id).where(Notice.account_id == account_id, Notice.read_at.is_(None))
    return session.scalar(select(func.count()).select_from(mine.limit(MOST_COUNTED + 1).subquery())) or 0


def search(session: Session, account_id: int, wanted: Wanted) -> Page[Notice]:
    """The account's notices, the unread first and of these the newest; filtered and cut."""
    statement = select(Notice).where(Notice.account_id == account_id)
    state, kind = (wanted.filters.get(name, "") for name in FILTERS)
    if state in {UNREAD, READ}:
        statement = statement.where(Notice.read_at.is_(None) if state == UNREAD else Notice.read_at.is_not(None))
    if kind in BY_NAME:
        statement = statement.where(Notice.notice == kind)
    return fetch(session, statement, wanted, SORTS, default=DEFAULT_SORT)


def newest(session: Session, account_id: int) -> int:
    """Number of the account's newest notice, 0 for none."""
    return session.scalar(select(func.max(Notice.id)).where(Notice.account_id == account_id)) or 0


def preferences(session: Session, account: Account) -> Sequence[tuple[Kind, Frequency]]:
    """Each kind the account may choose for, and how it comes now."""
    own = session.scalars(select(NoticePreference).where(NoticePreference.account_id == account.id))
    chosen = {row.notice: row.frequency for row in own}
    return [(kind, chosen.get(kind.name, kind.default(account.role))) for kind in kinds_for(account.role)]
