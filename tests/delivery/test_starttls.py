"""An encrypted connection that stalls, drips or breaks is cut like any other."""

import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from matchmaker.config import Settings
from matchmaker.db.session import Sessions
from matchmaker.delivery.post import deliver
from matchmaker.domain.vocabulary import OutboxState
from tests.delivery.test_nasty_servers import rounds
from tests.delivery.test_post import queue, states
from tests.support.nasty_mail import DATA, DRIP, DROP, MAIL, STALL, NastyServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NastyServer]:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = (
        "-keyout",
        key,
        "-out",
        certificate,
        "-subj",
        "/CN=localhost",
        "-days",
        "1",
        "-nodes",
        "-newkey",
        "rsa:2048",
    )
    subprocess.run(["openssl", "req", "-x509", *map(str, made)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = NastyServer(context)
    server.start()
    yield server
    server.stop()


def test_letters_go_encrypted_and_survive_a_server_that_misbehaves(
    sessions: Sessions, settings: Settings, server: NastyServer
) -> None:
    mail = {"smtp_host": server.host, "smtp_port": server.port, "smtp_starttls": True, "smtp_timeout_seconds": 0.5}
    settings = settings.model_copy(update=mail)
    queue(sessions, "a", "b")
    assert deliver(sessions, settings) == "sent 2, failed 0"
    queue(sessions, "c")
    server.faults = [(MAIL, DRIP), (DATA, STALL), (MAIL, DROP)]
    rounds(sessions, settings)
    assert server.faults == []
    assert set(states(sessions).values()) == {OutboxState.SENT}
    assert len(server.messages) == 3
