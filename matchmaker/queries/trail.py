"""Whether the audit trail is what was written: every link of its chain, and where snapshots say that it ended."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from matchmaker.clock import SHANGHAI
from matchmaker.db import seal
from matchmaker.db.chain import Head
from matchmaker.db.models import Audit, AuditLink, Snapshot

AT_ONCE = 1000


class Damage(StrEnum):
    """What may be wrong with a chain."""

    ALTERED = "altered"
    MISSING = "missing"
    INSERTED = "inserted"
    CUT = "cut off"
    REWRITTEN = "rewritten"


@dataclass(frozen=True)
class Flaw:
    """One thing that is not as it was written: which link, which entry, and what it was about."""

    damage: Damage
    number: int | None
    text: str


@dataclass
class Check:
    """A chain as it was read: how long it is, its end, and its flaws in order."""

    head: Head
    entries: int
    flaws: list[Flaw]


def verify(session: Session) -> Check:
    """Read the whole chain again and say what does not fit, the first flaw first."""
    walk = _Walk()
    flaws = [*walk.flaws(session), *_unlinked(session)]
    ends = Head(walk.number, walk.last)
    return Check(ends, walk.entries, [*flaws, *_against_snapshots(session, ends, walk.anchored)])


class _Walk:
    """One way along the chain."""

    def __init__(self) -> None:
        self.number, self.last, self.entries = 0, seal.START, 0
        self.anchored: dict[int, str] = {}  # the links that snapshots name, with the hashes found

    def flaws(self, session: Session) -> Iterator[Flaw]:
        wanted = set(session.scalars(select(Snapshot.audit_number).where(Snapshot.audit_number.is_not(None))))
        both = select(AuditLink, Audit).outerjoin(Audit, Audit.id == AuditLink.audit_id)
        rows = session.execute(both.order_by(AuditLink.number).execution_options(yield_per=AT_ONCE))
        for link, entry in rows:
            yield from self._step(link, entry)
            if link.number in wanted:
                self.anchored[link.number] = link.hash
            session.expunge(link)
            if entry is not None:
                session.expunge(entry)

    def _step(self, link: AuditLink, entry: Audit | None) -> Iterator[Flaw]:
        expected = self.number + 1
        if link.number != expected:
            yield Flaw(Damage.MISSING, expected, _gap(expected, link.number - 1, link, entry))
        previous, self.number, self.last = self.last, link.number, link.hash
        self.entries += entry is not None
        if link.audit_id is not None and entry is None:
            yield Flaw(Damage.MISSING, link.number, f"entry {link.audit_id} about {_about(link)} is missing")
            return
        said = seal.entry(entry) if entry is not None else None
        if link.number == expected and seal.seal(previous, link.number, said, link.facts) != link.hash:
            what = _told(entry) if entry is not None else "facts of counting without an entry"
            yield Flaw(Damage.ALTERED, link.number, f"{what} was altered")


def _gap(first: int, last: int, link: AuditLink, entry: Audit | None) -> str:
    which = f"link {first}" if first == last else f"links {first}-{last}"
    return f"{which} missing before {_told(entry) if entry is not None else _about(link)}"


def _about(link: AuditLink) -> str:
    return f"{link.noun} {link.record_id}" if link.noun else "facts of counting"


def _told(entry: Audit) -> str:
    at = entry.at.astimezone(SHANGHAI)
    who = f"{entry.actor}{f' ({entry.role})' if entry.role else ''}"
    return f"entry {entry.id} ({entry.noun} {entry.record_id}: {entry.action} by {who}, {at:%Y-%m-%d %H:%M})"


def _unlinked(session: Session) -> Iterator[Flaw]:
    loose = select(Audit).outerjoin(AuditLink, AuditLink.audit_id == Audit.id).where(AuditLink.number.is_(None))
    for entry in session.scalars(loose.order_by(Audit.id)):
        yield Flaw(Damage.INSERTED, None, f"{_told(entry)} was inserted past the chain")


def _against_snapshots(session: Session, ends: Head, found: dict[int, str]) -> Iterator[Flaw]:
    """A chain that was cut off, or sealed anew as a whole, no longer has the ends that snapshots have kept."""
    for row in _anchors(session):
        day = f"the snapshot of {row.day}"
        if row.audit_number > ends.number:
            text = f"{day} knows {row.audit_number} links, {ends.number} are left"
            yield Flaw(Damage.CUT, ends.number, text)
            return
        if row.audit_number and found.get(row.audit_number) != row.audit_hash:
            yield Flaw(Damage.REWRITTEN, row.audit_number, f"link {row.audit_number} is not the one that {day} knows")
            return


def _anchors(session: Session) -> list[Row[tuple[object, int, str]]]:
    kept = select(func.min(Snapshot.day).label("day"), Snapshot.audit_number, Snapshot.audit_hash)
    known = kept.where(Snapshot.audit_number.is_not(None)).group_by(Snapshot.audit_number, Snapshot.audit_hash)
    return list(session.execute(known.order_by(Snapshot.audit_number)))
