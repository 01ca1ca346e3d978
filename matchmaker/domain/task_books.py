"""Task books: their rows as a form sends them, what is promised, and what one version says differently from another."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from matchmaker.domain.drafts import About, Shape, TaskBookDraft, parse
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _

LINK_LIFE = timedelta(days=30)
MOST_ROWS = 20
SPARE_ROWS = 2
OUTPUTS = {
    "patents": "专利（件）",
    "platforms": "共建平台（个）",
    "achievements": "转化成果（项）",
    "contracts": "技术合同（份）",
}
PROBLEM = {
    "problem": About("问题", Shape.TEXT, 1000, mandatory=True),
    "indicator": About("指标", Shape.TEXT, 1000, mandatory=True),
    "firm": About("企业"),
}
MILESTONE = {"title": About("里程碑", limit=200, mandatory=True), "due": About("完成日期", Shape.DAY, mandatory=True)}
Rows = list[dict[str, Any]]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Written:
    """A whole version, checked."""

    draft: TaskBookDraft
    problems: Rows
    milestones: Rows

    @property
    def outputs(self) -> dict[str, int]:
        """What is promised, kind → number."""
        found = {name: getattr(self.draft, name) for name in OUTPUTS}
        return {name: number for name, number in found.items() if number}

    @property
    def target_half_days(self) -> int | None:
        """The promised days in half-days."""
        return int(self.draft.target_days * 2) if self.draft.target_days else None


def rows_of(values: Mapping[str, str], fields: Mapping[str, About], prefix: str) -> Rows:
    """The rows `<prefix>_<field>_<n>` that are not empty, checked. Raises `Invalid` (field → message)."""
    found: Rows = []
    errors: dict[str, str] = {}
    for number in range(MOST_ROWS):
        sent = {name: values.get(f"{prefix}_{name}_{number}", "").strip() for name in fields}
        if any(sent.values()):
            found.append(_row(sent, fields, f"{prefix}_%s_{number}", errors))
    if errors:
        raise Invalid(errors)
    return found


def _row(sent: Mapping[str, str], fields: Mapping[str, About], place: str, errors: dict[str, str]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, about in fields.items():
        try:
            value = parse(about, sent[name])
        except ValueError as wrong:
            errors[place % name] = str(wrong)
            continue
        row[name] = value.isoformat() if isinstance(value, date) else value
    return row


def checked(draft: TaskBookDraft, problems: Rows, milestones: Rows) -> Written:
    """A version as a whole. Raises `Invalid` without a problem or milestone, and for one outside the term."""
    if not problems:
        raise Invalid({"problem_problem_0": _("问题：至少写一个要解决的问题和它的指标")})
    if not milestones:
        raise Invalid({"milestone_title_0": _("里程碑：至少写一个，并写明完成日期")})
    first, last = str(draft.starts_on), str(draft.ends_on)
    for number, row in enumerate(milestones):
        if not first <= row["due"] <= last:
            raise Invalid({f"milestone_due_{number}": _("完成日期：应在服务开始和结束之间，请核对")})
    return Written(draft, problems, sorted(milestones, key=lambda row: row["due"]))


@dataclass(frozen=True)
class Difference:
    """One thing that two versions say differently."""

    label: str
    before: str
    after: str


def differences(before: Row, after: Row) -> list[Difference]:
    """What `after` says differently from `before`; both as `as_text` gives them."""
    return [
        Difference(label, before.get(label, ""), after.get(label, ""))
        for label in dict.fromkeys([*before, *after])
        if before.get(label, "") != after.get(label, "")
    ]


def lines(rows: Sequence[Row], *names: str) -> str:
    """Rows as lines of text."""
    return "\n".join(" · ".join(_filled(row, names)) for row in rows)


def _filled(row: Row, names: Sequence[str]) -> Iterator[str]:
    return (str(row[name]) for name in names if row.get(name))


def day_text(half_days: int | None) -> str:
    """Half-days as days: `12.5`; "" for None."""
    return "" if half_days is None else f"{half_days / 2:g}"
