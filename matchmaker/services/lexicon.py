"""The bureau's own words: entered and undone with a reason, in force in every process without a restart."""

from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.locks import exclusive
from matchmaker.db.models import LexiconEntry
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import Noun
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import lexicon as queries
from matchmaker.services import audit, reasons
from matchmaker.text import Lexicon, Segmenter, normalise

LONGEST = 60
LONGEST_REASON = 500


@dataclass(frozen=True)
class Entry:
    """A word, or with `other` two names of one thing, as typed."""

    name: str
    other: str = ""
    reason: str = ""

    def problems(self) -> dict[str, str]:
        """Field → what is wrong with it."""
        found = {}
        if not any(map(str.isalnum, self.name)):
            found["name"] = _("请填写词语")
        for field, text in (("name", self.name), ("other", self.other)):
            if len(text) > LONGEST:
                found[field] = _("最多 %(limit)s 个字", limit=LONGEST)
        if self.other and _form(self.name) == _form(self.other):
            found["other"] = _("两个名称是同一个词，只是写法不同，系统本来就视为相同")
        if self.other and not any(map(str.isalnum, self.other)):
            found["other"] = _("另一名称里没有可以匹配的文字")
        if not self.reason.strip() or len(self.reason) > LONGEST_REASON:
            found["reason"] = _("请填写原因，最多 %(limit)s 个字", limit=LONGEST_REASON)
        return found


class Segmenters:
    """This process's segmenter, made anew when the bureau's words have changed; shared by its threads."""

    def __init__(self) -> None:
        """No dictionary is loaded until first use."""
        self._made: tuple[queries.Version | None, Segmenter] | None = None
        self._making = Lock()

    def current(self, sessions: Sessions) -> Segmenter:
        """The segmenter of the lexicon as it is now: one small query.

        While the database cannot be asked, the last one goes on; texts cut with it are cut again by the job.
        """
        try:
            with sessions.read() as session:
                version = queries.version(session)
                with self._making:
                    if self._made is None or self._made[0] != version:
                        self._made = version, Segmenter(queries.lexicon(session))
                    return self._made[1]
        except DBAPIError:
            with self._making:
                self._made = self._made or (None, Segmenter(Lexicon.bundled()))
                return self._made[1]


def add(session: Session, actor: Actor, entries: Iterable[Entry], *, clock: Clock) -> list[LexiconEntry]:
    """Enter words or pairs, all or none.

    Raises `Forbidden` for anybody but a city officer, `Invalid` with what is wrong with the first bad one, `Conflict`
    for one that is there already.
    """
    require(actor)
    exclusive(session, "lexicon")
    known = known_keys(session)
    made = []
    for number, entry in enumerate(entries, start=1):
        if problems := entry.problems():
            raise Invalid(problems if number == 1 else {"": _at(number, next(iter(problems.values())))})
        key = key_of(entry)
        if key in known:
            raise Conflict(_("“%(name)s”已在词库里", name=entry.name))
        known.add(key)
        made.append(_put(session, actor, entry, clock=clock))
    return made


def undo(session: Session, actor: Actor, row: LexiconEntry, *, reason: str, clock: Clock) -> None:
    """Let an entry hold no longer.

    Raises `Forbidden`, `Invalid` without a reason, `Conflict` when it is undone already.
    """
    require(actor)
    reason = reasons.given(reason)
    exclusive(session, "lexicon")
    session.refresh(row, with_for_update=True)
    if row.undone_at is not None:
        raise Conflict(_("这一条已经撤销"))
    row.undone_by, row.undone_at, row.undone_reason = actor.name, clock.now(), reason
    session.flush()
    _log(session, actor, row, "undo", row.undone_reason, clock=clock)


def _put(session: Session, actor: Actor, entry: Entry, *, clock: Clock) -> LexiconEntry:
    row = LexiconEntry(
        name=entry.name.strip(),
        other=entry.other.strip(),
        reason=entry.reason.strip(),
        made_by=actor.name,
        made_at=clock.now(),
    )
    session.add(row)
    session.flush()
    _log(session, actor, row, "add", row.reason, clock=clock)
    return row


def _log(session: Session, actor: Actor, row: LexiconEntry, action: str, reason: str, *, clock: Clock) -> None:
    said = {"name": row.name, "other": row.other}
    before, after = ({}, said) if action == "add" else (said, {})
    audit.write(
        session,
        actor,
        action=action,
        noun=Noun.LEXICON,
        record_id=row.id,
        at=clock.now(),
        before=before,
        after=after,
        reason=reason,
    )


def _in_force(session: Session) -> list[tuple[str, str]]:
    rows = select(LexiconEntry.name, LexiconEntry.other).where(LexiconEntry.undone_at.is_(None))
    bundled = Lexicon.bundled()
    return [*((word, "") for word in bundled.words), *bundled.links, *((a, b) for a, b in session.execute(rows))]


def known_keys(session: Session) -> set[frozenset[str]]:
    """What is in force, bundled or the bureau's own, as `key_of` tells entries apart."""
    return {key_of(Entry(*each)) for each in _in_force(session)}


def key_of(entry: Entry) -> frozenset[str]:
    """The same for every way of writing an entry, and for its two names in either order."""
    return frozenset({_form(entry.name), _form(entry.other)})


def _form(written: str) -> str:
    return " ".join(normalise(written).text.split())


def _at(number: int, problem: str) -> str:
    return _("第 %(number)s 条：%(problem)s", number=number, problem=problem)


def require(actor: Actor) -> None:
    """Raise `Forbidden` unless the actor keeps words and policy prose."""
    if not can(actor, Permission.LEXICON_EDIT):
        raise Forbidden(_("词库和套话由市科技局工作人员维护"))
