"""What a need said before, compared with what it says now or said at another time."""

from apiflask import APIBlueprint
from flask import request

from matchmaker.domain.ids import row_id
from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import need_versions as queries
from matchmaker.queries import needs
from matchmaker.services.needs import content_of
from matchmaker.web.context import current_actor, reading
from matchmaker.web.forms import render

bp = APIBlueprint("need_versions", __name__, url_prefix="/needs", enable_openapi=False)


@bp.get("/<int:need_id>/versions")
def compare(need_id: int) -> str:
    """Two versions of `?old=1&new=0`, word by word; left out: the newest one before the present and the present."""
    actor = current_actor()
    with reading() as session:
        need = needs.get_visible(session, actor, need_id)
        versions = queries.every(session, need, content_of(need))
        if not needs.sees_history(actor, need) or len(versions) == 1:
            raise NotFound(_("这条需求没有可查看的历史版本"))
        old = queries.one(versions, _asked("old", versions[1].number))
        new = queries.one(versions, _asked("new", queries.NOW))
        return render(
            "pages/needs/versions.html",
            need=need,
            versions=versions,
            old=old,
            new=new,
            differences=queries.differences(session, old, new),
        )


def _asked(name: str, default: int) -> int:
    found = row_id(request.args.get(name))
    return default if found is None else found
