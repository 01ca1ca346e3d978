"""One command: an empty folder, a city's pages, and nothing left behind."""

import json
import os
import signal
import stat
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from matchmaker.config import Settings
from tests.support.ports import free_port
from tests.support.server import Server

pytestmark = pytest.mark.slow
StartServer = Callable[..., Server]


@pytest.fixture
def empty(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "new" / "data", port=free_port())


def get(server: Server, path: str, **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(server.url + path, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def wait_for(what: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.1)
    raise AssertionError("it never came")


def children(server: Server) -> dict[str, int]:
    """Process id by command of those that `up` started itself."""
    listed = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    commands = {int(pid): Path(f"/proc/{pid}/cmdline").read_text().split("\0") for pid in listed}
    return {"scheduler" if "scheduler" in words else "web": pid for pid, words in commands.items()}


def test_from_an_empty_folder_to_pages_and_back_to_nothing(empty: Settings, start_server: StartServer) -> None:
    server = start_server(empty, "up").wait_until_ready()
    assert wait_for(lambda: f"ready: {empty.public_url}" in server.output())
    assert stat.S_IMODE(empty.data_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE((empty.data_dir / "secret.key").stat().st_mode) == 0o600
    status, page = get(server, "/")
    assert status == 200
    assert "市" in page
    assert not (Path.home() / ".gunicorn" / "gunicorn.ctl").exists()
    ready = json.loads(wait_for(lambda: get(server, "/readyz")[1]))
    assert ready["state"] == "ready"
    wait_for(lambda: json.loads(get(server, "/readyz")[1])["checks"].get("scheduler") == "ok")
    numbers = get(server, "/metrics")[1]
    assert 'matchmaker_outbox_messages{state="queued"} 0.0' in numbers
    assert 'matchmaker_job_last_success_timestamp_seconds{job="heartbeat"}' in numbers
    assert get(server, "/metrics", **{"X-Forwarded-For": "203.0.113.1"})[0] == 404
    assert server.stop() == 0


def test_another_city_by_its_name(empty: Settings, start_server: StartServer) -> None:
    server = start_server(empty, "up", "--city", "tangshan").wait_until_ready()
    assert "唐山市" in get(server, "/")[1]
    assert server.stop() == 0


def test_a_child_that_dies_comes_back(empty: Settings, start_server: StartServer) -> None:
    server = start_server(empty, "up").wait_until_ready()
    wait_for(lambda: "ready:" in server.output())
    before = children(server)
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: len(children(server)) == 2 and not set(children(server).values()) & set(before.values()))
    server.wait_until_ready()
    assert server.stop() == 0


def test_children_end_when_up_is_killed(empty: Settings, start_server: StartServer) -> None:
    server = start_server(empty, "up").wait_until_ready()
    server.process.kill()
    server.process.wait()
    wait_for(lambda: not server.running())


def test_a_port_that_is_taken_ends_it_with_the_reason(empty: Settings, start_server: StartServer) -> None:
    first = start_server(empty, "up").wait_until_ready()
    other = Settings(data_dir=empty.data_dir.parent / "other", port=empty.port)
    second = start_server(other, "up")
    assert second.process.wait(60) == 2
    assert f"127.0.0.1:{empty.port}: Address already in use" in second.output()
    assert not second.running()
    assert first.answers("/readyz")


def test_web_and_scheduler_refuse_a_database_that_is_not_migrated(empty: Settings, start_server: StartServer) -> None:
    for command in ("web", "scheduler"):
        server = start_server(empty, command)
        assert server.process.wait(60) == 2
        assert "matchmaker migrate" in server.output()


def test_two_installations_of_one_user_do_not_meet(empty: Settings, tmp_path: Path, start_server: StartServer) -> None:
    other = Settings(data_dir=tmp_path / "other", port=free_port())
    servers = [start_server(settings, "up") for settings in (empty, other)]
    for server in servers:
        server.wait_until_ready()
    assert servers[0].stop() == 0
    assert servers[1].answers("/readyz")
    assert servers[1].stop() == 0
