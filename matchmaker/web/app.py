"""The application: pieces put together, nothing decided here."""

from importlib import import_module

from apiflask import APIFlask
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map

from matchmaker.bootstrap import Runtime
from matchmaker.config import Settings
from matchmaker.domain.ids import LARGEST_ID
from matchmaker.resources import resource_dir
from matchmaker.web import auth, errors, filters, forms, locale, logs, masking, navigation, scale, security
from matchmaker.web.context import EXTENSION
from matchmaker.web.pages import BLUEPRINTS

MAX_REQUEST_BYTES = 21 * 1024 * 1024  # one file of 20 MB and its form


class RowNumber(IntegerConverter):
    """`<int:…>` in an address: what no key column can hold is no record."""

    regex = "[0-9]{1,10}"

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=LARGEST_ID)


class Application(APIFlask):
    """Flask with typed JSON answers; the pages need no OpenAPI."""

    def __init__(self) -> None:
        super().__init__(
            "matchmaker.web",
            docs_path=None,
            spec_path=None,
            enable_openapi=False,
            json_errors=False,
            static_folder="static",
            template_folder=str(resource_dir("templates")),
        )
        self.url_map.converters["int"] = RowNumber
        self.jinja_env.undefined = StrictUndefined
        self.jinja_env.trim_blocks = True
        self.jinja_env.lstrip_blocks = True


def create_app(settings: Settings | None = None, runtime: Runtime | None = None) -> Application:
    """Build the application on `runtime`, or on one made from `settings` (left out: the environment)."""
    runtime = runtime or Runtime.build(settings or Settings())
    app = Application()
    app.extensions[EXTENSION] = runtime
    _configure(app, runtime.settings)
    for part in (logs, locale, security, auth, errors, filters, forms, masking, navigation, scale):
        part.init_app(app)
    for name in BLUEPRINTS:
        app.register_blueprint(import_module(f"matchmaker.web.pages.{name}").bp)
    return app


def _configure(app: Application, settings: Settings) -> None:
    https = settings.public_url.startswith("https://")
    app.config.update(
        SECRET_KEY=settings.key(),
        MAX_CONTENT_LENGTH=MAX_REQUEST_BYTES,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        MAX_FORM_PARTS=5_000,
        SESSION_COOKIE_NAME="__Host-session" if https else "session",
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SEND_FILE_MAX_AGE_DEFAULT=31_536_000,  # addresses carry the content's hash (filters.asset)
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
    )
    if settings.proxies:
        hops = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
