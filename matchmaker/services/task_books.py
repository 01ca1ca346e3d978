"""Task books: versions, what the sides say of them, and that one is signed."""

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.config import Settings
from matchmaker.db.locks import exclusive
from matchmaker.db.models import BookWord, TaskBook, Team
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.secrecy import refusal, secrecy_mark
from matchmaker.domain.task_books import Written
from matchmaker.domain.vocabulary import BookAnswer, TeamStatus
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined
from matchmaker.queries import attachments
from matchmaker.queries import team_life as queries
from matchmaker.queries.facts import facts_of
from matchmaker.queries.team_life import BookSide
from matchmaker.services import audit, outbox, speakers, team_links
from matchmaker.services.notices import Reader
from matchmaker.services.team_links import BookGrant

NOTICE = "task_book_asked"
LONGEST_REMARK = 1000
TEXTS = ("parties", "funds", "property_terms", "confidentiality", "starts_on", "ends_on", "target_times")


def write(session: Session, actor: Actor, team: Team, written: Written, *, seen: str, clock: Clock) -> TaskBook:
    """Write the task book: over the newest version while nobody has said anything of it, else as the next version.

    A version of which a scan was handed in is kept as it was printed. `seen` is the stamp of the version the writer
    started from. Raises `Forbidden`, `Conflict` when the team is not at its task book or somebody was faster.
    """
    if not can(actor, Permission.TEAM_MANAGE, facts_of(team)):
        raise Forbidden(_("任务书由市科技局工作人员起草"))
    exclusive(session, f"team:{team.id}")
    _drafting(team)
    newest = queries.newest(session, team)
    if seen != stamp(newest):
        raise Conflict(_("您打开页面之后，任务书又被改过，请对照最新一版后重新保存"))
    fresh = newest is None or bool(newest.words) or attachments.standing(session, newest)
    number = newest.number if newest else 0
    book = newest if newest is not None and not fresh else _begun(team, actor, number + 1, clock)
    before = {} if fresh else audit.state_of(book)
    _fill(book, written)
    book.updated_at = clock.now()
    session.add(book)
    session.flush()
    audit.log(session, actor, "create" if fresh else "edit", book, clock=clock, before=before)
    audit.log(
        session, actor, "write_book", team, clock=clock, after={"file": _("第 %(number)s 版", number=book.number)}
    )
    return book


def stamp(book: TaskBook | None) -> str:
    """Which state of the task book somebody has before them."""
    return f"{book.number}.{book.version}" if book else ""


def _begun(team: Team, actor: Actor, number: int, clock: Clock) -> TaskBook:
    return TaskBook(team_id=team.id, number=number, made_by=actor.name, created_at=clock.now())


def _fill(book: TaskBook, written: Written) -> None:
    for name in TEXTS:
        setattr(book, name, getattr(written.draft, name))
    book.target_half_days, book.outputs = written.target_half_days, written.outputs
    book.problems, book.milestones = written.problems, written.milestones


def _drafting(team: Team) -> None:
    if team.status is not TeamStatus.TASK_BOOK_DRAFT:
        raise Conflict(_("特派团不在起草任务书的阶段，任务书不能改动"))


def answer(
    session: Session,
    actor: Actor,
    team: Team,
    side_key: str,
    said: BookAnswer | None,
    *,
    remark: str,
    stamped: str,
    clock: Clock,
) -> None:
    """Say yes to the newest version, or what is to be changed: a side for itself, an officer who was told 代录.

    Raises `Forbidden` for another side's, `Conflict` for an older version, `Invalid` with field → message.
    """
    exclusive(session, f"team:{team.id}")
    _drafting(team)
    book = queries.newest(session, team)
    if book is None or stamped != stamp(book):
        raise Conflict(_("任务书刚刚改过，请看过最新一版再答复"))
    side = next((one for one in queries.sides(team, book, clock.today()) if one.key == side_key), None)
    if side is None or not side.heard_from(actor):
        raise Forbidden(_("您不能替这一方答复"))
    _check(said, remark, on_behalf=actor.is_bureau)
    word = side.word or BookWord(task_book_id=book.id, organisation_id=side.organisation_id, expert_id=side.expert_id)
    word.answer, word.remark = said or BookAnswer.CHANGES, remark.strip()
    word.given_by, word.given_at, word.on_behalf = actor.name, clock.now(), actor.is_bureau
    session.add(word)
    session.flush()
    session.refresh(book, ["words"])
    told = {"party": f"{side.name}{_('：')}{_(word.answer.label)}", "version": book.number}
    audit.log(
        session, actor, "answer_book", team, clock=clock, after=told, reason=word.remark, on_behalf=word.on_behalf
    )


