"""After an answer, or instead of one: take it back, pass the invitation on, bring colleagues along.

Each by somebody signed in and by whoever holds the side's signed link; opening a link changes nothing.
"""

from collections.abc import Callable
from typing import Any

from apiflask import APIBlueprint
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Expert, Invitation
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Role
from matchmaker.errors import Conflict, Invalid, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import colleagues as queries
from matchmaker.queries import invitations
from matchmaker.queries.circumstances import circumstances
from matchmaker.services import answers, companions, links, passing
from matchmaker.services.passing import Stranger
from matchmaker.web.answering import BY_LINK, At, Finder, linked, signed_in, where
from matchmaker.web.auth import public
from matchmaker.web.context import clock, reading, runtime
from matchmaker.web.forms import form_values, once, refused_form, render
from matchmaker.web.masking import read_by
from matchmaker.web.security import behind_key

bp = APIBlueprint("colleagues", __name__, enable_openapi=False)
CHOOSE, WITH = "pages/answer/pass.html", "pages/answer/with.html"
Step = Callable[[Session, At], None]


@bp.post("/invitations/<int:invitation_id>/take-back")
def take_back(invitation_id: int) -> Response:
    return _carry_out(signed_in(invitation_id), _take_back)


@bp.post("/a/<token>/take-back")
@public
def take_back_by_link(token: str) -> Response:
    return _carry_out(linked(token, to_write=True), _take_back, account_id=BY_LINK)


def _take_back(session: Session, at: At) -> None:
    if at.side is None:
        raise Conflict(_("请由答复的一方收回；工作人员可以撤回邀请再恢复"))
    run = runtime()
    answers.take_back(session, at.actor, at.invitation, at.side, settings=run.settings, clock=run.clock)
    flash(_("已收回您的答复，可以重新选择。"))


@bp.get("/invitations/<int:invitation_id>/pass")
def choose(invitation_id: int) -> str:
    with reading() as session:
        return render(CHOOSE, **_choices(session, signed_in(invitation_id)(session)))


@bp.get("/a/<token>/pass")
@public
def choose_by_link(token: str) -> Response:
    with reading() as session:
        return behind_key(render(CHOOSE, **_choices(session, linked(token)(session))))


@bp.post("/invitations/<int:invitation_id>/pass")
def pass_on(invitation_id: int) -> Response:
    return _pass(signed_in(invitation_id))


@bp.post("/a/<token>/pass")
@public
def pass_on_by_link(token: str) -> Response:
    return _pass(linked(token, to_write=True), account_id=BY_LINK)


def _pass(find: Finder, account_id: int | None = None) -> Response:
    values = form_values()
    try:
        return _carry_out(find, lambda session, at: _pass_to(session, at, values), account_id=account_id)
    except Invalid as refused:
        with reading() as session:
            page = _choices(session, find(session)) | {"errors": refused.errors, "values": values}
            return refused_form(CHOOSE, **page)


def _pass_to(session: Session, at: At, values: dict[str, Any]) -> None:
    run, note = runtime(), values.get("note", "")
    if values.get("colleague") == "new":
        named = Stranger(values.get("colleague_name", ""), values.get("colleague_email", ""))
        passing.name_stranger(session, at.actor, at.invitation, named, note, settings=run.settings, clock=run.clock)
        flash(_("已转告工作人员联系 %(name)s，谢谢您的推荐。", name=named.name.strip()))
        return
    colleague = session.get(Expert, row_id(values.get("colleague")) or 0)
    if colleague is None:
        raise Invalid({"colleague": _("请选择转给哪位同事")})
    passing.pass_on(session, at.actor, at.invitation, colleague, note, settings=run.settings, clock=run.clock)
    flash(_("已转给 %(name)s，由这位同事答复。", name=colleague.name))


def _choices(session: Session, at: At) -> dict[str, Any]:
    if not passing.may_pass(session, at.actor, at.invitation):
        raise Conflict(_("这份邀请现在不能转给同事"))
    run, text = runtime(), request.values.get("q", "").strip()[:40]
    around = circumstances(session, settings=run.settings, today=run.clock.today())
    return {
        "at": at,
        "invitation": at.invitation,
        "where": where(at.invitation),
        "found": queries.find(session, run.index.current(session), at.invitation, text, around),
        "q": text,
        "values": {},
        "errors": {},
    }


@bp.post("/invitations/<int:invitation_id>/companions")
def bring(invitation_id: int) -> Response:
    return _carry_out(signed_in(invitation_id), _bring)


@bp.post("/a/<token>/companions")
@public
def bring_by_link(token: str) -> Response:
    return _carry_out(linked(token, to_write=True), _bring, account_id=BY_LINK)


def _bring(session: Session, at: At) -> None:
    run, ids = runtime(), [row_id(each) or 0 for each in request.form.getlist("companions")]
    companions.bring(session, at.actor, at.invitation, ids, settings=run.settings, clock=run.clock)
    flash(_("已记下同去的同事，新加的会收到通知。"))


def _carry_out(find: Finder, step: Step, *, account_id: int | None = None) -> Response:
    def act(session: Session) -> str:
        at = find(session)
        step(session, at)
        return at.urls["home"]

    return once(act, account_id=account_id)


@bp.get("/a/with/<token>")
@public
def along(token: str) -> Response:
    """What a colleague reads who is to come along."""
    invitation_id, expert_id, until = links.read_companion_token(runtime().settings.key(), token)
    with reading() as session:
        invitation, colleague = _asked_along(session, invitation_id, expert_id)
        read_by(session, _as(colleague))
        coming = colleague.id in queries.companions_of(invitation)
        page = {"invitation": invitation, "colleague": colleague, "coming": coming, "token": token}
        page |= {"where": where(invitation), "expired": clock().today() > until}
        page["lead"] = invitations.lead_of(session, invitations.counterpart_of(invitation))
        return behind_key(render(WITH, **page))


@bp.post("/a/with/<token>")
@public
def stay_away(token: str) -> Response:
    invitation_id, expert_id, until = links.read_companion_token(runtime().settings.key(), token)
    if clock().today() > until:
        raise Conflict(_("这个链接已过期，请联系约您同去的同事。"))

    def leave(session: Session) -> str:
        invitation, colleague = _asked_along(session, invitation_id, expert_id)
        companions.leave(session, _as(colleague), invitation, request.form.get("note", ""), clock=clock())
        flash(_("已告知约您的同事。"))
        return url_for("colleagues.along", token=token)

    return once(leave, account_id=BY_LINK)


def _asked_along(session: Session, invitation_id: int, expert_id: int) -> tuple[Invitation, Expert]:
    invitation, colleague = session.get(Invitation, invitation_id), session.get(Expert, expert_id)
    if invitation is None or colleague is None:
        raise NotFound(_("没有找到这份邀请"))
    return invitation, colleague


def _as(colleague: Expert) -> Actor:
    return Actor(Role.EXPERT, invitations.through_link(colleague.name), expert_id=colleague.id)
