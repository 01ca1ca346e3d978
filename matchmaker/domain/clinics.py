"""Technical clinics: the rows of a round and of a diagnosis sheet as forms send them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from matchmaker.domain.availability import Half
from matchmaker.domain.drafts import About, ClinicDraft, DiagnosisDraft, Shape
from matchmaker.domain.task_books import Rows
from matchmaker.domain.vocabulary import Urgency, Visited
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _

VISIT = {
    "firm": About("企业", mandatory=True),
    "day": About("日期", Shape.DAY, mandatory=True),
    "half": About("上午或下午", Shape.CHOICE, words=Half, mandatory=True),
}
PROBLEM = {
    "id": About("编号", Shape.KEY, 16),
    "problem": About("问题", Shape.TEXT, 1000, mandatory=True),
    "advice": About("建议", Shape.TEXT, 1000),
    "urgency": About("轻重缓急", Shape.CHOICE, words=Urgency, mandatory=True),
}


@dataclass(frozen=True)
class Stop:
    """A firm of the round and when it is visited."""

    firm: str
    day: date
    half: Half


@dataclass(frozen=True)
class Round:
    """A clinic as it is planned, checked."""

    draft: ClinicDraft
    stops: Sequence[Stop]


@dataclass(frozen=True)
class Problem:
    """A problem found; `id` is that of the row it replaces, "" for a new one."""

    id: str
    problem: str
    advice: str
    urgency: Urgency


@dataclass(frozen=True)
class Diagnosis:
    """A diagnosis sheet, checked."""

    draft: DiagnosisDraft
    problems: Sequence[Problem]


def planned(draft: ClinicDraft, rows: Rows) -> Round:
    """A round as a whole. Raises `Invalid` without a firm, and for two at one time or one that comes twice."""
    stops = [Stop(row["firm"], date.fromisoformat(row["day"]), Half(row["half"])) for row in rows]
    if not stops:
        raise Invalid({"visit_firm_0": _("企业：至少安排一家，并写明哪天上午或下午")})
    errors: dict[str, str] = {}
    for number, stop in enumerate(stops):
        earlier = stops[:number]
        if stop.firm in {one.firm for one in earlier}:
            errors[f"visit_firm_{number}"] = _("企业：同一家企业在一次巡诊中只列一次")
        elif (stop.day, stop.half) in {(one.day, one.half) for one in earlier}:
            errors[f"visit_day_{number}"] = _("日期：同一个半天只能去一家企业，请换时间")
    if errors:
        raise Invalid(errors)
    return Round(draft, stops)


def diagnosed(draft: DiagnosisDraft, rows: Rows) -> Diagnosis:
    """A sheet as a whole. Raises `Invalid` for problems of a firm that was not visited."""
    if rows and draft.visited is Visited.NO:
        raise Invalid({"problem_problem_0": _("问题：没有去成的企业不填问题")})
    return Diagnosis(draft, [Problem(row["id"] or "", row["problem"], row["advice"], row["urgency"]) for row in rows])


def without_left_over(values: Mapping[str, str], prefix: str, *typed: str) -> dict[str, str]:
    """A form's fields without what a cleared row leaves behind: its number, what was chosen."""
    kept = dict(values)
    for name in values:
        row, _separator, number = name.rpartition("_")
        said = any(values.get(f"{prefix}_{part}_{number}", "").strip() for part in typed)
        if row.startswith(f"{prefix}_") and not said:
            del kept[name]
    return kept
