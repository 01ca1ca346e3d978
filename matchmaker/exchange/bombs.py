"""Archives that unpack to far more than they are, refused before anything parses them."""

import zipfile
from pathlib import Path

from matchmaker.errors import InputError

MOST_ENTRIES = 2_000
MOST_BYTES = 200 * 2**20
MOST_RATIO = 100
_HARMLESS_BYTES = 20 * 2**20


def check_unpacked_size(path: Path) -> None:
    """Raise `InputError` unless `path` is a zip of sane size whose directory tells the truth."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _check(path, len(entries), sum(entry.file_size for entry in entries))
            # A directory that understates a size shows in the checksum.
            if archive.testzip() is not None:
                raise InputError(f"{path}: damaged archive")
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise InputError(f"{path}: not a readable workbook: {error}") from error


def _check(path: Path, entries: int, unpacked: int) -> None:
    if entries > MOST_ENTRIES:
        raise InputError(f"{path}: refused, {entries:,} entries (at most {MOST_ENTRIES:,})")
    if unpacked > MOST_BYTES:
        raise InputError(f"{path}: refused, unpacks to {unpacked:,} bytes (at most {MOST_BYTES:,})")
    if unpacked > _HARMLESS_BYTES and unpacked > MOST_RATIO * path.stat().st_size:
        raise InputError(f"{path}: refused, unpacks to more than {MOST_RATIO} times its size")
