import re
from pathlib import Path

import pytest
from flask import Flask

from matchmaker.resources import resource_dir

ROOT = resource_dir("templates")
TEMPLATES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.html"))
CODE = Path(__file__).parent.parent.parent / "matchmaker" / "web"


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_compiles(app: Flask, name: str) -> None:
    app.jinja_env.get_template(name)


def test_every_page_is_used_and_every_page_used_exists() -> None:
    named = re.compile(r'"((?:pages|errors|layouts|macros)/[\w/]+\.html)"')
    sources = [path.read_text(encoding="utf-8") for path in [*CODE.rglob("*.py"), *ROOT.rglob("*.html")]]
    used = {name for source in sources for name in named.findall(source)}
    assert used == set(TEMPLATES)


def test_templates_hold_no_scripts_styles_or_foreign_addresses() -> None:
    for name in TEMPLATES:
        source = (ROOT / name).read_text(encoding="utf-8")
        assert not re.search(r"\son\w+=|\sstyle=|https?://|<script(?! src=\"\{\{ asset)", source), name
