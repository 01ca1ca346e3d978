"""Words of meetings: prepared, held, recorded, followed up."""

from matchmaker.domain.vocabulary.word import Word


class MeetingKind(Word):
    """Outbound: one trip × one host institute × one day. Inbound: one firm × one day (DESIGN §2)."""

    OUTBOUND = "outbound", "走进（微对接）"
    INBOUND = "inbound", "请进（入企）"
    ONLINE = "online", "线上"


class MeetingStatus(Word):
    """Stored states of a meeting; 待登记 (past and unrecorded) is derived."""

    PLANNED = "planned", "已安排"
    HELD = "held", "已登记待核验"
    VERIFIED = "verified", "已核验"
    CANCELLED = "cancelled", "已取消"


class Attendance(Word):
    """Outcome for one invited firm or person; never filled in automatically."""

    ATTENDED = "attended", "到会"
    STAND_IN = "stand_in", "代替"
    EXCUSED = "excused", "请假"
    ABSENT = "absent", "缺席"


class EvidenceKind(Word):
    """What an uploaded file proves."""

    SIGN_IN = "sign_in", "签到表"
    PHOTO = "photo", "现场照片"
    MINUTES = "minutes", "纪要"
    OTHER = "other", "其他"


class CheckInHow(Word):
    """How somebody at a meeting was noted down."""

    CODE = "code", "扫码签到"
    OFFICER = "officer", "工作人员登记"


class RecordAnswer(Word):
    """What a party of a meeting says of its record."""

    AGREES = "agrees", "属实"
    DIFFERS = "differs", "有出入"


class ReceptionAnswer(Word):
    """What the receiving party says to a planned meeting."""

    CONFIRMED = "confirmed", "已确认接待"
    CHANGE = "change", "要求调整"
    DECLINED = "declined", "不能接待"


class LetterKind(Word):
    """What a letter of the bureau asks for: that an institute receives firms, or a firm experts."""

    TO_HOST = "to_host", "对接函"
    TO_FIRM = "to_firm", "接待函"


class TaskStatus(Word):
    """Stored states of a task (DESIGN §4); overdue is derived from its day."""

    OPEN = "open", "待办理"
    DONE = "done", "已办结"
    DROPPED = "dropped", "已取消"


class FollowUpStatus(Word):
    """What one side says of how it goes on after a meeting; the first: it has not said anything yet."""

    DUE = "due", "待回访"
    CONTACTED = "contacted", "已联系"
    PROGRESSING = "progressing", "推进中"
    SIGNED = "signed", "已签约"
    STOPPED = "stopped", "已停止"


class TalkOutcome(Word):
    """What is to be done about a need that nobody has been found for 问题会商."""

    WIDEN = "widen", "请企业扩大公开范围"
    REWRITE = "rewrite", "请企业把需求写清楚"
    ASK_INSTITUTES = "ask_institutes", "请院所帮助推荐专家"
    WATCH = "watch", "继续观察"
