"""What stands near a need: asked again, asked elsewhere, solved before, and what is related."""

from apiflask import APIBlueprint

from matchmaker.queries import needs
from matchmaker.queries.neighbours import around_need
from matchmaker.web.context import current_actor, reading, runtime
from matchmaker.web.forms import render

bp = APIBlueprint("neighbours", __name__, url_prefix="/needs", enable_openapi=False)


@bp.get("/<int:need_id>/neighbours")
def of_need(need_id: int) -> str:
    actor, corpus = current_actor(), runtime().index
    with reading() as session:
        need = needs.get_visible(session, actor, need_id)
        found = around_need(session, actor, corpus.current(session), corpus.related(session), need)
        return render("pages/neighbours/need.html", need=need, found=found)
