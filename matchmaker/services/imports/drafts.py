"""A sheet on its way in: kept as it came, its columns agreed to, its bad cells mended, then brought in."""

import hashlib
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import ImportDraft
from matchmaker.domain.drafts import ROW_OF, fields_of, one_line
from matchmaker.domain.files import Upload
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.secrecy import refusal, secrecy_mark
from matchmaker.domain.vocabulary import ImportKind, ImportState
from matchmaker.errors import Conflict, Forbidden, InputError, NotFound
from matchmaker.exchange.grids import read_grids
from matchmaker.exchange.tables import read_rows
from matchmaker.i18n import gettext as _
from matchmaker.services import blobs
from matchmaker.services.imports.mappings import agreed, check_mapping, remember
from matchmaker.services.imports.plan import Report
from matchmaker.services.imports.sheet import LEFT_OUT, Reading, Sheet, look, sheet_of
from matchmaker.services.imports.table import Table

MOST_ROWS = 10_000
AT_ONCE = 500  # rows that a page waits for; more are brought in by the scheduler
LONGEST_FIX = 10_000  # characters
MEDIA_TYPE = "application/octet-stream"
OPEN = frozenset({ImportState.CHECKED, ImportState.FAILED})  # somebody is still at it
UNDER_WAY = frozenset({ImportState.QUEUED, ImportState.RUNNING})


def read(kind: ImportKind, file: Upload, reading: Reading | None = None) -> Table:
    """The table in a file that was sent.

    Raises `InputError` for one that cannot be read, is too long, or bears a mark of state secrets anywhere: such a file
    must not be kept.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"list{Path(file.file_name).suffix.lower()}"
        path.write_bytes(file.data)
        table = look(kind, path, file_name=file.file_name, reading=reading)
        _refuse_marks(file.file_name, path)
    if len(table.rows) > MOST_ROWS:
        raise InputError(_("一次最多 %(most)s 行，请拆分后再上传，或由管理员用命令导入", most=MOST_ROWS))
    return table


def _refuse_marks(name: str, path: Path) -> None:
    """Raises `InputError` naming the line of the first mark of state secrets, or the file's name that bears one."""
    for place, text in chain([(name, name)], _texts(path)):
        if isinstance(text, str) and (mark := secrecy_mark(text)):
            raise InputError(refusal(place if place != name else _("文件名"), mark))


def _texts(path: Path) -> Iterator[tuple[str, object]]:
    """Every cell of a file with the line it stands in, whether it will be read or not."""
    if path.suffix.lower() == ".jsonl":
        for row in read_rows(path):
            yield from ((_("第 %(line)s 行", line=row.line), value) for value in row.values.values())
        return
    for grid in read_grids(path):
        for line, cells in grid.lines.items():
            yield from ((_("第 %(line)s 行", line=f"{grid.name} {line}".strip()), cell) for cell in cells)


def begin(session: Session, actor: Actor, kind: ImportKind, file: Upload, table: Table, *, clock: Clock) -> ImportDraft:
    """Keep a file that was sent; one of theirs that they have not finished is gone on with.

    Its columns need nobody's word where they are remembered or understood.
    """
    _may_import(actor)
    known = _unfinished(session, actor, kind, file)
    if known is not None:
        return known
    draft = ImportDraft(
        kind=kind,
        file_name=file.file_name[:200],
        blob_sha256=blobs.keep(session, file.data, MEDIA_TYPE),
        account_id=actor.account_id,
        made_at=clock.now(),
        mapping=agreed(session, kind, table.headings) or {},
        fixes={},
        all_rows=len(table.rows),
    )
    session.add(draft)
    session.flush()
    return draft


def _unfinished(session: Session, actor: Actor, kind: ImportKind, file: Upload) -> ImportDraft | None:
    sha256 = hashlib.sha256(file.data).hexdigest()
    same = (ImportDraft.kind == kind, ImportDraft.blob_sha256 == sha256, ImportDraft.account_id == actor.account_id)
    rows = select(ImportDraft).where(*same, ImportDraft.state.in_(OPEN)).order_by(ImportDraft.id.desc()).limit(1)
    return session.scalars(rows).one_or_none()


def table_of(session: Session, draft: ImportDraft) -> Table:
    """The kept file as it is to be read. Raises `InputError` where it cannot be."""
    return read(draft.kind, Upload(draft.file_name, blobs.read(session, draft.blob_sha256)), reading_of(draft))


