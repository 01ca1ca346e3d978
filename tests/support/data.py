"""The real data sets, when they lie beside the checkout. Nothing of them is kept in the repository."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def data_file(*parts: str) -> Path:
    """Return a file or folder of the real data; the test is skipped where it is not to be had."""
    folder = Path(os.environ.get("MATCHMAKER_TEST_DATA") or ROOT.parent / "shared" / "data")
    path = folder.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"real data not found: {'/'.join(parts)} (set MATCHMAKER_TEST_DATA)")
    return path
