"""Task books: the newest version and those before, writing it, Word, and what the sides say, also by signed link."""

from collections.abc import Mapping
from typing import Any

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import TaskBook, Team
from matchmaker.domain.drafts import TaskBookDraft
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.task_books import MILESTONE, MOST_ROWS, PROBLEM, SPARE_ROWS, checked, differences, rows_of
from matchmaker.domain.vocabulary import BookAnswer, Noun, TeamStatus
from matchmaker.errors import Conflict, Invalid, NotFound
from matchmaker.exchange import word
from matchmaker.i18n import gettext as _
from matchmaker.queries import attachments, teams
from matchmaker.queries import team_life as queries
from matchmaker.queries.facts import facts_of
from matchmaker.queries.team_people import rules
from matchmaker.services import task_books as services
from matchmaker.services import team_links
from matchmaker.services.team_links import BookGrant
from matchmaker.web.auth import guard, public
from matchmaker.web.context import clock, current_actor, reading, runtime
from matchmaker.web.downloads import sent_out
from matchmaker.web.forms import controls, form_values, once, refused_form, render
from matchmaker.web.pages.goal_forms import drafted
from matchmaker.web.security import behind_key
from matchmaker.web.task_book_sheet import values_of

bp = APIBlueprint("task_books", __name__, enable_openapi=False)
SHOW, FORM, LETTER = "pages/task_books/show.html", "pages/task_books/form.html", "pages/task_books/letter.html"
AT = "/teams/<int:team_id>/task-book"
BY_LINK = 0  # in place of an account, for forms that are sent twice


@bp.get(AT)
def show(team_id: int) -> str:
    """The newest version; `?version=2` an older one, with what it said differently from the one before it."""
    with reading() as session:
        return render(SHOW, **_page(session, team_id))


def _page(session: Session, team_id: int) -> dict[str, Any]:
    actor, run, today = current_actor(), runtime(), clock().today()
    team = queries.get_at_work(session, actor, team_id)
    versions = queries.books(session, team)
    book = _chosen(versions, request.args.get("version", ""))
    newest = book is not None and book is versions[0]
    sides = queries.sides(team, book, today) if book is not None else []
    manages = can(actor, Permission.TEAM_MANAGE, facts_of(team))
    drafting = team.status is TeamStatus.TASK_BOOK_DRAFT
    waiting = [side for side in sides if not side.agrees] if manages and newest and drafting else []
    links = [(side.name, services.path_for(team, side, settings=run.settings, clock=run.clock)) for side in waiting]
    return {
        "team": team,
        "book": book,
        "newest": newest,
        "versions": versions,
        "stamp": services.stamp(book),
        "text": queries.book_text(book) if book is not None else {},
        "differences": _differences(versions, book),
        "sides": sides,
        "drafting": drafting,
        "may_manage": manages,
        "may_answer": {one.key for one in sides if newest and drafting and one.heard_from(actor)},
        "may_read": {one.key for one in sides if one.remark_for(actor)},
        "files": attachments.of_record(session, Noun.TASK_BOOK, book.id) if book is not None else [],
        "links": [(name, run.settings.public_url + path) for name, path in links],
        "answers": [(each.value, _(each.label)) for each in BookAnswer],
        "errors": {},
        "values": {},
    }


def _chosen(versions: list[TaskBook], number: str) -> TaskBook | None:
    if not number:
        return versions[0] if versions else None
    found = next((book for book in versions if str(book.number) == number), None)
    if found is None:
        raise NotFound(_("没有找到这一版任务书"))
    return found


def _differences(versions: list[TaskBook], book: TaskBook | None) -> list[Any]:
    before = next((one for one in versions if book is not None and one.number == book.number - 1), None)
    if book is None or before is None:
        return []
    return differences(queries.book_text(before), queries.book_text(book))


# Writing it


@bp.get(f"{AT}/edit")
@guard(Permission.TEAM_MANAGE)
def edit(team_id: int) -> str:
    with reading() as session:
        team = teams.get_visible(session, current_actor(), team_id)
        book = queries.newest(session, team)
        values = queries.begun_book(team, book, clock().today(), years=rules(session).term_years)
        return render(FORM, **_form(team, values, {}, services.stamp(book)))


@bp.post(f"{AT}/edit")
@guard(Permission.TEAM_MANAGE)
def write(team_id: int) -> Response:
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        team = teams.get_visible(session, actor, team_id)
        draft = drafted(TaskBookDraft, values)
        written = checked(draft, rows_of(values, PROBLEM, "problem"), rows_of(values, MILESTONE, "milestone"))
        book = services.write(session, actor, team, written, seen=values.get("seen", ""), clock=clock())
        flash(_("任务书第 %(number)s 版已保存。", number=book.number))
        return url_for("task_books.show", team_id=team_id)

    try:
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            team = teams.get_visible(session, actor, team_id)
            return refused_form(FORM, **_form(team, values, refusal.errors, values.get("seen", "")))


