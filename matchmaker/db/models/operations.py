"""What keeps the service honest: audit, comments, jobs, outbox, idempotent requests, imports."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from matchmaker.db.base import Base, Key, Short, word
from matchmaker.domain.vocabulary import ImportKind, ImportState, MailFault, Noun, OutboxState


class Audit(Base):
    """One change: who, when, what, before and after. Rows are only ever inserted."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_noun_record", "noun", "record_id"),
        Index("ix_audit_noun_action", "noun", "action", "record_id"),
    )
    id: Mapped[Key]
    at: Mapped[datetime] = mapped_column(index=True)
    account_id: Mapped[int | None] = mapped_column(index=True)
    actor: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(16), default="")
    action: Mapped[str] = mapped_column(String(32))
    noun: Mapped[Noun] = mapped_column(word(Noun))
    record_id: Mapped[int]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(default="")
    on_behalf: Mapped[bool] = mapped_column(default=False)


class Comment(Base):
    """A remark between reviewer and owner 审核意见."""

    __tablename__ = "comment"
    __table_args__ = (Index("ix_comment_noun_record", "noun", "record_id"),)
    id: Mapped[Key]
    noun: Mapped[Noun] = mapped_column(word(Noun))
    record_id: Mapped[int]
    at: Mapped[datetime]
    author: Mapped[str] = mapped_column(String(64))
    body: Mapped[str]


class JobRun(Base):
    """A slot of a job: who runs it until when, and what came of it (traps §1.4)."""

    __tablename__ = "job_run"
    job: Mapped[str] = mapped_column(String(64), primary_key=True)
    slot: Mapped[datetime] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(String(64))
    lease_until: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=1)
    started_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    result: Mapped[str] = mapped_column(default="")
    error: Mapped[str] = mapped_column(default="")


class OutboxMessage(Base):
    """A message written in the business transaction and delivered afterwards, at most once per `dedup_key`.

    `fault` and `last_error`, the server's own words, tell of the last try that failed; `told_on` is the day on which
    the officers were told that it is dead. Who was told in another way has a `settled_…`.
    """

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_state_next", "state", "next_try_at"),)
    id: Mapped[Key]
    dedup_key: Mapped[Short] = mapped_column(unique=True)
    channel: Mapped[str] = mapped_column(String(16))
    recipient: Mapped[str] = mapped_column(String(254))
    notice: Mapped[str] = mapped_column(String(64))
    payload: Mapped[dict[str, Any]]
    state: Mapped[OutboxState] = mapped_column(word(OutboxState), default=OutboxState.QUEUED)
    made_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(default="")
    fault: Mapped[MailFault | None] = mapped_column(word(MailFault))
    sent_at: Mapped[datetime | None]
    told_on: Mapped[date | None]
    settled_by: Mapped[str] = mapped_column(String(64), default="")
    settled_at: Mapped[datetime | None]
    settled_note: Mapped[str] = mapped_column(default="")


class Idempotency(Base):
    """A form or request already carried out: the same key gets the same answer for 24 h."""

    __tablename__ = "idempotency"
    __table_args__ = (UniqueConstraint("account_id", "key"),)
    id: Mapped[Key]
    account_id: Mapped[int]  # 0 for a signed link
    key: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[str] = mapped_column(String(64))
    location: Mapped[str] = mapped_column(default="")
    made_at: Mapped[datetime] = mapped_column(index=True)


class ImportBatch(Base):
    """One sheet brought in."""

    __tablename__ = "import_batch"
    id: Mapped[Key]
    kind: Mapped[ImportKind] = mapped_column(word(ImportKind))
    file_name: Mapped[Short]
    sha256: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(64))
    created: Mapped[int]
    updated: Mapped[int]
    unchanged: Mapped[int]
    failed: Mapped[int]
    errors: Mapped[list[Any]]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str] = mapped_column(String(64), default="")
    undone_reason: Mapped[str] = mapped_column(default="")
    kept: Mapped[int] = mapped_column(default=0)  # records an undo has left, because they were in use


