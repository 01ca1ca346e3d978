"""Words of the yearly evaluation of teams 绩效考评."""

from matchmaker.domain.vocabulary.word import Word


class EvaluationStatus(Word):
    """Stored states of a team's evaluation (DESIGN §4)."""

    DRAFT = "draft", "待自评"
    SUBMITTED = "submitted", "待县级审核"
    RETURNED = "returned", "退回修改"
    UNIT_REVIEWED = "unit_reviewed", "待市级评分"
    SCORED = "scored", "已评分，待公布"
    PUBLISHED = "published", "已公布"
    EXCUSED = "excused", "不参评"


class AppealStatus(Word):
    """Stored states of an appeal against a published result 申诉."""

    OPEN = "open", "待答复"
    UPHELD = "upheld", "成立，重新评分"
    REJECTED = "rejected", "不成立"
    WITHDRAWN = "withdrawn", "已撤回"


class Grade(Word):
    """The four grades of an evaluation."""

    EXCELLENT = "excellent", "优秀"
    GOOD = "good", "良好"
    FAIR = "fair", "合格"
    POOR = "poor", "不合格"


class Rounding(Word):
    """What becomes of a part of a team where the share gives no whole number."""

    FLOOR = "floor", "舍去小数"
    CEILING = "ceiling", "进一位"


class LineTies(Word):
    """What becomes of teams with the same score on both sides of the line."""

    IN = "in", "同分的全部进入"
    OUT = "out", "同分的全部不进入"


class Proof(Word):
    """Which facts on file stand beside a criterion when it is scored."""

    MILESTONES = "milestones", "任务书里程碑"
    DAYS = "days", "审核通过的服务天数"
    TIMES = "times", "审核通过的服务次数"
    FIRMS = "firms", "服务的企业"
    RATING = "rating", "企业评分"
    UNIT = "unit", "县级意见"
    REPORT = "report", "自评材料"
