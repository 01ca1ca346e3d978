"""What is costly to make from the facts of counting, kept by this process until one of those facts changes."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, select
from sqlalchemy.orm import Session

from matchmaker.db.models import Revision
from matchmaker.db.revisions import COUNTING

Made = TypeVar("Made")
MOST = 12  # of each database


class Kept(Generic[Made]):
    """Results by key, each with the revision of the facts it was made from.

    The revision is read before the facts are, and rises in the transaction that changes them: a result is never older
    than it says. A session that writes sees what nobody else may see yet, so for it nothing is kept.
    """

    def __init__(self) -> None:
        """Nothing is kept yet."""
        self._lock = Lock()
        self._known: WeakKeyDictionary[Engine | Connection, dict[Hashable, tuple[int, Made]]] = WeakKeyDictionary()

    def get(self, session: Session, key: Hashable, make: Callable[[], Made]) -> Made:
        """The result for `key`, made now if there is none or if what it was made from has changed."""
        bind = session.get_bind()
        if bind.get_execution_options().get("matchmaker_write"):
            return make()
        number = session.scalar(select(Revision.number).where(Revision.name == COUNTING)) or 0
        with self._lock:  # whoever asks for the same meanwhile waits for it
            known = self._known.setdefault(bind, {})
            if key in known and known[key][0] == number:
                return known[key][1]
            made = make()
            if known.get(key, (0,))[0] <= number:
                known.pop(key, None)
                known[key] = (number, made)
            while len(known) > MOST:
                del known[next(iter(known))]
            return made
