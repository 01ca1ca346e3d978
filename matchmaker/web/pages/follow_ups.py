"""Following up: the list, one row with both sides, and answering signed in, taken down, or by the letter's link."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import flash, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import FollowUp
from matchmaker.domain.follow_ups import ROUNDS
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import FollowUpStatus, Noun, Side
from matchmaker.errors import Conflict, Invalid, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import choices, history
from matchmaker.queries import follow_ups as queries
from matchmaker.queries.facts import facts_of
from matchmaker.services import follow_up_links
from matchmaker.services import follow_ups as services
from matchmaker.services.follow_up_links import FollowUpGrant
from matchmaker.services.speakers import speaks_for
from matchmaker.web.auth import public
from matchmaker.web.context import clock, current_actor, reading, runtime
from matchmaker.web.forms import form_values, once, refused_form, render
from matchmaker.web.paging import Listing, all_rows, wanted
from matchmaker.web.security import behind_key
from matchmaker.web.sheets import sheet

bp = APIBlueprint("follow_ups", __name__, enable_openapi=False)
LETTER, SHOW = "pages/follow_ups/letter.html", "pages/follow_ups/show.html"
BY_LINK = 0  # in place of an account, for forms that are sent twice
SAID = [word for word in FollowUpStatus if word is not FollowUpStatus.DUE]


@bp.get("/follow-ups")
def index() -> str:
    actor, asked, today = current_actor(), wanted(queries.FILTERS), clock().today()
    derived = [(queries.LATE_ONES, _("一周未答复")), (queries.DISAGREE, _("双方说法不一"))]
    with reading() as session:
        page = queries.search(session, actor, asked, today)
        return render(
            "pages/follow_ups/index.html",
            listing=Listing(page, asked, queries.DEFAULT_SORT),
            tally=queries.tally(session, actor, today),
            late={row.id for row in page.rows if queries.is_late(row, today)},
            statuses=[*((word.value, _(word.label)) for word in FollowUpStatus), *derived],
            sides=[(side.value, _(side.label)) for side in Side],
            rounds=[(str(days), _("%(days)s 天", days=days)) for days in ROUNDS],
            units=choices.units(session),
            years=[(str(year), str(year)) for year in range(today.year, today.year - 4, -1)],
        )


@bp.get("/follow-ups/export.xlsx")
def export() -> Answer:
    actor, asked, today = current_actor(), all_rows(wanted(queries.FILTERS)), clock().today()
    with reading() as session:
        rows = [_row(row) for row in queries.search(session, actor, asked, today).rows]
    return sheet(_("跟踪回访"), rows)


def _row(row: FollowUp) -> dict[str, Any]:
    return {
        _("编号"): row.id,
        _("活动"): row.meeting.title,
        _("活动日期"): row.meeting.day,
        _("企业"): row.firm.name,
        _("哪一方"): _(row.side.label),
        _("第几天"): row.days,
        _("回访日"): row.due,
        _("进展"): _(row.status.label),
        _("合同金额（万元）"): row.amount_wan,
        _("说明"): row.remark,
        _("答复人"): row.answered_by,
        _("代录"): _("是") if row.on_behalf else "",
    }


@bp.get("/follow-ups/<int:follow_up_id>")
def show(follow_up_id: int) -> str:
    with reading() as session:
        return render(SHOW, **_page(session, queries.get_visible(session, current_actor(), follow_up_id)))


def _page(session: Session, row: FollowUp, errors: dict[str, str] | None = None) -> dict[str, Any]:
    actor = current_actor()
    rows = queries.about(session, actor, row.meeting_id, row.firm_id)
    officer = actor.is_bureau and can(actor, Permission.FOLLOW_UP_ANSWER, facts_of(row))
    return {
        "row": row,
        "rows": rows,
        "late": {one.id for one in rows if queries.is_late(one, clock().today())},
        "against": queries.contradicting(rows),
        "words": SAID,
        "officer": officer,
        "may_answer": can(actor, Permission.FOLLOW_UP_ANSWER, facts_of(row)),
        "chat_links": _links(session, row) if officer and row.status is FollowUpStatus.DUE else [],
        "timeline": history.timeline(session, Noun.FOLLOW_UP, row.id) if actor.is_bureau else [],
        "errors": errors or {},
        "values": form_values(),
    }


def _links(session: Session, row: FollowUp) -> list[tuple[str, str]]:
    """Who is asked, and the message with their link that an officer may send by hand.

    A link answers every row of its round: none is shown to who may not answer for all of them.
    """
    run, actor = runtime(), current_actor()
    found = []
    for organisation, expert, name, _address in services.addressees(row.meeting, row.side):
        opened = queries.of_round(session, speaks_for(organisation, expert), row.meeting_id, row.days)
        if row in opened and all(can(actor, Permission.FOLLOW_UP_ANSWER, facts_of(one)) for one in opened):
            path = services.path_for(
                row.meeting, row.days, organisation, expert, settings=run.settings, clock=run.clock
            )
            text = _(
                "【对接回访】%(name)s您好，“%(what)s”之后有进展吗？请点一下，不用密码：%(link)s",
                name=name,
                what=row.meeting.title[:48],
                link=run.settings.public_url + path,
            )
            found.append((name, text))
    return found


@bp.post("/follow-ups/<int:follow_up_id>")
def answer(follow_up_id: int) -> Response:
    """By the side that is asked, signed in; or by an officer whom it has told."""
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        _say(session, actor, queries.get_visible(session, actor, follow_up_id), values)
        return url_for("follow_ups.show", follow_up_id=follow_up_id)

    try:
        return once(save)
    except Invalid as refused:
        with reading() as session:
            row = queries.get_visible(session, actor, follow_up_id)
            return refused_form(SHOW, **_page(session, row, refused.errors))


def _say(session: Session, actor: Actor, row: FollowUp, values: dict[str, Any]) -> None:
    services.answer(session, actor, row, services.read_said(values), clock=clock())
    flash(_("已记下：%(what)s。谢谢！", what=_(row.status.label)))


@bp.get("/f/<token>")
@public
def letter(token: str) -> Response:
    """What the letter asks. Opening it changes nothing: mail programs open links by themselves."""
    with reading() as session:
        return behind_key(render(LETTER, **_letter(session, token)))


@bp.post("/f/<token>/<int:follow_up_id>")
@public
def answer_by_letter(token: str, follow_up_id: int) -> Response:
    grant, values = _grant(token), form_values()
    if _expired(grant):
        raise Conflict(_("这个链接已过期，请登录后在“跟踪回访”里答复，或联系发给您链接的工作人员。"))

    def save(session: Session) -> str:
        speaker = services.speaker(session, grant)
        rows = {row.id: row for row in queries.of_round(session, speaker, grant.meeting_id, grant.days)}
        if follow_up_id not in rows:
            raise NotFound(_("没有找到这条跟踪回访"))
        _say(session, speaker, rows[follow_up_id], values)
        return url_for("follow_ups.letter", token=token, _anchor=f"row-{follow_up_id}")

    try:
        return once(save, account_id=BY_LINK)
    except Invalid as refused:
        with reading() as session:
            page = _letter(session, token) | {"errors": refused.errors, "values": values, "wrong": follow_up_id}
            return refused_form(LETTER, **page)


def _grant(token: str) -> FollowUpGrant:
    return follow_up_links.read(runtime().settings.key(), token)


def _expired(grant: FollowUpGrant) -> bool:
    return clock().today() > grant.until


def _letter(session: Session, token: str) -> dict[str, Any]:
    grant = _grant(token)
    speaker = services.speaker(session, grant)
    rows = queries.of_round(session, speaker, grant.meeting_id, grant.days)
    if not rows:
        raise NotFound(_("没有找到要答复的活动，请联系发给您链接的工作人员"))
    return {
        "token": token,
        "name": speaker.name,
        "meeting": rows[0].meeting,
        "days": grant.days,
        "rows": rows,
        "words": SAID,
        "expired": _expired(grant),
        "errors": {},
        "values": {},
        "wrong": None,
    }
