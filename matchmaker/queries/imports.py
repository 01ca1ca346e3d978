"""Batches of imported lists, newest first."""

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from matchmaker.db.models import ImportBatch
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import ImportKind
from matchmaker.errors import Forbidden, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries.listing import Page, Wanted, contains, fetch

FILTERS = ("kind",)
DEFAULT_SORT = "-at"
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
