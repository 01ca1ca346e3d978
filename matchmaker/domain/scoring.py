"""The yearly evaluation of teams 绩效考评: the sheets as data, what points add up to, and the line of the best.

Policy 003 (32) names the share (前 30 %) and nothing else; what is judged and how much it weighs is the product's own
proposal after the evaluations that other places publish, and the bureau changes it before a year is opened.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from matchmaker.domain.vocabulary import Grade, LineTies, Proof, Rounding
from matchmaker.i18n import gettext as _

FULL = 100


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Criterion(_Part):
    """What is judged, the most points it gives, and which facts stand beside it. Bonus points come on top of 100."""

    code: str
    name: str = Field(min_length=1, max_length=60)
    points: int = Field(ge=1, le=FULL)
    proof: Proof = Proof.REPORT
    bonus: bool = False


class Line(_Part):
    """Which of the ranked teams are among the best: a share in percent, its rounding, at least so many, and ties."""

    percent: int = Field(default=30, ge=1, le=FULL)
    rounding: Rounding = Rounding.FLOOR
    least: int = Field(default=1, ge=0, le=FULL)
    ties: LineTies = LineTies.IN


def _sheet(*rows: tuple[str, str, int, Proof]) -> tuple[Criterion, ...]:
    return tuple(
        Criterion(code=code, name=name, points=points, proof=proof, bonus=code == "bonus")
        for code, name, points, proof in rows
    )


TEAM_SHEET = _sheet(
    ("tasks", "任务书完成情况", 30, Proof.MILESTONES),
    ("service", "服务频次", 20, Proof.DAYS),
    ("industry", "产业支撑", 15, Proof.FIRMS),
    ("effect", "服务成效", 20, Proof.REPORT),
    ("firms", "企业满意度", 10, Proof.RATING),
    ("unit", "县级满意度", 5, Proof.UNIT),
    ("bonus", "加分项", 5, Proof.REPORT),
)
PERSON_SHEET = _sheet(
    ("times", "服务次数", 25, Proof.TIMES),
    ("days", "服务时间", 25, Proof.DAYS),
    ("problems", "解决问题与成效", 30, Proof.REPORT),
    ("training", "培训指导", 10, Proof.REPORT),
    ("firms", "企业满意度", 10, Proof.RATING),
    ("bonus", "加分项", 5, Proof.REPORT),
)


class Sheets(_Part):
    """One year's evaluation as data: a sheet for the team, one for each person, the grades, the line, days to appeal.

    A sheet's criteria add up to 100 without the bonus. `grades`: the least score of 优秀, 良好, 合格.
    """

    team: tuple[Criterion, ...] = TEAM_SHEET
    person: tuple[Criterion, ...] = PERSON_SHEET
    grades: tuple[int, int, int] = (90, 75, 60)
    line: Line = Line()
    appeal_days: int = Field(default=15, ge=1, le=365)
    source: str = "前 30% 见科技强市意见 正文（32）；考评项目、分值、等次和取舍办法为本系统默认，可改"

    @model_validator(mode="after")
    def _sound(self) -> Self:
        for sheet in (self.team, self.person):
            if sum(one.points for one in sheet if not one.bonus) != FULL:
                raise ValueError("a sheet has 100 points beside its bonus")
            if len({one.code for one in sheet}) != len(sheet):
                raise ValueError("each criterion has a code of its own")
        if not FULL >= self.grades[0] > self.grades[1] > self.grades[2] > 0:
            raise ValueError("each grade asks for more than the next")
        return self


def total(sheet: Sequence[Criterion], points: Mapping[str, Any]) -> int:
    """The score: all points given, at most 100."""
    return min(FULL, sum(int(points.get(one.code) or 0) for one in sheet))


def grade(sheets: Sheets, score: int) -> Grade:
    """The grade of a score."""
    reached = zip((Grade.EXCELLENT, Grade.GOOD, Grade.FAIR), sheets.grades, strict=True)
    return next((word for word, least in reached if score >= least), Grade.POOR)


def checked_points(sheet: Sequence[Criterion], typed: Mapping[str, str]) -> tuple[dict[str, int], dict[str, str]]:
    """Points as typed for each criterion → whole numbers, and what is wrong. Only a bonus may be left empty."""
    points, errors = {}, {}
    for one in sheet:
        text = typed.get(one.code, "").strip() or ("0" if one.bonus else "")
        if text.isascii() and text.isdigit() and len(text) <= len(str(FULL)) and int(text) <= one.points:
            points[one.code] = int(text)
        else:
            errors[one.code] = _("%(name)s：请填写 0 到 %(most)s 的整数", name=_(one.name), most=one.points)
    return points, errors


@dataclass(frozen=True)
class Standing:
    """A team's place (teams with the same score share it, 1 2 2 4) and whether it is within the line."""

    place: int
    in_line: bool


def seats(count: int, line: Line) -> int:
    """How many of `count` teams the line lets in before ties are looked at. In whole numbers, so 30 % of 10 is 3."""
    wanted = count * line.percent
    number = -(-wanted // FULL) if line.rounding is Rounding.CEILING else wanted // FULL
    return min(count, max(number, line.least))


def standings(scores: Mapping[int, int], line: Line) -> dict[int, Standing]:
    """Team → its standing among all teams scored."""
    ordered = sorted(scores.values(), reverse=True)
    number = seats(len(ordered), line)
    split = 0 < number < len(ordered) and ordered[number - 1] == ordered[number]
    least = ordered[number - 1] if number else FULL + 1
    if split and line.ties is LineTies.OUT:
        least += 1
    return {key: Standing(ordered.index(score) + 1, score >= least) for key, score in scores.items()}


def line_text(line: Line) -> str:
    """The rule of the line in a sentence, as it stands on the page, in print and in the sheet."""
    return _(
        "市级团队按得分排序，前 %(percent)s%% 的名额按参评团队数计算，%(rounding)s，至少 %(least)s 个；%(ties)s。",
        percent=line.percent,
        rounding=_(line.rounding.label),
        least=line.least,
        ties=_(line.ties.label),
    )
