"""Indicators 主要指标 as a firm types them row by row: name, comparison, value and unit become one line each."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from matchmaker.i18n import gettext as _

COMPARISONS = ("≤", "≥", "<", ">", "=", "±")
ROWS = 4
PARTS = ("name", "comparison", "value", "unit")
_CLOSE = ("%", "‰", "℃", "°")  # units written without a space before them
_UNITS = re.compile(
    "个|件|只|次|分钟|小时|天|日|周|月|年|秒|吨|公斤|千克|克|倍|台|套|条|万|元|层|级|度|批|片|米|微米|毫米|厘米|升|毫升"
    "|组|帧|点|人"
).pattern
_QUANTITY = re.compile(rf"\d\s*(?:[%‰℃°μµΩ]|(?:[a-zA-ZΩμµ]{{1,5}}(?![a-zA-Z0-9-]))|(?:{_UNITS}))")


@dataclass(frozen=True)
class Indicator:
    """One row. `problem` says what is missing where only a part of it is there."""

    name: str
    comparison: str
    value: str
    unit: str

    @property
    def line(self) -> str:
        """`裂纹率 ≤ 0.5%`, `平面度 ≤ 0.3 mm/m`."""
        gap = "" if not self.unit or self.unit.startswith(_CLOSE) else " "
        return f"{self.name} {self.comparison or '='} {self.value}{gap}{self.unit}"

    @property
    def empty(self) -> bool:
        """Whether nothing was typed; a comparison alone is what the form began with."""
        return not (self.name or self.value or self.unit)

    @property
    def whole(self) -> bool:
        """Whether it can be made a line."""
        return bool(self.name and self.value)


def field_name(row: int, part: str) -> str:
    """What a cell is called in the form, rows from 1."""
    return f"indicator_{row}_{part}"


def typed_rows(values: Mapping[str, str]) -> list[Indicator]:
    """The rows of a form's values, the empty ones too."""
    return [Indicator(*(values.get(field_name(row, part), "") for part in PARTS)) for row in range(1, ROWS + 1)]


def with_rows(text: str, rows: Iterable[Indicator]) -> str:
    """The text of the indicators with the rows below it, each that is not there already on a line of its own."""
    lines = [row.line for row in rows if row.whole]
    return "\n".join([*([text] if text else []), *(line for line in dict.fromkeys(lines) if line not in text)])


def problem_of(rows: Iterable[Indicator]) -> str:
    """Which row is neither empty nor whole, "" for none."""
    half = next((place for place, row in enumerate(rows, start=1) if not row.empty and not row.whole), None)
    return _("主要指标第 %(row)s 行：请把指标名称和数值都填上，或清空这一行", row=half) if half else ""


def has_quantity(text: str) -> bool:
    """Whether a number with a unit stands in the text: 0.5 mm, 95%, 3 次; 6061 铝合金 is none."""
    return _QUANTITY.search(text) is not None
