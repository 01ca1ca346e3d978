"""Words of policy measures: whom they are for, what their conditions ask, what a check found."""

from matchmaker.domain.vocabulary.word import Word


class SubsidySubject(Word):
    """Whose conditions are checked."""

    TEAM_HOST = "team_host", "特派团驻在企业"
    FIRM = "firm", "企业"
    AGENCY = "agency", "技术转移机构"


class ConditionKind(Word):
    """What a condition is judged by."""

    TEAM_LEVEL = "team_level", "特派团级别"
    TASK_BOOK = "task_book", "任务书"
    PLATFORM = "platform", "共建平台"
    EVALUATION = "evaluation", "绩效评价"
    STATED = "stated", "填报是或否"
    AMOUNT = "amount", "填报金额"
    ELSEWHERE = "elsewhere", "由主管部门评定"


class ConditionState(Word):
    """What a check found; nobody is promised anything by it."""

    MET = "met", "已具备"
    MISSING = "missing", "尚缺"
    UNKNOWN = "unknown", "系统无法判断"


class Holds(Word):
    """What is stated of a condition."""

    YES = "yes", "是"
    NO = "no", "否"
