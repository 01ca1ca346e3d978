"""Forms: reading them, carrying each out once, and rendering pages."""

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask, make_response, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from matchmaker.domain.drafts import About, Draft, Shape, fields_of
from matchmaker.errors import InputError
from matchmaker.i18n import gettext as _
from matchmaker.services import idempotency
from matchmaker.web.context import clock, current_actor, writing

FORM_ID = "form_id"
SECRETS = frozenset({"password", "repeated", "old"})  # never among the values, nor in a fingerprint that is kept
OWN_FIELDS = SECRETS | {"csrf_token", FORM_ID}
MAX_FORM_ID = 64


def init_app(app: Flask) -> None:
    app.jinja_env.globals["new_form_id"] = new_form_id


def new_form_id() -> str:
    """A one-time id; `macros/forms.html: form_head()` puts it into every form."""
    return secrets.token_urlsafe(18)


def form_values(*lists: str) -> dict[str, Any]:
    """The fields sent, without ours: name → stripped text; the names in `lists` → list of texts (maybe empty)."""
    values: dict[str, Any] = {name: text.strip() for name, text in request.form.items() if name not in OWN_FIELDS}
    for name in lists:
        values[name] = [text.strip() for text in request.form.getlist(name) if text.strip()]
    return values


def once(handler: Callable[[Session], str], *, account_id: int | None = None) -> Response:
    """Carry a form out once and redirect to the address that `handler` returns.

    `handler` runs in the write transaction that also keeps the form's id: the same form sent again within 24 h, even
    at the same moment, is answered with the same redirect and nothing else happens. Segment text, read files and call
    hosts before. A refusal raised by `handler` leaves nothing behind, so the corrected form may be sent again.
    A page behind a signed link passes `account_id=0`.
    """
    form_id = request.form.get(FORM_ID, "")
    if not 0 < len(form_id) <= MAX_FORM_ID:
        raise InputError(_("表单不完整，请刷新页面后重新提交。"))
    if account_id is None:
        account_id = current_actor().account_id or 0
    body = _fingerprint()
    with writing() as session:
        location = idempotency.answer(
            session, account_id, form_id, body, now=clock().now(), carry_out=lambda: handler(session)
        )
    return redirect(location, 303)


def _fingerprint() -> str:
    fields = [(name, values) for name, values in request.form.lists() if name not in OWN_FIELDS]
    files = [(name, file.filename, _digest(file)) for name, file in request.files.items(multi=True)]
    content = json.dumps([request.path, sorted(fields), sorted(map(list, files), key=str)], ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()


def _digest(file: FileStorage) -> str:
    digest = hashlib.sha256(file.stream.read()).hexdigest()
    file.stream.seek(0)
    return digest


def render(template: str, **context: Any) -> str:
    """Render a page; `site`, `me`, `nav`, `actor`, `can` and the locale are there already."""
    return render_template(template, **context)


def refused_form(template: str, **context: Any) -> Response:
    """Show a form again with what was sent and what is wrong with it (422)."""
    return make_response(render(template, **context), 422)


@dataclass(frozen=True)
class Control:
    """One field of a draft as a form shows it: what is known of it, what stands in it, what is wrong with it."""

    name: str
    about: About
    value: Any
    error: str = ""
    options: Sequence[tuple[str, str]] = ()


def controls(
    model: type[Draft],
    values: Mapping[str, Any],
    errors: Mapping[str, str] | None = None,
    choices: Mapping[str, Sequence[tuple[str, str]]] | None = None,
) -> list[Control]:
    """The fields of a draft in order, ready for `macros/forms.html: control`. `choices` adds options to a field."""
    errors, choices = errors or {}, choices or {}
    return [
        Control(
            name=name,
            about=about,
            value=values.get(name, ()) if about.shape is Shape.CHOICES else _shown(values.get(name)),
            error=errors.get(name, ""),
            options=choices.get(name) or [(word.value, _(word.label)) for word in about.words or ()],
        )
        for name, about in fields_of(model).items()
    ]


def _shown(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return _("；").join(map(str, value))
    return "" if value is None else value