def _form(team: Team, values: Mapping[str, Any], errors: Mapping[str, str], seen: str) -> dict[str, Any]:
    items = {item.name: item for item in controls(TaskBookDraft, values, errors)}
    return {
        "team": team,
        "items": items,
        "problems": _row_numbers(values, "problem_problem"),
        "milestones": _row_numbers(values, "milestone_title"),
        "values": values,
        "errors": errors,
        "seen": seen,
    }


def _row_numbers(values: Mapping[str, Any], first: str) -> list[int]:
    """The rows that say something, and a few to fill in."""
    filled = [n for n in range(MOST_ROWS) if values.get(f"{first}_{n}")]
    return list(range(min(MOST_ROWS, (filled[-1] + 1 if filled else 0) + SPARE_ROWS)))


@bp.get(f"{AT}/<int:number>.docx")
def document(team_id: int, number: int) -> Answer:
    """A version as a Word file, to be printed, signed and sealed."""
    with reading() as session:
        team = queries.get_at_work(session, current_actor(), team_id)
        book = _chosen(queries.books(session, team), str(number))
        if book is None:
            raise NotFound(_("没有找到这一版任务书"))
        data = word.fill("task_book", values_of(session, team, book, clock().today()))
        name = _("%(name)s任务书（第 %(number)s 版）.docx", name=team.name, number=number)
    return sent_out(data, word.MEDIA_TYPE, name, plain=f"task-book-{team_id}-{number}")


# What the sides say


@bp.post(f"{AT}/ask")
@guard(Permission.TEAM_MANAGE)
def ask(team_id: int) -> Response:
    actor, run = current_actor(), runtime()

    def send(session: Session) -> str:
        team = teams.get_visible(session, actor, team_id)
        asked = services.ask(session, actor, team, settings=run.settings, clock=run.clock)
        flash(_("已请 %(number)s 方确认；没有邮箱的，请用下面的链接发微信。", number=asked))
        return url_for("task_books.show", team_id=team_id, _anchor="sides")

    return once(send)


@bp.post(f"{AT}/words")
def answer(team_id: int) -> Response:
    """By a side that is signed in, or by an officer whom it has told."""
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        team = teams.get_visible(session, actor, team_id)
        _say(session, team, values.get("side", ""), values)
        return url_for("task_books.show", team_id=team_id, _anchor="sides")

    try:
        return once(save)
    except Invalid as refused:
        with reading() as session:
            return refused_form(SHOW, **_page(session, team_id) | {"errors": refused.errors, "values": values})


def _say(session: Session, team: Team, side: str, values: Mapping[str, str], grant: BookGrant | None = None) -> None:
    actor = services.speaker(session, grant) if grant is not None else current_actor()
    said = next((each for each in BookAnswer if each.value == values.get("answer")), None)
    remark, stamped = values.get("remark", ""), values.get("stamp", "")
    services.answer(session, actor, team, side, said, remark=remark, stamped=stamped, clock=clock())
    flash(_("已记下，谢谢！"))


@bp.get("/b/<token>")
@public
def letter(token: str) -> Response:
    """What the letter asks. Opening it changes nothing: mail programs open links by themselves."""
    with reading() as session:
        return behind_key(render(LETTER, **_letter(session, token)))


@bp.post("/b/<token>")
@public
def answer_by_letter(token: str) -> Response:
    grant, values = _grant(token), form_values()
    if clock().today() > grant.until:
        raise Conflict(_("这个链接已过期，请登录后在特派团页面答复，或联系发给您链接的工作人员。"))

    def save(session: Session) -> str:
        speaker = services.speaker(session, grant)
        _say(session, teams.get_visible(session, speaker, grant.team_id), _side_key(speaker), values, grant)
        return url_for("task_books.letter", token=token)

    try:
        return once(save, account_id=BY_LINK)
    except Invalid as refused:
        with reading() as session:
            return refused_form(LETTER, **_letter(session, token) | {"errors": refused.errors, "values": values})


def _grant(token: str) -> BookGrant:
    return team_links.read(runtime().settings.key(), token)


def _side_key(speaker: Actor) -> str:
    return f"firm:{speaker.organisation_id}" if speaker.organisation_id else f"expert:{speaker.expert_id}"


def _letter(session: Session, token: str) -> dict[str, Any]:
    grant = _grant(token)
    speaker = services.speaker(session, grant)
    team = teams.get_visible(session, speaker, grant.team_id)
    book = queries.newest(session, team)
    if book is None:
        raise NotFound(_("没有找到要答复的任务书，请联系发给您链接的工作人员"))
    side = next((one for one in queries.sides(team, book, clock().today()) if one.key == _side_key(speaker)), None)
    return {
        "token": token,
        "name": speaker.name,
        "team": team,
        "book": book,
        "stamp": services.stamp(book),
        "text": queries.book_text(book),
        "side": side,
        "open": team.status is TeamStatus.TASK_BOOK_DRAFT and side is not None,
        "expired": clock().today() > grant.until,
        "errors": {},
        "values": {},
    }
