"""Headers, the nonce, and forms that may only come from our own pages."""

import secrets

from flask import Flask, Response, g, make_response, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response as Answer

from matchmaker.errors import Forbidden
from matchmaker.i18n import gettext as _

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
CHANGES = {"POST", "PUT", "PATCH", "DELETE"}
OUR_OWN = {"same-origin", "none", ""}

csrf = CSRFProtect()


def init_app(app: Flask) -> None:
    app.before_request(_refuse_foreign_forms)
    csrf.init_app(app)
    app.after_request(_add_headers)
    app.jinja_env.globals["csp_nonce"] = nonce


def nonce() -> str:
    """The nonce of this answer, for a `<script>` or `<style>` of ours."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def behind_key(answer: Answer | str) -> Answer:
    """A page whose address is a key: no site that is gone to from it hears of it, no search engine lists it."""
    response = make_response(answer)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _refuse_foreign_forms() -> None:
    """Browsers that say where a request comes from are believed; the CSRF token covers the others."""
    if request.method in CHANGES and request.headers.get("Sec-Fetch-Site", "") not in OUR_OWN:
        raise Forbidden(_("这个请求来自其他网站，已被拒绝。请在本站页面上操作。"))


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", POLICY.format(nonce=nonce()))
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
