"""The reader's language and letter size: `?lang=` / `?size=` (kept in a cookie), else the account's, else Chinese."""

from flask import Flask, Response, request
from flask_login import current_user

from matchmaker.i18n import LOCALES, SOURCE_LOCALE, current_locale, set_locale

YEAR_SECONDS = 31_536_000
SIZES = ("normal", "large")
TAGS = {"zh_CN": "zh-CN"}


def init_app(app: Flask) -> None:
    app.before_request(_choose)
    app.after_request(_remember)
    app.teardown_request(_forget)
    app.context_processor(lambda: {"locale": current_locale(), "locale_tag": locale_tag(), "letters": letters()})


def locale_tag() -> str:
    """The `lang` attribute."""
    return TAGS.get(current_locale(), current_locale())


def letters() -> str:
    chosen = request.args.get("size") or request.cookies.get("size", "")
    return chosen if chosen in SIZES else SIZES[0]


def _choose() -> None:
    wanted = (request.args.get("lang"), request.cookies.get("lang"), _of_account())
    set_locale(next((code for code in wanted if code in LOCALES), SOURCE_LOCALE))


def _forget(_error: BaseException | None) -> None:
    set_locale(SOURCE_LOCALE)  # a thread serves many readers, and does other work between them


def _of_account() -> str | None:
    if request.endpoint in {None, "static"} or "lang" in request.cookies:
        return None
    return current_user.account.locale if current_user.is_authenticated else None


def _remember(response: Response) -> Response:
    for name, known in (("lang", LOCALES), ("size", SIZES)):
        value = request.args.get(name)
        if value in known:
            response.set_cookie(name, value, max_age=YEAR_SECONDS, samesite="Lax", httponly=True)
    return response
