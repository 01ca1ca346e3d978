"""Minutes as rows: 问题–建议–下一步–责任人–期限."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from matchmaker.domain.secrecy import refused
from matchmaker.i18n import gettext as _

MOST_ROWS = 30
LONGEST_CELL, LONGEST_OWNER = 2_000, 64


@dataclass(frozen=True)
class MinuteRow:
    """One row as it was typed; `item_id` is the row on file that it replaces, `due` a day in Asia/Shanghai."""

    problem: str = ""
    advice: str = ""
    next_step: str = ""
    owner: str = ""
    due: date | None = None
    item_id: int | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing was typed."""
        return not (self.problem or self.advice or self.next_step or self.owner or self.due)

    def problems(self, number: int, day: date) -> dict[str, str]:
        """Field → what is wrong, for the row with this number of a meeting held on `day`.

        A next step without somebody who does it by a day is none; an owner or a day without a step is of nothing.
        """
        found = {name: _("最多 %(limit)s 个字", limit=limit) for name, limit in self._too_long()}
        if self.next_step:
            found |= {} if self.owner else {"owner": _("请写明下一步由谁负责")}
            found |= {} if self.due else {"due": _("请写明下一步的期限")}
        elif self.owner or self.due:
            found["next_step"] = _("请写明要做什么，或去掉责任人和期限")
        if self.due and self.due < day:
            found["due"] = _("期限不能早于活动日期 %(day)s", day=day.isoformat())
        found |= refused(self._texts())
        return {f"{name}_{number}": text for name, text in found.items()}

    def _texts(self) -> dict[str, tuple[str, str]]:
        called = {"problem": _("问题"), "advice": _("建议"), "next_step": _("下一步"), "owner": _("责任人")}
        return {name: (label, getattr(self, name)) for name, label in called.items()}

    def _too_long(self) -> Iterable[tuple[str, int]]:
        limits = {"problem": LONGEST_CELL, "advice": LONGEST_CELL, "next_step": LONGEST_CELL, "owner": LONGEST_OWNER}
        return [(name, limit) for name, limit in limits.items() if len(getattr(self, name)) > limit]


def row_problems(rows: Sequence[MinuteRow], day: date) -> dict[str, str]:
    """Field → what is wrong with the rows, numbered from 0 as they stand on the form."""
    found: dict[str, str] = {}
    for number, row in enumerate(rows):
        found |= row.problems(number, day)
    if len(rows) > MOST_ROWS:
        found[f"problem_{MOST_ROWS}"] = _("最多 %(limit)s 行，其余请写进文字纪要", limit=MOST_ROWS)
    return found
