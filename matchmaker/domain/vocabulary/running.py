"""Words of imports, messages and records of any kind."""

from matchmaker.domain.vocabulary.word import Word


class ImportKind(Word):
    """What a sheet holds."""

    ORGANISATIONS = "organisations", "机构"
    EXPERTS = "experts", "专家"
    GROUPS = "groups", "科研项目团队"
    NEEDS = "needs", "技术需求"
    CAPABILITIES = "capabilities", "能力"
    HISTORY = "history", "往年对接台账"
    ABSORPTIONS = "absorptions", "成果吸纳"
    TURNOVER = "turnover", "技术合同成交额"
    TRAININGS = "trainings", "技术经理人培训"
    SPECIALISTS = "specialists", "科技特派员"


class ImportState(Word):
    """Where a sheet on its way in stands."""

    CHECKED = "checked", "待确认"
    QUEUED = "queued", "排队中"
    RUNNING = "running", "导入中"
    DONE = "done", "已完成"
    FAILED = "failed", "未完成"
    DROPPED = "dropped", "已放弃"


class Frequency(Word):
    """When a person wants to be written to about a kind of notice; the inbox always has it."""

    AT_ONCE = "at_once", "立即发邮件"
    DAILY = "daily", "每日汇总一封"
    NEVER = "never", "只在站内提醒"


class OutboxState(Word):
    """State of a message to be delivered."""

    QUEUED = "queued", "待发送"
    SENT = "sent", "已发送"
    DEAD = "dead", "没有送达"
    HANDLED = "handled", "已用其他方式通知"


class MailFault(Word):
    """Why a letter has not gone."""

    ADDRESS = "address", "收件地址被拒绝"
    LETTER = "letter", "信件被对方拒收"
    LATER = "later", "对方暂时不收"
    SERVER = "server", "发信服务器出错或中断"
    UNWRITABLE = "unwritable", "信件无法生成"
    ENDED = "ended", "发送进程中途退出"


class Noun(Word):
    """Kinds of record that actions, audit and comments refer to."""

    ORGANISATION = "organisation", "机构"
    EXPERT = "expert", "专家"
    GROUP = "group", "科研项目团队"
    NEED = "need", "技术需求"
    CAPABILITY = "capability", "能力"
    SUGGESTION = "suggestion", "推荐"
    INVITATION = "invitation", "对接邀请"
    MEETING = "meeting", "对接活动"
    TRIP = "trip", "行程"
    ROUTE = "route", "入企路线"
    TASK = "task", "待办"
    FOLLOW_UP = "follow_up", "跟踪回访"
    TEAM = "team", "科技特派团"
    AGREEMENT = "agreement", "协议"
    TASK_BOOK = "task_book", "工作任务书"
    MILESTONE = "milestone", "里程碑"
    SERVICE_LOG = "service_log", "服务日志"
    CERTIFICATE = "certificate", "服务证明"
    SPECIALIST = "specialist", "科技特派员"
    CLINIC = "clinic", "技术巡诊"
    EVALUATION = "evaluation", "绩效考评"
    EVALUATION_ROUND = "evaluation_round", "年度考评"
    APPEAL = "appeal", "申诉"
    SUBSIDY = "subsidy", "政策措施"
    TARGET = "target", "目标"
    RULE = "rule", "计数规则"
    ABSORPTION = "absorption", "成果吸纳"
    TURNOVER = "turnover", "技术合同成交额"
    TRAINING = "training", "技术经理人培训"
    ASSESSMENT = "assessment", "执行情况说明"
    REPORT = "report", "报告"
    WORKDAY = "workday", "工作日"
    IMPORT_BATCH = "import_batch", "导入批次"
    REGISTRATION = "registration", "企业注册"
    ACCOUNT = "account", "账号"
    JOB = "job", "任务运行"
    MESSAGE = "message", "信件"
    LEXICON = "lexicon", "词库"
    PARAMETERS = "parameters", "匹配参数"
