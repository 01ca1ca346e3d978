"""Putting the first-hour guide away, and taking it out again."""

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Setting
from matchmaker.domain.permissions import Actor
from matchmaker.queries.guide import hidden_key


def hide(session: Session, actor: Actor, *, hidden: bool, clock: Clock) -> None:
    """Keep the guide off the actor's first page, or show it there again; its own page stays where it is."""
    kept = session.get(Setting, hidden_key(actor))
    if hidden and kept is None:
        day = clock.today().isoformat()
        session.add(Setting(key=hidden_key(actor), value=day, account_id=actor.account_id))
    elif not hidden and kept is not None:
        session.delete(kept)
