"""What the number shown for a pair means: `match_scale()` in templates, read once per request."""

from flask import Flask, g

from matchmaker.queries.calibration import Scale
from matchmaker.queries.calibration import scale as running
from matchmaker.web.context import reading


def init_app(app: Flask) -> None:
    app.jinja_env.globals["match_scale"] = scale


def scale() -> Scale:
    if "match_scale" not in g:
        with reading() as session:
            g.match_scale = running(session)
    found: Scale = g.match_scale
    return found
