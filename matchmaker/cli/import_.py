"""`matchmaker import`: organisations, experts, groups, needs, capabilities, older ledgers from a file."""

from pathlib import Path

import click

from matchmaker.bootstrap import Runtime
from matchmaker.cli.preconditions import require_migrated
from matchmaker.config import Settings
from matchmaker.domain.permissions import SYSTEM
from matchmaker.domain.vocabulary import ImportKind
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined
from matchmaker.services.imports import Report, bring_in

BAD_ROWS = 2
KINDS = {kind.value: kind for kind in ImportKind}


@click.command("import")
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check and count only; write nothing.")
@click.option("--all-or-none/--good-rows", default=True, help="With a bad row import nothing (default), or the rest.")
def import_(*, kind: str, file: Path, dry_run: bool, all_or_none: bool) -> int:
    """Bring in FILE (.xlsx, .csv, .jsonl), a list of KIND; exit status 2 when any row is bad."""
    settings = Settings()
    require_migrated(settings)
    runtime = Runtime.build(settings)
    try:
        report = bring_in(
            runtime.sessions,
            lambda: runtime.segmenter,
            SYSTEM,
            KINDS[kind],
            file,
            clock=runtime.clock,
            dry_run=dry_run,
            good_rows=not all_or_none,
        )
    finally:
        runtime.close()
    for error in report.errors:
        click.echo(error.describe(report.file_name), err=True)
    click.echo(summary(report, dry_run=dry_run))
    return BAD_ROWS if report.failed else 0


def summary(report: Report, *, dry_run: bool) -> str:
    """One line for people: how many rows of which sort, and whether they were written."""
    counts = _(
        "新增 %(created)s 行，更新 %(updated)s 行，未变 %(unchanged)s 行，有误 %(failed)s 行",
        created=report.created,
        updated=report.updated,
        unchanged=report.unchanged,
        failed=report.failed,
    )
    if dry_run:
        outcome = _("仅检查，未写入")
    else:
        outcome = (
            _("已写入") if report.written else _("有误，全部未写入；改正后重新导入，或用 --good-rows 只导入无误的行")
        )
    ignored = _("；未识别的列：%(columns)s", columns=joined(report.ignored)) if report.ignored else ""
    return f"{report.file_name}: {counts}{_('；')}{outcome}{ignored}"
