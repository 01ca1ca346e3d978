import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import ValidationError

from matchmaker.config import Settings, child_environment


def test_defaults_need_nothing_but_a_folder(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path}/matchmaker.db"
    assert settings.public_url == "http://127.0.0.1:8000"
    assert (settings.city, settings.today, settings.hosts) == (None, None, 1)


def test_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATCHMAKER_TODAY", "2025-06-30")
    monkeypatch.setenv("MATCHMAKER_PORT", "8123")
    monkeypatch.setenv("MATCHMAKER_CITY", "")
    settings = Settings()
    assert (str(settings.today), settings.port, settings.city) == ("2025-06-30", 8123, None)


@pytest.mark.parametrize("name", ["DATABASE_URL", "MATCHMAKER_DATABASE_URL"])
@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_postgresql_gets_its_driver(monkeypatch: pytest.MonkeyPatch, name: str, scheme: str) -> None:
    monkeypatch.setenv(name, f"{scheme}://user@host/db")
    assert Settings().database_url == "postgresql+psycopg://user@host/db"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"database_url": "mysql://host/db"}, "sqlite:// or postgresql"),
        ({"hosts": 2}, "several hosts need PostgreSQL"),
        ({"port": 0}, "port"),
        ({"today": "30 June"}, "today"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_settings_that_cannot_work_are_refused(options: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Settings(**options)


def test_several_hosts_are_fine_with_postgresql() -> None:
    assert Settings(hosts=2, database_url="postgresql://host/db").hosts == 2


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("0.0.0.0", "http://127.0.0.1:8000"),  # noqa: S104 — a setting, not a binding
        ("::", "http://[::1]:8000"),
        ("a.cn", "http://a.cn:8000"),
    ],
)
def test_public_url_can_be_opened(host: str, url: str) -> None:
    assert Settings(host=host).public_url == url


def test_key_is_made_once_and_private(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(lambda _: settings.key(), range(64)))
    assert len(keys) == 1
    assert len(keys.pop()) >= 43
    assert [path.name for path in settings.data_dir.iterdir()] == ["secret.key"]
    assert stat.S_IMODE((settings.data_dir / "secret.key").stat().st_mode) == 0o600


def test_given_key_is_used_and_not_shown(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, secret_key="hush")
    assert settings.key() == "hush"
    assert "hush" not in repr(settings)


def test_child_process_reads_the_same_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATCHMAKER_CITY", "elsewhere")
    monkeypatch.setenv("DATABASE_URL", "postgresql://host/db")
    settings = Settings(
        data_dir=tmp_path, database_url="sqlite:////tmp/x.db", city=None, today="2025-06-30", smtp_password="hush"
    )
    for name in ("MATCHMAKER_CITY", "DATABASE_URL"):
        assert name not in child_environment(settings)
        monkeypatch.delenv(name)
    for name, value in child_environment(settings).items():
        monkeypatch.setenv(name, value)
    assert Settings() == settings


def test_every_setting_says_what_it_means() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
