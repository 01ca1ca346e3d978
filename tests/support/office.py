"""LibreOffice, headless: what an office suite makes of a file of ours."""

import csv
import io
import shutil
import subprocess
from pathlib import Path

import pytest

FILTERS = {"txt": "txt:Text (encoded):UTF8", "csv": "csv:Text - txt - csv (StarCalc):44,34,76,1", "pdf": "pdf"}


def converted(path: Path, to: str, folder: Path) -> Path:
    """`path` as txt (of a document), csv (of a workbook's first sheet) or pdf, in `folder`; fails without LibreOffice.

    Its profile lies in `folder` too, so that conversions at one time do not wait for each other.
    """
    office = shutil.which("soffice")
    if office is None:
        pytest.fail("LibreOffice (soffice) is not installed: run tools/test-prerequisites")
    profile = (folder / "office-profile").resolve().as_uri()
    command = [office, f"-env:UserInstallation={profile}", "--headless", "--norestore"]
    command += ["--convert-to", FILTERS[to], "--outdir", str(folder), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    found = folder / f"{path.stem}.{to}"
    assert found.exists(), f"LibreOffice made no {to} of {path.name}: {done.stdout}{done.stderr}"
    return found


def text_of(path: Path, folder: Path) -> str:
    """The text that LibreOffice reads in a Word file."""
    return converted(path, "txt", folder).read_text("utf-8-sig")


def rows_of(path: Path, folder: Path) -> list[list[str]]:
    """The cells that LibreOffice shows in a workbook's first sheet."""
    return list(csv.reader(io.StringIO(converted(path, "csv", folder).read_text("utf-8-sig"))))
