"""A private PostgreSQL: its own folder, its own port, gone when the tests are."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

from tests.support.ports import free_port

PROGRAMS = Path("/usr/lib/postgresql")
ACCOUNT = "postgres"  # the server refuses to run as root
START_SECONDS = 60
# Stops the server and removes its folder ($0) when its standard input ends: at `stop`, and when the tests are killed.
WATCH = '"$@" & read -r _; kill -QUIT $!; wait; rm -rf "$0"'
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
}


def programs() -> Path:
    """Return the folder of the newest installed server's programs."""
    found = sorted(PROGRAMS.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if not found:
        raise RuntimeError(f"no PostgreSQL in {PROGRAMS}: run tools/test-prerequisites")
    return found[-1].parent


class Postgres:
    """A running server; `create` and `drop` make databases on it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="matchmaker-postgres-"))
        self.port = free_port()
        self._user = ACCOUNT if os.geteuid() == 0 else None
        if self._user:
            account = pwd.getpwnam(self._user)
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        self._process: subprocess.Popen[bytes] | None = None
        self._made = 0

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://{ACCOUNT}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        data = self.folder / "data"
        self._run("initdb", "-D", data, "-U", ACCOUNT, "-A", "trust", "--locale=C.UTF-8", "-E", "UTF8", "--no-sync")
        options = [f"-c{name}={value}" for name, value in OPTIONS.items()]
        places = ["-D", str(data), "-k", str(self.folder), "-p", str(self.port)]
        command = [str(programs() / "postgres"), *places, *options]
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", WATCH, str(self.folder), *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                user=self._user,
                cwd="/",
                start_new_session=True,
            )
        self._wait(self._process)

    def stop(self) -> None:
        if self._process is not None:
            self._process.communicate(timeout=30)
        shutil.rmtree(self.folder, ignore_errors=True)

    def create(self, *, template: str = "template1") -> str:
        """Create a database as a copy of `template` and return its name."""
        self._made += 1
        name = f"test_{self._made}"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def drop(self, name: str) -> None:
        self._execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._conninfo(), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _conninfo(self) -> str:
        return f"host=127.0.0.1 port={self.port} user={ACCOUNT} dbname=postgres connect_timeout=15"

    def _run(self, program: str, *arguments: object) -> None:
        command = [str(part) for part in (programs() / program, *arguments)]
        subprocess.run(command, check=True, capture_output=True, user=self._user, cwd="/")

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            try:
                self._execute("SELECT 1")
            except psycopg.OperationalError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError(f"PostgreSQL did not start:\n{(self.folder / 'log').read_text(errors='replace')}")