class ImportChange(Base):
    """What a batch did to one row, so that exactly that can be taken back.

    `noun` and `record_id` say whose row it is: a place belongs to its organisation. `before` holds the old values of
    the columns that were changed, None for a row the batch made; `after` what it left there, None for a row it removed.
    """

    __tablename__ = "import_change"
    id: Mapped[Key]
    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batch.id"), index=True)
    noun: Mapped[Noun] = mapped_column(word(Noun))
    record_id: Mapped[int]
    table_name: Mapped[str] = mapped_column(String(64))
    row_id: Mapped[int]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    undone: Mapped[bool] = mapped_column(default=False)


class ImportDraft(Base):
    """A sheet on its way in: the kept file, how its columns are read, the cells mended on the page, how far it is.

    `mapping`: the file's heading → field, "" for a column left out; empty until somebody has agreed to it. `fixes`:
    line → field → text. `sheet` and `header_line` are what somebody chose, "" and 0 for what is found by itself.
    A `running` one is in the hands of the `attempts`-th process until `lease_until`.
    """

    __tablename__ = "import_draft"
    id: Mapped[Key]
    kind: Mapped[ImportKind] = mapped_column(word(ImportKind))
    file_name: Mapped[Short]
    blob_sha256: Mapped[str] = mapped_column(ForeignKey("blob.sha256"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    made_at: Mapped[datetime]
    mapping: Mapped[dict[str, Any]]
    fixes: Mapped[dict[str, Any]]
    sheet: Mapped[Short] = mapped_column(default="")
    header_line: Mapped[int] = mapped_column(default=0)
    good_rows: Mapped[bool] = mapped_column(default=False)
    state: Mapped[ImportState] = mapped_column(word(ImportState), default=ImportState.CHECKED, index=True)
    done_rows: Mapped[int] = mapped_column(default=0)
    all_rows: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(default="")
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batch.id"))


class ImportMapping(Base):
    """How a sheet with these headings was read last time, so that the next one needs no questions."""

    __tablename__ = "import_mapping"
    __table_args__ = (UniqueConstraint("kind", "headings_sha256"),)
    id: Mapped[Key]
    kind: Mapped[ImportKind] = mapped_column(word(ImportKind))
    headings_sha256: Mapped[str] = mapped_column(String(64))
    mapping: Mapped[dict[str, Any]]
    used_at: Mapped[datetime]
    used_by: Mapped[str] = mapped_column(String(64))


class SearchEntry(Base):
    """A record as the global search sees it, folded (`text.fold`): `text` begins with the title.

    `names` are the firms behind it, apart because not every reader of the record may know them.
    """

    __tablename__ = "search_entry"
    __table_args__ = (UniqueConstraint("noun", "record_id"),)
    id: Mapped[Key]
    noun: Mapped[Noun] = mapped_column(word(Noun))
    record_id: Mapped[int]
    title: Mapped[str]
    text: Mapped[str]
    names: Mapped[str]


class Boilerplate(Base):
    """A policy-prose sentence the matcher leaves out, by the hash `text` gives it; learned by job.

    What an officer has decided stays: `by_hand` true leaves it out whatever is learned, false never.
    """

    __tablename__ = "boilerplate"
    sentence_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    learned_on: Mapped[date]
    sentence: Mapped[str] = mapped_column(default="")  # as normalised
    organisations: Mapped[int] = mapped_column(default=0)  # that use it, at the last learning
    by_hand: Mapped[bool | None]
    reason: Mapped[str] = mapped_column(default="")
    decided_by: Mapped[str] = mapped_column(String(64), default="")
    decided_at: Mapped[datetime | None]


class Setting(Base):
    """Small values every host must share, such as what has been seeded."""

    __tablename__ = "setting"
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
