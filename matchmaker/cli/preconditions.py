"""What must hold before a process starts."""

import socket
from pathlib import Path

from sqlalchemy import make_url

from matchmaker.config import Settings
from matchmaker.db import migrate
from matchmaker.errors import InputError

NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "9p", "ceph", "glusterfs", "lustre", "gpfs", "ocfs2"}
    | {"fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.rclone", "fuse.ceph", "fuse.juicefs"}
)


def prepare_data_dir(settings: Settings) -> None:
    """Make the data folder for its owner only, and refuse a SQLite file on a network file system (traps T11)."""
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings.data_dir.chmod(0o700)
    except OSError as error:
        raise InputError(f"{settings.data_dir}: {error.strerror}") from error
    path = sqlite_path(settings)
    kind = file_system(path) if path else ""
    if kind in NETWORK_FILE_SYSTEMS:
        raise InputError(f"{path}: SQLite does not work over a network file system ({kind}); set DATABASE_URL")


def require_migrated(settings: Settings) -> None:
    """Raise unless the database is at the revision this code knows."""
    at, head = migrate.current(settings.database_url), migrate.head()
    if at != head:
        raise InputError(f"the database is at {at or 'base'}, this version needs {head}: run `matchmaker migrate`")


def require_free_port(settings: Settings) -> None:
    """Raise if the address cannot be listened on, before anything is started."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise InputError(f"{settings.host}:{settings.port}: {error.strerror}; choose another --port") from error


def sqlite_path(settings: Settings) -> Path | None:
    """The database file, None for PostgreSQL."""
    database = make_url(settings.database_url).database
    return Path(database).absolute() if settings.sqlite and database else None


def file_system(path: Path, mounts: Path = Path("/proc/mounts")) -> str:
    """The type of the file system that `path` lies on, "" where the host does not tell."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    points = [(Path(fields[1].replace("\\040", " ")), fields[2]) for fields in map(str.split, lines) if len(fields) > 2]
    found = [(len(point.parts), kind) for point, kind in points if path.resolve().is_relative_to(point)]
    return max(found, default=(0, ""), key=lambda each: each[0])[1]
