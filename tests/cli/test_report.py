"""`matchmaker report`: a draft as files that keeps nothing, an issue that is archived, refusals in one line."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from matchmaker.db.models import Account, Audit, Blob, Report
from matchmaker.db.session import Sessions
from tests import factories as make
from tests.cli.test_operations import Run, run  # noqa: F401 -- the fixture
from tests.support.office import rows_of
from tests.support.reports import make_year

MONTH = f"{make.TODAY.year}-05"


@pytest.fixture
def officers(sessions: Sessions) -> dict[str, str]:
    """Logins of an officer of the city and of others, in a year with two visits to institutes until May."""
    with sessions.write() as session:
        year = make_year(session)
        found = {name: session.get_one(Account, getattr(year, name).account_id) for name in ("city", "other", "leader")}
        found["other"].active = False
        return {name: row.login for name, row in found.items()}


def number_of(sessions: Sessions, what: type[Report] | type[Blob]) -> int:
    with sessions.read() as session:
        return session.scalars(select(func.count()).select_from(what)).one()


def test_a_draft_is_two_files_and_nothing_kept(
    run: Run,  # noqa: F811
    sessions: Sessions,
    officers: dict[str, str],
    tmp_path: Path,
) -> None:
    today = make.TODAY.isoformat()
    arguments = ("report", "monthly", MONTH, "--as", officers["city"], "--output", str(tmp_path))
    status, said, _ = run(*arguments, TODAY=today)
    assert status == 0
    book, letter = (Path(line) for line in said.splitlines())
    assert (book.name, letter.suffix) == (f"monthly-{MONTH}-draft.xlsx", ".docx")
    cells = {cell for row in rows_of(book, tmp_path) for cell in row}
    assert any("走进" in cell for cell in cells)
    assert number_of(sessions, Report) == number_of(sessions, Blob) == 0


def test_issued_it_is_archived_with_the_very_files(
    run: Run,  # noqa: F811
    sessions: Sessions,
    officers: dict[str, str],
    tmp_path: Path,
) -> None:
    today, where = make.TODAY.isoformat(), ("--as", officers["city"], "--issue", "--output", str(tmp_path))
    status, said, _ = run("report", "quarterly", f"{make.TODAY.year}-Q1", *where, TODAY=today)
    assert status == 0
    with sessions.read() as session:
        row = session.scalars(select(Report)).one()
        entry = session.scalars(select(Audit).where(Audit.action == "issue")).one()
        kept = set(session.scalars(select(Blob.data).where(Blob.sha256.in_([row.xlsx_sha256, row.docx_sha256]))))
        assert entry.actor == row.issued_by
        assert f"issued: /reports/{row.id}, edition 1" in said
    assert {Path(line).read_bytes() for line in said.splitlines()[1:]} == kept
    status, _, error = run("report", "quarterly", f"{make.TODAY.year}-Q1", *where, TODAY=today)
    assert (status, error) == (1, "请写明为什么重新签发，原来的一版仍然保留\n")
    status, said, _ = run("report", "quarterly", f"{make.TODAY.year}-Q1", *where, "--reason", "更正", TODAY=today)
    assert (status, number_of(sessions, Report)) == (0, 2)
    assert "edition 2" in said


@pytest.mark.parametrize(
    ("arguments", "who", "status", "why"),
    [
        (("monthly", "2026-13"), "city", 2, "no such period"),
        (("monthly", "2026-Q1"), "city", 2, "2026-Q1: a monthly report is about a month, 2026-10"),
        (("quarterly", "2026-05"), "city", 2, "2026-05: a quarterly report is about a quarter, 2026-Q3"),
        (("weekly", "2026-05"), "city", 2, "'weekly' is not one of"),
        (("monthly", MONTH, "--output", "/nowhere"), "city", 2, "/nowhere: there is no such folder"),
        (("monthly", f"{make.TODAY.year}-07"), "city", 1, "这个时段还没有开始"),
        (("monthly", MONTH), "leader", 1, "只有市科技局工作人员"),
        (("monthly", MONTH), "other", 1, "is locked"),
        (("monthly", MONTH), "", 1, "no account 'nobody'"),
    ],
)
def test_refusals_are_one_line(
    run: Run,  # noqa: F811
    officers: dict[str, str],
    arguments: tuple[str, ...],
    who: str,
    status: int,
    why: str,
) -> None:
    login = officers[who] if who else "nobody"
    found, said, error = run("report", *arguments, "--as", login, TODAY=make.TODAY.isoformat())
    assert (found, said) == (status, "")
    assert why in error
    assert error.count("\n") == 1
