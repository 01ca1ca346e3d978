"""One line per request, and an id that every other line of the request carries too."""

import time
from uuid import uuid4

import structlog
from flask import Flask, Response, g, request

HEADER = "X-Request-ID"

log = structlog.get_logger("matchmaker.web")


def init_app(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.request_id, g.began = uuid4().hex[:16], time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _end(response: Response) -> Response:
    if "request_id" not in g:  # refused before our turn came
        _begin()
    response.headers[HEADER] = g.request_id
    if request.endpoint == "static":
        return response
    signed_in = g.get("_login_user")
    actor = getattr(signed_in, "actor", None)
    log.info(
        "request",
        method=request.method,
        path=_path(),
        status=response.status_code,
        ms=round((time.perf_counter() - g.began) * 1000),
        actor=actor.account_id if actor else None,
        role=actor.role.value if actor and actor.role else None,
        address=request.remote_addr,
    )
    return response


def _path() -> str:
    """The path, without what would let a reader of the log in: a signed link's token, a query."""
    rule = request.url_rule
    return rule.rule if rule is not None and "token" in (request.view_args or {}) else request.path
