"""The inbox: every letter to somebody with an account is a notice too, and stays one when no letter goes."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.insert import insert_into
from matchmaker.db.models import Account, Notice, NoticePreference
from matchmaker.domain.notices import BY_NAME, OUTSIDE, default_of, kinds_for
from matchmaker.domain.vocabulary import Frequency, Role
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _


@dataclass(frozen=True)
class Reader:
    """Whose inbox a message belongs into, beside the address it goes to: a firm's people, a person, one account."""

    organisation_id: int | None = None
    expert_id: int | None = None
    account_id: int | None = None

    def kept(self) -> dict[str, int]:
        """What is known of them, to be kept with a letter."""
        return {name: number for name, number in asdict(self).items() if number is not None}

    def clause(self) -> ColumnElement[bool]:
        """Their accounts."""
        own = and_(Account.organisation_id == self.organisation_id, Account.role.in_((Role.FIRM, Role.INSTITUTE)))
        known = [
            clause
            for value, clause in (
                (self.organisation_id, own),
                (self.expert_id, Account.expert_id == self.expert_id),
                (self.account_id, Account.id == self.account_id),
            )
            if value is not None
        ]
        return or_(*known)


@dataclass(frozen=True)
class Filed:
    """Who has the notice. `by_letter`: somebody wants it at once, or nobody has an account. `account`: whose letter."""

    by_letter: bool
    account: Account | None


def file(
    session: Session,
    notice: str,
    recipient: str,
    payload: Mapping[str, Any],
    *,
    dedup_key: str,
    reader: Reader | None,
    clock: Clock,
) -> Filed:
    """Put a notice into the inbox of everybody it is for, once for each `dedup_key`.

    Without a `reader` it is for whoever has the recipient's address. `payload["page"]` is where a signed-in reader is
    led; without it the letter's own path.
    """
    if notice in OUTSIDE:
        return Filed(True, None)
    found = _readers(session, notice, recipient, reader)
    params = {**payload, "page": payload.get("page") or payload["path"]}
    for account, frequency in found:
        values = {"account_id": account.id, "dedup_key": dedup_key, "notice": notice, "params": params}
        values |= {"frequency": frequency, "made_at": clock.now()}
        session.execute(insert_into(session, Notice, **values).on_conflict_do_nothing())
    wanted = [account for account, frequency in found if frequency is Frequency.AT_ONCE]
    own = next((account for account in wanted if _same(account.email, recipient)), None)
    return Filed(not found or bool(wanted), own or next(iter(wanted), None))


def _readers(session: Session, notice: str, recipient: str, reader: Reader | None) -> list[tuple[Account, Frequency]]:
    if reader is None and not recipient.strip():
        return []
    clause = reader.clause() if reader else func.lower(Account.email) == recipient.strip().lower()
    chosen = and_(NoticePreference.account_id == Account.id, NoticePreference.notice == notice)
    statement = select(Account, NoticePreference.frequency).outerjoin(NoticePreference, chosen)
    rows = session.execute(statement.where(Account.active, clause).order_by(Account.id))
    return [(account, frequency or default_of(notice, account.role)) for account, frequency in rows]


def _same(one: str, other: str) -> bool:
    return one.strip().lower() == other.strip().lower()


def read(session: Session, account_id: int, notice_id: int, *, clock: Clock) -> Notice | None:
    """Mark one of the account's own notices as read; None for anybody else's. A second time changes nothing."""
    found = session.get(Notice, notice_id)
    if found is None or found.account_id != account_id:
        return None
    found.read_at = found.read_at or clock.now()
    session.flush()
    return found


def read_all(session: Session, account_id: int, *, until: int, clock: Clock) -> None:
    """Mark as read what the reader had in view: notices up to the number `until`, not those that came since."""
    mine = (Notice.account_id == account_id, Notice.id <= until, Notice.read_at.is_(None))
    session.execute(update(Notice).where(*mine).values(read_at=clock.now()))


def prefer(session: Session, account: Account, chosen: Mapping[str, str]) -> None:
    """Keep how often the account wants each kind; a kind that is not named stays as it is.

    Raises `Invalid` for a word that is not offered for the kind, such as "never" for one that asks for an answer.
    """
    wanted = {kind.name: chosen[kind.name] for kind in kinds_for(account.role) if chosen.get(kind.name)}
    wrong = {name: word for name, word in wanted.items() if word not in BY_NAME[name].choices}
    if wrong:
        raise Invalid(dict.fromkeys(wrong, _("请从列出的选项中选择")))
    for name, word in wanted.items():
        values = {"account_id": account.id, "notice": name, "frequency": Frequency(word)}
        insert = insert_into(session, NoticePreference, **values)
        again = insert.on_conflict_do_update(
            index_elements=["account_id", "notice"], set_={"frequency": values["frequency"]}
        )
        session.execute(again)
