"""Words of targets and of what is entered by hand."""

from matchmaker.domain.vocabulary.word import Word


class TargetBasis(Word):
    """How a target's value is meant."""

    ABSOLUTE = "absolute", "当年总量"
    GROWTH = "growth", "年均增长"
    CUMULATIVE = "cumulative", "累计"


class TargetStatus(Word):
    """How firm a target is."""

    DRAFT = "draft", "征求意见稿"
    FINAL = "final", "正式下达"
    DEMO = "demo", "演示"


class WarningLevel(Word):
    """How badly a year goes, as far as a warning says so."""

    BEHIND = "behind", "落后进度 5% 以上"
    FAR_BEHIND = "far_behind", "落后进度 15% 以上"
    OUT_OF_REACH = "out_of_reach", "年底预计达不到目标"


class TurnoverSpan(Word):
    """What a figure of contract turnover covers; the last month of it is stored beside."""

    MONTH = "month", "当月"
    QUARTER = "quarter", "当季"
    TO_DATE = "to_date", "年初至当月累计"
