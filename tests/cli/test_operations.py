"""`jobs`, `doctor`, `account`, `outbox`, `migrate`, and what is said when something cannot be done."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, text

from matchmaker.cli import COMMANDS, main
from matchmaker.cli.preconditions import file_system
from matchmaker.clock import SystemClock
from matchmaker.config import Settings, child_environment
from matchmaker.db import migrate
from matchmaker.db.models import Account, JobRun, OutboxMessage, Snapshot
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import OutboxState, Role
from matchmaker.scheduler.jobs import JOBS
from matchmaker.services import jobs, outbox, profile
from matchmaker.services.accounts import password_matches
from tests.support.mail import MailServer
from tests.support.ports import free_port

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`run("jobs", "list", SMTP_HOST="…")` → exit status, standard output, standard error."""
    settings.data_dir.mkdir(mode=0o700)
    for name, value in child_environment(settings).items():
        if name.startswith("MATCHMAKER_"):
            monkeypatch.setenv(name, value)

    def call(*arguments: str, **more: str) -> tuple[int, str, str]:
        with monkeypatch.context() as patch:
            for name, value in more.items():
                patch.setenv(f"MATCHMAKER_{name}", value)
            with pytest.raises(SystemExit) as ended:
                main(arguments)
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return call


def test_every_command_is_there_and_explains_itself(run: Run) -> None:
    status, said, _ = run("--help")
    assert status == 0
    assert all(f"  {name} " in said for name in COMMANDS)
    for name in COMMANDS:
        status, said, _ = run(name, "--help")
        assert status == 0
        assert "Usage:" in said


@pytest.mark.parametrize(
    "arguments", [("nonsense",), ("jobs", "run", "nonsense"), ("up", "--port", "0"), ("jobs", "run")]
)
def test_a_wrong_command_is_one_line_and_status_2(arguments: tuple[str, ...], run: Run) -> None:
    status, said, error = run(*arguments)
    assert (status, said) == (2, "")
    assert error.count("\n") == 1
    assert "Usage" not in error


def test_a_wrong_setting_is_one_line_that_names_it(run: Run) -> None:
    status, _, error = run("jobs", "list", PORT="many")
    assert status == 2
    assert "port" in error.lower()
    assert error.count("\n") == 1


def test_several_hosts_refuse_sqlite(run: Run) -> None:
    status, _, error = run("web", HOSTS="2")
    assert status == 2
    assert "PostgreSQL" in error


def test_a_network_file_system_is_recognised(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nserver:/x {tmp_path}/my\\040share nfs4 rw 0 0\nbroken\n")
    assert file_system(tmp_path / "my share" / "data" / "x.db", mounts) == "nfs4"
    assert file_system(tmp_path / "x.db", mounts) == "ext4"
    assert file_system(tmp_path / "x.db", tmp_path / "none") == ""


@pytest.mark.both_databases
def test_jobs_are_listed_with_their_last_run_and_run_by_hand(run: Run, sessions: Sessions) -> None:
    with sessions.write() as session:
        profile.load(session, profile.read(), clock=SystemClock())
    assert run("jobs", "list")[1].count("never run") == len(JOBS)
    for _ in range(2):
        status, said, _ = run("jobs", "run", "snapshot", "--date", "2025-03-01")
        assert status == 0
        assert re.fullmatch(r"snapshot 2025-03-01: outbound 0, inbound 0, audit trail 1 [0-9a-f]{64}\n", said), said
    assert "outbound 0, inbound 0" in run("jobs", "list")[1]
    with sessions.read() as session:
        assert [row.day.isoformat() for row in session.scalars(select(Snapshot))] == ["2025-03-01"] * 2
        assert {run.job for run in session.scalars(select(JobRun))} == {"snapshot"}


def test_a_job_that_fails_says_so(run: Run, sessions: Sessions) -> None:
    with sessions.write() as session:
        session.execute(text("DROP TABLE snapshot"))
    status, said, error = run("jobs", "run", "snapshot")
    assert status == 1
    assert "failed" in said
    assert "snapshot" in error
    assert "waiting" in run("jobs", "list")[1]


def test_the_first_administrator_and_a_new_password(run: Run, sessions: Sessions) -> None:
    status, said, _ = run("account", "create-admin", "Root", "--email", "root@example.org")
    first = said.split("password: ")[1].split()[0]
    assert status == 0
    assert run("account", "create-admin", "root")[0] == 1
    second = run("account", "reset-password", "root")[1].split("password: ")[1].split()[0]
    assert run("account", "reset-password", "nobody")[0] == 1
    with sessions.read() as session:
        account = session.scalars(select(Account)).one()
        assert (account.login, account.role, account.email) == ("root", Role.ADMIN, "root@example.org")

        class Attempt:
            login, network, account = "root", "", None

        Attempt.account = account
        assert [password_matches(Attempt, word) for word in (first, second)] == [False, True]  # type: ignore[arg-type]


@pytest.mark.both_databases
def test_the_doctor_finds_nothing_wrong_and_says_that_messages_wait(run: Run, sessions: Sessions) -> None:
    with sessions.write() as session:
        jobs.beat(session, "me", now=SystemClock().now())
    status, said, _ = run("doctor")
    assert status == 0, said
    assert "BAD" not in said
    assert "messages wait in the outbox" in said


def test_the_doctor_names_what_is_wrong(run: Run, settings: Settings, sessions: Sessions) -> None:
    settings.data_dir.chmod(0o755)
    with sessions.write() as session:
        payload = {"path": "/", "title": "题"}
        outbox.queue(session, "need_published", "x@example.org", payload, dedup_key="a", clock=SystemClock())
        session.query(OutboxMessage).update({"state": OutboxState.DEAD})
    migrate.downgrade(settings.database_url, "base")
    status, said, _ = run("doctor", SMTP_HOST="127.0.0.1", SMTP_PORT=str(free_port()))
    bad = {line.split()[1] for line in said.splitlines() if line.startswith("BAD")}
    assert status == 1
    assert {"data", "database", "mail", "outbox", "scheduler", "jobs"} <= bad
    assert "matchmaker migrate" in said


def test_the_doctor_reaches_the_mail_server(run: Run, mail_server: MailServer) -> None:
    said = run("doctor", SMTP_HOST=mail_server.host, SMTP_PORT=str(mail_server.port))[1]
    assert f"{mail_server.host}:{mail_server.port} answers" in said


def test_dead_messages_are_listed_and_revived(run: Run, sessions: Sessions) -> None:
    with sessions.write() as session:
        payload = {"path": "/", "title": "题"}
        outbox.queue(session, "need_published", "x@example.org", payload, dedup_key="a", clock=SystemClock())
        session.query(OutboxMessage).update({"state": OutboxState.DEAD, "tries": 10, "last_error": "550 no"})
    said = run("outbox", "list")[1]
    assert "x@example.org" in said
    assert "550 no" in said
    assert "1 messages" in run("outbox", "revive")[1]
    assert "queued" in run("outbox", "list")[1]


@pytest.mark.both_databases
def test_up_and_down_by_command(run: Run, settings: Settings) -> None:
    assert run("downgrade", "base")[:2] == (0, "database at base\n")
    assert run("jobs", "list")[0] == 2
    assert run("migrate")[:2] == (0, f"database at {migrate.head()}\n")
    assert migrate.current(settings.database_url) == migrate.head()
