"""Meetings for calendars: one as a file, all of one's own at a private address."""

from apiflask import APIBlueprint
from flask import Response, abort, flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from matchmaker.db.models import Account
from matchmaker.errors import NotFound
from matchmaker.exchange import calendar
from matchmaker.i18n import gettext as _
from matchmaker.queries import meetings as queries
from matchmaker.queries.calendar_feeds import ROLES
from matchmaker.services import calendar_feeds, throttle
from matchmaker.services.meeting_events import entry_of
from matchmaker.web.auth import public
from matchmaker.web.context import clock, current_actor, reading, runtime, writing
from matchmaker.web.forms import once, render

bp = APIBlueprint("calendar", __name__, enable_openapi=False)
MISSES = 60  # wrong addresses an hour from one network


@bp.get("/meetings/<int:meeting_id>/meeting.ics")
def meeting(meeting_id: int) -> Response:
    """One meeting, for whoever may see it."""
    with reading() as session:
        entry = entry_of(queries.get_visible(session, current_actor(), meeting_id))
    data = calendar.feed([entry], base=runtime().settings.public_url, stamped=clock().now())
    answer = Response(data, content_type=calendar.MEDIA_TYPE)
    answer.headers["Content-Disposition"] = f"attachment; filename=meeting-{meeting_id}.ics"
    return answer


@bp.get("/calendar/<token>.ics")
@public
def feed(token: str) -> AnyResponse:
    """The address is the key: calendar programs cannot sign in."""
    settings = runtime().settings
    try:
        with reading() as session:
            account = calendar_feeds.holder(session, token, settings.key())
            data = calendar_feeds.content(session, account, base=settings.public_url, clock=clock())
    except NotFound:
        with writing() as session:
            throttle.take(session, "calendar", request.remote_addr or "", now=clock().now(), most=MISSES)
        raise
    answer = Response(data, content_type=calendar.MEDIA_TYPE)
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    answer.add_etag()
    return answer.make_conditional(request)


@bp.get("/me/calendar")
def subscription() -> str:
    if current_actor().role not in ROLES:
        abort(404)
    run = runtime()
    with reading() as session:
        path = calendar_feeds.path_of(session, _own(session), run.settings.key())
        return render("pages/me/calendar.html", link=run.settings.public_url + path)


@bp.post("/me/calendar/renew")
def renew() -> AnyResponse:
    actor = current_actor()
    if actor.role not in ROLES:
        abort(404)

    def save(session: Session) -> str:
        calendar_feeds.renew(session, actor, _own(session), clock=clock())
        flash(_("已换新链接，原来的链接从现在起打不开。请在日历里重新订阅。"))
        return url_for("calendar.subscription")

    return once(save)


def _own(session: Session) -> Account:
    return session.get_one(Account, current_actor().account_id)