def _check(said: BookAnswer | None, remark: str, *, on_behalf: bool) -> None:
    text = remark.strip()
    if said is None:
        raise Invalid({"answer": _("请选择同意或要求修改")})
    if said is BookAnswer.CHANGES and not text:
        raise Invalid({"remark": _("请写明要怎样修改")})
    if on_behalf and not text:
        raise Invalid({"remark": _("代录请写明对方何时、通过什么方式答复的")})
    if len(text) > LONGEST_REMARK:
        raise Invalid({"remark": _("最多 %(limit)s 个字", limit=LONGEST_REMARK)})
    if mark := secrecy_mark(text):
        raise Invalid({"remark": refusal(_("说明"), mark)})


def ask(session: Session, actor: Actor, team: Team, *, settings: Settings, clock: Clock) -> int:
    """Write to every side that has not said yes to the newest version, once an address; how many letters go."""
    if not can(actor, Permission.TEAM_MANAGE, facts_of(team)):
        raise Forbidden(_("任务书由市科技局工作人员起草"))
    _drafting(team)
    book = queries.newest(session, team)
    if book is None:
        raise Conflict(_("还没有起草任务书"))
    waiting = [side for side in queries.sides(team, book, clock.today()) if not side.agrees]
    sent = 0
    for side in waiting:
        payload = {
            "path": path_for(team, side, settings=settings, clock=clock),
            "page": f"/teams/{team.id}/task-book",
            "title": team.name[:80],
            "name": side.greeted,
        }
        reader = Reader(organisation_id=side.organisation_id, expert_id=side.expert_id)
        key = f"{NOTICE}:{book.id}:{book.version}:{side.key}:{side.email}"
        sent += outbox.queue(session, NOTICE, side.email, payload, dedup_key=key, clock=clock, reader=reader)
    return sent


def path_for(team: Team, side: BookSide, *, settings: Settings, clock: Clock) -> str:
    """Where a side answers without a password."""
    return team_links.path(
        settings.key(),
        team_id=team.id,
        organisation_id=side.organisation_id,
        expert_id=side.expert_id,
        today=clock.today(),
    )


def speaker(session: Session, grant: BookGrant) -> Actor:
    """Who acts with a signed link. Raises `NotFound` if they are gone."""
    gone = _("没有找到要答复的任务书，请联系发给您链接的工作人员")
    return speakers.speaker(session, grant.organisation_id, grant.expert_id, gone=gone)


def require_ready(session: Session, team: Team, *, clock: Clock) -> TaskBook:
    """The version to be signed. Raises `Conflict` naming what is missing: the book, a side's yes, the signed scan."""
    book = queries.newest(session, team)
    if book is None:
        raise Conflict(_("还没有起草任务书"))
    sides = queries.sides(team, book, clock.today())
    if not any(side.organisation_id for side in sides):
        raise Conflict(_("任务书没有企业一方：请先把要服务的企业登记为服务对象，由企业确认后再签"))
    open_ = [side.name for side in sides if not side.agrees]
    if open_:
        raise Conflict(_("还没有同意任务书的：%(names)s", names=joined(open_)))
    if not attachments.standing(session, book):
        raise Conflict(_("请先上传双方签字盖章的任务书扫描件"))
    return book


def signed(session: Session, actor: Actor, team: Team, *, clock: Clock) -> TaskBook:
    """Note that the newest version is signed; its term becomes the team's."""
    book = require_ready(session, team, clock=clock)
    before = audit.state_of(book)
    book.signed_on, book.updated_at = clock.today(), clock.now()
    team.starts_on, team.ends_on = book.starts_on, book.ends_on
    session.flush()
    audit.log(session, actor, "sign", book, clock=clock, before=before)
    return book


def unsigned(session: Session, actor: Actor, team: Team, *, clock: Clock) -> None:
    """Take back that the book is signed and that its term is the team's; the team's own step says why."""
    book = queries.signed_book(session, team)
    if book is not None:
        before = audit.state_of(book)
        book.signed_on, book.updated_at = None, clock.now()
        team.starts_on, team.ends_on = None, None
        session.flush()
        audit.log(session, actor, "unsign", book, clock=clock, before=before)
