"""Every refusal as a page that says what happened and what to do next."""

from uuid import uuid4

from flask import Flask, Response, current_app, make_response, redirect, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from matchmaker.domain.drafts import (
    About,
    AbsorptionDraft,
    CapabilityDraft,
    Draft,
    ExpertDraft,
    FigureDraft,
    GroupDraft,
    NeedDraft,
    OrganisationDraft,
    PromiseDraft,
    TrainingDraft,
    TurnoverDraft,
    fields_of,
)
from matchmaker.errors import Invalid, MatchmakerError, StaleEdit
from matchmaker.i18n import gettext as _
from matchmaker.i18n import lazy_gettext
from matchmaker.web.auth import safe_next
from matchmaker.web.forms import render

TITLES = {
    400: lazy_gettext("请求无法处理"),
    403: lazy_gettext("没有权限"),
    404: lazy_gettext("没有找到"),
    405: lazy_gettext("不支持的操作"),
    409: lazy_gettext("与其他操作冲突"),
    413: lazy_gettext("文件太大"),
    422: lazy_gettext("填写有误"),
    429: lazy_gettext("尝试太频繁"),
    500: lazy_gettext("系统出错了"),
}
NEXT = {
    400: lazy_gettext("请返回上一页，刷新后重试。"),
    403: lazy_gettext("如果确实需要此权限，请联系市科技局工作人员或系统管理员。"),
    404: lazy_gettext("地址可能写错了，或者这条记录您无权查看。可以从首页重新进入。"),
    405: lazy_gettext("请从页面上的按钮操作，不要直接打开这个地址。"),
    409: lazy_gettext("请返回上一页，刷新后查看最新情况，再决定怎么做。"),
    413: lazy_gettext("单个文件不超过 20 MB，请压缩或拆分后再上传。"),
    422: lazy_gettext("请返回上一页，按提示修改后重新提交。"),
    429: lazy_gettext("请稍候再试。忘记密码可以在登录页上重新设置。"),
    500: lazy_gettext("请稍后重试；如仍不行，把下面的编号告诉系统管理员。"),
}
DRAFTS: tuple[type[Draft], ...] = (
    *(NeedDraft, CapabilityDraft, GroupDraft, ExpertDraft, OrganisationDraft),
    *(PromiseDraft, FigureDraft, AbsorptionDraft, TurnoverDraft, TrainingDraft),
)


def init_app(app: Flask) -> None:
    app.register_error_handler(MatchmakerError, _refused)
    app.register_error_handler(CSRFError, _expired)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _crashed)


def page(status: int, message: str, **more: object) -> Response:
    """The error page for `status`."""
    known = status if status in TITLES else (500 if status >= 500 else 400)
    context = {"errors": {}, "stale": [], "code": "", "again": "", "back": _back(), **more}
    body = render("errors/error.html", status=status, title=TITLES[known], message=message, next=NEXT[known], **context)
    return make_response(body, status)


def _refused(error: MatchmakerError) -> Response:
    if isinstance(error, Invalid):
        return page(error.http_status, "", errors=error.errors)
    if isinstance(error, StaleEdit):
        again = f"{request.path}/edit"
        return page(error.http_status, str(error), stale=_differences(error), again=again if _opens(again) else "")
    return page(error.http_status, str(error))


def _back() -> str:
    """The page on this site that the reader came from, "" when there is none but this."""
    host, _slash, rest = (request.referrer or "").partition("://")[2].partition("/")
    path = f"/{rest}"
    ours = host == request.host and safe_next(path) == path and path != _wanted()
    return path if ours and _opens(path.partition("?")[0]) else ""


def _opens(path: str) -> bool:
    """Whether there is a page at `path`."""
    adapter = current_app.create_url_adapter(request)
    return adapter is not None and adapter.test(path, "GET")


def _differences(error: StaleEdit) -> list[tuple[str, str, str]]:
    """(field, yours, theirs) of the fields that differ, under the names the form has for them."""
    fields = next((known for known in map(fields_of, DRAFTS) if error.yours.keys() <= known.keys()), {})
    abouts = {name: fields.get(name) for name in error.yours}
    pairs = {
        name: (_text(about, error.yours[name]), _text(about, error.theirs.get(name))) for name, about in abouts.items()
    }
    names = {name: _(about.label) if about else name for name, about in abouts.items()}
    return [(names[name], *pair) for name, pair in pairs.items() if pair[0] != pair[1]]


def _text(about: About | None, value: object) -> str:
    if isinstance(value, list | tuple):
        return _("；").join(_text(about, each) for each in value)
    if value and about and about.words:
        return _(about.words(str(value)).label)
    return "" if value is None else str(value)


def _expired(error: CSRFError) -> Response:  # noqa: ARG001 -- Flask's signature
    return page(400, _("页面停留太久或已在别处退出登录，表单已失效。请刷新页面后重新提交。"))


def _http(error: HTTPException) -> Response:
    if error.response is not None:
        return make_response(error.response)
    if error.code == 401:
        return make_response(redirect(url_for("auth.sign_in", next=_wanted()), 302))
    if error.code is not None and 300 <= error.code < 400:
        return make_response(error.get_response())
    return page(error.code or 500, "")


def _wanted() -> str | None:
    return request.full_path.rstrip("?") if request.method == "GET" else None


def _crashed(error: Exception) -> Response:
    if current_app.testing:
        raise error
    code = uuid4().hex[:12]
    current_app.logger.error("request failed, code %s", code, exc_info=error)
    return page(500, "", code=code)
