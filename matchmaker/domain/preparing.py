"""What the parties of a meeting are told beforehand: agenda, what to bring, what stays secret, how to get there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time

from matchmaker.domain.meetings import LONGEST_PEOPLE
from matchmaker.domain.secrecy import refused
from matchmaker.i18n import gettext as _

LONGEST = 1000
MOST_LINES = 30
_LINE = re.compile(r"(?P<hour>\d{1,2})\s*[:：.]\s*(?P<minute>\d{2})(?!\d)\s*(?P<what>.*)", re.DOTALL)
Agenda = list[tuple[str, str]]


@dataclass(frozen=True)
class Particulars:
    """As typed. `agenda`: one line each, `09:30 what`, the time may be left out. `expected`: firm id → who comes."""

    agenda: str = ""
    bring: str = ""
    secrecy: str = ""
    travel: str = ""
    expected: Mapping[int, str] = field(default_factory=dict)

    def lines(self) -> Agenda:
        """The agenda as (time `HH:MM` or "", what)."""
        return [_read(line) for line in self.agenda.splitlines() if line.strip()]

    def problems(self) -> dict[str, str]:
        """Field → what is wrong with it; of an agenda the line is named."""
        found: dict[str, str] = {}
        for name in ("bring", "secrecy", "travel"):
            if len(getattr(self, name)) > LONGEST:
                found[name] = _("最多 %(limit)s 个字", limit=LONGEST)
        for firm_id, names in self.expected.items():
            if len(names) > LONGEST_PEOPLE:
                found[f"expected_{firm_id}"] = _("最多 %(limit)s 个字", limit=LONGEST_PEOPLE)
        return found | self._agenda_problems() | self._marks()

    def _marks(self) -> dict[str, str]:
        """What must not be kept because it bears a mark of classification."""
        called = {"agenda": _("议程"), "bring": _("需带资料"), "secrecy": _("保密提示"), "travel": _("交通")}
        return refused({name: (label, getattr(self, name)) for name, label in called.items()})

    def _agenda_problems(self) -> dict[str, str]:
        lines = self.lines()
        if len(lines) > MOST_LINES:
            return {"agenda": _("议程最多 %(limit)s 行", limit=MOST_LINES)}
        last = ""
        for number, (at, what) in enumerate(lines, 1):
            if at and not _is_time(at):
                return {"agenda": _("第 %(number)s 行的时间“%(at)s”不对，请写成 09:30 这样", number=number, at=at)}
            if not what or len(what) > LONGEST_PEOPLE:
                limit = LONGEST_PEOPLE
                return {"agenda": _("第 %(number)s 行请写内容，不超过 %(limit)s 个字", number=number, limit=limit)}
            if at and at < last:
                return {"agenda": _("第 %(number)s 行的时间早于上一行，请按先后填写", number=number)}
            last = at or last
        return {}


def _read(line: str) -> tuple[str, str]:
    found = _LINE.match(line.strip())
    if found is None:
        return "", line.strip()
    return f"{int(found['hour']):02d}:{found['minute']}", found["what"].strip()


def _is_time(text: str) -> bool:
    try:
        time.fromisoformat(text)
    except ValueError:
        return False
    return True


def typed(agenda: Agenda) -> str:
    """An agenda on file as the lines of its form."""
    return "\n".join(f"{at} {what}".strip() for at, what in agenda)


def names(text: str) -> list[str]:
    """The people named in a line such as `张三、李四；王五`."""
    return [name.strip() for name in re.split(r"[、,，;；\n]", text) if name.strip()]
