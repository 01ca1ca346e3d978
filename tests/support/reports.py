"""A year with visits that count, one that does not, a firm whose name would be a formula, and splits for one unit."""

from datetime import date, timedelta
from types import SimpleNamespace

from sqlalchemy.orm import Session

from matchmaker.db.models import Target
from matchmaker.domain.reports import Period, ReportKind
from matchmaker.domain.vocabulary import MeetingKind, MeetingStatus, Role, TargetBasis, TargetStatus
from tests import factories as make
from tests.queries.test_counts import make_verified
from tests.support.counting import make_counting

MAY = Period(ReportKind.MONTHLY, make.TODAY.year, 5)
JUNE = Period(ReportKind.MONTHLY, make.TODAY.year, 6)
FIRM = "=A&B<公司>"


def target(session: Session, code: str, value: int, unit_id: int | None = None) -> None:
    row = {"metric_code": code, "year": make.TODAY.year, "value": value, "unit_id": unit_id, "unit_label": "次"}
    words = {"basis": TargetBasis.ABSOLUTE, "status": TargetStatus.DEMO, "source": "演示"}
    session.add(Target(**row, **words, created_at=make.NOW, updated_at=make.NOW))


def make_year(session: Session) -> SimpleNamespace:
    """Two outbound visits in May and April, one inbound in May, one cancelled; all before the fixed day in June."""
    make_counting(session)
    day = date(make.TODAY.year, 5, 20)
    out = [make_verified(session, MeetingKind.OUTBOUND, one) for one in (day - timedelta(days=35), day)]
    inward = make_verified(session, MeetingKind.INBOUND, day)
    off = make_verified(session, MeetingKind.INBOUND, day, status=MeetingStatus.CANCELLED)
    firm = out[1].firms[0].firm
    firm.name, firm.short_name = FIRM, ""
    for code in ("outbound", "inbound"):
        target(session, code, 100)
    target(session, "outbound", 4, firm.unit_id)
    target(session, "outbound", 1, out[0].firms[0].firm.unit_id)
    session.flush()
    city, other = (make.make_account(session, Role.CITY, email=f"city{n}@example.org") for n in (1, 2))
    return SimpleNamespace(
        out=[one.id for one in out],
        inward=inward.id,
        off=off.id,
        city=make.actor_of(city),
        other=make.actor_of(other),
        county=make.actor_of(make.make_account(session, Role.COUNTY, unit_id=firm.unit_id)),
        leader=make.actor_of(make.make_account(session, Role.LEADER)),
    )
