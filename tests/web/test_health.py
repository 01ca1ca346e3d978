"""What machines ask: live, ready, numbers."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from matchmaker.clock import SystemClock
from matchmaker.db.models import JobRun
from matchmaker.db.session import Sessions
from matchmaker.services import jobs, outbox
from tests.factories import TODAY
from tests.support.person import Person

NOW = SystemClock().now


@pytest.mark.both_databases
def test_ready_when_database_and_words_are_there(visitor: Person, sessions: Sessions) -> None:
    with sessions.write() as session:
        jobs.beat(session, "me", now=NOW())
    answer = visitor.get("/readyz")
    assert answer.status_code == 200
    assert answer.json["checks"] == dict.fromkeys(("database", "segmenter", "disk", "scheduler", "jobs"), "ok")
    assert answer.json["degraded"] == []


@pytest.mark.both_databases
def test_not_ready_while_the_database_is_at_another_revision(visitor: Person, sessions: Sessions) -> None:
    with sessions.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    answer = visitor.get("/readyz")
    assert answer.status_code == 503
    assert "older" in answer.json["checks"]["database"]


def test_a_silent_scheduler_degrades_but_pages_go_on(visitor: Person, sessions: Sessions) -> None:
    assert visitor.get("/readyz").json["degraded"] == ["scheduler"]
    with sessions.write() as session:
        jobs.beat(session, "me", now=NOW() - timedelta(minutes=5))
    answer = visitor.get("/readyz")
    assert (answer.status_code, answer.json["degraded"]) == (200, ["scheduler"])


def test_a_job_that_is_late_or_given_up_is_named(visitor: Person, sessions: Sessions) -> None:
    with sessions.write() as session:
        jobs.beat(session, "me", now=NOW())
        slot = jobs.claim(session, "snapshot", NOW(), owner="me", lease=timedelta(), now=NOW() - timedelta(days=3))
        assert slot is not None
        jobs.finish(session, slot, "", now=NOW() - timedelta(days=3))
        old = NOW() - timedelta(days=1)
        spent = {"owner": "x", "lease_until": old, "started_at": old, "attempts": jobs.MAX_ATTEMPTS, "error": "broken"}
        session.add(JobRun(job="match_refresh", slot=old, **spent))
    answer = visitor.get("/readyz")
    assert answer.json["checks"]["jobs"] == "match_refresh, snapshot"
    assert answer.status_code == 200


def test_numbers_are_told_to_this_host_only(app: Flask, visitor: Person, sessions: Sessions) -> None:
    with sessions.write() as session:
        payload = {"path": "/", "title": "题"}
        clock = app.extensions["matchmaker"].clock
        assert clock.today() == TODAY
        outbox.queue(session, "need_published", "x@example.org", payload, dedup_key="a", clock=clock)
        jobs.beat(session, "me", now=NOW())
    said = visitor.get("/metrics").text
    assert 'matchmaker_outbox_messages{state="queued"} 1.0' in said
    assert 'matchmaker_outbox_messages{state="dead"} 0.0' in said
    assert 'matchmaker_job_last_success_timestamp_seconds{job="heartbeat"}' in said
    for line in ("outbox_oldest_age_seconds", "job_dead_slots 0.0", "sign_in_failures 0.0", "corpus_version 0.0"):
        assert f"\nmatchmaker_{line}" in said
    assert Person(app, "203.0.113.7").get("/metrics").status_code == 404
    for header in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"):
        assert visitor.get("/metrics", headers={header: "127.0.0.1"}).status_code == 404


def test_every_answer_names_its_request(visitor: Person) -> None:
    first, second = (visitor.get("/").headers["X-Request-ID"] for _ in range(2))
    assert first != second
