"""For machines: may this process be sent requests, and how is the installation."""

import shutil
from datetime import datetime
from functools import cache

from apiflask import APIBlueprint
from flask import Response, abort, jsonify, make_response, request
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from matchmaker.clock import SystemClock
from matchmaker.db.migrate import head
from matchmaker.queries import health as queries
from matchmaker.queries import jobs
from matchmaker.scheduler.jobs import JOBS
from matchmaker.services.jobs import HEARTBEAT, MAX_ATTEMPTS
from matchmaker.web.auth import public
from matchmaker.web.context import reading, runtime

LEAST_FREE_BYTES = 256 * 1024 * 1024
HEARTBEAT_SECONDS = 60
LOOPBACK = {"127.0.0.1", "::1"}
PROXIED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via")
OK = "ok"

bp = APIBlueprint("health", __name__, enable_openapi=False)


@bp.get("/readyz")
@public
def ready() -> Response:
    """200 while this process can do its work; 503 names what it lacks. What only degrades the service is named too."""
    needed = {"database": _database(), "segmenter": OK if runtime().segmenter else "not loaded"}
    advised = {"disk": _disk()} | (_scheduler() if needed["database"] == OK else {})
    fit = set(needed.values()) == {OK}
    state = "ready" if fit else "not ready"
    degraded = sorted(name for name, said in advised.items() if said != OK)
    answer = jsonify(state=state, checks=needed | advised, degraded=degraded)
    answer.status_code = 200 if fit else 503
    return answer


@bp.get("/metrics")
@public
def metrics() -> Response:
    """Numbers for Prometheus, told to this host only: neither to strangers nor through a proxy."""
    if request.remote_addr not in LOOPBACK or any(name in request.headers for name in PROXIED):
        abort(404)
    with reading() as session:
        body = generate_latest(_registry(session, SystemClock().now()))
    return make_response(body, 200, {"Content-Type": CONTENT_TYPE_LATEST})


@cache
def _head() -> str:
    return head()


def _database() -> str:
    try:
        with reading() as session:
            at = queries.revision(session)
    except SQLAlchemyError as error:
        return f"unreachable ({type(error).__name__})"
    return OK if at == _head() else f"at revision {at}, {_head()} is needed"


def _disk() -> str:
    free = _free_bytes()
    return OK if free > LEAST_FREE_BYTES else f"{free // 2**20} MB left"


def _free_bytes() -> int:
    folder = runtime().settings.data_dir  # with a key and a database elsewhere it may never have been made
    return shutil.disk_usage(next(each for each in (folder, *folder.parents) if each.exists())).free


def _scheduler() -> dict[str, str]:
    now = SystemClock().now()
    with reading() as session:
        beat = jobs.last_success(session).get(HEARTBEAT)
        late = queries.overdue_jobs(session, {job.name: job.schedule.period for job in JOBS}, now=now)
        dead = jobs.given_up(session, now=now, max_attempts=MAX_ATTEMPTS)
    silent = beat is None or (now - beat).total_seconds() > HEARTBEAT_SECONDS
    stuck = sorted({*late, *dead})
    return {"scheduler": "no heartbeat" if silent else OK, "jobs": ", ".join(stuck) or OK}


def _registry(session: Session, now: datetime) -> CollectorRegistry:
    registry = CollectorRegistry()

    def gauge(name: str, said: str, *labels: str) -> Gauge:
        return Gauge(f"matchmaker_{name}", said, labels, registry=registry)

    outbox = queries.outbox(session)
    messages = gauge("outbox_messages", "Messages by state", "state")
    for state, count in outbox.count.items():
        messages.labels(state.value).set(count)
    gauge("outbox_oldest_age_seconds", "How long the oldest untried message has waited").set(outbox.age(now))
    success = gauge("job_last_success_timestamp_seconds", "When a job was last done", "job")
    for job, moment in jobs.last_success(session).items():
        success.labels(job).set(moment.timestamp())
    dead = jobs.given_up(session, now=now, max_attempts=MAX_ATTEMPTS)
    gauge("job_dead_slots", "Slots of jobs that were given up").set(sum(dead.values()))
    gauge("sign_in_failures", "Failed sign-ins on file (the last day's)").set(queries.sign_in_failures(session))
    gauge("corpus_version", "Changes of postings so far").set(queries.corpus_version(session))
    gauge("disk_free_bytes", "Space left in the data folder").set(_free_bytes())
    return registry
