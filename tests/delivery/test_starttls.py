"""An encrypted connection: only to a server that proves its name, and cut like any other when it stalls or breaks."""

import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from matchmaker.config import Settings
from matchmaker.db.session import Sessions
from matchmaker.delivery.mail import Unreachable, mailer
from matchmaker.delivery.post import deliver
from matchmaker.domain.vocabulary import OutboxState
from tests.delivery.test_nasty_servers import rounds
from tests.delivery.test_post import queue, states
from tests.support.nasty_mail import DATA, DRIP, DROP, MAIL, STALL, NastyServer

NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1"


class Elsewhere(NastyServer):
    host = "127.0.0.2"  # stands for another machine


def certificate(folder: Path, names: str = NAMES) -> tuple[Path, Path]:
    """A certificate that vouches for itself, and its key."""
    key, made = folder / "key.pem", folder / "certificate.pem"
    made_for = ("-subj", "/CN=mail", "-addext", names, "-days", "1", "-nodes", "-newkey", "rsa:2048")
    command = ["openssl", "req", "-x509", "-keyout", str(key), "-out", str(made), *made_for]
    subprocess.run(command, check=True, capture_output=True)
    return made, key


def serving(folder: Path, names: str = NAMES) -> Iterator[NastyServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(folder, names))
    server = NastyServer(context)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NastyServer]:
    yield from serving(tmp_path)


@pytest.fixture
def impostor(tmp_path: Path) -> Iterator[NastyServer]:
    yield from serving(tmp_path, "subjectAltName=DNS:another.example")


def through(settings: Settings, server: NastyServer, **more: Any) -> Settings:
    mail = {"smtp_host": server.host, "smtp_port": server.port, "smtp_starttls": True, "smtp_timeout_seconds": 0.5}
    return settings.model_copy(update=mail | more)


def test_letters_go_encrypted_and_survive_a_server_that_misbehaves(
    sessions: Sessions, settings: Settings, server: NastyServer, tmp_path: Path
) -> None:
    settings = through(settings, server, smtp_ca_file=tmp_path / "certificate.pem")
    queue(sessions, "a", "b")
    assert deliver(sessions, settings) == "sent 2, failed 0"
    queue(sessions, "c")
    server.faults = [(MAIL, DRIP), (DATA, STALL), (MAIL, DROP)]
    rounds(sessions, settings)
    assert server.faults == []
    assert set(states(sessions).values()) == {OutboxState.SENT}
    assert len(server.messages) == 3


def test_nothing_goes_to_a_server_that_nobody_vouches_for(
    sessions: Sessions, settings: Settings, server: NastyServer
) -> None:
    settings = through(settings, server)
    queue(sessions, "a")
    rounds(sessions, settings)
    assert states(sessions) == {"a": OutboxState.QUEUED}
    assert server.messages == []
    with pytest.raises(Unreachable, match="certificate verify failed"), mailer(settings) as mail:
        mail.open()


def test_nothing_goes_to_a_server_of_another_name(settings: Settings, impostor: NastyServer, tmp_path: Path) -> None:
    settings = through(settings, impostor, smtp_ca_file=tmp_path / "certificate.pem")
    with pytest.raises(Unreachable, match="not valid for"), mailer(settings) as mail:
        mail.open()


def test_a_password_goes_nowhere_in_clear(settings: Settings) -> None:
    server = Elsewhere()
    server.start()
    account = {"smtp_user": "matchmaker", "smtp_password": SecretStr("secret")}
    settings = through(settings, server, smtp_starttls=False, **account)
    with pytest.raises(Unreachable, match="not sent in clear"), mailer(settings) as mail:
        mail.open()
    server.stop()