def sheet_in(session: Session, draft: ImportDraft) -> Sheet:
    """The kept file's rows, columns as agreed, with mended cells. Raises `InputError` where it cannot be read."""
    return sheet_of(draft.kind, table_of(session, draft), reading_of(draft))


def reading_of(draft: ImportDraft) -> Reading:
    """How the kept file is to be read."""
    return Reading(draft.sheet, draft.header_line, draft.mapping or None, draft.fixes)


def opened(session: Session, actor: Actor, draft_id: int) -> ImportDraft:
    """The draft for changing, nobody else at it. Raises `NotFound`, `Forbidden`, `Conflict` once it is on its way."""
    _may_import(actor)
    draft = session.get(ImportDraft, draft_id, with_for_update=True)
    if draft is None:
        raise NotFound(_("没有这次导入"))
    if draft.state not in OPEN:
        raise Conflict(_("这张表%(state)s，不能再改，请刷新页面", state=_(draft.state.label)))
    return draft


def read_elsewhere(session: Session, draft: ImportDraft, sheet: str, header_line: int) -> None:
    """Take another sheet of the book, or another line for the header; what was agreed and mended is forgotten."""
    draft.sheet, draft.header_line = sheet, header_line
    draft.fixes = {}
    table = table_of(session, draft)
    draft.mapping = agreed(session, draft.kind, table.headings) or {}
    draft.all_rows = len(table.rows)


def agree(session: Session, actor: Actor, draft: ImportDraft, mapping: Mapping[str, str], *, clock: Clock) -> None:
    """Read the columns like this, now and the next time. Raises `Invalid` for a mapping that cannot be."""
    check_mapping(draft.kind, mapping)
    draft.mapping = dict(mapping)
    remember(session, actor, draft.kind, mapping, clock=clock)


def mend(draft: ImportDraft, sheet: Sheet, cells: Mapping[tuple[int, str], str], left_out: set[int]) -> None:
    """Keep what somebody typed into bad cells, by line and field, and which rows they want left out.

    Raises `InputError` for a text that bears a mark of state secrets; nothing is kept.
    """
    known = fields_of(ROW_OF[draft.kind])
    fixes = {line: dict(fields) for line, fields in draft.fixes.items()}
    for (line, name), text in cells.items():
        if mark := secrecy_mark(text):
            raise InputError(refusal(_("第 %(line)s 行", line=line), mark))
        changed = one_line(text) != one_line(sheet.text(line, name))
        if changed and line in sheet.raw and name in known:
            fixes.setdefault(str(line), {})[name] = text[:LONGEST_FIX]
    for line in left_out & set(sheet.raw):
        fixes.setdefault(str(line), {})[LEFT_OUT] = "1"
    draft.fixes = fixes


def take_back_in(draft: ImportDraft) -> None:
    """Rows left out by somebody are rows again."""
    kept = {line: {name: cells[name] for name in cells if name != LEFT_OUT} for line, cells in draft.fixes.items()}
    draft.fixes = {line: cells for line, cells in kept.items() if cells}


def queue(draft: ImportDraft, *, good_rows: bool) -> None:
    """Ask the scheduler to bring it in."""
    draft.state, draft.good_rows = ImportState.QUEUED, good_rows
    draft.done_rows, draft.attempts, draft.lease_until, draft.error = 0, 0, None, ""


def cancel(session: Session, actor: Actor, draft_id: int) -> None:
    """Take it out of the queue. Raises `Conflict` when it is no longer in there."""
    _may_import(actor)
    draft = session.get(ImportDraft, draft_id, with_for_update=True)
    if draft is None:
        raise NotFound(_("没有这次导入"))
    if draft.state is not ImportState.QUEUED:
        raise Conflict(_("这张表%(state)s，已不在排队，不能取消；请刷新页面", state=_(draft.state.label)))
    draft.state = ImportState.CHECKED


def drop(draft: ImportDraft) -> None:
    """Give it up; nothing of it has been brought in."""
    draft.state = ImportState.DROPPED


def settle(draft: ImportDraft, report: Report) -> None:
    """Note what came of it: done, or still open because of bad rows that were not there before."""
    draft.good_rows, draft.lease_until = False, None
    if report.written:
        draft.state, draft.batch_id, draft.error = ImportState.DONE, report.batch_id, ""
    else:
        draft.state = ImportState.FAILED
        draft.error = _("有 %(rows)s 行有误，全部没有导入。请改正后重新导入，或只导入无误的行", rows=report.failed)


def _may_import(actor: Actor) -> None:
    if not can(actor, Permission.IMPORT_RUN):
        raise Forbidden(_("您没有权限导入名录"))
