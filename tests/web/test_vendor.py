"""Files of others are exactly what was published, with version and licence, and the pages load no others."""

import hashlib
import re
import tomllib
from pathlib import Path

import pytest

import matchmaker.web
from matchmaker.resources import resource_dir

FOLDER = Path(matchmaker.web.__file__).parent / "static" / "vendor"
LISTED = {row["file"]: row for row in tomllib.loads((FOLDER / "vendor.toml").read_text("utf-8"))["files"]}


@pytest.mark.parametrize("name", sorted(LISTED))
def test_a_vendored_file_is_the_published_one(name: str) -> None:
    row = LISTED[name]
    assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == row["sha256"]
    assert row["version"] in name
    assert row["license"]
    assert (FOLDER / row["license_file"]).read_text("utf-8").strip()


def test_every_vendored_file_is_listed_and_used() -> None:
    described = {"vendor.toml"} | {row["license_file"] for row in LISTED.values()}
    assert {path.name for path in FOLDER.iterdir()} - described == set(LISTED)
    layout = (resource_dir("templates") / "layouts" / "base.html").read_text("utf-8")
    assert set(re.findall(r"vendor/([\w.-]+\.(?:js|css))", layout)) == set(LISTED)
