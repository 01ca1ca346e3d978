"""开局指引: what to do in the first hour of a bureau that starts empty."""

from apiflask import APIBlueprint
from flask import request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.domain.vocabulary import Role
from matchmaker.queries import guide as queries
from matchmaker.services import guide as services
from matchmaker.web.auth import allow
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.forms import once, render

bp = APIBlueprint("guide", __name__, url_prefix="/start", enable_openapi=False)


@bp.get("")
@allow(Role.CITY)
def show() -> str:
    year = clock().today().year
    with reading() as session:
        return render("pages/guide/show.html", guide=queries.guide(session, current_actor(), year), year=year)


@bp.post("")
@allow(Role.CITY)
def hide() -> Response:
    actor, hidden = current_actor(), request.form.get("hidden") == "1"

    def save(session: Session) -> str:
        services.hide(session, actor, hidden=hidden, clock=clock())
        return url_for("home.index") if hidden else url_for("guide.show")

    return once(save)
