"""The first page after sign-in: what each role comes for."""

from apiflask import APIBlueprint
from werkzeug.wrappers import Response

from matchmaker.web.context import current_actor
from matchmaker.web.forms import render

bp = APIBlueprint("home", __name__, enable_openapi=False)


@bp.get("/home")
def index() -> str | Response:
    return render("pages/home/plain.html", actor=current_actor())
