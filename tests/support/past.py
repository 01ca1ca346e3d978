"""What only turns up once officers have worked for a while: an older ledger brought in, two records merged."""

from pathlib import Path

from sqlalchemy import select

from matchmaker.bootstrap import Runtime
from matchmaker.db.models import Account, Expert, Organisation
from matchmaker.domain.vocabulary import ImportKind, Noun, OrganisationKind, Role
from matchmaker.exchange.tables import save_rows
from matchmaker.queries.duplicates import candidates
from matchmaker.queries.scopes import on_file
from matchmaker.services import merging
from matchmaker.services.imports import bring_in
from tests.factories import actor_of


def add_past(runtime: Runtime, folder: Path) -> None:
    """A meeting from an older ledger that waits to be verified, and the demonstration's double expert made one."""
    with runtime.sessions.write() as session:
        officer = actor_of(session.scalars(select(Account).filter_by(role=Role.CITY).order_by(Account.id)).first())
        expert = session.scalars(select(Expert).order_by(Expert.id)).first()
        firms = (on_file(), Organisation.kind == OrganisationKind.FIRM, Organisation.unit_id.is_not(None))
        firm = session.scalars(select(Organisation).where(*firms).order_by(Organisation.id)).first()
        row = {
            "日期": "2024-05-06",
            "方式": "走进",
            "企业": firm.name,
            "院所": expert.institute.name,
            "专家": expert.name,
            "到会情况": "到会",
            "纪要摘要": "看了中试线。",
        }
        [pair, *_] = candidates(session, officer, Noun.EXPERT)
        both = [merging.party(session, Noun.EXPERT, number) for number in (pair.first_id, pair.second_id)]
        merging.merge(session, officer, *both, reason="同一人", clock=runtime.clock)
    path = folder / "ledger.csv"
    save_rows(path, list(row), [row], guard_formulas=False)
    report = bring_in(
        runtime.sessions, lambda: runtime.segmenter, officer, ImportKind.HISTORY, path, clock=runtime.clock
    )
    if not report.written:
        raise AssertionError([error.describe(report.file_name) for error in report.errors])
