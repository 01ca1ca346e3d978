"""gunicorn's configuration, from our settings: `gunicorn -c python:matchmaker.cli.gunicorn_config …`.

No preload: an engine or a thread made before a fork is shared or dead after it (traps T3, T4).
"""

import threading
from pathlib import Path
from typing import Any

from matchmaker.bootstrap import Runtime
from matchmaker.cli import logs
from matchmaker.config import Settings

_settings = Settings()
_memory = Path("/dev/shm")  # noqa: S108 -- gunicorn makes unlinked files of its own there

wsgi_app = "matchmaker.web:create_app()"
bind = [f"[{_settings.host}]:{_settings.port}" if ":" in _settings.host else f"{_settings.host}:{_settings.port}"]
worker_class = "gthread"
workers = _settings.workers
threads = _settings.threads
preload_app = False
control_socket_disable = True  # it would lie at one fixed place in the home folder (traps T30)
worker_tmp_dir = str(_memory) if _memory.is_dir() else None
timeout = 60
graceful_timeout = 6
keepalive = 5
forwarded_allow_ips = ""  # who is believed is `proxies`, not an address
accesslog = None  # the application writes one line per request
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "matchmaker.cli.logs.formatter", "process": "web"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"level": _settings.log_level, "handlers": ["console"]},
    "loggers": {"gunicorn.error": {"level": _settings.log_level, "handlers": [], "propagate": True}},
}


def post_fork(server: Any, worker: Any) -> None:  # noqa: ARG001 -- gunicorn's signature
    """Let go of what an operator's `--preload` would have made this worker share with the others."""
    logs.configure(_settings, "web")
    application = server.app.callable
    if application is not None:
        application.extensions["matchmaker"].after_fork()


def post_worker_init(worker: Any) -> None:
    """Read the postings while the first pages are already being served."""
    runtime = worker.wsgi.extensions["matchmaker"]
    threading.Thread(target=_read_index, args=[runtime], name="index", daemon=True).start()


def _read_index(runtime: Runtime) -> None:
    with runtime.sessions.read() as session:
        runtime.index.current(session)
