"""Pieces of the forms of a team at work."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from matchmaker.db.models import Team
from matchmaker.domain.drafts import About, Shape, parse
from matchmaker.errors import Invalid
from matchmaker.web.forms import Control

FORM = "pages/team_life/form.html"
DAY = About("日期", Shape.DAY, mandatory=True)
Values = Mapping[str, Any]


def form_of(team: Team, title: str, action: str, items: list[Control], **more: Any) -> dict[str, Any]:
    """A form about a team: `items` are its fields in order."""
    page = {"team": team, "heading": title, "action": action, "controls": items, "errors": {}}
    return page | {"files": False, "hidden": {}, "suggested": {}} | more


def day_of(values: Values, name: str) -> date:
    try:
        found = parse(DAY, values.get(name, ""))
    except ValueError as wrong:
        raise Invalid({name: str(wrong)}) from wrong
    if not isinstance(found, date):
        raise TypeError("a mandatory day is a day")
    return found
