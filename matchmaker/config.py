"""The settings, and the only place that reads the environment."""

import os
import secrets
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AliasChoices, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "MATCHMAKER_"

Port = Annotated[int, Field(ge=1, le=65535)]
Positive = Annotated[int, Field(ge=1)]


class Settings(BaseSettings):
    """Every setting: its name in the environment is the field's in capitals after `MATCHMAKER_`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid", populate_by_name=True
    )

    data_dir: Path = Field(Path("data"), description="Folder of the SQLite database, the secret key and scratch files")
    database_url: str = Field(
        "",
        validation_alias=AliasChoices(f"{PREFIX}DATABASE_URL", "DATABASE_URL"),
        description="postgresql+psycopg://… for several hosts, as DATABASE_URL too; left out: SQLite in data_dir",
    )
    host: str = Field("127.0.0.1", description="Address to listen on")
    port: Port = Field(8000, description="Port to listen on")
    public_url: str = Field(
        "", description="Address that people see, for links in messages; left out: http://host:port"
    )
    city: str | None = Field(None, description="City profile to start with; left out: the profile marked as default")
    today: date | None = Field(None, description="Fixed day for demonstrations and tests, as 2026-06-30")
    secret_key: SecretStr | None = Field(
        None,
        description="Key that signs links and forms, the same on every host; left out: secret.key in the data folder",
    )
    workers: Positive = Field(2, description="Web worker processes on this host")
    threads: Positive = Field(4, description="Threads of each web worker")
    proxies: int = Field(0, ge=0, description="Reverse proxies in front whose X-Forwarded-* headers are believed")
    hosts: Positive = Field(1, description="Hosts that share the database; more than one needs PostgreSQL")
    smtp_host: str | None = Field(None, description="Mail server; left out: messages wait in the outbox")
    smtp_port: Port = Field(25, description="Port of the mail server")
    smtp_user: str | None = Field(None, description="Name to sign in to the mail server with")
    smtp_password: SecretStr | None = Field(None, description="Password to sign in to the mail server with")
    smtp_from: str = Field("matchmaker@localhost", description="Sender of the messages")
    smtp_starttls: bool = Field(
        False, description="Encrypt the connection to the mail server with STARTTLS; no password goes out without"
    )
    smtp_ca_file: Path | None = Field(
        None, description="PEM file of the authority that signed the mail server's certificate; left out: the system's"
    )
    smtp_timeout_seconds: float = Field(
        20, gt=0, le=60, description="Seconds after which a mail server that says nothing is given up"
    )
    session_idle_minutes: Positive = Field(60, description="Minutes without a request after which one is signed out")
    session_absolute_minutes: Positive = Field(720, description="Minutes after which one signs in again in any case")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least serious level written")
    invitation_answer_days: Positive = Field(7, description="Days in which an invitation is to be answered")
    review_days: Positive = Field(5, description="Working days in which a need is to be reviewed at each desk")
    escalation_days: Positive = Field(
        60, description="Days after which a published need that nobody was invited for or met about is to be discussed"
    )
    report_day: int = Field(
        10, ge=1, le=28, description="Day of the month from which the report about the month or quarter before is due"
    )
    stale_months: Positive = Field(
        12, description="Months after which a profile or posting counts as stale unless confirmed again"
    )
    frozen_months: Positive = Field(
        24, description="Months after which a listed capability is no longer matched unless confirmed again"
    )

    check_in_minutes: Positive = Field(
        15, description="Minutes for which a code for checking in at a meeting is good; a new one comes before that"
    )

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, folder: Path) -> Path:
        return folder.expanduser().absolute()

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, level: object) -> object:
        return level.upper() if isinstance(level, str) else level

    @field_validator("database_url")
    @classmethod
    def _with_driver(cls, url: str) -> str:
        scheme, separator, rest = url.partition("://")
        if scheme in {"postgresql", "postgres"}:
            return f"postgresql+psycopg{separator}{rest}"
        if url and scheme not in {"sqlite", "postgresql+psycopg"}:
            raise ValueError("database_url must begin with sqlite:// or postgresql+psycopg://")
        return url

    @model_validator(mode="after")
    def _derive(self) -> Self:
        if not self.database_url:
            object.__setattr__(self, "database_url", f"sqlite:///{self.data_dir / 'matchmaker.db'}")
        if not self.public_url:
            object.__setattr__(self, "public_url", f"http://{_in_url(self.host)}:{self.port}")
        object.__setattr__(self, "public_url", self.public_url.rstrip("/"))
        # SQLite's write-ahead log needs all its processes on one host and does not work over a network file system.
        if self.hosts > 1 and self.sqlite:
            raise ValueError("several hosts need PostgreSQL: set DATABASE_URL=postgresql+psycopg://…")
        return self

    @property
    def sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    def key(self) -> str:
        """Return the signing key; without a setting it is made once, in a file that only the owner may read."""
        if self.secret_key is not None:
            return self.secret_key.get_secret_value()
        path = self.data_dir / "secret.key"
        if not path.exists():
            _create_once(path, secrets.token_urlsafe(48))
        return path.read_text(encoding="ascii").strip()


def child_environment(settings: Settings) -> dict[str, str]:
    """Return the environment in which a child process reads exactly these settings."""
    ours = {f"{PREFIX}{name.upper()}": value for name, value in _as_text(settings).items()}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    inherited.pop("DATABASE_URL", None)
    return inherited | ours


def _as_text(settings: Settings) -> Mapping[str, str]:
    values = {name: getattr(settings, name) for name in type(settings).model_fields}
    return {
        name: value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for name, value in values.items()
        if value is not None
    }


def _in_url(host: str) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 — compared, not bound
    return f"[{host}]" if ":" in host else host


def _create_once(path: Path, text: str) -> None:
    """Write a private file that appears whole, or leave the one that another process made first."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent)  # mode 0600
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        Path(draft).unlink()
