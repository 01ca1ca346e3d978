"""Reports are issued by a person, once for each edition, and stay as they are, with both their files."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.config import Settings
from matchmaker.db.locks import exclusive
from matchmaker.db.models import Report
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.reports import Content, Period
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.exchange import reports as files
from matchmaker.exchange import word
from matchmaker.i18n import gettext as _
from matchmaker.i18n import use_locale
from matchmaker.queries import reminders
from matchmaker.queries import reports as queries
from matchmaker.services import audit, blobs, outbox
from matchmaker.services.notices import Reader

NOTICE = "report_due"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST_REASON = 1_000


@dataclass(frozen=True)
class Draft:
    """What a report would say now, with its files; nothing of it is kept until it is issued."""

    content: Content
    xlsx: bytes
    docx: bytes


def draft(session: Session, actor: Actor, period: Period, *, clock: Clock) -> Draft:
    """Make a report about `period` from the records, in a reading transaction.

    Raises `Forbidden` for who may not issue it, `Conflict` for a period that has not begun.
    """
    content = preview(session, actor, period, clock=clock)
    return Draft(content, files.workbook(content), files.document(content))


def preview(session: Session, actor: Actor, period: Period, *, clock: Clock) -> Content:
    """What the report would say, without files. Raises as `draft`."""
    _check(actor)
    if period.first > clock.today():
        raise Conflict(_("这个时段还没有开始，没有可报告的内容。请选择已开始的月份或季度。"))
    return queries.content(session, period, clock.today())


def issue(
    session: Session, actor: Actor, made: Draft, *, seen: str, edition: int, reason: str = "", clock: Clock
) -> Report:
    """Archive `made` as the `edition` of its period; `seen` is the fingerprint of what the person has read.

    Two people at once issue one. Raises `Forbidden`; `Conflict` when the records have changed since the draft was read
    or made, or somebody has issued this edition; `Invalid` for a further edition without its reason.
    """
    _check(actor)
    content, reason = made.content, reason.strip()
    exclusive(session, "report")
    before = queries.editions(session, content.period)
    if edition != len(before) + 1:
        raise Conflict(
            _("这一期刚由 %(name)s 签发。请打开已签发的报告查看。", name=before[0].issued_by if before else "")
        )
    if before and not reason:
        raise Invalid({"reason": _("请写明为什么重新签发，原来的一版仍然保留")})
    if len(reason) > LONGEST_REASON:
        raise Invalid({"reason": _("原因最多 %(most)s 字，请缩短", most=LONGEST_REASON)})
    now = queries.content(session, content.period, clock.today()).fingerprint
    if seen != content.fingerprint or now != content.fingerprint:
        raise Conflict(_("您查看草稿之后，记录有了变动。请重新核对下面的草稿，再签发。"))
    return _archive(session, actor, made, edition=edition, reason=reason, clock=clock)


def _archive(session: Session, actor: Actor, made: Draft, *, edition: int, reason: str, clock: Clock) -> Report:
    content = made.content
    row = Report(
        kind=content.kind,
        year=content.year,
        number=content.number,
        edition=edition,
        reason=reason,
        content=content.model_dump(mode="json"),
        fingerprint=content.fingerprint,
        xlsx_sha256=blobs.keep(session, made.xlsx, XLSX),
        docx_sha256=blobs.keep(session, made.docx, word.MEDIA_TYPE),
        issued_by=actor.name,
        issued_at=clock.now(),
    )
    session.add(row)
    session.flush()
    after = audit.state_of(row)
    after.pop("content")  # the fingerprint stands for it
    audit.log(session, actor, "issue", row, clock=clock, after=after, reason=reason)
    return row


def _check(actor: Actor) -> None:
    if not can(actor, Permission.REPORT_ISSUE):
        raise Forbidden(_("只有市科技局工作人员可以编制和签发报告"))


def tell_due(session: Session, day: date, *, settings: Settings, clock: Clock) -> str:
    """Tell the city's officers, once for each period, that the draft of a report that is due can be read and issued."""
    found = queries.waiting(session, day, settings.report_day)
    for period in found:
        for one in reminders.city_officers(session):
            with use_locale(one.locale):
                title = period.title
            path = f"/reports/draft/{period.kind.value}/{period.year}/{period.number}"
            payload = {"path": path, "title": title, "name": one.name, "locale": one.locale}
            key = f"{NOTICE}:{period.kind.value}:{period.year}:{period.number}:{one.id}"
            reader = Reader(account_id=one.id)
            outbox.queue(session, NOTICE, one.email, payload, dedup_key=key, clock=clock, reader=reader)
    return f"{len(found)} reports due"
