"""What anybody may see."""

from apiflask import APIBlueprint
from flask import Response, make_response

from matchmaker.queries import board
from matchmaker.queries import public as queries
from matchmaker.queries.guide import has_accounts
from matchmaker.web.auth import public
from matchmaker.web.context import clock, reading
from matchmaker.web.forms import render

bp = APIBlueprint("public", __name__, enable_openapi=False)


@bp.get("/")
@public
def index() -> str:
    today = clock().today()
    with reading() as session:
        return render(
            "pages/public/index.html",
            numbers=queries.numbers(session, today),
            board=board.board(session, today.year, today),
            has_accounts=has_accounts(session),
        )


@bp.get("/livez")
@public
def live() -> Response:
    """The process answers; nothing else is asked."""
    return make_response("ok\n", 200, {"Content-Type": "text/plain; charset=utf-8"})
