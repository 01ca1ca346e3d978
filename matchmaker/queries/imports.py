"""Batches of imported lists, newest first, and sheets on their way in."""

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from matchmaker.db.models import ImportBatch, ImportDraft
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import ImportKind, ImportState
from matchmaker.errors import Forbidden, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries.listing import Page, Wanted, contains, fetch

FILTERS = ("kind",)
DEFAULT_SORT = "-at"
MOST_OPEN = 20  # sheets on their way in, as shown
SORTS = {
    "id": ImportBatch.id,
    "at": ImportBatch.made_at,
    "kind": ImportBatch.kind,
    "file": ImportBatch.file_name,
    "by": ImportBatch.made_by,
}


def _only_for_importers(actor: Actor) -> None:
    if not can(actor, Permission.IMPORT_RUN):
        raise Forbidden(_("您没有权限查看导入记录"))


def search(session: Session, actor: Actor, wanted: Wanted) -> Page[ImportBatch]:
    """The batches, narrowed by kind and words of the file's name or the importer's."""
    _only_for_importers(actor)
    kind = wanted.filters.get("kind", "")
    clauses: list[ColumnElement[bool]] = [ImportBatch.kind == kind] if kind in set(ImportKind) else []
    clauses.append(contains(wanted.text, ImportBatch.file_name, ImportBatch.made_by))
    return fetch(session, select(ImportBatch).where(*clauses), wanted, SORTS, default=DEFAULT_SORT)


def get(session: Session, actor: Actor, batch_id: int) -> ImportBatch:
    """One batch; `NotFound` if there is none."""
    _only_for_importers(actor)
    batch = session.get(ImportBatch, batch_id)
    if batch is None:
        raise NotFound(_("没有这次导入"))
    return batch


def draft(session: Session, actor: Actor, draft_id: int) -> ImportDraft:
    """A sheet on its way in, to be looked at; any importer may go on with it. `NotFound` if there is none."""
    _only_for_importers(actor)
    found = session.get(ImportDraft, draft_id)
    if found is None:
        raise NotFound(_("没有这次导入"))
    session.expunge(found)  # pages go on with it after the snapshot
    return found


def open_drafts(session: Session, actor: Actor) -> list[ImportDraft]:
    """The sheets that somebody has still to finish or that are being brought in, newest first."""
    _only_for_importers(actor)
    over = {ImportState.DONE, ImportState.DROPPED}
    rows = select(ImportDraft).where(ImportDraft.state.not_in(over)).order_by(ImportDraft.id.desc()).limit(MOST_OPEN)
    return list(session.scalars(rows))


def queued_before(session: Session, one: ImportDraft) -> int:
    """How many sheets the scheduler takes before this one."""
    busy = ImportDraft.state.in_({ImportState.QUEUED, ImportState.RUNNING})
    return session.scalar(select(func.count(ImportDraft.id)).where(busy, ImportDraft.id < one.id)) or 0
