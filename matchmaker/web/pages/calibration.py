"""What the number shown for a pair means, how well it holds, and changing it."""

from apiflask import APIBlueprint
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.domain.permissions import Permission
from matchmaker.i18n import gettext as _
from matchmaker.matching.calibration import LEAST_EACH, refused
from matchmaker.matching.tuning import LEAST_LABELS
from matchmaker.queries import calibration as queries
from matchmaker.services import calibration as services
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading, runtime
from matchmaker.web.forms import once, render

bp = APIBlueprint("calibration", __name__, url_prefix="/calibration", enable_openapi=False)
officers = guard(Permission.LEXICON_EDIT)


@bp.get("")
@officers
def show() -> str:
    with reading() as session:
        labels, good = queries.labels(session)
        return render(
            "pages/calibration/show.html",
            scale=queries.scale(session),
            row=queries.newest(session),
            labels=labels,
            good=good,
            least=(LEAST_LABELS, LEAST_EACH),
            refusal=refused(labels, good),
        )


@bp.post("")
@officers
def fit() -> Response:
    actor, run = current_actor(), runtime()
    with reading() as session:
        found = queries.fit(session, run.index.current(session))

    def save(session: Session) -> str:
        row = services.adopt(session, actor, found, clock=clock())
        flash(_("已按 %(number)s 条反馈校准。", number=row.labels))
        return url_for("calibration.show")

    return once(save)


@bp.post("/end")
@officers
def end() -> Response:
    actor, reason = current_actor(), request.form.get("reason", "")

    def save(session: Session) -> str:
        services.end(session, actor, reason=reason, clock=clock())
        flash(_("已改回未校准的相似度。"))
        return url_for("calibration.show")

    return once(save)
